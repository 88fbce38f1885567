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
    Issues the certificate of a server on the loopback.

    Attributes:
        server: The server's TLS context.
        client: A client's TLS context.
        path: The authority's certificate, for clients that take a file.

    """

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.path = folder / "authority.pem"
        authority.cert_pem.write_to_path(self.path)
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1", "::1").configure_cert(self.server)
        self.client = ssl.create_default_context(cafile=str(self.path))
