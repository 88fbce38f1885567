"""Drop-in for ``opensearchpy.helpers.signer``."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from rsigv4._clients.bodies import buffer_body
from rsigv4._clients.extras import Extra
from rsigv4._clients.warned import warn_of_refusal
from rsigv4._core import (
    MAX_BUFFERED_BODY,
    X_AMZ_CONTENT_SHA256,
    X_AMZ_DATE,
    X_AMZ_SECURITY_TOKEN,
    authorize,
    hash_body,
    is_presigned,
    is_rewritten,
    is_single_pass,
    watch_responses,
)

with Extra("requests"):
    from requests.auth import AuthBase

    from rsigv4._clients.prepared_request import drop_signature

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = [
    "AWSV4Signer",
    "AWSV4SignerAuth",
    "RequestsAWSV4SignerAuth",
    "Urllib3AWSV4SignerAuth",
]

#: Their names in headers of a request that was signed before.
_REPLACED = {"authorization", X_AMZ_DATE, X_AMZ_SECURITY_TOKEN}
#: OpenSearch Serverless refuses signatures that cover it.
_UNSIGNED_FOR_AOSS = {"content-length"}


class AWSV4Signer:
    """
    Sign requests, and return all their headers.

    Args:
        credentials: An object with ``access_key``, ``secret_key`` and ``token``, or one with
            ``get_frozen_credentials()``, such as those of boto3.
        region: Such as ``"us-east-1"``.
        service: ``"es"``, or ``"aoss"`` for OpenSearch Serverless.

    Raises:
        ValueError: An argument is empty.

    """

    def __init__(self, credentials: Any, region: str, service: str = "es") -> None:
        for value, name in (
            (credentials, "Credentials"),
            (region, "Region"),
            (service, "Service name"),
        ):
            if not value:
                raise ValueError(f"{name} cannot be empty")
        self.credentials = credentials
        self.region = region
        self.service = service

    def sign(
        self, method: str, url: str, body: Any, headers: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Return the headers of a request with its signature; an own content hash is kept."""
        signed = {
            name: value for name, value in (headers or {}).items() if name.lower() not in _REPLACED
        }
        own = {name.lower(): value for name, value in signed.items()}
        frozen = self._frozen_credentials()
        try:
            warn_of_refusal(self, frozen.access_key, frozen.secret_key, self.region, self.service)
            payload = own.get(X_AMZ_CONTENT_SHA256)
            if payload is None:
                payload = signed["X-Amz-Content-SHA256"] = _hash(body, self.service)
            now = dt.datetime.now(dt.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
            signed["X-Amz-Date"] = now
            if frozen.token:
                signed["X-Amz-Security-Token"] = frozen.token
            names = {"host", *(name.lower() for name in signed if not is_rewritten(name))}
            if self.service == "aoss":
                names -= _UNSIGNED_FOR_AOSS
            signed["Authorization"] = authorize(
                method.upper(),
                url,
                signed,
                ";".join(sorted(names)),
                payload if isinstance(payload, str) else bytes(payload).decode("latin-1"),
                frozen.access_key,
                frozen.secret_key,
                self.region,
                self.service,
                now,
            )
            return signed
        finally:
            # Tracebacks may show local variables.
            del frozen, signed, own

    def _frozen_credentials(self) -> Any:
        """Return credentials whose parts belong together."""
        freeze = getattr(self.credentials, "get_frozen_credentials", None)
        return freeze() if callable(freeze) else self.credentials


class RequestsAWSV4SignerAuth(AuthBase):
    """Sign prepared requests; the arguments are those of `AWSV4Signer`."""

    signer: AWSV4Signer

    def __init__(self, credentials: Any, region: str, service: str = "es") -> None:
        self.signer = AWSV4Signer(credentials, region, service)
        self.service = service

    def __call__(self, request: Any) -> Any:
        """Sign a request, and return it."""
        return self._sign_request(request)

    def _sign_request(self, prepared_request: Any) -> Any:
        if is_presigned(prepared_request.url):
            drop_signature(prepared_request)
            return prepared_request
        if is_single_pass(prepared_request.body):
            buffer_body(prepared_request, MAX_BUFFERED_BODY)
        updated_headers = self.signer.sign(
            method=prepared_request.method,
            url=prepared_request.url,
            body=prepared_request.body,
            headers=prepared_request.headers,
        )
        prepared_request.headers.update(updated_headers)
        watch_responses(self, prepared_request)
        return prepared_request


class AWSV4SignerAuth(RequestsAWSV4SignerAuth):
    """The old name of `RequestsAWSV4SignerAuth`."""


class Urllib3AWSV4SignerAuth:
    """Sign for ``Urllib3HttpConnection``; the arguments are those of `AWSV4Signer`."""

    signer: AWSV4Signer

    def __init__(self, credentials: Any, region: str, service: str = "es") -> None:
        self.signer = AWSV4Signer(credentials, region, service)
        self.service = service

    def __call__(
        self, method: str, url: str, body: Any, headers: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Return all headers of a request."""
        return self.signer.sign(method, url, body, headers)


def _hash(body: Any, service: str) -> str:
    # Like the original, treat a falsy body as empty, and a dict as a form.
    form = urlencode(cast("dict[str, Any]", body), doseq=True) if isinstance(body, dict) else body
    digest = hash_body(form or None, service)
    if digest is None:
        raise TypeError("body can be read only once: read it into bytes first")
    return digest
