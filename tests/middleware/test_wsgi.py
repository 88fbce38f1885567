# The middleware, called by a WSGI server. The standard library checks both against PEP 3333.

from __future__ import annotations

import io
import tracemalloc
from urllib.parse import quote

import pytest

from rsigv4 import InvalidRequestError
from rsigv4._middleware.bodies import SpooledBody
from rsigv4.exceptions import (
    ChunkMismatchError,
    MissingAuthenticationTokenError,
    VerificationError,
)
from rsigv4.wsgi import SigV4Middleware
from support.wsgi_calls import (
    CREDENTIALS,
    KEYS,
    URL,
    Application,
    chunked_environ,
    environ_of,
    last_byte_of_data_changed,
    last_signature_changed,
    refusal,
    serve,
    signed_environ,
    signer,
)

MEBIBYTE = 1024 * 1024
CONTENT = b"first line\nsecond line\n" * 10_000


def test_identity_is_in_the_environ():
    app = Application()
    assert serve(app, signed_environ(b"content"))[0] == 200
    assert app.body == b"content"
    identity = app.environ["sigv4.identity"]
    assert (identity.access_key_id, identity.region) == (CREDENTIALS.access_key_id, "us-east-1")
    assert app.environ["REMOTE_USER"] == CREDENTIALS.access_key_id
    assert app.environ["AUTH_TYPE"] == "AWS4-HMAC-SHA256"


def test_content_type_may_be_signed():
    headers = {"Content-Type": "text/csv"}
    environ = environ_of(signer().sign("GET", URL, headers), CONTENT_TYPE="text/csv")
    assert "content-type;" in environ["HTTP_AUTHORIZATION"]
    assert serve(Application(), environ)[0] == 200


def test_error_is_in_the_environ():
    app = Application()
    environ = environ_of({})
    assert refusal(serve(app, environ)) == (403, "MissingAuthenticationTokenException")
    assert isinstance(environ["sigv4.error"], MissingAuthenticationTokenError)
    assert app.environ is None


@pytest.mark.parametrize("value", ["\u20ac", "\ud800", 1])
def test_headers_must_be_latin_1(value):
    with pytest.raises(InvalidRequestError, match=r"^environ has a header that is not text"):
        SigV4Middleware(Application(), KEYS.get)({**signed_environ(), "HTTP_X": value}, None)


def test_lookup_must_not_be_async():
    async def lookup(access_key_id):
        return KEYS.get(access_key_id)

    with pytest.raises(InvalidRequestError, match=r"^lookup "):
        serve(Application(), signed_environ(), lookup=lookup)


READ = {
    "at once": lambda stream: stream.read(-1),
    "in pieces": lambda stream: b"".join(iter(lambda: stream.read(1000), b"")),
    "by lines": lambda stream: b"".join(iter(stream.readline, b"")),
    "as lines": lambda stream: b"".join(stream.readlines()),
    "iterated over": b"".join,
}


@pytest.mark.parametrize("kind", ["hashed before", "hashed", "chunks"])
@pytest.mark.parametrize("read", READ.values(), ids=READ)
def test_body_is_read_in_any_way(kind, read):
    app = Application(read)
    if kind == "chunks":
        environ = chunked_environ(CONTENT)
    else:
        environ = signed_environ(CONTENT, service="s3" if kind == "hashed" else "execute-api")
    assert serve(app, environ)[0] == 200
    assert app.body == CONTENT
    assert app.environ["CONTENT_LENGTH"] == str(len(CONTENT))
    assert "HTTP_CONTENT_ENCODING" not in app.environ


@pytest.mark.parametrize("changed", [last_byte_of_data_changed, last_signature_changed])
def test_application_that_reads_only_the_length_never_gets_a_wrong_body(changed):
    app = Application(lambda stream: stream.read(len(CONTENT)))
    environ = chunked_environ(CONTENT, changed)
    assert refusal(serve(app, environ))[0] == 403
    assert app.body is None
    assert isinstance(environ["sigv4.error"], ChunkMismatchError)


def test_application_that_ignores_a_wrong_chunk():
    failures = []

    def read(stream):
        while len(failures) < 3:
            try:
                assert stream.read(1000)
            except VerificationError as error:  # noqa: PERF203 - it is to go on
                failures.append(error)

    environ = chunked_environ(CONTENT, last_byte_of_data_changed)
    assert refusal(serve(Application(read), environ))[0] == 403
    # It can't continue as if the body had ended.
    assert {type(failure) for failure in failures} == {ChunkMismatchError}


def test_wrong_chunk_before_the_first_piece_of_the_response():
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield environ["wsgi.input"].read(-1)

    environ = chunked_environ(CONTENT, last_byte_of_data_changed)
    assert refusal(serve(app, environ))[0] == 403


def test_wrong_chunk_after_the_response_started_closes_the_connection():
    sent = []

    def start_response(_status, _headers, exc_info=None):
        # Like servers: sent headers can't be replaced.
        if exc_info and sent:
            raise exc_info[1]

    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield b"begun"
        yield environ["wsgi.input"].read(-1)

    environ = chunked_environ(CONTENT, last_byte_of_data_changed)
    response = SigV4Middleware(app, KEYS.get)(environ, start_response)
    with pytest.raises(ChunkMismatchError):
        sent.extend(response)
    response.close()
    assert sent == [b"begun"]


