"""The example applications, run by the usual servers."""

from __future__ import annotations

import secrets
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from support.servers.processes import HOST, Program, free_ports
from support.servers.s3 import S3Server

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXAMPLES = Path(__file__).parents[3] / "examples"

#: Name of the example -> arguments of `python` that serve it on a port of 127.0.0.1.
COMMANDS = {
    "fastapi": ["-m", "uvicorn", "--app-dir", _EXAMPLES, "--port", "{port}", "fastapi_app:app"],
    "flask": ["-m", "gunicorn", "--chdir", _EXAMPLES, "--bind", HOST + ":{port}", "flask_app:app"],
}


@contextmanager
def example_application(name: str) -> Iterator[S3Server]:
    """
    Run an example with its own key for the duration of the context.

    Raises:
        ServerError: The server ends at once, or doesn't respond within a minute.

    """
    access_key_id, secret_access_key = "AKIDEXAMPLE", secrets.token_urlsafe()
    (port,) = free_ports(1)
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        found = Program.found(
            sys.executable,
            Path(folder),
            AWS_ACCESS_KEY_ID=access_key_id,
            AWS_SECRET_ACCESS_KEY=secret_access_key,
        )
        arguments = [str(argument).format(port=port) for argument in COMMANDS[name]]
        with found.serve(*arguments, port=port, health_path="/health") as server:
            server.wait_until_healthy()
            yield S3Server(f"http://{HOST}:{port}", access_key_id, secret_access_key, "us-east-1")
