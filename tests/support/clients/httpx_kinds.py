"""httpx and httpx2, sync and async, with hooks and transports that change requests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest

import rsigv4.httpx
import rsigv4.httpx2
from support.signing import TEMPORARY

if TYPE_CHECKING:
    from types import ModuleType


def nothing(request):
    pass


@dataclass(frozen=True)
class Kind:
    """One of the two libraries, and one of its client classes."""

    library: ModuleType
    auth: Any
    is_async: bool

    def __str__(self):
        return self.library.__name__ + ("-async" if self.is_async else "")

    def send(self, url, *, hook=nothing, before=nothing, build=None, headers=()):
        """
        Send a GET and follow redirects.

        Args:
            url: The target.
            hook: An event hook, called with each request.
            before: Called by the transport with each request.
            build: Returns the request that the transport sends instead.
            headers: More headers.

        """
        auth = self.auth(TEMPORARY, "us-east-1", "execute-api")
        options = {"auth": auth, "follow_redirects": True, "headers": dict(headers)}

        def prepared(request):
            before(request)
            return request if build is None else build(self.library, request)

        if not self.is_async:

            class Transport(self.library.HTTPTransport):
                def handle_request(self, request):
                    return super().handle_request(prepared(request))

            with self.library.Client(
                transport=Transport(), event_hooks={"request": [hook]}, **options
            ) as client:
                return client.get(url)

        class AsyncTransport(self.library.AsyncHTTPTransport):
            async def handle_async_request(self, request):
                return await super().handle_async_request(prepared(request))

        async def async_hook(request):
            hook(request)

        async def send():
            async with self.library.AsyncClient(
                transport=AsyncTransport(), event_hooks={"request": [async_hook]}, **options
            ) as client:
                return await client.get(url)

        return asyncio.run(send())

    def signed(self, headers=None):
        """Return a signed request without sending it."""
        request = self.library.Request("GET", "https://example.com/", headers=headers)
        next(self.auth(TEMPORARY, "us-east-1", "execute-api").sync_auth_flow(request))
        return request


KINDS = [
    Kind(library, module.SigV4Auth, is_async)
    for library, module in ((httpx, rsigv4.httpx), (httpx2, rsigv4.httpx2))
    for is_async in (False, True)
]

every_kind = pytest.mark.parametrize("kind", KINDS, ids=str)
every_library = pytest.mark.parametrize("kind", KINDS[::2], ids=str)
