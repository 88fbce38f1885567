"""Refusals whose words are easily taken for something else, and words of applications."""

from __future__ import annotations

import json
from typing import Any

from rsigv4 import Credentials
from support.cases.refusal import SHORT_S3, Refusal, always, said, signed, signer
from support.refusals import ES, S3, api_gateway, canonical, mismatch_of_s3, s3, signed_as
from support.signing import MOMENT, SECRET, TOKEN

__all__ = ["REASONS"]

_API = "https://abc123.execute-api.us-east-1.amazonaws.com"
_S3 = {"request": signed(f"{S3}/", service="s3"), "signer": signer("s3")}
_RIGHT = {"request": signed(ES, service="es"), "signer": signer()}
_BEARER = ("GET", f"{_API}/", {"Authorization": "Bearer abc"}, b"")


def _application(message: str, status: int = 403, /, **members: Any) -> Refusal:
    """Return a refusal by an application behind API Gateway, to which a Bearer token was sent."""
    body = json.dumps({**members, "message": message})
    response = f"HTTP/1.1 {status} \r\nContent-Type: application/json\r\n\r\n{body}"
    return always(
        f"an application: {message}",
        response,
        "application_refused",
        "application_refused",
        request=_BEARER,
    )


def _token(key: str, token: str | None) -> tuple[Any, ...]:
    own = signer("es", Credentials(key, SECRET, token))
    return ("GET", ES, own.sign("GET", ES, time=MOMENT), b"")


_INVALID_TOKEN = api_gateway(
    "The security token included in the request is invalid.", "UnrecognizedClientException"
)
_STS = "<ErrorResponse><Error><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>"

_HOST = S3.partition("//")[2]


def _of_another_secret(path: str) -> dict[str, str]:
    return signed_as(canonical(path, host=_HOST), "s3", secret="x" * 40)


_OF_ANOTHER_BODY = signer("s3", Credentials("AKIDEXAMPLE", "x" * 40)).sign(
    "PUT", f"{S3}/k", None, b"content", time=MOMENT
)

