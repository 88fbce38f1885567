"""Decides whether a signed request is accepted, and renders the refusal."""

from __future__ import annotations

import datetime as dt
import hmac
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

from support.servers import reference
from support.servers.reference import Authorization

if TYPE_CHECKING:
    from support.servers.aws_chunked import ArrivedBody
    from support.servers.reference import ArrivedRequest

__all__ = ["Key", "RefusedError", "check", "refusal"]

#: S3's minimum chunk size, except for the last chunk.
_LEAST_CHUNK_BYTES = 8192
#: Services accept signatures this many seconds older or newer than their clock.
_SKEW_SECONDS = 300


class Key(NamedTuple):
    secret: str
    token: str | None


@dataclass
class RefusedError(Exception):
    """A request is refused: API Gateway's error, S3's error, and the reason."""

    error_type: str
    code: str
    message: str
    status: int = 403
    #: More XML elements of S3's response, by name.
    elements: dict[str, str] = field(default_factory=dict)


def check(
    head: ArrivedRequest,
    body: ArrivedBody,
    keys: dict[str, Key],
    *,
    strict: bool,
    now: float,
) -> None:
    """
    Check a request, using only the bytes that arrived.

    Args:
        head: The request line and headers.
        body: As read from the socket.
        keys: By access key id.
        strict: Whether all ``x-amz-*`` headers must be signed.
        now: Seconds since the epoch.

    Raises:
        RefusedError: The request is refused.

    """
    authorization = Authorization.of(head)
    if authorization is None:
        if head.value("authorization") is None:
            message = "Missing Authentication Token"
            raise RefusedError("MissingAuthenticationTokenException", "AccessDenied", message)
        message = "Authorization or X-Amz-Date is malformed."
        raise RefusedError("IncompleteSignatureException", "InvalidArgument", message, 400)
    for name in ("authorization", "host", "x-amz-content-sha256", "x-amz-date"):
        if len(head.values(name)) > 1:
            message = f"{name} was sent more than once."
            raise RefusedError("IncompleteSignatureException", "InvalidArgument", message, 400)
    _check_signed_headers(head, authorization, strict=strict)
    _check_time(authorization, now)
    secret = _secret(head, authorization, keys)
    hashed_payload = _hashed_payload(head, body, authorization)
    canonical = reference.canonical_request(
        head,
        service=authorization.scope.service,
        signed_headers=authorization.signed_headers,
        hashed_payload=hashed_payload,
    )
    text = reference.string_to_sign(authorization.scope, canonical)
    expected = reference.signature(secret, authorization.scope, text)
    if not hmac.compare_digest(expected, authorization.signature):
        raise _wrong_signature(canonical, text)
    if body.chunks:
        _check_chunks(head, body, authorization, secret)


def _check_signed_headers(
    head: ArrivedRequest, authorization: Authorization, *, strict: bool
) -> None:
    signed = set(authorization.signed_headers)
    must = {"host"}
    if strict:
        must |= {name for name in head.names() if name.startswith("x-amz-")}
    unsigned = sorted(must - signed)
    if unsigned:
        message = f"There were headers present in the request which were not signed: {unsigned}"
        raise RefusedError("InvalidSignatureException", "AccessDenied", message)
    if list(authorization.signed_headers) != sorted(signed):
        message = "SignedHeaders must be sorted, each once."
        raise RefusedError("InvalidSignatureException", "InvalidRequest", message)


def _secret(head: ArrivedRequest, authorization: Authorization, keys: dict[str, Key]) -> str:
    key = keys.get(authorization.access_key_id)
    invalid = "The security token included in the request is invalid."
    if key is None:
        raise RefusedError("UnrecognizedClientException", "InvalidAccessKeyId", invalid)
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateSession.html
    kind = "s3session" if authorization.scope.service == "s3express" else "security"
    if head.value(f"x-amz-{kind}-token") != key.token:
        raise RefusedError("UnrecognizedClientException", "InvalidToken", invalid)
    return key.secret


