"""
Bug reports about other signers, as requests through our clients.

Each test is named after its report: the repository's name, and the number of the issue or pull
request.
"""

from __future__ import annotations

import asyncio
import io
import logging
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import requests

import rsigv4.httpx
import rsigv4.requests
from rsigv4 import Credentials
from rsigv4.exceptions import InvalidRequestError
from support.bodies import CONTENT
from support.clients import ADAPTERS, Auth
from support.signing import SECRET, TEMPORARY, TOKEN

every_client = pytest.mark.parametrize("client", ADAPTERS, ids=str)


def auth_for(service="es", **options):
    return Auth(TEMPORARY, service=service, options=options)


def check_taken(server, client, target, *request, service="es", method="GET"):
    reply = client.send(auth_for(service), method, server.url(target), *request)
    assert (reply.status, server.errors) == (200, [])
    return server.arrived[-1]


# Paths.


@every_client
@pytest.mark.parametrize("target", ["/bucket/.", "/bucket//..", "/bucket/a//b", "/bucket/../a"])
def test_requests_aws4auth_31_key_of_dots_and_slashes(server, client, target):
    check_taken(server, client, target, service="s3")


@every_client
@pytest.mark.parametrize("name", ["a:b", "a!b", "a@b", "a:b!c@d"])
def test_opensearch_py_833_683_document_id_with_reserved_characters(server, client, name):
    check_taken(server, client, f"/index/_doc/{name}")


@every_client
def test_awscurl_33_colon_in_a_path(server, client):
    check_taken(server, client, "/model/anthropic.claude:0/invoke", service="bedrock")


@every_client
@pytest.mark.parametrize("key", ["/a b", "/a%20b", "/a%2Bb", "/a+b", "/caf\u00e9"])
def test_botocore_3214_key_of_s3_that_is_escaped(server, client, key):
    check_taken(server, client, f"/bucket{key}", service="s3")


@every_client
def test_smithy_rs_1308_double_slash_is_normalized_but_for_s3(server, client):
    check_taken(server, client, "//a//b/")
    if client.name in {"aws_auth", "requests"} and requests.__version__ < "2.33":
        pytest.skip("requests removes a slash after signing")
    check_taken(server, client, "//a//b/", service="s3")


@every_client
def test_aws_sdk_js_853_percent_sign_is_encoded_twice_but_for_s3(server, client):
    check_taken(server, client, "/a%25b/100%25")
    check_taken(server, client, "/a%25b/100%25", service="s3")


# Queries.


@every_client
@pytest.mark.parametrize("service", ["es", "s3"])
def test_aws_requests_auth_40_space_as_a_plus(server, client, service):
    check_taken(server, client, "/_search?q=a+b&p=c%20d", service=service)


def test_aws_requests_auth_40_space_in_params(server):
    auth = rsigv4.requests.SigV4Auth(TEMPORARY, "eu-central-1", "es")
    params = {"q": "name:a b", "fields": "a,b", "x": ["1", "2"], "plus": "+"}
    with requests.Session() as session:
        session.trust_env = False
        response = session.get(server.url("/_search"), params=params, auth=auth)
    assert (response.status_code, server.errors) == (200, [])


@every_client
def test_aws_requests_auth_12_13_commas(server, client):
    check_taken(server, client, "/a,b/_mapping?fields=a,b%2Cc")


@every_client
def test_awscurl_216_equals_sign_in_a_value(server, client):
    check_taken(server, client, "/?token=YWJj%3D%3D&raw=YWJj==")


@every_client
@pytest.mark.parametrize("target", ["/?q=a:b,c", "/?prefix={}~", "/?q=*:*&x=[1]|2"])
def test_awscurl_115_138_aws_sdk_rust_120_330_raw_characters(server, client, target):
    check_taken(server, client, target)
    check_taken(server, client, target, service="s3")


@every_client
def test_httpx_auth_71_order_of_names(server, client):
    check_taken(server, client, "/?b=2&a=1&B=3&a-b=4&a1=5&a=0")


# Host and ports.


@every_client
def test_requests_aws4auth_79_opensearch_py_1006_host_of_a_tunnel(server, client):
    headers = [("Host", b"vpc-a.eu-central-1.es.amazonaws.com")]
    arrived = check_taken(server, client, "/a", headers)
    assert arrived.head.values("host") == [headers[0][1]]


# Headers.


@every_client
def test_opensearch_py_1047_mcp_proxy_313_what_a_proxy_rewrites_is_not_signed(server, client):
    headers = [("Accept", b"a/b"), ("User-Agent", b"c"), ("X-Amzn-Trace-Id", b"Root=1")]
    arrived = check_taken(server, client, "/a", headers, b"body", method="PUT", service="aoss")
    rewritten = {"accept", "accept-encoding", "connection", "content-length", "expect"}
    rewritten |= {"transfer-encoding", "user-agent", "x-amzn-trace-id"}
    assert rewritten.isdisjoint(arrived.authorization.signed_headers)


