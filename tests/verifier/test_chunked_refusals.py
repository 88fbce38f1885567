"""Refused bodies in chunks: nothing is passed on after the first wrong chunk."""

from __future__ import annotations

import base64
import random
import zlib

import pytest

from rsigv4 import Signer, Verifier
from rsigv4.exceptions import (
    ChecksumMismatchError,
    ChunkMismatchError,
    IncompleteBodyError,
    InvalidBodyError,
    InvalidRequestError,
    MalformedChunkError,
    MalformedTrailerError,
    MissingContentLengthError,
    OversizedChunkError,
    RepeatedFieldError,
    UnsupportedChecksumError,
    UnsupportedPayloadError,
    VerificationError,
)
from support.signing import MOMENT
from support.strategies import SEED, SEED_VARIABLE
from support.verifying import KEYS, TEMPORARY_KEY, arrived, feed_all
from support.verifying_chunks import CHUNK, CONTENT, URL, chunked, pieces


def refused(request, wire):
    """Return the error, and the content that was passed on before it."""
    verification = Verifier(KEYS.get).begin(
        request.method, request.url, request.headers, time=request.time
    )
    body = verification.check(KEYS.get(verification.access_key_id))
    passed_on = b""
    try:
        for piece in wire:
            passed_on += body.feed(piece)
        body.finish()
        pytest.fail("it was not refused")
    except VerificationError as error:
        refusal = error
    # After an error, every further call fails.
    with pytest.raises(InvalidRequestError):
        body.feed(b"")
    with pytest.raises(InvalidRequestError):
        body.finish()
    return refusal, passed_on


def test_no_byte_of_a_wrong_chunk_is_passed_on():
    request = chunked()
    second = request.body.index(CONTENT[CHUNK : 2 * CHUNK])
    wire = bytearray(request.body)
    wire[second + 10] ^= 1
    error, passed_on = refused(request, [bytes(wire)[: second + CHUNK]])
    assert (type(error), error.code, error.status) == (
        ChunkMismatchError,
        "SignatureDoesNotMatch",
        403,
    )
    assert passed_on == b""
    error, passed_on = refused(request, pieces(bytes(wire), 1))
    assert type(error) is ChunkMismatchError
    assert passed_on == CONTENT[:CHUNK]


def change(old, new, count=1):
    return lambda wire: wire.replace(old, new, count)


def swap_chunks(wire):
    size = wire.index(CONTENT[:CHUNK]) + CHUNK + 2
    return wire[size : 2 * size] + wire[:size] + wire[2 * size :]


def drop_chunk(wire):
    return wire[wire.index(CONTENT[:CHUNK]) + CHUNK + 2 :]


REFUSED = {
    "chunks in another order": (swap_chunks, ChunkMismatchError),
    "a chunk that is missing": (drop_chunk, ChunkMismatchError),
    "a chunk that is sent twice": (
        lambda wire: wire[: CHUNK + 89] + wire,
        ChunkMismatchError,
    ),
    "a signature in uppercase": (
        lambda wire: wire[:23] + wire[23:87].upper() + wire[87:],
        ChunkMismatchError,
    ),
    "no signature": (change(b";chunk-signature=", b";a="), MalformedChunkError),
    "an empty signature": (lambda wire: wire[:21] + wire[85:], ChunkMismatchError),
    "a last chunk that is not signed so": (
        lambda wire: wire[:-5] + bytes([wire[-5] ^ 1]) + wire[-4:],
        ChunkMismatchError,
    ),
    "a size that is not a number": (change(b"2000;", b"+200;"), MalformedChunkError),
    "a size with a blank": (change(b"2000;", b" 2000;"), MalformedChunkError),
    "a size of too many digits": (change(b"2000;", b"0" * 14 + b"2000;"), MalformedChunkError),
    "a size that is less": (change(b"2000;", b"1fff;"), ChunkMismatchError),
    "a size that is more": (change(b"2000;", b"2001;"), ChunkMismatchError),
    "a size beyond the body": (change(b"2000;", b"f000;"), IncompleteBodyError),
    "a line that is too long": (lambda _: b"0" * 2000, MalformedChunkError),
    "a line feed alone": (lambda wire: wire.replace(b"\r\n", b"\n", 1), MalformedChunkError),
    "bytes after the end": (lambda wire: wire + b"0", MalformedChunkError),
    "a trailer that was not announced": (
        lambda wire: wire[:-2] + b"x-amz-checksum-crc32:AAAAAA==\r\n\r\n",
        MalformedTrailerError,
    ),
    "no last line": (lambda wire: wire[:-2], IncompleteBodyError),
    "no last chunk": (lambda wire: wire[: wire.index(b"0;chunk")], IncompleteBodyError),
    "nothing": (lambda _: b"", IncompleteBodyError),
    "the content without chunks": (lambda _: CONTENT, MalformedChunkError),
}


