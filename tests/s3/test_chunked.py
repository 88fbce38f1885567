# Uploads in signed chunks to two servers that verify them.

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import io
import re
import zlib

import pytest

from rsigv4.exceptions import InvalidRequestError
from support.chunked_upload import (
    CHUNK_SIZE,
    CONTENT,
    NOWHERE,
    THREE_CHUNKS,
    chunked,
    only_swift,
    put,
)

SIZES = [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE, 3 * CHUNK_SIZE + 5]
TRAILERS = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"]
MOMENT = dt.datetime(2030, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc)


def stored(server, target):
    response = server.call("GET", target)
    assert response.status == 200, response.text
    return response.body


def sizes_of_signed_chunks(wire):
    return [int(size, 16) for size in re.findall(rb"(?:\A|\r\n)([0-9a-f]+);chunk-sig", wire)]


@pytest.fixture
def target(bucket):
    return f"{bucket}/a key+%2B"


@pytest.mark.parametrize("size", SIZES)
def test_signed_chunks_are_stored_as_one_object(s3_server, target, size):
    response = put(s3_server, target, chunked(s3_server, target, CONTENT[:size]))

    assert response.status == 200, response.text
    assert stored(s3_server, target) == CONTENT[:size]


@only_swift
@pytest.mark.parametrize("signed", [True, False], ids=["signed", "unsigned"])
@pytest.mark.parametrize("size", SIZES)
def test_chunks_with_a_trailer_are_stored_as_one_object(s3_server, target, size, signed):
    body = chunked(s3_server, target, CONTENT[:size], trailer_checksum="crc64nvme", signed=signed)

    response = put(s3_server, target, body)

    assert response.status == 200, response.text
    assert stored(s3_server, target) == CONTENT[:size]


@only_swift
@pytest.mark.parametrize("signed", [True, False], ids=["signed", "unsigned"])
@pytest.mark.parametrize("algorithm", TRAILERS)
def test_trailer_of_every_algorithm_is_correct(s3_server, target, algorithm, signed):
    body = chunked(s3_server, target, THREE_CHUNKS, trailer_checksum=algorithm, signed=signed)

    response = put(s3_server, target, body)

    assert response.status == 200, response.text
    assert stored(s3_server, target) == THREE_CHUNKS


def test_default_chunk_size_is_64_kib(s3_server, target):
    length = 2 * 65536 + 10
    body = s3_server.signer().chunked(
        "PUT", s3_server.endpoint + target, None, io.BytesIO(CONTENT[:length]), length=length
    )
    wire = b"".join(body)

    assert put(s3_server, target, body, wire=wire).status == 200

    assert sizes_of_signed_chunks(wire) == [65536, 65536, 10, 0]
    assert stored(s3_server, target) == CONTENT[:length]


PIECES = {
    "list": lambda content: [content[:1], b"", content[1:9000], content[9000:]],
    "generator": lambda content: (content[i : i + 1000] for i in range(0, len(content), 1000)),
    "other buffers": lambda content: [bytearray(content[:5]), memoryview(content)[5:]],
}


@pytest.mark.parametrize("pieces", PIECES.values(), ids=PIECES)
def test_pieces_of_any_size_become_equal_chunks(s3_server, target, pieces):
    body = chunked(s3_server, target, pieces(THREE_CHUNKS), length=len(THREE_CHUNKS))
    wire = b"".join(body)

    assert put(s3_server, target, body, wire=wire).status == 200

    assert sizes_of_signed_chunks(wire) == [CHUNK_SIZE, CHUNK_SIZE, 5, 0]
    assert stored(s3_server, target) == THREE_CHUNKS


def test_file_is_sent_from_its_offset(s3_server, target, tmp_path):
    path = tmp_path / "content"
    path.write_bytes(b"before" + THREE_CHUNKS)

    with path.open("rb") as file:
        file.seek(6)
        response = put(
            s3_server, target, chunked(s3_server, target, file, length=len(THREE_CHUNKS))
        )

    assert response.status == 200, response.text
    assert stored(s3_server, target) == THREE_CHUNKS


class ShortReads(io.RawIOBase):
    """A file like a socket's: it returns less than requested, and can't seek."""

    def __init__(self, content):
        self._rest = io.BytesIO(content)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._rest.readinto(memoryview(buffer)[:777])


def test_short_reads_become_equal_chunks(s3_server, target):
    body = chunked(s3_server, target, ShortReads(THREE_CHUNKS), length=len(THREE_CHUNKS))
    wire = b"".join(body)

    assert put(s3_server, target, body, wire=wire).status == 200

    assert sizes_of_signed_chunks(wire) == [CHUNK_SIZE, CHUNK_SIZE, 5, 0]
    assert stored(s3_server, target) == THREE_CHUNKS


