"""Path, query and host of a URL, by AWS's written rules."""

from __future__ import annotations

import pytest

from rsigv4 import InvalidRequestError, Signer, Verifier
from rsigv4.exceptions import MalformedRequestError
from support.signing import CREDENTIALS, MOMENT, URL


def canonical_lines(url="https://example.com/", headers=None, *, service="execute-api", **options):
    """Return the lines of the canonical request: method, path, query, headers, names, payload."""
    signer = Signer(CREDENTIALS, "us-east-1", service, content_sha256_header=False, **options)
    return signer.canonical_request("GET", url, headers, time=MOMENT).split("\n")


def canonical_uri(target, **options):
    return canonical_lines(f"https://example.com{target}", **options)[1]


def canonical_query_string(target):
    return canonical_lines(f"https://example.com{target}")[2]


def host_line(url, headers=None):
    return next(line for line in canonical_lines(url, headers) if line.startswith("host:"))


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("", "/"),
        ("?q=1", "/"),
        ("/a/b", "/a/b"),
        ("/a/b/", "/a/b/"),
        ("/a%20b", "/a%2520b"),
        ("/a%2Fb", "/a%252Fb"),
        # The wire path is encoded again: the case of its hexadecimal digits stays.
        ("/a%2fb", "/a%252fb"),
        ("/%41", "/%2541"),
        ("/a;b=1/c;d", "/a%3Bb%3D1/c%3Bd"),
        ("/a:b@c!$&'()*+,=", "/a%3Ab%40c%21%24%26%27%28%29%2A%2B%2C%3D"),
        # Clients send these percent-encoded, and that form is encoded again.
        ("/a b", "/a%2520b"),
        ("/\u00e9", "/%25C3%25A9"),
        ("/100%", "/100%25"),
        ("//", "/"),
        ("//a//b//", "/a/b/"),
        ("/./a/./b", "/a/b"),
        ("/a/../b", "/b"),
        ("/a/b/..", "/a"),
        ("/../..", "/"),
        ("/..a/.b/c..", "/..a/.b/c.."),
        # An encoded dot is not a dot segment.
        ("/a/%2E%2E/b", "/a/%252E%252E/b"),
    ],
)
def test_path_is_normalized_and_encoded_again(target, expected):
    assert canonical_uri(target) == expected


@pytest.mark.parametrize("service", ["s3", "s3express", "s3-object-lambda", "s3-outposts"])
@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("", "/"),
        ("/a%20b", "/a%20b"),
        ("/a%2fb", "/a/b"),
        ("/%41", "/A"),
        ("/a;b=1", "/a%3Bb%3D1"),
        ("/a:b@c!$&'()*+,=", "/a%3Ab%40c%21%24%26%27%28%29%2A%2B%2C%3D"),
        ("/a b", "/a%20b"),
        ("/\u00e9", "/%C3%A9"),
        ("/%c3%a9", "/%C3%A9"),
        ("/%FF", "/%FF"),
        ("/100%", "/100%25"),
        ("/100%25", "/100%25"),
        ("//a//b//", "//a//b//"),
        ("/./a/../b/.", "/./a/../b/."),
        ("/..", "/.."),
    ],
)
def test_path_of_the_s3_family_is_the_key_encoded_once(service, target, expected):
    assert canonical_uri(target, service=service) == expected


