"""
Applications behind the middlewares that report the path and query that they receive.

Run as a program, it serves the WSGI application with a server that doesn't have a command:

    python reporting.py wsgiref 8000
"""

from __future__ import annotations

import json
import sys
from wsgiref.simple_server import make_server

from rsigv4 import Credentials
from rsigv4.asgi import SigV4Middleware as AsgiMiddleware
from rsigv4.wsgi import SigV4Middleware as WsgiMiddleware

HEALTH_PATH = "/health"

_credentials = Credentials.from_env()
_keys = {_credentials.access_key_id: _credentials}


def _report(path: bytes, query: bytes, length: int) -> bytes:
    # Bytes are decoded as Latin-1, as in WSGI.
    report = {"path": path.decode("latin-1"), "query": query.decode("latin-1"), "length": length}
    return json.dumps(report).encode()


def _wsgi(environ, start_response):
    path = (environ["SCRIPT_NAME"] + environ["PATH_INFO"]).encode("latin-1")
    is_health = path.decode("latin-1") == HEALTH_PATH
    length = 0 if is_health else len(environ["wsgi.input"].read())
    body = _report(path, environ["QUERY_STRING"].encode("latin-1"), length)
    # A status that servers don't use themselves.
    status = "200 OK" if is_health else "203 Reported"
    start_response(status, [("Content-Type", "application/json"), ("X-Length", str(length))])
    # Not a list: servers have to request each piece.
    yield body[:1]
    yield body[1:]


async def _asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    is_health = scope["path"] == HEALTH_PATH
    length = 0
    more_body = not is_health
    while more_body:
        message = await receive()
        length += len(message["body"])
        more_body = message["more_body"]
    body = _report(scope["path"].encode("utf-8", "surrogatepass"), scope["query_string"], length)
    await send(
        {
            "type": "http.response.start",
            "status": 200 if is_health else 203,
            "headers": [
                (b"content-type", b"application/json"),
                (b"x-length", str(length).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


wsgi = WsgiMiddleware(_wsgi, _keys.get, exempt=[HEALTH_PATH])
asgi = AsgiMiddleware(_asgi, _keys.get, exempt=[HEALTH_PATH])


def _main(server: str, port: int) -> None:
    if server == "werkzeug":
        from werkzeug.serving import run_simple  # noqa: PLC0415 - only this server needs it

        run_simple("127.0.0.1", port, wsgi, threaded=True)
    else:
        make_server("127.0.0.1", port, wsgi).serve_forever()


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
