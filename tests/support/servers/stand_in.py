"""A server that stands in for each host of a script, over https."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock

from support.servers.verifying import VerifyingServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from support.servers.certificates import Authority

__all__ = ["stand_in"]


@contextmanager
def stand_in(authority: Authority, *hosts: str, **options: Any) -> Iterator[VerifyingServer]:
    """
    Lead each host name to a server that has a certificate for these hosts.

    Clients need no changes: they resolve names with Python's socket, and read from the environment
    which authorities they trust.

    Args:
        authority: Issues the certificate.
        hosts: Names in the certificate.
        options: Of the server.

    """
    resolve, connect = socket.getaddrinfo, socket.socket.connect

    def resolve_any(_host: str, port: int, *args: Any, **options: Any) -> Any:
        return resolve(server.address, port, *args, **options)

    # Async clients use the port of the URL, whatever the name resolves to.
    def connect_to_server(self: socket.socket, address: tuple[str, int]) -> None:
        connect(self, (server.address, server.port) if address[1] == 443 else address)

    trusted = {name: str(authority.path) for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")}
    with (
        VerifyingServer(tls=authority.server_named(*hosts), **options) as server,
        mock.patch("socket.getaddrinfo", resolve_any),
        mock.patch("socket.socket.connect", connect_to_server),
        mock.patch.dict(os.environ, {**trusted, "NO_PROXY": "*"}),
    ):
        yield server
