"""Servers that run applications behind the middlewares, and requests with any target."""

from __future__ import annotations

import json
import secrets
import socket
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rsigv4 import Credentials, Signer
from support.servers.processes import HOST, Program, free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER = Path(__file__).parent
_HEALTH_PATH = "/health"
_TIMEOUT_SECONDS = 30
_REPORTED = 203

#: Name of the server -> arguments of `python` that serve the applications in reporting.py.
SERVERS = {
    "gunicorn": ("-m", "gunicorn", "--bind", "{host}:{port}", "reporting:wsgi"),
    "waitress": ("-m", "waitress", "--listen", "{host}:{port}", "reporting:wsgi"),
    "Werkzeug": (_FOLDER / "reporting.py", "werkzeug", "{port}"),
    "wsgiref": (_FOLDER / "reporting.py", "wsgiref", "{port}"),
    "Granian, WSGI": ("-m", "granian", "--interface", "wsgi", "--port", "{port}", "reporting:wsgi"),
    "Granian": ("-m", "granian", "--interface", "asgi", "--port", "{port}", "reporting:asgi"),
    "uvicorn, h11": ("-m", "uvicorn", "--http", "h11", "--port", "{port}", "reporting:asgi"),
    "uvicorn, httptools": (
        *("-m", "uvicorn", "--http", "httptools", "--port", "{port}", "reporting:asgi"),
    ),
    "Hypercorn": ("-m", "hypercorn", "--bind", "{host}:{port}", "reporting:asgi"),
    "Daphne": ("-m", "daphne", "--port", "{port}", "reporting:asgi"),
}


@dataclass(frozen=True)
class Reported:
    """
    A response, with what the application reported.

    Attributes:
        status: Of the response; 0 if there wasn't one.
        headers: With lowercase names.
        body: As it arrived.
        path: The decoded path that the application received; None if it wasn't called.
        query: The query that the application received.

    """

    status: int
    headers: dict[bytes, bytes]
    body: bytes
    path: bytes | None = None
    query: bytes | None = None
    length: int = 0

    @property
    def is_served(self) -> bool:
        """Whether the application was called."""
        return self.path is not None


@dataclass(frozen=True)
class Gateway:
    """A running server, and the key that it accepts."""

    name: str
    port: int
    credentials: Credentials

    @property
    def host(self) -> str:
        """The value of ``Host`` that is sent and signed."""
        return f"{HOST}:{self.port}"

    def signer(self, service: str) -> Signer:
        return Signer(self.credentials, "us-east-1", service)

    def send(
        self, target: str, headers: dict[str, str] | None = None, *, method="GET", body: bytes = b""
    ) -> Reported:
        """Send a request with this target; each character is one byte on the wire."""
        lines = [
            f"{method} {target} HTTP/1.1",
            f"Host: {self.host}",
            "Connection: close",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        wire = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
        with socket.create_connection((HOST, self.port), timeout=_TIMEOUT_SECONDS) as connection:
            response = b""
            try:
                connection.sendall(wire)
                while received := connection.recv(65536):
                    response += received
            except ConnectionError:
                # Servers close connections on requests that they can't parse.
                pass
        return _parse(response)


def _parse(response: bytes) -> Reported:
    head, _, body = response.partition(b"\r\n\r\n")
    status_line, *lines = head.split(b"\r\n")
    parts = status_line.split()
    if len(parts) < 2 or not parts[1].isdigit():
        return Reported(0, {}, response)
    fields = (line.partition(b":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in fields}
    if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
        body = _unchunked(body)
    status = int(parts[1])
    if status != _REPORTED:
        return Reported(status, headers, body)
    report = json.loads(body)
    path, query = (report[name].encode("latin-1") for name in ("path", "query"))
    return Reported(status, headers, body, path, query, report["length"])


def _unchunked(body: bytes) -> bytes:
    chunks = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        chunks.append(rest[:length])
        body = rest[length + 2 :]
    return b"".join(chunks)


@contextmanager
def running_gateway(name: str) -> Iterator[Gateway]:
    """
    Run a server with its own key for the duration of the context.

    Raises:
        ServerError: The server ends at once, or doesn't respond within a minute.

    """
    credentials = Credentials("AKIDEXAMPLE", secrets.token_urlsafe())
    (port,) = free_ports(1)
    with tempfile.TemporaryDirectory(prefix="gateway-") as folder:
        program = Program.found(
            sys.executable,
            Path(folder),
            PYTHONPATH=str(_FOLDER),
            AWS_ACCESS_KEY_ID=credentials.access_key_id,
            AWS_SECRET_ACCESS_KEY=credentials.secret_access_key,
        )
        arguments = [str(argument).format(host=HOST, port=port) for argument in SERVERS[name]]
        with program.serve(*arguments, port=port, health_path=_HEALTH_PATH) as server:
            server.wait_until_healthy()
            yield Gateway(name, port, credentials)
