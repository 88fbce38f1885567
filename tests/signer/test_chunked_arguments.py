"""Streams, headers and options of bodies in chunks, and the errors of invalid ones."""

from __future__ import annotations

import asyncio
import inspect
import io

import pytest

from rsigv4 import InvalidRequestError, Signer
from support.chunked_body import MODES, URL, body_of, collected, each_mode, pieces
from support.chunked_upload import THREE_CHUNKS
from support.signing import CREDENTIALS, MOMENT


@each_mode
@pytest.mark.parametrize("length", [len(THREE_CHUNKS) - 1, len(THREE_CHUNKS) + 1])
def test_async_stream_of_another_length_is_an_error(length, mode):
    body = body_of(pieces(THREE_CHUNKS), length, **mode)
    with pytest.raises(InvalidRequestError, match=r"^stream (is longer than|ends 1 bytes before)"):
        asyncio.run(collected(body))


@pytest.mark.parametrize(
    "stream", [b"12345", bytearray(5), memoryview(b"12345"), io.BytesIO(b"12345")]
)
@pytest.mark.parametrize("length", [0, 4, 6])
def test_wrong_length_of_a_buffer_is_refused_at_once(stream, length):
    with pytest.raises(
        InvalidRequestError, match=f"^stream has 5 bytes left, but length is {length}"
    ):
        body_of(stream, length)


def test_default_chunk_size_is_that_of_the_signature():
    size = inspect.signature(Signer.chunked).parameters["chunk_size"].default
    body = Signer(CREDENTIALS).chunked("PUT", URL, None, bytes(size + 1), length=size + 1)
    assert next(iter(body)).startswith(b"%x;" % size)


def test_signed_that_is_not_a_bool_is_a_type_error():
    with pytest.raises(TypeError, match=r"^signed must be bool, not NoneType: "):
        body_of(b"", 0, signed=None)


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
def test_stream_that_does_not_yield_bytes_is_an_error(stream, kind):
    with pytest.raises(InvalidRequestError, match=f"^stream yields {kind}: let it yield bytes"):
        list(body_of(stream, 4))


@pytest.mark.parametrize("stream", [None, 4, object()])
def test_invalid_stream_is_refused(stream):
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
def test_options_that_s3_would_refuse_are_errors(changed, message):
    with pytest.raises(InvalidRequestError, match=f"^{message}"):
        body_of([b"12345"], **{"length": 5, **changed})


@pytest.mark.parametrize("service", ["execute-api", "es", "iotdata"])
def test_service_without_chunks_is_an_error(service):
    signer = Signer(CREDENTIALS, "us-east-1", service)
    for options in MODES.values():
        with pytest.raises(InvalidRequestError, match=r"^service is not of the S3 family"):
            signer.chunked("PUT", URL, None, b"12345", length=5, **options)


def test_largest_numbers_are_accepted():
    body = body_of([], 2**62, chunk_size=2**63 - 1)
    assert body.len > 2**62
    with pytest.raises(InvalidRequestError, match=r"^stream ends"):
        next(iter(body))


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
def test_content_encoding_is_not_repeated(given):
    headers = {"Content-Encoding": given}
    body = Signer(CREDENTIALS).chunked("PUT", URL, headers, b"12345", length=5)
    assert body.headers["Content-Encoding"] == given


@pytest.mark.parametrize("options", [{}, {"trailer_checksum": "crc32"}])
def test_trailer_of_the_caller_is_an_error(options):
    headers = {"x-amz-trailer": "x-amz-meta-a"}
    with pytest.raises(
        InvalidRequestError, match=r"^headers have x-amz-trailer: .*trailer_checksum"
    ):
        Signer(CREDENTIALS).chunked("PUT", URL, headers, b"12345", length=5, **options)


def test_error_of_the_stream_is_raised_unchanged():
    def broken():
        yield b"1"
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(body_of(broken(), 5))


def test_error_of_unsigned_chunks_over_http_names_alternatives():
    url = "http://localhost:9000/bucket/key"
    signer = Signer(CREDENTIALS, "us-east-1", "s3")
    options = {"length": 5, "trailer_checksum": "crc32"}
    with pytest.raises(InvalidRequestError, match=r"^signed is False, .*: use https, leave signed"):
        signer.chunked("PUT", url, None, b"hello", signed=False, **options)
    # All of these work.
    asked = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}
    signer.chunked("PUT", url, asked, b"hello", signed=False, **options)
    signer.chunked("PUT", url, None, b"hello", **options)
    signer.chunked("PUT", url.replace("http:", "https:"), None, b"hello", signed=False, **options)
