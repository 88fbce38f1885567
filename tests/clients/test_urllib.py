"""urllib with a server that verifies. Tests of all clients are in modules of their own."""

# ruff: noqa: S310 - all URLs are those of the servers in these tests
from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request

import pytest

from rsigv4 import Credentials
from rsigv4.exceptions import InvalidCredentialsError, InvalidRequestError
from rsigv4.urllib import SigV4Handler
from support.bodies import Pipe
from support.servers.recording import RecordingServer
from support.servers.tunnelling import tunnelling_proxy
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET, SIGNATURE, TEMPORARY, TOKEN

REDIRECTS = [301, 302, 303, 307, *([308] if sys.version_info >= (3, 11) else [])]
HOUR = 3600


def handler(service="execute-api", credentials=TEMPORARY, **options):
    return SigV4Handler(credentials, "us-east-1", service, **options)


def sent(request, *handlers):
    """Open a request that must be accepted, and return it as it arrived."""
    with urllib.request.build_opener(*(handlers or [handler()])).open(request) as response:
        return json.loads(response.read())


def refused(request, *handlers):
    """Open a request that must be refused, and return the error."""
    opener = urllib.request.build_opener(*(handlers or [handler()]))
    with pytest.raises(urllib.error.HTTPError) as caught:
        opener.open(request)
    with caught.value as error:
        return error.code, error.read()


def test_request_is_signed_as_sent(server):
    told = sent(server.url("/a%20b//c/../d;e?x=y+z&x=a%2Bb&k==&a#fragment"))

    assert told["target"] == "/a%20b//c/../d;e?x=y+z&x=a%2Bb&k==&a"


def test_plus_in_a_query_is_sent_to_s3_as_a_space(server):
    request = Request(server.url("/b/k?prefix=a+b#c"))

    assert sent(request, handler("s3"))["target"] == "/b/k?prefix=a%20b"
    assert request.full_url == server.url("/b/k?prefix=a%20b#c")


def test_headers_of_the_caller_are_sent(server):
    headers = {"x-amz-date": "20010101T000000Z", "X-Amz-Meta-A": "b  c"}
    request = Request(server.url("/b/k"), b"x", headers, method="PUT")

    sent(request, handler("s3"))

    assert request.headers == {"X-amz-date": "20010101T000000Z", "X-amz-meta-a": "b  c"}
    signed = server.arrived[0].authorization.signed_headers
    assert {"content-type", "x-amz-meta-a"} <= set(signed)


def test_explicit_host_is_signed(server):
    sent(Request(server.url("/"), headers={"Host": "real.example.com"}))


def test_ipv6():
    with VerifyingServer("::1") as server:
        server.accept(ACCESS_KEY, SECRET, TOKEN)

        sent(server.url("/"))


def test_only_the_standard_library_is_needed():
    others = "{'aiohttp', 'botocore', 'httpx', 'niquests', 'requests', 'urllib3'}"
    program = f"import sys, rsigv4.urllib; print({others} & set(sys.modules))"

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)  # noqa: S603

    assert run.stdout.split() == [b"set()"]


def test_installed_opener_signs_for_urlopen(server, monkeypatch):
    # An installed opener stays installed.
    monkeypatch.setattr(urllib.request, "_opener", None)
    urllib.request.install_opener(urllib.request.build_opener(handler()))

    with urllib.request.urlopen(server.url("/")) as response:
        assert response.status == 200


@pytest.mark.parametrize("service", ["execute-api", "s3"])
@pytest.mark.parametrize(
    ("body", "length"),
    [
        (lambda: None, 0),
        (lambda: b"bytes", 5),
        (lambda: bytearray(b"bytes"), 5),
        (lambda: memoryview(b"bytes"), 5),
        (lambda: io.BytesIO(b"bytes"), 5),
        (lambda: iter([b"by", b"tes"]), 5),
        (lambda: Pipe(b"bytes" * 1000), 5000),
    ],
    ids=["none", "bytes", "bytearray", "memoryview", "file", "generator", "pipe"],
)
def test_bodies(server, body, length, service):
    told = sent(Request(server.url("/b/k"), body(), method="PUT"), handler(service))

    assert told["length"] == length


