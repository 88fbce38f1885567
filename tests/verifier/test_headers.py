"""Every x-amz-* header of a request is verified."""

from __future__ import annotations

import pytest

from rsigv4.exceptions import (
    InvalidTokenError,
    RepeatedFieldError,
    SignatureMismatchError,
    UnsignedHeaderError,
    VerificationError,
)
from support.signing import ACCESS_KEY, CREDENTIALS, TOKEN
from support.verifying import SIGV4A, TEMPORARY_KEY, presigned, refused, signed, verifier

REQUESTS = {
    "header": signed,
    "header, with a token": lambda: signed(TEMPORARY_KEY),
    "header, SigV4a": lambda: signed(algorithm=SIGV4A),
    "header, S3": lambda: signed(service="s3"),
    "header, S3 Express": lambda: signed(TEMPORARY_KEY, service="s3express"),
    "url": presigned,
    "url, with a token": lambda: presigned(TEMPORARY_KEY),
    "url, S3": lambda: presigned(service="s3"),
    "url, S3 Express": lambda: presigned(TEMPORARY_KEY, service="s3express"),
    "url, token added after signing": lambda: presigned(TEMPORARY_KEY, service="iotdevicegateway"),
}
HEADERS = [
    "x-amz-security-token",
    "X-Amz-Security-Token",
    "x-amz-s3session-token",
    "x-amz-region-set",
    "x-amz-acl",
    "X-AMZ-ACL",
    "x-amz-decoded-content-length",
    "x-amz-trailer",
    "x-amz-meta-a",
    "x-amz-cf-pop",
    "x-amz-cf-id-2",
    "x-amz-",
    # CGI and WSGI treat these names as equal.
    "x_amz_acl",
    "X_Amz-Acl",
    "x-amz_security_token",
    "x_amz_cf_id",
]


@pytest.mark.parametrize("make", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("name", HEADERS)
def test_unsigned_amz_header_is_refused(name, make):
    request = make()
    assert request.verified().service
    error = refused(request.but(headers=[*request.headers, (name, "a")]), verifier())
    # A token in a header is compared, or is refused next to one in the URL.
    assert type(error) in {UnsignedHeaderError, RepeatedFieldError, InvalidTokenError}


@pytest.mark.parametrize("key", [CREDENTIALS, TEMPORARY_KEY], ids=["own key", "temporary key"])
def test_token_in_a_header_of_a_presigned_url_is_refused(key):
    for token in (TOKEN, "", "another"):
        request = presigned(key).with_header("X-Amz-Security-Token", token)
        kind = RepeatedFieldError if key.session_token else UnsignedHeaderError
        assert type(refused(request)) is kind


def test_unsigned_header_is_reported_only_with_a_valid_signature():
    # If the body has to be hashed, it is reported before the body is read.
    request = presigned(service="s3").with_header("X-Amz-Acl", "public-read")
    error = refused(request.but(url=request.url + "&c=d"), verifier())
    assert type(error) is SignatureMismatchError


@pytest.mark.parametrize("service", ["execute-api", "s3", "s3express"])
@pytest.mark.parametrize("value", ["", " "])
def test_empty_token_that_was_not_signed_is_refused(value, service):
    name = "X-Amz-S3session-Token" if service == "s3express" else "X-Amz-Security-Token"
    request = signed(service=service)
    assert type(refused(request.with_header(name, value), verifier())) is UnsignedHeaderError
    request = presigned(service=service)
    for query in (f"&{name}=", f"&{name}"):
        error = refused(request.but(url=request.url + query), verifier())
        assert type(error) is SignatureMismatchError


def test_empty_token_that_was_signed_is_accepted():
    request = signed(headers={"X-Amz-Security-Token": ""})
    assert "x-amz-security-token" in request.verified().signed_headers


@pytest.mark.parametrize("make", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("name", ["x-amz-cf-id", "X-Amz-Cf-Id", "x-amzn-trace-id", "via", "x-amz"])
def test_header_added_by_a_proxy_is_accepted(name, make):
    request = make()
    assert request.with_header(name, "Root=1-5759e988-bd862e3fe1be46a994272793").verified()


def test_signed_header_of_cloudfront_is_verified():
    request = signed(headers={"x-amz-cf-id": "a"})
    assert "x-amz-cf-id" in request.verified().signed_headers
    assert type(refused(request.with_header("x-amz-cf-id", "b"))) is SignatureMismatchError


def test_unsigned_token_in_a_header_is_compared():
    request = signed(TEMPORARY_KEY, sign_session_token=False)
    identity = request.verified()
    assert "x-amz-security-token" not in identity.signed_headers
    assert type(refused(request.with_header("X-Amz-Security-Token", "a"))) is InvalidTokenError


def test_unsigned_payload_header_of_a_presigned_url_must_match_the_body():
    request = presigned(service="s3")
    stated = request.with_header("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
    assert stated.verified().payload == "unsigned"
    for value in ("0" * 64, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", ""):
        with pytest.raises(VerificationError):
            request.with_header("x-amz-content-sha256", value).verified()


def test_host_of_the_url_stands_for_a_missing_header():
    request = signed().without_header("host")
    assert request.verified().access_key_id == ACCESS_KEY
