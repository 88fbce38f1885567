"""Drop-in for ``httpx_auth.AWS4Auth``: all other names are the original's."""

from __future__ import annotations

import datetime  # noqa: ICN001 - the original's name, which tests patch
from typing import TYPE_CHECKING

from rsigv4._clients.extras import Extra, name_of_original
from rsigv4._clients.origin import is_same_origin
from rsigv4._clients.signer import REFUSED
from rsigv4._clients.warned import warn_of_refusal
from rsigv4._core import (
    X_AMZ_CONTENT_SHA256,
    X_AMZ_DATE,
    X_AMZ_SECURITY_TOKEN,
    authorize,
    hash_body,
    is_presigned,
    is_rewritten,
    wire_url,
)

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
        # Tracebacks may show local variables.
        del secret_key
        self.region = region
        self.service = service
        self.security_token = kwargs.pop("security_token", None)
        self.include_headers = {name.lower() for name in kwargs.get("include_headers", [])}

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign a request, and again after a redirect to the same origin."""
        self._sign(request)
        response = yield request
        sent = response.request
        urls = [str(step.url) for step in (*response.history, response)]
        stayed = all(is_same_origin(str(request.url), url) for url in urls)
        if sent is not request and stayed and response.status_code in REFUSED:
            self._sign(sent)
            yield sent

    def _sign(self, request: httpx.Request) -> None:
        if is_presigned(str(request.url)):
            return
        warn_of_refusal(self, self.access_id, self.secret_key, self.region, self.service)
        sent = wire_url(str(request.url), self.service)
        if sent != str(request.url):
            request.url = httpx.URL(sent)
        date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        payload_hash = hash_body(request.read(), self.service) or ""
        signature = {X_AMZ_DATE: date, X_AMZ_CONTENT_SHA256: payload_hash}
        if self.security_token:
            signature[X_AMZ_SECURITY_TOKEN] = self.security_token
        # A copy has no earlier signature.
        headers = httpx.Headers(request.headers)
        headers.update(signature)
        url = request.url
        try:
            signature["Authorization"] = authorize(
                request.method,
                f"{url.scheme}://{url.netloc.decode('ascii')}{url.raw_path.decode('ascii')}",
                headers.raw,
                ";".join(sorted(filter(self._is_signed, {"host", *headers}))),
                payload_hash,
                self.access_id,
                self.secret_key,
                self.region,
                self.service,
                date,
            )
            SigV4Auth._set_signature(request, request.headers, signature)  # noqa: SLF001 - of ours
        finally:
            # Tracebacks may show local variables.
            del signature, headers

    def _is_signed(self, name: str) -> bool:
        if name in self.include_headers or name in {"host", "content-type"}:
            return True
        if name.startswith("x-amz-"):
            # Mobile Analytics refuses signatures that cover it.
            return name != "x-amz-client-context"
        return "*" in self.include_headers and name != "authorization" and not is_rewritten(name)


def __getattr__(name: str) -> Any:
    return name_of_original("httpx_auth", name)