@pytest.mark.parametrize(
    ("service", "options", "expected"),
    [
        ("execute-api", {"double_encode_path": False}, "/b%20c"),
        ("execute-api", {"normalize_path": False}, "//a/../b%2520c"),
        ("execute-api", {"double_encode_path": False, "normalize_path": False}, "//a/../b%20c"),
        ("s3", {"double_encode_path": True}, "//a/../b%2520c"),
        ("s3", {"normalize_path": True}, "/b%20c"),
        ("s3", {"double_encode_path": None, "normalize_path": None}, "//a/../b%20c"),
    ],
)
def test_path_rules_can_be_overridden(service, options, expected):
    assert canonical_uri("//a/../b%20c", service=service, **options) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/", ""),
        ("/?", ""),
        ("/?a", "a="),
        ("/?a=", "a="),
        ("/?=x", "=x"),
        ("/?a=b=c", "a=b%3Dc"),
        ("/?a==", "a=%3D"),
        ("/?a=1&a=2&a=1", "a=1&a=1&a=2"),
        ("/?&a=1&&b=2&", "a=1&b=2"),
        ("/?a=b+c&d+e=f", "a=b%20c&d%20e=f"),
        ("/?a=b%20c", "a=b%20c"),
        ("/?a=b%2Bc", "a=b%2Bc"),
        ("/?a=b c", "a=b%20c"),
        ("/?a=%c3%a9", "a=%C3%A9"),
        ("/?a=%41%7e", "a=A~"),
        ("/?a=%FF", "a=%FF"),
        ("/?a=\u00e9&\u1234=b", "%E1%88%B4=b&a=%C3%A9"),
        ("/?a=100%&b=%4&c=%zz", "a=100%25&b=%254&c=%25zz"),
        ("/?a=/:?@!$'()*,;[]", "a=%2F%3A%3F%40%21%24%27%28%29%2A%2C%3B%5B%5D"),
        ("/?a;b=1", "a%3Bb=1"),
        # Sorted by name: "q2=b" sorts before "q=a" as text.
        ("/?q2=b&q=a&q-x=c", "q=a&q-x=c&q2=b"),
        # Sorted after encoding: a colon sorts after "2", and "%3A" before it.
        ("/?b2=1&b:=1", "b%3A=1&b2=1"),
        ("/?a=b2&a=b:", "a=b%3A&a=b2"),
        ("/?b=1&B=1&_=1&~=1&1=1", "1=1&B=1&_=1&b=1&~=1"),
    ],
)
def test_query_is_decoded_encoded_and_sorted(target, expected):
    assert canonical_query_string(target) == expected


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.com", "example.com"),
        ("https://example.com:443/", "example.com"),
        ("http://example.com:80/", "example.com"),
        ("wss://example.com:443/", "example.com"),
        ("ws://example.com:80/", "example.com"),
        ("https://example.com:80/", "example.com:80"),
        ("http://example.com:443/", "example.com:443"),
        ("https://example.com:9200", "example.com:9200"),
        ("https://example.com:/", "example.com"),
        ("https://EXAMPLE.Com:9200/", "example.com:9200"),
        ("HTTPS://example.com:443/", "example.com"),
        # Clients parse a port as a number, so leading zeros are not sent.
        ("https://example.com:0443/", "example.com"),
        ("https://[::1]/", "[::1]"),
        ("https://[::1]:443/", "[::1]"),
        ("https://[::1]:9200/", "[::1]:9200"),
        ("https://[2001:DB8::1]/", "[2001:db8::1]"),
        ("https://user:pass@example.com/", "example.com"),
        ("https://user:p@ss@example.com:9200/", "example.com:9200"),
        ("https://user@[::1]:443/", "[::1]"),
        ("https://example.com?q=1", "example.com"),
    ],
)
def test_host_equals_what_clients_send(url, host):
    assert host_line(url) == f"host:{host}"


@pytest.mark.parametrize("name", ["Host", "host", "HOST", b"Host"])
@pytest.mark.parametrize("host", ["tunnelled.example", "Tunnelled.example:443", " a.example "])
def test_host_header_is_signed_instead_of_the_host_of_the_url(name, host):
    assert host_line("https://localhost:8443/", {name: host}) == f"host:{host.strip()}"


@pytest.mark.parametrize("url", ["s3://bucket/key", "S3A://bucket/key", "ftp://example.com/"])
def test_non_http_url_is_an_error_that_says_what_to_pass(url):
    signer = Signer(CREDENTIALS, "us-east-1", "s3")
    calls = [
        lambda: signer.sign("GET", url),
        lambda: signer.presign("GET", url),
        lambda: signer.presign_post(url, key="key"),
        lambda: signer.canonical_request("GET", url),
        lambda: signer.string_to_sign("GET", url),
    ]
    expected = (
        r"^url has a scheme that isn't sent over HTTP: pass an https URL.*https://bucket\.s3\."
    )
    for call in calls:
        with pytest.raises(InvalidRequestError, match=expected):
            call()
    with pytest.raises(MalformedRequestError, match="scheme"):
        Verifier({}.get).verify("GET", url, {}, b"")


@pytest.mark.parametrize(
    "url", [f"{URL}#", f"{URL}&c=#2", "https://b.s3.us-east-1.amazonaws.com/a#b"]
)
def test_raw_number_sign_is_an_error_that_says_how_to_write_it(url):
    signer = Signer(CREDENTIALS, "us-east-1", "s3")
    calls = [
        lambda: signer.sign("GET", url),
        lambda: signer.canonical_request("GET", url),
        lambda: signer.string_to_sign("GET", url),
        lambda: signer.presign("GET", url),
        lambda: signer.presign_post(url, key="key"),
        lambda: signer.chunked("PUT", url, None, b"", length=0),
    ]
    for call in calls:
        with pytest.raises(InvalidRequestError, match=r"^url has a raw #, .*write %23 for a #"):
            call()
    with pytest.raises(InvalidRequestError, match=r"^urls\[1\] has a raw #, .*write %23 for a #"):
        signer.presign_many("GET", [URL, url])


def test_url_of_a_unix_socket_is_signed_for_the_host_that_is_sent():
    url = "http+unix://%2Frun%2Fapi.sock/pets"
    assert host_line(url, {"Host": "localhost"}) == "host:localhost"
