# No data is lost if calls of `receive` wait, are cancelled or overlap.

from __future__ import annotations

import asyncio

import anyio
import pytest
from starlette.requests import Request

from rsigv4.asgi import SigV4Middleware
from support.asgi_calls import (
    HOST,
    KEYS,
    chunked_scope,
    events_of,
    respond_ok,
    scope_of,
    signed_scope,
    signer,
)

CONTENT = bytes(range(256)) * 1200
DISCONNECT = {"type": "http.disconnect"}
TIMEOUT_SECONDS = 30

backends = pytest.mark.parametrize("backend", ["asyncio", "trio"])
kinds = pytest.mark.parametrize("kind", ["unsigned", "signed", "hashed before", "chunks"])


def request_of(kind):
    """Return a scope, and the events of its body."""
    if kind == "chunks":
        scope, wire = chunked_scope(CONTENT)
        return scope, events_of(wire, 5000)
    if kind == "unsigned":
        url = signer("s3").presign("PUT", f"https://{HOST}/")
        scope = scope_of({}, "PUT", query_string=url.partition("?")[2].encode())
    else:
        scope = signed_scope(CONTENT, service="s3" if kind == "signed" else "execute-api")
    return scope, events_of(CONTENT, 5000)


class Client:
    """Sends its events on demand."""

    def __init__(self, events):
        self._left = [*events, DISCONNECT]
        self._sending, self._receiving = anyio.create_memory_object_stream(len(self._left))

    async def receive(self):
        message = await self._receiving.receive()
        if message == DISCONNECT:
            # Like servers, which repeat it for every call.
            self._sending.send_nowait(message)
        return message

    def send(self, count=None):
        sent, self._left = self._left[:count], self._left[count:]
        for event in sent:
            self._sending.send_nowait(event)

    def close(self):
        self._sending.close()
        self._receiving.close()


def serve(kind, app, backend="asyncio"):
    """Run the application, and return its response; `app` is called with the client first."""
    scope, events = request_of(kind)
    sent = []

    async def send(message):
        sent.append(message)

    async def main():
        client = Client(events)
        if kind in {"signed", "hashed before"}:
            client.send(-1)

        async def behind(scope, receive, send):
            await app(client, scope, receive)
            await respond_ok(send)

        try:
            with anyio.fail_after(TIMEOUT_SECONDS):
                await SigV4Middleware(behind, KEYS.get)(scope, client.receive, send)
        finally:
            client.close()

    anyio.run(main, backend=backend)
    return sent[0]["status"]


@backends
@kinds
def test_disconnect_check_consumes_nothing(backend, kind):
    bodies = []

    async def app(client, scope, receive):
        request = Request(scope, receive)
        # Before, during and after the arrival of the body.
        for count in (0, 3, None):
            client.send(count)
            for _ in range(3):
                assert not await request.is_disconnected()
        bodies.append(await request.body())
        assert await receive() == DISCONNECT

    assert serve(kind, app, backend) == 200
    assert bodies == [CONTENT]


@kinds
def test_cancelled_receive_consumes_nothing(kind):
    body = bytearray()
    given_up = []

    async def app(client, _scope, receive):
        more_body = True
        while more_body:
            try:
                message = await asyncio.wait_for(receive(), 0.005)
            except asyncio.TimeoutError:  # noqa: PERF203 - it is to go on
                given_up.append(len(body))
                client.send(1)
            else:
                body.extend(message["body"])
                more_body = message["more_body"]

    assert serve(kind, app) == 200
    assert body == CONTENT
    assert given_up or kind in {"signed", "hashed before"}


@backends
@kinds
def test_concurrent_receives_share_the_body(backend, kind):
    body = bytearray()
    ends = []

    async def app(client, _scope, receive):
        async def read():
            message = {"more_body": True}
            while message.get("more_body"):
                message = await receive()
                body.extend(message.get("body", b""))
            ends.append(message)

        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(read)
            await anyio.lowlevel.checkpoint()
            client.send()

    assert serve(kind, app, backend) == 200
    assert body == CONTENT
    assert [end["type"] for end in ends].count("http.request") == 1


@kinds
def test_cancelled_receive_after_the_body_consumes_no_disconnect(kind):
    async def app(client, scope, receive):
        if kind in {"unsigned", "chunks"}:
            client.send(-1)
        assert await Request(scope, receive).body() == CONTENT
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(receive(), 0.005)
        client.send()
        assert await receive() == DISCONNECT

    assert serve(kind, app) == 200
