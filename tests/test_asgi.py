# The middleware as a server of ASGI calls it, event by event.

from __future__ import annotations

import asyncio
import json
import tracemalloc

import pytest
from hypothesis import given, note, seed, settings
from hypothesis import strategies as st

from rsigv4 import Credentials, InvalidRequestError, Signer, Verifier
from rsigv4.asgi import SigV4Middleware
from rsigv4.exceptions import (
    ChunkMismatchError,
    MissingAuthenticationTokenError,
    VerificationError,
)
from test_signer_differential import SEED, SEED_VARIABLE

CREDENTIALS = Credentials("AKIDEXAMPLE", "secret", "session//token")
KEYS = {CREDENTIALS.access_key_id: CREDENTIALS}
HOST = "example.com"
MEBIBYTE = 1024 * 1024
TIMEOUT_SECONDS = 30


class Application:
    """Reads the body to its end, and answers 200."""

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
            await answer_ok(send)


async def answer_ok(send):
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
    headers = signer(service).sign(method, f"https://{HOST}/", body=body)
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
    """Return what the application sends. What it receives then never comes."""
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


def test_identity_is_where_applications_look():
    app = Application()
    scope = signed_scope(b"content")
    sent = serve(SigV4Middleware(app, KEYS.get), scope, events_of(b"content"))
    assert sent[0]["status"] == 200
    assert app.body == b"content"
    identity = app.scopes[0]["sigv4.identity"]
    assert identity.access_key_id == CREDENTIALS.access_key_id
    assert (identity.region, identity.service) == ("us-east-1", "execute-api")
    assert app.scopes[0]["state"]["sigv4_identity"] == identity
    # Middleware in front of it finds it too.
    assert scope["sigv4.identity"] == identity


def test_error_is_where_middleware_in_front_looks():
    app = Application()
    scope = scope_of({})
    sent = serve(SigV4Middleware(app, KEYS.get), scope, [])
    assert refusal(sent) == (403, "MissingAuthenticationTokenException")
    assert isinstance(scope["sigv4.error"], MissingAuthenticationTokenError)
    assert app.scopes == []


def test_lookup_may_be_async():
    async def lookup(access_key_id):
        await asyncio.sleep(0)
        return KEYS.get(access_key_id)

    sent = serve(SigV4Middleware(Application(), lookup), signed_scope(), events_of(b""))
    assert sent[0]["status"] == 200


def test_error_of_the_lookup_is_the_server_s():
    def lookup(_access_key_id):
        raise OSError("no database")

    with pytest.raises(OSError, match="no database"):
        serve(SigV4Middleware(Application(), lookup), signed_scope(), events_of(b""))


def test_verifier_may_be_shared():
    verifier = Verifier(KEYS.get, region="us-east-1", service="execute-api")
    sent = serve(SigV4Middleware(Application(), verifier), signed_scope(), events_of(b""))
    assert sent[0]["status"] == 200
    sent = serve(SigV4Middleware(Application(), verifier), signed_scope(service="s3"), [])
    assert refusal(sent) == (403, "InvalidSignatureException")


@pytest.mark.parametrize(
    ("lookup", "options", "argument"),
    [
        (Verifier(KEYS.get), {"region": "us-east-1"}, "region"),
        (KEYS.get, {"exempt": "/health"}, "exempt"),
        (KEYS.get, {"region": "us east"}, "region"),
        (None, {}, "lookup"),
    ],
)
def test_argument_that_can_not_be(lookup, options, argument):
    with pytest.raises(InvalidRequestError, match=f"^{argument} "):
        SigV4Middleware(Application(), lookup, **options)


def test_lifespan_passes():
    app = Application()
    serve(SigV4Middleware(app, KEYS.get), {"type": "lifespan"}, [])
    assert app.scopes == [{"type": "lifespan"}]


def test_unknown_type_of_scope_does_not_pass():
    app = Application()
    with pytest.raises(InvalidRequestError, match=r"^scope "):
        serve(SigV4Middleware(app, KEYS.get), {"type": "webtransport", "path": "/"}, [])
    assert app.scopes == []


@pytest.mark.parametrize("service", ["execute-api", "s3"])
def test_nothing_is_answered_to_a_client_that_has_gone(service):
    app = Application()
    events = [events_of(b"content", 3)[0], {"type": "http.disconnect"}]
    scope = signed_scope(b"content", service=service)
    assert serve(SigV4Middleware(app, KEYS.get), scope, events) == []
    assert app.scopes == []


