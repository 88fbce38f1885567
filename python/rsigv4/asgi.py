"""IAM-style authentication in front of any ASGI application: FastAPI, Starlette, Django."""

from __future__ import annotations

import asyncio
import inspect
import sys
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from rsigv4._middleware.bodies import SpooledBody
from rsigv4._middleware.gateway import MAX_BODY, Gateway, Lookup
from rsigv4._middleware.target import request_target
from rsigv4.exceptions import InvalidRequestError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Iterable, MutableMapping
    from typing import Any

    from rsigv4._middleware.bodies import StreamedBody
    from rsigv4._middleware.gateway import Admitted, Need, Refusal
    from rsigv4._middleware.target import RequestTarget

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
    Let only requests through that are signed with a known key.

    The application finds who has signed as ``scope["sigv4.identity"]``, a `VerifiedIdentity`, and
    Starlette and FastAPI as ``request.state.sigv4_identity``. All other requests get the status,
    ``x-amzn-ErrorType`` and JSON of API Gateway; what stands in front of this finds the
    `VerificationError` as ``scope["sigv4.error"]``.

    A body whose hash is signed is verified before the application is called. One in ``aws-chunked``
    is passed on, decoded, as its chunks are verified: reading it raises `VerificationError` at the
    first wrong one, and the client is then told so, unless an answer has begun. An unsigned body is
    passed on.

    The application gets exactly the path and the query that were verified; a request is refused if
    the server reads its target otherwise.

    The connection of a WebSocket is verified likewise; its messages carry no signature.

    Args:
        app: What is to be protected.
        lookup: Called with an access key's id, returns its `Credentials`, or None if there is no
            such key; sync or async. A sync one must not block. Or a `Verifier`.
        region: The only region to accept; None accepts all.
        service: The only service to accept, by its signing name; None accepts all.
        max_clock_skew: How far the time of a signature may be off, in seconds.
        max_body: How many bytes a body may have, decoded; those of longer ones get status 413.
            None sets no limit: a stranger who knows an access key's id can then fill the disk.
        debug: Tell the client the canonical request that its signature should be of.
        exempt: Paths that need no signature, such as ``("/health",)``, just as the application is
            to see them.

    Raises:
        InvalidRequestError: An argument can't be what it should be; the message names it.

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
        Serve a connection of ASGI.

        Raises:
            InvalidRequestError: It is of a type that nobody knows how to verify.

        """
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] not in {"http", "websocket"}:
            raise InvalidRequestError(
                "scope is of a type that can't be verified: pass it around the middleware"
            )
        elif self._gateway.is_exempt(scope["path"]):
            await self.app(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_http = scope["type"] == "http"
        # What a WebSocket brings after its connection is made is no body.
        client = _Client(receive, has_body=is_http)
        headers = [(name.decode("latin-1").lower(), value) for name, value in scope["headers"]]
        try:
            flow = self._gateway.admit(_method(scope), _target(scope, headers), headers)
            admitted = await self._run(flow, client)
        except _DisconnectedError:
            return
        except VerificationError as error:
            await self._refuse(error, scope, receive, send)
            return
        scope["sigv4.identity"] = admitted.identity
        scope.setdefault("state", {})["sigv4_identity"] = admitted.identity
        try:
            if is_http:
                await self._pass_on(admitted, client, scope, send)
            else:
                await self.app(scope, receive, send)
        finally:
            admitted.body.close()

    async def _run(self, flow: Generator[Need, Any, Admitted], client: _Client) -> Admitted:
        answer: Any = None
        while True:
            try:
                need = flow.send(answer)
            except StopIteration as end:
                admitted: Admitted = end.value
                return admitted
            if isinstance(need, Lookup):
                answer = self._gateway.verifier.lookup(need.access_key_id)
                if inspect.isawaitable(answer):
                    answer = await answer
            else:
                answer = await client.read()

    async def _pass_on(self, admitted: Admitted, client: _Client, scope: Scope, send: Send) -> None:
        body = admitted.body
        has_begun = False

        async def send_unless_failed(message: Message) -> None:
            nonlocal has_begun
            if body.failure is None:
                has_begun = True
                await send(message)
            elif has_begun:
                # The server then cuts the connection, so that nobody takes the answer for whole.
                raise body.failure

        headers = [(name.encode("latin-1"), value) for name, value in admitted.headers]
        receive = _VerifiedReceive(body, client)
        try:
            await self.app({**scope, "headers": headers}, receive, send_unless_failed)
        except Exception:
            # Frameworks wrap what reading the body raises in errors of their own.
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
            await _answer(refusal, "http.response", send)
            return
        await receive()  # The client's wish to connect.
        if "websocket.http.response" in scope.get("extensions", {}):
            await _answer(refusal, "websocket.http.response", send)
        else:
            # Not yet accepted, so that the server answers 403.
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})


class _DisconnectedError(Exception):
    """The client has gone before its body was whole."""


class _Client:
    """
    Reads a body from the server, as pieces.

    Attributes:
        is_at_end: Whether all of the body has been read.

    """

    def __init__(self, receive: Receive, *, has_body: bool) -> None:
        self.receive = receive
        self.is_at_end = not has_body

    async def read(self) -> bytes:
        """Return the next piece, or nothing at the body's end."""
        while not self.is_at_end:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise _DisconnectedError
            if self.is_at_end:
                # Another call, which waited at the same time, has read the end.
                break  # type: ignore[unreachable]
            self.is_at_end = not message.get("more_body", False)
            piece: bytes = message.get("body", b"")
            if piece:
                return piece
        return b""


