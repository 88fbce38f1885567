"""
Sign the requests of urllib3.

    from rsigv4.urllib3 import SigV4PoolManager

    http = SigV4PoolManager()

`SigV4ProxyManager` sends them through a proxy.
"""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING

from rsigv4._clients.bodies import pieces, read_into_memory
from rsigv4._clients.clock import AMZ_DATE
from rsigv4._clients.extras import Extra
from rsigv4._clients.origin import is_same_origin, is_signed, without_signature
from rsigv4._clients.signer import (
    REFUSED,
    ClientSigner,
    parameters_of,
    sent_by_http_client,
    takes_credentials,
)
from rsigv4._core import MAX_BUFFERED_BODY, SIGNER_OPTIONS, SignedRequest, is_single_pass
from rsigv4.exceptions import InvalidRequestError

with Extra("urllib3"):
    import urllib3
    from urllib3._collections import HTTPHeaderDict  # urllib3 1.26 exports it only here.
    from urllib3.poolmanager import PoolKey

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal

    from typing_extensions import Unpack

    from rsigv4._clients.options import AuthCredentials, PoolOptions, ProxyOptions
    from rsigv4._core import Signer

__all__ = ["SigV4PoolManager", "SigV4ProxyManager"]


class SigV4PoolManager(urllib3.PoolManager):
    """
    Sign each request with AWS Signature Version 4, as it will be sent.

    Retries and redirects to the same origin are signed again; redirects to another origin are sent
    without a signature. If a response says that the timestamp was the problem, the request is
    signed with the server's time and sent once more.

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
        options: The other arguments of `Signer`, such as *algorithm* and *also_sign*, and those of
            `urllib3.PoolManager`, such as *num_pools*, *headers*, *timeout* and *retries*.

    """

    #: urllib3 itself refuses unknown arguments only at the first request.
    _other_options = parameters_of(urllib3.PoolManager.__init__).union(
        name.removeprefix("key_") for name in PoolKey._fields
    )

    @takes_credentials
    def __init__(  # noqa: PLR0913 - they are the arguments of every client's auth
        self,
        credentials: AuthCredentials | None = None,
        region: str | None = None,
        service: str | None = None,
        *,
        payload: Literal["unsigned"] | None = None,
        max_buffered_body: int = MAX_BUFFERED_BODY,
        explain: bool = False,
        **options: Unpack[PoolOptions],
    ) -> None:
        given: dict[str, Any] = dict(options)
        signing = ClientSigner(
            credentials,
            region,
            service,
            payload=payload,
            max_buffered_body=max_buffered_body,
            explain=explain,
            **{name: given.pop(name) for name in SIGNER_OPTIONS.intersection(given)},
        )
        super().__init__(**given)
        # Pools send. Redirects and retries are decided above them, with the unsigned request.
        self.pool_classes_by_scheme: dict[str, Any] = {
            "http": partial(_HTTPPool, signing),
            "https": partial(_HTTPSPool, signing),
        }
        self._signing = signing

    @property
    def signer(self) -> Signer:
        """The `Signer` that signs the requests: for `rsigv4.explain`, or to presign a URL."""
        return self._signing.signer

    def urlopen(  # type: ignore[override]
        self,
        method: str,
        url: str,
        redirect: bool = True,  # noqa: FBT001, FBT002 - it is the base's
        **kwargs: Any,
    ) -> urllib3.BaseHTTPResponse:
        """Send a request, signed; the arguments are those of `urllib3.PoolManager`."""
        if kwargs.get("body") is not None:
            self._keep_for_redirects(url, kwargs)
        return super().urlopen(method, url, redirect, **kwargs)

    def _keep_for_redirects(self, url: str, kwargs: dict[str, Any]) -> None:
        signing = self._signing
        body = kwargs["body"]
        if isinstance(body, str):
            # Versions of urllib3 encode it differently.
            kwargs["body"] = body.encode()
        elif is_single_pass(body):
            headers: Mapping[str, str] | None = kwargs.get("headers", self.headers)
            if signing.plan_body(url, {} if headers is None else headers, body) == "buffered":
                limit = signing.max_buffered_body
                kwargs["body"] = read_into_memory(body, limit, lambda _: None)
        else:
            # urllib3 rewinds a file for a retry, but for a redirect only if it gets the position.
            kwargs["body_pos"] = _rewind(body, kwargs.get("body_pos"))