@pytest.mark.parametrize(("spoil", "kind"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("size", [1, 1_000_000])
def test_malformed_chunks_are_refused(spoil, kind, size):
    request = chunked()
    wire = spoil(request.body)
    assert wire != request.body
    error, passed_on = refused(request, pieces(wire, size))
    assert type(error) is kind
    assert CONTENT.startswith(passed_on)


def trailer(value, name=b"x-amz-checksum-crc32"):
    return b"%b:%b\r\n" % (name, value)


RIGHT = base64.b64encode(zlib.crc32(CONTENT).to_bytes(4, "big"))
WRONG = base64.b64encode(bytes(4))
TRAILERS = {
    "another checksum": (trailer(WRONG), ChunkMismatchError, ChecksumMismatchError),
    "another name": (
        trailer(RIGHT, b"x-amz-checksum-crc32c"),
        MalformedTrailerError,
        MalformedTrailerError,
    ),
    "twice": (trailer(RIGHT) * 2, MalformedTrailerError, MalformedTrailerError),
    "none": (b"", MalformedTrailerError, MalformedTrailerError),
    "no colon": (b"x-amz-checksum-crc32\r\n", MalformedTrailerError, MalformedTrailerError),
    "another beside it": (
        trailer(RIGHT) + trailer(b"a", b"x-amz-meta-a"),
        MalformedTrailerError,
        MalformedTrailerError,
    ),
}


@pytest.mark.parametrize(("new", "signed", "unsigned"), TRAILERS.values(), ids=TRAILERS)
def test_malformed_trailers_are_refused(new, signed, unsigned):
    for is_signed, kind in ((True, signed), (False, unsigned)):
        request = chunked(trailer_checksum="crc32", signed=is_signed)
        wire = request.body.replace(trailer(RIGHT), new)
        assert wire != request.body
        assert type(refused(request, [wire])[0]) is kind


def test_signature_of_a_trailer_is_verified():
    request = chunked(trailer_checksum="crc32")
    start = request.body.index(b"x-amz-trailer-signature:")
    line = request.body[start:-2]
    for wire, kind in (
        (request.body[:start] + b"\r\n", MalformedTrailerError),
        (request.body[:start] + line * 2 + b"\r\n", MalformedTrailerError),
        (request.body.replace(line, line.replace(b":", b":0")), ChunkMismatchError),
        (request.body.replace(trailer(RIGHT) + line, line + trailer(RIGHT)), MalformedTrailerError),
    ):
        assert type(refused(request, [wire])[0]) is kind
    unsigned = chunked(trailer_checksum="crc32", signed=False)
    wire = unsigned.body[:-2] + line + b"\r\n"
    assert type(refused(unsigned, [wire])[0]) is MalformedTrailerError


def test_signed_checksum_must_match_the_content():
    # Whoever signs it can sign a correct one.
    signed = chunked(trailer_checksum="crc32", signed=False)
    wire = signed.body.replace(RIGHT, WRONG)
    error, passed_on = refused(signed, [wire])
    assert (type(error), error.code, error.status) == (ChecksumMismatchError, "BadDigest", 400)
    assert "x-amz-checksum-crc32" in str(error)
    assert passed_on == b""


def test_oversized_chunk_is_refused_before_it_arrives():
    limit = 16 * 1024 * 1024
    for size, kind in ((limit, IncompleteBodyError), (limit + 1, OversizedChunkError)):
        headers = {
            "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            "x-amz-decoded-content-length": str(size),
        }
        added = Signer(TEMPORARY_KEY, "us-east-1", "s3").sign("PUT", URL, headers, time=MOMENT)
        request = arrived("PUT", URL, headers, added=added)
        error, _ = refused(request, [b"%x;chunk-signature=%b\r\n" % (size, b"0" * 64)])
        assert type(error) is kind
        assert error.status == 400
    # Unsigned chunks are passed on at once, so they may have any size.
    request = chunked(
        bytes(limit + 1), signed=False, trailer_checksum="crc32", chunk_size=2 * limit
    )
    assert feed_all(request, pieces(request.body, 1_000_000)) == bytes(limit + 1)


def streaming(**changed):
    headers = {
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": "5",
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    changed = {name.replace("_", "-"): value for name, value in changed.items()}
    headers = {name: value for name, value in {**headers, **changed}.items() if value is not None}
    added = Signer(TEMPORARY_KEY, "us-east-1", "s3").sign("PUT", URL, headers, time=MOMENT)
    return arrived("PUT", URL, headers, added=added)


ANNOUNCED = [
    ({"x_amz_decoded_content_length": None}, MissingContentLengthError),
    ({"x_amz_decoded_content_length": "+5"}, MissingContentLengthError),
    ({"x_amz_decoded_content_length": "5,5"}, MissingContentLengthError),
    ({"x_amz_decoded_content_length": ""}, MissingContentLengthError),
    ({"x_amz_decoded_content_length": "9" * 30}, MissingContentLengthError),
    ({"x_amz_trailer": None}, MalformedTrailerError),
    ({"x_amz_trailer": "x-amz-checksum-md4"}, UnsupportedChecksumError),
    ({"x_amz_trailer": "x-amz-checksum-"}, MalformedTrailerError),
    ({"x_amz_trailer": "x-amz-meta-a"}, MalformedTrailerError),
    ({"x_amz_trailer": "x-amz-checksum-crc32,x-amz-checksum-sha1"}, MalformedTrailerError),
    ({"x_amz_content_sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}, MalformedTrailerError),
]


@pytest.mark.parametrize(("changed", "kind"), ANNOUNCED)
def test_headers_must_match_the_chunks(changed, kind):
    with pytest.raises(InvalidBodyError) as caught:
        streaming(**changed).verified()
    assert type(caught.value) is kind


def test_unknown_checksum_is_named_if_its_name_is_valid():
    with pytest.raises(UnsupportedChecksumError) as caught:
        streaming(x_amz_trailer="X-Amz-Checksum-CRC16").verified()
    assert (caught.value.code, caught.value.status) == ("InvalidRequest", 400)
    assert str(caught.value) == (
        "The value specified in the x-amz-trailer header is not supported: x-amz-checksum-crc16"
    )
    for name in ("crc32, x-amz-checksum-sha1", "c" * 33, "a\u202eb", "a b", "a\x1b[31m", "a\u00e9"):
        with pytest.raises(MalformedTrailerError) as caught:
            streaming(x_amz_trailer=f"x-amz-checksum-{name}").verified()
        assert type(caught.value) is MalformedTrailerError
        assert name not in str(caught.value)


@pytest.mark.parametrize("name", ["x-amz-decoded-content-length", "x-amz-trailer"])
def test_repeated_headers_of_chunks_are_refused(name):
    request = streaming()
    twice = request.but(headers=[*request.headers, (name, request.header(name))])
    with pytest.raises(RepeatedFieldError):
        twice.verified()


def test_chunks_are_accepted_only_for_the_s3_family():
    request = chunked()
    value = request.header("Authorization").replace("/s3/", "/es/")
    with pytest.raises(UnsupportedPayloadError):
        request.with_header("Authorization", value).verified()


def test_body_with_a_hash_is_verified_at_its_end():
    added = Signer(TEMPORARY_KEY, "us-east-1", "s3").sign("PUT", URL, None, CONTENT, time=MOMENT)
    request = arrived("PUT", URL, added=added)
    assert feed_all(request, pieces(CONTENT, 1000)) == CONTENT
    error, passed_on = refused(request, [CONTENT[:-1]])
    assert passed_on == CONTENT[:-1]
    assert error.code == "XAmzContentSHA256Mismatch"


def test_any_changed_byte_of_signed_chunks_is_refused():
    """Except for the case of a size's digits and of a trailer's name, which don't matter."""
    print(f"{SEED_VARIABLE}={SEED}")  # noqa: T201 - shown when it fails
    chance = random.Random(SEED)  # noqa: S311 - chance is all it takes
    content = CONTENT[:300]
    for form in ({}, {"trailer_checksum": "crc64nvme"}):
        request = chunked(content, **form)
        wire = request.body
        name = wire.find(b"x-amz-checksum-crc64nvme")
        without_case = [*range(3), *(range(name, name + 24) if form else ())]
        for position in range(len(wire)):
            byte = chance.choice([chance.randrange(256), wire[position] ^ 0x20])
            mutated = wire[:position] + bytes([byte]) + wire[position + 1 :]
            is_same = position in without_case and mutated.lower() == wire.lower()
            if is_same or mutated == wire:
                assert request.but(body=mutated).verified().payload == "streaming"
                continue
            with pytest.raises(VerificationError):
                request.but(body=mutated).verified()
