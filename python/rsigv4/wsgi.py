"""IAM-style authentication in front of any WSGI application: Flask, Django."""

from __future__ import annotations

import http
import io
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from rsigv4._core import encoded_path, environ_headers
from rsigv4._middleware.bodies import PIECE_BYTES, SpooledBody
from rsigv4._middleware.gateway import MAX_BODY, READ, Gateway
from rsigv4.exceptions import InvalidRequestError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from typing import Any
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from typing_extensions import Buffer

    from rsigv4._middleware.bodies import StreamedBody
    from rsigv4._middleware.gateway import Admitted, Need, Target

__all__ = ["SigV4Middleware"]

_DESCRIBE_THE_BODY = {
    "CONTENT_LENGTH": b"content-length",
    "HTTP_CONTENT_ENCODING": b"content-encoding",
    "HTTP_TRANSFER_ENCODING": b"transfer-encoding",
}


class SigV4Middleware:
    """
    Pass on only requests that are signed with a known key.

    ``environ["sigv4.identity"]`` tells the application who signed, as a `VerifiedIdentity`;
    ``REMOTE_USER`` is the id of the access key. All other requests get the status,
    ``x-amzn-ErrorType`` and JSON of API Gateway, and ``environ["sigv4.error"]`` tells an outer
    middleware the `VerificationError`.

    If the signature covers the body's hash, the body is verified before the application is called.
    A body in ``aws-chunked`` is decoded and verified chunk by chunk while the application reads it.
    Reading a wrong chunk raises `VerificationError`, and the client gets the error unless the
    response has begun. An unsigned body is passed on without a check.

    The application gets exactly the path and the query that were verified. A request is refused if
    the server parses its target differently. If a server passes the target neither as ``RAW_URI``
    nor as ``REQUEST_URI``, the path is encoded again as most clients encode it.

    Args:
        app: The application to protect.
        lookup: Called with an access key's id, returns its `Credentials`, or None if the key is
            unknown. Or a `Verifier`.
        region: The only region to accept; None accepts all.
        service: The only service to accept, by its signing name; None accepts all.
        max_clock_skew: How many seconds the time of a signature may differ from the clock.
        max_body: Largest decoded body, in bytes; larger ones get status 413. None sets no limit:
            anyone who knows an access key's id can then fill the disk.
        debug: Send the client the canonical request that it should have signed.
        exempt: Paths that need no signature, such as ``("/health",)``, as the application sees
            them.

    Raises:
        InvalidRequestError: An argument has an impossible value; the message names it.

    """

    def __init__(  # noqa: PLR0913 - all but two have defaults
        self,
        app: WSGIApplication,
        lookup: Any,
        *,
        region: str | None = None,
        service: str | None = None,
        max_clock_skew: int = 300,
        max_body: int | None = MAX_BODY,
        debug: bool = False,
        exempt: Iterable[str] = (),
    ) -> None:
        self.app = app
        self._gateway = Gateway(
            lookup,
            region=region,
            service=service,
            max_clock_skew=max_clock_skew,
            max_body=max_body,
            debug=debug,
            exempt=exempt,
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve a WSGI request."""
        exempt = self._gateway.exempt
        if exempt and _path(environ).decode(errors="replace") in exempt:
            return self.app(environ, start_response)
        headers = environ_headers(environ)
        client = _Client(environ)
        flow = self._gateway.admit(environ["REQUEST_METHOD"], _target(environ), headers)
        try:
            admitted = self._run(flow, client)
        except VerificationError as error:
            return self.refuse(error, environ, start_response)
        _update_environ(admitted, client, environ)
        _, _, body = admitted
        response = self._pass_on(body, environ, start_response)
        # Granian reads the status before it iterates.
        return _Started(next(response, None), response)

    def _run(self, flow: Generator[Need, Any, Admitted], client: _Client) -> Admitted:
        result: Any = None
        while True:
            try:
                need = flow.send(result)
            except StopIteration as end:
                admitted: Admitted = end.value
                return admitted
            if need is READ:
                result = client.read()
            else:
                result = self._gateway.verifier.lookup(need)
                if hasattr(result, "__await__"):
                    getattr(result, "close", lambda: None)()
                    raise InvalidRequestError(
                        "lookup is async, which WSGI can't await: pass a sync one"
                    )

    def _pass_on(
        self,
        body: SpooledBody | StreamedBody,
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> Generator[bytes, None, None]:
        start = _Start(start_response)
        try:
            response: Any = self.app(environ, start)
            try:
                for piece in response:
                    if body.failure is not None:
                        break
                    start.begin()
                    yield piece
            finally:
                if hasattr(response, "close"):
                    response.close()
        except Exception:
            # Frameworks wrap the errors of reading the body in their own errors.
            if body.failure is None or start.has_begun:
                raise
        finally:
            body.close()
        if body.failure is None:
            start.begin()
        elif start.has_begun:
            # The server then closes the connection, so that the client sees an incomplete body.
            raise body.failure
        else:
            yield from self.refuse(body.failure, environ, start_response)

    def refuse(
        self, error: VerificationError, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Respond as API Gateway does to a request that is refused with this error."""
        environ["sigv4.error"] = error
        refusal = self._gateway.refusal(error, environ["REQUEST_METHOD"])
        status = f"{refusal.status} {http.HTTPStatus(refusal.status).phrase}"
        start_response(status, refusal.headers)
        return [refusal.body]


class _Started:
    """A response with its first piece, so that the server already has status and headers."""

    def __init__(self, first: bytes | None, rest: Generator[bytes, None, None]) -> None:
        self._first = first
        self._rest = rest

    def __iter__(self) -> Iterator[bytes]:
        if self._first is not None:
            first, self._first = self._first, None
            yield first
            yield from self._rest

    def close(self) -> None:
        self._rest.close()


class _Start:
    """
    The application's `start_response`, delayed until its first piece.

    PEP 3333 allows replacing a response before that, but gunicorn then sends the headers of both.
    """

    def __init__(self, start_response: StartResponse) -> None:
        self.has_begun = False
        self._start_response = start_response
        self._response: tuple[Any, ...] | None = None
        self._write: Any = None

    def __call__(self, status: str, headers: Any, exc_info: Any = None, /) -> Any:
        if self.has_begun:
            # The server raises exc_info.
            return self._start_response(status, headers, exc_info)
        self._response = (status, headers)
        return self._write_first

    def begin(self) -> None:
        if not self.has_begun and self._response is not None:
            self.has_begun = True
            self._write = self._start_response(*self._response)

    def _write_first(self, data: bytes) -> Any:
        self.begin()
        return self._write(data)


class _Client:
    """Reads a body from the server in pieces."""

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._input = environ["wsgi.input"]
        # If set, the stream ends with the body; if not, the next request follows.
        self._is_terminated = environ.get("wsgi.input_terminated", False)
        length = environ.get("CONTENT_LENGTH", "")
        # int() refuses numbers with thousands of digits.
        self._left = int(length[:20]) if length.isdecimal() else 0

    def read(self) -> bytes:
        """Return the next piece; empty at the end of the body."""
        size = PIECE_BYTES if self._is_terminated else min(PIECE_BYTES, self._left)
        piece: bytes = self._input.read(size) if size else b""
        self._left -= len(piece)
        return piece


class _VerifiedInput(io.RawIOBase):
    """The file from which the application reads a streamed body."""

    def __init__(self, body: StreamedBody, client: _Client) -> None:
        super().__init__()
        self._body = body
        self._client = client
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        if self._body.failure is not None:
            raise self._body.failure
        while not self._rest and not self._body.is_at_end:
            arrived = self._client.read()
            self._rest = memoryview(self._body.pass_on(arrived, is_last=not arrived))
        view = memoryview(buffer)
        size = min(len(view), len(self._rest))
        view[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def _path(environ: WSGIEnvironment) -> bytes:
    path: str = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return path.encode("latin-1")


def _target(environ: WSGIEnvironment) -> Target:
    target: str | None = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    prefix: str = environ.get("SCRIPT_NAME", "")
    if target and prefix:
        sent = unquote_to_bytes(target.partition("?")[0])
        if sent == environ.get("PATH_INFO", "").encode("latin-1"):
            # A proxy removed the prefix, and the server restored it.
            target = encoded_path(prefix.encode("latin-1")) + target
    return (
        environ["wsgi.url_scheme"],
        target.encode(errors="surrogatepass") if target else None,
        _path(environ),
        environ.get("QUERY_STRING", "").encode("latin-1"),
    )


def _update_environ(admitted: Admitted, client: _Client, environ: WSGIEnvironment) -> None:
    """Update the environment for the application."""
    identity, headers, body = admitted
    environ["sigv4.identity"] = identity
    environ["AUTH_TYPE"] = identity.algorithm
    environ["REMOTE_USER"] = identity.access_key_id
    environ["wsgi.input_terminated"] = True
    if isinstance(body, SpooledBody):
        environ["wsgi.input"] = body.file
        return
    environ["wsgi.input"] = io.BufferedReader(_VerifiedInput(body, client), PIECE_BYTES)
    seen = dict(headers)
    for key, name in _DESCRIBE_THE_BODY.items():
        if name in seen:
            environ[key] = seen[name].decode("latin-1")
        else:
            environ.pop(key, None)
