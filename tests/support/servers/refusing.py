"""A local server that refuses each request as AWS does if a proxy stripped a path prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.refusals import mismatch_of_api_gateway, mismatch_of_s3
from support.servers.loopback import LoopbackServer

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler

#: The prefix that the proxy strips.
PREFIX = "/proxy"
#: Paths below this one redirect to the path without it.
MOVED = "/moved"


class RefusingServer(LoopbackServer):
    """
    Responds like S3 to a signature for S3, and like API Gateway to others.

    Args:
        status: Of its responses.

    """

    def __init__(self, status: int = 403) -> None:
        super().__init__(lambda handler: _refuse(handler, status))

    @property
    def endpoint(self) -> str:
        return f"http://{self.host}"


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
