"""The flow of a signed request through httpx, and through httpx2, which has the same interface."""

from __future__ import annotations

import itertools
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, cast

from rsigv4._clients.bodies import BodyBuffer, chain_async
from rsigv4._clients.origin import SIGNATURE_HEADERS, is_same_origin
from rsigv4._clients.signer import REFUSED, ClientAuth
from rsigv4._clients.steps import Wait
from rsigv4.chunked import ChunkedBody
from rsigv4.exceptions import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterator,
        Generator,
        ItemsView,
        Iterator,
        KeysView,
        ValuesView,
    )
    from types import ModuleType
    from typing import Any

    from rsigv4._core import Signer

__all__ = ["SigV4Flow", "SignedHeaders", "SignedRequest", "Stream"]

_SIGNATURE_NAMES = frozenset(name.encode() for name in SIGNATURE_HEADERS)
_TOKENS = {"x-amz-s3session-token", "x-amz-security-token"}


class SigV4Flow(ClientAuth):
    """The steps of signing; the same for both kinds of clients, but for how they wait."""

    #: The library, and what its requests are given in place of their own.
    _httpx: ModuleType
    _Stream: type[Stream]
    _SignedHeaders: type[SignedHeaders]
    _SignedRequest: type[SignedRequest]

    def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        """Run the steps for a `Client`."""
        steps = self._steps(request)
        result = None
        while True:
            try:
                step = steps.send(result)
            except StopIteration:
                return
            result = step.sync() if isinstance(step, Wait) else (yield step)

    async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        """Run the steps for an `AsyncClient`."""
        steps = self._steps(request)
        result = None
        while True:
            try:
                step = steps.send(result)
            except StopIteration:
                return
            result = await step.asynchronous() if isinstance(step, Wait) else (yield step)

    def _steps(self, first: Any) -> Generator[Any, Any, None]:
        request = first
        learned_clock = False
        while True:
            is_signed = yield from self._sign(request)
            if not is_signed:
                if request is first:
                    yield request
                return
            response = yield request
            sent = response.request
            if sent is not request:
                # It is the last of some redirects, which took the headers but for the signature.
                # Once one has left the origin, others choose the URLs, even where one leads back.
                urls = [str(step.url) for step in (*response.history, response)]
                stayed = all(is_same_origin(str(first.url), url) for url in urls)
                if response.status_code not in REFUSED or not stayed:
                    return
                request = sent
                continue
            can_resend = not learned_clock and self._can_resend(request)
            if not self._signing.wants_response(response.status_code, can_resend=can_resend):
                return
            content = yield Wait(response.read, response.aread)
            answer = (response.status_code, response.headers, content)
            if can_resend:
                amz_date = request.headers.get("X-Amz-Date")
                learned_clock = self._signing.clocks.learn(
                    *answer, request.method, str(request.url), amz_date
                )
                if learned_clock:
                    continue
            self._signing.explain_refusal(*answer, request)
            return

    def _sign(self, request: Any) -> Generator[Any, Any, bool]:
        """Sign a request, and return whether that was done: not one whose URL is presigned."""
        signing = self._signing
        url = request.url
        target = url.raw_path.decode("ascii")
        before_path = f"{url.scheme}://{url.netloc.decode('ascii')}"
        try:
            body = request.content
        except self._httpx.RequestNotRead:
            body = request.stream
        plan = signing.plan(before_path + target, self._unsigned(request), body)
        if plan.body == "presigned":
            vars(request)["headers"] = self._httpx.Headers(self._unsigned(request))
            return False
        signer = yield Wait(lambda: self._signer_of_client(request), signing.signer_async)
        if plan.body == "buffered":
            body = yield Wait(lambda: self._buffer(request), lambda: self._buffer_async(request))
        headers = self._unsigned(request)
        signed = signing.sign(signer, plan, request.method, headers, body)
        sent_target = signed.url[len(before_path) :]
        if sent_target != target:
            request.url = url.copy_with(raw_path=sent_target.encode("ascii"))
        if signed.body is not body:
            request.stream = self._Stream(signed.body)
            request.headers.pop("Transfer-Encoding", None)
        # Assigned to the request, they would get its former signature.
        headers = self._unsigned(request)
        vars(request)["headers"] = self._SignedHeaders(headers, signed.headers)
        if type(request) is self._httpx.Request:
            request.__class__ = self._SignedRequest
        return True

    def _unsigned(self, request: Any) -> list[tuple[bytes, bytes]]:
        headers = request.headers
        is_signed = isinstance(headers, self._SignedHeaders)
        unsigned: list[tuple[bytes, bytes]] = headers.unsigned if is_signed else headers.raw
        return unsigned

    def _signer_of_client(self, request: Any) -> Signer:
        # Once it is signed in chunks, httpx would take it for a body of either kind.
        if not hasattr(request.stream, "__iter__"):
            raise InvalidRequestError(
                "body is an async iterable: send it with an async client, or pass another"
            )
        return self._signing.signer

    def _buffer(self, request: Any) -> bytes:
        buffer = BodyBuffer(self._signing.max_buffered_body)
        rest = iter(request.stream)
        try:
            for piece in rest:
                buffer.add(piece)
        except InvalidRequestError:
            request.stream = self._Stream(itertools.chain(buffer.pieces, rest))
            raise
        return self._put_back(request, buffer.join())

    async def _buffer_async(self, request: Any) -> bytes:
        if not hasattr(request.stream, "__aiter__"):
            # A file or a generator, which httpx would send with a `Client` only.
            return self._buffer(request)
        buffer = BodyBuffer(self._signing.max_buffered_body)
        rest = request.stream.__aiter__()
        try:
            async for piece in rest:
                buffer.add(piece)
        except InvalidRequestError:
            request.stream = self._Stream(chain_async(buffer.pieces, rest))
            raise
        return self._put_back(request, buffer.join())

    def _put_back(self, request: Any, data: bytes) -> bytes:
        request.stream = self._httpx.ByteStream(data)
        # It is no longer sent in chunks of unknown number.
        request.headers.pop("Transfer-Encoding", None)
        request.headers["Content-Length"] = str(len(data))
        return data

    def _can_resend(self, request: Any) -> bool:
        return isinstance(request.stream, self._httpx.ByteStream)


