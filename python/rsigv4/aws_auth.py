"""
Drop-in for ``aws_requests_auth.aws_auth``: change the package's name in the import.

Names, arguments, attributes and hooks are the original's, and headers are byte-identical wherever
the original was correct. Patching has the same effect as in the original: ``datetime`` (the module,
or its class ``datetime``), `getSignatureKey`, and the class `AWSRequestsAuth` with its methods. The
other modules that the original imported, and `sign`, can be imported from here; patching them has
no effect.
"""

from __future__ import annotations

import datetime  # noqa: ICN001 - the original's name, which tests patch
import hashlib
import hmac
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote, urlparse

from rsigv4._clients import bodies
from rsigv4._clients.extras import Extra
from rsigv4._clients.warned import warn_once as warn_once  # noqa: PLC0414 - the base class calls it
from rsigv4._core import (
    AWSRequestsAuthBase,
    Signer,
    getSignatureKey,
    record_originals,
    sign,
)
from rsigv4.credentials import Credentials
from rsigv4.exceptions import SigV4Error

with Extra("requests"):
    import requests
    import requests.auth

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, SupportsIndex

__all__ = [
    "AWSRequestsAuth",
    "datetime",
    "getSignatureKey",
    "hashlib",
    "hmac",
    "quote",
    "requests",
    "sign",
    "urlparse",
]


#: The base class calls it for one-shot bodies.
buffer_body: Callable[..., bytes] = partial(bodies.buffer_body, can_be_unsigned=False)


class SignerAttribute:
    """
    The `Signer` of an auth, created from the auth's attributes each time it is read.

    It has no ``__set__``, so a subclass can set an attribute of this name.

    Args:
        credentials: Returns the auth's credentials.

    """

    def __init__(self, credentials: Callable[[Any], Any]) -> None:
        self._credentials = credentials

    def __get__(self, auth: Any, owner: type | None = None) -> Signer:
        if auth is None:
            raise AttributeError("signer is an attribute of the object, not of the class")
        # The original accepts an empty region. Then the URL's host may contain it.
        return Signer(
            self._credentials(auth),
            auth.aws_region or None,
            auth.service or None,
            content_sha256_header=False,
            also_sign=auth.also_sign,
        )

    def to_explain(self, auth: Any) -> Signer | None:
        """Return the signer, or one that has only the credentials if the rest makes none."""
        try:
            return self.__get__(auth)
        except SigV4Error:
            pass
        try:
            return Signer(self._credentials(auth))
        except SigV4Error:
            return None


def _own_credentials(auth: Any) -> Credentials:
    return Credentials(auth.aws_access_key, auth.aws_secret_access_key, auth.aws_token)


class _Hooks(AWSRequestsAuthBase):
    """
    The methods that callers override, as Python functions.

    ``mock`` with ``autospec=True`` passes ``self`` only to Python functions. They are not in the
    class below, so that a patch adds an attribute to that class, which is how it is detected.
    """

    aws_access_key: str | None
    aws_secret_access_key: str | None
    aws_token: str | None

    def get_aws_request_headers_handler(self, r: Any) -> dict[str, str]:
        """
        Return the headers that sign this request, with this object's credentials.

        Override this to sign with other credentials: pass them to `get_aws_request_headers`.
        """
        return self.get_aws_request_headers(
            r=r,
            aws_access_key=self.aws_access_key,
            aws_secret_access_key=self.aws_secret_access_key,
            aws_token=self.aws_token,
        )

    def get_aws_request_headers(
        self,
        r: Any,
        aws_access_key: str | None,
        aws_secret_access_key: str | None,
        aws_token: str | None,
    ) -> dict[str, str]:
        """
        Return the headers that sign this request, with these credentials.

        Only ``url``, ``method`` and ``body`` of the request are read, unless ``also_sign`` names
        headers. The URL does not change: for S3, write ``%2B`` for a plus in the path, because S3
        reads a plus as a space.

        Returns:
            ``Authorization``, ``x-amz-date``, ``x-amz-content-sha256``, and with a token
            ``X-Amz-Security-Token``.

        Raises:
            InvalidCredentialsError: A credential is None or bytes, or can't be sent in a header.
            InvalidRequestError: An argument can't be signed; the message names it.

        """
        try:
            return super().get_aws_request_headers(
                r, aws_access_key, aws_secret_access_key, aws_token
            )
        finally:
            # The traceback of an error may show local variables.
            del aws_secret_access_key, aws_token

    def _signer_to_explain(self) -> Signer | None:
        """Return the signer for `rsigv4.explain`; a subclass may have its own attribute."""
        attributes = (vars(cls).get("signer") for cls in type(self).__mro__)
        ours = next(found for found in attributes if isinstance(found, SignerAttribute))
        return ours.to_explain(self)


class AWSRequestsAuth(_Hooks, requests.auth.AuthBase):
    """
    Sign the requests of the requests library with AWS Signature Version 4.

    Pass it as ``auth=``. Its attributes are read at each request and may be changed between
    requests. Override ``get_aws_request_headers_handler`` to choose credentials for each request.

    Args:
        aws_access_key: The access key's id.
        aws_secret_access_key: Its secret.
        aws_host: The host to sign, verbatim: the URL's host, with its port unless that is the
            scheme's default; or the host at the other end of a tunnel.
        aws_region: Such as ``"us-east-1"``.
        aws_service: The service's signing name, such as ``"execute-api"`` or ``"es"``.
        aws_token: The session token of temporary credentials.

    Attributes:
        also_sign: More headers of the request to sign, such as ``("content-type", "x-amz-acl")``;
            ``("*",)`` is every header except those that clients and proxies rewrite, such as
            ``User-Agent``. Empty by default; set it on an object or a subclass.
        max_buffered_body: Largest one-shot body, in bytes, that is buffered in order to sign it:
            16 MiB by default; set it on an object or a subclass.
        explain: True logs why a request was refused, as ``explain=True`` does for our own auths.
        signer: A `Signer` with the object's current credentials, region and service, for
            `rsigv4.explain`. A subclass may have its own attribute of this name.

    """

    if TYPE_CHECKING:
        # Type checkers would take the attribute for one without a value.
        signer: Signer
    else:
        signer = SignerAttribute(_own_credentials)

    def __init__(  # noqa: PLR0913, PLR0917 - the original's signature
        self,
        aws_access_key: str | None,
        aws_secret_access_key: str | None,
        aws_host: str,
        aws_region: str,
        aws_service: str,
        aws_token: str | None = None,
    ) -> None:
        self.aws_access_key = aws_access_key
        self.aws_secret_access_key = aws_secret_access_key
        self.aws_host = aws_host
        self.aws_region = aws_region
        self.service = aws_service
        self.aws_token = aws_token

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        # Protocols 0 and 1 can't pickle a class with a native base.
        return super().__reduce_ex__(max(int(protocol), 2))


# The first copy or pickle of an object adds a cache to its class, which would look like a patch.
AWSRequestsAuth.__new__(AWSRequestsAuth).__reduce_ex__(2)
record_originals(globals())
