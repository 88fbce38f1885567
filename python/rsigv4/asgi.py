"""IAM-style authentication in front of any ASGI application: FastAPI, Starlette, Django."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from rsigv4._middleware.bodies import SpooledBody
from rsigv4._middleware.gateway import MAX_BODY, READ, Gateway
from rsigv4.exceptions import InvalidRequestError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping
    from typing import Any

    from rsigv4._middleware.bodies import StreamedBody
    from rsigv4._middleware.gateway import Admitted, Refusal, Target

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Scope = MutableMapping[str, Any]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["SigV4Middleware"]

_HTTP_SCHEMES = {"ws": "http", "wss": "https"}
_POLICY_VIOLATION = 1008


class SigV4Middleware:
    """
    Pass on only requests that are signed with a known key.

    ``scope["sigv4.identity"]`` tells the application who signed, as a `VerifiedIdentity`; in
    Starlette and FastAPI it is ``request.state.sigv4_identity``. All other requests get the status,
    ``x-amzn-ErrorType`` and JSON of API Gateway, and ``scope["sigv4.error"]`` tells an outer
    middleware the `VerificationError`.

    If the signature covers the body's hash, the body is verified before the application is called.
    A body in ``aws-chunked`` is decoded and verified chunk by chunk while the application reads it.
    Reading a wrong chunk raises `VerificationError`, and the client gets the error unless the
    response has begun. An unsigned body is passed on without a check.

    The application gets exactly the path and the query that were verified. A request is refused if
    the server parses its target differently.

    The handshake of a WebSocket is verified like a request; its messages have no signatures.

    Args:
        app: The application to protect.
        lookup: Called with an access key's id, returns its `Credentials`, or None if the key is
            unknown. Sync or async; a sync one must not block. Or a `Verifier`.
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
        app: Application,
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Serve an ASGI connection.

        Raises:
            InvalidRequestError: The type of the connection can't be verified.

        """
        if self._needs_no_signature(scope):
            await self.app(scope, receive, send)
            return
        is_http = scope["type"] == "http"
        client = _Client(receive)
        # The messages of a WebSocket are not a body.
        client.is_at_end = not is_http
        try:
            admitted = await self._admit(scope, client)
        except _DisconnectedError:
            return
        except VerificationError as error:
            await self._refuse(error, scope, receive, send)
            return
        identity, headers, body = admitted
        scope["sigv4.identity"] = identity
        scope.setdefault("state", {})["sigv4_identity"] = identity
        try:
            if not is_http:
                await self.app(scope, receive, send)
            elif isinstance(body, SpooledBody):
                seen = {**scope, "headers": headers}
                await self.app(seen, _VerifiedReceive(body, client), send)
            else:
                await self._stream(admitted, client, scope, send)
        finally:
            body.close()

    def _needs_no_signature(self, scope: Scope) -> bool:
        kind = scope["type"]
        if kind == "lifespan":
            return True
        if kind not in {"http", "websocket"}:
            raise InvalidRequestError(
                "scope is of a type that can't be verified: pass it around the middleware"
            )
        return scope["path"] in self._gateway.exempt

    async def _admit(self, scope: Scope, client: _Client) -> Admitted:
        headers = list(scope["headers"])
        flow = self._gateway.admit(_method(scope), _target(scope), headers)
        result: Any = None
        while True:
            try:
                need = flow.send(result)
            except StopIteration as end:
                admitted: Admitted = end.value
                return admitted
            if need is READ:
                result = await client.read()
            else:
                result = self._gateway.verifier.lookup(need)
                if hasattr(result, "__await__"):
                    result = await result

    async def _stream(self, admitted: Admitted, client: _Client, scope: Scope, send: Send) -> None:
        """Call the application with a body that may turn out to be wrong while it is read."""
        _, headers, body = admitted
        has_begun = False

        async def send_unless_failed(message: Message) -> None:
            nonlocal has_begun
            if body.failure is None:
                has_begun = True
                await send(message)
            elif has_begun:
                # The server then closes the connection, so that the client sees an incomplete body.
                raise body.failure

        try:
            seen = {**scope, "headers": headers}
            await self.app(seen, _VerifiedReceive(body, client), send_unless_failed)
        except Exception:
            # Frameworks wrap the errors of reading the body in their own errors.
            if body.failure is None or has_begun:
                raise
        if body.failure is not None and not has_begun:
            await self._refuse(body.failure, scope, client.receive, send)

    async def _refuse(
        self, error: VerificationError, scope: Scope, receive: Receive, send: Send
    ) -> None:
        scope["sigv4.error"] = error
        refusal = self._gateway.refusal(error, _method(scope))
        if scope["type"] == "http":
            await _respond(refusal, "http.response", send)
            return
        await receive()  # The event websocket.connect.
        if "websocket.http.response" in scope.get("extensions", {}):
            await _respond(refusal, "websocket.http.response", send)
        else:
            # Before it is accepted, a closed connection gets a 403 from the server.
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})


class _DisconnectedError(Exception):
    """The client disconnected before its body was complete."""


class _Client:
    """
    Reads a body from the server in pieces.

    Attributes:
        is_at_end: Whether all of the body has been read.

    """

    def __init__(self, receive: Receive) -> None:
        self.receive = receive
        self.is_at_end = False

    async def read(self) -> bytes:
        """Return the next piece; empty at the end of the body."""
        while not self.is_at_end:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise _DisconnectedError
            if self.is_at_end:
                # A concurrent call has read the end.
                break  # type: ignore[unreachable]
            self.is_at_end = not message.get("more_body", False)
            piece: bytes = message.get("body", b"")
            if piece:
                return piece
        return b""


class _VerifiedReceive:
    """
    The application's `receive`, which returns the next piece of the body.

    A call may be cancelled, and calls may be concurrent. So each call awaits everything before it
    takes something from the body, and returns what has arrived, whichever call awaited it.
    """

    def __init__(self, body: SpooledBody | StreamedBody, client: _Client) -> None:
        self._body = body
        self._client = client
        self._has_ended = False

    async def __call__(self) -> Message:
        # A call that was cancelled before it began, as by Starlette's is_disconnected, ends here.
        await _checkpoint()
        try:
            if isinstance(self._body, SpooledBody):
                return await self._read(self._body)
            return await self._verify(self._body)
        except _DisconnectedError:
            return {"type": "http.disconnect"}

    async def _read(self, body: SpooledBody) -> Message:
        if self._has_ended:
            return await self._after_end()
        piece = body.read()
        return self._message(piece, is_last=body.is_at_end)

    async def _verify(self, body: StreamedBody) -> Message:
        while not self._has_ended:
            if body.failure is not None:
                raise body.failure
            arrived = await self._client.read()
            if self._has_ended:
                break  # type: ignore[unreachable]
            is_last = self._client.is_at_end
            piece = body.pass_on(arrived, is_last=is_last)
            if piece or is_last:
                return self._message(piece, is_last=is_last)
        return await self._after_end()

    def _message(self, piece: bytes, *, is_last: bool) -> Message:
        self._has_ended = is_last
        return {"type": "http.request", "body": piece, "more_body": not is_last}

    async def _after_end(self) -> Message:
        message = await self._client.receive()
        # Drop a body that follows: it is not verified.
        return message if message["type"] == "http.disconnect" else self._message(b"", is_last=True)


async def _checkpoint() -> None:
    """Raise if the call was cancelled, before it takes anything."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        # trio, which a server that runs on it has imported.
        trio = sys.modules.get("trio")
        if trio is not None:
            await trio.lowlevel.checkpoint()
    else:
        await asyncio.sleep(0)


async def _respond(refusal: Refusal, kind: str, send: Send) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in refusal.headers]
    await send({"type": f"{kind}.start", "status": refusal.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": refusal.body})


def _method(scope: Scope) -> str:
    # The handshake of a WebSocket is a GET, and its scope has no method.
    method: str = scope.get("method", "GET")
    return method


def _target(scope: Scope) -> Target:
    scheme: str = scope.get("scheme", "http")
    # A path that is not UTF-8 differs from what was sent, and is refused.
    path: bytes = scope["path"].encode("utf-8", "surrogatepass")
    query: bytes = scope.get("query_string", b"")
    # Not all servers keep the path as it was sent.
    raw_path: bytes | None = scope.get("raw_path")
    target = raw_path
    if raw_path is not None:
        root: str = scope.get("root_path", "")
        if root:
            # Some frameworks remove the path at which an application is mounted.
            mounted = root.encode("utf-8", "surrogatepass") + path
            if unquote_to_bytes(raw_path) == mounted:
                path = mounted
        if query:
            target = b"%b?%b" % (raw_path, query)
    return _HTTP_SCHEMES.get(scheme, scheme), target, path, query
