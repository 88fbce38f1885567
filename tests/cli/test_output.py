# Where the command writes a response, and what it leaves open.

from __future__ import annotations

import os
import stat
import sys

import pytest

from support.command import RSIGV4, run
from support.servers.raw import raw_server
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET

SCOPE = ("--region", "us-east-1", "--service", "execute-api")
ACCEPTED = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ncontent"
REFUSED = b"HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nmissing"


@pytest.mark.parametrize("place", ["new", "existing"])
def test_body_of_an_error_is_not_written_to_the_output(tmp_path, place):
    path = tmp_path / place
    if place == "existing":
        path.write_text("before")
    files = list(tmp_path.iterdir())
    with raw_server(REFUSED) as host:
        completed = run("request", f"http://{host}/", "-o", path, *SCOPE)
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


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1"])
def test_standard_output_may_be_named(tmp_path, name):
    with raw_server(ACCEPTED) as host:
        arguments = ("request", f"http://{host}/", "-o", name, *SCOPE)
        piped = run(*arguments)
        # What stands in a file before the body stays there.
        script = '{ echo before; "$0" "$@"; echo after; } > file'
        run(*arguments, program=("bash", "-c", script, RSIGV4), cwd=tmp_path)
    assert (piped.returncode, piped.stdout, piped.stderr) == (0, b"content", b"")
    assert (tmp_path / "file").read_bytes() == b"before\ncontentafter\n"
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_standard_error_may_be_named():
    with raw_server(ACCEPTED) as host:
        completed = run("request", f"http://{host}/", "-o", "/dev/stderr", *SCOPE)
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, b"", b"content")


@pytest.mark.parametrize("options", [[], ["-s"]])
def test_body_of_an_error_is_shown_where_bodies_go(options):
    with raw_server(REFUSED) as host:
        completed = run("request", f"http://{host}/", "-o", "-", *options, *SCOPE)
    assert (completed.returncode, completed.stdout) == (22, b"missing")


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_body_that_is_partly_in_a_pipe_is_not_tried_again(name):
    with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", hold=True) as host:
        arguments = ("request", f"http://{host}/", *SCOPE, "--timeout", "2", "--retry", "3")
        completed = run(*arguments, "-o", name)
    assert (completed.returncode, completed.stdout) == (28, b"abc")
    assert b"trying again" not in completed.stderr


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
