"""aiohttp with a server that verifies. Tests of all clients are in modules of their own."""

from __future__ import annotations

import asyncio
import io
import threading
import time
import tracemalloc

import aiohttp
import pytest
from yarl import URL

from rsigv4 import Credentials
from rsigv4.exceptions import InvalidRequestError
from support.bodies import Pipe
from support.clients.aiohttp_requests import middleware, pieces_of, request, sent
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, CREDENTIALS, SECRET, TOKEN

HOUR = 3600


def multipart(*parts):
    with aiohttp.MultipartWriter("form-data") as writer:
        for part in parts:
            writer.append(part)
    return writer


def test_request_is_signed_as_sent(server):
    told = sent("GET", server.url("/a b/x?x=y z&x=a%2Bb&é=%2F&e="), middleware())

    assert told["target"] == "/a%20b/x?x=y+z&x=a%2Bb&%C3%A9=/&e="


def test_encoded_url_and_parameters_are_signed_as_sent(server):
    url = URL(server.url("/a%2Fb//c/../d?k==&a"), encoded=True)
    assert sent("GET", url, middleware())["target"] == "/a%2Fb//c/../d?k==&a"

    params = [("a", "b c"), ("a", "é"), ("d", "+")]
    told = sent("GET", server.url("/"), middleware(), params=params)
    assert told["target"] == "/?a=b+c&a=%C3%A9&d=%2B"


def test_plus_in_a_query_is_sent_to_s3_as_a_space(server):
    told = sent("GET", server.url("/b/k"), middleware("s3"), params={"prefix": "a b"})

    assert told["target"] == "/b/k?prefix=a%20b"


def test_headers_of_the_session_and_cookies_are_sent(server):
    headers = {"X-Amz-Date": "20010101T000000Z", "X-Amz-Meta-A": "b"}

    sent("PUT", server.url("/b/k"), middleware("s3"), headers=headers, cookies={"a": "b"})

    assert headers == {"X-Amz-Date": "20010101T000000Z", "X-Amz-Meta-A": "b"}
    assert "x-amz-meta-a" in server.arrived[0].authorization.signed_headers


def test_explicit_host_is_signed(server):
    sent("GET", server.url("/"), middleware(), headers={"Host": "real.example.com"})


def test_ipv6():
    with VerifyingServer("::1") as server:
        server.accept(ACCESS_KEY, SECRET, TOKEN)

        sent("GET", server.url("/"), middleware())


def test_websocket_handshake_is_signed(server):
    async def connect():
        async with aiohttp.ClientSession(middlewares=[middleware()]) as session:
            await session.ws_connect(server.url("/ws").replace("http", "ws"))

    # The server treats it like any request.
    with pytest.raises(aiohttp.WSServerHandshakeError, match="200"):
        asyncio.run(connect())

    assert server.errors == []


def test_post_without_a_body_is_signed_with_the_content_type_of_aiohttp(server):
    sent("POST", server.url("/"), middleware())
    sent("POST", server.url("/"), middleware(), skip_auto_headers=["Content-Type"])

    first, second = server.arrived
    assert "content-type" in first.authorization.signed_headers
    assert "content-type" not in second.names()


@pytest.mark.parametrize("service", ["execute-api", "s3"])
@pytest.mark.parametrize(
    ("options", "length"),
    [
        (dict, 0),
        (lambda: {"data": "ü"}, 2),
        (lambda: {"data": b"bytes"}, 5),
        (lambda: {"data": b""}, 0),
        (lambda: {"data": bytearray(b"bytes")}, 5),
        (lambda: {"data": memoryview(b"bytes")}, 5),
        (lambda: {"data": io.BytesIO(b"bytes")}, 5),
        (lambda: {"data": io.StringIO("ü")}, 2),
        (lambda: {"data": Pipe(b"bytes" * 100_000)}, 500_000),
        (lambda: {"data": pieces_of(b"by", b"tes")}, 5),
        (lambda: {"data": pieces_of()}, 0),
        (lambda: {"data": {"a": "b c", "d": "ü"}}, 14),
        (lambda: {"data": {"a": io.BytesIO(b"bytes")}}, None),
        (lambda: {"data": multipart(b"bytes", io.BytesIO(b"bytes"))}, None),
        (lambda: {"data": multipart(b"bytes", pieces_of(b"bytes"))}, None),
        (lambda: {"json": {"a": "ü"}}, 15),
    ],
    ids=[
        *("none", "str", "bytes", "empty", "bytearray", "memoryview", "file", "text file", "pipe"),
        *("async iterator", "empty iterator", "form", "form with file"),
        *("multipart", "multipart with iterator", "json"),
    ],
)
def test_bodies(server, options, length, service):
    told = sent("PUT", server.url("/b/k"), middleware(service), **options())

    assert length in {told["length"], None}
    assert server.arrived[0].head.value("content-length") is not None or not length


def test_file_is_sent_from_its_offset(server, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"skipped|sent")
    with path.open("rb") as file:
        file.seek(8)

        assert sent("PUT", server.url("/"), middleware(), data=file)["length"] == 4


