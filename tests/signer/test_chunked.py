"""Bodies in chunks: iteration, length and checksums."""

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
from support.chunked_body import body_of, collected, each_mode, pieces
from support.chunked_upload import CHUNK_SIZE, CONTENT, THREE_CHUNKS, chunked, only_swift
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, CREDENTIALS, SECRET


class EitherStream:
    """Sync and async, like httpx's stream of a form."""

    def __iter__(self):
        return iter([THREE_CHUNKS])

    def __aiter__(self):
        return pieces(THREE_CHUNKS)


def test_file_is_sent_from_its_offset():
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
def test_length_is_known_in_advance(length, mode):
    content = CONTENT[:length]
    body = body_of(content, length, **mode)
    assert body.len == int(body.headers["Content-Length"]) == len(b"".join(body))


@each_mode
def test_every_kind_of_stream_is_sent_as_the_same_bytes(mode):
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
    # Async clients can also send sync streams, and sync clients those that are both.
    sent.add(asyncio.run(collected(body_of(io.BytesIO(THREE_CHUNKS), length, **mode).aiter())))
    sent.add(b"".join(body_of(EitherStream(), length, **mode)))
    assert len(sent) == 1


def test_body_is_sync_or_async_like_its_stream():
    # Clients check for either, and some refuse a body with the other.
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
def test_checksum_equals_that_of_other_implementations(name, content):
    wire = b"".join(body_of(content, len(content), trailer_checksum=name, signed=False))
    value = base64.b64encode(CHECKSUMS[name](content))
    assert wire.endswith(b"\r\nx-amz-checksum-%b:%b\r\n\r\n" % (name.encode(), value))


@pytest.mark.parametrize("chunk_size", [8192, 8195])
@pytest.mark.parametrize("name", CHECKSUMS)
def test_checksum_of_signed_chunks_equals_that_of_other_implementations(name, chunk_size):
    wire = b"".join(
        body_of(THREE_CHUNKS, len(THREE_CHUNKS), trailer_checksum=name, chunk_size=chunk_size)
    )
    value = base64.b64encode(CHECKSUMS[name](THREE_CHUNKS))
    assert b"\r\nx-amz-checksum-%b:%b\r\n" % (name.encode(), value) in wire


@each_mode
def test_only_a_few_chunks_are_in_memory(mode):
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
    # The collected chunk, its copy, the chunk that is sent, and the previous one.
    assert peak < 5 * chunk_size


def test_large_piece_is_not_copied():
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


def test_body_can_be_sent_only_once():
    for stream in (io.BytesIO(THREE_CHUNKS), THREE_CHUNKS, [THREE_CHUNKS]):
        body = body_of(stream, len(THREE_CHUNKS))
        b"".join(body)
        with pytest.raises(InvalidRequestError, match=r"^stream was sent already: sign it again"):
            list(body)


def test_partly_sent_body_is_not_sent_again():
    body = body_of(THREE_CHUNKS, len(THREE_CHUNKS))
    next(iter(body))
    for send_again in (list, lambda body: asyncio.run(collected(body.aiter()))):
        with pytest.raises(InvalidRequestError, match=r"^stream was sent already"):
            send_again(body)


def test_list_does_not_allocate_by_length():
    # list() calls len(), and would fail with a MemoryError before it reads anything.
    with pytest.raises(InvalidRequestError, match=r"^stream ends"):
        list(body_of([], 2**60))


@pytest.mark.parametrize("library", [requests, niquests])
def test_clients_find_the_length(library):
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


def target_of(bucket):
    return f"{bucket}/key"


@only_swift
@each_mode
def test_requests_sends_the_body(s3_server, bucket, mode):
    body = chunked(
        s3_server, target_of(bucket), iter([THREE_CHUNKS]), length=len(THREE_CHUNKS), **mode
    )
    url = s3_server.endpoint + target_of(bucket)
    response = requests.put(url, data=body, headers=body.headers, timeout=30)
    assert (response.status_code, response.text) == (200, "")
    assert s3_server.call("GET", target_of(bucket)).body == THREE_CHUNKS


@only_swift
@each_mode
def test_async_client_sends_the_body(s3_server, bucket, mode):
    body = chunked(
        s3_server, target_of(bucket), pieces(THREE_CHUNKS), length=len(THREE_CHUNKS), **mode
    )
    url = s3_server.endpoint + target_of(bucket)

    async def send():
        async with niquests.AsyncSession() as session:
            return await session.put(url, data=body, headers=body.headers, timeout=30)

    assert asyncio.run(send()).status_code == 200
    assert s3_server.call("GET", target_of(bucket)).body == THREE_CHUNKS
