"""Drop-in for ``requests_aws4auth.aws4auth``."""

from __future__ import annotations

import datetime  # noqa: ICN001 - the original's name, which tests patch
import hashlib
import io
import re
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from rsigv4._clients.bodies import buffer_body
from rsigv4._clients.extras import Extra
from rsigv4._clients.warned import warn_of_refusal
from rsigv4._core import (
    MAX_BUFFERED_BODY,
    SIGNATURE_HEADERS,
    X_AMZ_CONTENT_SHA256,
    X_AMZ_DATE,
    X_AMZ_SECURITY_TOKEN,
    canonical_query_string,
    canonical_uri,
    hash_body,
    is_presigned,
    watch_responses,
    wire_url,
)
from rsigv4.compat.requests_aws4auth.aws4signingkey import AWS4SigningKey
from rsigv4.compat.requests_aws4auth.dates import amz_date_of, iso_date_of
from rsigv4.compat.requests_aws4auth.exceptions import (
    DateFormatError,
    DateMismatchError,
    NoSecretKeyError,
)
from rsigv4.exceptions import InvalidCredentialsError, InvalidRequestError

with Extra("requests"):
    from requests.auth import AuthBase

    from rsigv4._clients.prepared_request import drop_signature

if TYPE_CHECKING:
    from typing import Any

__all__ = ["AWS4Auth", "PassiveAWS4Auth", "StrictAWS4Auth"]

#: The headers that may have the time of a request, in their order.
_DATES = (X_AMZ_DATE, "date")


