"""A local server that records the bytes of requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from support.servers.loopback import LoopbackServer

if TYPE_CHECKING:
    from email.message import Message
    from http.server import BaseHTTPRequestHandler


@dataclass(frozen=True)
class Arrived:
    """A request as read from the socket."""

    method: str
    target: str
    headers: Message
    body: bytes

    @property
    def url(self) -> str:
        return f"http://{self.headers['Host']}{self.target}"

    def names(self) -> set[str]:
        return {name.lower() for name in self.headers}


class RecordingServer(LoopbackServer):
    """Responds with 200 and an empty body, or with the redirect for the path in ``redirects``."""

    def __init__(self) -> None:
        super().__init__(self.record)
        self.arrived: list[Arrived] = []
        #: Path -> status code and `Location`.
        self.redirects: dict[str, tuple[int, str]] = {}

    def redirect(self, path: str, status_code: int, location: str) -> None:
        self.redirects[path] = status_code, location

    def record(self, handler: BaseHTTPRequestHandler) -> None:
        body = _read_body(handler)
        self.arrived.append(Arrived(handler.command, handler.path, handler.headers, body))
        status_code, location = self.redirects.get(handler.path.partition("?")[0], (200, None))
        handler.send_response(status_code)
        if location is not None:
            handler.send_header("Location", location)
        handler.send_header("Content-Length", "0")
        handler.end_headers()


def _read_body(handler: BaseHTTPRequestHandler) -> bytes:
    if "chunked" not in handler.headers.get("Transfer-Encoding", ""):
        return handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
    body = b""
    while length := int(handler.rfile.readline(), 16):
        body += handler.rfile.read(length)
        handler.rfile.readline()
    handler.rfile.readline()
    return body
