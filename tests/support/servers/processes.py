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

# Nothing else of the caller's environment reaches a server: it may hold settings of the server, or
# the credentials of a real account.
_INHERITED = ("LD_LIBRARY_PATH", "PATH", "SYSTEMROOT")


class ServerError(Exception):
    """A server doesn't start; the message holds the end of its log."""


@dataclass(frozen=True)
class Program:
    """What to run, and the folder that holds all that it writes."""

    path: Path
    folder: Path
    environment: dict[str, str]

    @classmethod
    def found(cls, path: str | os.PathLike[str], folder: Path, **environment: str) -> Program:
        """
        Return the program at this path, with next to nothing of the caller's environment.

        Raises:
            ServerError: There is no such program.

        """
        if shutil.which(path) is None:
            raise ServerError(f"there is no program {os.fspath(path)}: `make test` installs it")
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        own = {"HOME": str(folder), "TMPDIR": str(folder), **environment}
        return cls(Path(path).absolute(), folder, {**inherited, **own})

    def run(self, *arguments: str | Path) -> None:
        """
        Run it to its end.

        Raises:
            ServerError: It ends with a status other than 0, or not in a minute.

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
        """Run it for as long as the context lasts; at first it may not answer yet."""
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
    """A process that is to answer on a port of the loopback interface."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    health_path: str
    log_path: Path

    def wait_until_healthy(self) -> None:
        """
        Return as soon as it answers.

        Raises:
            ServerError: It has ended, or doesn't answer in a minute.

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
            f"{self.name} doesn't answer after {_START_SECONDS} seconds\n{self._log_tail()}"
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
    """Return different ports of the loopback interface that nothing listens on."""
    with ExitStack() as stack:
        # All are held until the last is known, or the same one could be given twice.
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((HOST, 0))
        return [probe.getsockname()[1] for probe in probes]


def _tail(log: str) -> str:
    return "\n".join(["the end of its log:", *log.splitlines()[-_LOG_LINES:]])
