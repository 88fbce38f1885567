"""Bodies in chunks, verified and decoded while they are read."""

from __future__ import annotations

import itertools
import random

import pytest

from rsigv4 import Credentials, Verifier
from rsigv4.exceptions import ChecksumMismatchError, ChunkMismatchError
from support.signing import MOMENT
from support.strategies import SEED, SEED_VARIABLE
from support.verifying import KEYS, arrived, feed_all
from support.verifying_chunks import CHUNK, CONTENT, chunked, pieces

CHECKSUMS = ["crc32", "crc32c", "crc64nvme", "md5", "sha1", "sha256", "sha512"]
CHECKSUMS += ["xxhash3", "xxhash64", "xxhash128"]
FORMS = {
    "signed": {},
    "signed with a trailer": {"trailer_checksum": "crc32"},
    "unsigned with a trailer": {"trailer_checksum": "sha256", "signed": False},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5])
def test_content_is_decoded_in_any_pieces(length, form):
    request = chunked(CONTENT[:length], **form)
    for size in (1, 2, 7, 100, CHUNK, 10 * CHUNK):
        assert feed_all(request, pieces(request.body, size)) == CONTENT[:length]
    expected = "streaming" if form.get("signed", True) else "unsigned"
    assert request.verified().payload == expected


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("checksum", CHECKSUMS)
def test_trailers_of_every_checksum(checksum, signed):
    request = chunked(trailer_checksum=checksum, signed=signed)
    assert feed_all(request, pieces(request.body, 1000)) == CONTENT
    if not signed:
        with pytest.raises(ChecksumMismatchError, match=f"x-amz-checksum-{checksum} "):
            request.but(body=request.body.replace(CONTENT[:4], b"1234")).verified()


@pytest.mark.parametrize("service", ["s3", "s3express", "s3-outposts", "s3-object-lambda"])
@pytest.mark.parametrize("key", KEYS.values(), ids=["own key", "temporary key"])
def test_services_and_keys(service, key):
    request = chunked(key=key, service=service)
    assert feed_all(request, [request.body]) == CONTENT


def test_unsigned_chunks_of_sigv4a():
    signer = {"algorithm": "AWS4-ECDSA-P256-SHA256"}
    request = chunked(signer=signer, signed=False, trailer_checksum="crc32")
    assert feed_all(request, [request.body]) == CONTENT


EXAMPLE_KEY = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
SIZES = (65536, 1024, 0)


def example(signed_headers, signature, chunk_signatures, headers, trailer=b""):
    """Return a request of AWS's documentation."""
    scope = "20130524/us-east-1/s3/aws4_request"
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={EXAMPLE_KEY.access_key_id}/{scope},"
        f"SignedHeaders={signed_headers},Signature={signature}"
    )
    headers = {
        "Host": "s3.amazonaws.com",
        "x-amz-date": "20130524T000000Z",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "Authorization": authorization,
        "Content-Encoding": "aws-chunked",
        "x-amz-decoded-content-length": "66560",
        **headers,
    }
    wire = b"".join(
        b"%x;chunk-signature=%b\r\n%b"
        % (size, chunk.encode(), (size and b"a" * size + b"\r\n") or b"")
        for size, chunk in zip(SIZES, chunk_signatures)
    )
    time = MOMENT.replace(year=2013, month=5, day=24, hour=0, minute=0)
    url = "https://s3.amazonaws.com/examplebucket/chunkObject.txt"
    return arrived("PUT", url, headers, wire + trailer + b"\r\n", time=time)


# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
PRINTED = example(
    "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
    "x-amz-decoded-content-length;x-amz-storage-class",
    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    [
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ],
    {
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "Content-Length": "66824",
    },
)
# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
PRINTED_WITH_TRAILER = example(
    "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;"
    "x-amz-storage-class;x-amz-trailer",
    "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    [
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ],
    {
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "x-amz-trailer": "x-amz-checksum-crc32c",
    },
    b"x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:"
    b"d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n",
)


@pytest.mark.parametrize("request_", [PRINTED, PRINTED_WITH_TRAILER], ids=["plain", "trailer"])
def test_examples_of_aws(request_):
    by = Verifier(lambda _: EXAMPLE_KEY)
    assert request_.verified(by).payload == "streaming"
    with pytest.raises(ChunkMismatchError):
        request_.but(body=request_.body.replace(b"aaa", b"aab", 1)).verified(by)


def test_boundaries_of_pieces_do_not_matter():
    print(f"{SEED_VARIABLE}={SEED}")  # noqa: T201 - shown when it fails
    chance = random.Random(SEED)  # noqa: S311 - the same
    for form, _ in itertools.product(FORMS.values(), range(30)):
        request = chunked(**form)
        cuts = sorted(chance.choices(range(len(request.body) + 1), k=chance.randrange(20)))
        wire = [
            request.body[start:end] for start, end in zip([0, *cuts], [*cuts, len(request.body)])
        ]
        assert feed_all(request, wire) == CONTENT