@every_client
def test_opensearch_py_1038_aws4_169_hash_of_the_body_is_sent_and_signed(server, client):
    arrived = check_taken(server, client, "/a", [], b"body", method="PUT", service="aoss")
    assert arrived.head.value("x-amz-content-sha256") == arrived.body.sha256
    assert "x-amz-content-sha256" in arrived.authorization.signed_headers


# Bodies.


@pytest.mark.parametrize("client", [c for c in ADAPTERS if "httpx" not in c.name], ids=str)
def test_aws_requests_auth_63_64_file(server, client, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    with path.open("rb") as file:
        arrived = check_taken(server, client, "/a", [], file, method="PUT")
    assert arrived.body.content == CONTENT


@every_client
def test_aws_requests_auth_45_unsigned_payload(server, client):
    auth = auth_for(payload="unsigned")
    with pytest.raises(InvalidRequestError, match="twice"):
        client.send(auth, "PUT", server.url(), [], b"body")
    # Over http, an unsigned body has to be requested by this header, too.
    headers = [("x-amz-content-sha256", b"UNSIGNED-PAYLOAD")]
    reply = client.send(auth, "PUT", server.url(), headers, b"body")
    assert (reply.status, server.errors) == (200, [])
    assert server.arrived[0].head.value("x-amz-content-sha256") == "UNSIGNED-PAYLOAD"


@every_client
def test_moto_9580_json(server, client):
    check_taken(server, client, "/a", [("Content-Type", b"application/x-amz-json-1.1")], b"{}")


# Credentials, threads and event loops.


def test_aws_requests_auth_27_token_that_expires_is_replaced(server, time_machine):
    now = time.time()
    keys = iter(range(10))

    def provide():
        key = (f"AKID{next(keys)}", "secret", "token")
        server.accept(*key)
        return Credentials(*key, expires_at=time.time() + 3600)

    with requests.Session() as session:
        session.trust_env = False
        session.auth = rsigv4.requests.SigV4Auth(provide, "eu-central-1", "es")
        for hours in range(4):
            time_machine.move_to(now + hours * 3600)
            assert session.get(server.url()).status_code == 200
    assert [arrived.authorization.access_key_id for arrived in server.arrived] == [
        "AKID0",
        "AKID1",
        "AKID2",
        "AKID3",
    ]


def test_opensearch_py_410_event_loop_goes_on_while_credentials_are_fetched(server):
    going_on = threading.Event()

    def provide():
        # Only the event loop sets this event.
        assert going_on.wait(30)
        return TEMPORARY

    async def main():
        auth = rsigv4.httpx.SigV4Auth(provide, "eu-central-1", "es")
        async with httpx.AsyncClient(auth=auth, trust_env=False) as client:
            request = asyncio.ensure_future(client.get(server.url()))
            await asyncio.sleep(0)
            going_on.set()
            return await request

    assert asyncio.run(main()).status_code == 200


def test_requests_auth_aws_sigv4_12_one_auth_in_many_threads(server):
    auth = rsigv4.requests.SigV4Auth(TEMPORARY, "eu-central-1", "es")

    def get(number):
        with requests.Session() as session:
            session.trust_env = False
            return session.get(server.url(f"/{number}?q={number}"), auth=auth).status_code

    with ThreadPoolExecutor(16) as executor:
        assert set(executor.map(get, range(200))) == {200}


def test_requests_aws4auth_10_key_of_the_day_after_midnight(server, time_machine):
    midnight = time.time() // 86400 * 86400 + 86400
    with requests.Session() as session:
        session.trust_env = False
        session.auth = rsigv4.requests.SigV4Auth(TEMPORARY, "eu-central-1", "es")
        for seconds in (-1, 1):
            time_machine.move_to(midnight + seconds)
            assert session.get(server.url()).status_code == 200
    dates = [arrived.authorization.scope.date for arrived in server.arrived]
    assert dates[0] != dates[1]


# Logs.


@every_client
def test_mcp_proxy_166_awscurl_106_secrets_are_in_no_log(server, client, caplog):
    with caplog.at_level(logging.DEBUG, "rsigv4"):
        check_taken(server, client, "/a", [], b"body", method="PUT")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("rsigv4")]
    assert not any(SECRET in message or TOKEN in message for message in ours)


def test_requests_auth_pickles_and_signs_the_same(server):
    auth = rsigv4.requests.SigV4Auth(TEMPORARY, "eu-central-1", "es")
    restored = pickle.loads(pickle.dumps(auth))  # noqa: S301 - our own
    with requests.Session() as session:
        session.trust_env = False
        response = session.put(server.url(), data=io.BytesIO(b"body"), auth=restored)
    assert (response.status_code, server.errors) == (200, [])
