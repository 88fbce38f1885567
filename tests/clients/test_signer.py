# Client-independent signing.

from __future__ import annotations

import io

import pytest

from rsigv4 import Credentials
from rsigv4._clients.origin import is_same_origin, without_signature
from rsigv4._clients.signer import ClientSigner, sent_by_http_client
from rsigv4._core import content_length
from rsigv4.aws_auth import AWSRequestsAuth
from rsigv4.exceptions import InvalidRequestError

NOW = 1_800_000_000
KEY = Credentials("AKIDEXAMPLE", "secret", "token")
URL = "https://example.com/a"


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


@pytest.mark.parametrize(
    ("service", "headers", "body", "planned"),
    [
        ("es", [], None, "as is"),
        ("es", [], b"body", "as is"),
        ("es", [], io.BytesIO(b"body"), "as is"),
        ("es", [], iter([b"body"]), "buffered"),
        ("es", [("Content-Length", "4")], iter([b"body"]), "buffered"),
        ("s3", [("Content-Length", "4")], iter([b"body"]), "chunked"),
        ("s3", [], iter([b"body"]), "buffered"),
        ("es", [("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")], iter([b"body"]), "as is"),
        ("es", [(b"x-amz-content-sha256", b"UNSIGNED-PAYLOAD")], iter([b"body"]), "as is"),
        ("vpc-lattice-svcs", [], iter([b"body"]), "as is"),
        ("vpc-lattice-svcs", [("Content-Length", "4")], iter([b"body"]), "as is"),
    ],
)
def test_body_is_signed_as_planned(service, headers, body, planned):
    signing = ClientSigner(KEY, "eu-central-1", service)
    assert signing.plan_body(URL, headers, body) == planned


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        ({"content-length": 4}, 4),
        ([(b"Content-Length", b" 4 ")], 4),
        ([("Content-Length", "0")], 0),
        ([("Content-Type", "4"), ("CONTENT-LENGTH", "\t12 ")], 12),
        ([("Content-Length", str(2**64))], 2**64 - 1),
        ([("Content-Length", "four")], None),
        ([("Content-Length", "-4")], None),
        ([("Content-Length", "4.0")], None),
        ([("Content-Length", "\N{ARABIC-INDIC DIGIT FOUR}")], None),
        ([("Content-Length", b"\xff4")], None),
        ([("Content-Length", "")], None),
        ([], None),
    ],
)
def test_length_of_a_chunked_body_is_that_of_its_header(headers, length):
    signing = ClientSigner(KEY, "eu-central-1", "s3")
    assert content_length(headers) == length
    planned = signing.plan_body(URL, headers, iter([b"body"]))
    assert planned == ("buffered" if length is None else "chunked")
    # The caller of `sign` converts numbers.
    if length is not None and length < 2**63 and isinstance(headers, list):
        signed = sign(signing, "PUT", URL, headers, iter([b"body"]))
        assert signed.headers["X-Amz-Decoded-Content-Length"] == str(length)


@pytest.mark.parametrize("parameter", ["X-Amz-Signature=0", "x-amz-signature=0", "X-Amz-Signature"])
def test_presigned_url_is_not_changed(parameter):
    signing = ClientSigner(KEY, "eu-central-1", "s3")
    url = f"{URL}a+b?c=d+e&{parameter}"
    assert signing.plan_body(url, {}, iter([b"body"])) == "presigned"
    assert sign(signing, "PUT", url, {}, iter([b"body"])) is None
    # A signature in the fragment doesn't count: the fragment is not sent.
    assert signing.plan_body(f"{URL}?a=b#?{parameter}", {}, None) == "as is"


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        (
            "https://a+b@c.example/d+e/%2B+?f+g=h+i",
            "https://a+b@c.example/d%2Be/%2B%2B?f%20g=h%20i",
        ),
        ("https://c.example?f+g", "https://c.example?f%20g"),
        ("https://c.example/+?a=http://b/+", "https://c.example/%2B?a=http://b/%20"),
    ],
)
def test_plus_is_encoded_for_s3(url, sent):
    for service, expected in (("s3", sent), ("s3express", sent), ("es", url)):
        signing = ClientSigner(KEY, "eu-central-1", service)
        assert sign(signing, "GET", url, {}, None).url == expected


def sign(signing, method, url, headers, body):
    return signing.sign(signing.signer, method, url, headers, body)


@pytest.mark.parametrize("headers", [[], [("Content-Length", "4")]], ids=["as is", "chunked"])
def test_fragment_stays_in_the_url_and_out_of_the_signature(time_machine, headers):
    time_machine.move_to(NOW, tick=False)
    signing = ClientSigner(KEY, "eu-central-1", "s3")
    body = iter([b"body"]) if headers else b"body"
    url = f"{URL}?b=c#d?e"

    signed = sign(signing, "PUT", url, headers, body)
    assert signed.url == url
    assert signed.headers == sign(signing, "PUT", f"{URL}?b=c", headers, body).headers


def test_empty_stream_of_known_length_is_signed_in_chunks():
    signing = ClientSigner(KEY, "eu-central-1", "s3")
    signed = sign(signing, "PUT", URL, [("Content-Length", "0")], iter([]))
    assert signed.headers["X-Amz-Content-Sha256"] == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