def test_application_hears_that_the_client_goes_while_it_streams():
    app = Application()
    scope, wire = chunked_scope(bytes(200_000))
    events = [events_of(wire)[0], {"type": "http.disconnect"}]
    serve(SigV4Middleware(app, KEYS.get), scope, events)
    assert app.body == b""


def test_receive_after_the_body_is_the_server_s():
    received = []

    async def app(_scope, receive, send):
        received.extend([await receive(), await receive(), await receive()])
        await answer_ok(send)

    events = [*events_of(b"content"), {"type": "http.disconnect"}]
    serve(SigV4Middleware(app, KEYS.get), signed_scope(b"content"), events)
    assert [event.get("body") for event in received] == [b"content", b"", None]
    assert received[2] == {"type": "http.disconnect"}


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


def test_other_encodings_of_chunks_are_left():
    app = Application()
    url = f"https://{HOST}/"
    body = signer("s3").chunked("PUT", url, {"Content-Encoding": "gzip"}, b"x", length=1)
    scope = scope_of(body.headers, "PUT")
    serve(SigV4Middleware(app, KEYS.get), scope, events_of(b"".join(body)))
    assert dict(app.scopes[0]["headers"])[b"content-encoding"] == b"gzip"


@pytest.mark.parametrize("changed", [last_byte_of_data_changed, last_signature_changed])
def test_application_that_reads_no_further_than_the_length_gets_no_wrong_body(changed):
    content = b"x" * 200_000
    received = bytearray()

    async def app(scope, receive, send):
        length = int(dict(scope["headers"])[b"content-length"])
        while len(received) < length:
            received.extend((await receive())["body"])
        await answer_ok(send)

    scope, wire = chunked_scope(content, changed)
    sent = serve(SigV4Middleware(app, KEYS.get), scope, events_of(wire))
    assert refusal(sent)[0] == 403
    assert content.startswith(received)
    assert isinstance(scope["sigv4.error"], ChunkMismatchError)


def test_application_that_makes_light_of_a_wrong_chunk():
    failures = []

    async def app(_scope, receive, send):
        while len(failures) < 3:
            try:
                assert (await receive())["more_body"]
            except VerificationError as error:  # noqa: PERF203 - it is to go on
                failures.append(error)
        await answer_ok(send)

    scope, wire = chunked_scope(b"x" * 200_000, last_byte_of_data_changed)
    sent = serve(SigV4Middleware(app, KEYS.get), scope, events_of(wire))
    assert refusal(sent)[0] == 403
    # It couldn't read on as if the body had ended.
    assert {type(failure) for failure in failures} == {ChunkMismatchError}


def test_wrong_chunk_after_the_answer_has_begun_ends_the_connection():
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


def test_limit_of_a_stream():
    app = Application()
    scope, wire = chunked_scope(bytes(200_000))
    scope["headers"] = [
        (name, value)
        for name, value in scope["headers"]
        if name not in {b"content-length", b"x-amz-decoded-content-length"}
    ]
    sent = serve(SigV4Middleware(app, KEYS.get, max_body=100_000), scope, events_of(wire))
    # It is signed, so that leaving it out is a wrong signature; what counts is that it is refused.
    assert refusal(sent)[0] in {403, 413}


class Discarding(Application):
    """Keeps nothing of what it reads."""

    async def __call__(self, _scope, receive, send):
        while (await receive())["more_body"]:
            pass
        await answer_ok(send)


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


def test_debug_shows_what_should_be_signed():
    scope = signed_scope(b"content")
    scope["method"] = "POST"
    middleware = SigV4Middleware(Application(), KEYS.get, debug=True)
    sent = serve(middleware, scope, events_of(b"content"))
    message = json.loads(sent[1]["body"])["message"]
    assert "The Canonical String for this request should have been\n'POST\n/\n\n" in message
    assert "The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n" in message
    assert CREDENTIALS.session_token not in message


def test_answer_to_head_has_no_body():
    sent = serve(SigV4Middleware(Application(), KEYS.get), scope_of({}, "HEAD"), [])
    assert sent[1]["body"] == b""
    assert int(dict(sent[0]["headers"])[b"content-length"]) > 0


