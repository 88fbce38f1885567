# Presigned URLs with two servers that verify those of S3. Neither supports session tokens without
# more services.

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from support.servers.s3 import WRONG_SIGNATURE, by_server

CONTENT = b"content"
WEEK = 7 * 24 * 3600


def moment(**offset):
    return dt.datetime.now(dt.timezone.utc) + dt.timedelta(**offset)


def presigned(server, method, target, *, signer=None, **options):
    """Return the target of the presigned URL, without the endpoint."""
    signer = signer or server.signer()
    url = signer.presign(method, server.endpoint + target, **options)
    assert url.startswith(f"{server.endpoint}/")
    return url[len(server.endpoint) :]


@pytest.fixture
def target(s3_server, bucket):
    path = f"{bucket}/key"
    assert s3_server.call("PUT", path, body=CONTENT).status == 200
    return path


def test_get(s3_server, target):
    response = s3_server.send("GET", presigned(s3_server, "GET", target))

    assert (response.status, response.body) == (200, CONTENT)


def test_url_works_more_than_once(s3_server, target):
    signed = presigned(s3_server, "GET", target)

    assert [s3_server.send("GET", signed).body for _ in range(2)] == [CONTENT, CONTENT]


def test_head(s3_server, target):
    response = s3_server.send("HEAD", presigned(s3_server, "HEAD", target))

    assert (response.status, response.headers["Content-Length"]) == (200, str(len(CONTENT)))


@pytest.mark.parametrize("content", [b"", CONTENT, bytes(range(256)) * 1000])
def test_put_of_any_body(s3_server, bucket, content):
    target = f"{bucket}/key"

    response = s3_server.send("PUT", presigned(s3_server, "PUT", target), body=content)

    assert response.status == 200, response.text
    assert s3_server.call("GET", target).body == content


def test_delete(s3_server, target):
    response = s3_server.send("DELETE", presigned(s3_server, "DELETE", target))

    assert response.status == 204, response.text
    assert s3_server.call("GET", target).refusal == (404, "NoSuchKey")


def test_longest_life_that_s3_allows(s3_server, target):
    signed = presigned(s3_server, "GET", target, expires_in=WEEK)

    assert s3_server.send("GET", signed).body == CONTENT


def test_query_of_the_url_is_kept_and_signed(s3_server, target):
    query = "?response-content-type=text%2Fplain;+charset%3Dutf-8&response-cache-control=no-store"
    signed = presigned(s3_server, "GET", target + query.replace(";", "%3B"))

    response = s3_server.send("GET", signed)

    assert (response.status, response.body) == (200, CONTENT)
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"


# The prefix in the URL, and decoded.
PREFIXES = {
    "a b": "a b",
    "a%20b": "a b",
    "a+b": "a b",
    "a%2Bb": "a+b",
    "ü/": "ü/",
    "%C3%BC%2f": "ü/",
}


@pytest.mark.parametrize(("in_url", "prefix"), PREFIXES.items())
def test_list_of_a_prefix(s3_server, bucket, in_url, prefix):
    for key in ("a b", "a+b", "ü/x"):
        assert s3_server.call("PUT", f"{bucket}/{key}", body=CONTENT).status == 200
    signed = presigned(s3_server, "GET", f"{bucket}?list-type=2&prefix={in_url}&delimiter=&x")

    response = s3_server.send("GET", signed)

    assert response.status == 200, response.text
    assert [key[: len(prefix)] for key in response.elements("Key")] == [prefix]


KEYS = {
    "a b": "a b",
    "käse": "käse",
    "k%c3%a4se": "käse",
    "a+b": "a+b",
    "a%2Bb": "a+b",
    "100%25": "100%",
    "a%252Fb": "a%2Fb",
    "a:b": "a:b",
    "a;params=1": "a;params=1",
    "%7Euser@host=~": "~user@host=~",
    "(a)!*'$&,": "(a)!*'$&,",
    "a%23b%3Fc": "a#b?c",
    "é%41 +:😀": "éA +:😀",
    "k" * 200: "k" * 200,
}


@pytest.mark.parametrize(("in_url", "key"), KEYS.items(), ids=ascii)
def test_object_has_the_decoded_key_of_the_url(s3_server, bucket, in_url, key):
    target = f"{bucket}/{in_url}"

    put = s3_server.send("PUT", presigned(s3_server, "PUT", target), body=CONTENT)

    assert put.status == 200, put.text
    assert s3_server.call("GET", bucket).elements("Key") == [key]
    assert s3_server.send("GET", presigned(s3_server, "GET", target)).body == CONTENT


# The gateway refuses dot segments and collapses slashes, even if they are signed.
@pytest.mark.parametrize("s3_server", ["swift"], indirect=True)
@pytest.mark.parametrize("key", ["a//b", "//a", "a/./b", "a/../b", "../../a", "a/"])
def test_path_is_not_normalized(s3_server, bucket, key):
    signed = presigned(s3_server, "PUT", f"{bucket}/{key}")

    assert s3_server.send("PUT", signed, body=CONTENT).status == 200

    assert s3_server.call("GET", bucket).elements("Key") == [key]


SIGNED_HEADERS = {"x-amz-meta-a": "  several   spaces ", "Content-Type": "text/plain"}


def presigned_with_headers(server, target):
    signed = presigned(server, "PUT", target, headers=SIGNED_HEADERS)
    names = parse_qs(urlsplit(signed).query)["X-Amz-SignedHeaders"]
    assert names == ["content-type;host;x-amz-meta-a"]
    return signed


