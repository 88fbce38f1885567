"""Refusals whose words say what is wrong, in the shapes of several services."""

from __future__ import annotations

import json

import requests

from rsigv4 import Credentials
from support.cases.refusal import Refusal, signer
from support.refusals import ES, HOST, S3, api_gateway, canonical, s3, signed_as
from support.signing import SECRET, TOKEN

__all__ = ["WORDS"]

_API = "https://abc123.execute-api.us-east-1.amazonaws.com"
_OWN = signer("execute-api")
_NO_TOKEN = api_gateway("Missing Authentication Token", "MissingAuthenticationTokenException")
_NO_TOKEN_HEAD = (
    "HTTP/2 403 \r\ncontent-type: application/json\r\n"
    "x-amzn-errortype: MissingAuthenticationTokenException\r\n\r\n"
)
_STS = (
    '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <Error>\n'
    "    <Type>Sender</Type>\n    <Code>{}</Code>\n    <Message>{}</Message>\n  </Error>\n"
    "  <RequestId>6f1ca9a7-0d2c-4c9c-9c1d-0a1b2c3d4e5f</RequestId>\n</ErrorResponse>\n"
)
_STS_URL = "https://sts.us-east-1.amazonaws.com/"
_TEMPORARY = signer("execute-api", Credentials("ASIAEXAMPLE", SECRET, TOKEN))
_POST = "https://bucket.s3.us-east-1.amazonaws.com/"


def _signed(url, method="GET", service="execute-api"):
    host = url.split("/")[2]
    return (method, url, signed_as(canonical("/", host=host, method=method), service), b"")


def _said(name, answer, truth, *, request=None, signer=None, **first):
    """Return a refusal whose cause is certain, whatever else is there."""
    expected = {"alone": f"{truth}!", "beside_request": f"{truth}!", "with_signer": f"{truth}!"}
    return Refusal(
        name, answer, truth, **{**expected, **first}, request=request, signer=signer or _OWN
    )


def _policy(message: str) -> str:
    return s3("AccessDenied", f"Invalid according to Policy: {message}")


