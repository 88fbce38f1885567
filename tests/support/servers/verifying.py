"""A local server that recomputes each signature from the bytes that arrived."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING

from support.servers.aws_chunked import ArrivedBody, BrokenBodyError, read_body
from support.servers.reference import ArrivedRequest, Authorization
from support.servers.verdict import Key, RefusedError, check, refusal

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from typing import BinaryIO

    from typing_extensions import Self

__all__ = ["Arrived", "VerifyingServer"]

_BUFFER_BYTES = 256 * 1024
_REQUEST_LINE = re.compile(rb"([!-~]+) ([!-~]+) HTTP/1\.([01])")


@dataclass(frozen=True)
class Arrived:
    """
    A request, and the server's result.

    Attributes:
        head: The request line and headers.
        body: Without framing.
        authorization: None if it was missing or malformed.
        status: Of the response.
        error: Why the request was refused; empty if it was accepted.

    """

    head: ArrivedRequest
    body: ArrivedBody
    authorization: Authorization | None
    status: int
    error: str = ""

    @property
    def target(self) -> str:
        return self.head.target.decode("ascii")

    def names(self) -> set[str]:
        return self.head.names()


@dataclass
class VerifyingServer:
    """
    Listens on a free port for the duration of its context; accepts only valid signatures.

    It responds with 200 and the caller's identity as JSON, a redirect, or an error of API Gateway
    or S3. All attributes may be changed while it runs.

    Attributes:
        address: The loopback address, such as ``::1``.
        tls: The authority whose certificate serves https.
        strict: Refuse requests with unsigned ``x-amz-*`` headers, as Swift does.
        anonymous: Accept requests without ``Authorization``, too.
        clock: Returns the server's time, in seconds since the epoch.
        redirects: Status code and ``Location``, by path.
        content: The response body, instead of JSON.
        headers: Additional response headers.
        arrived: All requests, in the order of the responses.

    """

    address: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    strict: bool = True
    anonymous: bool = False
    clock: Callable[[], float] = time.time
    redirects: dict[str, tuple[int, str]] = field(default_factory=dict)
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    arrived: list[Arrived] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._keys: dict[str, Key] = {}
        #: All connections so far; closing one twice does no harm.
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        self._listener = socket.create_server((self.address, 0), family=family, backlog=1024)
        self._acceptor = threading.Thread(target=self._accept)

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(self, *_exc_info: object) -> None:
        # Wakes up threads that accept or read.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    @property
    def host(self) -> str:
        """The value of ``Host`` that a client sends."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else self._name(self.address)

    @property
    def errors(self) -> list[str]:
        """The reasons why requests were refused."""
        return [arrived.error for arrived in self.arrived if arrived.error]

    def url(self, target: str = "/", *, name: str | None = None) -> str:
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://{self._name(name) if name else self.host}{target}"

    def accept(self, access_key_id: str, secret: str, token: str | None = None) -> None:
        """Accept this key from now on, and only with this token."""
        self._keys[access_key_id] = Key(secret, token)

    def reject(self, access_key_id: str) -> None:
        """Stop accepting this key."""
        del self._keys[access_key_id]

    def _name(self, name: str) -> str:
        return f"{name}:{self.port}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        # A client that disconnects or distrusts our certificate is not a failure of the test.
        with suppress(OSError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is None:
                self._converse(connection)
            else:
                options = {"server_side": True, "do_handshake_on_connect": False}
                with self.tls.wrap_socket(connection, **options) as secured:
                    self._open.add(secured)
                    secured.do_handshake()
                    self._converse(secured)

    def _converse(self, connection: socket.socket) -> None:
        with connection.makefile("rb", _BUFFER_BYTES) as file:
            while self._respond_to_next(file, connection.sendall):
                pass

    def _respond_to_next(self, file: BinaryIO, send: Callable[[bytes], None]) -> bool:
        """Respond to one request, and return whether another may follow."""
        found = _REQUEST_LINE.fullmatch(file.readline().rstrip(b"\r\n"))
        if found is None:
            return False
        headers = []
        while line := file.readline().rstrip(b"\r\n"):
            name, _, value = line.partition(b":")
            headers.append((name, value))
        head = ArrivedRequest(found[1].decode(), found[2], tuple(headers))
        authorization = Authorization.of(head)
        now = self.clock()
        if (head.value("expect") or "").lower() == "100-continue":
            send(b"HTTP/1.1 100 Continue\r\n\r\n")
        try:
            body = read_body(head, file)
        except BrokenBodyError as error:
            self.arrived.append(Arrived(head, ArrivedBody(), authorization, 0, str(error)))
            return False
        error = ""
        try:
            if authorization is not None or head.value("authorization") or not self.anonymous:
                check(head, body, self._keys, strict=self.strict, now=now)
            status, more, content = self._response(head, body, authorization)
        except RefusedError as refused:
            error = f"{refused.code}: {refused.message}"
            status, more, content = refusal(refused, authorization)
        self.arrived.append(Arrived(head, body, authorization, status, error))
        lines = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            f"Date: {formatdate(now, usegmt=True)}",
            f"Content-Length: {len(content)}",
            *(f"{name}: {value}" for name, value in {**self.headers, **more}.items()),
            "\r\n",
        ]
        # A `Location` may be any text; it is sent as UTF-8.
        send("\r\n".join(lines).encode() + (b"" if head.method == "HEAD" else content))
        closing = (head.value("connection") or "").lower() == "close"
        return found[3] == b"1" and not closing

    def _response(
        self, head: ArrivedRequest, body: ArrivedBody, authorization: Authorization | None
    ) -> tuple[int, dict[str, str], bytes]:
        path = head.path.decode("ascii")
        if path in self.redirects:
            status, location = self.redirects[path]
            return status, {"Location": location}, b""
        if self.content is not None:
            return 200, {}, self.content
        told = {
            "method": head.method,
            "target": head.target.decode("ascii"),
            "access_key_id": authorization and authorization.access_key_id,
            "length": body.length,
            "sha256": body.sha256,
        }
        return 200, {"Content-Type": "application/json"}, json.dumps(told).encode()
