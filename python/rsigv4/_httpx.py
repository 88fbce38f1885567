"""The flow of a signed request through httpx, and through httpx2, which has the same interface."""

from __future__ import annotations

import itertools
from collections.abc import MutableMapping
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from rsigv4._bodies import BodyBuffer, chain_async
from rsigv4._client import ClientAuth, Wait, is_same_origin
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

__all__ = ["SigV4Flow", "SignedHeaders", "Stream"]

_FORBIDDEN = 403
_TOKENS = {"x-amz-s3session-token", "x-amz-security-token"}


class SigV4Flow(ClientAuth):
    """The steps of signing; the same for both kinds of clients, but for how they wait."""

    #: The library, and what its requests are given in place of their own.
    _httpx: ModuleType
    _Stream: type[Stream]
    _SignedHeaders: type[SignedHeaders]

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
            yield from self._sign(request)
            response = yield request
            if response.status_code != _FORBIDDEN:
                return
            content = yield Wait(response.read, response.aread)
            sent = response.request
            if sent is not request:
                # It is the last of some redirects, which took the headers but for the signature.
                # Once one has left the origin, others choose the URLs, even where one leads back.
                first_url = str(first.url)
                for step in (*response.history, response):
                    if not is_same_origin(first_url, str(step.url)):
                        return
                request = sent
                continue
            answer = (response.status_code, response.headers, content)
            if not learned_clock and self._can_resend(request):
                amz_date = request.headers.get("X-Amz-Date")
                learned_clock = self._signing.learn_clock(*answer, request.method, amz_date)
                if learned_clock:
                    continue
            self._signing.explain_refusal(*answer, request)
            return

    def _sign(self, request: Any) -> Generator[Any, Any, None]:
        signing = self._signing
        signer = yield Wait(lambda: self._signer_of_client(request), signing.signer_async)
        url = request.url
        target = url.raw_path.decode("ascii")
        before_path = f"{url.scheme}://{url.netloc.decode('ascii')}"
        headers = request.headers.raw
        try:
            body = request.content
        except self._httpx.RequestNotRead:
            body = request.stream
            if signing.must_buffer(signer, before_path + target, headers, body):
                body = yield Wait(
                    lambda: self._buffer(request), lambda: self._buffer_async(request)
                )
                headers = request.headers.raw
        signed = signing.sign(signer, request.method, before_path + target, headers, body)
        sent_target = signed.url[len(before_path) :]
        if sent_target != target:
            request.url = url.copy_with(raw_path=sent_target.encode("ascii"))
        if signed.body is not body:
            request.stream = self._Stream(signed.body)
            request.headers.pop("Transfer-Encoding", None)
        request.headers = self._SignedHeaders(request.headers, signed.headers)

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


class SignedHeaders(MutableMapping[str, str]):
    """
    Headers with a signature, of which a copy has none.

    httpx copies a request's headers for the one that follows a redirect, wherever that leads, and
    asks no auth. So what is there to copy are the headers that were there before.

    Args:
        unsigned: The request's headers.
        signature: Those that replace or follow them.

    """

    #: The library's own class.
    _Headers: Any

    def __init__(self, unsigned: Any, signature: dict[str, str]) -> None:
        super().__init__(unsigned)  # type: ignore[call-arg]
        replaced = {name.lower().encode() for name in signature}
        kept = [pair for pair in unsigned.raw if pair[0].lower() not in replaced]
        added = [(name.encode(), value.encode()) for name, value in signature.items()]
        self._all = self._Headers([*kept, *added])

    @property
    def raw(self) -> list[tuple[bytes, bytes]]:
        return cast("list[tuple[bytes, bytes]]", self._all.raw)

    def multi_items(self) -> list[tuple[str, str]]:
        return cast("list[tuple[str, str]]", self._all.multi_items())

    def get_list(self, key: str, split_commas: bool = False) -> list[str]:  # noqa: FBT001, FBT002
        return cast("list[str]", self._all.get_list(key, split_commas))

    def keys(self) -> KeysView[str]:
        return cast("KeysView[str]", self._all.keys())

    def values(self) -> ValuesView[str]:
        return cast("ValuesView[str]", self._all.values())

    def items(self) -> ItemsView[str, str]:
        return cast("ItemsView[str, str]", self._all.items())

    def __getitem__(self, key: str) -> str:
        return cast("str", self._all[key])

    def __setitem__(self, key: str, value: str) -> None:
        super().__setitem__(key, value)
        self._all[key] = value

    def __delitem__(self, key: str) -> None:
        del self._all[key]
        with suppress(KeyError):
            super().__delitem__(key)

    def __contains__(self, key: object) -> bool:
        return key in self._all

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __eq__(self, other: object) -> bool:
        return bool(self._all == other)

    def __repr__(self) -> str:
        # httpx hides the authorization, and knows of no other secret.
        shown = self._Headers(self._all)
        for name in _TOKENS & set(shown):
            shown[name] = "[secure]"
        return repr(shown)

    __hash__ = None  # type: ignore[assignment]