class Stream:
    """A body that is an iterable of bytes, an async one, or both."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def __aiter__(self) -> AsyncIterator[bytes]:
        body = self._body
        chunks = body.aiter() if isinstance(body, ChunkedBody) else body.__aiter__()
        return cast("AsyncIterator[bytes]", chunks)


class SignedRequest:
    """
    A request that keeps its signature when others assign headers to it.

    OpenTelemetry's transports do so with a copy of those that were there, which has no signature.
    The request that follows a redirect is a new one, and has none either.
    """

    @property
    def headers(self) -> Any:
        return self.__dict__["headers"]

    @headers.setter
    def headers(self, headers: Any) -> None:
        current = self.__dict__.get("headers")
        if isinstance(current, SignedHeaders) and headers is not current:
            headers = current.moved_to(headers)
        self.__dict__["headers"] = headers


class SignedHeaders(MutableMapping[str, str]):
    """
    Headers with a signature, of which a copy has none.

    httpx copies a request's headers for the one that follows a redirect, wherever that leads, and
    asks no auth. So what is there to copy, in the base class, has none of `SIGNATURE_HEADERS`, nor
    others that signing sets. On top of it are those: what has one of their names is read and
    written there alone.

    Args:
        unsigned: The request's headers.
        signature: Those that replace or follow them.

    """

    #: The library's own class.
    _Headers: Any

    def __init__(self, unsigned: Any, signature: Any) -> None:
        pairs = self._Headers(unsigned).raw
        added = self._Headers(signature)
        self._names = _SIGNATURE_NAMES | {name.lower() for name, _ in added.raw}
        super().__init__([pair for pair in pairs if not self._is_of_signature(pair)])  # type: ignore[call-arg]
        self._own = [pair for pair in pairs if self._is_of_signature(pair)]
        self._signature = self._Headers(self._own)
        self._signature.update(added)

    def _is_of_signature(self, pair: tuple[bytes, bytes]) -> bool:
        return pair[0].lower() in self._names

    def _is_name_of_signature(self, key: str) -> bool:
        return key.lower().encode() in self._names

    @property
    def unsigned(self) -> list[tuple[bytes, bytes]]:
        """The headers as they were before they were signed."""
        return [*super().raw, *self._own]  # type: ignore[misc]

    def moved_to(self, headers: Any) -> SignedHeaders:
        """Return other headers with the same signature, which they may have in them by now."""
        others = [pair for pair in self._Headers(headers).raw if not self._is_of_signature(pair)]
        moved = type(self)(others, ())
        moved._names, moved._own = self._names, self._own  # noqa: SLF001
        moved._signature = self._signature.copy()  # noqa: SLF001
        return moved

    def _all(self) -> Any:
        return self._Headers(self.raw, self.encoding)  # type: ignore[attr-defined]

    @property
    def raw(self) -> list[tuple[bytes, bytes]]:
        return [*super().raw, *self._signature.raw]  # type: ignore[misc]

    def multi_items(self) -> list[tuple[str, str]]:
        return cast("list[tuple[str, str]]", self._all().multi_items())

    def get_list(self, key: str, split_commas: bool = False) -> list[str]:  # noqa: FBT001, FBT002
        return cast("list[str]", self._all().get_list(key, split_commas))

    def keys(self) -> KeysView[str]:
        # For the cookies of each response, httpx makes a dict, which asks for these and each value.
        encoding = self.encoding  # type: ignore[attr-defined]
        return {name.lower().decode(encoding): "" for name, _ in self.raw}.keys()

    def values(self) -> ValuesView[str]:
        return cast("ValuesView[str]", self._all().values())

    def items(self) -> ItemsView[str, str]:
        return cast("ItemsView[str, str]", self._all().items())

    def update(self, headers: Any = None) -> None:  # type: ignore[override]
        signature: list[tuple[bytes, bytes]] = []
        others: list[tuple[bytes, bytes]] = []
        for pair in self._Headers(headers).raw:
            (signature if self._is_of_signature(pair) else others).append(pair)
        super().update(others)  # type: ignore[arg-type]
        self._signature.update(signature)

    def __getitem__(self, key: str) -> str:
        if self._is_name_of_signature(key):
            return cast("str", self._signature[key])
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: str) -> None:
        if self._is_name_of_signature(key):
            self._signature[key] = value
        else:
            super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        if self._is_name_of_signature(key):
            del self._signature[key]
        else:
            super().__delitem__(key)

    def __contains__(self, key: Any) -> bool:
        is_of_signature = self._is_name_of_signature(key)
        return key in self._signature if is_of_signature else super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.raw)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SignedHeaders):
            other = other.raw
        return bool(self._Headers(self.raw) == other)

    def __repr__(self) -> str:
        # httpx hides the authorization, and knows of no other secret.
        shown = self._all()
        for name in _TOKENS & set(shown):
            shown[name] = "[secure]"
        return repr(shown)

    __hash__ = None  # type: ignore[assignment]
