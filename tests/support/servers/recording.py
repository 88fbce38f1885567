"""A local server that records the bytes of requests."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from email.message import Message


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


class RecordingServer:
    """
    Listens on a free port of 127.0.0.1 for the duration of its context.

    It responds with 200 and an empty body, or with the redirect for the path in ``redirects``.
    """

    def __init__(self) -> None:
        self.arrived: list[Arrived] = []
        #: Path -> status code and `Location`.
        self.redirects: dict[str, tuple[int, str]] = {}
        recording = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                recording.record(self)

            def __getattr__(self, name: str):
                # The base class looks up do_GET, do_POST and so on; this handles every method.
                if name.startswith("do_"):
                    return self.handle_any
                raise AttributeError(name)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def host(self) -> str:
        """The value of ``Host`` that a client sends."""
        return f"127.0.0.1:{self.port}"

    def url(self, path: str, *, name: str = "127.0.0.1") -> str:
        return f"http://{name}:{self.port}{path}"

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
