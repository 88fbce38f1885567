"""urllib3 with a server that verifies. Tests of all clients are in modules of their own."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import threading
import time
from functools import partial

import pytest
import urllib3
from urllib3._collections import HTTPHeaderDict
from urllib3.util import Retry

from rsigv4 import Credentials, Signer
from rsigv4.exceptions import InvalidCredentialsError, InvalidRequestError
from rsigv4.urllib3 import SigV4ProxyManager
from support.bodies import Pipe
from support.clients.sessions import is_old
from support.servers.raw import raw_server
from support.servers.recording import RecordingServer
from support.servers.tunnelling import tunnelling_proxy
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET, SIGNATURE, TEMPORARY, TOKEN

#: urllib3 1.26, the last version for botocore on Python 3.9.
IS_OLD = is_old(urllib3)
REDIRECTS = [301, 302, 303, 307, 308]
HOUR = 3600


def test_request_is_signed_as_sent(manager, server):
    response = manager().request("GET", server.url("/a b//c?x=y z&x=a+b&é=%2F"), headers={"A": "b"})

    assert response.status == 200, response.data
    assert server.arrived[0].target == "/a%20b//c?x=y%20z&x=a+b&%C3%A9=%2F"


def test_fields_of_a_query_and_of_a_form_are_signed(manager, server):
    http = manager()

    assert http.request("GET", server.url("/"), fields={"a": "b c", "d": "ü"}).status == 200
    assert http.request("POST", server.url("/"), fields={"a": "b", "f": ("n", b"c")}).status == 200
    if not IS_OLD:
        assert http.request("POST", server.url("/"), json={"a": "ü"}).status == 200


def test_plus_in_a_query_is_sent_to_s3_as_a_space(manager, server):
    response = manager("s3").request("GET", server.url("/b/k?prefix=a+b"))

    assert response.status == 200, response.data
    assert server.arrived[0].target == "/b/k?prefix=a%20b"


def test_headers_of_the_caller_are_not_changed_or_sent_twice(manager, server):
    headers = {"x-amz-date": "20010101T000000Z", "X-Amz-Meta-A": "b"}

    response = manager("s3").request("PUT", server.url("/b/k"), headers=headers, body=b"x")

    assert response.status == 200, response.data
    assert headers == {"x-amz-date": "20010101T000000Z", "X-Amz-Meta-A": "b"}


def test_repeated_headers_are_all_sent(manager, server):
    headers = HTTPHeaderDict({"X-Amz-Meta-A": "b", "x-amz-date": "20010101T000000Z"})
    headers.add("x-amz-meta-a", "c")

    response = manager("s3").request("PUT", server.url("/b/k"), headers=headers, body=b"x")

    assert response.status == 200, response.data
    assert b", ".join(server.arrived[0].head.values("x-amz-meta-a")) == b"b, c"


def test_headers_may_be_named_in_bytes(manager, server):
    headers = {b"x-amz-date": "20010101T000000Z", b"X-Amz-Meta-A": b"b"}

    response = manager("s3").request("PUT", server.url("/b/k"), headers=headers, body=b"x")

    assert response.status == 200, response.data
    assert "x-amz-meta-a" in server.arrived[0].authorization.signed_headers


def test_headers_and_options_of_the_manager_are_used(manager, server):
    http = manager(headers={"X-Amz-A": "b"}, num_pools=1, also_sign=["x-b"])

    response = http.request("GET", server.url("/"))
    assert response.status == 200, response.data
    assert "x-amz-a" in server.arrived[0].authorization.signed_headers

    response = http.request("GET", server.url("/"), headers={"X-B": "c"})
    assert response.status == 200, response.data
    assert "x-b" in server.arrived[1].authorization.signed_headers


def test_explicit_host_is_signed(manager, server):
    response = manager().request("GET", server.url("/"), headers={"Host": "real.example.com"})

    assert response.status == 200, response.data


@pytest.mark.skipif(
    hasattr(urllib3, "AsyncPoolManager"),
    reason="urllib3-future, where it takes urllib3's place, sends Host without the brackets",
)
def test_ipv6(manager):
    with VerifyingServer("::1") as server:
        server.accept(ACCESS_KEY, SECRET, TOKEN)

        assert manager().request("GET", server.url("/")).status == 200


@pytest.mark.parametrize("service", ["execute-api", "s3"])
@pytest.mark.parametrize(
    "body",
    [
        lambda: None,
        lambda: "ü",
        lambda: b"bytes",
        lambda: bytearray(b"bytes"),
        lambda: memoryview(b"bytes"),
        lambda: io.BytesIO(b"bytes"),
        lambda: iter([b"by", b"tes"]),
        lambda: Pipe(b"bytes" * 1000),
    ],
    ids=["none", "str", "bytes", "bytearray", "memoryview", "file", "generator", "pipe"],
)
def test_bodies(manager, server, body, service):
    response = manager(service).request("PUT", server.url("/b/k"), body=body())

    assert response.status == 200, response.data


def test_file_is_sent_from_its_offset(manager, server):
    file = io.BytesIO(b"skipped|sent")
    file.seek(8)

    response = manager().request("PUT", server.url("/"), body=file)

    assert json.loads(response.data)["length"] == 4


def test_stream_of_known_length_is_sent_to_s3_in_signed_chunks(manager, server):
    pieces = (b"x" * 1000 for _ in range(200))

    response = manager("s3").request(
        "PUT", server.url("/b/k"), body=pieces, headers={"Content-Length": "200000"}
    )

    assert response.status == 200, response.data
    assert json.loads(response.data)["length"] == 200_000
    assert len(server.arrived[0].body.chunks) == 5


def test_stream_over_the_buffer_limit_is_refused(manager, server):
    with pytest.raises(InvalidRequestError, match=r"^body can be read only once and is longer"):
        manager(max_buffered_body=10).request("PUT", server.url("/"), body=iter([b"x" * 11]))

    assert server.arrived == []


def test_unsigned_stream_may_have_any_length(manager, server):
    http = manager("s3", payload="unsigned", max_buffered_body=10)

    response = http.request(
        "PUT",
        server.url("/b/k"),
        body=iter([b"x" * 11]),
        # Over http, an unsigned body has to be requested by this header, too.
        headers={"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"},
    )

    assert response.status == 200, response.data
    assert json.loads(response.data)["length"] == 11


@pytest.mark.parametrize("skew", [HOUR, -HOUR])
def test_wrong_clock_is_corrected_once_and_remembered(manager, server, skew):
    server.clock = lambda: time.time() + skew
    http = manager()
    file = io.BytesIO(b"skipped|sent")
    file.seek(8)

    assert http.request("PUT", server.url("/"), body=file).status == 200
    assert http.request("GET", server.url("/")).status == 200
    assert [arrived.status for arrived in server.arrived] == [403, 200, 200]


def test_wrong_clock_is_corrected_with_a_streamed_response(manager, server):
    server.clock = lambda: time.time() + HOUR

    response = manager().request("GET", server.url("/"), preload_content=False)

    assert response.status == 200
    # It was not read.
    assert response.connection is not None
    assert json.loads(response.read())["method"] == "GET"


@pytest.mark.parametrize("service", ["execute-api", "s3"])
def test_streamed_refusal_can_be_read(manager, server, service):
    server.reject(ACCESS_KEY)

    response = manager(service).request("GET", server.url("/"), preload_content=False)

    assert response.status == 403
    assert b"security token" in b"".join(response.stream(7))
    assert len(server.arrived) == 1


@pytest.mark.parametrize("decoded", [True, False])
def test_streamed_refusal_is_decoded_as_asked(manager, decoded):
    content = gzip.compress(b"refused")
    head = f"HTTP/1.1 403\r\nContent-Encoding: gzip\r\nContent-Length: {len(content)}\r\n\r\n"

    with raw_server(head.encode(), content) as host:
        response = manager().request(
            "GET", f"http://{host}/", preload_content=False, decode_content=decoded
        )
        # As urllib3 without an auth does.
        assert response.read() == (b"refused" if decoded else content)


def test_streamed_refusal_keeps_its_attributes(manager):
    def attributes_of(http):
        response = http.request("GET", url, preload_content=False, retries=Retry(7))
        response.drain_conn()
        names = ["status", "reason", "version", "headers", "retries", *([] if IS_OLD else ["url"])]
        return {name: getattr(response, name) for name in names}

    with (
        raw_server(b"HTTP/1.0 403 Go away\r\nA: b\r\nContent-Length: 1\r\n\r\nx") as host,
        urllib3.PoolManager() as original,
    ):
        url = f"http://{host}/a"
        attributes = attributes_of(manager())
        expected = attributes_of(original)

    retries = expected.pop("retries"), attributes.pop("retries")
    assert [retry.total for retry in retries] == [7, 7]
    assert attributes == expected


def test_stream_is_not_sent_again_for_the_clock(manager, server):
    server.clock = lambda: time.time() + HOUR
    headers = {"Content-Length": "1"}

    response = manager("s3").request("PUT", server.url("/"), body=iter([b"x"]), headers=headers)

    assert response.status == 403
    assert len(server.arrived) == 1


def test_retry_is_signed_again(manager, server):
    keys = iter([Credentials("AKIDUNKNOWN", SECRET), TEMPORARY])
    retries = Retry(status=1, status_forcelist=[403], allowed_methods=None)
    file = io.BytesIO(b"skipped|sent")
    file.seek(8)

    response = manager("s3", lambda: next(keys)).request(
        "PUT", server.url("/b/k"), body=file, retries=retries
    )

    assert json.loads(response.data)["length"] == 4
    assert [arrived.status for arrived in server.arrived] == [403, 200]


@pytest.mark.parametrize("status", REDIRECTS)
def test_origin_is_signed_through_a_proxy(manager, status):
    signer = Signer(TEMPORARY, "us-east-1", "execute-api")
    with RecordingServer() as proxy:
        http = manager(cls=partial(SigV4ProxyManager, proxy.url("/")))
        for target in ("http://a.example.com/to", "http://b.example.com/to"):
            proxy.redirect("http://a.example.com/from", status, target)
            http.request("GET", "http://a.example.com/from")

    *signed, unsigned = proxy.arrived
    for arrived in signed:
        date = arrived.headers["X-Amz-Date"] + "+0000"
        time_sent = dt.datetime.strptime(date, "%Y%m%dT%H%M%SZ%z")
        expected = signer.sign("GET", arrived.target, time=time_sent)
        assert arrived.headers["Authorization"] == expected["Authorization"]
    assert [arrived.target for arrived in signed][1:] == [
        "http://a.example.com/to",
        signed[0].target,
    ]
    assert unsigned.target == "http://b.example.com/to"
    assert not SIGNATURE & unsigned.names()


@pytest.mark.skipif(IS_OLD, reason="urllib3 1.26 can't check certificates of addresses in tunnels")
@pytest.mark.parametrize("service", ["execute-api", "s3"])
def test_https_is_signed_for_its_origin_through_a_tunnel(manager, authority, service):
    with VerifyingServer(tls=authority.server) as server, tunnelling_proxy() as (proxy, targets):
        server.accept(ACCESS_KEY, SECRET, TOKEN)
        server.redirects["/from"] = 307, "/to"
        cls = partial(SigV4ProxyManager, proxy, proxy_headers={"X-Mine": "for the proxy"})
        http = manager(service, cls=cls, ssl_context=authority.client)

        response = http.request("PUT", server.url("/from"), body=iter([b"by", b"tes"]))

        assert json.loads(response.data)["length"] == 5
        assert targets == [server.host]
        http.clear()


def test_credentials_are_fetched_for_each_request(manager, server):
    keys = ["AKIDONE", "AKIDTWO"]
    for key in keys:
        server.accept(key, SECRET)
    rotating = iter(keys)
    http = manager("es", lambda: Credentials(next(rotating), SECRET))

    for key in keys:
        response = http.request("GET", server.url("/"))
        assert json.loads(response.data)["access_key_id"] == key


def test_coroutine_function_in_a_sync_client_is_an_error(manager, server):
    async def credentials():
        return TEMPORARY

    http = manager("es", credentials)

    with pytest.raises(
        InvalidCredentialsError, match=r"^credentials are provided by the coroutine"
    ):
        http.request("GET", server.url("/"))


def test_32_threads_share_a_manager_while_keys_rotate(manager, server):
    for number in range(32):
        server.accept(f"AKID{number}", SECRET)
    numbers = iter(range(10_000))
    http = manager(
        "execute-api",
        lambda: Credentials(f"AKID{next(numbers) % 32}", SECRET),
        maxsize=32,
        block=True,
    )

    def ask():
        for number in range(10):
            http.request("POST", server.url(f"/{number}"), body=b"x" * number)

    threads = [threading.Thread(target=ask) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert server.errors == []
    assert len(server.arrived) == 320
