"""Bodies in chunks that a signer makes, without a server."""

from __future__ import annotations

import asyncio

import pytest

from rsigv4 import AsyncChunkedBody, ChunkedBody, Signer
from support.chunked_upload import CHUNK_SIZE
from support.signing import CREDENTIALS, MOMENT

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


async def collected(body):
    return b"".join([part async for part in body])