WORDS = [
    # No token, says the server.
    Refusal(
        "a signed GET of a path that the API does not have",
        _NO_TOKEN,
        "unknown_path",
        alone="unknown_path",
        beside_request="unknown_path",
        with_signer="unknown_path",
        request=_signed(f"{_API}/prod/pet"),
        signer=_OWN,
    ),
    Refusal(
        "a signed HEAD of a path that the API has for GET only",
        _NO_TOKEN_HEAD,
        "unknown_path",
        alone="unknown_path",
        beside_request="unknown_path",
        with_signer="unknown_path",
        request=_signed(f"{_API}/prod/pets", "HEAD"),
        signer=_OWN,
    ),
    Refusal(
        "a GET of an API that wants signatures, without one",
        _NO_TOKEN,
        "unsigned",
        alone="unknown_path",
        beside_request="unsigned",
        with_signer="unsigned",
        request=requests.Request("GET", f"{_API}/prod/pets").prepare(),
        signer=_OWN,
    ),
    Refusal(
        "a signed request whose Authorization a redirect removed",
        _STS.format("MissingAuthenticationToken", "Request is missing Authentication Token"),
        "authorization_dropped unsigned",
        alone="unsigned!",
        beside_request="authorization_dropped",
        with_signer="authorization_dropped",
        request=_signed(_STS_URL, "POST", "sts"),
        signer=signer("sts"),
    ),
    Refusal(
        "a scheme that is not AWS's, to the Selling Partner API",
        json.dumps(
            {
                "errors": [
                    {
                        "message": "Access to requested resource is denied.",
                        "code": "MissingAuthenticationToken",
                    }
                ]
            },
            indent=2,
        ),
        "authorization_malformed",
        alone="unknown_path",
        beside_request="authorization_malformed",
        with_signer="authorization_malformed",
        request=(
            "GET",
            "https://sellingpartnerapi-eu.amazon.com/sellers/v1/marketplaceParticipations",
            {"Authorization": "HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/x, Signature=0"},
            b"",
        ),
        signer=_OWN,
    ),
    # S3's POST policy.
    _said(
        "a form without the acl of its policy",
        _policy('Policy Condition failed: ["eq", "$acl", "public-read"]'),
        "post_policy_condition",
        request=("POST", _POST),
    ),
    _said(
        "a form whose key does not start as the policy says",
        _policy('Policy Condition failed: ["starts-with", "$key", "user/ann/"]'),
        "post_policy_condition",
        request=("POST", _POST),
    ),
    _said(
        "a form with a field that the policy does not have",
        _policy("Extra input fields: x-amz-meta-colour"),
        "post_policy_field",
        request=("POST", _POST),
    ),
    _said(
        "a form whose policy has expired",
        _policy("Policy expired."),
        "post_policy_expired",
        request=("POST", _POST),
    ),
    # Neptune, Google, Selling Partner, AppSync.
    _said(
        "Neptune, an unknown key",
        json.dumps(
            {
                "requestId": "6f1c",
                "code": "AccessDeniedException",
                "detailedMessage": "The security token included in the request is invalid.",
            }
        ),
        "unknown_key",
        alone="unknown_key",
        request=_signed(
            "https://db.us-east-1.neptune.amazonaws.com:8182/status", "GET", "neptune-db"
        ),
        signer=signer("neptune-db"),
    ),
    _said(
        "Neptune, a token that has expired",
        json.dumps(
            {
                "detailedMessage": "The security token included in the request is expired",
                "requestId": "6f1c",
                "code": "AccessDeniedException",
                "message": "The security token included in the request is expired",
            }
        ),
        "session_token_expired",
        request=_signed(
            "https://db.us-east-1.neptune.amazonaws.com:8182/status", "GET", "neptune-db"
        ),
        signer=signer("neptune-db"),
    ),
    _said(
        "Selling Partner, a user without the role",
        json.dumps(
            {
                "errors": [
                    {
                        "code": "Unauthorized",
                        "message": "Access to requested resource is denied.",
                        "details": "",
                    }
                ]
            }
        ),
        "access_denied",
        request=_signed("https://sellingpartnerapi-eu.amazon.com/"),
    ),
    _said(
        "AppSync, an unknown key",
        json.dumps(
            {
                "errors": [
                    {
                        "errorType": "UnrecognizedClientException",
                        "message": "The security token included in the request is invalid.",
                    }
                ]
            }
        ),
        "unknown_key",
        alone="unknown_key",
        request=_signed("https://x.appsync-api.us-east-1.amazonaws.com/graphql", "POST", "appsync"),
        signer=signer("appsync"),
    ),
    _said(
        "AppSync, a field that the role may not query",
        json.dumps(
            {
                "data": {"pets": None},
                "errors": [
                    {
                        "path": ["pets"],
                        "errorType": "Unauthorized",
                        "message": "Not Authorized to access pets on type Query",
                    }
                ],
            }
        ),
        "access_denied",
        request=_signed("https://x.appsync-api.us-east-1.amazonaws.com/graphql", "POST", "appsync"),
        signer=signer("appsync"),
    ),
    # An SSO session.
    _said(
        "botocore, an SSO session that has expired",
        "botocore.exceptions.UnauthorizedSSOTokenError: The SSO session associated with this "
        "profile has expired or is otherwise invalid. To refresh this SSO session run aws sso "
        "login with the corresponding profile.",
        "sso_session_expired",
    ),
    _said(
        "botocore, a token of SSO that has expired",
        "botocore.exceptions.TokenRetrievalError: Error when retrieving token from sso: Token has "
        "expired and refresh failed",
        "sso_session_expired",
    ),
    _said(
        "the AWS CLI, a session of SSO that was ended",
        "An error occurred (UnauthorizedException) when calling the GetRoleCredentials operation: "
        "Session token not found or invalid",
        "sso_session_expired",
    ),
    # Signature Version 2.
    _said(
        "a string to sign of version 2",
        s3(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
            AWSAccessKeyId="AKIDEXAMPLE",
            StringToSign="GET\n\n\n1440942000\n/bucket/key",
            SignatureProvided="0j7mPbzW3kCrfE0eFFkEd9E0LrA=",
        ),
        "signature_version",
        request=("GET", f"{S3}/key?AWSAccessKeyId=AKIDEXAMPLE&Signature=0j7m&Expires=1440942000"),
        signer=signer("s3"),
    ),
    _said(
        "Google, a string to sign of version 2",
        "<?xml version='1.0' encoding='UTF-8'?><Error><Code>SignatureDoesNotMatch</Code><Message>"
        "Access denied.</Message><Details>The request signature we calculated does not match the "
        "signature you provided. Check your Google secret key and signing method.</Details>"
        "<StringToSign>GET\n\n\n1440942000\n/bucket/key</StringToSign></Error>",
        "signature_version",
        request=("GET", "https://storage.googleapis.com/bucket/key?Signature=0j7m&Expires=1440942"),
        signer=signer("s3"),
    ),
    _said(
        "a client that signs with version 2",
        s3(
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. Please use "
            "AWS4-HMAC-SHA256.",
            400,
        ),
        "signature_version",
        request=("GET", f"{S3}/key", {"Authorization": "AWS AKIDEXAMPLE:0j7mPbzW3k="}, b""),
        signer=signer("s3"),
    ),
    # Keys, tokens, clocks and policies.
    _said(
        "temporary credentials without their token",
        api_gateway(
            "The security token included in the request is invalid.", "UnrecognizedClientException"
        ),
        "session_token_missing",
        alone="unknown_key",
        request=(
            "GET",
            f"{_API}/",
            {
                name: value.replace("AKIDEXAMPLE", "ASIAEXAMPLE")
                for name, value in _signed(f"{_API}/")[2].items()
            },
            b"",
        ),
        signer=_TEMPORARY,
    ),
    _said(
        "a clock that is behind",
        _STS.format(
            "SignatureDoesNotMatch",
            "Signature expired: 20150830T123600Z is now earlier than 20150830T124500Z "
            "(20150830T130000Z - 15 min.)",
        ),
        "clock_behind",
        request=_signed(_STS_URL, "POST", "sts"),
        signer=signer("sts"),
    ),
    _said(
        "a user whom no policy allows this",
        api_gateway(
            "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: "
            "execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********9012:abc123/"
            "prod/GET/pets because no identity-based policy allows the execute-api:Invoke action",
            "AccessDeniedException",
        ),
        "no_policy_allows",
        request=_signed(f"{_API}/prod/pets"),
    ),
    _said(
        "headers that are sent and not signed",
        s3(
            "AccessDenied",
            "There were headers present in the request which were not signed",
            HeadersNotSigned="x-amz-acl",
        ),
        "headers_not_signed",
        request=("PUT", f"{S3}/key", {**signed_as(canonical()), "x-amz-acl": "private"}, b""),
        signer=signer("s3"),
    ),
    # Words that sound like those of a signature.
    Refusal(
        "a JWT that has expired, to an API with its own authorizer",
        '{"message":"The incoming token has expired"}',
        "unknown",
        alone="unknown",
        beside_request="unsigned",
        with_signer="unsigned",
        request=("GET", f"{_API}/prod/pets", {"Accept": "*/*"}, b""),
    ),
    Refusal(
        "a page of a website of S3",
        "HTTP/1.1 403 Forbidden\r\nServer: AmazonS3\r\nContent-Type: text/html\r\n\r\n"
        "<html><head><title>403 Forbidden</title></head><body><ul><li>Code: AccessDenied</li>"
        "</ul></body></html>",
        "access_denied forbidden",
        alone="forbidden",
        beside_request="forbidden",
        with_signer="forbidden",
    ),
    Refusal(
        "a Content-MD5 that is wrong itself",
        s3("BadDigest", "The Content-MD5 you specified did not match what we received.", 400),
        "body_changed",
        alone="body_changed",
        beside_request="body_changed",
        with_signer="body_changed",
        request=_signed(f"{S3}/", "PUT", "s3"),
        signer=signer("s3"),
    ),
    Refusal(
        "a clock that is off, either way",
        s3("RequestTimeTooSkewed", "The difference between the request time and the current time"),
        "clock_ahead clock_behind",
        alone="clock_behind",
        beside_request="clock_behind",
        with_signer="clock_behind",
        request=_signed(f"{S3}/", "GET", "s3"),
        signer=signer("s3"),
    ),
    Refusal(
        "a cluster of Elasticsearch without IAM",
        json.dumps(
            {
                "error": {
                    "type": "security_exception",
                    "reason": "missing authentication credentials for REST request [/]",
                },
                "status": 401,
            }
        ),
        "opensearch_role",
        alone="opensearch_role",
        beside_request="opensearch_role",
        with_signer="opensearch_role",
        request=_signed(ES, "GET", "es"),
        signer=signer(),
    ),
    _said(
        "a Lambda that authorizes and denies",
        '{"Message":"User is not authorized to access this resource with an explicit deny"}',
        "explicit_deny",
        request=("GET", f"{_API}/prod/pets", {"Authorization": "Bearer abc"}, b""),
    ),
    _said(
        "a page of a proxy",
        "HTTP/1.1 403 Forbidden\r\nServer: squid/6.1\r\nContent-Type: text/html\r\n\r\n"
        "<!DOCTYPE html><html><body>Access Denied</body></html>",
        "not_from_aws",
        request=_signed(ES),
    ),
    _said(
        "a response that refuses nothing",
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nHost: {HOST}\r\n\r\n"
        '{"took": 3, "timed_out": false}',
        "not_refused",
        request=_signed(ES),
    ),
]