def test_error_of_the_application_is_raised():
    def app(_environ, _start_response):
        raise OSError("no disk")

    with pytest.raises(OSError, match="no disk"):
        serve(app, chunked_environ(CONTENT))


@pytest.mark.parametrize("service", ["execute-api", "s3"])
def test_limit(service):
    for size in (10, 11):
        response = serve(Application(), signed_environ(bytes(size), service=service), max_body=10)
        if size == 10:
            assert response[0] == 200
        else:
            assert refusal(response) == (413, "RequestTooLargeException")


def test_limit_applies_to_the_content_of_chunks():
    for size, status in ((1000, 200), (1001, 413)):
        assert serve(Application(), chunked_environ(bytes(size)), max_body=1000)[0] == status


@pytest.mark.parametrize("service", ["execute-api", "s3"])
def test_body_of_an_unknown_key_is_not_read(service):
    environ = signed_environ(b"content", service=service)
    stream = environ["wsgi.input"]
    response = serve(Application(), environ, lookup={}.get, max_body=None)
    assert refusal(response) == (403, "UnrecognizedClientException")
    assert stream.tell() == 0


@pytest.mark.parametrize("exempt", ["/caf\u00e9", "/\u6771\u4eac"])
def test_exempt_path_may_contain_unicode(exempt):
    path = exempt.encode().decode("latin-1")
    environ = {**environ_of({}), "PATH_INFO": path, "RAW_URI": quote(exempt)}
    assert serve(Application(), environ, exempt=[exempt])[0] == 200
    # This path would be exempt if WSGI's Latin-1 text were taken for Unicode.
    assert serve(Application(), environ, exempt=[path])[0] == 403


def test_encoding_of_chunks_is_found_in_any_case():
    app = Application()
    assert serve(app, {**chunked_environ(b"x"), "HTTP_CONTENT_ENCODING": "AWS-Chunked"})[0] == 200
    assert app.body == b"x"
    assert "HTTP_CONTENT_ENCODING" not in app.environ


@pytest.mark.parametrize("pieces", [[], [b""], [b"one"], [b"one", b"two"]])
def test_status_is_known_before_the_first_piece(pieces):
    def app(_environ, start_response):
        start_response("201 Created", [("X-Own", "1")])
        yield from pieces

    started = []
    middleware = SigV4Middleware(app, KEYS.get)
    response = middleware(signed_environ(), lambda *arguments: started.append(arguments))
    assert started == [("201 Created", [("X-Own", "1")])]
    assert b"".join(response) == b"".join(pieces)


def test_response_that_is_never_iterated_is_closed():
    closed = []

    class Response:
        def __iter__(self):
            return iter([b"one", b"two"])

        def close(self):
            closed.append(1)

    def app(_environ, start_response):
        start_response("200 OK", [])
        return Response()

    environ = signed_environ(b"content")
    response = SigV4Middleware(app, KEYS.get)(environ, lambda *_: None)
    response.close()
    assert closed == [1]
    assert environ["wsgi.input"].closed


@pytest.mark.parametrize("length", ["", "x", "-1", "\u00b2", "9" * 5000])
def test_invalid_content_length(length):
    environ = {**signed_environ(b"content", service="s3"), "CONTENT_LENGTH": length}
    statuses = []
    SigV4Middleware(Application(), KEYS.get)(environ, lambda status, *_: statuses.append(status))
    # The rest of the message depends on the Python version.
    assert [status[:4] for status in statuses] == ["413 " if len(length) > 20 else "400 "]


class Pieces(io.RawIOBase):
    """A body that is generated while it is read."""

    def __init__(self, content):
        self.content = memoryview(content)

    def read(self, size):
        piece, self.content = self.content[:size], self.content[size:]
        return bytes(piece)


@pytest.mark.parametrize("kind", ["hashed before", "hashed", "chunks"])
def test_memory_is_bounded(kind):
    content = bytes(64 * MEBIBYTE)
    if kind == "chunks":
        environ = chunked_environ(content)
    else:
        environ = signed_environ(content, service="s3" if kind == "hashed" else "execute-api")
    environ["wsgi.input"] = Pieces(environ["wsgi.input"].getbuffer())

    def read(stream):
        return sum(len(piece) for piece in iter(lambda: stream.read(65536), b""))

    app = Application(read)
    tracemalloc.start()
    try:
        response = SigV4Middleware(app, KEYS.get, max_body=None)(environ, lambda *_: None)
        list(response)
        response.close()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert app.body == len(content)
    assert peak < 4 * MEBIBYTE


def test_stored_body_is_deleted_if_it_is_refused(monkeypatch):
    closed = []

    def close(body):
        closed.append(body.length)
        body.file.close()

    monkeypatch.setattr(SpooledBody, "close", close)
    environ = {**signed_environ(b"body"), "wsgi.input": io.BytesIO(b"another body")}
    assert serve(Application(), environ)[0] == 403
    assert closed == [4]
