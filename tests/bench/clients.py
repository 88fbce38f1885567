"""Signing requests of httpx, aiohttp and urllib3 through the clients' own hooks."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import aiohttp
import aiohttp_aws_auth
import httpx
import httpx_auth
import httpx_aws_auth
import urllib3
import yarl
from botocore.credentials import Credentials as BotocoreCredentials
from opensearchpy import Urllib3AWSV4SignerAuth
from urllib3.connection import HTTPConnection

from keys import ACCESS_KEY, REGION, SECRET
from measure import Candidate, each, exists, seconds
from report import Topic
from requests_auth import UNSIGNED
from rsigv4 import Credentials

__all__ = ["measure"]

URL = f"http://abcdefghij.execute-api.{REGION}.amazonaws.com/test/pets/"
SERVICE = "execute-api"
REQUESTS = 500
FLOOR = "sets three headers, signs nothing"
SIGN_ALONE = "Signer.sign"
#: Between requests, the processor's caches have lost what signing needs.
SIGN = "sets three headers, each request after a call of Signer.sign"
#: How many microseconds signing may take, without setting the headers.
LIMITS = {"rsigv4.httpx": 4.0, "rsigv4.aiohttp": 3.5, "rsigv4.urllib3": 5.0}
#: How many times longer than ours the fastest peer takes.
REACHED = {"rsigv4.httpx": 2.4, "rsigv4.aiohttp": 2.4, "rsigv4.urllib3": 5.0}
NOTE_OF_URLLIB3 = """\
All of urllib3 with a connection that responds at once, except for the peer, which returns headers.
The ratio to the peer leaves out the row *no headers*, the time of urllib3 itself. The last rows
show what a call of `Signer.sign` between two requests takes: the caches are colder than in a
loop."""


NOTE_OF_AIOHTTP = """\
The last rows are parts of signing, each measured by itself: the URL as text, and the signature."""
NOTE_OF_PARTS = """\
The last rows are parts of signing, each measured by itself: the URL as text, the headers as pairs,
a copy of them that redirects don't send, and the signature."""


def measure(effort):
    return [_httpx(effort), _aiohttp(effort), _urllib3(effort)]


def _goals(topic, ours, least, peers, *, without=0.0):
    """Add the goals of a client; *without* are the seconds that the client itself takes."""
    topic.at_most(
        f"{ours} over what sets the headers", (least[ours] - least[FLOOR]) * 1e6, LIMITS[ours], "us"
    )
    ratio = min(least[peer] for peer in peers) / (least[ours] - without)
    topic.at_least(f"fastest peer / {ours}", ratio, 10, reached=REACHED[ours])


def _signing(signer, effort):
    return each(
        lambda url: signer.sign("GET", url), [f"{URL}{n}" for n in range(effort.count(REQUESTS))]
    )


def _httpx(effort):
    topic, ours = Topic("A small GET with httpx", NOTE_OF_PARTS), "rsigv4.httpx"
    requests = [httpx.Request("GET", f"{URL}{n}") for n in range(effort.count(REQUESTS))]

    def first_step(auth):
        # Everything that a client does before it sends the request.
        return each(lambda request: next(auth.sync_auth_flow(request)), requests, _copy)

    aws = httpx_aws_auth.AwsCredentials(ACCESS_KEY, SECRET)
    peers = {
        "httpx-auth": first_step(
            httpx_auth.AWS4Auth(ACCESS_KEY, SECRET, region=REGION, service=SERVICE)
        ),
        "httpx-aws-auth": first_step(httpx_aws_auth.AwsSigV4Auth(aws, REGION, SERVICE)),
    }
    candidates = {FLOOR: first_step(_Unsigned()), **peers}
    if exists(ours):
        from rsigv4.httpx import SigV4Auth

        auth = SigV4Auth(Credentials(ACCESS_KEY, SECRET), REGION, SERVICE)
        candidates[ours] = first_step(auth)
        candidates["its URL as text"] = each(lambda request: str(request.url), requests)
        candidates["its headers as pairs"] = each(lambda request: request.headers.raw, requests)
        candidates["a copy of its headers"] = each(lambda request: request.headers.copy(), requests)
        candidates[SIGN_ALONE] = _signing(auth.signer, effort)
    else:
        topic.missing.append(ours)
    least = seconds(candidates, effort.rounds)
    topic.times(least)
    if ours in least:
        _goals(topic, ours, least, peers)
    return topic


class _Unsigned(httpx.Auth):
    def auth_flow(self, request):
        _set_headers(request.headers)
        yield request


def _set_headers(headers):
    headers["Authorization"] = UNSIGNED["Authorization"]
    headers["X-Amz-Date"] = UNSIGNED["X-Amz-Date"]
    headers["X-Amz-Content-Sha256"] = UNSIGNED["X-Amz-Content-Sha256"]


