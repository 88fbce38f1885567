# Where the command writes a response, and what it leaves open.

from __future__ import annotations

import os
import stat
import sys

import pytest

from support.command import run
from support.servers.raw import raw_server
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET

SCOPE = ("--region", "us-east-1", "--service", "execute-api")
ACCEPTED = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ncontent"
REFUSED = b"HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nmissing"


@pytest.mark.parametrize("place", ["new", "existing", "-"])
def test_body_of_an_error_is_not_written_to_the_output(tmp_path, place):
    path = tmp_path / place
    if place == "existing":
        path.write_text("before")
    files = list(tmp_path.iterdir())
    with raw_server(REFUSED) as host:
        output = place if place == "-" else path
        completed = run("request", f"http://{host}/", "-o", output, *SCOPE)
    assert (completed.returncode, completed.stdout) == (22, b"")
    assert completed.stderr.endswith(b"404 Not Found\nmissing")
    assert list(tmp_path.iterdir()) == files
    assert all(file.read_text() == "before" for file in files)


def test_named_pipe_is_written_and_stays(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with raw_server(ACCEPTED) as host, os.fdopen(reader, "rb") as pipe:
        completed = run("request", f"http://{host}/", "-o", path, *SCOPE)
        assert (completed.returncode, completed.stderr) == (0, b"")
        assert pipe.read() == b"content"
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert list(tmp_path.iterdir()) == [path]


def test_verbose_shows_only_the_size_of_a_long_body():
    with raw_server(ACCEPTED) as host:
        body = "x" * 100_000
        completed = run("request", f"http://{host}/", "-v", "-d", body, *SCOPE)
    assert (completed.returncode, completed.stdout) == (0, b"content")
    assert b"\n> [100000 bytes]\n" in completed.stderr
    assert b"xxx" not in completed.stderr


def test_connections_are_closed():
    with VerifyingServer() as server:
        server.accept(ACCESS_KEY, SECRET)
        # Python warns about sockets that are left open.
        completed = run(
            *("request", server.url("/"), *SCOPE),
            program=(sys.executable, "-X", "dev", "-m", "rsigv4"),
        )
    assert (completed.returncode, completed.stderr) == (0, b"")
