# Tampered chunked uploads are refused by S3 servers: every byte is signed or covered by a checksum.

from __future__ import annotations

import re

import pytest

from support.chunked_upload import THREE_CHUNKS, chunked, only_swift, put
from support.servers.s3 import WRONG_SIGNATURE

INCOMPLETE = (400, "IncompleteBody")
UNFRAMED_BY_THE_GATEWAY = (500, "InternalError")
# A pattern for the byte to change, and the servers' responses.
TAMPERED = {
    "first chunk's size": (rb"\A2", UNFRAMED_BY_THE_GATEWAY, WRONG_SIGNATURE),
    "last byte of a chunk's size": (rb"(?<=\A200)0", UNFRAMED_BY_THE_GATEWAY, WRONG_SIGNATURE),
    "size of the last chunk with data": (
        rb"(?<=\r\n)5(?=;)",
        UNFRAMED_BY_THE_GATEWAY,
        WRONG_SIGNATURE,
    ),
    "first byte": (rb"(?<=\r\n)0(?=123)", WRONG_SIGNATURE, WRONG_SIGNATURE),
    "last byte": (rb"\w(?=\r\n0;)", WRONG_SIGNATURE, WRONG_SIGNATURE),
    "line end of a chunk": (rb"\r(?=\n5;)", UNFRAMED_BY_THE_GATEWAY, INCOMPLETE),
    "name of a chunk's signature": (rb"(?<=\A2000;)c", UNFRAMED_BY_THE_GATEWAY, WRONG_SIGNATURE),
    "first chunk's signature": (rb"(?<=\A2000;chunk-signature=).", *[WRONG_SIGNATURE] * 2),
    "last signature of data": (rb"(?<=\r\n5;chunk-signature=).", *[WRONG_SIGNATURE] * 2),
    # The gateway doesn't check the final chunk: it stops when it has all data.
    "final chunk's signature": (rb"(?<=\r\n0;chunk-signature=).", None, WRONG_SIGNATURE),
    "last line end": (rb"\r(?=\n\Z)", None, INCOMPLETE),
}
TAMPERED_TRAILER = {
    "first chunk's size": (rb"\A2", WRONG_SIGNATURE),
    "first chunk's signature": (rb"(?<=\A2000;chunk-signature=).", WRONG_SIGNATURE),
    "first byte": (rb"(?<=\r\n)0(?=123)", WRONG_SIGNATURE),
    "last byte": (rb"\w(?=\r\n0;)", WRONG_SIGNATURE),
    "final chunk's signature": (rb"(?<=\r\n0;chunk-signature=).", WRONG_SIGNATURE),
    "name of the signature": (rb"x(?=-amz-trailer-signature)", (400, "MalformedTrailerError")),
    "last line end": (rb"\r(?=\n\Z)", INCOMPLETE),
    "name": (rb"x(?=-amz-checksum)", (400, "MalformedTrailerError")),
    "checksum": (rb"(?<=\r\nx-amz-checksum-crc32:).", WRONG_SIGNATURE),
    "signature": (rb"(?<=\r\nx-amz-trailer-signature:).", WRONG_SIGNATURE),
}
TAMPERED_UNSIGNED = {
    "a chunk's size": (rb"\A2", INCOMPLETE),
    "first byte": (rb"(?<=\r\n)0(?=123)", (400, "BadDigest")),
    "last byte": (rb"\w(?=\r\n0\r\n)", (400, "BadDigest")),
    "checksum": (rb"(?<=\r\nx-amz-checksum-crc32:).", (400, "BadDigest")),
    "name of the trailer": (rb"x(?=-amz-checksum)", (400, "MalformedTrailerError")),
    "last line end": (rb"\r(?=\n\Z)", INCOMPLETE),
}


@pytest.fixture
def target(bucket):
    return f"{bucket}/key"


def put_tampered(server, target, pattern, **options):
    """Send a body with one byte changed, and return the response."""
    body = chunked(server, target, THREE_CHUNKS, **options)
    wire = b"".join(body)
    # A digit becomes a digit, and a letter a letter.
    tampered, count = re.subn(pattern, lambda match: bytes([match[0][0] ^ 1]), wire)
    assert (count, len(tampered)) == (1, len(wire))
    return put(server, target, body, wire=tampered)


def assert_not_stored(server, target):
    assert server.call("GET", target).refusal == (404, "NoSuchKey")


@pytest.mark.parametrize(
    ("s3_server", "pattern", "expected"),
    [
        pytest.param(server, pattern, expected, id=f"{server}-{name}")
        for name, (pattern, *refusals) in TAMPERED.items()
        for server, expected in zip(["juicefs", "swift"], refusals)
        if expected is not None
    ],
    indirect=["s3_server"],
)
def test_tampered_chunk_is_refused(s3_server, target, pattern, expected):
    assert put_tampered(s3_server, target, pattern).refusal == expected
    assert_not_stored(s3_server, target)


@only_swift
@pytest.mark.parametrize(("pattern", "expected"), TAMPERED_TRAILER.values(), ids=TAMPERED_TRAILER)
def test_tampered_signed_trailer_is_refused(s3_server, target, pattern, expected):
    response = put_tampered(s3_server, target, pattern, trailer_checksum="crc32")

    assert response.refusal == expected
    assert_not_stored(s3_server, target)


@only_swift
@pytest.mark.parametrize(("pattern", "expected"), TAMPERED_UNSIGNED.values(), ids=TAMPERED_UNSIGNED)
def test_tampered_unsigned_body_is_refused(s3_server, target, pattern, expected):
    response = put_tampered(s3_server, target, pattern, trailer_checksum="crc32", signed=False)

    assert response.refusal == expected
    assert_not_stored(s3_server, target)


def test_swapped_chunks_are_refused(s3_server, target):
    body = chunked(s3_server, target, THREE_CHUNKS)
    wire = b"".join(body)
    # Both have the same length.
    start = wire.index(b"\r\n2000;") + 2
    swapped = wire[start : 2 * start] + wire[:start] + wire[2 * start :]

    assert put(s3_server, target, body, wire=swapped).refusal == WRONG_SIGNATURE
    assert_not_stored(s3_server, target)


def test_chunks_of_another_request_are_refused(s3_server, target):
    bodies = [
        chunked(s3_server, target, THREE_CHUNKS, {"x-amz-meta-a": value}) for value in ("1", "2")
    ]

    response = put(s3_server, target, bodies[0], {"x-amz-meta-a": "1"}, wire=b"".join(bodies[1]))

    assert response.refusal == WRONG_SIGNATURE
    assert_not_stored(s3_server, target)


def test_length_of_the_content_is_signed(s3_server, target):
    body = chunked(s3_server, target, THREE_CHUNKS)
    length = "x-amz-decoded-content-length"
    sent = {**{name.lower(): value for name, value in body.headers.items()}, length: "16388"}

    response = s3_server.send("PUT", target, sent.items(), [b"".join(body)])

    assert response.refusal == WRONG_SIGNATURE
