"""Requests as ASGI events, and a server that sends them, for tests of the middleware."""

from __future__ import annotations

import asyncio
import json

from rsigv4 import Credentials, Signer

CREDENTIALS = Credentials("AKIDEXAMPLE", "secret", "session//token")
KEYS = {CREDENTIALS.access_key_id: CREDENTIALS}
HOST = "example.com"
TIMEOUT_SECONDS = 30


class Application:
    """Reads the body to its end, and responds with 200."""

    def __init__(self):
        self.scopes = []
        self.body = None

    async def __call__(self, scope, receive, send):
        self.scopes.append(scope)
        if scope["type"] == "http":
            body = b""
            while (event := await receive())["type"] == "http.request":
                body += event["body"]
                if not event["more_body"]:
                    break
            self.body = body
            await respond_ok(send)


async def respond_ok(send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


def signer(service="execute-api", **options):
    return Signer(CREDENTIALS, "us-east-1", service, **options)


def scope_of(headers, method="GET", path="/", raw_path=b"/", **changed):
    pairs = [("Host", HOST), *headers.items()]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": raw_path,
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in pairs],
        **changed,
    }


def signed_scope(body=b"", method="PUT", service="execute-api", **changed):
    # S3 requires the body's hash in a header. Most clients leave it out for other services.
    states_hash = service == "s3"
    signed_by = signer(service, content_sha256_header=states_hash)
    headers = signed_by.sign(method, f"https://{HOST}/", body=body)
    return scope_of(headers, method, **changed)


def chunked_scope(content, wire_changed=bytes):
    body = signer("s3").chunked("PUT", f"https://{HOST}/", {}, content, length=len(content))
    return scope_of(body.headers, "PUT"), wire_changed(b"".join(body))


def events_of(body, size=65536):
    pieces = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
    return [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        for number, piece in enumerate(pieces, 1)
    ]


def serve(app, scope, events):
    """Return what the application sends; after the events, `receive` waits forever."""
    events = iter(events)
    sent = []

    async def receive():
        for event in events:
            return event
        return await asyncio.get_running_loop().create_future()

    async def send(message):
        sent.append(message)

    asyncio.run(asyncio.wait_for(app(scope, receive, send), TIMEOUT_SECONDS))
    return sent


def refusal(sent):
    start, body = sent
    headers = dict(start["headers"])
    assert json.loads(body["body"])["message"]
    assert int(headers[b"content-length"]) == len(body["body"])
    return start["status"], headers[b"x-amzn-errortype"].decode()


def last_byte_of_data_changed(wire):
    return wire.replace(b"x\r\n0;", b"y\r\n0;")


def last_signature_changed(wire):
    digit = wire.rstrip()[-1:]
    return wire.rstrip()[:-1] + (b"0" if digit != b"0" else b"1") + b"\r\n\r\n"
