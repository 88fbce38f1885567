"""Prepared requests with two auths, other headers, or an async session."""

from __future__ import annotations

import asyncio

import niquests
import pytest

import rsigv4.requests
from rsigv4 import Credentials
from rsigv4.aws_auth import AWSRequestsAuth
from support.prepared_requests import SCOPE, is_signed, of_drop_in, of_requests, statuses
from support.signing import SECRET, TEMPORARY


def test_headers_in_a_dict_lose_the_signature(session, prepared, server, other):
    request = prepared("/leave")
    request.headers = {
        name.lower() if name.startswith("X-") else name: value
        for name, value in request.headers.items()
    }

    session.send(request).close()

    assert statuses(server) == [307]
    assert not is_signed(other.arrived[0])


@pytest.mark.parametrize(
    "location", ["http://other.example:99999/", "http://127.0.0.1:99999/", "http://[a]:b/"]
)
def test_client_refuses_an_invalid_location(session, library, prepared, server, location):
    server.redirects["/"] = 302, location
    plain = library.Request("POST", server.url("/"), data=b"body").prepare()

    def outcome(request, **arguments):
        try:
            return session.send(request, **arguments).status_code
        except (ValueError, library.RequestException) as error:
            return type(error), str(error)

    server.anonymous = True
    for arguments in ({}, {"allow_redirects": False}):
        assert outcome(prepared("/"), **arguments) == outcome(plain, **arguments)


@pytest.mark.parametrize("first", [of_drop_in, of_requests])
@pytest.mark.parametrize("second", [of_drop_in, of_requests])
def test_second_auth_of_a_request_decides(session, library, server, first, second):
    """As if a session has an auth and the caller also signs the prepared request."""
    request = library.Request("POST", server.url("/stay"), data=b"body", auth=second(server))
    once = len(request.prepare().hooks["response"])
    request.auth = with_other_key(first(server))
    request = second(server)(request.prepare())

    assert len(request.hooks["response"]) == once
    assert session.send(request).status_code == 200
    assert statuses(server) == [303, 200]
    assert all(is_signed(arrived) for arrived in server.arrived)


def with_other_key(auth):
    if isinstance(auth, AWSRequestsAuth):
        auth.aws_access_key = "OTHER"
        return auth
    return rsigv4.requests.SigV4Auth(Credentials("OTHER", SECRET), *SCOPE)


def test_second_auth_of_an_async_request_decides(server):
    async def send():
        async with niquests.AsyncSession() as session:
            session.trust_env = False
            auths = [
                rsigv4.requests.AsyncSigV4Auth(credentials, *SCOPE)
                for credentials in (Credentials("OTHER", SECRET), TEMPORARY)
            ]
            request = niquests.Request("POST", server.url("/stay"), data=b"body").prepare()
            for auth in auths:
                await auth(request)
            hooks = request.hooks["response"]
            return len(hooks), (await session.send(request)).status_code

    assert asyncio.run(send()) == (1, 200)
    assert statuses(server) == [303, 200]
    assert all(is_signed(arrived) for arrived in server.arrived)


@pytest.mark.parametrize("make", [of_drop_in, of_requests])
def test_header_text_is_signed_as_the_bytes_sent(session, library, server, make):
    auth = make(server)
    auth.also_sign = ("x-amz-meta-a",)
    request = library.Request("POST", server.url("/to"), {"x-amz-meta-a": "caf\u00e9"}, auth=auth)

    session.send(request.prepare())

    assert statuses(server) == [200]
    (arrived,) = server.arrived
    assert "x-amz-meta-a" in arrived.authorization.signed_headers


def test_async_session_does_not_modify_the_request(server, other):
    async def send():
        async with niquests.AsyncSession() as session:
            session.trust_env = False
            auth = rsigv4.requests.AsyncSigV4Auth(TEMPORARY, *SCOPE)
            for path in ("/stay", "/leave"):
                first = await session.get(server.url(path), auth=auth, allow_redirects=False)
                await session.send(first.next)
                await session.send(first.request)

    asyncio.run(send())

    assert statuses(server) == [303, 200, 303, 200, 307, 307]
    assert all(is_signed(arrived) for arrived in server.arrived)
    assert [is_signed(arrived) for arrived in other.arrived] == [False] * 2
