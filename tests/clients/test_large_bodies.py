# Every client sends large files in bounded memory.

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.clients import ALL
from support.servers.verifying import VerifyingServer

KEY = ["AKIDEXAMPLE", "secret"]
MOST_KIB = 16 * 1024
MIB = 1024 * 1024
TESTS = Path(__file__).parents[1]
TIMEOUT_SECONDS = 120

#: Larger than for others, for one client that sends files whole, and one that sends them in chunks.
SIZES = {"requests": 256 * MIB, "httpx": 256 * MIB}


def services_of(client):
    # An AsyncClient of httpx sends files only to S3, where we send signed chunks.
    return ["s3"] if client.name in {"httpx async", "httpx2 async"} else ["es", "s3"]


@pytest.mark.parametrize("client", ALL, ids=str)
def test_large_file_is_sent_in_bounded_memory(client, tmp_path):
    size = SIZES.get(client.name, 48 * MIB)
    services = services_of(client)
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(size)
    with VerifyingServer(strict=client.signs_all) as server:
        server.accept(*KEY)
        arguments = [client.name, services, KEY, server.url("/a"), str(path)]
        ended = subprocess.run(  # noqa: S603 - our own script
            [sys.executable, "-m", "support.large_upload", json.dumps(arguments)],
            stdout=subprocess.PIPE,
            check=True,
            timeout=TIMEOUT_SECONDS,
            env={**os.environ, "PYTHONPATH": str(TESTS)},
        )
    measured = json.loads(ended.stdout)
    assert [one["status"] for one in measured] == [200] * len(services)
    assert server.errors == []
    # The first request to each service is small.
    assert [arrived.body.length for arrived in server.arrived[1::2]] == [size] * len(services)
    assert max(one["kib"] for one in measured) < MOST_KIB
