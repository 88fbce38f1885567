"""Run the command as users do: a process with arguments, pipes and files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from support.signing import ACCESS_KEY, SECRET, TOKEN

__all__ = [
    "KEY",
    "RSIGV4",
    "TEMPORARY_KEY",
    "assert_mistake",
    "environment",
    "peak_memory",
    "run",
]

#: As pip installs it.
RSIGV4 = str(Path(sys.executable).with_name("rsigv4"))

KEY = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
TEMPORARY_KEY = {**KEY, "AWS_SESSION_TOKEN": TOKEN}

_SECONDS = 60

# Runs between the tests and the command: a child process inherits its parent's peak.
_MEASURE = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
print("peak:", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(status)
"""


def environment(**added):
    """Return an environment without AWS credentials, proxies or terminal settings."""
    return {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "HOME": os.devnull,
        "LANG": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "TERM": "xterm-256color",
        **added,
    }


def run(*arguments, program=(RSIGV4,), env=KEY, stdin=b"", **options):
    """
    Run the command, and return its status and its output as bytes.

    Its standard input is bytes, sent through a pipe, or a file.
    """
    given = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}
    return subprocess.run(  # noqa: S603 - the command
        [*program, *map(str, arguments)],
        env=environment(**env),
        capture_output=True,
        timeout=_SECONDS,
        check=False,
        **given,
        **options,
    )


def peak_memory(*arguments, **options):
    """Run the command, and return the result with its peak memory in bytes."""
    completed = run(*arguments, program=(sys.executable, "-c", _MEASURE, RSIGV4), **options)
    return completed, int(completed.stderr.rpartition(b"peak:")[2]) * 1024


def assert_mistake(completed, *words, status=2):
    """Check that one line says what is wrong, and that nothing else is printed."""
    assert completed.returncode == status, completed.stderr
    assert completed.stdout == b""
    (line,) = completed.stderr.decode().splitlines()
    assert line.startswith("rsigv4: error: ")
    for word in words:
        assert word in line
    for secret in (SECRET, TOKEN):
        assert secret not in line
