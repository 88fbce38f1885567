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
from botocore.credentials import Credentials as BotocoreCredentials
from opensearchpy import Urllib3AWSV4SignerAuth
from urllib3.connection import HTTPConnection

from keys import ACCESS_KEY, REGION, SECRET
from measure import Candidate, each, exists, seconds
from report import Topic
from rsigv4 import Credentials

__all__ = ["measure"]

URL = f"http://abcdefghij.execute-api.{REGION}.amazonaws.com/test/pets/"
SERVICE = "execute-api"
REQUESTS = 500
LIMIT = 10.0
#: How many times longer than ours the fastest peer takes.
REACHED = {"rsigv4.httpx": 2.7, "rsigv4.aiohttp": 2.9, "rsigv4.urllib3": 6.6}


def measure(effort):
    return [_httpx(effort), _aiohttp(effort), _urllib3(effort)]


def _goals(topic, ours, microseconds, peers):
    topic.at_most(f"{ours}", microseconds, LIMIT, "us")
    ratio = min(peers) * 1e6 / microseconds
    topic.at_least(f"fastest peer / {ours}", ratio, 10, reached=REACHED[ours.partition(",")[0]])


def _httpx(effort):
    topic, ours = Topic("A small GET with httpx"), "rsigv4.httpx"
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
    candidates = dict(peers)
    if exists(ours):
        from rsigv4.httpx import SigV4Auth

        auth = SigV4Auth(Credentials(ACCESS_KEY, SECRET), REGION, SERVICE)
        candidates[ours] = first_step(auth)
    else:
        topic.missing.append(ours)
    least = seconds(candidates, effort.rounds)
    topic.times(least)
    if ours in least:
        _goals(topic, ours, least[ours] * 1e6, [least[peer] for peer in peers])
    return topic


def _copy(request):
    return httpx.Request(request.method, request.url)


def _aiohttp(effort):
    topic, ours = Topic("A small GET with aiohttp"), "rsigv4.aiohttp"
    aws = aiohttp_aws_auth.AwsCredentials(ACCESS_KEY, SECRET)
    middlewares = {"aiohttp-aws-auth": aiohttp_aws_auth.AwsSigV4Auth(aws, REGION, SERVICE)}
    if exists(ours):
        from rsigv4.aiohttp import SigV4Middleware

        key = Credentials(ACCESS_KEY, SECRET)
        middlewares[ours] = SigV4Middleware(key, REGION, SERVICE)
    else:
        topic.missing.append(ours)
    least = asyncio.run(_time_middlewares(middlewares, effort))
    topic.times(least)
    if ours in least:
        _goals(topic, ours, least[ours] * 1e6, [least["aiohttp-aws-auth"]])
    return topic


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
                    for header in ("Authorization", "X-Amz-Date", "X-Amz-Content-Sha256"):
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
    topic, ours = Topic("A small GET with urllib3"), "rsigv4.urllib3"
    urls = [f"{URL}{number}" for number in range(effort.count(REQUESTS))]
    peer = "opensearch-py, Urllib3AWSV4SignerAuth"
    key = BotocoreCredentials(ACCESS_KEY, SECRET)
    opensearch = Urllib3AWSV4SignerAuth(key, REGION, SERVICE)
    plain = "urllib3 without a signature, answered at once"
    candidates = {
        peer: each(lambda url: opensearch("GET", url, None), urls),
        plain: _requests_of(urllib3.PoolManager(), urls),
    }
    if exists(ours):
        from rsigv4.urllib3 import SigV4PoolManager

        signing = SigV4PoolManager(Credentials(ACCESS_KEY, SECRET), REGION, SERVICE)
        candidates[f"{ours}, answered at once"] = _requests_of(signing, urls)
    else:
        topic.missing.append(ours)
    least = seconds(candidates, effort.rounds)
    topic.times(least)
    if f"{ours}, answered at once" in least:
        signing = least[f"{ours}, answered at once"] - least[plain]
        _goals(topic, f"{ours}, less what urllib3 takes", signing * 1e6, [least[peer]])
    return topic


class _Answered(HTTPConnection):
    """A connection that responds at once."""

    def connect(self):
        pass

    def request(self, *_args, **_kwargs):
        pass

    def getresponse(self):
        return urllib3.HTTPResponse(b"", status=200, preload_content=False)


def _requests_of(manager, urls):
    manager.connection_from_url(URL).ConnectionCls = _Answered

    def run():
        for url in urls:
            manager.request("GET", url)

    return Candidate(run, len(urls))
