"""The requests that AWS4Auth signs: dates, headers, bodies, overridden methods."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
from types import SimpleNamespace

import httpx
import pytest
import requests
import requests_aws4auth
import time_machine
from botocore.credentials import Credentials

import rsigv4
from rsigv4.compat.requests_aws4auth import AWS4Auth, NoSecretKeyError

ARGUMENTS = ("AKID", "secret", "us-east-1", "es")
NOON = dt.datetime(2026, 11, 30, 12, tzinfo=dt.timezone.utc)
at_noon = time_machine.travel(NOON, tick=False)


def prepared(auth, headers=None, url="https://example.com/path?a=b", **parts):
    return requests.Request("POST", url, headers=headers, auth=auth, **parts).prepare()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        # Python 3.11 reads any letter between date and time, but the original does not.
        (
            {"X-Amz-Date": "19000404X010101Z", "Date": "Tue, 01 Dec 2026 01:01:01 GMT"},
            "20261201T010101Z",
        ),
        ({"X-Amz-Date": "9999-12-31T23:59:59-01:00"}, "20261130T120000Z"),
        ({"X-Amz-Date": "0001-01-01T00:00:00+05:00"}, "20261130T120000Z"),
        ({"X-Amz-Date": "2026-12-01T1"}, "20261130T120000Z"),
        ({"X-Amz-Date": "2026-12-01t25:00:00z"}, "20261130T120000Z"),
        ({"X-Amz-Date": "2026-12-01"}, "20261201T000000Z"),
        ({"Date": "20261201T101112Z"}, "20261201T101112Z"),
        ({"Date": "Tue Dec  1 10:11:12 2026", "X-Amz-Date": ""}, "20261130T120000Z"),
        ({"Date": "Tue, 01 Dec 2026 01:01:01 EST"}, "20261201T060101Z"),
        # The times at both ends of a UTC day.
        ({"X-Amz-Date": "20261130T235959Z"}, "20261130T235959Z"),
        ({"X-Amz-Date": "2026-12-01T00:30:00+01:00"}, "20261130T233000Z"),
        ({"X-Amz-Date": "2026-11-30T23:30:00-01:00"}, "20261201T003000Z"),
    ],
    ids=str,
)
@at_noon
def test_the_first_date_that_can_be_read_is_signed(headers, expected):
    request = prepared(AWS4Auth(*ARGUMENTS), headers)
    assert request.headers["X-Amz-Date"] == expected
    assert f"Credential=AKID/{expected[:8]}/us-east-1/" in request.headers["Authorization"]


@pytest.mark.parametrize(
    "value",
    ["é", "é\xa0", "a\xa0b", "a\xa0b  c", "a\x85b", b"\xff  b", "a\tb", '"a   b"'],
    ids=ascii,
)
def test_header_values_are_signed_as_they_are_sent(value, server):
    headers = {"X-Amz-Meta-A": value}
    auth = AWS4Auth(*ARGUMENTS, session_token="token")
    assert requests.post(server.url(), auth=auth, headers=headers, timeout=30).status_code == 200
    if isinstance(value, bytes) or value.isascii():
        assert httpx.post(server.url(), auth=auth, headers=headers).status_code == 200
        assert httpx.post(server.url(), auth=auth, headers={"X": "é".encode()}).status_code == 200
    assert server.errors == []


def test_header_values_that_can_not_be_sent_are_signed():
    # HTTP mocks don't send them.
    request = prepared(AWS4Auth(*ARGUMENTS), {"X-Amz-Meta-A": "中"})
    assert "x-amz-meta-a" in request.headers["Authorization"]


def test_the_header_of_an_earlier_signature_is_not_signed(server):
    auth = AWS4Auth(*ARGUMENTS, session_token="token", include_hdrs=["*"])
    request = requests.Request("POST", server.url(), data=b"body").prepare()
    with requests.Session() as session:
        for _ in range(2):
            assert session.send(auth(request), timeout=30).status_code == 200


@pytest.mark.parametrize("name", ["access_id", "session_token"])
@pytest.mark.parametrize("character", ["\r", "\n", "\0"])
def test_what_could_end_a_header_is_refused(name, character):
    auth = AWS4Auth(*ARGUMENTS, session_token="token")
    # The first warning is the last.
    auth.access_id = "AKID with spaces"
    with pytest.warns(rsigv4.SigningWarning):
        prepared(auth)
    setattr(auth, name, f"a{character}X-Own: b")
    with pytest.raises(rsigv4.InvalidCredentialsError, match=name):
        prepared(auth)


def test_repeated_headers_of_httpx_are_signed_in_their_order(server):
    headers = [("X-Amz-Meta-A", "2, 3"), ("x-amz-meta-a", "1"), ("X-Amz-Meta-B", "b")]
    auth = AWS4Auth(*ARGUMENTS, session_token="token")
    assert httpx.get(server.url(), auth=auth, headers=headers).status_code == 200


@pytest.mark.parametrize("content_type", [None, "text/plain; charset=cp1252"])
@pytest.mark.parametrize("make", [str, io.StringIO])
def test_text_is_encoded(make, content_type, server):
    headers = {"Content-Type": content_type} if content_type else {}
    auth = AWS4Auth(*ARGUMENTS, session_token="token")
    sent = {"data": make("€"), "headers": headers}
    assert requests.post(server.url(), auth=auth, timeout=5, **sent).status_code == 200
    expected = "€".encode("cp1252" if content_type else "utf-8")
    assert server.arrived[0].body.content == expected


def test_only_a_charset_encodes_text():
    content_type = "multipart/form-data; boundary=xyz"
    request = prepared(AWS4Auth(*ARGUMENTS), {"Content-Type": content_type}, data="é")
    assert (request.body, request.headers["Content-Type"]) == ("é".encode(), content_type)


@pytest.mark.parametrize("make", [str, str.encode, lambda text: io.BytesIO(text.encode())])
@at_noon
def test_every_body_is_passed_to_encode_body(make):
    class Ours(AWS4Auth):
        @staticmethod
        def encode_body(req):
            req.body = (
                b"<" + (req.body if isinstance(req.body, bytes) else req.body.encode()) + b">"
            )

    class Theirs(requests_aws4auth.AWS4Auth):
        encode_body = staticmethod(Ours.encode_body)

    ours, theirs = (prepared(cls(*ARGUMENTS), data=make("é")) for cls in (Ours, Theirs))
    assert ours.body == theirs.body == "<é>".encode()
    assert ours.headers["x-amz-content-sha256"] == theirs.headers["x-amz-content-sha256"]
    assert ours.headers["Content-Length"] == "4"


def test_streams_that_only_async_clients_can_read_are_refused():
    async def body():
        yield b"a"

    async def send():
        async with httpx.AsyncClient() as client:
            await client.post("https://example.com/", content=body(), auth=AWS4Auth(*ARGUMENTS))

    with pytest.raises(rsigv4.InvalidRequestError, match="body is an async iterable"):
        asyncio.run(send())


@at_noon
def test_refreshed_credentials_sign_for_a_region_and_service_that_were_changed():
    credentials = Credentials("AKID", "secret")
    auth = AWS4Auth(refreshable_credentials=credentials, region="us-east-1", service="es")
    for name, value in (("region", "eu-west-1"), ("service", "aoss")):
        prepared(auth)
        setattr(auth, name, value)
        assert f"/{value}/" in prepared(auth).headers["Authorization"]


def test_a_key_that_was_removed_is_an_error():
    auth = AWS4Auth(*ARGUMENTS)
    auth.signing_key = None
    with pytest.raises(NoSecretKeyError):
        prepared(auth)


def test_a_path_ends_before_an_empty_query():
    for path in ("/a?", "/a?b=c", "/a", ""):
        theirs = requests_aws4auth.AWS4Auth(*ARGUMENTS).amz_cano_path(path or "/")
        assert AWS4Auth(*ARGUMENTS).amz_cano_path(path) == theirs


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        *(
            ("get_host_header", (f"{scheme}://{host}{port}/a",))
            for scheme in ("http", "https")
            for host in ("example.com", "user:password@example.com", "[::1]")
            for port in ("", ":80", ":443", ":8443")
        ),
        ("amz_cano_querystring", ("b=c d=e&a",)),
        ("amz_cano_querystring", ("b=%20;&a=&b=1",)),
        ("amz_norm_whitespace", (" a \t b\r\n c ",)),
        ("get_canonical_headers", (prepared(None, {"X-Amz-Date": "a", "Accept": "b"}), [])),
        ("get_canonical_headers", (prepared(None, {"X-Amz-Date": "a", "Accept": "b"}),)),
    ],
)
def test_methods_return_what_those_of_the_original_return(name, arguments):
    theirs = getattr(requests_aws4auth.AWS4Auth, name)(*arguments)
    assert getattr(AWS4Auth, name)(*arguments) == theirs


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "application/x-www-form-urlencoded",
        "application/x-amz-json-1.1",
        "text/plain",
        "text/plain; charset=latin-1",
        "text/plain; charset=latin-1; format=flowed",
    ],
)
def test_text_is_encoded_as_by_the_original(content_type):
    headers = {"content-type": content_type} if content_type else {}
    ours, theirs = (SimpleNamespace(body="é", headers=dict(headers)) for _ in range(2))
    AWS4Auth.encode_body(ours)
    requests_aws4auth.AWS4Auth.encode_body(theirs)
    assert ours == theirs


def test_a_key_is_derived_again_from_its_own_secret_and_date():
    auth = AWS4Auth(*ARGUMENTS, "20200101")
    key = auth.signing_key.key
    auth.regenerate_signing_key(secret_key="")
    auth.handle_date_mismatch(requests.Request("GET", "https://example.com/").prepare())
    assert (auth.date, auth.signing_key.key) == ("20200101", key)
