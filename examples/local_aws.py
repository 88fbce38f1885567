"""Start MiniStack, a local AWS whose IAM and API Gateway verify signatures and policies."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from child_process import child_process

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Generator

HOST = "127.0.0.1"

_START_SECONDS = 60
_POLL_SECONDS = 0.05
_LOG_LINES = 30

# The server gets only these environment variables. It would use an AWS_ACCESS_KEY_ID as a root key,
# and doesn't verify signatures of root keys.
_INHERITED = ("LD_LIBRARY_PATH", "PATH", "SYSTEMROOT")


class LocalAwsError(Exception):
    """The server doesn't start; the message contains the end of its log."""


@dataclass(frozen=True)
class LocalAws:
    """A running server: its port, and the file it logs to."""

    port: int
    log: Path

    @property
    def endpoint(self) -> str:
        """The root URL, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    def log_tail(self) -> str:
        """Return the last lines of the log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(["the end of the server's log:", *lines[-_LOG_LINES:]])


@contextmanager
def local_aws(executable: str | os.PathLike[str]) -> Generator[LocalAws]:
    """
    Run MiniStack on a free port of the loopback interface until the context ends.

    It writes files only below a temporary folder, which is deleted afterwards.

    Args:
        executable: The path of ``ministack``.

    Raises:
        LocalAwsError: The program doesn't exist, ends at once, or doesn't respond within a minute.

    """
    command = shutil.which(executable)
    if command is None:
        raise LocalAwsError(
            f"there is no program {os.fspath(executable)}: `make demo` and `make test` install it"
        )
    with tempfile.TemporaryDirectory(prefix="local-aws-") as folder:
        server = LocalAws(_free_port(), Path(folder, "server.log"))
        environment = _environment(server.port, folder)
        with (
            server.log.open("wb") as log,
            child_process(
                [Path(command).absolute()], folder=Path(folder), environment=environment, log=log
            ) as process,
        ):
            _wait_until_healthy(process, server)
            yield server


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(port: int, folder: str) -> dict[str, str]:
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    environment.update(
        AUTH="true",
        BIND_HOST=HOST,
        GATEWAY_PORT=str(port),
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        HOME=folder,
        S3_DATA_DIR=folder,
        STATE_DIR=folder,
        TMPDIR=folder,
        # Otherwise it would remove Docker containers that other instances have started.
        DOCKER_HOST=f"unix://{folder}/no-docker.sock",
    )
    return environment


def _wait_until_healthy(process: subprocess.Popen[bytes], server: LocalAws) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        status = process.poll()
        if status is not None:
            raise LocalAwsError(f"MiniStack ended with status {status}; {server.log_tail()}")
        if _is_healthy(server.port):
            return
        time.sleep(_POLL_SECONDS)
    raise LocalAwsError(
        f"MiniStack doesn't answer after {_START_SECONDS} seconds; {server.log_tail()}"
    )


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
