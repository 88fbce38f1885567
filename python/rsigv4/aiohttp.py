"""
Sign the requests of aiohttp, 3.12.14 or later.

    from rsigv4.aiohttp import SigV4Middleware

    session = aiohttp.ClientSession(middlewares=[SigV4Middleware()])
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakValueDictionary

from rsigv4._clients.bodies import chain_async, read_into_memory_async
from rsigv4._clients.clock import AMZ_DATE
from rsigv4._clients.extras import Extra
from rsigv4._clients.origin import is_same_origin, is_signed, without_signature
from rsigv4._clients.signer import REFUSED, ClientAuth
from rsigv4._core import PayloadHash, content_length
from rsigv4.exceptions import InvalidRequestError

with Extra("aiohttp"):
    from aiohttp import hdrs
    from aiohttp.payload import BytesPayload, IOBasePayload
    from yarl import URL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any

    from aiohttp import ClientHandlerType, ClientRequest, ClientResponse


__all__ = ["SigV4Middleware"]

#: The redirects that aiohttp follows.
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class _Chain:
    """A request and the requests that follow its redirects."""

    def __init__(self, first_url: str) -> None:
        self.first_url = first_url
        self.left_origin = False


#: Middlewares are called for each request of a chain, but not told that it is one. All requests of
#: a chain share their timer, and no others have it. No public attribute identifies a chain.
_chains: WeakValueDictionary[Any, _Chain] = WeakValueDictionary()
#: Keeps chains alive: aiohttp keeps all responses of a chain while it follows redirects.
_chains_of_responses: WeakKeyDictionary[ClientResponse, _Chain] = WeakKeyDictionary()


class SigV4Middleware(ClientAuth):
    """
    Sign each request with AWS Signature Version 4, as it will be sent.

    A redirect to the same origin is signed again; one to another origin is sent without a
    signature. If a response says that the timestamp was the problem, the request is signed with the
    server's time and sent once more. Put this middleware last in the list, after those that change
    requests.

    Args:
        credentials: `Credentials`, an object with `get_frozen_credentials()` such as botocore's,
            or a function or coroutine function that returns either. None uses
            `resolve_credentials`.
        region: Such as ``"eu-central-1"``. None reads it from the URL's host.
        service: The service's signing name, such as ``"execute-api"``. None reads it from the
            host.
        payload: ``"unsigned"`` does not sign bodies.
        max_buffered_body: Largest one-shot body, in bytes, that is buffered in order to sign it:
            16 MiB. S3 gets them in chunks, unbuffered, if the request has a ``Content-Length``.
        explain: Log why a request was refused, as `rsigv4.explain` explains it.
        options: The other arguments of `Signer`, such as *algorithm* and *also_sign*.

    """

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Sign a request, and send it."""
        timer = request._timer  # noqa: SLF001 - see `_chains`
        # Most often, no session follows a redirect.
        chain = _chains.get(timer) if _chains else None
        if chain is not None and not is_same_origin(chain.first_url, str(request.url)):
            # Nothing is signed from now on, even if a redirect leads back.
            chain.left_origin = True
        if chain is None or not chain.left_origin:
            response = await self._send(request, handler)
        else:
            _replace_headers(request, without_signature(request.headers.items()))
            response = await handler(request)
        if response.status in _REDIRECTS:
            chain = _chains.setdefault(timer, chain or _Chain(str(request.url)))
            _chains_of_responses[response] = chain
        return response

    async def _send(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        if not await self._sign(request):
            return await handler(request)
        response = await handler(request)
        if response.status not in REFUSED:
            return response
        can_resend = not (request.body and request.body.consumed)
        signing = self._signing
        if not signing.wants_response(response.status, can_resend=can_resend):
            return response
        refusal = (response.status, response.headers, await response.read())
        amz_date = request.headers.get(AMZ_DATE)
        sent = (request.method, str(request.url))
        if can_resend and signing.clocks.learn(*refusal, *sent, amz_date):
            await self._sign(request)
            response = await handler(request)
            if not signing.wants_response(response.status, can_resend=False):
                return response
            refusal = (response.status, response.headers, await response.read())
        signing.explain_refusal(*refusal, (*sent, request.headers))
        return response

    async def _sign(self, request: ClientRequest) -> bool:
        """Sign a request, unless its URL is presigned. Return whether it was signed."""
        signing = self._signing
        signer = signing.signer
        url = str(request.url)
        body: Any = None
        payload = request.body
        if (payload and payload.size != 0) or not signing.is_frozen:
            length = None
            if payload and payload.size != 0:
                length = content_length(request.headers)
                # They are read only if that is planned.
                body = _pieces(payload, length)
            planned = signing.plan_body(url, request.headers, body)
            if planned != "presigned":
                signer = await signing.signer_async()
            if planned in {"chunked", "buffered"}:
                body = await self._body(request, planned, body, length)
        headers = request.headers
        # aiohttp adds it when it sends the request.
        if (
            request.method in request.POST_METHODS
            and hdrs.CONTENT_TYPE not in request.skip_auto_headers
        ):
            headers = headers.copy()
            headers.setdefault(hdrs.CONTENT_TYPE, "application/octet-stream")
        signed = signing.sign(signer, request.method, url, headers, body)
        if signed is None:
            if is_signed(request.headers):
                _replace_headers(request, without_signature(request.headers.items()))
            return False
        if signed.url != url:
            request.url = URL(signed.url, encoded=True)
        if signed.body is not body:
            # aiohttp changes the request's own for the new body.
            headers = headers.copy()
            await request.update_body(signed.body)
            request.chunked = None
            headers.popall(hdrs.TRANSFER_ENCODING, None)
        headers.update(signed.headers)
        request.headers = headers
        return True

    async def _body(
        self, request: ClientRequest, planned: str, pieces: Any, length: int | None
    ) -> Any:
        """Return the body to sign in place of its pieces, read into memory if necessary."""
        payload = request.body
        if request.compress:
            raise InvalidRequestError(
                "compress changes the body after it is signed: compress it first, and set the "
                "header Content-Encoding"
            )
        if isinstance(payload, BytesPayload):
            return (await payload.as_bytes())[:length]
        body = await _hash_or_stream(payload, pieces)
        if isinstance(body, PayloadHash) or planned == "chunked":
            return body
        # A payload that was read can't be put back.
        data = await read_into_memory_async(body, self._signing.max_buffered_body, lambda _: None)
        # The length is now known: no chunked transfer encoding.
        request.chunked = None
        request.headers.popall(hdrs.TRANSFER_ENCODING, None)
        await request.update_body(data)
        return data


def _replace_headers(request: ClientRequest, headers: list[tuple[str, Any]]) -> None:
    """Replace all headers of the request."""
    request.headers.clear()
    request.headers.extend(headers)


async def _hash_or_stream(payload: Any, pieces: AsyncIterator[Any]) -> Any:
    """Return the hash of a body that can be read again, or a stream of a one-shot body."""
    hashed = hashlib.sha256()
    async for piece in pieces:
        # The payload of a file says that it is consumed once it is read. Other payloads of unknown
        # size can't be read again, or have parts that can't.
        if payload.consumed or (payload.size is None and not isinstance(payload, IOBasePayload)):
            return chain_async([piece], pieces)
        hashed.update(piece)
    return PayloadHash(hashed.hexdigest())


class _Writer:
    """Puts the pieces that a payload writes into a queue."""

    def __init__(self, queue: asyncio.Queue[Any]) -> None:
        self._queue = queue

    async def write(self, piece: Any) -> None:
        await self._queue.put(piece)


async def _pieces(payload: Any, length: int | None) -> AsyncIterator[Any]:
    """Yield the pieces that a payload writes."""
    queue: asyncio.Queue[Any] = asyncio.Queue(1)

    async def write() -> None:
        try:
            await payload.write_with_length(_Writer(queue), length)
        except Exception as error:  # noqa: BLE001 - raised again below
            await queue.put(error)
        else:
            await queue.put(None)

    writing = asyncio.ensure_future(write())
    try:
        while (piece := await queue.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece
    finally:
        writing.cancel()
