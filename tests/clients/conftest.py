"""Fixtures of tests of single clients."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from rsigv4.urllib3 import SigV4PoolManager
from support.signing import TEMPORARY


@pytest.fixture
def manager():
    """Return a function that creates managers, which are closed at the end."""
    with ExitStack() as stack:

        def make(service="execute-api", credentials=TEMPORARY, cls=SigV4PoolManager, **options):
            return stack.enter_context(cls(credentials, "us-east-1", service, **options))

        yield make