def test_file_is_sent_from_its_offset(server):
    file = io.BytesIO(b"skipped|sent")
    file.seek(8)

    assert sent(Request(server.url("/"), file))["length"] == 4


def test_stream_of_known_length_is_sent_to_s3_in_signed_chunks(server):
    pieces = (b"x" * 1000 for _ in range(200))
    request = Request(server.url("/b/k"), pieces, {"Content-Length": "200000"}, method="PUT")

    assert sent(request, handler("s3"))["length"] == 200_000
    assert len(server.arrived[0].body.chunks) == 5


def test_stream_over_the_buffer_limit_is_refused_and_restored(server):
    request = Request(server.url("/"), iter([b"x" * 6, b"y" * 6, b"z"]))

    with pytest.raises(InvalidRequestError, match=r"^body can be read only once and is longer"):
        sent(request, handler(max_buffered_body=10))

    assert server.arrived == []
    assert b"".join(request.data) == b"x" * 6 + b"y" * 6 + b"z"


def test_unsigned_stream_may_have_any_length(server):
    # Over http, an unsigned body has to be requested by this header, too.
    headers = {"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}
    request = Request(server.url("/b/k"), iter([b"by", b"tes"]), headers, method="PUT")

    told = sent(request, handler("s3", payload="unsigned", max_buffered_body=1))

    assert told["length"] == 5


@pytest.mark.parametrize("status", REDIRECTS)
def test_redirect_to_the_same_origin_is_signed_again(server, status):
    server.redirects["/from"] = status, "/to?a=b+c"

    assert sent(Request(server.url("/from")), handler("s3"))["target"] == "/to?a=b%20c"


@pytest.mark.parametrize("status", [301, 302, 303])
def test_redirected_post_becomes_a_signed_get(server, status):
    server.redirects["/from"] = status, "/to"

    told = sent(Request(server.url("/from"), b"body"), handler("s3"))

    assert (told["method"], told["length"]) == ("GET", 0)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"], ids=["other host", "other port"])
@pytest.mark.parametrize("status", REDIRECTS)
def test_redirect_to_another_origin_is_sent_without_a_signature(server, other, status, name):
    server.redirects["/from"] = status, other.url("/to", name=name)
    empty_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    headers = {"X-Mine": "yes", "X-Amz-Content-Sha256": empty_hash}

    sent(Request(server.url("/from"), headers=headers), handler("s3"))

    assert not SIGNATURE & other.arrived[0].names()
    assert "x-mine" in other.arrived[0].names()


def test_redirect_back_to_the_origin_is_not_signed(server, other):
    server.anonymous = True
    server.redirects["/from"] = 302, other.url("/back")
    other.redirects["/back"] = 302, server.url("/to")

    sent(server.url("/from"))

    assert [bool(SIGNATURE & arrived.names()) for arrived in server.arrived] == [True, False]


def test_redirect_handler_of_the_caller_is_used(server, other):
    class Watched(HTTPRedirectHandler):
        seen = ()

        def redirect_request(self, *args):
            self.seen += (args[2],)
            return super().redirect_request(*args)

    class Refusing(HTTPRedirectHandler):
        def redirect_request(self, *_args):
            return None

    server.redirects["/from"] = 307, other.url("/to")
    watched = Watched()

    sent(server.url("/from"), watched, handler())
    assert refused(server.url("/from"), Refusing(), handler())[0] == 307

    assert watched.seen == (307,)
    assert [SIGNATURE & arrived.names() for arrived in other.arrived] == [set()]


def test_request_can_be_opened_again_with_another_url_and_body(server, other):
    other.accept(ACCESS_KEY, SECRET, TOKEN)
    server.redirects["/from"] = 302, other.url("/to")
    request = Request(server.url("/from"), b"body")

    sent(request, handler("s3"))
    request.full_url = other.url("/")
    request.data = b"another"
    sent(request, handler("s3"))

    assert other.arrived[-1].authorization is not None


@pytest.mark.parametrize("skew", [HOUR, -HOUR])
def test_wrong_clock_is_corrected_once_and_remembered(server, skew):
    server.clock = lambda: time.time() + skew
    auth = handler()
    file = io.BytesIO(b"skipped|sent")
    file.seek(8)

    assert sent(Request(server.url("/"), file), auth)["length"] == 4
    sent(server.url("/"), auth)

    assert [arrived.status for arrived in server.arrived] == [403, 200, 200]


def test_clock_is_corrected_only_once_per_request(server):
    offsets = iter(range(HOUR, 100 * HOUR, HOUR))
    server.clock = lambda: time.time() + next(offsets)

    assert refused(server.url("/"))[0] == 403
    assert len(server.arrived) == 2


def test_clock_is_corrected_again_if_a_request_is_opened_again(server):
    skew = HOUR
    server.clock = lambda: time.time() + skew
    auth = handler()
    request = Request(server.url("/"))
    sent(request, auth)
    skew = 2 * HOUR
    sent(request, auth)

    assert [arrived.status for arrived in server.arrived] == [403, 200, 403, 200]


def test_wrong_clock_is_corrected_after_a_redirect(server):
    offsets = iter([0, HOUR, HOUR])
    server.clock = lambda: time.time() + next(offsets)
    server.redirects["/from"] = 307, "/to"

    assert sent(server.url("/from"))["target"] == "/to"


def test_stream_is_not_sent_again_for_the_clock(server):
    server.clock = lambda: time.time() + HOUR
    request = Request(server.url("/"), iter([b"x"]), {"Content-Length": "1"}, method="PUT")

    assert refused(request, handler("s3"))[0] == 403
    assert len(server.arrived) == 1


def test_refusal_can_be_read(server):
    server.reject(ACCESS_KEY)

    code, content = refused(server.url("/"))

    assert code == 403
    assert b"security token" in content
    assert len(server.arrived) == 1


def test_origin_is_signed_through_a_proxy():
    with RecordingServer() as proxy:
        opener = urllib.request.build_opener(ProxyHandler({"http": proxy.url("")}), handler("s3"))
        with opener.open("http://api.example.com/path?a=b+c") as response:
            assert response.status == 200

        request = Request("http://api.example.com/path?a=b+c")
        request.set_proxy(proxy.host, "http")
        with urllib.request.build_opener(handler("s3")).open(request) as response:
            assert response.status == 200

    for arrived in proxy.arrived:
        assert arrived.target == "http://api.example.com/path?a=b%20c"
        assert arrived.headers["Host"] == "api.example.com"
        assert "host;" in arrived.headers["Authorization"]


def test_wrong_clock_is_corrected_through_a_tunnel(authority):
    with VerifyingServer(tls=authority.server, clock=lambda: time.time() + HOUR) as server:
        server.accept(ACCESS_KEY, SECRET, TOKEN)
        with tunnelling_proxy() as (proxy, targets):
            opener = urllib.request.build_opener(
                ProxyHandler({"https": proxy}), HTTPSHandler(context=authority.client), handler()
            )
            for _ in range(2):
                with opener.open(server.url()) as response:
                    assert response.status == 200
            assert set(targets) == {server.host}

    assert [arrived.status for arrived in server.arrived] == [403, 200, 200]


def test_credentials_are_fetched_for_each_request(server):
    keys = ["AKIDONE", "AKIDTWO"]
    for key in keys:
        server.accept(key, SECRET)
    rotating = iter(keys)
    auth = handler(credentials=lambda: Credentials(next(rotating), SECRET))

    assert [sent(server.url("/"), auth)["access_key_id"] for _ in keys] == keys


def test_coroutine_function_in_a_sync_client_is_an_error(server):
    async def credentials():
        return TEMPORARY

    with pytest.raises(InvalidCredentialsError, match=r"^credentials are provided by the corou"):
        sent(server.url("/"), handler(credentials=credentials))


def test_32_threads_share_an_opener_while_keys_rotate(server):
    for number in range(32):
        server.accept(f"AKID{number}", SECRET)
    numbers = iter(range(10_000))
    opener = urllib.request.build_opener(
        handler(credentials=lambda: Credentials(f"AKID{next(numbers) % 32}", SECRET))
    )

    def ask():
        for number in range(5):
            with opener.open(server.url(f"/{number}"), b"x" * number):
                pass

    threads = [threading.Thread(target=ask) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert server.errors == []
    assert len(server.arrived) == 160