class AWS4Auth(AuthBase):
    """
    Sign the requests of requests or httpx with AWS Signature Version 4.

    Args:
        args: The access key's id, its secret, region, service, and optionally a date such as
            ``"20261130"``; or its id and an `AWS4SigningKey`.
        kwargs: *session_token*, *include_hdrs* (the names of the headers to sign), *date*; and
            *refreshable_credentials*, botocore's, with *region* and *service*, in the place of
            *args*. *raise_invalid_date* has no effect, as in the original. Others are ignored.

    """

    #: The names of the headers to sign; ``*`` is all, ``x-amz-*`` those that begin so.
    default_include_headers: ClassVar[set[str]] = {"host", "content-type", "date", "x-amz-*"}

    access_id: str | None = None
    session_token: str | None = None
    signing_key: AWS4SigningKey | None = None
    region: str
    service: str
    date: str | None
    include_hdrs: set[str]
    raise_invalid_date: bool
    refreshable_credentials: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        try:
            self._configure(args, kwargs)
        except Exception as error:  # noqa: BLE001 - raised again
            # Tracebacks may show local variables.
            del args, kwargs
            raise error.with_traceback(None) from None

    def _configure(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.refreshable_credentials = kwargs.get("refreshable_credentials")
        if self.refreshable_credentials:
            for name in ("service", "region"):
                if not kwargs.get(name):
                    raise TypeError(
                        f"{name} must be provided as keyword argument when using "
                        "refreshable_credentials"
                    )
                setattr(self, name, kwargs[name])
            self.date = kwargs.get("date")
        else:
            if len(args) in {4, 5}:
                given: list[Any] = [*args, None]
                self.access_id, secret_key, self.region, self.service, self.date = given[:5]
                self.regenerate_signing_key(secret_key)
            elif len(args) != 2:  # noqa: PLR2004 - as the message says
                raise TypeError(f"AWS4Auth() takes 2, 4 or 5 arguments, {len(args)} given")
            elif not isinstance(args[1], AWS4SigningKey):
                raise TypeError("AWS4Auth() with 2 arguments takes an AWS4SigningKey as the second")
            else:
                self.access_id = args[0]
                self._use(args[1])
            self.session_token = kwargs.get("session_token")
        self.raise_invalid_date = kwargs.get("raise_invalid_date", False)
        if self.raise_invalid_date not in [True, False]:
            raise ValueError("raise_invalid_date must be True or False in AWS4Auth.__init__()")
        self.include_hdrs = set(self.default_include_headers)
        if self.refreshable_credentials or self.session_token:
            self.include_hdrs.add(X_AMZ_SECURITY_TOKEN)
        if isinstance(kwargs.get("include_hdrs"), Iterable):
            self.include_hdrs = set(kwargs["include_hdrs"])

    def _use(self, key: AWS4SigningKey) -> None:
        self.signing_key = key
        self.region, self.service, self.date = key.region, key.service, key.date

    def regenerate_signing_key(
        self,
        secret_key: str | None = None,
        region: str | None = None,
        service: str | None = None,
        date: str | None = None,
    ) -> None:
        """
        Derive the key again. Each argument that is None is taken from this object or its key.

        Raises:
            NoSecretKeyError: There is no secret.

        """
        current = self.signing_key
        if not secret_key and current is not None:
            secret_key = current.secret_key
        if secret_key is None:
            raise NoSecretKeyError("the secret is not stored: pass it as secret_key")
        scope = (region or self.region, service or self.service, date or self.date)
        store_secret_key = current is None or current.store_secret_key
        self._use(AWS4SigningKey(secret_key, *scope, store_secret_key))

    def __call__(self, req: Any) -> Any:
        """Sign a request, and return it."""
        url = str(req.url)
        if is_presigned(url):
            drop_signature(req)
            return req
        # Copies of a signed request lose the signature with their URL.
        if url != (sent := wire_url(url, self.service)):
            req.url = type(req.url)(sent)
        payload_hash = self._hash_body(req)
        # Signing may change the key, so that threads take turns. Requests are sent concurrently.
        with self.__dict__.setdefault("_lock", threading.RLock()):
            if self.refreshable_credentials:
                self.refresh_credentials()
            self._set_date(req)
            key = self.signing_key
            if key is None:
                raise NoSecretKeyError("there is no signing key: call regenerate_signing_key")
            # The secret need not be stored.
            warn_of_refusal(self, self.access_id, key.secret_key or "-", key.region, key.service)
            self._add_signature(req, key, payload_hash)
        watch_responses(self, req)
        if type(req).__module__.partition(".")[0] == "httpx":
            _unsign_copies(req)
        return req

    def _add_signature(self, req: Any, key: AWS4SigningKey, payload_hash: str) -> None:
        if re.search(r"[\r\n\0]", f"{self.access_id}{key.scope}{self.session_token}"):
            raise InvalidCredentialsError(
                "access_id, session_token, region or service has a line break or NUL, which a "
                "header can't carry: strip it"
            )
        req.headers[X_AMZ_CONTENT_SHA256] = payload_hash
        if self.session_token:
            req.headers[X_AMZ_SECURITY_TOKEN] = self.session_token
        cano_headers, signed_headers = self.get_canonical_headers(req, self.include_hdrs)
        cano_req = self.get_canonical_request(req, cano_headers, signed_headers)
        signature = key.sign_sha256(key.key, self.get_sig_string(req, cano_req, key.scope)).hex()
        req.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access_id}/{key.scope}, "
            f"SignedHeaders={signed_headers}, Signature={signature}"
        )

    def _set_date(self, req: Any) -> None:
        """Give the request a date if it has none, and the key the date of the request."""
        headers = req.headers
        names = [name for name in _DATES if name in headers]
        is_dated = self.get_request_date(req) is not None
        times = [amz_date_of(headers[name]) for name in names if is_dated]
        if not any(times):
            for name in names:
                del headers[name]
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        time = next(filter(None, times), now)
        # AWS accepts the time in no other form, and reads it from a Date only in this form.
        if headers.get(X_AMZ_DATE) != time:
            headers[X_AMZ_DATE] = time
        date = self.get_request_date(req)
        if date is not None and date.strftime("%Y%m%d") != self.date:
            self.handle_date_mismatch(req)

    def _hash_body(self, req: Any) -> str:
        if not hasattr(req, "body"):
            if not isinstance(getattr(req, "stream", ()), Iterable):
                raise InvalidRequestError(
                    "body is an async iterable: pass bytes, or use rsigv4.httpx.SigV4Auth"
                )
            # httpx buffers bodies on read.
            content = req.read() if hasattr(req, "read") else getattr(req, "content", None)
            return hash_body(content, self.service) or ""
        if req.body is not None:
            # Files are hashed in parts, unless they have to be encoded.
            is_encoded = self.encode_body is not AWS4Auth.encode_body
            if isinstance(req.body, io.TextIOBase) or (is_encoded and hasattr(req.body, "read")):
                req.body = req.body.read()
            self.encode_body(req)
        digest = hash_body(req.body, self.service)
        return digest or hash_body(buffer_body(req, MAX_BUFFERED_BODY), self.service) or ""

    def refresh_credentials(self) -> None:
        """Take the current key of *refreshable_credentials*."""
        frozen = self.refreshable_credentials.get_frozen_credentials()
        try:
            self.access_id, self.session_token = frozen.access_key, frozen.token
            key = self.signing_key
            current = None if key is None else (key.secret_key, key.date, key.region, key.service)
            if current != (frozen.secret_key, self.date, self.region, self.service):
                self.regenerate_signing_key(secret_key=frozen.secret_key)
        finally:
            # Tracebacks may show local variables.
            frozen = current = None

    @classmethod
    def get_request_date(cls, req: Any) -> datetime.date | None:
        """Return the date in ``X-Amz-Date``, or else in ``Date``; None if neither can be read."""
        for name in _DATES:
            if name not in req.headers:
                continue
            try:
                return datetime.date.fromisoformat(cls.parse_date(req.headers[name]))
            except (DateFormatError, ValueError):
                continue
        return None

    @staticmethod
    def parse_date(date_str: str) -> str:
        """
        Return the date in a text as ``YYYY-MM-DD``.

        Raises:
            DateFormatError: The text has none of the formats of HTTP, ISO 8601 or ``X-Amz-Date``.

        """
        return iso_date_of(date_str)

    def handle_date_mismatch(self, req: Any) -> None:
        """Derive the key of the request's date."""
        date = self.get_request_date(req)
        if date is not None:
            self.regenerate_signing_key(date=date.strftime("%Y%m%d"))

    @staticmethod
    def encode_body(req: Any) -> None:
        """Encode a body that is text, by the charset of its content type, which may be added."""
        if not isinstance(req.body, str):
            return
        content_type, *parameters = req.headers.get("content-type", "text/plain").split(";")
        if len(parameters) == 1:
            name, _, charset = parameters[0].partition("=")
            is_charset = name.strip().lower() == "charset"
            req.body = req.body.encode((is_charset and charset.strip(" \"'")) or "utf-8")
            return
        req.body = req.body.encode()
        if content_type != "application/x-www-form-urlencoded" and "x-amz-" not in content_type:
            req.headers["content-type"] = f"{content_type}; charset=utf-8"

    def get_canonical_request(self, req: Any, cano_headers: str, signed_headers: str) -> str:
        """Return the canonical request; the request has its ``x-amz-content-sha256``."""
        url = urlsplit(str(req.url))
        path, query = self.amz_cano_path(url.path), self.amz_cano_querystring(url.query)
        payload_hash = req.headers[X_AMZ_CONTENT_SHA256]
        lines = [req.method.upper(), path, query, cano_headers, signed_headers, payload_hash]
        return "\n".join(lines)

    @staticmethod
    def get_host_header(url: Any) -> str:
        """Return the ``Host`` that is sent for a URL: without a port that is the default."""
        parts = urlsplit(str(url))
        default_port = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
        return parts.netloc.rpartition("@")[2].removesuffix(default_port)

    @classmethod
    def get_canonical_headers(
        cls, req: Any, include: Iterable[str] | None = None
    ) -> tuple[str, str]:
        """Return the canonical headers, and the names of the signed headers."""
        include = cls.default_include_headers if include is None else include
        names = {name.lower() for name in include}
        values: dict[str, list[str]] = {}
        if "host" not in req.headers and ("host" in names or "*" in names):
            values["host"] = [cls.get_host_header(req.url)]
        for header, value in _pairs(req.headers):
            name = header.strip().lower()
            is_amz = name.startswith("x-amz-") and name != "x-amz-client-context"
            is_any = name != "authorization" and "*" in names
            if name in names or is_any or (is_amz and "x-amz-*" in names):
                text = value.decode("latin-1") if isinstance(value, bytes) else value
                values.setdefault(name, []).append(cls.amz_norm_whitespace(text).strip(" \t"))
        lines = [f"{name}:{','.join(sorted(values[name]))}\n" for name in sorted(values)]
        return "".join(lines), ";".join(sorted(values))

    @staticmethod
    def get_sig_string(req: Any, cano_req: str, scope: str) -> str:
        """Return the string to sign; the request has its ``x-amz-date``."""
        try:
            # The encoding of headers on the wire.
            encoded = cano_req.encode("latin-1")
        except UnicodeEncodeError:
            encoded = cano_req.encode()
        digest = hashlib.sha256(encoded).hexdigest()
        return "\n".join(["AWS4-HMAC-SHA256", req.headers[X_AMZ_DATE], scope, digest])

    def amz_cano_path(self, path: str) -> str:
        """Return the canonical form of a path."""
        path, _, query = path.partition("?")
        return canonical_uri(path or "/", self.service) + (query and f"?{query}")

    @staticmethod
    def amz_cano_querystring(qs: str) -> str:
        """Return the canonical form of a query, up to its first space."""
        return canonical_query_string(qs.partition(" ")[0])

    @staticmethod
    def amz_norm_whitespace(text: str) -> str:
        """Replace runs of white space with one space."""
        return re.sub(r"[ \t\r\n]+", " ", text).strip(" ")

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_lock"}


