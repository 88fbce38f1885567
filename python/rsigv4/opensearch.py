"""
Sign the requests of opensearch-py.

    from rsigv4.opensearch import SigV4Auth

    client = OpenSearch(hosts, http_auth=SigV4Auth(), connection_class=RequestsHttpConnection)

`Urllib3HttpConnection`, the default, and `AsyncHttpConnection` take it as well. For an
`AsyncOpenSearch`, prefer

    from rsigv4.opensearch import SigV4Auth, SigV4AsyncHttpConnection

    client = AsyncOpenSearch(
        hosts, http_auth=SigV4Auth(), connection_class=SigV4AsyncHttpConnection
    )
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from rsigv4._clients.extras import Extra
from rsigv4.exceptions import InvalidRequestError

with Extra("opensearch", "opensearch-py", "opensearchpy"):
    # It depends on requests, which is imported next.
    import opensearchpy  # noqa: F401 # pyright: ignore[reportUnusedImport]

from rsigv4._clients.requests import RequestsAuth

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from opensearchpy import AsyncHttpConnection

    from rsigv4 import Signer
else:
    try:
        from opensearchpy import AsyncHttpConnection
    except ImportError:  # aiohttp is not installed.
        AsyncHttpConnection = object

__all__ = ["SigV4AsyncHttpConnection", "SigV4Auth"]

#: The signer of the connection that is sending, with credentials that were awaited.
_waited_for: ContextVar[Signer | None] = ContextVar("rsigv4_signer", default=None)


class SigV4Auth(RequestsAuth):
    """
    Sign each request with AWS Signature Version 4, as it will be sent.

    What it can do depends on the connection:

    - `RequestsHttpConnection`: a redirect to the same origin is signed again; one to another origin
      is sent without a signature. If a response says that the timestamp was the problem, the
      request is signed with the server's time and sent once more. *explain* works.
    - `Urllib3HttpConnection`: redirects are not followed. It doesn't pass its headers, so only the
      headers of the signature are signed; a ``Host`` of your own is not.
    - `AsyncHttpConnection`: refreshing credentials blocks the event loop, and redirects get all
      headers, also at another origin; `SigV4AsyncHttpConnection` avoids both. Before opensearch-py
      3.1 it doesn't pass its headers either.

    Args:
        credentials: `Credentials`, an object with `get_frozen_credentials()` such as botocore's,
            or a function that returns either; also a coroutine function, for
            `SigV4AsyncHttpConnection`. None: what `resolve_credentials` finds.
        region: Such as ``"eu-central-1"``. None reads it from the URL's host.
        service: ``"es"``, or ``"aoss"`` for OpenSearch Serverless. None reads it from the host.
        payload: ``"unsigned"`` does not sign bodies.
        max_buffered_body: Largest one-shot body, in bytes, that is buffered in order to sign it:
            16 MiB. opensearch-py itself sends no one-shot bodies.
        explain: Log why a request was refused, as `rsigv4.explain` explains it.
        options: The other arguments of `Signer`, such as *algorithm* and *also_sign*.

    """

    @property
    def service(self) -> str | None:
        """The service's signing name; frameworks use it to detect OpenSearch Serverless."""
        return self._signing.signer.service

    def __call__(
        self,
        method: Any,
        url: str | None = None,
        *query_and_body: Any,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """
        Sign a request.

        Args:
            method: The method. `RequestsHttpConnection` passes a prepared request, and no more.
            url: The URL with its query.
            query_and_body: Older connections pass the body last, some after the query.
            body: The body as it is sent.
            headers: The headers as they are sent; `Urllib3HttpConnection` doesn't pass them.

        Returns:
            The headers to add, or the prepared request with them.

        """
        if url is None:
            return super().__call__(method)
        if query_and_body:
            body = query_and_body[-1]
        signer = _waited_for.get() or self._signing.signer
        own = {} if headers is None else dict(headers)
        signed = self._signing.sign(signer, method, url, own, body)
        if signed is None:
            return {}
        # opensearch-py replaces a header only if its name is in the same case.
        spelled = {name.lower(): name for name in own}
        return {spelled.get(name.lower(), name): value for name, value in signed.headers.items()}

    async def signer_async(self) -> Signer:
        """Return the signer with frozen credentials, without blocking the event loop."""
        return await self._signing.signer_async()


class SigV4AsyncHttpConnection(AsyncHttpConnection):
    """
    An `AsyncHttpConnection` that awaits credentials, and does not follow redirects.

    Refreshing credentials does not block the event loop, and the function that returns them may be
    a coroutine function. A redirect is an error, as for `Urllib3HttpConnection`, because the
    signature would be sent to any origin.

    Args:
        host: As for `AsyncHttpConnection`.
        port: As for `AsyncHttpConnection`.
        http_auth: A `SigV4Auth`.
        kwargs: The other arguments of `AsyncHttpConnection`.

    """

    def __init__(
        self,
        host: str = "localhost",
        port: int | None = None,
        http_auth: Any = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(http_auth, SigV4Auth):
            raise InvalidRequestError("http_auth must be a SigV4Auth: pass one to the client")
        self._session: Any = None
        super().__init__(host, port, http_auth, **kwargs)
        self._auth = http_auth

    async def perform_request(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request, signed; the arguments are those of `AsyncHttpConnection`."""
        token = _waited_for.set(await self._auth.signer_async())
        try:
            return await super().perform_request(*args, **kwargs)
        finally:
            _waited_for.reset(token)

    @property
    def session(self) -> Any:
        """The session of aiohttp."""
        return self._session

    @session.setter
    def session(self, session: Any) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._session = session and _WithoutRedirects(session)


class _WithoutRedirects:
    """A session of aiohttp that returns redirects instead of following them."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def request(self, *args: Any, **kwargs: Any) -> Any:
        return self._session.request(*args, **kwargs, allow_redirects=False)

    async def close(self) -> None:
        await self._session.close()