def _check_time(authorization: Authorization, now: float) -> None:
    scope = authorization.scope
    if scope.date != scope.amz_date[:8]:
        message = f"Date in Credential scope does not match: '{scope.date}' != '{scope.amz_date}'."
        raise RefusedError("InvalidSignatureException", "SignatureDoesNotMatch", message)
    signed_at = dt.datetime.strptime(scope.amz_date + "+0000", "%Y%m%dT%H%M%SZ%z").timestamp()
    if abs(signed_at - now) <= _SKEW_SECONDS:
        return
    here = f"{dt.datetime.fromtimestamp(now, dt.timezone.utc):%Y%m%dT%H%M%SZ}"
    message = (
        f"Signature expired: {scope.amz_date} is now earlier than {here} ({here} - 5 min.)"
        if signed_at < now
        else f"Signature not yet current: {scope.amz_date} is still later than {here} "
        f"({here} + 5 min.)"
    )
    raise RefusedError("InvalidSignatureException", "RequestTimeTooSkewed", message)


def _hashed_payload(head: ArrivedRequest, body: ArrivedBody, authorization: Authorization) -> str:
    announced = head.value("x-amz-content-sha256")
    if announced is None:
        if authorization.scope.is_s3:
            message = "Missing required header for this request: x-amz-content-sha256"
            raise RefusedError("InvalidSignatureException", "InvalidRequest", message, 400)
        return body.sha256
    if announced == "UNSIGNED-PAYLOAD" or announced.startswith("STREAMING-"):
        return announced
    if announced != body.sha256:
        message = "The provided 'x-amz-content-sha256' header does not match what was computed."
        code = "XAmzContentSHA256Mismatch"
        raise RefusedError("InvalidSignatureException", code, message, 400)
    return announced


def _check_chunks(
    head: ArrivedRequest, body: ArrivedBody, authorization: Authorization, secret: str
) -> None:
    if head.value("x-amz-decoded-content-length") != str(body.length):
        message = f"x-amz-decoded-content-length isn't {body.length}."
        raise RefusedError("InvalidSignatureException", "IncompleteBody", message, 400)
    if any(chunk.length < _LEAST_CHUNK_BYTES for chunk in body.chunks[:-2]):
        message = "Only the last chunk may have less than 8192 bytes."
        raise RefusedError("InvalidSignatureException", "InvalidChunkSizeError", message)
    if (head.value("x-amz-content-sha256") or "").startswith("STREAMING-UNSIGNED"):
        return
    scope = authorization.scope
    previous = authorization.signature
    for number, chunk in enumerate(body.chunks):
        text = reference.chunk_string_to_sign(scope, previous, chunk.hashed)
        previous = reference.signature(secret, scope, text)
        if chunk.signature != previous:
            message = f"The signature of chunk {number} does not match."
            raise RefusedError("InvalidSignatureException", "SignatureDoesNotMatch", message)
    if not body.trailers:
        return
    *trailers, (name, signature) = body.trailers
    trailer = "".join(f"{name}:{value}\n" for name, value in trailers).encode()
    text = reference.trailer_string_to_sign(scope, previous, trailer)
    expected = reference.signature(secret, scope, text)
    if (name, signature) != ("x-amz-trailer-signature", expected):
        message = "The signature of the trailer does not match."
        raise RefusedError("InvalidSignatureException", "SignatureDoesNotMatch", message)


def _wrong_signature(canonical: bytes, text: bytes) -> RefusedError:
    elements = {
        "CanonicalRequest": canonical.decode(errors="backslashreplace"),
        "StringToSign": text.decode(),
    }
    message = (
        "The request signature we calculated does not match the signature you provided. Check your "
        "AWS Secret Access Key and signing method. Consult the service documentation for details."
    )
    error = RefusedError("InvalidSignatureException", "SignatureDoesNotMatch", message)
    error.elements = elements
    return error


def refusal(
    refused: RefusedError, authorization: Authorization | None
) -> tuple[int, dict[str, str], bytes]:
    """Return the status code, headers and body of the service's error response."""
    if authorization is not None and authorization.scope.is_s3:
        elements = {"Code": refused.code, "Message": refused.message, **refused.elements}
        text = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in elements.items())
        document = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{text}</Error>'
        return refused.status, {"Content-Type": "application/xml"}, document.encode()
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": refused.error_type}
    message = refused.message
    if refused.elements:
        message += (
            "\n\nThe Canonical String for this request should have been"
            f"\n'{refused.elements['CanonicalRequest']}'"
            f"\n\nThe String-to-Sign should have been\n'{refused.elements['StringToSign']}'\n"
        )
    return refused.status, headers, json.dumps({"message": message}).encode()
