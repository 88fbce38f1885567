"""Single requests by aiohttp with our middleware."""

from __future__ import annotations

import asyncio
import json

import aiohttp

from rsigv4.aiohttp import SigV4Middleware
from support.signing import TEMPORARY


def middleware(service="execute-api", credentials=TEMPORARY, **options):
    return SigV4Middleware(credentials, "us-east-1", service, **options)


def request(method, url, middleware, **options):
    """Send a request, and return the response's status and content."""

    async def send():
        async with (
            aiohttp.ClientSession(middlewares=[middleware]) as session,
            session.request(method, url, **options) as response,
        ):
            return response.status, await response.read()

    return asyncio.run(send())


def sent(method, url, middleware, **options):
    """Send a request that must be accepted, and return it as it arrived."""
    status, content = request(method, url, middleware, **options)
    assert status == 200, content
    return json.loads(content)


async def pieces_of(*pieces):
    for piece in pieces:
        yield piece