class _VerifiedReceive:
    """
    What the application calls for the next piece of the body.

    A call may be cancelled, and others may wait at the same time. So nothing is taken from the body
    before the last point at which a call waits, and what has arrived is passed on by any call.
    """

    def __init__(self, body: SpooledBody | StreamedBody, client: _Client) -> None:
        self._body = body
        self._client = client
        self._has_ended = False

    async def __call__(self) -> Message:
        # What was cancelled before it is called, as by Starlette's is_disconnected, ends here.
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
        # Nothing of a body passes that isn't verified.
        return message if message["type"] == "http.disconnect" else self._message(b"", is_last=True)


async def _checkpoint() -> None:
    """Let a call that has been cancelled end before it takes anything."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        # The other kind of loop. A server that runs on it has imported it.
        trio = sys.modules.get("trio")
        if trio is not None:
            await trio.lowlevel.checkpoint()
    else:
        await asyncio.sleep(0)


async def _answer(refusal: Refusal, kind: str, send: Send) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in refusal.headers]
    await send({"type": f"{kind}.start", "status": refusal.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": refusal.body})


def _method(scope: Scope) -> str:
    # A WebSocket begins with a GET, and its scope doesn't say so.
    method: str = scope.get("method", "GET")
    return method


def _target(scope: Scope, headers: list[tuple[str, bytes]]) -> RequestTarget:
    scheme: str = scope.get("scheme", "http")
    # A path that isn't UTF-8 can't be what was sent, and is refused.
    path: bytes = scope["path"].encode("utf-8", "surrogatepass")
    query: bytes = scope.get("query_string", b"")
    # Not all servers keep the path as it was sent.
    raw_path: bytes | None = scope.get("raw_path")
    target = None
    if raw_path is not None:
        target = raw_path.decode("latin-1")
        # Some frameworks take the path that an application is mounted at away from its path.
        mounted = scope.get("root_path", "").encode("utf-8", "surrogatepass") + path
        if unquote_to_bytes(raw_path) == mounted:
            path = mounted
        if query:
            target += f"?{query.decode('latin-1')}"
    scheme = _HTTP_SCHEMES.get(scheme, scheme)
    return request_target(scheme, headers, target, path=path, query=query)
