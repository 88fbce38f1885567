"""Every kind of body arrives as it was signed, sent by requests over the loopback."""

from __future__ import annotations

import array
import hashlib
import io
import itertools
import mmap
import os
import threading
from collections import namedtuple

import pytest
import requests
import urllib3

from rsigv4.exceptions import InvalidRequestError
from support.clients.sessions import is_old
from support.drop_in import ACCESS_KEY, REGION, SECRET, TOKEN, is_signed_right, ours
from support.servers.recording import RecordingServer

CONTENT = bytes(range(256)) * 4096
LIMIT = 16 * 1024 * 1024


@pytest.fixture
def server():
    with RecordingServer() as server:
        yield server


@pytest.fixture
def session():
    with requests.Session() as session:
        # Ignore the machine's proxies and netrc.
        session.trust_env = False
        yield session


def new_auth(server, **attributes):
    auth = ours.AWSRequestsAuth(ACCESS_KEY, SECRET, server.host, REGION, "execute-api", TOKEN)
    vars(auth).update(attributes)
    return auth


def send(session, server, body, **arguments):
    """Send a signed POST and return it as it arrived, after checks that apply to every body."""
    auth = new_auth(server)
    with session.post(server.url("/b"), data=body, auth=auth, **arguments) as response:
        assert response.status_code == 200
    (arrived,) = server.arrived
    assert arrived.headers["X-Amz-Content-Sha256"] == hashlib.sha256(arrived.body).hexdigest()
    assert is_signed_right(arrived, "execute-api")
    return arrived


def assert_is_of_known_length(arrived):
    assert arrived.headers.get_all("Content-Length") == [str(len(arrived.body))]
    assert "transfer-encoding" not in arrived.names()


class ForwardOnly(io.RawIOBase):
    """A stream without seek and tell, such as a socket's."""

    def __init__(self, content):
        self.rest = io.BytesIO(content)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self.rest.readinto(buffer)


class OnlyRead:
    """A minimal stream: requests sends the pieces that it iterates over."""

    def __init__(self, content):
        self.rest = io.BytesIO(content)

    def read(self, size=-1):
        return self.rest.read(size)

    def __iter__(self):
        return iter(lambda: self.read(1000), b"")


class OnlyIterable:
    def __init__(self, content):
        self.content = content

    def __iter__(self):
        return (self.content[start : start + 1000] for start in range(0, len(self.content), 1000))


def generator(content):
    yield from OnlyIterable(content)


IN_MEMORY = {
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": memoryview,
    "bytes-io": io.BytesIO,
}
READ_ONCE = {
    "generator": generator,
    "iterator": lambda content: iter(OnlyIterable(content)),
    "iterable": OnlyIterable,
    "bytearrays": lambda content: (bytearray(chunk) for chunk in OnlyIterable(content)),
    "memoryviews": lambda content: (memoryview(chunk) for chunk in OnlyIterable(content)),
    "forward-only": ForwardOnly,
    "only-read": OnlyRead,
}


@pytest.mark.parametrize("make", IN_MEMORY.values(), ids=IN_MEMORY)
@pytest.mark.parametrize("content", [CONTENT, b"small"], ids=["large", "small"])
def test_reusable_body_is_signed_without_buffering(session, server, make, content):
    arrived = send(session, server, make(content))
    assert arrived.body == content
    assert_is_of_known_length(arrived)


@pytest.mark.parametrize("make", READ_ONCE.values(), ids=READ_ONCE)
@pytest.mark.parametrize("content", [CONTENT, b"small"], ids=["large", "small"])
def test_one_shot_body_is_buffered_and_sent_whole(session, server, make, content):
    arrived = send(session, server, make(content))
    assert arrived.body == content
    assert_is_of_known_length(arrived)


@pytest.mark.parametrize("make", {**IN_MEMORY, **READ_ONCE}.values(), ids=[*IN_MEMORY, *READ_ONCE])
def test_empty_body_of_any_kind_is_signed_as_empty(session, server, make):
    assert send(session, server, make(b"")).body == b""


