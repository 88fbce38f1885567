"""A server on the loopback that recomputes each signature from the bytes that arrived."""

from __future__ import annotations

import datetime as dt
import hmac
import json
import re
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

from servers import reference
from servers.aws_chunked import ArrivedBody, BrokenBodyError, read_body
from servers.reference import ArrivedRequest, Authorization

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from typing import BinaryIO

    from typing_extensions import Self

__all__ = ["Arrived", "VerifyingServer"]

#: The least that S3 takes of a chunk, but for the last.
_LEAST_CHUNK_BYTES = 8192
#: Services take signatures of so many seconds before or after their own time.
_SKEW_SECONDS = 300
_BUFFER_BYTES = 256 * 1024
_REQUEST_LINE = re.compile(rb"([!-~]+) ([!-~]+) HTTP/1\.([01])")


@dataclass(frozen=True)
class Arrived:
    """
    One request, and what the server made of it.

    Attributes:
        head: Its first line and headers.
        body: Without any framing.
        authorization: None if there was none, or it was malformed.
        status: What it was answered.
        error: Why it was refused; empty if it wasn't.

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


class _Key(NamedTuple):
    secret: str
    token: str | None


@dataclass
class _RefusedError(Exception):
    """A request isn't let through: what API Gateway calls the error, what S3 does, and why."""

    error_type: str
    code: str
    message: str
    status: int = 403
    #: What S3 tells besides, by element.
    elements: dict[str, str] = field(default_factory=dict)


