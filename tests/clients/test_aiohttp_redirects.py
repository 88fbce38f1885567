"""Redirects that aiohttp follows, also while other requests are in flight."""

from __future__ import annotations

import asyncio
import copy
import gc
import io

import aiohttp
import pytest

import rsigv4.aiohttp
from support.clients.aiohttp_requests import middleware, pieces_of, sent
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET, SIGNATURE, TEMPORARY, TOKEN

REDIRECTS = [301, 302, 303, 307, 308]


@pytest.mark.parametrize("status", REDIRECTS)
def test_redirect_to_the_same_origin_is_signed_again(server, status):
    server.redirects["/from"] = status, "/to?a=b+c"
    kept = status in {307, 308}

    told = sent("POST", server.url("/from"), middleware("s3"), data=b"body")

    assert (told["method"], told["length"]) == (("POST", 4) if kept else ("GET", 0))


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"], ids=["other host", "other port"])
@pytest.mark.parametrize("status", REDIRECTS)
def test_redirect_to_another_origin_is_sent_without_a_signature(server, other, status, name):
    server.redirects["/from"] = status, other.url("/to", name=name)

    sent("PUT", server.url("/from"), middleware("s3"), data=b"body", headers={"X-Mine": "yes"})

    assert not SIGNATURE & other.arrived[0].names()
    assert "x-mine" in other.arrived[0].names()


def is_signed(arrived):
    return bool(SIGNATURE & arrived.names())


def test_redirect_back_to_the_origin_is_not_signed(server, other):
    server.anonymous = True
    server.redirects["/from"] = 302, other.url("/back")
    other.redirects["/back"] = 302, server.url("/to")
    server.redirects["/to"] = 302, "/further"

    sent("GET", server.url("/from"), middleware())

    assert [is_signed(arrived) for arrived in server.arrived] == [True, False, False]


@pytest.fixture
def aside():
    """Return a server for requests that are sent while others are in flight."""
    with VerifyingServer() as server:
        server.accept(ACCESS_KEY, SECRET, TOKEN)
        server.redirects["/from"] = 302, "/to"
        yield server


async def send_aside(aside, service="sts"):
    async with (
        aiohttp.ClientSession(middlewares=[middleware(service)]) as session,
        session.post(aside.url("/from"), data=b"Action=AssumeRole") as response,
    ):
        assert response.status == 200


def in_front(aside):
    """Return a middleware that sends its own signed request after each response."""

    async def audit(request, handler):
        response = await handler(request)
        await send_aside(aside, "logs")
        return response

    return [audit, middleware()]


def within(aside):
    """Return a middleware whose credentials come from a signed request."""

    async def assume_role():
        await send_aside(aside)
        return TEMPORARY

    return [middleware(credentials=assume_role)]


def in_a_task(_aside):
    """Return a middleware that sends each request in its own task, as `wait_for` may."""

    async def time_limit(request, handler):
        return await asyncio.create_task(handler(request))

    return [time_limit, middleware()]


def twice(_aside):
    """Return a middleware that sends each request twice at once, and drops the first response."""

    async def hedge(request, handler):
        copied = copy.copy(request)
        copied.headers = request.headers.copy()
        sending = [asyncio.ensure_future(handler(each)) for each in (request, copied)]
        responses = [await response for response in asyncio.as_completed(sending)]
        responses.pop(0).close()
        return responses.pop()

    return [hedge, middleware()]


nesting = pytest.mark.parametrize("middlewares", [in_front, within, in_a_task, twice])


def follow(middlewares, url):
    async def send():
        async with (
            aiohttp.ClientSession(middlewares=middlewares) as session,
            session.get(url) as response,
        ):
            return response.status

    return asyncio.run(send())


@nesting
def test_concurrent_requests_leave_another_origin_unsigned(server, other, aside, middlewares):
    server.redirects["/from"] = 302, other.url("/to")

    assert follow(middlewares(aside), server.url("/from")) == 200

    assert {is_signed(arrived) for arrived in server.arrived} == {True}
    assert {is_signed(arrived) for arrived in other.arrived} == {False}
    assert aside.errors == []


@nesting
def test_concurrent_requests_leave_a_redirect_back_unsigned(server, other, aside, middlewares):
    server.anonymous = True
    server.redirects["/from"] = 302, other.url("/back")
    other.redirects["/back"] = 302, server.url("/to")

    follow(middlewares(aside), server.url("/from"))

    signed = {arrived.target: is_signed(arrived) for arrived in server.arrived}
    assert signed == {"/from": True, "/to": False}
    assert {is_signed(arrived) for arrived in other.arrived} == {False}


@nesting
def test_concurrent_requests_leave_the_same_origin_signed(server, aside, middlewares):
    server.redirects["/from"] = 302, "/then"
    server.redirects["/then"] = 302, "/to"

    assert follow(middlewares(aside), server.url("/from")) == 200

    assert {is_signed(arrived) for arrived in server.arrived} == {True}
    assert server.errors == aside.errors == []


def test_redirects_of_concurrent_requests_are_distinguished(server, other):
    server.redirects["/away"] = 302, other.url("/to")
    server.redirects["/stay"] = 302, "/to"
    auth = middleware()

    async def send():
        async with aiohttp.ClientSession(middlewares=[auth]) as session:
            urls = [server.url(path) for path in ("/away", "/stay")] * 20
            responses = await asyncio.gather(*[session.get(url) for url in urls])
            return {response.status for response in responses}

    assert asyncio.run(send()) == {200}

    assert [is_signed(arrived) for arrived in server.arrived] == [True] * 60
    assert [is_signed(arrived) for arrived in other.arrived] == [False] * 20


def test_finished_redirects_are_forgotten(server, other):
    server.redirects["/from"] = 302, other.url("/to")

    async def send():
        async with aiohttp.ClientSession(middlewares=[middleware()]) as session:
            for allow_redirects in (True, False):
                async with session.get(server.url("/from"), allow_redirects=allow_redirects):
                    pass

    asyncio.run(send())
    gc.collect()

    assert len(rsigv4.aiohttp._chains) == 0  # noqa: SLF001 - nothing else shows it


def test_redirects_are_distinguished_without_a_timeout(server, other):
    server.redirects["/from"] = 302, other.url("/to")

    sent("GET", server.url("/from"), middleware(), timeout=aiohttp.ClientTimeout(total=None))

    assert not SIGNATURE & other.arrived[0].names()


def test_new_request_is_signed_after_earlier_redirects(server, other):
    server.redirects["/from"] = 302, other.url("/to")
    other.accept(ACCESS_KEY, SECRET, TOKEN)

    async def send():
        async with aiohttp.ClientSession(middlewares=[middleware()]) as session:
            await session.get(server.url("/from"))
            await session.get(other.url("/to"))
            by_hand = await session.get(server.url("/from"), allow_redirects=False)
            await session.get(by_hand.headers["Location"])

    asyncio.run(send())

    assert [bool(SIGNATURE & arrived.names()) for arrived in other.arrived] == [False, True, True]
    assert server.errors == other.errors == []


def test_file_is_rewound_for_a_redirect(server):
    server.redirects["/from"] = 307, "/to"
    file = io.BytesIO(b"skipped|sent")
    file.seek(8)

    assert sent("PUT", server.url("/from"), middleware(), data=file)["length"] == 4


def test_buffered_stream_is_sent_again_for_a_redirect(server):
    server.redirects["/from"] = 307, "/to"

    assert sent("PUT", server.url("/from"), middleware(), data=pieces_of(b"body"))["length"] == 4
