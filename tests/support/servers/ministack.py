# MiniStack, a local AWS that verifies signatures. The code is in the examples, which start it too.

from __future__ import annotations

import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[3] / "examples"
# Makes the examples importable.
sys.path.append(str(EXAMPLES))

from local_aws import LocalAwsError, local_aws  # noqa: E402 - is found there

__all__ = ["EXAMPLES", "LocalAwsError", "local_aws"]
