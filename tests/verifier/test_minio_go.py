r"""
Trailers of minio-go, with `\n\r\n` after the checksum instead of `\r\n`.

S3, MinIO and SeaweedFS accept both. https://github.com/minio/minio/pull/16484
"""

from __future__ import annotations

import pytest

from rsigv4.exceptions import (
    ChecksumMismatchError,
    ChunkMismatchError,
    IncompleteBodyError,
    MalformedChunkError,
    MalformedTrailerError,
    VerificationError,
)
from support.verifying import feed_all
from support.verifying_chunks import CONTENT, chunked, pieces

SIGNATURE = b"x-amz-trailer-signature:"


def sent_by_minio_go(*, signed, **options):
    """Return a request with a trailer like minio-go's, and its line."""
    request = chunked(trailer_checksum="crc32c", signed=signed, **options)
    start = request.body.index(b"x-amz-checksum-crc32c:")
    line = request.body[start:].partition(b"\r\n")[0]
    body = request.body.replace(line + b"\r\n", line + b"\n\r\n")
    assert body != request.body
    return request.but(body=body), line


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("length", [0, 5, len(CONTENT)])
def test_trailer_is_accepted_in_any_pieces(length, signed):
    request, line = sent_by_minio_go(content=CONTENT[:length], signed=signed)
    # As in minio-go's addSignedTrailer and addTrailer.
    end = request.body.partition(line)[2]
    if signed:
        assert end.startswith(b"\n\r\n" + SIGNATURE)
        assert end.endswith(b"\r\n\r\n")
    else:
        assert end == b"\n\r\n\r\n"
    for size in (1, 2, 3, len(request.body)):
        assert feed_all(request, pieces(request.body, size)) == CONTENT[:length]


def spoiled(line):
    """Return similar trailers that are refused, by the reason."""
    checksum = line.partition(b":")[2]
    end = line + b"\n\r\n"
    return {
        "line feed alone": (end, line + b"\n", (MalformedChunkError, IncompleteBodyError)),
        "two line feeds": (end, line + b"\n\n\r\n", (MalformedChunkError,)),
        "line feed of a line break": (end, line + b"\n\r\r\n", (MalformedChunkError,)),
        "text between": (end, line + b"\nx\r\n", (MalformedChunkError,)),
        "blank between": (end, line + b"\n \r\n", (MalformedChunkError,)),
        "trailer between": (end, line + b"\n" + line + b"\r\n", (MalformedChunkError,)),
        "twice": (end, end * 2, (MalformedTrailerError,)),
        "line feed before it": (line, b"\n" + line, (MalformedTrailerError,)),
        "another trailer so": (end, b"x-amz-meta-a:b\n\r\n" + end, (MalformedTrailerError,)),
        "another checksum": (
            checksum,
            b"AAAAAA==",
            (ChecksumMismatchError, ChunkMismatchError),
        ),
        "no end": (end, line + b"\n", (MalformedChunkError, IncompleteBodyError)),
    }


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("what", spoiled(b"a:b"))
def test_similar_trailer_is_refused(what, signed):
    request, line = sent_by_minio_go(signed=signed)
    old, new, kinds = spoiled(line)[what]
    body = request.body.replace(old, new)
    assert body != request.body
    for size in (1, len(body)):
        with pytest.raises(VerificationError) as caught:
            feed_all(request, pieces(body, size))
        assert isinstance(caught.value, kinds)


def test_only_the_checksum_line_may_end_so():
    request, _ = sent_by_minio_go(signed=True)
    body = request.body
    signature = body.index(SIGNATURE)
    positions = [place for place in range(len(body) - 1) if body[place : place + 2] == b"\r\n"]
    positions = [place for place in positions if body[place - 1 : place] != b"\n"]
    assert any(place > signature for place in positions)
    for place in positions:
        for break_ in (b"\n\r\n", b"\n"):
            spoiled = body[:place] + break_ + body[place + 2 :]
            with pytest.raises(VerificationError):
                feed_all(request, [spoiled])


def test_missing_end_is_an_incomplete_body():
    for signed in (True, False):
        request, line = sent_by_minio_go(signed=signed)
        end = request.body.index(line) + len(line)
        for cut in range(end, len(request.body)):
            with pytest.raises(IncompleteBodyError):
                feed_all(request, [request.body[:cut]])
