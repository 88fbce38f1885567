"""What the tests of the verifier share: keys that it knows, and requests as they arrive."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rsigv4 import Credentials, Verifier
from signing import CREDENTIALS, MOMENT, SECRET, TOKEN

if TYPE_CHECKING:
    import datetime as dt
    from typing import Any

    from rsigv4 import VerifiedIdentity

__all__ = ["KEYS", "TEMPORARY_KEY", "Arrived", "arrived", "feed_all", "verifier"]

TEMPORARY_KEY = Credentials("ASIAEXAMPLE", SECRET[::-1], TOKEN)

#: What the server knows: nobody else's key is right.
KEYS = {key.access_key_id: key for key in (CREDENTIALS, TEMPORARY_KEY)}


@dataclass(frozen=True)
class Arrived:
    """A request as a server has it."""

    method: str = "GET"
    url: str = "https://example.com/"
    headers: list[tuple[str, Any]] = field(default_factory=list)
    body: bytes = b""
    time: dt.datetime = MOMENT

    def but(self, **changed: Any) -> Arrived:
        return replace(self, **changed)

    def with_header(self, name: str, value: Any) -> Arrived:
        """Return the same with one header more, or another one of that name."""
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
    """Return what arrives where a client sends these headers, and others instead of some."""
    sent = list(headers.items() if hasattr(headers, "items") else headers)
    new = list(added.items() if hasattr(added, "items") else added)
    replaced = {name.lower() for name, _ in new}
    sent = [(name, value) for name, value in sent if name.lower() not in replaced]
    names = {name.lower() for name, _ in [*sent, *new]}
    host = [] if "host" in names else [("Host", host_of(url))]
    return Arrived(method, url, [*host, *sent, *new], body, time)


def host_of(url: str) -> str:
    parts = urlsplit(url)
    default_port = {"http": ":80", "https": ":443"}[parts.scheme]
    return parts.netloc.rpartition("@")[2].lower().removesuffix(default_port)


def verifier(**options: Any) -> Verifier:
    """Return a verifier that knows the keys."""
    return Verifier(KEYS.get, **options)


def feed_all(request: Arrived, pieces: Any, by: Verifier | None = None) -> bytes:
    """Return what a server may pass on of a body that arrives in pieces."""
    verification = (by or verifier()).begin(
        request.method, request.url, request.headers, time=request.time
    )
    body = verification.check(KEYS.get(verification.access_key_id))
    decoded = b"".join([body.feed(piece) for piece in pieces])
    return decoded + body.finish()