class SigV4ProxyManager(SigV4PoolManager, urllib3.ProxyManager):
    """
    Sign each request as `SigV4PoolManager` does, and send it through a proxy.

    Args:
        proxy_url: Such as ``"http://localhost:3128"``.
        credentials: As for `SigV4PoolManager`.
        region: As for `SigV4PoolManager`.
        service: As for `SigV4PoolManager`.
        options: The other arguments of `SigV4PoolManager`, and those of `urllib3.ProxyManager`,
            such as *proxy_headers*.

    """

    _other_options = SigV4PoolManager._other_options.union(  # noqa: SLF001 - it is ours
        parameters_of(SigV4PoolManager.__init__), parameters_of(urllib3.ProxyManager.__init__)
    )

    @takes_credentials
    def __init__(
        self,
        proxy_url: str,
        credentials: AuthCredentials | None = None,
        region: str | None = None,
        service: str | None = None,
        **options: Unpack[ProxyOptions],
    ) -> None:
        others: dict[str, Any] = {"proxy_url": proxy_url, **options}
        super().__init__(credentials, region, service, **others)


class _HTTPPool(urllib3.HTTPConnectionPool):
    """Signs the requests it sends, unless a redirect came from another origin."""

    def __init__(self, signing: ClientSigner, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._signing = signing
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port else ""
        self._first_origin = f"{self.scheme}://{host}{port}"
        # A trailing dot of the host is not sent.
        self._origin = f"{self.scheme}://{host.rstrip('.')}{port}"

    def urlopen(  # type: ignore[override] # noqa: PLR0913, PLR0917 - they are the base's
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Any = None,
        retries: Any = None,
        redirect: bool = True,  # noqa: FBT001, FBT002 - may be passed by position
        assert_same_host: bool = True,  # noqa: FBT001, FBT002 - likewise
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Send a request, signed; the arguments are those of `urllib3.HTTPConnectionPool`."""
        headers = self.headers if headers is None else headers
        others = (retries, redirect, assert_same_host, *args)
        if hops := _redirects(retries):
            if self._has_left(hops, url):
                headers = HTTPHeaderDict(without_signature(headers.items()))
                return super().urlopen(method, url, body, headers, *others, **kwargs)
            if is_single_pass(body):
                raise InvalidRequestError(
                    "body can be read only once, and was sent before the redirect: "
                    "pass bytes or a seekable file"
                )
        # Any mapping may be falsy.
        has_headers = len(headers) > 0
        if has_headers and is_signed(headers):
            # For a retry or redirect, the pool calls itself with the headers it sent before.
            headers = HTTPHeaderDict(without_signature(headers.items()))
        if body is not None or "body_pos" in kwargs:
            kwargs["body_pos"] = _rewind(body, kwargs.get("body_pos"))
        # For a proxy, this is the pool of the proxy, and the URL is absolute.
        whole = self._origin + url if url.startswith("/") else url
        signing = self._signing
        # Not a dict: its repr, which tracebacks may show, hides the session token.
        if has_headers or body is not None:
            signed = self._sign(method, whole, body, headers)
        else:
            signed = signing.sign(signing.signer, method, whole, headers, None)
        if signed is None:
            return super().urlopen(method, url, body, headers, *others, **kwargs)
        # It is signed in uppercase, and http.client sends it unchanged.
        method = method.upper()
        target = url if signed.url == whole else signed.url[len(whole) - len(url) :]
        response = super().urlopen(method, target, signed.body, signed.headers, *others, **kwargs)
        # A promise of urllib3-future has no status yet.
        if getattr(response, "status", None) not in REFUSED:
            return response
        unsigned = (method, whole, body, headers)
        return self._after_refusal(response, signed, unsigned, target, others, kwargs)

    def _after_refusal(  # noqa: PLR0913, PLR0917 - a response and its request
        self,
        response: Any,
        signed: SignedRequest,
        unsigned: tuple[str, str, Any, Any],
        target: str,
        others: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """
        Return the response to use: this one, or the one to a request that was signed again.

        Args:
            response: A response that refused a request.
            signed: The request as it was sent.
            unsigned: Its method, its whole URL, its body and its unsigned headers.
            target: The URL that was passed to the base.
            others: The arguments that follow the headers.
            kwargs: The keyword arguments.

        """
        signing = self._signing
        method, _, body, _ = unsigned
        can_resend = not is_single_pass(body)
        if not signing.wants_response(response.status, can_resend=can_resend):
            return response
        streamed = not kwargs.get("preload_content", True)
        refusal = _read(response, streamed=streamed)
        request = unsigned[:2]
        if can_resend and signing.clocks.learn(*refusal, *request, signed.headers[AMZ_DATE]):
            _rewind(body, kwargs.get("body_pos"))
            signed = self._sign(*unsigned) or signed
            response = super().urlopen(
                method, target, signed.body, signed.headers, *others, **kwargs
            )
            if not signing.wants_response(response.status, can_resend=False):
                return response
            refusal = _read(response, streamed=streamed)
        signing.explain_refusal(*refusal, (*request, signed.headers))
        return _unread(response, refusal[2]) if streamed else response

    def _has_left(self, hops: list[str], url: str) -> bool:
        """
        Return whether a redirect led to another origin.

        After one, nothing is signed, even if a later one leads back.
        """
        here = self._first_origin + url if url.startswith("/") else url
        return not all(hop.startswith("/") or is_same_origin(hop, here) for hop in hops)

    def _sign(self, method: str, url: str, body: Any, headers: Any) -> SignedRequest | None:
        """Return the URL, all headers and the body to send, or None if the URL is presigned."""
        signing = self._signing
        pairs = [
            (name.decode("latin-1") if isinstance(name, bytes) else name, value)
            for name, value in headers.items()
        ]
        signed = signing.sign(signing.signer, method, url, sent_by_http_client(pairs), body)
        if signed is None:
            return None
        # urllib3-future sends anything with `__aiter__` as an async iterable only.
        sent = body if signed.body is body else pieces(signed.body)
        return SignedRequest(signed.url, _replaced(pairs, signed.headers), sent)


class _HTTPSPool(_HTTPPool, urllib3.HTTPSConnectionPool):
    pass


def _redirects(retries: Any) -> list[str]:
    """Return the URLs of redirected requests, or targets that start with a slash."""
    # Only a `Retry` has a history: of the requests that led here.
    return [hop.url for hop in getattr(retries, "history", ()) if hop.redirect_location]


def _replaced(pairs: list[tuple[str, Any]], added: Mapping[str, str]) -> Any:
    """Return headers with those added, which replace others of the same names."""
    names = {name.lower() for name in added}
    kept = [pair for pair in pairs if pair[0].lower() not in names]
    headers: Any = dict(kept)
    if len(headers) != len(kept):
        # It takes longer than signing, and is only needed for repeated headers.
        headers = HTTPHeaderDict(kept)
    headers.update(added)
    return headers


def _rewind(body: Any, body_pos: Any) -> Any:
    """Move a file back to its original position, if that is known; return its position."""
    if body is None:
        # urllib3 before 2.8 keeps the position of a body that a redirect dropped.
        return None
    if isinstance(body_pos, int):
        body.seek(body_pos)
    elif body_pos is None and hasattr(body, "seek") and not is_single_pass(body):
        return body.tell()
    return body_pos


def _read(response: Any, *, streamed: bool) -> tuple[int, Any, bytes]:
    """Return the status, the headers and the body."""
    body = response.read(decode_content=False) if streamed else response.data
    return response.status, response.headers, body


def _unread(response: Any, content: bytes) -> Any:
    """Return a readable copy of a response that was read."""
    return urllib3.HTTPResponse(
        io.BytesIO(content),
        headers=response.headers,
        status=response.status,
        version=response.version,
        reason=response.reason,
        preload_content=False,
        decode_content=response.decode_content,
        retries=response.retries,
        request_url=response.geturl(),
    )