def test_large_file_is_sent_in_bounded_memory(server, tmp_path):
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    with path.open("rb") as file:
        tracemalloc.start()
        told = sent("PUT", server.url("/"), middleware(), data=file)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert told["length"] == 100_000_000
    assert peak < 16_000_000


def test_stream_of_known_length_is_sent_to_s3_in_signed_chunks(server):
    headers = {"Content-Length": "200000"}
    for body in (pieces_of(*[b"x" * 1000] * 200), Pipe(b"x" * 200_000)):
        told = sent("PUT", server.url("/b/k"), middleware("s3"), data=body, headers=headers)

        assert told["length"] == 200_000
        assert len(server.arrived[-1].body.chunks) == 5


def test_stream_over_the_buffer_limit_is_refused(server):
    auth = middleware(max_buffered_body=10)
    for body in (pieces_of(b"x" * 11), Pipe(b"x" * 11)):
        with pytest.raises(InvalidRequestError, match=r"^body can be read only once and is longer"):
            request("PUT", server.url("/"), auth, data=body)

    assert server.arrived == []


def test_error_of_a_stream_fails_the_request(server):
    async def pieces():
        yield b"x"
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        request("PUT", server.url("/"), middleware(), data=pieces())

    assert server.arrived == []


def test_unsigned_stream_is_not_buffered(server):
    auth = middleware("s3", payload="unsigned", max_buffered_body=1)
    # Over http, an unsigned body has to be requested by this header, too.
    headers = {"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}

    told = sent("PUT", server.url("/b/k"), auth, data=pieces_of(b"by", b"tes"), headers=headers)

    assert told["length"] == 5


def test_body_that_aiohttp_would_compress_is_refused(server):
    with pytest.raises(InvalidRequestError, match=r"^compress changes the body"):
        request("PUT", server.url("/"), middleware(), data=b"x" * 100, compress=True)

    assert server.arrived == []


@pytest.mark.parametrize("skew", [HOUR, -HOUR])
def test_wrong_clock_is_corrected_once_and_remembered(server, skew):
    server.clock = lambda: time.time() + skew
    auth = middleware()

    assert sent("PUT", server.url("/"), auth, data=io.BytesIO(b"body"))["length"] == 4
    sent("GET", server.url("/"), auth)

    assert [arrived.status for arrived in server.arrived] == [403, 200, 200]


def test_wrong_clock_is_corrected_for_concurrent_requests(server):
    server.clock = lambda: time.time() + HOUR

    async def send():
        async with aiohttp.ClientSession(middlewares=[middleware()]) as session:
            sending = [session.get(server.url("/")) for _ in range(50)]
            return [response.status for response in await asyncio.gather(*sending)]

    assert asyncio.run(send()) == [200] * 50


def test_stream_is_not_sent_again_for_the_clock(server):
    server.clock = lambda: time.time() + HOUR
    headers = {"Content-Length": "1"}

    status, _ = request(
        "PUT", server.url("/"), middleware("s3"), data=pieces_of(b"x"), headers=headers
    )

    assert status == 403
    assert len(server.arrived) == 1


def test_refusal_can_be_read(server):
    server.reject(ACCESS_KEY)

    status, content = request("GET", server.url("/"), middleware())

    assert status == 403
    assert b"security token" in content
    assert len(server.arrived) == 1


@pytest.mark.parametrize("kind", ["function", "coroutine function", "object"])
def test_credentials_may_come_from(server, kind):
    class Provider:
        def get_frozen_credentials(self):
            return CREDENTIALS

    async def coroutine():
        return CREDENTIALS

    server.accept(ACCESS_KEY, SECRET)
    provider = {"function": lambda: CREDENTIALS, "coroutine function": coroutine}.get(kind)

    sent("GET", server.url("/"), middleware(credentials=provider or Provider()))


def test_opensearch_py_410_refreshing_does_not_block_the_event_loop(server):
    """https://github.com/opensearch-project/opensearch-py/issues/410."""
    server.accept(ACCESS_KEY, SECRET)
    is_running = threading.Event()
    may_end = threading.Event()

    def refresh():
        is_running.set()
        assert may_end.wait(30)
        return CREDENTIALS

    async def send():
        async with aiohttp.ClientSession(middlewares=[middleware(credentials=refresh)]) as session:
            sending = asyncio.ensure_future(session.get(server.url("/")))
            # It would never end if it blocked the event loop.
            await asyncio.get_running_loop().run_in_executor(None, is_running.wait)
            may_end.set()
            return (await sending).status

    assert asyncio.run(send()) == 200


def test_1000_tasks_share_a_middleware_while_keys_rotate(server):
    for number in range(50):
        server.accept(f"AKID{number}", SECRET)
    numbers = iter(range(10_000))

    async def rotate():
        await asyncio.sleep(0)
        return Credentials(f"AKID{next(numbers) % 50}", SECRET)

    async def send():
        connector = aiohttp.TCPConnector(limit=20)
        auth = middleware(credentials=rotate)
        async with aiohttp.ClientSession(connector=connector, middlewares=[auth]) as session:
            await asyncio.gather(
                *(session.post(server.url(f"/{n}"), data=b"x" * n) for n in range(1000))
            )

    asyncio.run(send())

    assert len(server.arrived) == 1000
    assert server.errors == []