def test_put_with_the_headers_that_are_signed(s3_server, bucket):
    target = f"{bucket}/key"
    signed = presigned_with_headers(s3_server, target)

    response = s3_server.send("PUT", signed, SIGNED_HEADERS.items(), CONTENT)

    assert response.status == 200, response.text
    headers = s3_server.call("HEAD", target).headers
    assert headers["x-amz-meta-a"] == "several   spaces"
    assert headers["Content-Type"] == "text/plain"


# The gateway has its own error for missing signed headers.
@by_server(juicefs=(400, "AccessDenied"), swift=WRONG_SIGNATURE)
@pytest.mark.parametrize("name", SIGNED_HEADERS)
def test_missing_signed_header_is_refused(s3_server, bucket, name, expected):
    signed = presigned_with_headers(s3_server, f"{bucket}/key")
    sent = {**SIGNED_HEADERS}
    del sent[name]

    assert s3_server.send("PUT", signed, sent.items(), CONTENT).refusal == expected


@pytest.mark.parametrize("name", SIGNED_HEADERS)
def test_changed_signed_header_is_refused(s3_server, bucket, name):
    signed = presigned_with_headers(s3_server, f"{bucket}/key")
    sent = {**SIGNED_HEADERS, name: "another"}

    assert s3_server.send("PUT", signed, sent.items(), CONTENT).refusal == WRONG_SIGNATURE


# The gateway checks only headers in X-Amz-SignedHeaders.
@pytest.mark.parametrize("s3_server", ["swift"], indirect=True)
def test_added_unsigned_amz_header_is_refused(s3_server, bucket):
    signed = presigned(s3_server, "PUT", f"{bucket}/key")

    response = s3_server.send("PUT", signed, SIGNED_HEADERS.items(), CONTENT)

    assert response.refusal == (403, "AccessDenied")


TAMPERED = {
    "the signature": (r"(?<=X-Amz-Signature=)(?P<digit>.)", lambda m: "01"[m["digit"] == "0"]),
    "the path": ("/key", "/keY"),
    "the life": ("X-Amz-Expires=60", "X-Amz-Expires=61"),
    "the names of the headers": ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=host%3Brange"),
    "a parameter": ("type=text", "type=html"),
    "a parameter's name": ("response-content-type", "response-content-language"),
    "one parameter more": (r"\?", "?response-cache-control=no-store&"),
    "one parameter less": ("&?response-content-type=text", ""),
}


@pytest.mark.parametrize(("pattern", "replacement"), TAMPERED.values(), ids=TAMPERED)
def test_tampered_url_is_refused(s3_server, target, pattern, replacement):
    query = "?response-content-type=text"
    signed = presigned(s3_server, "GET", target + query, expires_in=60)
    tampered, count = re.subn(pattern, replacement, signed)
    assert count == 1

    response = s3_server.send("GET", tampered, {"Range": "bytes=0-"}.items())

    assert response.refusal == WRONG_SIGNATURE


def test_other_method_is_refused(s3_server, target):
    signed = presigned(s3_server, "GET", target)

    assert s3_server.send("DELETE", signed).refusal == WRONG_SIGNATURE
    assert s3_server.send("GET", signed).body == CONTENT


def test_wrong_secret_is_refused(s3_server, target):
    signer = s3_server.signer(secret_access_key="another secret")
    signed = presigned(s3_server, "GET", target, signer=signer)

    assert s3_server.send("GET", signed).refusal == WRONG_SIGNATURE


@by_server(
    juicefs=(400, "AuthorizationHeaderMalformed"),
    swift=(400, "AuthorizationQueryParametersError"),
)
def test_wrong_region_is_refused(s3_server, target, expected):
    signer = s3_server.signer(region="eu-central-1")
    signed = presigned(s3_server, "GET", target, signer=signer)

    assert s3_server.send("GET", signed).refusal == expected


def test_expired_url_is_refused(s3_server, target):
    signed = presigned(s3_server, "GET", target, expires_in=60, time=moment(seconds=-90))

    response = s3_server.send("GET", signed)

    assert response.refusal == (403, "AccessDenied")
    assert response.element("Message") == "Request has expired"


def test_url_older_than_signed_requests_may_be_is_accepted(s3_server, target):
    signed = presigned(s3_server, "GET", target, time=moment(minutes=-59))

    assert s3_server.send("GET", signed).body == CONTENT


# Swift returns its own canonical request.
def test_canonical_request_equals_that_of_swift(swift):
    signer = swift.signer(secret_access_key="another secret")
    target = "/bucket/a b/ä+:?response-content-type=a+b/c&x"
    now = moment()

    signed = presigned(swift, "GET", target, signer=signer, expires_in=60, time=now)

    response = swift.send("GET", signed)
    assert response.refusal == WRONG_SIGNATURE
    assert response.element("CanonicalRequest") == (
        "GET\n"
        "/bucket/a%20b/%C3%A4%2B%3A\n"
        "X-Amz-Algorithm=AWS4-HMAC-SHA256"
        f"&X-Amz-Credential=test%3Atester%2F{now:%Y%m%d}%2Fus-east-1%2Fs3%2Faws4_request"
        f"&X-Amz-Date={now:%Y%m%dT%H%M%SZ}&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
        "&response-content-type=a%20b%2Fc&x=\n"
        f"host:{swift.host}\n"
        "\n"
        "host\n"
        "UNSIGNED-PAYLOAD"
    )