REASONS = [
    # More is said than that access is denied.
    said(
        "S3, a presigned URL of tomorrow",
        s3("AccessDenied", "Request is not yet valid"),
        "clock_ahead",
    ),
    said(
        "S3, public policies are blocked",
        s3(
            "AccessDenied",
            "User: arn:aws:iam::1:user/u is not authorized to perform: s3:PutBucketPolicy on "
            'resource: "arn:aws:s3:::b" because public policies are prevented by the '
            "BlockPublicPolicy setting",
        ),
        "access_denied",
        **_S3,
    ),
    always(
        "a stranger, whom a policy denies explicitly",
        '{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on '
        'resource: arn:aws:execute-api:us-east-1:1:a/b with an explicit deny"}',
        "explicit_deny unsigned",
        "explicit_deny!",
    ),
    said(
        "EC2, a product of the marketplace",
        _STS.format("OptInRequired", "Accept the terms"),
        "not_subscribed",
    ),
    said(
        "S3, no length",
        s3("MissingContentLength", "You must provide the Content-Length HTTP header.", 411),
        "body_incomplete",
        **_S3,
    ),
    said(
        "Google, a URL that has expired",
        s3("ExpiredToken", "Invalid argument.", 400, Details="Request has expired: 120"),
        "presigned_url_expired",
    ),
    said(
        "MinIO, a negative lifetime",
        s3("AuthorizationQueryParametersError", "X-Amz-Expires must be non-negative", 400),
        "presigned_lifetime",
    ),
    said(
        "a scope with another end",
        api_gateway(
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'e'",
            "SignatureDoesNotMatch",
        ),
        "scope_malformed",
    ),
    said(
        "a token of SSO that was never there",
        "Error loading SSO Token: Token for work does not exist",
        "sso_session_expired",
    ),
    said(
        "a header of AWS that has to be signed",
        api_gateway(
            "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.",
            "SignatureDoesNotMatch",
        ),
        "headers_not_signed",
        **_RIGHT,
    ),
    said(
        "two signatures in other words",
        api_gateway(
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP "
            "header."
        ),
        "two_authorizations",
    ),
    # A code that has several reasons.
    always(
        "EC2, a request or a token that has expired",
        _STS.format("RequestExpired", "Request has expired."),
        "clock_behind session_token_expired",
        "clock_behind",
        **_RIGHT,
    ),
    always(
        "STS, a token of another issuer",
        _STS.format("ExpiredTokenException", "Token expired: current date/time 1 must be before 0"),
        "session_token_expired",
        "session_token_expired",
    ),
    Refusal(
        "a server of version 2, to which version 4 is sent",
        SHORT_S3.replace("</Error>", "<StringToSign>GET\n\n\n1\n/b/k</StringToSign></Error>"),
        "signature_version",
        alone="signature_version!",
        beside_request="signature_version",
        with_signer="signature_version",
        **_S3,
    ),
    # Of another request, or of another key.
    Refusal(
        "an unknown key, which is not that of the request",
        s3(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            AWSAccessKeyId="AKIAOTHER",
        ),
        "unknown_key",
        alone="unknown_key!",
        beside_request="unknown_key",
        with_signer="unknown_key",
        **_S3,
    ),
    Refusal(
        "a token of a role, which the signer does not have any more",
        _INVALID_TOKEN,
        "session_token_invalid",
        alone="unknown_key",
        beside_request="session_token_invalid",
        with_signer="session_token_invalid!",
        request=_token("ASIAEXAMPLE", TOKEN),
        signer=signer("es", Credentials("ASIAEXAMPLE", SECRET)),
    ),
    Refusal(
        "a user's key without a token, for which the signer has one now",
        _INVALID_TOKEN,
        "unknown_key",
        alone="unknown_key",
        beside_request="unknown_key!",
        with_signer="unknown_key!",
        request=_token("AKIAEXAMPLE", None),
        signer=signer("es", Credentials("AKIAEXAMPLE", SECRET, TOKEN)),
    ),
    Refusal(
        "S3, the response to another request of that second",
        mismatch_of_s3(
            "GET",
            f"{S3}/b",
            _of_another_secret("/b"),
        ),
        "wrong_secret wrong_secret_or_rewritten",
        alone="signature_mismatch",
        beside_request="path_changed",
        with_signer="path_changed",
        request=(
            "GET",
            f"{S3}/a",
            _of_another_secret("/a"),
            b"",
        ),
        signer=signer("s3", Credentials("AKIDEXAMPLE", "x" * 40)),
    ),
    # Responses without a body.
    always(
        "a HEAD of a key that does not exist",
        "HTTP/1.1 404 Not Found\r\n\r\n",
        "unknown path_encoded_once",
        "unknown",
        request=("HEAD", f"{ES}/a%3Ab", signed_as(canonical("/a%3Ab", method="HEAD")), b""),
        signer=signer(),
    ),
    said(
        "S3, a key that does not exist, with the region of its bucket",
        "HTTP/1.1 404 Not Found\r\nx-amz-bucket-region: eu-west-1\r\n\r\n"
        "<Error><Code>NoSuchKey</Code><Message>The key does not exist.</Message></Error>",
        "unknown",
        alone="unknown",
        beside_request="unknown",
        with_signer="unknown",
        **_S3,
    ),
    said(
        "a URL that is used too early, in other words",
        s3("AccessDenied", "Request is not valid yet"),
        "clock_ahead",
    ),
    Refusal(
        "a HEAD of a bucket in the region that was signed",
        "HTTP/1.1 403 Forbidden\r\nServer: AmazonS3\r\nx-amz-bucket-region: us-east-1\r\n\r\n",
        "access_denied content_sha256_missing",
        alone="access_denied",
        beside_request="content_sha256_missing",
        with_signer="content_sha256_missing",
        request=signed(f"{S3}/", "HEAD", "s3"),
        signer=signer("s3"),
    ),
    always(
        "AppSync, in one line",
        'HTTP/1.1 200 {"errors": [{"errorType": "Unauthorized", "message": "Not Authorized"}]}'
        "\n\n{'an error': 1}",
        "access_denied unauthorized not_refused",
        "not_refused",
    ),
    Refusal(
        "S3, another secret, and a body that was passed otherwise",
        SHORT_S3,
        "wrong_secret wrong_secret_or_rewritten",
        alone="signature_mismatch",
        beside_request="body_missing",
        with_signer="body_missing",
        request=("PUT", f"{S3}/k", _OF_ANOTHER_BODY, b""),
        signer=signer("s3", Credentials("AKIDEXAMPLE", "x" * 40)),
    ),
    Refusal(
        "a HEAD of a bucket in another region",
        "HTTP/1.1 301 Moved\r\nServer: AmazonS3\r\nx-amz-bucket-region: eu-west-1\r\n\r\n",
        "wrong_region",
        alone="unknown",
        beside_request="wrong_region!",
        with_signer="wrong_region!",
        request=signed(f"{S3}/", "HEAD", "s3"),
        signer=signer("s3"),
    ),
    # Words of applications.
    _application("User 42 is not authorized to perform this action"),
    _application("The contract must be signed before submission"),
    _application("Incorrect service plan"),
    _application("Authorization header requires a Bearer token", 401),
    _application("Signature expired", 401),
    _application("Session token not found or invalid", 401),
    _application("The provided token has expired", 401),
    _application("You are on the explicit deny list"),
    always(
        "an application: the code of a token",
        'HTTP/1.1 401 \r\n\r\n{"code":"ExpiredToken","message":"Log in again"}',
        "unknown session_token_expired",
        "session_token_expired",
        request=_BEARER,
    ),
    always(
        "an application: what S3 said to it",
        'HTTP/1.1 500 \r\n\r\n{"detail":"An error occurred (SignatureDoesNotMatch) when calling '
        "the GetObject operation: The request signature we calculated does not match the "
        'signature you provided."}',
        "unknown",
        "unknown",
        **_RIGHT,
    ),
    Refusal(
        "a backend whose own role may not do it",
        '{"Message":"User: arn:aws:sts::1:assumed-role/backend/f is not authorized to perform: '
        'dynamodb:Query"}',
        "no_policy_allows",
        alone="no_policy_allows!",
        beside_request="no_policy_allows",
        with_signer="no_policy_allows",
        request=_BEARER,
    ),
]