@pytest.mark.parametrize("path", ["/a b", "/é", "/a:b@c", "/~x/-._"])
def test_path_is_encoded_anew_where_the_server_does_not_keep_it(path):
    headers = signer().sign("GET", f"https://{HOST}{path}")
    scope = scope_of(headers, path=path, raw_path=None)
    sent = serve(SigV4Middleware(Application(), KEYS.get), scope, events_of(b""))
    assert sent[0]["status"] == 200


def test_target_in_absolute_form():
    headers = signer().sign("GET", f"https://{HOST}/a/b")
    raw_path = f"https://{HOST}/a/b".encode()
    scope = scope_of(headers, path="/a/b", raw_path=raw_path)
    sent = serve(SigV4Middleware(Application(), KEYS.get), scope, events_of(b""))
    assert sent[0]["status"] == 200


@pytest.mark.parametrize("raw_path", [b"/#x", b"/?x", b"*", b"/%23", b"//", b"/./x/.."])
def test_what_is_routed_is_what_is_signed(raw_path):
    app = Application()
    headers = signer("s3").sign("GET", f"https://{HOST}/")
    sent = serve(SigV4Middleware(app, KEYS.get), scope_of(headers, raw_path=raw_path), [])
    assert refusal(sent)[0] == 403


@pytest.mark.parametrize("host", ["example.com/x?", "example.com#", "a@example.com", "", "\xe9"])
def test_host_that_is_none(host):
    scope = signed_scope()
    scope["headers"] = [
        (name, host.encode("latin-1") if name == b"host" else value)
        for name, value in scope["headers"]
    ]
    sent = serve(SigV4Middleware(Application(), KEYS.get), scope, events_of(b""))
    assert refusal(sent)[0] in {400, 403}


@seed(SEED)
@settings(max_examples=500, deadline=None, database=None, print_blob=True)
@given(
    raw_path=st.binary(max_size=20),
    query_string=st.binary(max_size=20) | st.just(b"X-Amz-Signature=0&X-Amz-Date=0"),
    pairs=st.lists(
        st.tuples(
            st.sampled_from(
                [
                    b"authorization",
                    b"content-encoding",
                    b"content-length",
                    b"host",
                    b"x-amz-content-sha256",
                    b"x-amz-date",
                    b"x-amz-decoded-content-length",
                    b"x-amz-security-token",
                    b"x-amz-trailer",
                ]
            )
            | st.binary(max_size=5),
            st.binary(max_size=20) | st.just(b"9" * 5000),
        ),
        max_size=5,
    ),
    method=st.text(max_size=5),
)
def test_nothing_that_arrives_is_an_error_of_the_server(raw_path, query_string, pairs, method):
    note(f"{SEED_VARIABLE}={SEED}")
    scope = signed_scope(service="s3", raw_path=raw_path, query_string=query_string)
    scope["method"] = method
    replaced = {name for name, _ in pairs}
    scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in replaced] + pairs
    app = Application()
    sent = serve(SigV4Middleware(app, KEYS.get), scope, events_of(b""))
    if app.scopes:
        # Nothing but what no signature covers has been changed.
        assert (raw_path, query_string, method) == (b"/", b"", "PUT")
    elif method != "HEAD":
        assert 400 <= refusal(sent)[0] < 502


def websocket_scope(headers, **changed):
    scope = {**scope_of(headers), "type": "websocket", "scheme": "wss", **changed}
    del scope["method"]
    return scope


CONNECT = {"type": "websocket.connect"}


def test_websocket():
    app = Application()
    scope = websocket_scope(signer().sign("GET", f"https://{HOST}/"))
    serve(SigV4Middleware(app, KEYS.get), scope, [])
    assert app.scopes[0]["sigv4.identity"].access_key_id == CREDENTIALS.access_key_id


def test_unsigned_websocket_is_closed():
    sent = serve(SigV4Middleware(Application(), KEYS.get), websocket_scope({}), [CONNECT])
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_unsigned_websocket_is_answered_where_the_server_can():
    scope = websocket_scope({}, extensions={"websocket.http.response": {}})
    sent = serve(SigV4Middleware(Application(), KEYS.get), scope, [CONNECT])
    assert [message["type"] for message in sent] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
    ]
    assert refusal(sent) == (403, "MissingAuthenticationTokenException")
