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

    payload_signing_enabled: bool
    region: str | None
    amzdate: str
    datestamp: str

    def __init__(self, service: str, **kwargs: Any) -> None:
        self.service = service
        self.payload_signing_enabled = kwargs.get("payload_signing_enabled", True)
        session = _session(kwargs)
        self.aws_access_key_id = kwargs.get("aws_access_key_id")
        self.aws_secret_access_key = kwargs.get("aws_secret_access_key")
        self.aws_session_token = kwargs.get("aws_session_token")
        #: boto3's credentials, which may refresh themselves.
        self._credentials: Any = None
        if self.aws_access_key_id is None or self.aws_secret_access_key is None:
            self._find_key(session)
        if self.aws_access_key_id is None or self.aws_secret_access_key is None:
            raise KeyError("AWS Access Key ID and Secret Access Key are required")
        self.region = (
            kwargs.get("region")
            or (session and session.region_name)
            or os.environ.get("AWS_DEFAULT_REGION")
            or os.environ.get("AWS_REGION")
        )
        if self.region is None:
            raise KeyError("Region is required")
        # Tracebacks may show local variables.
        del kwargs, session

    def _find_key(self, session: Any) -> None:
        if session is not None:
            self._credentials = session.get_credentials()
            if self._credentials is not None:
                self._refresh()
            return
        self.aws_access_key_id = os.environ.get("AWS_ACCESS_KEY_ID")
        self.aws_secret_access_key = os.environ.get("AWS_SECRET_ACCESS_KEY")
        self.aws_session_token = os.environ.get("AWS_SESSION_TOKEN") or os.environ.get(
            "AWS_SECURITY_TOKEN"
        )

    def _refresh(self) -> tuple[str, str, str | None]:
        """Set and return boto3's current key, of one refresh."""
        frozen = self._credentials.get_frozen_credentials()
        key = (frozen.access_key, frozen.secret_key, frozen.token)
        self.aws_access_key_id, self.aws_secret_access_key, self.aws_session_token = key
        self._found = key
        return key

    def _key(self) -> tuple[Any, Any, Any]:
        key = (self.aws_access_key_id, self.aws_secret_access_key, self.aws_session_token)
        # Attributes that were changed are used.
        return self._refresh() if self._credentials is not None and key == self._found else key

    def __call__(self, r: Any) -> Any:
        """Sign a request, and return it."""
        if is_presigned(r.url):
            drop_signature(r)
            return r
        # Copies of a signed request lose the signature with their URL.
        if r.url != (sent := wire_url(r.url, self.service)):
            r.url = sent
        headers = r.headers
        access_key_id, secret_access_key, session_token = self._key()
        try:
            warn_of_refusal(self, access_key_id, secret_access_key, self.region or "", self.service)
            agent = f"{default_user_agent()} auth-aws-sigv4/{__version__}"
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
            headers.setdefault("User-Agent", agent)
            now = datetime.datetime.now(datetime.timezone.utc)
            amz_date = now.strftime("%Y%m%dT%H%M%SZ")
            self.amzdate, self.datestamp = amz_date, amz_date[:8]
            headers["X-AMZ-Date"] = amz_date
            if session_token is not None:
                headers["x-amz-security-token"] = session_token
            headers["x-amz-content-sha256"] = payload = self._payload(r)
            names = {name.lower() for name in headers}
            names = {"host", *(name for name in names if name.startswith("x-amz-"))}
            headers["Authorization"] = authorize(
                r.method,
                r.url,
                headers,
                ";".join(sorted(names)),
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
        digest = hash_body(r.body or None, self.service)
        return digest or hash_body(buffer_body(r, MAX_BUFFERED_BODY), self.service) or ""


def _session(kwargs: dict[str, Any]) -> Any:
    """Return the session that was passed, or boto3's own if it is needed."""
    if not USE_BOTO3:
        return None
    passed = kwargs.get("session")
    has_key = None not in {kwargs.get("aws_access_key_id"), kwargs.get("aws_secret_access_key")}
    if "session" not in kwargs and has_key and kwargs.get("region") is not None:
        return None
    import boto3  # noqa: PLC0415 - slow, and often not needed

    if "session" not in kwargs:
        return boto3.Session()
    # Not a subclass, as in the original: mocks pass for one.
    if type(passed) is not boto3.Session:
        raise ValueError(f"Session must be boto3.Session, {type(passed)} invalid, ")
    return passed
