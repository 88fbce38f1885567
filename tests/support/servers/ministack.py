# MiniStack, a local AWS that verifies signatures. The examples start it too, so they have the code.

from __future__ import annotations

import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[3] / "examples"
# From here on, tests can import the examples.
sys.path.append(str(EXAMPLES))

from local_aws import LocalAwsError, local_aws  # noqa: E402 - is found there

__all__ = ["EXAMPLES", "LocalAwsError", "local_aws"]
