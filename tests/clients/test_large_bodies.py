# Every client sends large files in bounded memory.

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.clients import ALL, BY_NAME
from support.servers.verifying import VerifyingServer

KEY = ["AKIDEXAMPLE", "secret"]
MOST_KIB = 16 * 1024
MIB = 1024 * 1024
TESTS = Path(__file__).parents[1]
TIMEOUT_SECONDS = 120

CASES = [
    *(
        pytest.param(client, service, 96 * MIB, id=f"{client}-{service}")
        for client in ALL
        for service in ("es", "s3")
        # An AsyncClient of httpx sends files only to S3, where we send signed chunks.
        if not (client.name in {"httpx async", "httpx2 async"} and service == "es")
    ),
    pytest.param(BY_NAME["requests"], "es", 1024 * MIB, id="requests-es-1-GiB"),
    pytest.param(BY_NAME["httpx"], "s3", 1024 * MIB, id="httpx-s3-1-GiB-in-chunks"),
]


@pytest.mark.parametrize(("client", "service", "size"), CASES)
def test_large_file_is_sent_in_bounded_memory(client, service, size, tmp_path):
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(size)
    with VerifyingServer(strict=client.signs_all) as server:
        server.accept(*KEY)
        arguments = [client.name, service, KEY, server.url("/a"), str(path)]
        ended = subprocess.run(  # noqa: S603 - our own script
            [sys.executable, "-m", "support.large_upload", json.dumps(arguments)],
            stdout=subprocess.PIPE,
            check=True,
            timeout=TIMEOUT_SECONDS,
            env={**os.environ, "PYTHONPATH": str(TESTS)},
        )
    measured = json.loads(ended.stdout)
    assert (measured["status"], server.errors) == (200, [])
    assert server.arrived[-1].body.length == size
    assert measured["kib"] < MOST_KIB
