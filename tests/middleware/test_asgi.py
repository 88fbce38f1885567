# The middleware, called by an ASGI server event by event.

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given, note, seed, settings
from hypothesis import strategies as st

from rsigv4 import InvalidRequestError, Verifier
from rsigv4.asgi import SigV4Middleware
from rsigv4.exceptions import MissingAuthenticationTokenError
from support.asgi_calls import (
    CREDENTIALS,
    HOST,
    KEYS,
    Application,
    events_of,
    refusal,
    scope_of,
    serve,
    signed_scope,
    signer,
)
from support.strategies import SEED, SEED_VARIABLE


def test_identity_is_in_the_scope():
    app = Application()
    scope = signed_scope(b"content")
    sent = serve(SigV4Middleware(app, KEYS.get), scope, events_of(b"content"))
    assert sent[0]["status"] == 200
    assert app.body == b"content"
    identity = app.scopes[0]["sigv4.identity"]
    assert identity.access_key_id == CREDENTIALS.access_key_id
    assert (identity.region, identity.service) == ("us-east-1", "execute-api")
    assert app.scopes[0]["state"]["sigv4_identity"] == identity
    # Middleware in front of it can read it, too.
    assert scope["sigv4.identity"] == identity


def test_headers_may_be_an_iterator():
    app, scope = Application(), signed_scope()
    headers = list(scope["headers"])
    scope["headers"] = iter(headers)
    sent = serve(SigV4Middleware(app, KEYS.get), scope, events_of(b""))
    assert sent[0]["status"] == 200
    assert app.scopes[0]["headers"] == headers


def test_error_is_in_the_scope():
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


def test_error_of_the_lookup_is_raised():
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
        (KEYS.get, {"exempt": [b"/health"]}, "exempt"),
        (KEYS.get, {"max_body": "10MB"}, "max_body"),
        (KEYS.get, {"max_body": -1}, "max_body"),
        (KEYS.get, {"region": "us east"}, "region"),
        (None, {}, "lookup"),
    ],
)
def test_invalid_argument_is_refused(lookup, options, argument):
    with pytest.raises(InvalidRequestError, match=f"^{argument} "):
        SigV4Middleware(Application(), lookup, **options)


def test_lifespan_is_passed_on():
    app = Application()
    serve(SigV4Middleware(app, KEYS.get), {"type": "lifespan"}, [])
    assert app.scopes == [{"type": "lifespan"}]


def test_unknown_type_of_scope_is_refused():
    app = Application()
    with pytest.raises(InvalidRequestError, match=r"^scope "):
        serve(SigV4Middleware(app, KEYS.get), {"type": "webtransport", "path": "/"}, [])
    assert app.scopes == []


def test_debug_shows_the_expected_request():
    scope = signed_scope(b"content")
    scope["method"] = "POST"
    middleware = SigV4Middleware(Application(), KEYS.get, debug=True)
    sent = serve(middleware, scope, events_of(b"content"))
    message = json.loads(sent[1]["body"])["message"]
    assert "The Canonical String for this request should have been\n'POST\n/\n\n" in message
    assert "The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n" in message
    assert CREDENTIALS.session_token not in message


def test_response_to_head_has_no_body():
    sent = serve(SigV4Middleware(Application(), KEYS.get), scope_of({}, "HEAD"), [])
    assert sent[1]["body"] == b""
    assert int(dict(sent[0]["headers"])[b"content-length"]) > 0


@pytest.mark.parametrize("path", ["/a b", "/é", "/a:b@c", "/~x/-._"])
def test_path_is_encoded_again_without_raw_path(path):
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


@pytest.mark.parametrize("raw_path", [b"/#x", b"/?x", b"*", b"/%23", b"//", b"/./x/..", b"/\xe9"])
def test_routed_path_equals_the_signed_path(raw_path):
    app = Application()
    headers = signer("s3").sign("GET", f"https://{HOST}/")
    sent = serve(SigV4Middleware(app, KEYS.get), scope_of(headers, raw_path=raw_path), [])
    assert refusal(sent) == (400, "InvalidRequest")
    assert app.scopes == []


@pytest.mark.parametrize("path", ["/" + chr(0xDCFF), "/\ufffd"], ids=["surrogate", "replaced"])
@pytest.mark.parametrize("raw_path", [b"/%FF", None])
def test_path_that_is_not_utf8(path, raw_path):
    headers = signer().sign("GET", f"https://{HOST}/%FF")
    scope = scope_of(headers, path=path, raw_path=raw_path)
    sent = serve(SigV4Middleware(Application(), KEYS.get), scope, [])
    assert refusal(sent)[0] in {400, 403}


@pytest.mark.parametrize("path", ["/app/x", "/x"], ids=["kept in the path", "taken away from it"])
def test_path_includes_the_root_path(path):
    headers = signer().sign("GET", f"https://{HOST}/app/x")
    scope = scope_of(headers, path=path, raw_path=b"/app/x", root_path="/app")
    sent = serve(SigV4Middleware(Application(), KEYS.get), scope, events_of(b""))
    assert sent[0]["status"] == 200


@pytest.mark.parametrize("path", ["/a//b", "/a/./b", "/a/../b", "/.", "/..", "//a"])
@pytest.mark.parametrize("service", ["s3", "execute-api"])
def test_path_that_the_service_normalizes(path, service):
    headers = signer(service).sign("GET", f"https://{HOST}{path}")
    scope = scope_of(headers, path=path, raw_path=path.encode())
    sent = serve(SigV4Middleware(Application(), KEYS.get), scope, events_of(b""))
    if service == "s3":
        assert sent[0]["status"] == 200
    else:
        assert refusal(sent) == (400, "InvalidRequest")


@pytest.mark.parametrize(
    "host", ["example.com/x?", "example.com#", "a@example.com", "example.com:", "", "\xe9"]
)
def test_invalid_host_is_refused(host):
    scope = signed_scope()
    scope["headers"] = [
        (name, host.encode("latin-1") if name == b"host" else value)
        for name, value in scope["headers"]
    ]
    sent = serve(SigV4Middleware(Application(), KEYS.get), scope, events_of(b""))
    assert refusal(sent) == (400, "InvalidRequest")


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
def test_no_request_is_a_server_error(raw_path, query_string, pairs, method):
    note(f"{SEED_VARIABLE}={SEED}")
    scope = signed_scope(service="s3", raw_path=raw_path, query_string=query_string)
    scope["method"] = method
    replaced = {name for name, _ in pairs}
    scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in replaced] + pairs
    app = Application()
    sent = serve(SigV4Middleware(app, KEYS.get), scope, events_of(b""))
    if app.scopes:
        # Only parts that the signature doesn't cover have changed.
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


def test_unsigned_websocket_gets_a_response_if_the_server_supports_it():
    scope = websocket_scope({}, extensions={"websocket.http.response": {}})
    sent = serve(SigV4Middleware(Application(), KEYS.get), scope, [CONNECT])
    assert [message["type"] for message in sent] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
    ]
    assert refusal(sent) == (403, "MissingAuthenticationTokenException")
