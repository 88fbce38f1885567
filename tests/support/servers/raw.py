"""A local server that responds with exactly the bytes that it is given."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

_HEAD_END = b"\r\n\r\n"
_TLS_HANDSHAKE = b"\x16"


@contextmanager
def raw_server(
    *response: bytes, tls: ssl.SSLContext | None = None, hold: bool = False
) -> Iterator[str]:
    """
    Respond to each connection with the given bytes, and yield the server's host and port.

    Args:
        response: The bytes to send once a request's headers have arrived.
        tls: The authority whose certificate serves https.
        hold: Keep connections open until the context ends.

    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        held: list[socket.socket] = []
        thread = threading.Thread(
            target=_serve, args=(listening, b"".join(response), tls, held, hold)
        )
        thread.start()
        host, port = listening.getsockname()
        try:
            yield f"{host}:{port}"
        finally:
            # Wakes up the thread; closing alone doesn't.
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in held:
                connection.close()


def _serve(
    listening: socket.socket,
    response: bytes,
    tls: ssl.SSLContext | None,
    held: list[socket.socket],
    hold: bool,  # noqa: FBT001 - of the function above
) -> None:
    while True:
        try:
            connection, _address = listening.accept()
        except OSError:
            return
        # The client may have closed the connection.
        with suppress(OSError):
            if tls is not None:
                connection = tls.wrap_socket(connection, server_side=True)
            head = b""
            while _HEAD_END not in head and (received := connection.recv(65536)):
                head += received
                if head.startswith(_TLS_HANDSHAKE):
                    break
            connection.sendall(response)
        if hold:
            held.append(connection)
        else:
            connection.close()
