"""What the tests of all drop-ins use."""

from __future__ import annotations

import pytest

from support.servers.verifying import VerifyingServer


@pytest.fixture
def server():
    with VerifyingServer() as server:
        server.accept("AKID", "secret", "token")
        yield server
