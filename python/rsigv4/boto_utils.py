"""Drop-in for ``aws_requests_auth.boto_utils``: botocore finds and refreshes the credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rsigv4._clients.extras import Extra
from rsigv4.aws_auth import AWSRequestsAuth, SignerAttribute
from rsigv4.exceptions import MissingBotocoreCredentialsError

with Extra("botocore"):
    from botocore.session import Session

if TYPE_CHECKING:
    from typing import Any

    from rsigv4._core import _RefreshableCredentials

__all__ = ["AWSRequestsAuth", "BotoAWSRequestsAuth", "Session", "get_credentials"]


def get_credentials(credentials_obj: Any = None) -> dict[str, str | None]:
    """
    Return credentials as the keyword arguments of ``AWSRequestsAuth``.

    Args:
        credentials_obj: botocore's credentials; None uses botocore's default chain.

    Returns:
        ``aws_access_key``, ``aws_secret_access_key`` and ``aws_token`` of one refresh.

    Raises:
        MissingBotocoreCredentialsError: botocore found no credentials. Also an AttributeError,
            which the original raised.

    """
    if credentials_obj is None:
        credentials_obj = _find_credentials()
    if credentials_obj is None:
        raise MissingBotocoreCredentialsError(
            "botocore finds no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "or configure a profile"
        )
    frozen = credentials_obj.get_frozen_credentials()
    return {
        "aws_access_key": frozen.access_key,
        "aws_secret_access_key": frozen.secret_key,
        "aws_token": frozen.token,
    }


def _find_credentials() -> _RefreshableCredentials | None:
    # botocore has no types.
    return cast("_RefreshableCredentials | None", Session().get_credentials())


class BotoAWSRequestsAuth(AWSRequestsAuth):
    """
    Sign with the credentials that botocore finds, refreshed for each request.

    Args:
        aws_host: The host to sign, verbatim.
        aws_region: Such as ``"us-east-1"``.
        aws_service: The service's signing name, such as ``"es"``.

    """

    if not TYPE_CHECKING:
        signer = SignerAttribute(lambda auth: auth._refreshable_credentials)  # noqa: SLF001

    def __init__(self, aws_host: str, aws_region: str, aws_service: str) -> None:
        super().__init__(None, None, aws_host, aws_region, aws_service)
        self._refreshable_credentials = _find_credentials()

    def get_aws_request_headers_handler(self, r: Any) -> dict[str, str]:
        """Return the headers that sign this request, with the current credentials."""
        return self.get_aws_request_headers(r, **get_credentials(self._refreshable_credentials))
