"""A proxy that handles CONNECT, and passes on encrypted bytes."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["tunnelling_proxy"]


@contextmanager
def tunnelling_proxy() -> Iterator[tuple[str, list[str]]]:
    """Yield the proxy's URL, and the list of hosts and ports that clients connect to."""
    targets: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            targets.append(self.path)
            self.close_connection = True
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host, int(port))) as origin:
                self.send_response(200)
                self.end_headers()
                back = threading.Thread(target=_pass_on, args=(origin, self.connection))
                back.start()
                _pass_on(self.connection, origin)
                back.join()

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", targets
        finally:
            server.shutdown()
            thread.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    # Either side may close the connection at any time.
    with suppress(OSError):
        while received := source.recv(65536):
            target.sendall(received)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
