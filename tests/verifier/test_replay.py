"""The string to sign identifies a replay; the signature doesn't."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from rsigv4 import Signer
from rsigv4.exceptions import SignatureMismatchError
from support.signing import CREDENTIALS, MOMENT
from support.verifying import (
    SIGV4A,
    TEMPORARY_KEY,
    URL,
    arrived,
    authorization,
    feed_all,
    presigned,
    query,
    refused,
    signed,
    verifier,
)
from support.verifying_chunks import CONTENT, chunked

#: The order of P-256. https://csrc.nist.gov/pubs/sp/800/186/final
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def twin_of(signature: str) -> str:
    """Return the other valid signature for the same message, computed without the key."""
    r, s = decode_dss_signature(bytes.fromhex(signature))
    return encode_dss_signature(r, ORDER - s).hex()


def in_header():
    request = signed(algorithm=SIGV4A)
    signature = request.header("Authorization").partition("Signature=")[2]
    return request, authorization(request, signature, twin_of(signature))


def in_url():
    url = Signer(CREDENTIALS, "*", "execute-api", algorithm=SIGV4A).presign("GET", URL, time=MOMENT)
    request = arrived("GET", url)
    signature = url.partition("X-Amz-Signature=")[2]
    return request, query(request, signature, twin_of(signature))


@pytest.mark.parametrize("make", [in_header, in_url])
def test_both_signatures_of_a_sigv4a_request_have_the_same_identity(make):
    first, second = (request.verified() for request in make())
    assert first.string_to_sign_sha256 == second.string_to_sign_sha256
    # It differs for another request.
    other = signed(algorithm=SIGV4A, headers={"x-amz-meta-a": "b"}).verified()
    assert other.string_to_sign_sha256 != first.string_to_sign_sha256


@pytest.mark.parametrize("algorithm", ["AWS4-HMAC-SHA256", SIGV4A])
@pytest.mark.parametrize("key", [CREDENTIALS, TEMPORARY_KEY], ids=["own key", "temporary key"])
def test_identity_has_the_hash_of_the_string_to_sign(algorithm, key):
    region = "*" if algorithm == SIGV4A else "us-east-1"
    signer = Signer(key, region, "execute-api", algorithm=algorithm)
    text = signer.string_to_sign("GET", URL, time=MOMENT)
    identity = signed(key, algorithm=algorithm).verified()
    assert identity.string_to_sign_sha256 == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("service", ["execute-api", "s3", "iotdevicegateway"])
@pytest.mark.parametrize("key", [CREDENTIALS, TEMPORARY_KEY], ids=["own key", "temporary key"])
def test_every_spelling_of_a_url_has_the_same_identity(service, key):
    request = presigned(key, service)
    url, _, parameters = request.url.partition("?")
    reordered = f"{url}?{'&'.join(reversed(parameters.split('&')))}"
    first, second = (request.but(url=url).verified() for url in (request.url, reordered))
    assert first.string_to_sign_sha256 == second.string_to_sign_sha256
    if service != "iotdevicegateway":
        # The token of the others is signed: a refusal expects what was signed.
        error = refused(query(request, "X-Amz-Signature=", "X-Amz-Signature=00"), verifier())
        assert type(error) is SignatureMismatchError
        text = error.string_to_sign.encode()
        assert first.string_to_sign_sha256 == hashlib.sha256(text).hexdigest()


def test_body_in_chunks_has_the_identity_of_its_request():
    request = chunked()
    identity = request.verified()
    assert feed_all(request, [request.body]) == CONTENT
    assert len(identity.string_to_sign_sha256) == 64
    assert identity.string_to_sign_sha256 != chunked(CONTENT[1:]).verified().string_to_sign_sha256
