"""The drop-in for opensearch-py's signers: names, arguments, errors, credentials."""

from __future__ import annotations

import asyncio
import datetime as dt
import pickle
import threading
from types import SimpleNamespace
from unittest import mock

import opensearchpy
import pytest
import requests
import time_machine
from botocore.credentials import Credentials, RefreshableCredentials

from rsigv4.compat import opensearchpy as our_opensearch
from rsigv4.compat.opensearchpy import helpers
from rsigv4.compat.opensearchpy.helpers import asyncsigner, signer
from support.compat import (
    CREDENTIALS,
    of_opensearch,
    prepared,
)
from support.oracles import EMPTY_HASH
from support.signing import signed_headers

HOUR = 3600


def test_opensearchpy_has_the_names_of_the_original():
    for name in our_opensearch.__all__:
        theirs, ours = getattr(opensearchpy, name), getattr(our_opensearch, name)
        assert vars(theirs(CREDENTIALS, "r")).keys() <= vars(ours(CREDENTIALS, "r")).keys()
    assert signer.AWSV4SignerAuth is our_opensearch.AWSV4SignerAuth
    assert asyncsigner.AWSV4SignerAsyncAuth is our_opensearch.AWSV4SignerAsyncAuth
    for name in opensearchpy.helpers.__all__:
        assert (getattr(helpers, name) is getattr(opensearchpy.helpers, name)) == (
            name not in our_opensearch.__all__
        )
    assert helpers.AWSV4SignerAuth is our_opensearch.AWSV4SignerAuth
    for name in ("OpenSearch", "VERSION", "__version__", "__versionstr__"):
        assert getattr(our_opensearch, name) is getattr(opensearchpy, name)
    for module in (our_opensearch, helpers):
        for name in ("Missing", "__missing__"):
            with pytest.raises(AttributeError, match=name):
                getattr(module, name)


@pytest.mark.parametrize("name", [*our_opensearch.__all__])
def test_opensearchpy_refuses_empty_arguments(name):
    auth = getattr(our_opensearch, name)
    for arguments, message in [
        ((None, "r", "es"), "Credentials cannot be empty"),
        ((CREDENTIALS, "", "es"), "Region cannot be empty"),
        ((CREDENTIALS, "r", ""), "Service name cannot be empty"),
    ]:
        with pytest.raises(ValueError, match=f"^{message}$"):
            auth(*arguments)
    own = auth(CREDENTIALS, "r")
    assert (own.signer.credentials, own.signer.region, own.signer.service) == (
        CREDENTIALS,
        "r",
        "es",
    )
    assert own.service == "es"


