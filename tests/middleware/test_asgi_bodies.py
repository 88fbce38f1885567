# Bodies that the ASGI middleware verifies before it calls the application, or while it reads.

from __future__ import annotations

import asyncio
import tracemalloc

import pytest

from rsigv4 import Credentials
from rsigv4.asgi import SigV4Middleware
from rsigv4.exceptions import ChunkMismatchError, RequestTooLargeError, VerificationError
from support.asgi_calls import (
    HOST,
    KEYS,
    TIMEOUT_SECONDS,
    Application,
    chunked_scope,
    events_of,
    last_byte_of_data_changed,
    last_signature_changed,
    refusal,
    respond_ok,
    scope_of,
    serve,
    signed_scope,
    signer,
)

MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize("service", ["execute-api", "s3"])
def test_disconnected_client_gets_no_response(service):
    app = Application()
    events = [events_of(b"content", 3)[0], {"type": "http.disconnect"}]
    scope = signed_scope(b"content", service=service)
    assert serve(SigV4Middleware(app, KEYS.get), scope, events) == []
    assert app.scopes == []


def test_application_receives_a_disconnect_while_streaming():
    app = Application()
    scope, wire = chunked_scope(bytes(200_000))
    events = [events_of(wire)[0], {"type": "http.disconnect"}]
    serve(SigV4Middleware(app, KEYS.get), scope, events)
    assert app.body == b""


def test_receive_after_the_body_is_passed_to_the_server():
    received = []

    async def app(_scope, receive, send):
        received.extend([await receive(), await receive()])
        await respond_ok(send)

    events = [*events_of(b"content"), {"type": "http.disconnect"}]
    serve(SigV4Middleware(app, KEYS.get), signed_scope(b"content"), events)
    assert received[0] == {"type": "http.request", "body": b"content", "more_body": False}
    assert received[1] == {"type": "http.disconnect"}


def test_application_sees_decoded_chunks():
    app = Application()
    content = bytes(200_000)
    scope, wire = chunked_scope(content)
    scope["headers"].append((b"transfer-encoding", b"chunked"))
    sent = serve(SigV4Middleware(app, KEYS.get), scope, events_of(wire, 1000))
    assert sent[0]["status"] == 200
    assert app.body == content
    headers = dict(app.scopes[0]["headers"])
    assert headers[b"content-length"] == b"200000"
    assert b"content-encoding" not in headers
    assert b"transfer-encoding" not in headers


def test_encoding_of_chunks_is_found_in_any_case():
    app = Application()
    scope, wire = chunked_scope(b"x")
    scope["headers"] = [
        (name, b"AWS-Chunked" if name == b"content-encoding" else value)
        for name, value in scope["headers"]
    ]
    # S3's signature covers x-amz-content-sha256, but not this header.
    serve(SigV4Middleware(app, KEYS.get), scope, events_of(wire))
    assert app.body == b"x"
    assert b"content-encoding" not in dict(app.scopes[0]["headers"])


def test_message_without_more_body_is_the_last():
    app = Application()
    events = [{"type": "http.request", "body": b"content"}]
    sent = serve(SigV4Middleware(app, KEYS.get), signed_scope(b"content"), events)
    assert sent[0]["status"] == 200
    assert app.body == b"content"


def test_other_content_encodings_are_kept():
    app = Application()
    url = f"https://{HOST}/"
    body = signer("s3").chunked("PUT", url, {"Content-Encoding": "gzip"}, b"x", length=1)
    scope = scope_of(body.headers, "PUT")
    serve(SigV4Middleware(app, KEYS.get), scope, events_of(b"".join(body)))
    assert dict(app.scopes[0]["headers"])[b"content-encoding"] == b"gzip"


@pytest.mark.parametrize("is_end_apart", [False, True])
@pytest.mark.parametrize("changed", [last_byte_of_data_changed, last_signature_changed])
def test_application_that_reads_only_the_length_never_gets_a_wrong_body(changed, is_end_apart):
    content = b"x" * 200_000
    received = bytearray()

    async def app(scope, receive, send):
        length = int(dict(scope["headers"])[b"content-length"])
        while len(received) < length:
            received.extend((await receive())["body"])
        await respond_ok(send)

    scope, wire = chunked_scope(content, changed)
    size = wire.rindex(b"0;chunk-signature") if is_end_apart else 65536
    sent = serve(SigV4Middleware(app, KEYS.get), scope, events_of(wire, size))
    assert refusal(sent)[0] == 403
    assert content.startswith(received)
    assert isinstance(scope["sigv4.error"], ChunkMismatchError)