@dataclass
class VerifyingServer:
    """
    Listens on a free port while its context lasts; takes requests with right signatures only.

    It answers 200 with what it knows of the caller as JSON, a redirect, or an error in the words of
    API Gateway or S3. All that it is told may be changed while it runs.

    Attributes:
        address: Of the loopback interface, such as ``::1``.
        tls: With it the server speaks https.
        strict: Refuse requests with ``x-amz-*`` headers that aren't signed, as Swift does.
        anonymous: Take requests without any ``Authorization``, too.
        clock: Returns the server's time, in seconds since the epoch.
        redirects: Status code and ``Location`` by path.
        content: What is answered in place of JSON.
        headers: Those that are answered besides.
        arrived: All requests, in the order in which they were answered.

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
        self._keys: dict[str, _Key] = {}
        #: All that ever were, as closing one that is closed does nothing.
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        self._listener = socket.create_server((self.address, 0), family=family, backlog=1024)
        self._acceptor = threading.Thread(target=self._accept)

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(self, *_exc_info: object) -> None:
        # Whoever accepts or reads is woken by this.
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
        """What a client sends as ``Host``."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else self._name(self.address)

    @property
    def errors(self) -> list[str]:
        """Why requests were refused."""
        return [arrived.error for arrived in self.arrived if arrived.error]

    def url(self, target: str = "/", *, name: str | None = None) -> str:
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://{self._name(name) if name else self.host}{target}"

    def accept(self, access_key_id: str, secret: str, token: str | None = None) -> None:
        """Take this key from now on, with this token only."""
        self._keys[access_key_id] = _Key(secret, token)

    def reject(self, access_key_id: str) -> None:
        """Take this key no longer."""
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
        # A client that goes away or distrusts our certificate is no failure of ours.
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
            while self._answer_next(file, connection.sendall):
                pass

    def _answer_next(self, file: BinaryIO, send: Callable[[bytes], None]) -> bool:
        """Answer one request, and return whether another may follow."""
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
                self._check(head, body, authorization, now)
            status, more, content = self._answer(head, body, authorization)
        except _RefusedError as refused:
            error = f"{refused.code}: {refused.message}"
            status, more, content = _refusal(refused, authorization)
        self.arrived.append(Arrived(head, body, authorization, status, error))
        lines = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            f"Date: {formatdate(now, usegmt=True)}",
            f"Content-Length: {len(content)}",
            *(f"{name}: {value}" for name, value in {**self.headers, **more}.items()),
            "\r\n",
        ]
        # A Location may be anything; it goes out as it was given, in UTF-8.
        send("\r\n".join(lines).encode() + (b"" if head.method == "HEAD" else content))
        closing = (head.value("connection") or "").lower() == "close"
        return found[3] == b"1" and not closing

    def _check(
        self,
        head: ArrivedRequest,
        body: ArrivedBody,
        authorization: Authorization | None,
        now: float,
    ) -> None:
        if authorization is None:
            if head.value("authorization") is None:
                message = "Missing Authentication Token"
                raise _RefusedError("MissingAuthenticationTokenException", "AccessDenied", message)
            message = "Authorization or X-Amz-Date is malformed."
            raise _RefusedError("IncompleteSignatureException", "InvalidArgument", message, 400)
        for name in ("authorization", "host", "x-amz-content-sha256", "x-amz-date"):
            if len(head.values(name)) > 1:
                message = f"{name} was sent more than once."
                raise _RefusedError("IncompleteSignatureException", "InvalidArgument", message, 400)
        self._check_signed_headers(head, authorization)
        _check_time(authorization, now)
        secret = self._secret(head, authorization)
        hashed_payload = _hashed_payload(head, body, authorization)
        canonical = reference.canonical_request(
            head,
            service=authorization.scope.service,
            signed_headers=authorization.signed_headers,
            hashed_payload=hashed_payload,
        )
        text = reference.string_to_sign(authorization.scope, canonical)
        expected = reference.signature(secret, authorization.scope, text)
        if not hmac.compare_digest(expected, authorization.signature):
            raise _wrong_signature(canonical, text)
        if body.chunks:
            _check_chunks(head, body, authorization, secret)

    def _check_signed_headers(self, head: ArrivedRequest, authorization: Authorization) -> None:
        signed = set(authorization.signed_headers)
        must = {"host"}
        if self.strict:
            must |= {name for name in head.names() if name.startswith("x-amz-")}
        unsigned = sorted(must - signed)
        if unsigned:
            message = f"There were headers present in the request which were not signed: {unsigned}"
            raise _RefusedError("InvalidSignatureException", "AccessDenied", message)
        if list(authorization.signed_headers) != sorted(signed):
            message = "SignedHeaders must be sorted, each once."
            raise _RefusedError("InvalidSignatureException", "InvalidRequest", message)

    def _secret(self, head: ArrivedRequest, authorization: Authorization) -> str:
        key = self._keys.get(authorization.access_key_id)
        invalid = "The security token included in the request is invalid."
        if key is None:
            raise _RefusedError("UnrecognizedClientException", "InvalidAccessKeyId", invalid)
        if head.value("x-amz-security-token") != key.token:
            raise _RefusedError("UnrecognizedClientException", "InvalidToken", invalid)
        return key.secret

    def _answer(
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


def _check_time(authorization: Authorization, now: float) -> None:
    scope = authorization.scope
    if scope.date != scope.amz_date[:8]:
        message = f"Date in Credential scope does not match: '{scope.date}' != '{scope.amz_date}'."
        raise _RefusedError("InvalidSignatureException", "SignatureDoesNotMatch", message)
    signed_at = dt.datetime.strptime(scope.amz_date + "+0000", "%Y%m%dT%H%M%SZ%z").timestamp()
    if abs(signed_at - now) <= _SKEW_SECONDS:
        return
    here = f"{dt.datetime.fromtimestamp(now, dt.timezone.utc):%Y%m%dT%H%M%SZ}"
    message = (
        f"Signature expired: {scope.amz_date} is now earlier than {here} ({here} - 5 min.)"
        if signed_at < now
        else f"Signature not yet current: {scope.amz_date} is still later than {here} "
        f"({here} + 5 min.)"
    )
    raise _RefusedError("InvalidSignatureException", "RequestTimeTooSkewed", message)


def _hashed_payload(head: ArrivedRequest, body: ArrivedBody, authorization: Authorization) -> str:
    announced = head.value("x-amz-content-sha256")
    if announced is None:
        if authorization.scope.is_s3:
            message = "Missing required header for this request: x-amz-content-sha256"
            raise _RefusedError("InvalidSignatureException", "InvalidRequest", message, 400)
        return body.sha256
    if announced == "UNSIGNED-PAYLOAD" or announced.startswith("STREAMING-"):
        return announced
    if announced != body.sha256:
        message = "The provided 'x-amz-content-sha256' header does not match what was computed."
        code = "XAmzContentSHA256Mismatch"
        raise _RefusedError("InvalidSignatureException", code, message, 400)
    return announced


def _check_chunks(
    head: ArrivedRequest, body: ArrivedBody, authorization: Authorization, secret: str
) -> None:
    if head.value("x-amz-decoded-content-length") != str(body.length):
        message = f"x-amz-decoded-content-length isn't {body.length}."
        raise _RefusedError("InvalidSignatureException", "IncompleteBody", message, 400)
    if any(chunk.length < _LEAST_CHUNK_BYTES for chunk in body.chunks[:-2]):
        message = "Only the last chunk may have less than 8192 bytes."
        raise _RefusedError("InvalidSignatureException", "InvalidChunkSizeError", message)
    if (head.value("x-amz-content-sha256") or "").startswith("STREAMING-UNSIGNED"):
        return
    scope = authorization.scope
    previous = authorization.signature
    for number, chunk in enumerate(body.chunks):
        text = reference.chunk_string_to_sign(scope, previous, chunk.hashed)
        previous = reference.signature(secret, scope, text)
        if chunk.signature != previous:
            message = f"The signature of chunk {number} does not match."
            raise _RefusedError("InvalidSignatureException", "SignatureDoesNotMatch", message)
    if not body.trailers:
        return
    *trailers, (name, signature) = body.trailers
    trailer = "".join(f"{name}:{value}\n" for name, value in trailers).encode()
    text = reference.trailer_string_to_sign(scope, previous, trailer)
    expected = reference.signature(secret, scope, text)
    if (name, signature) != ("x-amz-trailer-signature", expected):
        message = "The signature of the trailer does not match."
        raise _RefusedError("InvalidSignatureException", "SignatureDoesNotMatch", message)


def _wrong_signature(canonical: bytes, text: bytes) -> _RefusedError:
    elements = {
        "CanonicalRequest": canonical.decode(errors="backslashreplace"),
        "StringToSign": text.decode(),
    }
    message = (
        "The request signature we calculated does not match the signature you provided. Check your "
        "AWS Secret Access Key and signing method. Consult the service documentation for details."
    )
    error = _RefusedError("InvalidSignatureException", "SignatureDoesNotMatch", message)
    error.elements = elements
    return error


def _refusal(
    refused: _RefusedError, authorization: Authorization | None
) -> tuple[int, dict[str, str], bytes]:
    if authorization is not None and authorization.scope.is_s3:
        elements = {"Code": refused.code, "Message": refused.message, **refused.elements}
        text = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in elements.items())
        document = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{text}</Error>'
        return refused.status, {"Content-Type": "application/xml"}, document.encode()
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": refused.error_type}
    message = refused.message
    if refused.elements:
        message += (
            "\n\nThe Canonical String for this request should have been"
            f"\n'{refused.elements['CanonicalRequest']}'"
            f"\n\nThe String-to-Sign should have been\n'{refused.elements['StringToSign']}'\n"
        )
    return refused.status, headers, json.dumps({"message": message}).encode()