@pytest.mark.skipif(
    opensearchpy.VERSION < (3, 2), reason="it doesn't pass the headers to the signature"
)
def test_opensearchpy_keeps_a_content_hash_and_signs_the_host_of_a_tunnel():
    headers = {"x-amz-content-sha256": "UNSIGNED-PAYLOAD", "Host": "a.us-east-1.es.amazonaws.com"}
    sign = (CREDENTIALS, "us-east-1")
    expected = opensearchpy.Urllib3AWSV4SignerAuth(*sign)(
        "GET", "https://localhost:9200/", None, headers
    )
    ours = our_opensearch.Urllib3AWSV4SignerAuth(*sign)(
        "GET", "https://localhost:9200/", None, headers
    )
    assert ours.keys() == expected.keys()
    assert ours["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"


@pytest.mark.parametrize("name", ["Urllib3AWSV4SignerAuth", "AWSV4SignerAsyncAuth"])
def test_opensearchpy_replaces_an_earlier_signature(name):
    headers = {
        "authorization": "a",
        "x-amz-date": "b",
        "X-AMZ-Security-Token": "c",
        "X-Amz-Content-SHA256": EMPTY_HASH,
        "Accept": "d",
        "Accept-Encoding": "e",
        "Connection": "f",
        "Content-Length": "0",
        "Expect": "g",
        "User-Agent": "h",
    }
    sign = ("get", "https://example.com/a", b"", headers)
    ours = getattr(our_opensearch, name)(CREDENTIALS, "us-east-1")(*sign)
    names = [name.lower() for name in ours]
    assert sorted({"authorization", *names}) == sorted(names)
    assert ours["X-Amz-Security-Token"] == "token"
    assert signed_headers(ours) == (
        "accept;accept-encoding;content-length;host;"
        "x-amz-content-sha256;x-amz-date;x-amz-security-token"
    )
    token_of_user = {**headers, "X-Amz-Security-Token": "own"}
    without = Credentials("AKID", "secret")
    ours = getattr(our_opensearch, name)(without, "us-east-1")(*sign[:3], token_of_user)
    assert "token" not in signed_headers(ours)


@pytest.mark.parametrize("name", ["Urllib3AWSV4SignerAuth", "AWSV4SignerAsyncAuth"])
def test_opensearchpy_signs_methods_in_uppercase_and_each_body_that_comes_with_headers(name):
    sign = getattr(our_opensearch, name)(CREDENTIALS, "us-east-1")
    url, body = "https://example.com/?q=a", "q=a"
    with time_machine.travel(0, tick=False):
        assert sign("post", url, body, {}) == sign("POST", url, body, {})
    assert sign("POST", url, body, {})["X-Amz-Content-SHA256"] != EMPTY_HASH


def test_an_error_of_async_credentials_is_raised():
    def fail():
        raise OSError("no metadata")

    sign = our_opensearch.AWSV4SignerAsyncAuth(
        SimpleNamespace(get_frozen_credentials=fail), "us-east-1"
    )
    with pytest.raises(OSError, match="no metadata"):
        sign("GET", "https://example.com/")


def test_async_auth_that_has_signed_can_be_copied():
    sign = our_opensearch.AWSV4SignerAsyncAuth(CREDENTIALS, "us-east-1")
    sign("GET", "https://example.com/")
    copied = pickle.loads(pickle.dumps(sign))  # noqa: S301 - our own
    assert "AKID/" in copied("GET", "https://example.com/")["Authorization"]


@pytest.mark.parametrize("freeze", [None, "text"])
def test_opensearchpy_takes_credentials_that_can_not_be_frozen(freeze):
    credentials = SimpleNamespace(
        access_key="AKID", secret_key="secret", token=None, get_frozen_credentials=freeze
    )
    for name in our_opensearch.__all__:
        own = getattr(our_opensearch, name)(credentials, "us-east-1").signer
        assert "AKID/" in own.sign("GET", "https://example.com/", None)["Authorization"]


def test_opensearchpy_keeps_a_content_hash_in_bytes(server):
    headers = {"X-Amz-Content-SHA256": b"UNSIGNED-PAYLOAD"}
    auth = of_opensearch()
    assert requests.post(server.url(), b"a", auth=auth, headers=headers, timeout=30).ok


@pytest.mark.parametrize("body", [None, {}, "", b"", {"a": ["b", "c d"]}, "text"])
def test_opensearchpy_hashes_every_body_of_the_original(body):
    arguments = ("POST", "https://example.com/", body)
    expected = opensearchpy.AWSV4SignerAsyncAuth(CREDENTIALS, "us-east-1")(*arguments)
    ours = our_opensearch.AWSV4SignerAsyncAuth(CREDENTIALS, "us-east-1")(*arguments)
    assert ours["X-Amz-Content-SHA256"] == expected["X-Amz-Content-SHA256"]


@pytest.mark.parametrize("body", [None, b"body", "body"])
@pytest.mark.parametrize("query", ["", "q=a"])
def test_async_signature_for_an_old_connection_covers_the_body(query, body):
    sign = our_opensearch.AWSV4SignerAsyncAuth(CREDENTIALS, "us-east-1")
    with time_machine.travel(0, tick=False):
        signed = sign("POST", f"https://example.com/?{query}".rstrip("?"), query, body)
        assert signed == sign("POST", f"https://example.com/?{query}".rstrip("?"), body)


def test_opensearch_serverless_gets_no_signed_content_length():
    auth = of_opensearch(service="aoss")
    assert "content-length" not in prepared(auth, data=b"body").headers["Authorization"]
    assert "content-length" in prepared(of_opensearch(), data=b"body").headers["Authorization"]


def test_opensearchpy_subclass_of_the_signer_is_used():
    class Own(our_opensearch.RequestsAWSV4SignerAuth):
        def _sign_request(self, prepared_request):
            prepared_request.headers["X-Own"] = "a"
            return super()._sign_request(prepared_request)

    assert "x-own" in prepared(Own(CREDENTIALS, "us-east-1")).headers["Authorization"]
    with mock.patch.object(signer.AWSV4Signer, "sign", return_value={"Authorization": "mocked"}):
        assert prepared(of_opensearch()).headers["Authorization"] == "mocked"


def test_async_credentials_are_asked_off_the_loop():
    threads = []

    class Provider:
        def get_frozen_credentials(self):
            threads.append(threading.current_thread())
            return CREDENTIALS.get_frozen_credentials()

    async def sign():
        return our_opensearch.AWSV4SignerAsyncAuth(Provider(), "us-east-1")("GET", "https://a.b/")

    assert "Authorization" in asyncio.run(sign())
    assert threading.main_thread() not in threads


def test_async_refresh_does_not_block_the_loop_while_credentials_are_valid():
    started, go_on = threading.Event(), threading.Event()

    def metadata(name="AKID", seconds=10 * 60):
        ends = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=seconds)
        key = {"access_key": name, "secret_key": "secret", "token": "token"}
        return {**key, "expiry_time": ends.isoformat()}

    def refresh():
        started.set()
        assert go_on.wait(30)
        return metadata("AKIDNEW", HOUR)

    # botocore refreshes fifteen minutes before the end, and waits for it in the last ten.
    credentials = RefreshableCredentials.create_from_metadata(metadata(), refresh, "tests")
    auth = our_opensearch.AWSV4SignerAsyncAuth(credentials, "us-east-1")
    go_on.set()
    auth.signer._last = credentials._frozen_credentials  # noqa: SLF001 - as after an hour
    go_on.clear()
    started.clear()
    assert "AKID/" in auth("GET", "https://a.b/")["Authorization"]
    assert started.wait(30)
    pending = auth.signer._pending  # noqa: SLF001
    assert "AKID/" in auth("GET", "https://a.b/")["Authorization"]
    # One thread refreshes for all requests.
    assert auth.signer._pending is pending  # noqa: SLF001
    go_on.set()
    pending.result(30)
    assert "AKIDNEW/" in auth("GET", "https://a.b/")["Authorization"]
