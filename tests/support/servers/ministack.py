# MiniStack, a local AWS that verifies signatures. The code is in the examples, which start it too.

from __future__ import annotations

import sys
import uuid
from pathlib import Path

EXAMPLES = Path(__file__).parents[3] / "examples"
# Makes the examples importable.
sys.path.append(str(EXAMPLES))

from local_aws import LocalAwsError, local_aws  # noqa: E402 - is found there

__all__ = ["EXAMPLES", "LocalAwsError", "local_aws", "unique"]


def unique(name: str) -> str:
    """Return a name for a fixture of one module, which pytest may set up twice on one server."""
    return f"{name}-{uuid.uuid4().hex[:8]}"
