"""
Run a server as a child process that ends with this process, even if this process is killed.

A supervisor starts the server and reads from a pipe that only this process writes to. The pipe
closes when this process ends in any way. Then the supervisor ends the server and itself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

_END_SECONDS = 15


@contextmanager
def child_process(
    command: Sequence[str | Path], *, folder: Path, environment: dict[str, str], log: IO[bytes]
) -> Generator[subprocess.Popen[bytes]]:
    """
    Run a command until the context ends.

    Args:
        command: The program and its arguments.
        folder: The working directory.
        environment: All environment variables that the command gets.
        log: Receives its standard output and standard error.

    Returns:
        The supervisor. It ends when the command ends, with the same exit status.

    """
    process = subprocess.Popen(  # noqa: S603 - the caller names the program
        # Isolated, so that the server's environment doesn't change how the supervisor runs.
        [sys.executable, "-I", "-S", __file__, *command],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        # Ctrl-C reaches only this process, which then ends the server.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        # Closes the pipe, and waits.
        process.communicate()


def _supervise(command: list[str]) -> int:
    process = subprocess.Popen(  # noqa: S603 - the same command
        command, stdin=subprocess.DEVNULL, start_new_session=True
    )
    threading.Thread(target=_end_with_parent, args=[process], daemon=True).start()
    status = process.wait()
    with suppress(AttributeError, ProcessLookupError):
        # Ends processes that the server has started. Windows has no process groups.
        os.killpg(process.pid, signal.SIGKILL)
    return status if status >= 0 else 128 - status


def _end_with_parent(process: subprocess.Popen[bytes]) -> None:
    # Reading from sys.stdin would hold its lock, so that the interpreter couldn't exit.
    os.read(0, 1)
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


if __name__ == "__main__":
    sys.exit(_supervise(sys.argv[1:]))
