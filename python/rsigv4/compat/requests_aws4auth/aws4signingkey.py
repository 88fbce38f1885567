"""Drop-in for ``requests_aws4auth.aws4signingkey``."""

from __future__ import annotations

import hashlib
import hmac
import warnings
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from rsigv4._core import getSignatureKey

if TYPE_CHECKING:
    from typing import Any

__all__ = ["AWS4SigningKey"]


class AWS4SigningKey:
    """
    A derived key, and its scope.

    Args:
        secret_key: The secret access key.
        region: Such as ``"us-east-1"``.
        service: The service's signing name, such as ``"es"``.
        date: The day, such as ``"20261130"``. None: today in UTC.
        store_secret_key: False forgets the secret after the key is derived.

    """

    date: str
    scope: str
    key: bytes
    secret_key: str | None

    def __init__(
        self,
        secret_key: str,
        region: str,
        service: str,
        date: str | None = None,
        store_secret_key: bool = True,  # noqa: FBT001, FBT002 - the original's signature
    ) -> None:
        self.region = region
        self.service = service
        self.date = date or datetime.now(timezone.utc).strftime("%Y%m%d")
        self.scope = f"{self.date}/{region}/{service}/aws4_request"
        self.store_secret_key = store_secret_key
        self.secret_key = secret_key if store_secret_key else None
        self.key = self.generate_key(secret_key, region, service, self.date)

    @classmethod
    def generate_key(
        cls,
        secret_key: str,
        region: str,
        service: str,
        date: str,
        intermediates: bool = False,  # noqa: FBT001, FBT002 - likewise
    ) -> Any:
        """Derive a key; *intermediates* adds the keys of the date, the region and the service."""
        key = getSignatureKey(secret_key, date, region, service)
        if not intermediates:
            return key
        date_key = cls.sign_sha256(f"AWS4{secret_key}".encode(), date)
        region_key = cls.sign_sha256(date_key, region)
        return key, date_key, region_key, cls.sign_sha256(region_key, service)

    @staticmethod
    def sign_sha256(key: bytes, msg: str | bytes) -> bytes:
        """Return the HMAC-SHA256 of a message; text is encoded as UTF-8."""
        return hmac.new(key, msg.encode() if isinstance(msg, str) else msg, hashlib.sha256).digest()

    @property
    def amz_date(self) -> str:
        """The old name of `date`."""
        warnings.warn("amz_date is deprecated: read date", DeprecationWarning, stacklevel=2)
        return self.date
