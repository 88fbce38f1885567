"""Which headers `Signer` signs, how, and which forms of headers it accepts."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPMessage

import pytest
from requests.structures import CaseInsensitiveDict
from urllib3._collections import HTTPHeaderDict

from rsigv4 import Credentials, Signer
from support.signing import ACCESS_KEY, MOMENT, SECRET, URL, signer_of


def signed_header_lines(headers, **options):
    """Return the canonical lines of the headers that were passed."""
    signer = signer_of(content_sha256_header=False, **options)
    text = signer.canonical_request("GET", URL, headers, time=MOMENT)
    lines = text.split("\n")[3:-3]
    return [line for line in lines if not line.startswith(("host:", "x-amz-date:"))]


UNSTABLE_HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip",
    "Accept-Language": "en",
    "Authorization": "Basic QWxhZGRpbg==",
    "Connection": "keep-alive",
    "Content-Length": "3",
    "Expect": "100-continue",
    "Range": "bytes=0-9",
    "Transfer-Encoding": "chunked",
    "User-Agent": "tests",
    "X-Amzn-Trace-Id": "Root=1",
}


def test_only_headers_that_proxies_keep_are_signed():
    headers = {
        "Content-Type": "text/plain",
        "Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg==",
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
        "x-amz-acl": "private",
        **UNSTABLE_HEADERS,
    }
    assert signed_header_lines(headers) == [
        "content-md5:1B2M2Y8AsgTpgAmY7PhCfg==",
        "content-type:text/plain",
        "x-amz-acl:private",
        "x-amz-target:DynamoDB_20120810.ListTables",
    ]


@pytest.mark.parametrize(
    "also_sign", [("range", "accept"), ["Range", "ACCEPT"], {"range", "accept"}]
)
def test_named_headers_are_signed_too(also_sign):
    headers = {**UNSTABLE_HEADERS, "x-amz-acl": "private"}
    assert signed_header_lines(headers, also_sign=also_sign) == [
        "accept:*/*",
        "range:bytes=0-9",
        "x-amz-acl:private",
    ]


def test_star_signs_all_headers_that_proxies_keep():
    hop_by_hop = {
        "baggage": "x",
        "Keep-Alive": "timeout=5",
        "Proxy-Authenticate": "Basic",
        "Proxy-Authorization": "Basic QWxhZGRpbg==",
        "Proxy-Connection": "keep-alive",
        "Sec-WebSocket-Key": "x",
        "TE": "trailers",
        "Trailer": "x",
        "Upgrade": "h2c",
    }
    lines = signed_header_lines({**UNSTABLE_HEADERS, **hop_by_hop, "X-Own": "1"}, also_sign=("*",))
    assert [line.partition(":")[0] for line in lines] == [
        "accept",
        "accept-encoding",
        "accept-language",
        "content-length",
        "range",
        "x-own",
    ]


@pytest.mark.parametrize("name", ["user-agent", "expect", "connection"])
def test_header_that_proxies_rewrite_is_signed_if_named(name):
    lines = signed_header_lines(UNSTABLE_HEADERS, also_sign=("*", name))
    assert name in [line.partition(":")[0] for line in lines]


@pytest.mark.parametrize("also_sign", [(), [], None, ("absent",)])
def test_also_sign_ignores_missing_headers(also_sign):
    assert signed_header_lines(UNSTABLE_HEADERS, also_sign=also_sign) == []


def test_the_authorization_header_is_never_signed():
    headers = {"Authorization": "Basic QWxhZGRpbg=="}
    assert signed_header_lines(headers, also_sign=("authorization", "*")) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "a"),
        ("", ""),
        ("   ", ""),
        ("  a  ", "a"),
        ("\ta\t", "a"),
        ("a b", "a b"),
        ("a   b", "a b"),
        ("a \t b", "a b"),
        ("a\tb", "a b"),
        # AWS folds spaces between quotes as well.
        ('"a   b"', '"a b"'),
        ("a, b", "a, b"),
        ("\u00e9", "\u00e9"),
        (b"a  b", "a b"),
        ("\u00e9".encode(), "\u00e9"),
        # A no-break space is not white space in HTTP.
        ("a\u00a0\u00a0b", "a\u00a0\u00a0b"),
    ],
)
def test_header_values_are_trimmed_and_folded(value, expected):
    assert signed_header_lines({"x-amz-meta-a": value}) == [f"x-amz-meta-a:{expected}"]


def test_repeated_headers_are_joined_in_their_order():
    headers = [("x-amz-b", "1"), ("X-Amz-A", " z "), ("x-amz-a", ""), ("X-AMZ-A", "a,  b")]
    assert signed_header_lines(headers) == ["x-amz-a:z,,a, b", "x-amz-b:1"]


def test_repeated_headers_in_order_are_joined():
    headers = [("x-amz-a", "1"), ("x-amz-a", "2"), ("x-amz-b", "3")]
    assert signed_header_lines(headers) == ["x-amz-a:1,2", "x-amz-b:3"]


def test_name_may_have_every_character_of_a_token():
    name = "x-amz-!#$%&'*+-.^_`|~09az"
    assert signed_header_lines({name: "a"}) == [f"{name}:a"]


class MultiDict(Mapping):
    """A mapping with repeated headers, like those of aiohttp and urllib3."""

    def __init__(self, pairs):
        self._pairs = pairs

    def __getitem__(self, name):
        return next(value for key, value in self._pairs if key == name)

    def __len__(self):
        return len(self._pairs)

    def __iter__(self):
        return iter([key for key, _ in self._pairs])

    def items(self):
        return list(self._pairs)


def message(pairs):
    """Return headers as in `urllib.request` and botocore: not a registered mapping."""
    headers = HTTPMessage()
    for name, value in pairs:
        headers[name] = value
    return headers


PAIRS = [("X-Amz-A", "1"), ("Content-Type", "text/plain"), ("X-Amz-A", "2")]
ONCE = [("X-Amz-A", "1,2"), ("Content-Type", "text/plain")]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(dict(ONCE), id="dict"),
        pytest.param(CaseInsensitiveDict(ONCE), id="requests"),
        pytest.param(HTTPHeaderDict(PAIRS), id="urllib3"),
        pytest.param(MultiDict(PAIRS), id="multidict"),
        pytest.param(message(PAIRS), id="http.client"),
        pytest.param(PAIRS, id="list of pairs"),
        pytest.param(tuple(PAIRS), id="tuple of pairs"),
        pytest.param([list(pair) for pair in PAIRS], id="list of lists"),
        pytest.param({name.encode(): value.encode() for name, value in ONCE}, id="bytes"),
        pytest.param([(name, value.encode()) for name, value in PAIRS], id="bytes values"),
    ],
)
def test_headers_may_come_in_any_form(headers):
    assert signed_header_lines(headers) == ["content-type:text/plain", "x-amz-a:1,2"]


def test_headers_may_come_from_an_iterator():
    assert signed_header_lines(iter(PAIRS)) == ["content-type:text/plain", "x-amz-a:1,2"]


@pytest.mark.parametrize("headers", [None, {}, [], ()])
def test_empty_headers_may_have_any_form(headers):
    assert signed_header_lines(headers) == []


def test_signed_request_can_be_signed_again():
    signer = Signer(Credentials(ACCESS_KEY, SECRET, "new-token"), "us-east-1", "execute-api")
    old = Signer(Credentials(ACCESS_KEY, SECRET, "old-token"), "us-east-1", "execute-api")
    request = ("GET", "https://example.com/")
    stale = old.sign(*request, time=0)
    assert signer.sign(*request, stale, time=MOMENT) == signer.sign(*request, time=MOMENT)