def _pairs(headers: Any) -> Iterable[tuple[str, str | bytes]]:
    """Return headers as they are sent; httpx decodes and joins them otherwise."""
    if not hasattr(headers, "raw"):
        return headers.items()  # type: ignore[no-any-return]
    values: dict[str, list[bytes]] = {}
    for name, value in headers.raw:
        values.setdefault(name.decode().lower(), []).append(value)
    return [(name, b",".join(values[name])) for name in values]


def _unsign_copies(req: Any) -> None:
    """Let copies of an httpx request, which it sends after redirects, lose the signature."""
    from rsigv4.httpx import SigV4Auth  # noqa: PLC0415 - only if httpx is used

    pairs = ((name.decode(), value) for name, value in req.headers.raw)
    signature = {name: value.decode() for name, value in pairs if name.lower() in SIGNATURE_HEADERS}
    SigV4Auth._set_signature(req, req.headers, signature)  # noqa: SLF001 - of the same package


class StrictAWS4Auth(AWS4Auth):
    """Refuse a request whose date is not that of the key."""

    def handle_date_mismatch(self, req: Any) -> None:  # noqa: ARG002 - the original's signature
        """Raise a `DateMismatchError`."""
        raise DateMismatchError(
            "the request has another date than the key: regenerate_signing_key()"
        )


class PassiveAWS4Auth(AWS4Auth):
    """Sign with the current key, whatever the date of the request is."""

    def handle_date_mismatch(self, req: Any) -> None:
        """Do nothing."""