def test_headers_passed_are_signed(s3_server, target):
    headers = {"x-amz-meta-a": "several   spaces", "Content-Type": "text/plain"}

    response = put(s3_server, target, chunked(s3_server, target, CONTENT, headers), headers)

    assert response.status == 200, response.text
    kept = s3_server.call("HEAD", target).headers
    assert kept["x-amz-meta-a"] == "several   spaces"
    assert kept["Content-Type"] == "text/plain"


# The gateway doesn't store encodings.
@only_swift
def test_content_encoding_is_stored_with_the_object(s3_server, target):
    headers = {"Content-Encoding": "gzip"}

    response = put(s3_server, target, chunked(s3_server, target, CONTENT, headers), headers)

    assert response.status == 200, response.text
    assert s3_server.call("HEAD", target).headers["Content-Encoding"] == "gzip"


def test_async_iteration_yields_the_same_bytes():
    async def collected(body):
        return b"".join([part async for part in body])

    options = {"trailer_checksum": "crc32", "time": MOMENT}
    bodies = [chunked(NOWHERE, "/bucket/key", THREE_CHUNKS, **options) for _ in range(2)]

    assert asyncio.run(collected(bodies[0].aiter())) == b"".join(bodies[1])


HEADERS = {
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": {},
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": {"trailer_checksum": "sha256"},
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER": {"trailer_checksum": "sha256", "signed": False},
}


@pytest.mark.parametrize(("mode", "options"), HEADERS.items())
def test_headers_describe_the_body(mode, options):
    body = chunked(NOWHERE, "/bucket/key", THREE_CHUNKS, **options)

    headers = {name.lower(): value for name, value in body.headers.items()}
    assert headers["x-amz-content-sha256"] == mode
    assert headers["x-amz-decoded-content-length"] == str(len(THREE_CHUNKS))
    assert headers["content-length"] == str(len(b"".join(body)))
    assert headers["content-encoding"] == "aws-chunked"
    trailer = "x-amz-checksum-sha256" if options else None
    assert headers.get("x-amz-trailer") == trailer
    signed = re.search("SignedHeaders=([^,]+)", headers["authorization"])[1].split(";")
    assert {"x-amz-content-sha256", "x-amz-decoded-content-length"} <= set(signed)
    assert ("x-amz-trailer" in signed) == (trailer is not None)


def test_unsigned_chunks_and_trailer_have_no_signatures():
    options = {"trailer_checksum": "crc32", "signed": False}
    body = chunked(NOWHERE, "/bucket/key", THREE_CHUNKS, **options)
    checksum = base64.b64encode(zlib.crc32(THREE_CHUNKS).to_bytes(4, "big"))

    assert b"".join(body) == (
        b"2000\r\n%b\r\n" % THREE_CHUNKS[:CHUNK_SIZE]
        + b"2000\r\n%b\r\n" % THREE_CHUNKS[CHUNK_SIZE:-5]
        + b"5\r\n%b\r\n0\r\nx-amz-checksum-crc32:%b\r\n\r\n" % (THREE_CHUNKS[-5:], checksum)
    )


@pytest.mark.parametrize("as_stream", [io.BytesIO, lambda content: [content]], ids=["file", "list"])
@pytest.mark.parametrize(
    ("size", "length"),
    [
        (0, 1),
        (1, 0),
        (CHUNK_SIZE, CHUNK_SIZE - 1),
        (CHUNK_SIZE, CHUNK_SIZE + 1),
        (CHUNK_SIZE, 2 * CHUNK_SIZE),
        (CHUNK_SIZE + 1, CHUNK_SIZE),
        (2 * CHUNK_SIZE, CHUNK_SIZE),
    ],
)
def test_stream_of_another_length_is_an_error_before_the_final_chunk(size, length, as_stream):
    stream = as_stream(CONTENT[:size])
    sent = []

    with pytest.raises(InvalidRequestError, match="length"):
        sent.extend(chunked(NOWHERE, "/bucket/key", stream, length=length))

    assert 0 not in sizes_of_signed_chunks(b"".join(sent))


def test_unsigned_chunks_over_http_have_to_be_requested_twice():
    signer = NOWHERE.signer()
    options = {"length": 5, "trailer_checksum": "crc32", "signed": False}

    with pytest.raises(InvalidRequestError, match="twice"):
        signer.chunked("PUT", "http://nowhere/key", None, io.BytesIO(b"hello"), **options)

    signer.chunked("PUT", "https://nowhere/key", None, io.BytesIO(b"hello"), **options)


# With this header, a server would store the framing as part of the object.
@pytest.mark.parametrize("value", ["UNSIGNED-PAYLOAD", hashlib.sha256(b"hello").hexdigest()])
@pytest.mark.parametrize("options", HEADERS.values(), ids=HEADERS)
def test_header_of_a_body_without_chunks_is_an_error(value, options):
    headers, stream = {"X-Amz-Content-Sha256": value}, io.BytesIO(b"hello")

    with pytest.raises(InvalidRequestError, match="x-amz-content-sha256"):
        NOWHERE.signer().chunked("PUT", "https://nowhere/key", headers, stream, length=5, **options)