def test_length_that_no_request_can_have_is_an_error():
    signing = ClientSigner(KEY, "eu-central-1", "s3")
    with pytest.raises(InvalidRequestError, match="length is more than a request can have"):
        sign(signing, "PUT", URL, [("Content-Length", str(2**64))], iter([b"body"]))


def test_unsigned_payload_can_be_requested():
    unsigned = ClientSigner(KEY, "eu-central-1", "es", payload="unsigned")
    signed = sign(unsigned, "PUT", URL, [], iter([b"body"]))
    assert signed.headers["X-Amz-Content-Sha256"] == "UNSIGNED-PAYLOAD"
    empty = sign(unsigned, "GET", URL, [], None)
    assert empty.headers["X-Amz-Content-Sha256"] != "UNSIGNED-PAYLOAD"


def test_error_of_unsigned_payload_over_http_says_what_to_add():
    unsigned = ClientSigner(KEY, "eu-central-1", "s3", payload="unsigned")
    whole = ClientSigner(KEY, "eu-central-1", "s3")
    header = [("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")]
    for signing, headers in ((unsigned, []), (whole, header)):
        with pytest.raises(InvalidRequestError, match=r"^body would be unsigned") as caught:
            sign(signing, "PUT", "http://example.com/", headers, iter([b"body"]))
        assert "x-amz-content-sha256: UNSIGNED-PAYLOAD" in str(caught.value)
        assert 'payload="unsigned"' in str(caught.value)

    signed = sign(unsigned, "PUT", "http://example.com/", header, iter([b"body"]))
    assert "Authorization" in signed.headers


def test_signed_request_shows_no_token():
    signing = ClientSigner(KEY, "eu-central-1", "es")
    signed = sign(signing, "GET", URL, [], None)

    assert signed.headers["X-Amz-Security-Token"] == "token"
    assert "token" not in repr(signed)


def test_unknown_payload_is_an_error():
    with pytest.raises(InvalidRequestError, match="payload is unknown"):
        ClientSigner(KEY, payload="signed")


@pytest.mark.parametrize(
    ("status", "explain", "can_resend", "wanted"),
    [
        (403, False, True, True),
        # A body that can be read only once is not sent again.
        (403, False, False, False),
        (403, True, False, True),
        # Services refuse a wrong clock with 403.
        (401, False, True, False),
        (401, True, False, True),
        (200, True, True, False),
        (400, True, True, False),
        (404, True, True, False),
        (500, True, True, False),
    ],
)
def test_response_is_read_only_if_it_is_needed(status, explain, can_resend, wanted):
    signing = ClientSigner(KEY, "eu-central-1", "es", explain=explain)
    assert signing.wants_response(status, can_resend=can_resend) is wanted


@pytest.mark.parametrize(("length", "known"), [(64 * 1024, True), (64 * 1024 + 80, False)])
def test_first_64_kib_of_a_refusal_are_explained(caplog, length, known):
    signing = ClientSigner(KEY, "eu-central-1", "es", explain=True)
    expired = b'{"message":"Signature expired: A is now earlier than B (C - 5 min.)"}'
    signing.explain_refusal(403, {}, expired.rjust(length), ("GET", URL))
    assert ("Change: set the clock" in caplog.text) is known


@pytest.mark.parametrize("value", ["16M", None, -1, b"1", [1]])
def test_limit_that_is_not_a_number_of_bytes_is_an_error(value):
    with pytest.raises(InvalidRequestError, match=r"^max_buffered_body must be a number of bytes"):
        ClientSigner(KEY, "eu-central-1", "es", max_buffered_body=value)


def test_16_mib_are_buffered_unless_the_caller_says_otherwise():
    limits = {ClientSigner(KEY).max_buffered_body, AWSRequestsAuth.max_buffered_body}
    assert limits == {16 * 1024 * 1024}


@pytest.mark.parametrize("value", [0, 2**40, float("inf")])
def test_limit_may_be_any_number_of_bytes(value):
    signing = ClientSigner(KEY, "eu-central-1", "es", max_buffered_body=value)
    assert signing.max_buffered_body == value


@pytest.mark.parametrize(
    ("service", "algorithm", "name"),
    [
        ("s3", "AWS4-ECDSA-P256-SHA256", "X-Amz-Region-Set"),
        ("s3express", "AWS4-HMAC-SHA256", "X-Amz-S3session-Token"),
        ("iotdevicegateway", "AWS4-HMAC-SHA256", "X-Amz-Security-Token"),
    ],
)
def test_all_headers_of_a_signature_are_removed(service, algorithm, name):
    signing = ClientSigner(KEY, "us-east-1", service, algorithm=algorithm)
    headers = sign(signing, "GET", URL, [], None).headers
    assert name in headers
    own = [("x-amz-meta-a", "b"), ("Content-Type", "text/plain")]
    assert without_signature([*own, *headers.items()]) == own


def test_text_is_signed_as_http_client_sends_it():
    pairs = [("a", "caf\u00e9"), ("b", b"caf\xc3\xa9"), ("c", 1)]
    assert sent_by_http_client(pairs) == [("a", b"caf\xe9"), ("b", b"caf\xc3\xa9"), ("c", b"1")]
    with pytest.raises(InvalidRequestError, match="pass bytes"):
        sent_by_http_client([("a", "\u4e2d")])
