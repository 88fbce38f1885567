# Every client sends an already presigned URL unchanged: AWS refuses a request with two signatures.

from __future__ import annotations

import asyncio
import datetime as dt
import time
from urllib.parse import unquote

import aiohttp
import httpx
import httpx2
import pytest
import yarl

import rsigv4.aiohttp
import rsigv4.httpx
import rsigv4.httpx2
from rsigv4 import Signer
from rsigv4.exceptions import InvalidRequestError
from support.bodies import BODIES, CONTENT, is_sent_unbuffered
from support.clients import ALL, Auth
from support.oracles import Request, parameters, presigned_by_botocore
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET, TEMPORARY, TOKEN

HOUR = 3600
SENDING = [client for client in ALL if client.has_auth]

every_client = pytest.mark.parametrize("client", SENDING, ids=str)


@pytest.fixture
def server():
    with VerifyingServer(anonymous=True) as server:
        server.accept(ACCESS_KEY, SECRET, TOKEN)
        yield server


def presigned(url, method="GET"):
    moment = dt.datetime.now(dt.timezone.utc)
    return presigned_by_botocore(
        Request("s3", method, url, key=(ACCESS_KEY, SECRET, TOKEN), moment=moment)
    )


def auth_of(client, **options):
    """Return an auth that fails if it resolves credentials, if the client takes a function."""

    def credentials():
        raise AssertionError("credentials were resolved")

    if client.name == "aws_auth":
        return Auth(TEMPORARY, service="s3")
    return Auth(credentials, service="s3", options=options)


def check_as_it_is(arrived, url, headers=()):
    # aiohttp decodes characters that don't need encoding.
    assert unquote(url).endswith(unquote(arrived.target))
    assert parameters(arrived.target) == parameters(url)
    assert arrived.authorization is None
    signature = {name for name in arrived.names() if name.startswith("x-amz-")}
    assert "authorization" not in arrived.names()
    assert signature == set(headers)


def test_url_is_not_presigned_by_its_fragment():
    request = httpx.Request("GET", "https://example.com/?a=b#c&X-Amz-Signature=1")
    next(rsigv4.httpx.SigV4Auth(TEMPORARY, "us-east-1", "s3").sync_auth_flow(request))
    assert "authorization" in request.headers


@every_client
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_presigned_url_is_sent_unchanged(client, server, method):
    url = presigned(server.url("/bucket/a%20b+c?versionId=7%2F"), method)
    headers = [("x-amz-acl", b"private"), ("x-amz-content-sha256", b"UNSIGNED-PAYLOAD")]
    body = b"body" if method == "PUT" else None

    reply = client.send(auth_of(client), method, url, headers, body)

    (arrived,) = server.arrived
    assert reply.status == 200
    check_as_it_is(arrived, url, dict(headers))
    assert arrived.body.content == (body or b"")
    assert arrived.head.value("x-amz-content-sha256") == "UNSIGNED-PAYLOAD"


@every_client
@pytest.mark.parametrize("kind", [kind for kind in BODIES if kind.single_pass], ids=str)
def test_one_shot_body_is_not_buffered(client, server, kind, tmp_path):
    if not is_sent_unbuffered(client, kind):
        pytest.skip("the client sends no such body")
    url = presigned(server.url("/bucket/key"), "PUT")
    options = {} if client.name == "aws_auth" else {"max_buffered_body": 0}
    with kind.made(tmp_path / "body") as body:
        client.send(auth_of(client, **options), "PUT", url, [], body)

    (arrived,) = server.arrived
    assert arrived.body.content == CONTENT
    check_as_it_is(arrived, url)


@every_client
@pytest.mark.parametrize("explain", [False, True])
def test_refusal_is_returned_to_the_caller(client, server, explain):
    """Even a refusal for a wrong clock, which is corrected only for our signatures."""
    server.clock = lambda: time.time() + HOUR
    server.headers = {"x-amzn-ErrorType": "RequestExpired"}
    server.redirects["/bucket/key"] = 403, "/"

    reply = client.send(
        auth_of(client, explain=explain), "GET", presigned(server.url("/bucket/key"))
    )

    assert (reply.status, len(server.arrived)) == (403, 1)


