"""Refusals that are easily taken for something else."""

from __future__ import annotations

import json
from typing import Any

from support.cases.refusal import SHORT_S3, Refusal, always, said, signed, signed_wrongly, signer
from support.refusals import ES, HOST, S3, authorization, canonical, s3

__all__ = ["OTHERS"]

_API = "https://abc123.execute-api.us-east-1.amazonaws.com"
_HTML = "Content-Type: text/html\r\n\r\n"

# A request that is right, of which a server says that its signature does not match.
_RIGHT = signed_wrongly(ES, canonical(), is_short=True)
_TWO = [*_RIGHT["request"][2].items(), ("Authorization", "Basic dXNlcjpwYXNz")]


def _json(status: int, /, **members: Any) -> str:
    head = f"HTTP/1.1 {status} \r\nContent-Type: application/json\r\n\r\n"
    return head + json.dumps(members)


OTHERS = [
    Refusal(
        "a JWT that has expired, to an API with its own authorizer",
        '{"message":"The incoming token has expired"}',
        "unknown",
        alone="unknown",
        beside_request="unsigned",
        with_signer="unsigned",
        request=("GET", f"{_API}/prod/pets", {"Accept": "*/*"}, b""),
    ),
    always(
        "a page of a website of S3",
        "HTTP/1.1 403 Forbidden\r\nServer: AmazonS3\r\nContent-Type: text/html\r\n\r\n"
        "<html><head><title>403 Forbidden</title></head><body><ul><li>Code: AccessDenied</li>"
        "</ul></body></html>",
        "access_denied",
        "access_denied",
    ),
    always(
        "a Content-MD5 that is wrong itself",
        s3("BadDigest", "The Content-MD5 you specified did not match what we received.", 400),
        "body_changed",
        "body_changed",
        request=signed(f"{S3}/", "PUT", "s3"),
        signer=signer("s3"),
    ),
    always(
        "a clock that is off, either way",
        s3("RequestTimeTooSkewed", "The difference between the request time and the current time"),
        "clock_ahead clock_behind",
        "clock_behind",
        request=signed(f"{S3}/", "GET", "s3"),
        signer=signer("s3"),
    ),
    always(
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
        "opensearch_role",
        request=signed(ES, "GET", "es"),
        signer=signer(),
    ),
    said(
        "a Lambda that authorizes and denies",
        '{"Message":"User is not authorized to access this resource with an explicit deny"}',
        "explicit_deny",
        request=("GET", f"{_API}/prod/pets", {"Authorization": "Bearer abc"}, b""),
    ),
    said(
        "a page of a proxy",
        "HTTP/1.1 403 Forbidden\r\nServer: squid/6.1\r\nContent-Type: text/html\r\n\r\n"
        "<!DOCTYPE html><html><body>Access Denied</body></html>",
        "not_from_aws",
        request=signed(ES),
    ),
    said(
        "a response that refuses nothing",
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-amzn-RequestId: {HOST}\r\n\r\n"
        '{"took": 3, "timed_out": false}',
        "not_refused",
        request=signed(ES),
    ),
    # Errors of other than the service that verifies.
    always(
        "a page of a website of S3, without its headers",
        "<html><head><title>403 Forbidden</title></head><body><ul><li>Code: AccessDenied</li>"
        "</ul></body></html>",
        "access_denied",
        "access_denied",
    ),
    said(
        "a page of an application behind API Gateway",
        f"HTTP/1.1 403 Forbidden\r\nx-amzn-Remapped-Server: gunicorn\r\n{_HTML}"
        "<!doctype html><title>403 Forbidden</title><h1>Forbidden</h1>",
        "not_from_aws",
        request=signed(f"{_API}/"),
    ),
    always(
        "an application's own sessions",
        _json(401, message="Session token has expired, please log in again"),
        "application_refused",
        "application_refused",
        request=signed(f"{_API}/"),
        signer=signer("execute-api"),
    ),
    always(
        "an application's own JWT",
        _json(401, message="JWT signature does not match locally computed signature."),
        "application_refused",
        "application_refused",
        request=_RIGHT["request"],
        signer=_RIGHT["signer"],
    ),
    always(
        "an application that denies",
        _json(403, message="Access denied"),
        "forbidden",
        "forbidden",
        request=_RIGHT["request"],
        signer=_RIGHT["signer"],
    ),
    always(
        "a function that was refused by S3 itself",
        _json(
            502,
            errorMessage="An error occurred (SignatureDoesNotMatch) when calling the GetObject "
            "operation: The request signature we calculated does not match the signature you "
            "provided.",
            errorType="ClientError",
        ),
        "unknown",
        "unknown",
        request=_RIGHT["request"],
        signer=_RIGHT["signer"],
    ),
    always(
        "a function that may not query a table",
        _json(
            502,
            errorMessage="An error occurred (AccessDeniedException) when calling the Query "
            "operation: User: arn:aws:sts::1:assumed-role/r/f is not authorized to perform: "
            "dynamodb:Query",
            errorType="AccessDeniedException",
        ),
        "unknown",
        "unknown",
        request=_RIGHT["request"],
        signer=_RIGHT["signer"],
    ),
    Refusal(
        "STS, a code whose message was cut",
        "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code></Error></ErrorResponse>",
        "wrong_secret wrong_secret_or_rewritten clock_behind",
        alone="signature_mismatch",
        beside_request="wrong_secret",
        with_signer="wrong_secret_or_rewritten",
        request=_RIGHT["request"],
        signer=_RIGHT["signer"],
    ),
    always(
        "a page of a website of S3, behind a proxy",
        f"HTTP/1.1 403 Forbidden\r\nx-amz-request-id: 1\r\n{_HTML}"
        "<html><body>Access Denied</body></html>",
        "access_denied forbidden",
        "forbidden",
    ),
    always(
        "AppSync, whose status is 200",
        _json(
            200,
            data=None,
            errors=[{"errorType": "Unauthorized", "message": "Not Authorized to access listX"}],
        ),
        "access_denied",
        "access_denied",
    ),
    # Words that say less than they seem to.
    said(
        "KMS, a key that may not exist",
        _json(
            400,
            __type="AccessDeniedException",
            Message="User: arn:aws:iam::111122223333:user/u is not authorized to perform: "
            "kms:Decrypt on the resource associated with this ciphertext because the resource "
            "does not exist in this Region, no resource-based policies allow access, or a "
            "resource-based policy explicitly denies access",
        ),
        "access_denied",
    ),
    said(
        "a denial without a reason",
        _json(
            403, Message="User: arn:aws:iam::1:user/u is not authorized to perform: es:ESHttpGet"
        ),
        "no_policy_allows",
    ),
    said(
        "EC2, an image of another account",
        "<Response><Errors><Error><Code>AuthFailure</Code><Message>Not authorized for images: "
        "[ami-0abc]</Message></Error></Errors></Response>",
        "access_denied",
    ),
    said(
        "a user's key, in a region that its account has not enabled",
        _json(
            403,
            __type="UnrecognizedClientException",
            message="The security token included in the request is invalid.",
        ),
        "unknown_key",
        alone="unknown_key",
        request=("GET", ES, {"Authorization": authorization(key="AKIAIOSFODNN7EXAMPLE")}, b""),
    ),
    said(
        "S3, no payload hash",
        s3(
            "MissingSecurityHeader",
            "Your request was missing a required header",
            400,
            MissingHeaderName="x-amz-content-sha256",
        ),
        "content_sha256_missing",
        request=signed(f"{S3}/", service="s3"),
    ),
    always(
        "S3, another header",
        s3(
            "MissingSecurityHeader",
            "Your request is missing a required header",
            400,
            MissingHeaderName="x-amz-expected-bucket-owner",
        ),
        "unknown",
        "unknown",
        request=signed(f"{S3}/", service="s3"),
        signer=signer("s3"),
    ),
    always(
        "S3, the location of a new bucket",
        s3(
            "IllegalLocationConstraintException",
            "The unspecified location constraint is incompatible for the region specific endpoint "
            "this request was sent to.",
            400,
        ),
        "unknown",
        "unknown",
        request=signed(f"{S3}/", "PUT", "s3"),
        signer=signer("s3"),
    ),
    always(
        "S3, an argument with authorization in its name",
        s3("InvalidArgument", "The authorization status of the bucket owner is not set", 400),
        "unknown",
        "unknown",
    ),
    always(
        "S3, a string to sign that is cut",
        SHORT_S3.replace("</Error>", "<StringToSign>AWS</StringToSign></Error>"),
        "wrong_secret",
        "signature_mismatch",
    ),
    Refusal(
        "two Authorization headers",
        _RIGHT["response"],
        "two_authorizations",
        alone="signature_mismatch",
        beside_request="two_authorizations",
        with_signer="two_authorizations",
        request=("GET", ES, _TWO, b""),
        signer=_RIGHT["signer"],
    ),
]
