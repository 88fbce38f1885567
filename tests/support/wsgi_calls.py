"""Requests as WSGI environments, and a server that sends them, for tests of the middleware."""

from __future__ import annotations

import io
import json
import sys
from wsgiref.validate import validator

from rsigv4 import Credentials, Signer
from rsigv4.wsgi import SigV4Middleware

CREDENTIALS = Credentials("AKIDEXAMPLE", "secret", "session//token")
KEYS = {CREDENTIALS.access_key_id: CREDENTIALS}
HOST = "example.com"
URL = f"https://{HOST}/"


class Application:
    """Reads the body to its end in some way, and responds with 200."""

    def __init__(self, read=None):
        self.environ = None
        self.body = None
        self.read = read or (lambda stream: stream.read(-1))

    def __call__(self, environ, start_response):
        self.environ = environ
        self.body = self.read(environ["wsgi.input"])
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ok"]


def signer(service="execute-api"):
    # S3 requires the body's hash in a header. Most clients leave it out for other services.
    return Signer(CREDENTIALS, "us-east-1", service, content_sha256_header=service == "s3")


def environ_of(headers, body=b"", method="GET", raw_uri="/", **changed):
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": raw_uri.partition("?")[0],
        "QUERY_STRING": raw_uri.partition("?")[2],
        "RAW_URI": raw_uri,
        "SERVER_NAME": HOST,
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": HOST,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        # The next request follows on the same connection.
        "wsgi.input": io.BytesIO(body + b"GET / HTTP/1.1\r\n"),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key.startswith("CONTENT_LEN") else f"HTTP_{key}"] = value
    return {**environ, **changed}


def signed_environ(body=b"", method="PUT", service="execute-api", **changed):
    headers = signer(service).sign(method, URL, body=body)
    return environ_of(headers, body, method, **changed)


def chunked_environ(content, wire_changed=bytes):
    body = signer("s3").chunked("PUT", URL, {}, content, length=len(content))
    return environ_of(body.headers, wire_changed(b"".join(body)), "PUT")


def serve(app, environ, *, lookup=KEYS.get, **options):
    """Return the status, the headers and the body; both sides are checked against PEP 3333."""
    started = []

    def start_response(status, headers, exc_info=None):
        # Like servers: headers that are not sent yet may be replaced.
        assert exc_info or not started
        started[:] = [status, headers]
        return lambda _data: None

    middleware = validator(SigV4Middleware(validator(app), lookup, **options))
    response = middleware(environ, start_response)
    try:
        body = b"".join(response)
    finally:
        response.close()
    status, headers = started
    return int(status.split()[0]), dict(headers), body


def refusal(response):
    status, headers, body = response
    assert json.loads(body)["message"]
    assert int(headers["Content-Length"]) == len(body)
    return status, headers["x-amzn-ErrorType"]


def last_byte_of_data_changed(wire):
    return wire.replace(b"line\n\r\n0;", b"line!\r\n0;")


def last_signature_changed(wire):
    digit = wire.rstrip()[-1:]
    return wire.rstrip()[:-1] + (b"0" if digit != b"0" else b"1") + b"\r\n\r\n"