@every_client
@pytest.mark.parametrize("status_code", [302, 307])
def test_redirect_to_a_presigned_url_on_the_same_origin(client, server, status_code):
    url = presigned(server.url("/bucket/a%20b?versionId=7"))
    server.redirects["/first"] = status_code, url

    reply = follow(client, server)

    assert reply.status == 200
    check_as_it_is(server.arrived[-1], url)


@every_client
@pytest.mark.parametrize("status_code", [302, 307])
def test_redirect_to_a_presigned_url_on_another_origin(client, server, other, status_code):
    url = presigned(other.url("/bucket/a%20b?versionId=7"))
    server.redirects["/first"] = status_code, url

    reply = follow(client, server)

    assert reply.status == 200
    (arrived,) = other.arrived
    check_as_it_is(arrived, url)


@every_client
def test_redirect_to_a_refused_presigned_url(client, server):
    """A refused redirect is signed and sent again, but not if its URL is presigned."""
    url = presigned(server.url("/bucket/key"))
    server.redirects["/first"] = 307, url
    server.redirects["/bucket/key"] = 403, "/"

    reply = follow(client, server)

    assert (reply.status, len(server.arrived)) == (403, 2)
    check_as_it_is(server.arrived[-1], url)


def follow(client, server):
    server.strict = client.signs_all
    auth = Auth(TEMPORARY, service="s3")
    reply = client.send(auth, "GET", server.url("/first"))
    assert server.arrived[0].authorization is not None
    assert server.arrived[0].error == ""
    return reply


@every_client
def test_next_request_of_the_same_session_is_signed(client, server):
    server.strict = client.signs_all
    with client.session(Auth(TEMPORARY, service="s3")) as session:
        for url in (presigned(server.url("/bucket/key")), server.url("/bucket/key")):
            assert session.send("GET", url).status == 200

    assert [arrived.authorization is None for arrived in server.arrived] == [True, False]


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_signed_request_that_gets_a_presigned_url_loses_its_signature(library, server):
    auths = {httpx: rsigv4.httpx.SigV4Auth, httpx2: rsigv4.httpx2.SigV4Auth}
    auth = auths[library](TEMPORARY, "us-east-1", "s3")
    url = presigned(server.url("/bucket/key"))
    with library.Client(auth=auth) as client:
        request = client.build_request("GET", server.url("/bucket/key"))
        assert client.send(request).status_code == 200
        request.url = library.URL(url)
        assert client.send(request).status_code == 200

    signed, arrived = server.arrived
    assert signed.authorization is not None
    check_as_it_is(arrived, url)


def test_signed_request_of_aiohttp_that_gets_a_presigned_url_loses_its_signature(server):
    url = presigned(server.url("/bucket/key"))

    async def send_twice(request, handler):
        assert (await handler(request)).status == 200
        request.url = yarl.URL(url, encoded=True)
        return await handler(request)

    async def send():
        auth = rsigv4.aiohttp.SigV4Middleware(TEMPORARY, "us-east-1", "s3")
        async with (
            aiohttp.ClientSession(middlewares=[send_twice, auth]) as session,
            session.get(server.url("/bucket/key")) as response,
        ):
            assert response.status == 200

    asyncio.run(send())
    signed, arrived = server.arrived
    assert signed.authorization is not None
    check_as_it_is(arrived, url)


@pytest.mark.parametrize(
    "name", ["sign", "canonical_request", "string_to_sign", "presign", "chunked"]
)
def test_signer_refuses_a_presigned_url(name):
    signer = Signer(TEMPORARY, "eu-central-1", "s3")
    url = presigned("https://example.com/bucket/key")
    more = ((None, b"body"), {"length": 4}) if name == "chunked" else ((), {})
    with pytest.raises(InvalidRequestError, match=r"^url is presigned already: .* as it is$"):
        getattr(signer, name)("PUT", url, *more[0], **more[1])
