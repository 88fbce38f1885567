"""Drop-in for the signers of ``opensearchpy.helpers``: all other names are the original's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rsigv4._clients.extras import name_of_original
from rsigv4.compat.opensearchpy.helpers.asyncsigner import AWSV4SignerAsyncAuth
from rsigv4.compat.opensearchpy.helpers.signer import (
    AWSV4SignerAuth,
    RequestsAWSV4SignerAuth,
    Urllib3AWSV4SignerAuth,
)

if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "AWSV4SignerAsyncAuth",
    "AWSV4SignerAuth",
    "RequestsAWSV4SignerAuth",
    "Urllib3AWSV4SignerAuth",
]


def __getattr__(name: str) -> Any:
    return name_of_original("opensearchpy.helpers", name)
