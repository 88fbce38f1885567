"""
Sign the requests of requests and niquests.

    from rsigv4.requests import SigV4Auth

    requests.get(url, auth=SigV4Auth())

An `AsyncSession` of niquests takes `AsyncSigV4Auth`, which does not block the event loop.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rsigv4._clients.extras import Extra
from rsigv4._clients.steps import run_async
from rsigv4._core import ResponseHook
from rsigv4.chunked import ChunkedBody

with Extra("requests", "requests or niquests", "niquests"):
    from rsigv4._clients.prepared_request import SIGNED_CLASSES, prepare_redirect
    from rsigv4._clients.requests import RequestsAuth

if TYPE_CHECKING:
    from typing import Any

    from requests.auth import AuthBase
else:
    try:
        from requests.auth import AuthBase
    except ImportError:  # Only niquests is installed.
        from niquests.auth import AuthBase

__all__ = ["AsyncSigV4Auth", "SigV4Auth"]


class SigV4Auth(RequestsAuth, AuthBase):
    """
    Sign each request with AWS Signature Version 4, as it will be sent.

    A redirect to the same origin is signed again; one to another origin is sent without a
    signature. If a response says that the timestamp was the problem, the request is signed with the
    server's time and sent once more.

    Args:
        credentials: `Credentials`, an object with `get_frozen_credentials()` such as botocore's,
            or a function that returns either. None uses `resolve_credentials`.
        region: Such as ``"eu-central-1"``. None reads it from the URL's host.
        service: The service's signing name, such as ``"execute-api"``. None reads it from the
            host.
        payload: ``"unsigned"`` does not sign bodies.
        max_buffered_body: Largest one-shot body, in bytes, that is buffered in order to sign it:
            16 MiB. S3 gets them in chunks, unbuffered, if the request has a ``Content-Length``.
        explain: Log why a request was refused, as `rsigv4.explain` explains it.
        options: The other arguments of `Signer`, such as *algorithm* and *also_sign*.

    """


class AsyncSigV4Auth(SigV4Auth):
    """
    Sign the requests of an `AsyncSession` of niquests; otherwise like `SigV4Auth`.

    Args:
        credentials: As for `SigV4Auth`, or a coroutine function.

    """

    async def __call__(self, r: Any) -> Any:  # type: ignore[override]
        """Add the headers that sign this request, and return it."""
        if not await self._sign_async(r):
            return r
        r.__class__ = SIGNED_CLASSES[type(r)]
        hooks = r.hooks["response"]
        # A request that is signed again has one hook: that of the auth that signed it last.
        hooks[:] = [hook for hook in hooks if not _is_ours(hook)]
        hooks.append(partial(_after_response_async, _Unpickled(self)))
        return r

    @staticmethod
    def _iterate(body: Any) -> Any:
        return body.aiter() if isinstance(body, ChunkedBody) else body.__aiter__()


class _Unpickled:
    """Keeps the auth out of pickled responses, which contain the hooks of their requests."""

    def __init__(self, auth: AsyncSigV4Auth | None = None) -> None:
        self.auth = auth

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), ()


def _is_ours(hook: Any) -> bool:
    return isinstance(hook, ResponseHook) or getattr(hook, "func", None) is _after_response_async


async def _after_response_async(holder: _Unpickled, response: Any, **kwargs: Any) -> Any:
    if holder.auth is None:
        prepare_redirect(response)
        return response
    return await run_async(holder.auth.steps_after_response(response, kwargs))
