"""
Sign the requests of urllib in the standard library.

    from rsigv4.urllib import SigV4Handler

    opener = urllib.request.build_opener(SigV4Handler())
"""

# ruff: noqa: SLF001 - no public attribute of a request says that it goes through a tunnel
from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING
from urllib.request import BaseHandler
from urllib.response import addinfourl

from rsigv4._clients.bodies import pieces, read_into_memory
from rsigv4._clients.clock import AMZ_DATE
from rsigv4._clients.origin import is_same_origin, is_signed, without_signature
from rsigv4._clients.signer import ClientAuth, sent_by_http_client
from rsigv4._core import is_single_pass

if TYPE_CHECKING:
    from typing import Any
    from urllib.request import Request

__all__ = ["SigV4Handler"]


class _Redirects(dict[str, int]):
    """
    The state of a request and the requests that follow its redirects.

    urllib counts the URLs of redirects in a dictionary, which it passes from request to request as
    the attribute ``redirect_dict``. This is that dictionary.
    """

    def __init__(self, first: Request) -> None:
        super().__init__()
        self.first = first
        self.left_origin = False
        self.corrected_clock = False
        #: The position at which the body of the first request starts, if it is a file.
        self.position: int | None = None
        #: The type, host, selector and tunnel of the latest request, before a proxy changes them.
        self.route: tuple[Any, ...] = ()


class SigV4Handler(ClientAuth, BaseHandler):
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

    #: After the handlers that add headers, before the one that raises errors and follows redirects.
    handler_order = 999

    def http_request(self, request: Any) -> Any:
        """Sign a request before it is opened."""
        redirects = _redirects_to(request)
        if redirects.left_origin:
            for headers in (request.headers, request.unredirected_hdrs):
                for name in set(headers) - dict(without_signature(headers.items())).keys():
                    del headers[name]
            return request
        self._sign(request, redirects)
        return request

    def http_response(self, request: Any, response: Any) -> Any:
        """Send a request again if the response says that its timestamp was the problem."""
        redirects = request.redirect_dict
        if not is_signed(request.unredirected_hdrs):
            return response
        signing = self._signing
        can_resend = not (redirects.corrected_clock or is_single_pass(request.data))
        if not signing.wants_response(response.code, can_resend=can_resend):
            return response
        content = response.read()
        refusal = (response.code, response.headers, content)
        amz_date = request.unredirected_hdrs[AMZ_DATE.capitalize()]
        sent = (request.get_method(), request.full_url)
        if not (can_resend and signing.clocks.learn(*refusal, *sent, amz_date)):
            signing.explain_refusal(*refusal, (*sent, _header_items(request)))
            return _unread(response, content)
        redirects.corrected_clock = True
        # Otherwise it would be sent to the proxy instead of through its tunnel.
        request.type, request.host, request.selector, request._tunnel_host = redirects.route
        if redirects.position is not None:
            request.data.seek(redirects.position)
        try:
            return self.parent.open(request, timeout=request.timeout)
        finally:
            redirects.corrected_clock = False

    https_request = http_request
    https_response = http_response

    def _sign(self, request: Any, redirects: _Redirects) -> None:
        signing = self._signing
        # For a proxy, the selector is the whole URL.
        proxied = request.has_proxy()
        # If the caller has set a tunnel, the request's host is the proxy.
        host = request._tunnel_host or request.host
        before_target = "" if proxied else f"{request.type}://{host}"
        url = before_target + request.selector
        body: Any = request.data
        if (
            is_single_pass(body)
            and signing.plan_body(url, _header_items(request), body) == "buffered"
        ):
            body = _buffer(request, signing.max_buffered_body)
        # It is signed in uppercase, and http.client sends it unchanged.
        method = request.get_method().upper()
        can_seek = hasattr(body, "seek") and not is_single_pass(body)
        redirects.position = body.tell() if can_seek else None
        signed = signing.sign(signing.signer, method, url, _header_items(request), body)
        if signed is None:
            return
        if method != request.get_method():
            request.method = method
        if signed.body is not body:
            request.data = pieces(signed.body)
        if signed.url != url and proxied:
            request.selector = signed.url
        elif signed.url != url:
            request.full_url = signed.url + (f"#{request.fragment}" if request.fragment else "")
        redirects.route = request.type, request.host, request.selector, request._tunnel_host
        for name, value in signed.headers.items():
            # These have precedence over headers of the same names, and are not sent to redirects.
            request.add_unredirected_header(name, value)


def _redirects_to(request: Any) -> _Redirects:
    redirects = getattr(request, "redirect_dict", None)
    if not isinstance(redirects, _Redirects):
        redirects = request.redirect_dict = _Redirects(request)
    if redirects.first is request:
        # The request may have been opened before, with another URL or body.
        redirects.clear()
        redirects.left_origin = False
    if is_signed(request.unredirected_hdrs):
        request.unredirected_hdrs = dict(without_signature(request.unredirected_hdrs.items()))
    redirects.left_origin |= not is_same_origin(redirects.first.full_url, request.full_url)
    return redirects


def _header_items(request: Request) -> list[tuple[str, bytes]]:
    """Return the headers as they are sent; `Request.header_items` has another precedence."""
    return sent_by_http_client({**request.headers, **request.unredirected_hdrs}.items())


def _buffer(request: Any, limit: int) -> bytes:
    data = read_into_memory(request.data, limit, partial(setattr, request, "data"))
    request.data = data
    # The length is now known: no chunked transfer encoding.
    request.remove_header("Transfer-encoding")
    request.add_unredirected_header("Content-length", str(len(data)))
    return data


def _unread(response: Any, content: bytes) -> Any:
    """Return a readable copy of a response that was read."""
    unread: Any = addinfourl(io.BytesIO(content), response.headers, response.url, response.code)
    unread.msg = response.msg
    return unread
