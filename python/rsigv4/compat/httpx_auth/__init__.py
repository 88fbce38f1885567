"""Drop-in for ``httpx_auth.AWS4Auth``: all other names are the original's."""

from __future__ import annotations

import datetime  # noqa: ICN001 - the original's name, which tests patch
from typing import TYPE_CHECKING

from rsigv4._clients.extras import Extra
from rsigv4._clients.origin import is_same_origin
from rsigv4._clients.signer import REFUSED
from rsigv4._clients.warned import warn_of_refusal
from rsigv4._core import authorize, hash_body, is_rewritten, wire_url
from rsigv4.compat import name_of_original

with Extra("httpx"):
    import httpx

    from rsigv4.httpx import SigV4Auth

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

__all__ = ["AWS4Auth"]


class AWS4Auth(httpx.Auth):
    """
    Sign the requests of httpx with AWS Signature Version 4.

    Args:
        access_id: The access key's id.
        secret_key: Its secret.
        region: Such as ``"us-east-1"``.
        service: The service's signing name, such as ``"es"``.
        kwargs: *security_token*, the session token of temporary credentials; *include_headers*,
            names of more headers to sign, or ``{"*"}`` for all that proxies don't rewrite.

    """

    requires_request_body = True

    security_token: str | None
    include_headers: set[str]

    def __init__(
        self, access_id: str, secret_key: str, region: str, service: str, **kwargs: Any
    ) -> None:
        if not secret_key:
            raise Exception("Secret key is mandatory.")  # noqa: TRY002 - the original's class
        self.access_id = access_id
        self.secret_key = secret_key
        self.region = region
        self.service = service
        self.security_token = kwargs.get("security_token")
        self.include_headers = {name.lower() for name in kwargs.get("include_headers", [])}

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign a request, and again after a redirect to the same origin."""
        self._sign(request)
        response = yield request
        sent = response.request
        urls = [str(step.url) for step in (*response.history, response)]
        stayed = all(is_same_origin(str(request.url), url) for url in urls)
        if sent is not request and stayed and response.status_code in REFUSED:
            sent.read()
            self._sign(sent)
            yield sent

    def _sign(self, request: httpx.Request) -> None:
        warn_of_refusal(self, self.access_id, self.secret_key, self.region, self.service)
        now = datetime.datetime.now(datetime.timezone.utc)
        signature = {
            "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
            "x-amz-content-sha256": hash_body(request.read(), self.service) or "",
        }
        if self.security_token:
            signature["x-amz-security-token"] = self.security_token
        sent = wire_url(str(request.url), self.service)
        if sent != str(request.url):
            request.url = httpx.URL(sent)
        unsigned = request.headers
        if isinstance(unsigned, SigV4Auth._SignedHeaders):  # noqa: SLF001 - of the same package
            unsigned = httpx.Headers(unsigned.unsigned)
        headers = httpx.Headers(unsigned)
        headers.update(signature)
        url = request.url
        signature["Authorization"] = authorize(
            request.method.upper(),
            f"{url.scheme}://{url.netloc.decode('ascii')}{url.raw_path.decode('ascii')}",
            headers.raw,
            ";".join(sorted(filter(self._is_signed, {"host", *headers}))),
            signature["x-amz-content-sha256"],
            self.access_id,
            self.secret_key,
            self.region,
            self.service,
            signature["x-amz-date"],
        )
        # Their copies, which httpx sends after redirects, have no signature.
        vars(request)["headers"] = SigV4Auth._SignedHeaders(unsigned, signature)  # noqa: SLF001
        if type(request) is httpx.Request:
            # Type checkers allow no other class.
            signed: Any = request
            signed.__class__ = SigV4Auth._SignedRequest  # noqa: SLF001

    def _is_signed(self, name: str) -> bool:
        if name in self.include_headers or name in {"host", "content-type"}:
            return True
        if name.startswith("x-amz-"):
            # Mobile Analytics refuses signatures that cover it.
            return name != "x-amz-client-context"
        return "*" in self.include_headers and name != "authorization" and not is_rewritten(name)


def __getattr__(name: str) -> Any:
    return name_of_original("httpx_auth", name)
