"""Presigned URLs, in the hands of somebody who lacks the secret."""

from __future__ import annotations

from support.cases.refusal import (
    BUCKET,
    SHORT_S3,
    Refusal,
    always,
    presign,
    presigned_mismatch,
    signer,
)
from support.refusals import s3
from support.signing import MOMENT

__all__ = ["PRESIGNED"]

PUT = presign("PUT", "/report.pdf")
GET = presign("GET", "/report.pdf")
TYPED = presign("PUT", "/photo", {"Content-Type": "application/octet-stream"})
PLAIN = presign("PUT", "/notes.txt", {"Content-Type": "text/plain"})
ACL = presign("PUT", "/photo", {"x-amz-acl": "public-read"})
ENCRYPTED = presign("PUT", "/photo", {"x-amz-server-side-encryption": "AES256"})
TAGGED = presign("PUT", "/photo", {"x-amz-tagging": "project=blue"})
IMAGE = {"Content-Type": "image/png"}
CHARSET = {"Content-Type": "text/plain; charset=utf-8"}
# A mail program's escapes, as a person copies them.
ESCAPED = GET.replace("&", "&amp;")

_OWNER = signer("s3")

PRESIGNED = [
    Refusal(
        "a URL for PUT is opened in a browser",
        presigned_mismatch("GET", PUT),
        "method_changed",
        alone="method_changed",
        beside_request="method_changed",
        with_signer="method_changed!",
        request=("GET", PUT),
        signer=_OWNER,
    ),
    Refusal(
        "a URL for PUT is used by a form that posts",
        presigned_mismatch("POST", PUT),
        "method_changed",
        alone="method_changed",
        beside_request="method_changed",
        with_signer="method_changed!",
        request=("POST", PUT),
        signer=_OWNER,
    ),
    Refusal(
        "HEAD of a URL for GET, which is answered without a body",
        "HTTP/1.1 403 Forbidden\r\nServer: AmazonS3\r\nx-amz-request-id: 4442587FB7D0A2F9\r\n\r\n",
        "method_changed",
        alone="access_denied",
        beside_request="method_changed",
        with_signer="method_changed!",
        request=("HEAD", GET),
        signer=_OWNER,
    ),
    Refusal(
        "another Content-Type than the one that was signed",
        presigned_mismatch("PUT", TYPED, IMAGE),
        "header_changed",
        alone="header_changed",
        beside_request="header_changed",
        with_signer="header_changed!",
        request=("PUT", TYPED, IMAGE, b"..."),
        signer=_OWNER,
    ),
    Refusal(
        "a client appends a charset to the Content-Type",
        presigned_mismatch("PUT", PLAIN, CHARSET),
        "header_changed",
        alone="header_changed",
        beside_request="header_changed",
        with_signer="header_changed!",
        request=("PUT", PLAIN, CHARSET, b"words"),
        signer=_OWNER,
    ),
    Refusal(
        "no Content-Type, though it is signed",
        presigned_mismatch("PUT", PLAIN),
        "header_missing",
        alone="header_missing",
        beside_request="header_missing",
        with_signer="header_missing!",
        request=("PUT", PLAIN, {}, b"words"),
        signer=_OWNER,
    ),
    Refusal(
        "no x-amz-acl, though it is signed",
        presigned_mismatch("PUT", ACL),
        "header_missing",
        alone="header_missing",
        beside_request="header_missing",
        with_signer="header_missing!",
        request=("PUT", ACL, {}, b"..."),
        signer=_OWNER,
    ),
    Refusal(
        "no x-amz-server-side-encryption, though it is signed, and a short response",
        SHORT_S3,
        "header_missing",
        alone="signature_mismatch",
        beside_request="header_missing",
        with_signer="header_missing!",
        request=("PUT", ENCRYPTED, {}, b"..."),
        signer=_OWNER,
    ),
    always(
        "no x-amz-tagging, whose signed value nobody can guess",
        presigned_mismatch("PUT", TAGGED),
        "header_missing",
        "header_missing",
        request=("PUT", TAGGED, {}, b"..."),
        signer=_OWNER,
    ),
    Refusal(
        "an application adds a parameter to the URL",
        presigned_mismatch("GET", f"{GET}&download=1"),
        "query_parameter_added",
        alone="method_changed",
        beside_request="query_parameter_added",
        with_signer="query_parameter_added!",
        request=("GET", f"{GET}&download=1"),
        signer=_OWNER,
    ),
    always(
        "a URL that was copied from HTML with its escapes",
        s3(
            "AuthorizationQueryParametersError",
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
            "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
            400,
        ),
        "authorization_incomplete",
        "authorization_incomplete!",
        request=("GET", ESCAPED),
        signer=_OWNER,
    ),
    always(
        "a URL that has expired",
        s3(
            "AccessDenied",
            "Request has expired",
            **{"X-Amz-Expires": "3600"},
            Expires="2015-08-30T13:36:00Z",
            ServerTime="2015-08-31T09:00:00Z",
        ),
        "presigned_url_expired",
        "presigned_url_expired!",
        request=("GET", GET),
        signer=_OWNER,
    ),
    always(
        "a URL for ten days",
        s3(
            "AuthorizationQueryParametersError",
            "X-Amz-Expires must be less than a week (in seconds); that is, the given "
            "X-Amz-Expires must be less than 604800 seconds",
            400,
        ),
        "presigned_lifetime",
        "presigned_lifetime!",
        request=("GET", GET.replace("Expires=3600", "Expires=864000")),
        signer=_OWNER,
    ),
    always(
        "a session that adds its own Authorization to a presigned URL",
        s3(
            "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature "
            "query string parameter or the Authorization header should be specified",
            400,
            ArgumentName="Authorization",
            ArgumentValue="Bearer eyJhbGciOi",
        ),
        "two_authorizations",
        "two_authorizations!",
        request=("GET", GET, {"Authorization": "Bearer eyJhbGciOi"}),
        signer=_OWNER,
    ),
    Refusal(
        "a URL that was presigned with another secret",
        SHORT_S3,
        "wrong_secret wrong_secret_or_rewritten",
        alone="signature_mismatch",
        beside_request="method_changed",
        with_signer="wrong_secret_or_rewritten!",
        request=("GET", signer("s3").presign("GET", f"https://{BUCKET}/a", time=MOMENT)),
        signer=_OWNER,
    ),
]
