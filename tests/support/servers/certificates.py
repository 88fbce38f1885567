"""Certificates that only the tests trust."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Authority"]


class Authority:
    """
    Issues the certificate of a server on the loopback, and others.

    Attributes:
        server: The server's TLS context.
        path: The authority's certificate, for clients that take a file.

    """

    def __init__(self, folder: Path) -> None:
        authority = self._authority = trustme.CA()
        self.path = folder / "authority.pem"
        authority.cert_pem.write_to_path(self.path)
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1", "::1").configure_cert(self.server)

    @property
    def client(self) -> ssl.SSLContext:
        """The TLS context of a client: a new one, which the client may change."""
        return ssl.create_default_context(cafile=str(self.path))

    def server_named(self, *names: str, wants_client_certificate: bool = False) -> ssl.SSLContext:
        """Return the TLS context of a server with other names, at the end of a tunnel."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*names).configure_cert(context)
        if wants_client_certificate:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.path)
        return context

    def client_certificate(self, folder: Path) -> tuple[Path, Path]:
        """Return the files with a client's certificate and its private key."""
        issued = self._authority.issue_cert("client@example.com")
        certificate, key = folder / "client.pem", folder / "client.key"
        issued.cert_chain_pems[0].write_to_path(certificate)
        issued.private_key_pem.write_to_path(key)
        return certificate, key
