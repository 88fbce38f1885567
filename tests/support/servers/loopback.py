"""A local server that handles each request, whatever its method, with one function."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self


class LoopbackServer:
    """
    Listens on a free port of 127.0.0.1 for the duration of its context.

    Args:
        respond: Reads a request and writes the response.

    """

    def __init__(self, respond: Callable[[BaseHTTPRequestHandler], None]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def __getattr__(self, name: str):
                # The base class looks up do_GET, do_POST and so on.
                if name.startswith("do_"):
                    return lambda: respond(self)
                raise AttributeError(name)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
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

    def url(self, path: str = "/", *, name: str = "127.0.0.1") -> str:
        return f"http://{name}:{self.port}{path}"
