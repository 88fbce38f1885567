"""Run servers as child processes, and wait until they respond."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from child_process import child_process

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"

_START_SECONDS = 60
_POLL_SECONDS = 0.05
_LOG_LINES = 30

# Servers get nothing else from the caller's environment: it may contain their settings, or a real
# account's credentials.
_INHERITED = ("LD_LIBRARY_PATH", "PATH", "SYSTEMROOT")


class ServerError(Exception):
    """A server doesn't start; the message contains the end of its log."""


@dataclass(frozen=True)
class Program:
    """A program, and the folder that it writes to."""

    path: Path
    folder: Path
    environment: dict[str, str]

    @classmethod
    def found(cls, path: str | os.PathLike[str], folder: Path, **environment: str) -> Program:
        """
        Return the program at this path, with a minimal environment.

        Raises:
            ServerError: The program is missing.

        """
        if shutil.which(path) is None:
            raise ServerError(f"there is no program {os.fspath(path)}: `make test` installs it")
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        own = {"HOME": str(folder), "TMPDIR": str(folder), **environment}
        return cls(Path(path).absolute(), folder, {**inherited, **own})

    def run(self, *arguments: str | Path) -> None:
        """
        Run the program until it ends.

        Raises:
            ServerError: The program fails, or runs longer than a minute.

        """
        try:
            subprocess.run(  # noqa: S603 - the caller names the program
                [str(self.path), *map(str, arguments)],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_START_SECONDS,
                check=True,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            output = (error.output or b"").decode(errors="replace")
            raise ServerError(f"{error}\n{_tail(output)}") from None

    @contextmanager
    def serve(self, *arguments: str | Path, port: int, health_path: str) -> Iterator[Server]:
        """Run the program for the duration of the context; it may not respond at first."""
        log_path = self.folder / f"{self.path.name}.log"
        with (
            log_path.open("wb") as log,
            child_process(
                [self.path, *arguments], folder=self.folder, environment=self.environment, log=log
            ) as process,
        ):
            yield Server(self.path.name, process, port, health_path, log_path)


@dataclass(frozen=True)
class Server:
    """A process that serves on a port of the loopback interface."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    health_path: str
    log_path: Path

    def wait_until_healthy(self) -> None:
        """
        Return as soon as the server responds.

        Raises:
            ServerError: The server has ended, or doesn't respond within a minute.

        """
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            status = self.process.poll()
            if status is not None:
                raise ServerError(f"{self.name} ended with status {status}\n{self._log_tail()}")
            if self._is_healthy():
                return
            time.sleep(_POLL_SECONDS)
        raise ServerError(
            f"{self.name} doesn't respond after {_START_SECONDS} seconds\n{self._log_tail()}"
        )

    def _is_healthy(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=1)
        try:
            connection.request("GET", self.health_path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _log_tail(self) -> str:
        return _tail(self.log_path.read_text(encoding="utf-8", errors="replace"))


def free_ports(count: int) -> list[int]:
    """Return distinct unused ports of the loopback interface."""
    with ExitStack() as stack:
        # All are kept open until the last is known, so that they are distinct.
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((HOST, 0))
        return [probe.getsockname()[1] for probe in probes]


def _tail(log: str) -> str:
    return "\n".join(["the end of its log:", *log.splitlines()[-_LOG_LINES:]])
