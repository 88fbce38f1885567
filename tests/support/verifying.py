"""Keys and requests for tests of the verifier."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from rsigv4 import Credentials, Signer, VerificationError, Verifier
from support.signing import CREDENTIALS, MOMENT, SECRET, TOKEN, shown

if TYPE_CHECKING:
    import datetime as dt
    from typing import Any

    from rsigv4 import VerifiedIdentity

__all__ = [
    "KEYS",
    "SIGV4A",
    "TEMPORARY_KEY",
    "URL",
    "Arrived",
    "arrived",
    "authorization",
    "feed_all",
    "gateway",
    "host_of",
    "presigned",
    "query",
    "refused",
    "signed",
    "verifier",
    "without_signature",
]

TEMPORARY_KEY = Credentials("ASIAEXAMPLE", SECRET[::-1], TOKEN)

URL = "https://example.com/path?a=b"
SIGV4A = "AWS4-ECDSA-P256-SHA256"

#: The keys that the server knows.
KEYS = {key.access_key_id: key for key in (CREDENTIALS, TEMPORARY_KEY)}


@dataclass(frozen=True)
class Arrived:
    """A request as a server receives it."""

    method: str = "GET"
    url: str = "https://example.com/"
    headers: list[tuple[str, Any]] = field(default_factory=list)
    body: bytes = b""
    time: dt.datetime = MOMENT

    def but(self, **changed: Any) -> Arrived:
        return replace(self, **changed)

    def with_header(self, name: str, value: Any) -> Arrived:
        """Return a copy with this header added or replaced."""
        headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]
        return replace(self, headers=[*headers, (name, value)])

    def without_header(self, name: str) -> Arrived:
        headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]
        return replace(self, headers=headers)

    def header(self, name: str) -> Any:
        (value,) = [value for found, value in self.headers if found.lower() == name.lower()]
        return value

    def verified(self, by: Verifier | None = None) -> VerifiedIdentity:
        by = by or verifier()
        return by.verify(self.method, self.url, self.headers, self.body, time=self.time)


def arrived(  # noqa: PLR0913 - they are the parts of a request
    method: str,
    url: str,
    headers: Any = (),
    body: bytes = b"",
    *,
    added: Any = (),
    time: dt.datetime = MOMENT,
) -> Arrived:
    """Return the request that arrives, where `added` replaces headers."""
    sent = list(headers.items() if hasattr(headers, "items") else headers)
    new = list(added.items() if hasattr(added, "items") else added)
    replaced = {name.lower() for name, _ in new}
    sent = [(name, value) for name, value in sent if name.lower() not in replaced]
    names = {name.lower() for name, _ in [*sent, *new]}
    host = [] if "host" in names else [("Host", host_of(url))]
    return Arrived(method, url, [*host, *sent, *new], body, time)


def host_of(url: str) -> str:
    """Return the value of ``Host`` that a client sends."""
    parts = urlsplit(url)
    default_port = {"http": ":80", "https": ":443"}[parts.scheme]
    return parts.netloc.rpartition("@")[2].lower().removesuffix(default_port)


def verifier(**options: Any) -> Verifier:
    """Return a verifier that knows the keys."""
    return Verifier(KEYS.get, **options)


def feed_all(request: Arrived, pieces: Any, by: Verifier | None = None) -> bytes:
    """Return the bytes that a server may pass on if a body arrives in pieces."""
    verification = (by or verifier()).begin(
        request.method, request.url, request.headers, time=request.time
    )
    body = verification.check(KEYS.get(verification.access_key_id))
    decoded = b"".join([body.feed(piece) for piece in pieces])
    return decoded + body.finish()


def signed(
    key: Credentials = CREDENTIALS,
    headers: Any = (),
    body: bytes = b"",
    service: str = "execute-api",
    **options: Any,
) -> Arrived:
    """Return a request that is signed by header."""
    region = "*" if options.get("algorithm") == SIGV4A else "us-east-1"
    signer = Signer(key, region, service, **options)
    headers = dict(headers)
    added = signer.sign("GET", URL, headers, body, time=MOMENT)
    return arrived("GET", URL, headers, body, added=added)


def presigned(
    key: Credentials = CREDENTIALS, service: str = "execute-api", **options: Any
) -> Arrived:
    """Return a request with a presigned URL."""
    signer = Signer(key, "us-east-1", service)
    return arrived("GET", signer.presign("GET", URL, time=MOMENT, **options))


def gateway(**options: Any) -> Verifier:
    """Return a verifier for API Gateway in one region."""
    return verifier(**{"region": "us-east-1", "service": "execute-api", **options})


def refused(request: Arrived, by: Verifier | None = None) -> VerificationError:
    """Return API Gateway's refusal, after checking that the error shows no secret."""
    with pytest.raises(VerificationError) as caught:
        request.verified(by or gateway())
    error = caught.value
    for secret in (SECRET, TOKEN, KEYS[TEMPORARY_KEY.access_key_id].secret_access_key):
        assert secret not in shown(error)
    return error


def authorization(request: Arrived, old: str, new: str) -> Arrived:
    """Replace text in the `Authorization` header."""
    value = request.header("Authorization")
    assert value.count(old) == 1
    return request.with_header("Authorization", value.replace(old, new))


def without_signature(request: Arrived) -> Arrived:
    value = request.header("Authorization").partition(", Signature=")[0]
    return request.with_header("Authorization", value)


def query(request: Arrived, old: str, new: str) -> Arrived:
    """Replace text in the URL."""
    assert request.url.count(old) == 1
    return request.but(url=request.url.replace(old, new))
