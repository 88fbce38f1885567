"""Content for tests of chunked uploads, and a request that uploads it to a server."""

from __future__ import annotations

import io

import pytest

from support.servers.s3 import S3Server

# For tests that don't need a server.
NOWHERE = S3Server("http://nowhere", "AKIDEXAMPLE", "secret", "us-east-1")

# Swift refuses smaller chunks, except for the last.
CHUNK_SIZE = 8192
# Without line breaks, so that all those on the wire belong to the framing.
CONTENT = b"0123456789abcdefghijklmnopqrstuvwxyz" * 10_000
THREE_CHUNKS = CONTENT[: 2 * CHUNK_SIZE + 5]

# JuiceFS's gateway doesn't support trailers: it takes the name of the mode for a hash.
only_swift = pytest.mark.parametrize("s3_server", ["swift"], indirect=True)


def chunked(server, target, content, headers=None, **options):
    """Return the body of a PUT of these bytes, or of a stream with the option `length`."""
    if isinstance(content, bytes):
        options = {"length": len(content), **options}
        content = io.BytesIO(content)
    if not options.get("signed", True):
        # Over http, unsigned chunks have to be requested by this header, too.
        headers = {**(headers or {}), "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}
    options = {"chunk_size": CHUNK_SIZE, **options}
    return server.signer().chunked("PUT", server.endpoint + target, headers, content, **options)


def put(server, target, body, headers=None, wire=None):
    """Send a chunked body, or other bytes instead."""
    sent = {name.lower(): value for name, value in {**(headers or {}), **body.headers}.items()}
    wire = b"".join(body) if wire is None else wire
    assert len(wire) == int(sent["content-length"])
    return server.send("PUT", target, sent.items(), [wire])
