"""Refusals whose words say what is wrong, in the shapes of several services."""

from __future__ import annotations

import json

import requests

from rsigv4 import Credentials
from support.cases.refusal import Refusal, always, said, signed, signer
from support.refusals import S3, api_gateway, canonical, s3, signed_as
from support.signing import MOMENT, SECRET, TOKEN

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
_NEPTUNE = "https://db.us-east-1.neptune.amazonaws.com:8182/status"
_TEMPORARY_NEPTUNE = signer("neptune-db", Credentials("ASIAEXAMPLE", SECRET, TOKEN))
_POST = "https://bucket.s3.us-east-1.amazonaws.com/"


def _policy(message: str) -> str:
    return s3("AccessDenied", f"Invalid according to Policy: {message}")


WORDS = [
    # No token, says the server.
    always(
        "a signed GET of a path that the API does not have",
        _NO_TOKEN,
        "unknown_path",
        "unknown_path",
        request=signed(f"{_API}/prod/pet"),
        signer=_OWN,
    ),
    always(
        "a signed HEAD of a path that the API has for GET only",
        _NO_TOKEN_HEAD,
        "unknown_path",
        "unknown_path",
        request=signed(f"{_API}/prod/pets", "HEAD"),
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
        request=signed(_STS_URL, "POST", "sts"),
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
    said(
        "a form without the acl of its policy",
        _policy('Policy Condition failed: ["eq", "$acl", "public-read"]'),
        "post_policy_condition",
        request=("POST", _POST),
    ),
    said(
        "a form whose key does not start as the policy says",
        _policy('Policy Condition failed: ["starts-with", "$key", "user/ann/"]'),
        "post_policy_condition",
        request=("POST", _POST),
    ),
    said(
        "a form with a field that the policy does not have",
        _policy("Extra input fields: x-amz-meta-colour"),
        "post_policy_field",
        request=("POST", _POST),
    ),
    said(
        "a form whose policy has expired",
        _policy("Policy expired."),
        "post_policy_expired",
        request=("POST", _POST),
    ),
    # Neptune, Google, Selling Partner, AppSync.
    said(
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
        request=signed(
            "https://db.us-east-1.neptune.amazonaws.com:8182/status", "GET", "neptune-db"
        ),
        signer=signer("neptune-db"),
    ),
    said(
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
        request=("GET", _NEPTUNE, _TEMPORARY_NEPTUNE.sign("GET", _NEPTUNE, time=MOMENT), b""),
        signer=_TEMPORARY_NEPTUNE,
    ),
    always(
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
        "access_denied",
        request=signed("https://sellingpartnerapi-eu.amazon.com/"),
    ),
    said(
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
        request=signed("https://x.appsync-api.us-east-1.amazonaws.com/graphql", "POST", "appsync"),
        signer=signer("appsync"),
    ),
    said(
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
        request=signed("https://x.appsync-api.us-east-1.amazonaws.com/graphql", "POST", "appsync"),
        signer=signer("appsync"),
    ),
    # An SSO session.
    said(
        "botocore, an SSO session that has expired",
        "botocore.exceptions.UnauthorizedSSOTokenError: The SSO session associated with this "
        "profile has expired or is otherwise invalid. To refresh this SSO session run aws sso "
        "login with the corresponding profile.",
        "sso_session_expired",
    ),
    said(
        "botocore, a token of SSO that has expired",
        "botocore.exceptions.TokenRetrievalError: Error when retrieving token from sso: Token has "
        "expired and refresh failed",
        "sso_session_expired",
    ),
    said(
        "the AWS CLI, a session of SSO that was ended",
        "An error occurred (UnauthorizedException) when calling the GetRoleCredentials operation: "
        "Session token not found or invalid",
        "sso_session_expired",
    ),
    # Signature Version 2.
    said(
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
    said(
        "Google, a string to sign of version 2",
        "<?xml version='1.0' encoding='UTF-8'?><Error><Code>SignatureDoesNotMatch</Code><Message>"
        "Access denied.</Message><Details>The request signature we calculated does not match the "
        "signature you provided. Check your Google secret key and signing method.</Details>"
        "<StringToSign>GET\n\n\n1440942000\n/bucket/key</StringToSign></Error>",
        "signature_version",
        request=("GET", "https://storage.googleapis.com/bucket/key?Signature=0j7m&Expires=1440942"),
        signer=signer("s3"),
    ),
    said(
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
    said(
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
                for name, value in signed(f"{_API}/")[2].items()
            },
            b"",
        ),
        signer=_TEMPORARY,
    ),
    said(
        "a clock that is behind",
        _STS.format(
            "SignatureDoesNotMatch",
            "Signature expired: 20150830T123600Z is now earlier than 20150830T124500Z "
            "(20150830T130000Z - 15 min.)",
        ),
        "clock_behind",
        request=signed(_STS_URL, "POST", "sts"),
        signer=signer("sts"),
    ),
    said(
        "a user whom no policy allows this",
        api_gateway(
            "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: "
            "execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********9012:abc123/"
            "prod/GET/pets because no identity-based policy allows the execute-api:Invoke action",
            "AccessDeniedException",
        ),
        "no_policy_allows",
        request=signed(f"{_API}/prod/pets"),
    ),
    said(
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
]
