"""A local server that refuses each request as AWS does if a proxy stripped a path prefix."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.refusals import mismatch_of_api_gateway, mismatch_of_s3

#: The prefix that the proxy strips.
PREFIX = "/proxy"
#: Paths below this one redirect to the path without it.
MOVED = "/moved"


class RefusingServer:
    """
    Listens on a free port of 127.0.0.1 for the duration of its context.

    It responds like S3 to a signature for S3, and like API Gateway to others.

    Args:
        status: Of its responses.

    """

    def __init__(self, status: int = 403) -> None:
        class Handler(BaseHTTPRequestHandler):
            def refuse(self) -> None:
                _refuse(self, status)

            def __getattr__(self, name: str):
                # The base class looks up do_GET, do_POST and so on; this refuses every method.
                if name.startswith("do_"):
                    return self.refuse
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
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"


def _refuse(handler: BaseHTTPRequestHandler, status: int) -> None:
    body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
    if handler.path.startswith(MOVED):
        handler.send_response(307)
        handler.send_header("Location", handler.path.removeprefix(MOVED))
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    headers = dict(handler.headers)
    url = f"http://{handler.headers['Host']}{handler.path.removeprefix(PREFIX)}"
    refusal = mismatch_of_api_gateway
    if "/s3/aws4_request" in handler.headers.get("Authorization", ""):
        refusal = mismatch_of_s3
    head, _, response = refusal(handler.command, url, headers, body).partition("\r\n\r\n")
    handler.send_response(status)
    for line in head.split("\r\n")[1:]:
        name, _, value = line.partition(": ")
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(response.encode())))
    handler.end_headers()
    handler.wfile.write(response.encode())
