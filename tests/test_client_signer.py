# What all clients share of signing a request, without any of them.

from __future__ import annotations

import io
import time
from email.utils import formatdate

import pytest

from rsigv4 import Credentials
from rsigv4._client import (
    ClientSigner,
    is_same_origin,
    sent_by_http_client,
    without_signature,
)
from rsigv4.exceptions import InvalidRequestError

NOW = 1_800_000_000
KEY = Credentials("AKIDEXAMPLE", "secret", "token")
URL = "https://example.com/a"


@pytest.fixture
def signing(time_machine):
    time_machine.move_to(NOW, tick=False)
    return ClientSigner(KEY, "eu-central-1", "es")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a/", "http://a/b?c#d", True),
        ("http://a/", "http://a:80/", True),
        ("https://a:443/", "https://a/", True),
        ("http://A/", "http://a/", True),
        ("http://user:word@a/", "http://a/", True),
        ("http://[::1]:80/", "http://[::1]/", True),
        ("http://a/", "https://a/", False),
        ("http://a/", "http://a:81/", False),
        ("http://a/", "http://a.b/", False),
        ("http://localhost/", "http://127.0.0.1/", False),
        ("http://a:443/", "https://a/", False),
        ("http://a@b/", "http://a/", False),
        ("http://a:99999/", "http://a/", False),
        ("http://a:b/", "http://a/", False),
        ("http://a:99999/", "http://a:b/", False),
        ("http://[::1/", "http://[::1]/", False),
        ("http://[a]/", "http://[::1]/", False),
    ],
)
def test_origins_are_scheme_host_and_port(one, other, same):
    assert is_same_origin(one, other) is same
    assert is_same_origin(other, one) is same


def skewed(seconds):
    return {"date": formatdate(NOW + seconds, usegmt=True)}


def amz_date(seconds=0):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(NOW + seconds))


EXPIRED = b'{"message":"Signature expired: A is now earlier than B (C - 5 min.)"}'


@pytest.mark.parametrize(
    "body",
    [
        EXPIRED,
        b'{"message":"Signature not yet current: A is still later than B (C + 5 min.)"}',
        b"<Error><Code>RequestTimeTooSkewed</Code></Error>",
        b'{"__type":"com.amazon.coral.service#RequestExpired"}',
        b"",
    ],
)
@pytest.mark.parametrize("seconds", [901, -901, 3600])
def test_clock_is_learned_from_what_services_say_of_it(signing, body, seconds):
    assert signing.learn_clock(403, skewed(seconds), body, amz_date())
    sent = signing.sign(signing.signer, "GET", URL, [], None).headers["X-Amz-Date"]
    assert sent == amz_date(seconds)


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, skewed(3600), EXPIRED),
        (400, skewed(3600), EXPIRED),
        (403, {}, EXPIRED),
        (403, {"date": "yesterday"}, EXPIRED),
        (403, skewed(0), EXPIRED),
        (403, skewed(59), EXPIRED),
        (403, skewed(-899), b""),
        (403, skewed(3600), b'{"message":"The security token is invalid"}'),
        (403, skewed(3600), b"a" * 70_000 + EXPIRED),
    ],
)
def test_clock_is_not_learned_from_anything_else(signing, status, headers, body):
    assert not signing.learn_clock(status, headers, body, amz_date())
    sent = signing.sign(signing.signer, "GET", URL, [], None).headers["X-Amz-Date"]
    assert sent == amz_date()


def test_clock_is_measured_from_the_time_that_was_signed(signing):
    assert signing.learn_clock(403, skewed(3600), EXPIRED, amz_date())
    # Another request was signed before that was known, and may be signed again.
    assert signing.learn_clock(403, skewed(3600), EXPIRED, amz_date())
    # Signed with the server's own time, it is refused for something else.
    assert not signing.learn_clock(403, skewed(3600), EXPIRED, amz_date(3600))


@pytest.mark.parametrize(
    ("service", "headers", "body", "buffered"),
    [
        ("es", [], None, False),
        ("es", [], b"body", False),
        ("es", [], io.BytesIO(b"body"), False),
        ("es", [], iter([b"body"]), True),
        ("es", [("Content-Length", "4")], iter([b"body"]), True),
        ("s3", [("Content-Length", "4")], iter([b"body"]), False),
        ("s3", [("Content-Length", "four")], iter([b"body"]), True),
        ("s3", [], iter([b"body"]), True),
        ("es", [("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")], iter([b"body"]), False),
        ("es", [(b"x-amz-content-sha256", b"UNSIGNED-PAYLOAD")], iter([b"body"]), False),
    ],
)
def test_what_has_to_be_in_memory(service, headers, body, buffered):
    signing = ClientSigner(KEY, "eu-central-1", service)
    assert signing.must_buffer(signing.signer, URL, headers, body) is buffered


def test_unsigned_payload_is_asked_for():
    unsigned = ClientSigner(KEY, "eu-central-1", "es", payload="unsigned")
    signed = unsigned.sign(unsigned.signer, "PUT", URL, [], iter([b"body"]))
    assert signed.headers["X-Amz-Content-Sha256"] == "UNSIGNED-PAYLOAD"
    empty = unsigned.sign(unsigned.signer, "GET", URL, [], None)
    assert empty.headers["X-Amz-Content-Sha256"] != "UNSIGNED-PAYLOAD"


def test_unknown_payload_is_an_error():
    with pytest.raises(InvalidRequestError, match="payload is unknown"):
        ClientSigner(KEY, payload="signed")


def test_nothing_of_a_signature_is_left():
    signing = ClientSigner(KEY, "us-east-1,eu-*", "s3", algorithm="AWS4-ECDSA-P256-SHA256")
    headers = signing.sign(signing.signer, "GET", URL, [], None).headers
    assert "X-Amz-Region-Set" in headers
    own = [("x-amz-meta-a", "b"), ("Content-Type", "text/plain")]
    assert without_signature([*own, *headers.items()]) == own


def test_text_is_signed_as_http_client_sends_it():
    pairs = [("a", "caf\u00e9"), ("b", b"caf\xc3\xa9"), ("c", 1)]
    assert sent_by_http_client(pairs) == [("a", b"caf\xe9"), ("b", b"caf\xc3\xa9"), ("c", b"1")]
    with pytest.raises(InvalidRequestError, match="pass bytes"):
        sent_by_http_client([("a", "\u4e2d")])