WIDE = {
    "ints": lambda content: memoryview(content).cast("I"),
    "rows": lambda content: memoryview(content).cast("B", (len(content) // 4, 4)),
    "doubles": lambda content: array.array("d", content),
}


@pytest.mark.parametrize("make", WIDE.values(), ids=WIDE)
@pytest.mark.parametrize("content", [CONTENT, CONTENT[:64]], ids=["large", "small"])
def test_buffer_of_wide_items_is_signed_as_bytes(server, make, content):
    request = requests.Request("POST", server.url("/b")).prepare()
    request.body = make(content)
    headers = new_auth(server).get_aws_request_headers_handler(request)
    assert headers["x-amz-content-sha256"] == hashlib.sha256(content).hexdigest()
    assert headers["x-amz-content-sha256"] == hashlib.sha256(make(content)).hexdigest()


def test_limit_and_length_of_a_buffered_body_are_in_bytes(server):
    wide = memoryview(CONTENT[:64]).cast("Q")
    request = requests.Request("POST", server.url("/b")).prepare()
    request.body = iter([wide])
    with pytest.raises(InvalidRequestError, match="longer than 63 bytes"):
        new_auth(server, max_buffered_body=63)(request)
    new_auth(server, max_buffered_body=64)(request)
    assert request.body == CONTENT[:64]
    assert request.headers["Content-Length"] == "64"


@pytest.mark.skipif(is_old(urllib3), reason="requests can't send this text with urllib3 1.26")
def test_text_is_signed_as_utf_8(session, server):
    assert send(session, server, "é\u20ac").body == "é\u20ac".encode()


def test_forms_json_and_multipart_are_signed_as_requests_encodes_them(session, server):
    auth = new_auth(server)
    for arguments in (
        {"data": {"a": "b c", "é": ["1", "2"]}},
        {"json": {"a": "é"}},
        {"files": {"file": ("name", b"\x00\xff")}, "data": {"a": "b"}},
    ):
        session.post(server.url("/b"), auth=auth, **arguments).close()
    assert len(server.arrived) == 3
    for arrived in server.arrived:
        assert arrived.body
        assert is_signed_right(arrived, "execute-api")


def test_file_is_signed_and_sent_from_its_offset(session, server, tmp_path):
    path = tmp_path / "body"
    path.write_bytes(CONTENT)
    with path.open("rb") as file:
        file.seek(1000)
        arrived = send(session, server, file)
    assert arrived.body == CONTENT[1000:]
    assert_is_of_known_length(arrived)


@pytest.mark.parametrize("offset", [0, 1000, len(CONTENT), len(CONTENT) + 7])
def test_signing_restores_the_offset_of_a_file(server, offset):
    file = io.BytesIO(CONTENT)
    file.seek(offset)
    request = requests.Request("POST", server.url("/b")).prepare()
    request.body = file
    headers = new_auth(server).get_aws_request_headers_handler(request)
    assert headers["x-amz-content-sha256"] == hashlib.sha256(CONTENT[offset:]).hexdigest()
    assert request.body is file
    assert file.tell() == offset


def test_mapped_file_is_signed_and_sent_from_its_offset(session, server, tmp_path):
    path = tmp_path / "body"
    path.write_bytes(CONTENT)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        mapped.seek(1000)
        arrived = send(session, server, mapped)
    assert arrived.body == CONTENT[1000:]
    assert_is_of_known_length(arrived)


@pytest.mark.parametrize("content", [CONTENT, b""], ids=["large", "empty"])
def test_pipe_is_buffered_and_sent_whole(session, server, content):
    reading, writing = os.pipe()

    def write():
        with open(writing, "wb") as file:  # noqa: PTH123 - a descriptor has no path
            file.write(content)

    writer = threading.Thread(target=write)
    writer.start()
    with open(reading, "rb") as body:  # noqa: PTH123 - the same
        arrived = send(session, server, body)
    writer.join()
    assert arrived.body == content
    assert_is_of_known_length(arrived)


@pytest.mark.parametrize("offset", [0, 2])
def test_error_of_a_text_stream_says_how_to_open_it(server, offset):
    file = io.StringIO("some text")
    file.seek(offset)
    request = requests.Request("POST", server.url("/b"), data=file).prepare()
    before = dict(request.headers)
    with pytest.raises(InvalidRequestError, match=r"^body .*binary mode"):
        new_auth(server)(request)
    assert request.body is file
    assert file.tell() == offset
    assert dict(request.headers) == before


def rest_of(body):
    return b"".join(iter(lambda: body.read(999), b"") if hasattr(body, "read") else body)


@pytest.mark.parametrize("make", READ_ONCE.values(), ids=READ_ONCE)
def test_body_over_the_limit_is_an_error_and_loses_no_data(server, make):
    request = requests.Request("POST", server.url("/b"), data=make(CONTENT)).prepare()
    before = dict(request.headers)
    auth = new_auth(server, max_buffered_body=len(CONTENT) - 1)
    with pytest.raises(InvalidRequestError, match=rf"^body .*{len(CONTENT) - 1} bytes"):
        auth(request)
    assert dict(request.headers) == before
    assert rest_of(request.body) == CONTENT


def test_error_of_a_body_over_the_limit_names_the_attribute(server):
    request = requests.Request("POST", server.url("/b"), data=generator(CONTENT)).prepare()
    with pytest.raises(InvalidRequestError) as caught:
        new_auth(server, max_buffered_body=1)(request)
    assert str(caught.value) == (
        "body can be read only once and is longer than 1 bytes, the most that is kept in "
        "memory to sign it: pass bytes or a seekable file, or set a larger max_buffered_body"
    )


@pytest.mark.parametrize("limit", ["16M", None, -1])
def test_invalid_limit_is_an_error_and_nothing_is_read(server, limit):
    request = requests.Request("POST", server.url("/b"), data=generator(CONTENT)).prepare()
    with pytest.raises(InvalidRequestError, match=r"^max_buffered_body must be a number of bytes"):
        new_auth(server, max_buffered_body=limit)(request)
    assert rest_of(request.body) == CONTENT


def test_body_over_the_limit_can_be_signed_with_a_larger_limit(server):
    request = requests.Request("POST", server.url("/b"), data=generator(CONTENT)).prepare()
    with pytest.raises(InvalidRequestError):
        new_auth(server, max_buffered_body=1)(request)
    new_auth(server, max_buffered_body=len(CONTENT))(request)
    assert request.body == CONTENT
    assert request.headers["x-amz-content-sha256"] == hashlib.sha256(CONTENT).hexdigest()


def test_body_as_long_as_the_limit_is_signed(server):
    request = requests.Request("POST", server.url("/b"), data=generator(CONTENT)).prepare()
    new_auth(server, max_buffered_body=len(CONTENT))(request)
    assert request.body == CONTENT


def test_limit_is_16_mib_and_can_be_set_on_a_subclass(server):
    class Small(ours.AWSRequestsAuth):
        max_buffered_body = 10

    assert ours.AWSRequestsAuth.max_buffered_body == LIMIT
    auth = Small(ACCESS_KEY, SECRET, server.host, REGION, "es")
    request = requests.Request("POST", server.url("/b"), data=generator(b"x" * 11)).prepare()
    with pytest.raises(InvalidRequestError, match="10 bytes"):
        auth(request)


def test_files_and_bytes_are_not_limited(server):
    for body in (io.BytesIO(CONTENT), CONTENT):
        request = requests.Request("POST", server.url("/b"), data=body).prepare()
        new_auth(server, max_buffered_body=1)(request)
        assert request.body is body


def test_endless_body_is_refused_at_the_limit(server):
    request = requests.Request(
        "POST", server.url("/b"), data=itertools.repeat(b"x" * 1000)
    ).prepare()
    with pytest.raises(InvalidRequestError, match=r"^body "):
        new_auth(server, max_buffered_body=10_000)(request)


@pytest.mark.parametrize("wrong", ["text", 5, None], ids=["str", "int", "None"])
def test_chunk_of_another_type_is_an_error_and_loses_no_data(server, wrong):
    body = iter([b"first", wrong, b"last"])
    request = requests.Request("POST", server.url("/b"), data=body).prepare()
    before = dict(request.headers)
    with pytest.raises(InvalidRequestError, match=rf"^body .*{type(wrong).__name__}"):
        new_auth(server)(request)
    assert dict(request.headers) == before
    assert list(request.body) == [b"first", wrong, b"last"]


def test_error_of_the_body_is_raised_unchanged(server):
    def failing():
        yield b"first"
        raise OSError("the disk is gone")

    request = requests.Request("POST", server.url("/b"), data=failing()).prepare()
    with pytest.raises(OSError, match="the disk is gone"):
        new_auth(server)(request)
    assert "Authorization" not in request.headers


def test_read_only_request_body_is_an_error_and_loses_no_data(server):
    body = generator(b"content")
    immutable = namedtuple("Immutable", "url body method")  # noqa: PYI024 - as callers write it
    request = immutable(server.url("/b"), body, "POST")
    with pytest.raises(InvalidRequestError, match=r"^body "):
        new_auth(server).get_aws_request_headers_handler(request)
    assert rest_of(body) == b"content"


def test_body_is_not_read_if_another_argument_is_invalid(server):
    body = generator(b"content")
    request = requests.Request("POST", server.url("/b"), data=body).prepare()
    for argument, value in (("method", "GET\r\n"), ("url", "https://example.com/\n")):
        valid = getattr(request, argument)
        setattr(request, argument, value)
        with pytest.raises(InvalidRequestError, match=argument):
            new_auth(server)(request)
        setattr(request, argument, valid)
        assert request.body is body
    assert rest_of(body) == b"content"
