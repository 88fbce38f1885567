"""
SigV4a compared with AWS's C runtime.

Its signatures are randomized, so each is verified with the public key that `support.sigv4a` derives
from the access key, and with the expected string to sign.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from awscrt.auth import AwsSigningAlgorithm
from hypothesis import strategies as st

from rsigv4 import InvalidRequestError, Signer
from support.oracles import (
    EMPTY_HASH,
    QuerySigned,
    Request,
    as_sent,
    parameters,
    presigned_by_awscrt,
    presigned_by_us,
    signed_by_awscrt,
    signer_of,
)
from support.signing import CREDENTIALS, MOMENT, TEMPORARY, TOKEN
from support.sigv4a import ALGORITHM, is_signature, public_key
from support.strategies import BODIES, SERVICES, differential, presignable_requests, requests

REGION_SETS = st.lists(
    st.sampled_from(["*", "us-east-1", "eu-*", "ap-southeast-2", "us-gov-west-1"]),
    min_size=1,
    max_size=3,
).map(",".join)
URL = "https://a1b2c3.mrap.accesspoint.s3-global.amazonaws.com/key"


def with_region_set(request, region_set):
    return Request(**{**vars(request), "region": region_set})


def split_signature(authorization):
    rest, _, signature = authorization.partition(", Signature=")
    return rest, signature


@differential(300, requests(SERVICES), REGION_SETS)
def test_headers_equal_those_of_awscrt_and_both_signatures_verify(request_, region_set):
    request = with_region_set(request_, region_set)
    parts = (request.method, request.url, request.headers, request.body)
    signer = signer_of(request, algorithm=ALGORITHM)
    ours = {name.lower(): value for name, value in signer.sign(*parts, time=request.moment).items()}
    theirs = signed_by_awscrt(request, algorithm=AwsSigningAlgorithm.V4_ASYMMETRIC)

    our_rest, our_signature = split_signature(ours.pop("authorization"))
    their_rest, their_signature = split_signature(theirs.pop("authorization"))
    assert (our_rest, ours) == (their_rest, theirs)
    assert ours["x-amz-region-set"] == region_set

    # awscrt's signature verifies with our string to sign, so the strings are equal.
    string_to_sign = signer.string_to_sign(*parts, time=request.moment)
    key = public_key(*request.key[:2])
    assert is_signature(key, our_signature, string_to_sign)
    assert is_signature(key, their_signature, string_to_sign)
    assert not is_signature(key, our_signature, string_to_sign + " ")


def string_to_sign_of_presigned(url, hashed_payload):
    """Return the string to sign of a presigned URL with no headers but the host."""
    parts = urlsplit(url)
    query, _, _signature = parts.query.partition("&X-Amz-Signature=")
    canonical_query_string = "&".join(sorted(query.split("&")))
    canonical_request = "\n".join(
        [
            "GET",
            parts.path,
            canonical_query_string,
            f"host:{parts.netloc}",
            "",
            "host",
            hashed_payload,
        ]
    )
    found = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return "\n".join(
        [
            ALGORITHM,
            found["X-Amz-Date"],
            found["X-Amz-Credential"].partition("/")[2],
            hashlib.sha256(canonical_request.encode()).hexdigest(),
        ]
    )


@pytest.mark.parametrize(
    ("service", "hashed_payload"), [("s3", "UNSIGNED-PAYLOAD"), ("execute-api", EMPTY_HASH)]
)
@pytest.mark.parametrize("token", [None, TOKEN])
@pytest.mark.parametrize("region_set", ["*", "us-east-1,eu-*", "us-west-2"])
def test_both_signatures_of_a_presigned_url_verify(service, hashed_payload, token, region_set):
    request = Request(
        service,
        url="https://example.com/key?a=1&b=",
        region=region_set,
        key=("AKIDEXAMPLE", "secret", token),
    )
    ours = presigned_by_us(request, algorithm=ALGORITHM)
    theirs = presigned_by_awscrt(request, algorithm=AwsSigningAlgorithm.V4_ASYMMETRIC)

    key = public_key(*request.key[:2])
    for url in (ours, theirs):
        text = string_to_sign_of_presigned(url, hashed_payload)
        assert is_signature(key, dict(parameters(url))["X-Amz-Signature"], text)
    assert dict(parameters(ours))["X-Amz-Region-Set"] == region_set


def without_signature(url):
    signed = QuerySigned.of(url)
    return signed.base, [pair for pair in signed.parameters if pair[0] != "X-Amz-Signature"]


@differential(200, presignable_requests(SERVICES), REGION_SETS)
def test_parameters_of_a_presigned_url_equal_those_of_awscrt(request_, region_set):
    request = with_region_set(request_, region_set)
    ours = presigned_by_us(request, algorithm=ALGORITHM)
    sent = as_sent(request, ours)
    theirs = presigned_by_awscrt(sent, algorithm=AwsSigningAlgorithm.V4_ASYMMETRIC)
    assert without_signature(ours) == without_signature(theirs)


def test_services_that_are_signed_for_in_one_second_have_signatures_of_their_own():
    signer = Signer(CREDENTIALS, "*", algorithm=ALGORITHM)
    key = public_key(CREDENTIALS.access_key_id, CREDENTIALS.secret_access_key)
    for service in ("s3", "execute-api", "s3"):
        url = f"https://{service}.us-east-1.amazonaws.com/"
        for _ in range(2):
            signed = signer.sign("GET", url, time=MOMENT)
            text = signer.string_to_sign("GET", url, time=MOMENT)
            assert f"/{service}/aws4_request" in text
            assert is_signature(key, split_signature(signed["Authorization"])[1], text)


def test_signature_differs_each_time():
    signer = Signer(CREDENTIALS, "*", "s3", algorithm=ALGORITHM)
    signatures = {signer.sign("GET", URL, time=MOMENT)["Authorization"] for _ in range(5)}
    assert len(signatures) == 5


@differential(200, BODIES)
def test_body_is_signed(body):
    signer = Signer(TEMPORARY, "*", "execute-api", algorithm=ALGORITHM)
    signed = signer.sign("PUT", URL, None, body, time=MOMENT)
    text = signer.string_to_sign("PUT", URL, None, body, time=MOMENT)
    other = signer.string_to_sign("PUT", URL, None, b"another body", time=MOMENT)
    key = public_key(TEMPORARY.access_key_id, TEMPORARY.secret_access_key)
    signature = split_signature(signed["Authorization"])[1]
    assert is_signature(key, signature, text)
    assert not is_signature(key, signature, other)


@pytest.mark.parametrize(
    ("region", "algorithm", "message"),
    [
        ("*", "AWS4-HMAC-SHA256", "region is a set of regions: .*algorithm="),
        ("us-east-1,eu-west-1", "AWS4-HMAC-SHA256", "region is a set of regions: .*algorithm="),
        ("eu-*", "AWS4-HMAC-SHA256", "region is a set of regions: .*algorithm="),
        ("", ALGORITHM, "region is empty: .*us-east-1,eu-"),
        ("us-east-1,", ALGORITHM, "region is empty: .*us-east-1,eu-"),
        ("us-east-1, eu-west-1", ALGORITHM, "region has white space"),
        ("us-east-1", "AWS4-HMAC-SHA1", "algorithm is unknown: pass .*AWS4-HMAC-SHA256"),
        ("us-east-1", "", "algorithm is unknown"),
        ("us-east-1", 4, "algorithm must be str, not int"),
    ],
)
def test_invalid_region_sets_and_algorithms_are_refused(region, algorithm, message):
    with pytest.raises(InvalidRequestError, match=f"^{message}"):
        Signer(CREDENTIALS, region, "s3", algorithm=algorithm)


def test_unsupported_request_of_sigv4a_is_an_error():
    signer = Signer(CREDENTIALS, "*", "s3", algorithm=ALGORITHM)
    with pytest.raises(InvalidRequestError, match=r"^algorithm is SigV4a, .*signed=False"):
        signer.chunked("PUT", URL, None, b"body", length=4)
    with pytest.raises(InvalidRequestError, match=r"^algorithm is SigV4a, .*AWS4-HMAC-SHA256"):
        signer.presign_post(URL, key="key", conditions=[{"bucket": "bucket"}])
    with pytest.raises(InvalidRequestError, match=r"^algorithm is SigV4a, .*AWS4-HMAC-SHA256"):
        signer.event_stream("0" * 64)
    body = signer.chunked(
        "PUT", URL, None, b"body", length=4, signed=False, trailer_checksum="sha1"
    )
    assert re.match(r"4\r\nbody\r\n0\r\nx-amz-checksum-sha1:", b"".join(body).decode())
