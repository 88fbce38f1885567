"""
AWS Signature Version 4 from AWS's documentation, applied to the bytes that arrived.

It is slow and short on purpose, and shares no code with the package.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import quote_from_bytes, unquote_to_bytes

__all__ = [
    "EMPTY_HASH",
    "S3_FAMILY",
    "ArrivedRequest",
    "Authorization",
    "Chunk",
    "Scope",
    "canonical_query_string",
    "canonical_request",
    "canonical_uri",
    "chunk_string_to_sign",
    "signature",
    "string_to_sign",
    "trailer_string_to_sign",
]

EMPTY_HASH = hashlib.sha256().hexdigest()

#: Services whose paths are object keys: not normalized, and encoded once.
S3_FAMILY = frozenset({"s3", "s3-object-lambda", "s3-outposts", "s3express"})

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/\s]+)/(\d{8})/([^/\s]+)/([^/\s]+)/aws4_request, ?"
    r"SignedHeaders=([!-~]+), ?Signature=([0-9a-f]{64})"
)


@dataclass(frozen=True)
class ArrivedRequest:
    """A request without its body, as read from the socket."""

    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]

    @property
    def path(self) -> bytes:
        return self.target.partition(b"?")[0]

    @property
    def query(self) -> bytes:
        return self.target.partition(b"?")[2]

    def values(self, name: str) -> list[bytes]:
        """Return the values of all headers with this name, stripped."""
        return [value.strip(b" \t") for own, value in self.headers if own.lower() == name.encode()]

    def value(self, name: str) -> str | None:
        """Return the first value of a header, or None."""
        return next((value.decode("latin-1") for value in self.values(name)), None)

    def names(self) -> set[str]:
        """Return the lowercase names of all headers."""
        return {name.lower().decode("latin-1") for name, _ in self.headers}


@dataclass(frozen=True)
class Scope:
    """The credential scope: date, region and service."""

    amz_date: str
    date: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"

    @property
    def is_s3(self) -> bool:
        return self.service in S3_FAMILY


@dataclass(frozen=True)
class Authorization:
    """A parsed `Authorization` header."""

    access_key_id: str
    scope: Scope
    signed_headers: tuple[str, ...]
    signature: str

    @classmethod
    def of(cls, request: ArrivedRequest) -> Authorization | None:
        """Parse the header; None if it is malformed or the time is missing."""
        found = _AUTHORIZATION.fullmatch(request.value("authorization") or "")
        amz_date = request.value("x-amz-date")
        if found is None or amz_date is None or not re.fullmatch(r"\d{8}T\d{6}Z", amz_date):
            return None
        access_key_id, date, region, service, names, signature = found.groups()
        scope = Scope(amz_date, date, region, service)
        return cls(access_key_id, scope, tuple(names.split(";")), signature)


@dataclass(frozen=True)
class Chunk:
    """A chunk of an aws-chunked body: its length, its hash, and its signature."""

    length: int
    hashed: str
    signature: str | None


def canonical_request(
    request: ArrivedRequest, *, service: str, signed_headers: tuple[str, ...], hashed_payload: str
) -> bytes:
    """Return the canonical request."""
    return b"\n".join(
        [
            request.method.encode(),
            canonical_uri(request.path, service),
            canonical_query_string(request.query),
            *(_canonical_header(request, name) for name in signed_headers),
            # Each header ends with a line feed, so that an empty line follows the last one.
            b"",
            ";".join(signed_headers).encode(),
            hashed_payload.encode(),
        ]
    )


def canonical_uri(path: bytes, service: str) -> bytes:
    """Return the path in the form that the service signs."""
    if service in S3_FAMILY:
        return _encoded(unquote_to_bytes(path), safe="/") or b"/"
    segments: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            del segments[-1:]
        elif segment not in {b"", b"."}:
            segments.append(segment)
    end = b"/" if segments and path.endswith(b"/") else b""
    return b"/" + _encoded(b"/".join(segments), safe="/") + end


def canonical_query_string(query: bytes) -> bytes:
    """Return the query re-encoded and sorted; `+` is a space, as services read it."""
    pairs = [
        tuple(_encoded(unquote_to_bytes(part.replace(b"+", b" "))) for part in (name, value))
        for name, _, value in (pair.partition(b"=") for pair in query.split(b"&") if pair)
    ]
    return b"&".join(b"=".join(pair) for pair in sorted(pairs))


def string_to_sign(scope: Scope, canonical: bytes) -> bytes:
    """Return the string to sign."""
    hashed = hashlib.sha256(canonical).hexdigest()
    return "\n".join(["AWS4-HMAC-SHA256", scope.amz_date, str(scope), hashed]).encode()


def chunk_string_to_sign(scope: Scope, previous: str, hashed_chunk: str) -> bytes:
    """Return the string to sign of a chunk that follows another signature."""
    lines = [scope.amz_date, str(scope), previous, EMPTY_HASH, hashed_chunk]
    return "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", *lines]).encode()


def trailer_string_to_sign(scope: Scope, previous: str, trailer: bytes) -> bytes:
    """Return the string to sign of a trailer, whose lines each end with a line feed."""
    hashed = hashlib.sha256(trailer).hexdigest()
    lines = [scope.amz_date, str(scope), previous, hashed]
    return "\n".join(["AWS4-HMAC-SHA256-TRAILER", *lines]).encode()


def signature(secret: str, scope: Scope, text: bytes) -> str:
    """Return the signature of a string to sign."""
    key = b"AWS4" + secret.encode()
    for part in (scope.date, scope.region, scope.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text, "sha256").hex()


def _canonical_header(request: ArrivedRequest, name: str) -> bytes:
    values = (re.sub(rb"[ \t]+", b" ", value) for value in request.values(name))
    return name.encode() + b":" + b",".join(values)


def _encoded(text: bytes, safe: str = "") -> bytes:
    return quote_from_bytes(text, safe=safe + "-._~").encode()
