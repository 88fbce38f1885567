"""Bodies in signed chunks: how they are iterated over, measured and refused."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import io
import tracemalloc
import zlib

import niquests
import pytest
import requests
from awscrt import checksums
from awscrt.checksums import XXHash

from rsigv4 import AsyncChunkedBody, ChunkedBody, Credentials, InvalidRequestError, Signer
from support.chunked_upload import CHUNK_SIZE, CONTENT, THREE_CHUNKS, chunked, only_swift
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, CREDENTIALS, MOMENT, SECRET

URL = "https://bucket.s3.us-east-1.amazonaws.com/key"
MODES = {
    "signed": {},
    "signed trailer": {"trailer_checksum": "crc64nvme"},
    "unsigned trailer": {"trailer_checksum": "crc64nvme", "signed": False},
}
each_mode = pytest.mark.parametrize("mode", MODES.values(), ids=MODES)


def body_of(stream, length, **options) -> ChunkedBody | AsyncChunkedBody:
    options = {"time": MOMENT, "chunk_size": CHUNK_SIZE, **options}
    return Signer(CREDENTIALS).chunked("PUT", URL, None, stream, length=length, **options)


async def pieces(content, size=1000):
    for start in range(0, len(content), size):
        await asyncio.sleep(0)
        yield content[start : start + size]


class EitherStream:
    """As httpx has one for a form."""

    def __iter__(self):
        return iter([THREE_CHUNKS])

    def __aiter__(self):
        return pieces(THREE_CHUNKS)


async def collected(body):
    return b"".join([part async for part in body])


def test_a_file_is_sent_from_where_it_is():
    file = io.BytesIO(b"skipped|sent")
    file.seek(8)
    body = body_of(file, 4, trailer_checksum="crc64nvme", signed=False)
    assert b"".join(body).startswith(b"4\r\nsent\r\n0\r\n")


def example_of_aws(also_sign, **options):
    credentials = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    return Signer(credentials, "us-east-1", "s3", also_sign=also_sign).chunked(
        "PUT",
        "https://s3.amazonaws.com/examplebucket/chunkObject.txt",
        {"x-amz-storage-class": "REDUCED_REDUNDANCY"},
        b"a" * 66560,
        length=66560,
        time=dt.datetime(2013, 5, 24, tzinfo=dt.timezone.utc),
        **options,
    )


def chunk(content, signature):
    return b"%x;chunk-signature=%b\r\n%b\r\n" % (len(content), signature, content)


# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
def test_example_of_aws():
    body = example_of_aws(("content-encoding", "content-length"))
    assert body.headers["Content-Length"] == "66824"
    assert body.headers["Authorization"].endswith(
        "SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
        "x-amz-decoded-content-length;x-amz-storage-class, "
        "Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    )
    assert list(body) == [
        chunk(b"a" * 65536, b"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
        chunk(b"a" * 1024, b"0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
        chunk(b"", b"b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
    ]


# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
def test_example_of_aws_with_a_trailer():
    body = example_of_aws(("content-encoding",), trailer_checksum="crc32c")
    assert body.headers["Authorization"].endswith(
        "Signature=106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
    )
    assert list(body) == [
        chunk(b"a" * 65536, b"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"),
        chunk(b"a" * 1024, b"1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"),
        (
            b"0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
            b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
            b"x-amz-trailer-signature:"
            b"d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
        ),
    ]


@each_mode
@pytest.mark.parametrize("length", [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 100_000])
def test_length_is_known_beforehand(length, mode):
    content = CONTENT[:length]
    body = body_of(content, length, **mode)
    assert body.len == int(body.headers["Content-Length"]) == len(b"".join(body))


@each_mode
def test_stream_of_every_kind_is_sent_as_the_same_bytes(mode):
    length = len(THREE_CHUNKS)
    streams = [
        THREE_CHUNKS,
        bytearray(THREE_CHUNKS),
        memoryview(THREE_CHUNKS),
        memoryview(b"".join(bytes([byte, 0]) for byte in THREE_CHUNKS))[::2],
        io.BytesIO(THREE_CHUNKS),
        [THREE_CHUNKS],
        (THREE_CHUNKS[start : start + 1] for start in range(length)),
        iter([b"", THREE_CHUNKS[:9000], b"", THREE_CHUNKS[9000:], b""]),
    ]
    sent = {b"".join(body_of(stream, length, **mode)) for stream in streams}
    for stream in (pieces(THREE_CHUNKS), pieces(THREE_CHUNKS, 20_000), EitherStream()):
        sent.add(asyncio.run(collected(body_of(stream, length, **mode))))
    # Async clients can send sync streams too, and sync ones those that are of both kinds.
    sent.add(asyncio.run(collected(body_of(io.BytesIO(THREE_CHUNKS), length, **mode).aiter())))
    sent.add(b"".join(body_of(EitherStream(), length, **mode)))
    assert len(sent) == 1


def test_body_is_iterable_as_its_stream_is():
    # Clients look for either, and some give up at the sight of the other.
    for stream, names in (
        (io.BytesIO(b"1"), {"__iter__"}),
        ([b"1"], {"__iter__"}),
        (pieces(b"1"), {"__aiter__"}),
        (EitherStream(), {"__iter__", "__aiter__"}),
    ):
        body = body_of(stream, 1)
        assert {name for name in ("__iter__", "__aiter__") if hasattr(body, name)} == names
    assert isinstance(body_of([b"1"], 1), ChunkedBody)
    assert isinstance(body_of(pieces(b"1"), 1), AsyncChunkedBody)


CHECKSUMS = {
    "crc32": lambda content: zlib.crc32(content).to_bytes(4, "big"),
    "crc32c": lambda content: checksums.crc32c(content).to_bytes(4, "big"),
    "crc64nvme": lambda content: checksums.crc64nvme(content).to_bytes(8, "big"),
    "md5": lambda content: hashlib.md5(content, usedforsecurity=False).digest(),
    "sha1": lambda content: hashlib.sha1(content, usedforsecurity=False).digest(),
    "sha256": lambda content: hashlib.sha256(content).digest(),
    "sha512": lambda content: hashlib.sha512(content).digest(),
    "xxhash64": XXHash.compute_xxhash64,
    "xxhash3": XXHash.compute_xxhash3_64,
    "xxhash128": XXHash.compute_xxhash3_128,
}


@pytest.mark.parametrize("content", [b"", b"a", b"123456789", CONTENT[:241], CONTENT], ids=len)
@pytest.mark.parametrize("name", CHECKSUMS)
def test_checksum_is_that_of_others(name, content):
    wire = b"".join(body_of(content, len(content), trailer_checksum=name, signed=False))
    value = base64.b64encode(CHECKSUMS[name](content))
    assert wire.endswith(b"\r\nx-amz-checksum-%b:%b\r\n\r\n" % (name.encode(), value))


@each_mode
def test_no_more_than_a_few_chunks_are_in_memory(mode):
    chunk_size, length = 65536, 64 * 1024 * 1024
    piece = bytes(1024)
    body = body_of((piece for _ in range(length // 1024)), length, chunk_size=chunk_size, **mode)
    tracemalloc.start()
    try:
        sent = sum(len(part) for part in body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sent == body.len
    # A chunk as it is gathered, as it is cut off, as it is sent, and the one sent before it.
    assert peak < 5 * chunk_size


def test_large_piece_is_not_copied_as_a_whole():
    content = bytes(32 * 1024 * 1024)
    body = body_of([content], len(content), chunk_size=65536)
    tracemalloc.start()
    try:
        for _ in body:
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5 * 65536


def test_body_is_sent_once():
    for stream in (io.BytesIO(THREE_CHUNKS), THREE_CHUNKS, [THREE_CHUNKS]):
        body = body_of(stream, len(THREE_CHUNKS))
        b"".join(body)
        with pytest.raises(InvalidRequestError, match=r"^stream was sent already: sign it again"):
            list(body)


def test_body_that_was_sent_in_part_is_not_sent_again():
    body = body_of(THREE_CHUNKS, len(THREE_CHUNKS))
    next(iter(body))
    for send_again in (list, lambda body: asyncio.run(collected(body.aiter()))):
        with pytest.raises(InvalidRequestError, match=r"^stream was sent already"):
            send_again(body)


@each_mode
@pytest.mark.parametrize("length", [len(THREE_CHUNKS) - 1, len(THREE_CHUNKS) + 1])
def test_async_stream_of_another_length(length, mode):
    body = body_of(pieces(THREE_CHUNKS), length, **mode)
    with pytest.raises(InvalidRequestError, match=r"^stream (is longer than|ends 1 bytes before)"):
        asyncio.run(collected(body))


@pytest.mark.parametrize(
    "stream", [b"12345", bytearray(5), memoryview(b"12345"), io.BytesIO(b"12345")]
)
@pytest.mark.parametrize("length", [0, 4, 6])
def test_length_that_is_known_to_be_wrong_is_refused_at_once(stream, length):
    with pytest.raises(
        InvalidRequestError, match=f"^stream has 5 bytes left, but length is {length}"
    ):
        body_of(stream, length)


class TextFile(io.StringIO):
    def seekable(self):
        return False

    def __repr__(self):
        return f"TextFile({self.getvalue()!r})"


@pytest.mark.parametrize(
    ("stream", "kind"),
    [
        (["text"], "str"),
        ([1], "int"),
        ([None], "NoneType"),
        ("text", "str"),
        (TextFile("text"), "str"),
        (TextFile(""), "str"),
    ],
    ids=str,
)
def test_stream_that_yields_something_else(stream, kind):
    with pytest.raises(InvalidRequestError, match=f"^stream yields {kind}: let it yield bytes"):
        list(body_of(stream, 4))


@pytest.mark.parametrize("stream", [None, 4, object()])
def test_what_is_no_stream(stream):
    with pytest.raises(InvalidRequestError, match=r"^stream must be a binary file or an iterable"):
        body_of(stream, 4)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"length": -1}, "length is negative or too large"),
        ({"length": 2**64}, "length is negative or too large"),
        ({"length": 2**63 - 1}, "length is more than a request can have"),
        ({"length": "5"}, "length must be int, not str"),
        ({"length": 5.0}, "length must be int, not float"),
        ({"length": True}, "length must be int, not bool"),
        ({"length": None}, "length must be int, not NoneType"),
        ({"chunk_size": 8191}, "chunk_size is less than 8192 bytes"),
        ({"chunk_size": 0}, "chunk_size is less than 8192 bytes"),
        ({"chunk_size": -1}, "chunk_size is negative or too large"),
        ({"chunk_size": 2**64}, "chunk_size is negative or too large"),
        ({"chunk_size": "64K"}, "chunk_size must be int, not str"),
        ({"trailer_checksum": "md4"}, r"trailer_checksum is unknown: pass crc32.* not md4$"),
        ({"trailer_checksum": "CRC32"}, r"trailer_checksum is unknown: pass crc32.* not CRC32$"),
        ({"trailer_checksum": "a b"}, r"trailer_checksum is unknown: pass crc32.* xxhash128$"),
        ({"trailer_checksum": ""}, "trailer_checksum is unknown: pass crc32"),
        ({"trailer_checksum": 4}, "trailer_checksum must be str, not int"),
        ({"signed": False}, "trailer_checksum is missing: chunks that aren't signed need one"),
    ],
    ids=str,
)
def test_options_that_s3_would_not_take(changed, message):
    with pytest.raises(InvalidRequestError, match=f"^{message}"):
        body_of([b"12345"], **{"length": 5, **changed})


@pytest.mark.parametrize("service", ["execute-api", "es", "iotdata"])
def test_service_that_takes_no_chunks(service):
    signer = Signer(CREDENTIALS, "us-east-1", service)
    for options in MODES.values():
        with pytest.raises(InvalidRequestError, match=r"^service is not of the S3 family"):
            signer.chunked("PUT", URL, None, b"12345", length=5, **options)


def test_largest_numbers_are_no_more_than_large():
    body = body_of([], 2**62, chunk_size=2**63 - 1)
    assert body.len > 2**62
    with pytest.raises(InvalidRequestError, match=r"^stream ends"):
        next(iter(body))


def test_list_reserves_no_element_per_byte():
    # list() asks for len(), and would fail with a MemoryError before it reads anything.
    with pytest.raises(InvalidRequestError, match=r"^stream ends"):
        list(body_of([], 2**60))


@pytest.mark.parametrize("library", [requests, niquests])
def test_clients_that_ask_for_the_length_find_it(library):
    with VerifyingServer() as server, library.Session() as session:
        session.trust_env = False
        server.accept(ACCESS_KEY, SECRET)
        url = server.url("/bucket/key")
        signer = Signer(CREDENTIALS, "us-east-1", "s3")
        body = signer.chunked("PUT", url, None, iter([b"12", b"345"]), length=5)
        headers = {name: value for name, value in body.headers.items() if name != "Content-Length"}

        assert session.put(url, data=body, headers=headers).status_code == 200

    (arrived,) = server.arrived
    assert arrived.head.value("content-length") == body.headers["Content-Length"]
    assert arrived.head.value("transfer-encoding") is None
    assert arrived.body.content == b"12345"


def test_headers_may_be_an_iterator():
    given = {"content-encoding": "gzip", "x-amz-acl": "private"}
    bodies = [
        Signer(CREDENTIALS).chunked("PUT", URL, headers, b"12345", length=5, time=MOMENT)
        for headers in (given, iter(given.items()))
    ]
    assert bodies[0].headers == bodies[1].headers
    assert bodies[0].headers["Content-Encoding"] == "aws-chunked,gzip"
    assert (
        ";x-amz-acl;" in bodies[0].headers["Authorization"]
        or "x-amz-acl," in bodies[0].headers["Authorization"]
    )


@pytest.mark.parametrize("given", ["aws-chunked", "aws-chunked,gzip", "AWS-Chunked, gzip"])
def test_encoding_that_is_named_already_is_not_named_twice(given):
    headers = {"Content-Encoding": given}
    body = Signer(CREDENTIALS).chunked("PUT", URL, headers, b"12345", length=5)
    assert body.headers["Content-Encoding"] == given


@pytest.mark.parametrize("options", [{}, {"trailer_checksum": "crc32"}])
def test_trailer_of_the_caller_s(options):
    headers = {"x-amz-trailer": "x-amz-meta-a"}
    with pytest.raises(
        InvalidRequestError, match=r"^headers have x-amz-trailer: .*trailer_checksum"
    ):
        Signer(CREDENTIALS).chunked("PUT", URL, headers, b"12345", length=5, **options)


def test_error_of_the_stream_is_the_caller_s():
    def broken():
        yield b"1"
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(body_of(broken(), 5))


def target_of(bucket):
    return f"{bucket}/key"


@only_swift
@each_mode
def test_requests_sends_it(s3_server, bucket, mode):
    body = chunked(
        s3_server, target_of(bucket), iter([THREE_CHUNKS]), length=len(THREE_CHUNKS), **mode
    )
    url = s3_server.endpoint + target_of(bucket)
    response = requests.put(url, data=body, headers=body.headers, timeout=30)
    assert (response.status_code, response.text) == (200, "")
    assert s3_server.call("GET", target_of(bucket)).body == THREE_CHUNKS


@only_swift
@each_mode
def test_async_client_sends_it(s3_server, bucket, mode):
    body = chunked(
        s3_server, target_of(bucket), pieces(THREE_CHUNKS), length=len(THREE_CHUNKS), **mode
    )
    url = s3_server.endpoint + target_of(bucket)

    async def send():
        async with niquests.AsyncSession() as session:
            return await session.put(url, data=body, headers=body.headers, timeout=30)

    assert asyncio.run(send()).status_code == 200
    assert s3_server.call("GET", target_of(bucket)).body == THREE_CHUNKS


def test_unsigned_chunks_on_an_insecure_connection_are_an_error_that_says_what_works():
    url = "http://localhost:9000/bucket/key"
    signer = Signer(CREDENTIALS, "us-east-1", "s3")
    options = {"length": 5, "trailer_checksum": "crc32"}
    with pytest.raises(InvalidRequestError, match=r"^signed is False, .*: use https, leave signed"):
        signer.chunked("PUT", url, None, b"hello", signed=False, **options)
    # All of it does.
    asked = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}
    signer.chunked("PUT", url, asked, b"hello", signed=False, **options)
    signer.chunked("PUT", url, None, b"hello", **options)
    signer.chunked("PUT", url.replace("http:", "https:"), None, b"hello", signed=False, **options)