def _copy(request):
    return httpx.Request(request.method, request.url)


def _aiohttp(effort):
    topic, ours = Topic("A small GET with aiohttp", NOTE_OF_AIOHTTP), "rsigv4.aiohttp"
    aws = aiohttp_aws_auth.AwsCredentials(ACCESS_KEY, SECRET)
    peer = "aiohttp-aws-auth"
    middlewares = {FLOOR: _unsigned, peer: aiohttp_aws_auth.AwsSigV4Auth(aws, REGION, SERVICE)}
    if exists(ours):
        from rsigv4.aiohttp import SigV4Middleware

        key = Credentials(ACCESS_KEY, SECRET)
        middlewares[ours] = SigV4Middleware(key, REGION, SERVICE)
    else:
        topic.missing.append(ours)
    least = asyncio.run(_time_middlewares(middlewares, effort))
    if ours in middlewares:
        urls = [yarl.URL(f"{URL}{number}") for number in range(effort.count(REQUESTS))]
        parts = {
            "its URL as text": each(str, urls),
            SIGN_ALONE: _signing(middlewares[ours].signer, effort),
        }
        least.update(seconds(parts, effort.rounds))
    topic.times(least)
    if ours in least:
        _goals(topic, ours, least, [peer])
    return topic


async def _unsigned(request, handler):
    _set_headers(request.headers)
    return await handler(request)


class _NotSent(Exception):  # noqa: N818 - it ends a request, and is not an error
    pass


async def _time_middlewares(middlewares, effort):
    """Return the minimum time of each for a request of aiohttp that is not sent."""
    requests = []

    async def keep(request, _send):
        requests.append(request)
        raise _NotSent

    async def answer(_request):
        return _Answer()

    least = dict.fromkeys(middlewares, float("inf"))
    async with aiohttp.ClientSession(middlewares=[keep]) as session:
        for number in range(effort.count(REQUESTS)):
            with suppress(_NotSent):
                await session.get(f"{URL}{number}")
        for _ in range(effort.rounds):
            for name, middleware in middlewares.items():
                for request in requests:
                    for header in UNSIGNED:
                        request.headers.popall(header, None)
                start = time.process_time()
                for request in requests:
                    await middleware(request, answer)
                taken = (time.process_time() - start) / len(requests)
                least[name] = min(least[name], taken)
    return least


class _Answer:
    """The parts of a response that a middleware reads."""

    status = 200
    headers = {}  # noqa: RUF012 - nothing changes it


def _urllib3(effort):
    topic, ours = Topic("A small GET with urllib3", NOTE_OF_URLLIB3), "rsigv4.urllib3"
    urls = [f"{URL}{number}" for number in range(effort.count(REQUESTS))]
    peer = "opensearch-py, Urllib3AWSV4SignerAuth"
    key = BotocoreCredentials(ACCESS_KEY, SECRET)
    opensearch = Urllib3AWSV4SignerAuth(key, REGION, SERVICE)
    plain = "no headers"
    candidates = {
        peer: each(lambda url: opensearch("GET", url, None), urls),
        plain: _requests_of(urllib3.PoolManager(), urls),
        FLOOR: _requests_of(urllib3.PoolManager(headers=UNSIGNED), urls),
    }
    if exists(ours):
        from rsigv4.urllib3 import SigV4PoolManager

        signing = SigV4PoolManager(Credentials(ACCESS_KEY, SECRET), REGION, SERVICE)
        candidates[ours] = _requests_of(signing, urls)
        sign = signing.signer.sign
        candidates[SIGN] = _requests_of(
            urllib3.PoolManager(headers=UNSIGNED), urls, lambda url: sign("GET", url)
        )
    else:
        topic.missing.append(ours)
    least = seconds(candidates, effort.rounds)
    topic.times(least)
    if ours in least:
        taken = (least[SIGN] - least[FLOOR]) * 1e6
        topic.figures.append(("that call, over what sets the headers", f"{taken:.3g} us"))
        # The peer returns headers, and doesn't call urllib3.
        _goals(topic, ours, least, [peer], without=least[plain])
    return topic


class _Answered(HTTPConnection):
    """A connection that responds at once."""

    def connect(self):
        pass

    def request(self, *_args, **_kwargs):
        pass

    def getresponse(self):
        return urllib3.HTTPResponse(b"", status=200, preload_content=False)


def _requests_of(manager, urls, before=lambda _: None):
    manager.connection_from_url(URL).ConnectionCls = _Answered

    def run():
        for url in urls:
            before(url)
            manager.request("GET", url)

    return Candidate(run, len(urls))
