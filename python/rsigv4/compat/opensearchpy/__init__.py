"""Drop-in for the signers of ``opensearchpy``: all other names are the original's."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

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
    """Return a name of the original, such as ``OpenSearch``, if it is installed."""
    if not name.startswith("__"):
        return getattr(importlib.import_module("opensearchpy"), name)
    raise AttributeError(name)
