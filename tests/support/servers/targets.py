"""Request targets, and which servers pass each signed one on to the application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_to_bytes

from support.servers.gateways import SERVERS

if TYPE_CHECKING:
    from collections.abc import Collection

    from support.servers.gateways import Gateway, Reported

ALL = frozenset(SERVERS)
#: Servers that pass on only the decoded path, so that only its usual encoding verifies.
WITHOUT_TARGET = frozenset({"wsgiref", "Granian, WSGI"})
#: Servers that collapse slashes at the start of a path.
MERGES_SLASHES = frozenset({"waitress", "Werkzeug", "wsgiref"})
#: Servers that pass on a path that isn't UTF-8.
KEEPS_BYTES = frozenset({"gunicorn", "waitress"}) | WITHOUT_TARGET
#: Servers that accept the absolute form of a target.
READS_ABSOLUTE_FORM = frozenset(
    {"gunicorn", "waitress", "Werkzeug", "Granian, WSGI", "Granian", "uvicorn, httptools"}
)
#: Servers that drop the absolute form's authority and a fragment before the application sees them.
DROPS_THE_REST = frozenset({"Granian, WSGI", "Granian", "uvicorn, httptools"})


@dataclass(frozen=True)
class Target:
    """
    A target that is sent, and the one that was signed.

    Attributes:
        sent: May contain ``{host}`` and ``{signature}``, a presigned URL's parameters.
        served_by: The servers whose application receives the request.
        signed: The path and query that are signed; None if they are those that are sent.
        service: Of the signature.
        is_presigned: Whether the signature is in the query.

    """

    sent: str
    served_by: Collection[str]
    signed: str | None = None
    service: str = "execute-api"
    is_presigned: bool = False

    def call(self, gateway: Gateway) -> tuple[str, Reported]:
        """Sign and send the request; return the signed path and query, and the response."""
        signed = self.sent if self.signed is None else self.signed
        url = f"http://{gateway.host}{signed}"
        signer = gateway.signer(self.service)
        if not self.is_presigned:
            sent = self.sent.format(host=gateway.host)
            return signed, gateway.send(sent, signer.sign("GET", url))
        presigned = signer.presign("GET", url)
        sent = self.sent.format(host=gateway.host, signature=presigned.partition("?")[2])
        return presigned.removeprefix(f"http://{gateway.host}"), gateway.send(sent)


#: From well-behaved clients.
HONEST = [
    Target("/a/b?c=d&c=e&f", ALL),
    Target("/a%20b/c%C3%A9", ALL),
    Target("/a:b@c;d=1,2+3", ALL),
    Target("/a?{signature}", ALL, "/a", is_presigned=True),
    Target("/%7Ea", ALL - WITHOUT_TARGET),
    Target("/a%2Fb", ALL - WITHOUT_TARGET),
    Target("/a%2Fb", ALL, service="s3"),
    Target("/a%FF", KEEPS_BYTES),
    Target("/a%FF", KEEPS_BYTES, service="s3"),
    Target("/a//b", (), "/a/b"),
    Target("/a//b", ALL, service="s3"),
    Target("//a", ALL - MERGES_SLASHES, service="s3"),
    Target("/a/./../b", (), "/b"),
    Target("/a/./../b", ALL, service="s3"),
    Target("http://{host}/a?b", READS_ABSOLUTE_FORM, "/a?b"),
]

#: From attackers with a signature for another request.
HOSTILE = [
    Target("http://{host}?delete=1&z=/public?{signature}", (), "/public", is_presigned=True),
    Target("http://other/a", DROPS_THE_REST, "/a"),
    Target("/a?b=1#&limit=2", (), "/a?b=1%23&limit=2"),
    Target("/a#b", DROPS_THE_REST, "/a"),
    Target("/admin/../public/a", (), "/public/a"),
    Target("/admin/%2e%2e/public/a", (), "/admin/%2e%2e/public/a"),
    Target("mallory:admin/users", (), "/mallory:admin/users"),
    Target("a/b", (), "/a/b"),
    Target("*", (), "/"),
    Target("?a=b", (), "/?a=b"),
    Target("/\xc3\xa9", (), "/%C3%83%C2%A9", service="s3"),
    Target("/a?b=\xc3\xa9", (), "/a?b=%C3%83%C2%A9"),
]

TARGETS = HONEST + HOSTILE


def is_what_was_signed(signed: str, service: str, response: Reported) -> bool:
    """
    Return whether the application received the path and query that were signed.

    A signature doesn't cover the order of parameters or the way a character is encoded.
    """
    path, _, query = signed.partition("?")
    if service != "s3":
        path = _normalized(path)
    return response.path == unquote_to_bytes(path) and _parameters(
        response.query.decode("latin-1")
    ) == _parameters(query)


def _normalized(path: str) -> str:
    """
    Return the normalized path, which all services but S3 sign.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    return "/" + "/".join(segments) + ("/" if path.endswith("/") and segments else "")


def _parameters(query: str) -> list[tuple[str, str]]:
    return sorted(parse_qsl(query, keep_blank_values=True, encoding="latin-1"))
