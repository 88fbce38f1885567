"""The content of chunks has exactly the length in `x-amz-decoded-content-length`."""

from __future__ import annotations

import base64
import hmac
import zlib

import pytest

from rsigv4 import Signer
from rsigv4.exceptions import IncompleteBodyError
from support.signing import AMZ_DATE, MOMENT, sha256
from support.verifying import TEMPORARY_KEY, arrived, feed_all
from support.verifying_chunks import URL, pieces


def length_of(length, content, *, is_signed):
    """Return a correctly signed request that declares content of this length."""
    literal = "AWS4-HMAC-SHA256-PAYLOAD" if is_signed else "UNSIGNED-PAYLOAD-TRAILER"
    headers = {
        "x-amz-content-sha256": f"STREAMING-{literal}",
        "x-amz-decoded-content-length": str(length),
        **({} if is_signed else {"x-amz-trailer": "x-amz-checksum-crc32"}),
    }
    added = Signer(TEMPORARY_KEY, "us-east-1", "s3").sign("PUT", URL, headers, time=MOMENT)
    if is_signed:
        signature = added["Authorization"].partition("Signature=")[2]
        body = b"".join(signed_chunks([content, b""], signature))
    else:
        checksum = base64.b64encode(zlib.crc32(content).to_bytes(4, "big"))
        trailer = b"x-amz-checksum-crc32:%b\r\n" % checksum
        body = b"%x\r\n%b\r\n0\r\n%b\r\n" % (len(content), content, trailer)
    return arrived("PUT", URL, headers, body, added=added)


def signed_chunks(chunks, signature):
    """
    Yield chunks as in S3's documentation, each signed with the previous signature.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
    """
    scope = f"{AMZ_DATE[:8]}/us-east-1/s3/aws4_request"
    key = f"AWS4{TEMPORARY_KEY.secret_access_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    for chunk in chunks:
        parts = ("AWS4-HMAC-SHA256-PAYLOAD", AMZ_DATE, scope, signature, sha256(b""), sha256(chunk))
        signature = hmac.digest(key, "\n".join(parts).encode(), "sha256").hex()
        yield b"%x;chunk-signature=%b\r\n%b\r\n" % (len(chunk), signature.encode(), chunk)


@pytest.mark.parametrize("is_signed", [True, False])
@pytest.mark.parametrize("size", [1, 1_000_000])
def test_content_must_have_the_signed_length(size, is_signed):
    for length in (0, 4, 6, 2**40):
        request = length_of(length, b"hello", is_signed=is_signed)
        with pytest.raises(IncompleteBodyError) as caught:
            feed_all(request, pieces(request.body, size))
        assert (caught.value.code, caught.value.status) == ("IncompleteBody", 400)
    request = length_of(5, b"hello", is_signed=is_signed)
    assert feed_all(request, pieces(request.body, size)) == b"hello"
