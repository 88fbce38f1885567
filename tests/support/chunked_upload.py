"""What the tests of chunked uploads share: a content, and a request that brings it to a server."""

from __future__ import annotations

import io

import pytest

from support.servers.s3 import S3Server

# For what is to be seen without a server.
NOWHERE = S3Server("http://nowhere", "AKIDEXAMPLE", "secret", "us-east-1")

# Swift refuses smaller chunks, but for the last.
CHUNK_SIZE = 8192
# Without line ends, so that the wire's are those of its frame.
CONTENT = b"0123456789abcdefghijklmnopqrstuvwxyz" * 10_000
THREE_CHUNKS = CONTENT[: 2 * CHUNK_SIZE + 5]

# The gateway knows no trailers. It takes what announces them for a body of which the name of the
# mode should be the hash.
only_swift = pytest.mark.parametrize("s3_server", ["swift"], indirect=True)


def chunked(server, target, content, headers=None, **options):
    """Return the body of a PUT of these bytes, or of a stream whose length is an option."""
    if isinstance(content, bytes):
        options = {"length": len(content), **options}
        content = io.BytesIO(content)
    if not options.get("signed", True):
        # Over http, what is unsigned has to be asked for by this header, too.
        headers = {**(headers or {}), "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}
    options = {"chunk_size": CHUNK_SIZE, **options}
    return server.signer().chunked("PUT", server.endpoint + target, headers, content, **options)


def put(server, target, body, headers=None, wire=None):
    """Send a chunked body, or another one in its place."""
    sent = {name.lower(): value for name, value in {**(headers or {}), **body.headers}.items()}
    wire = b"".join(body) if wire is None else wire
    assert len(wire) == int(sent["content-length"])
    return server.send("PUT", target, sent.items(), [wire])
