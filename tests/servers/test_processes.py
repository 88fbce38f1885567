# Servers started by tests end with the process that started them.

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.servers.processes import HOST, Program, ServerError, free_ports

TESTS = Path(__file__).parents[1]

# A server with a child process that keeps another port open.
SERVER = """
import http.server, os, signal, socket, sys, time

port, child_port = map(int, sys.argv[1:])
child_socket = socket.create_server(("127.0.0.1", child_port))
if os.fork() == 0:
    time.sleep(600)
child_socket.close()
http.server.test(http.server.SimpleHTTPRequestHandler, port=port, bind="127.0.0.1")
"""

STARTER = """
import sys, time
from pathlib import Path
from support.servers.processes import Program

folder, *arguments = sys.argv[1:]
program = Program.found(sys.executable, Path(folder))
with program.serve(*arguments, port=int(arguments[1]), health_path="/") as server:
    server.wait_until_healthy()
    print("started", flush=True)
    time.sleep(600)
"""


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def wait_until_gone(*ports):
    deadline = time.monotonic() + 30
    while any(map(listens, ports)):
        assert time.monotonic() < deadline, "a server is still there"
        time.sleep(0.01)


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "server.py"
    path.write_text(SERVER)
    return path


def test_server_and_its_children_end_with_the_context(script, tmp_path):
    ports = free_ports(2)
    program = Program.found(sys.executable, tmp_path)
    with program.serve(script, *map(str, ports), port=ports[0], health_path="/") as server:
        server.wait_until_healthy()
        assert all(map(listens, ports))
    wait_until_gone(*ports)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_server_and_its_children_end_when_the_tests_are_killed(script, tmp_path, number):
    ports = free_ports(2)
    command = [sys.executable, "-c", STARTER, tmp_path, script, *map(str, ports)]
    search = ":".join([str(TESTS), str(TESTS.parent / "examples")])
    with subprocess.Popen(  # noqa: S603 - the program above
        command, env={"PYTHONPATH": search}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as starter:
        assert starter.stdout.readline() == b"started\n"
        assert all(map(listens, ports))
        starter.send_signal(number)
    wait_until_gone(*ports)


def test_server_that_fails_to_start_reports_its_status(tmp_path):
    program = Program.found(sys.executable, tmp_path)
    code = "print('no memory'); raise SystemExit(3)"
    with (
        program.serve("-c", code, port=free_ports(1)[0], health_path="/") as server,
        pytest.raises(ServerError, match=r"ended with status 3\n(?s:.*)no memory"),
    ):
        server.wait_until_healthy()
