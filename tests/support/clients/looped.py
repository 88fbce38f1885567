"""Sessions of async clients."""

from __future__ import annotations

import contextlib

import aiohttp
import niquests

import rsigv4.aiohttp
import rsigv4.requests
from support.clients.sessions import (
    Form,
    Json,
    Multipart,
    Reply,
    body_of_httpx,
    body_of_requests,
    headers_of_niquests,
    httpx_options,
)


@contextlib.asynccontextmanager
async def of_niquests(auth, authority):
    async with niquests.AsyncSession() as session:
        session.trust_env = False
        session.auth = auth and auth.of(rsigv4.requests.AsyncSigV4Auth)
        if authority is not None:
            session.verify = str(authority.path)

        async def send(method, url, headers=(), body=None):
            response = await session.request(
                method, url, headers=headers_of_niquests(url, headers), **body_of_requests(body)
            )
            return Reply(response.status_code, response.content)

        yield send


def of_httpx(library, adapter):
    @contextlib.asynccontextmanager
    async def factory(auth, authority):
        options = httpx_options(auth, authority, adapter)
        # httpx looks at all connections for each waiting request, which is quadratic.
        options["limits"] = library.Limits(max_connections=10)
        async with library.AsyncClient(**options) as session:

            async def send(method, url, headers=(), body=None):
                headers = [(name.encode(), value) for name, value in headers]
                response = await session.request(
                    method, url, headers=headers, **body_of_httpx(body)
                )
                return Reply(response.status_code, response.content)

            yield send

    return factory


@contextlib.asynccontextmanager
async def of_aiohttp(auth, authority):
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=True if authority is None else authority.client),
        middlewares=[] if auth is None else [auth.of(rsigv4.aiohttp.SigV4Middleware)],
    ) as session:

        async def send(method, url, headers=(), body=None):
            arguments = {"data": body}
            if isinstance(body, Form):
                arguments = {"data": body.fields}
            elif isinstance(body, Json):
                arguments = {"json": body.value}
            elif isinstance(body, Multipart):
                form = aiohttp.FormData()
                for name, (filename, content) in body.files.items():
                    form.add_field(name, content, filename=filename)
                arguments = {"data": form}
            headers = [(name, value.decode()) for name, value in headers]
            async with session.request(method, url, headers=headers, **arguments) as response:
                return Reply(response.status, await response.read())

        yield send