def test_application_that_ignores_a_wrong_chunk():
    failures = []

    async def app(_scope, receive, send):
        while len(failures) < 3:
            try:
                assert (await receive())["more_body"]
            except VerificationError as error:  # noqa: PERF203 - it is to go on
                failures.append(error)
        await respond_ok(send)

    scope, wire = chunked_scope(b"x" * 200_000, last_byte_of_data_changed)
    sent = serve(SigV4Middleware(app, KEYS.get), scope, events_of(wire))
    assert refusal(sent)[0] == 403
    # It can't continue as if the body had ended.
    assert {type(failure) for failure in failures} == {ChunkMismatchError}


def test_wrong_chunk_after_the_response_started_closes_the_connection():
    async def app(_scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while (await receive())["more_body"]:
                pass
        except VerificationError:
            await send({"type": "http.response.body", "body": b"all is well"})

    scope, wire = chunked_scope(b"x" * 200_000, last_byte_of_data_changed)
    with pytest.raises(ChunkMismatchError):
        serve(SigV4Middleware(app, KEYS.get), scope, events_of(wire))


@pytest.mark.parametrize("max_body", [10, None])
def test_limit(max_body):
    middleware = SigV4Middleware(Application(), KEYS.get, max_body=max_body)
    for size in (10, 11):
        sent = serve(middleware, signed_scope(bytes(size)), events_of(bytes(size), 4))
        if size == 11 and max_body == 10:
            assert refusal(sent) == (413, "RequestTooLargeException")
        else:
            assert sent[0]["status"] == 200


def test_limit_applies_to_the_content_of_chunks():
    for size, status in ((1000, 200), (1001, 413)):
        scope, wire = chunked_scope(bytes(size))
        scope["headers"].append((b"content-length", str(len(wire)).encode()))
        assert len(wire) > 1001
        middleware = SigV4Middleware(Application(), KEYS.get, max_body=1000)
        assert serve(middleware, scope, events_of(wire))[0]["status"] == status


@pytest.mark.parametrize("max_body", [10, None])
@pytest.mark.parametrize("service", ["execute-api", "s3"])
@pytest.mark.parametrize("stranger", ["unknown key", "other token", "unsigned header"])
def test_body_of_an_unknown_key_is_not_read(service, stranger, max_body):
    received = []

    async def receive():
        received.append(1)
        return {"type": "http.request", "body": bytes(1000), "more_body": True}

    keys = KEYS
    scope = signed_scope(b"content", service=service)
    if stranger == "unknown key":
        keys = {}
    elif stranger == "other token":
        known = KEYS["AKIDEXAMPLE"]
        keys = {"AKIDEXAMPLE": Credentials("AKIDEXAMPLE", "secret", known.session_token + "x")}
    else:
        scope["headers"].append((b"x-amz-acl", b"public-read"))
    sent = []

    async def send(message):
        sent.append(message)

    middleware = SigV4Middleware(Application(), keys.get, max_body=max_body)
    asyncio.run(asyncio.wait_for(middleware(scope, receive, send), TIMEOUT_SECONDS))
    assert refusal(sent)[0] == 403
    assert received == []


def test_limit_of_a_stream_of_unknown_length():
    app = Application()
    url = signer("s3").presign("PUT", f"https://{HOST}/")
    scope = scope_of({}, "PUT", query_string=url.partition("?")[2].encode())
    middleware = SigV4Middleware(app, KEYS.get, max_body=100_000)
    sent = serve(middleware, scope, events_of(bytes(200_000)))
    assert refusal(sent) == (413, "RequestTooLargeException")
    assert isinstance(scope["sigv4.error"], RequestTooLargeError)
    assert app.body is None


class Discarding(Application):
    """Discards what it reads."""

    async def __call__(self, _scope, receive, send):
        while (await receive())["more_body"]:
            pass
        await respond_ok(send)


@pytest.mark.parametrize("kind", ["hashed before", "hashed", "chunks", "unsigned"])
def test_memory_is_bounded(kind):
    piece = bytes(65536)
    count = 64 * MEBIBYTE // len(piece)
    content = piece * count
    if kind == "chunks":
        scope, wire = chunked_scope(content)
    else:
        service = "execute-api" if kind == "hashed before" else "s3"
        wire = content
        if kind == "unsigned":
            url = signer("s3").presign("PUT", f"https://{HOST}/")
            scope = scope_of({}, "PUT", query_string=url.partition("?")[2].encode())
        else:
            scope = signed_scope(content, service=service)

    def events():
        view = memoryview(wire)
        for start in range(0, len(wire), 65536):
            more_body = start + 65536 < len(wire)
            yield {
                "type": "http.request",
                "body": bytes(view[start : start + 65536]),
                "more_body": more_body,
            }

    middleware = SigV4Middleware(Discarding(), KEYS.get, max_body=None)
    tracemalloc.start()
    try:
        sent = serve(middleware, scope, events())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sent[0]["status"] == 200
    assert peak < 4 * MEBIBYTE
