"""Drop-in for ``requests_auth_aws_sigv4``: change the package's name in the import."""

from __future__ import annotations

import datetime  # noqa: ICN001 - the original's name, which tests patch
import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

from rsigv4._clients.bodies import buffer_body
from rsigv4._clients.extras import Extra
from rsigv4._clients.warned import warn_of_refusal
from rsigv4._core import (
    MAX_BUFFERED_BODY,
    X_AMZ_CONTENT_SHA256,
    X_AMZ_SECURITY_TOKEN,
    authorize,
    hash_body,
    is_presigned,
    watch_responses,
    wire_url,
)
from rsigv4._core import sign as _hmac

with Extra("requests"):
    from requests.auth import AuthBase
    from requests.utils import default_user_agent

    from rsigv4._clients.prepared_request import drop_signature

if TYPE_CHECKING:
    from typing import Any

__all__ = ["AWSSigV4", "sign_msg"]

#: The version of the original that this package replaces.
__version__ = "0.7"
#: Whether credentials and region come from boto3 if they are not passed.
USE_BOTO3 = find_spec("boto3") is not None
_KEY = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")


def sign_msg(key: bytes, msg: str) -> bytes:
    """Return the HMAC-SHA256 of a text."""
    return _hmac(key, msg)


class AWSSigV4(AuthBase):
    """
    Sign the requests of the requests library with AWS Signature Version 4.

    Args:
        service: The service's signing name, such as ``"execute-api"``.
        kwargs: *region*; *aws_access_key_id*, *aws_secret_access_key* and *aws_session_token*;
            *session*, a ``boto3.Session`` that has what is missing; and *payload_signing_enabled*,
            of which False leaves bodies unsigned. What is still missing comes from boto3, if it is
            installed, or from the environment.

    Raises:
        KeyError: There is no region, or no access key.
        ValueError: *session* is something else.

    """

    aws_access_key_id: Any
    aws_secret_access_key: Any
    aws_session_token: Any
    payload_signing_enabled: bool
    region: str | None
    amzdate: str
    datestamp: str

    def __init__(self, service: str, **kwargs: Any) -> None:
        self.service = service
        # Tracebacks may show local variables.
        key = [kwargs.pop(name, None) for name in _KEY]
        self.__dict__.update(zip(_KEY, key))
        self.payload_signing_enabled = kwargs.get("payload_signing_enabled", True)
        self.region = kwargs.get("region")
        #: boto3's credentials, which may refresh themselves, and their key at first.
        self._credentials: Any = None
        self._first: Any = None
        lacks_key = None in key[:2]
        del key
        session = _session(kwargs, is_needed=lacks_key or self.region is None)
        if lacks_key and session is not None:
            self._credentials = session.get_credentials()
            if self._credentials is not None:
                self._first = _frozen(self._credentials)
                self.__dict__.update(zip(_KEY, self._first))
        elif lacks_key:
            environ = os.environ
            self.aws_access_key_id = environ.get("AWS_ACCESS_KEY_ID")
            self.aws_secret_access_key = environ.get("AWS_SECRET_ACCESS_KEY")
            token = environ.get("AWS_SESSION_TOKEN") or environ.get("AWS_SECURITY_TOKEN")
            self.aws_session_token = token
        if self.aws_access_key_id is None or self.aws_secret_access_key is None:
            raise KeyError("AWS Access Key ID and Secret Access Key are required")
        self.region = (
            self.region
            or (session and session.region_name)
            or os.environ.get("AWS_DEFAULT_REGION")
            or os.environ.get("AWS_REGION")
        )
        if self.region is None:
            raise KeyError("Region is required")

    def _current_key(self) -> tuple[Any, ...]:
        key = tuple(getattr(self, name) for name in _KEY)
        # Attributes that were changed are used.
        is_first = self._credentials is not None and key == self._first
        return _frozen(self._credentials) if is_first else key

    def __getstate__(self) -> dict[str, Any]:
        # botocore's credentials have locks, which can't be copied. Copies have the current key.
        return {**vars(self), **dict(zip(_KEY, self._current_key())), "_credentials": None}

    def __call__(self, r: Any) -> Any:
        """Sign a request, and return it."""
        if is_presigned(r.url):
            drop_signature(r)
            return r
        # Copies of a signed request lose the signature with their URL.
        if r.url != (sent := wire_url(r.url, self.service)):
            r.url = sent
        headers = r.headers
        access_key_id, secret_access_key, session_token = self._current_key()
        try:
            warn_of_refusal(self, access_key_id, secret_access_key, self.region or "", self.service)
            agent = f"{default_user_agent()} auth-aws-sigv4/{__version__}"
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
            headers.setdefault("User-Agent", agent)
            now = datetime.datetime.now(datetime.timezone.utc)
            amz_date = now.strftime("%Y%m%dT%H%M%SZ")
            self.amzdate, self.datestamp = amz_date, amz_date[:8]
            headers["X-AMZ-Date"] = amz_date
            if session_token:
                headers[X_AMZ_SECURITY_TOKEN] = session_token
            headers[X_AMZ_CONTENT_SHA256] = payload = self._payload(r)
            own = {name.lower() for name in headers if name.lower().startswith("x-amz-")}
            headers["Authorization"] = authorize(
                r.method,
                r.url,
                headers,
                ";".join(sorted({"host", *own})),
                payload,
                access_key_id,
                secret_access_key,
                self.region or "",
                self.service,
                amz_date,
            )
            watch_responses(self, r)
            return r
        finally:
            # Tracebacks may show local variables.
            del secret_access_key, session_token, headers

    def _payload(self, r: Any) -> str:
        if not self.payload_signing_enabled:
            return "UNSIGNED-PAYLOAD"
        digest = hash_body(r.body, self.service)
        return digest or hash_body(buffer_body(r, MAX_BUFFERED_BODY), self.service) or ""


def _frozen(credentials: Any) -> tuple[Any, ...]:
    frozen = credentials.get_frozen_credentials()
    return frozen.access_key, frozen.secret_key, frozen.token


def _session(kwargs: dict[str, Any], *, is_needed: bool) -> Any:
    """Return the session that was passed, or boto3's own if it is needed."""
    if not USE_BOTO3 or not (is_needed or "session" in kwargs):
        return None
    import boto3  # noqa: PLC0415 - slow, and often not needed

    if "session" not in kwargs:
        return boto3.Session()
    # Not a subclass, as in the original: mocks pass for one.
    if type(kwargs["session"]) is not boto3.Session:
        raise ValueError(f"Session must be boto3.Session, {type(kwargs['session'])} invalid, ")
    return kwargs["session"]
