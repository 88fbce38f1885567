"""The auth flow for httpx and httpx2, which have the same interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rsigv4._clients.bodies import read_into_memory, read_into_memory_async
from rsigv4._clients.clock import AMZ_DATE
from rsigv4._clients.origin import is_same_origin
from rsigv4._clients.signer import REFUSED, ClientAuth
from rsigv4.chunked import ChunkedBody
from rsigv4.exceptions import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterator,
        Callable,
        Generator,
        Iterator,
        Mapping,
    )
    from types import ModuleType
    from typing import Any

    from rsigv4._clients.httpx_headers import SignedHeaders, SignedRequest
    from rsigv4._core import SignedRequest as SignedParts
    from rsigv4._core import Signer

__all__ = ["SigV4Flow", "Stream"]


class SigV4Flow(ClientAuth):
    """The steps of signing. Sync and async clients share them; these also get what to await."""

    #: The library, and the classes that replace those of its requests.
    _httpx: ModuleType
    _Stream: type[Stream]
    _SignedHeaders: type[SignedHeaders]
    _SignedRequest: type[SignedRequest]

    def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        """Return the steps for a `Client`."""
        # A body that is signed in chunks would look like a sync body to httpx.
        if not hasattr(request.stream, "__iter__"):
            raise InvalidRequestError(
                "body is an async iterable: send it with an async client, or pass another"
            )
        return self._steps(request, is_async=False)

    async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        """Run the steps for an `AsyncClient`."""
        steps = self._steps(request, is_async=True)
        result = None
        while True:
            try:
                step = steps.send(result)
            except StopIteration:
                return
            result = await step if hasattr(step, "__await__") else (yield step)

    def _steps(self, first: Any, *, is_async: bool) -> Generator[Any, Any, None]:
        """Yield the requests to send and, for an async client, what it has to await."""
        signing = self._signing
        request = first
        learned_clock = False
        while True:
            url = str(request.url)
            headers = self._unsigned(request)
            pairs = headers.raw
            body = self._body(request)
            signer = signing.signer
            if (is_async and not signing.is_frozen) or not isinstance(body, bytes):
                signer, pairs, body = yield from self._prepare(
                    request, url, pairs, body, is_async=is_async
                )
            signed = signing.sign(signer, request.method, url, pairs, body)
            if signed is None:
                # Assigned to the request, they would get its previous signature.
                vars(request)["headers"] = headers
                if request is first:
                    yield request
                return
            self._set_signed(request, pairs, body, url, signed)
            response = yield request
            sent = response.request
            if sent is not request:
                # Redirects led here, and each kept all headers except the signature. After one to
                # another origin, others choose the URLs, even if a later one leads back.
                urls = [str(step.url) for step in (*response.history, response)]
                stayed = all(is_same_origin(str(first.url), url) for url in urls)
                if response.status_code not in REFUSED or not stayed:
                    return
                request = sent
                continue
            can_resend = not learned_clock and self._can_resend(request)
            if not signing.wants_response(response.status_code, can_resend=can_resend):
                return
            content = (yield response.aread()) if is_async else response.read()
            learned_clock = can_resend and self._learn_clock(request, response, content)
            if not learned_clock:
                signing.explain_refusal(response.status_code, response.headers, content, request)
                return

    def _prepare(
        self, request: Any, url: str, pairs: Any, body: Any, *, is_async: bool
    ) -> Generator[Any, Any, tuple[Signer, Any, Any]]:
        """Freeze credentials and buffer the body, as far as the request needs it."""
        signing = self._signing
        signer = signing.signer
        planned = signing.plan_body(url, pairs, body)
        if is_async and planned != "presigned":
            signer = yield signing.signer_async()
        if planned == "buffered":
            body = (yield self._buffer_async(request)) if is_async else self._buffer(request)
            pairs = self._unsigned(request).raw
        return signer, pairs, body

    def _set_signed(
        self,
        request: Any,
        pairs: list[tuple[bytes, bytes]],
        body: Any,
        url: str,
        signed: SignedParts,
    ) -> None:
        """Set what to send instead of the unsigned headers, the body and the URL."""
        if signed.url != url:
            request.url = self._httpx.URL(signed.url)
        headers = self._unsigned(request)
        if signed.body is not body:
            request.stream = self._Stream(signed.body)
            headers.pop("Transfer-Encoding", None)
            pairs = headers.raw
        self._set_signature(request, headers, signed.headers, pairs)

    def _learn_clock(self, request: Any, response: Any, content: bytes) -> bool:
        refusal = (response.status_code, response.headers, content)
        amz_date = request.headers.get(AMZ_DATE)
        return self._signing.clocks.learn(*refusal, request.method, str(request.url), amz_date)

    def _body(self, request: Any) -> Any:
        """Return the content, or the stream if that can be read only once."""
        try:
            return request.content
        except self._httpx.RequestNotRead:
            return request.stream

    @classmethod
    def _set_signature(
        cls,
        request: Any,
        unsigned: Any,
        signature: Mapping[str, str],
        pairs: list[tuple[bytes, bytes]] | None = None,
    ) -> None:
        """Set headers with a signature that copies, such as for redirects, don't have."""
        # A new object, because other requests may share the caller's own.
        headers = cls._SignedHeaders(unsigned, signature, pairs)
        # Assigned to a signed request, they would get its previous signature.
        vars(request)["headers"] = headers
        if type(request) is cls._httpx.Request:
            request.__class__ = cls._SignedRequest

    def _unsigned(self, request: Any) -> Any:
        """Return the headers without a previous signature."""
        headers = request.headers
        # `isinstance` would ask an abstract base class.
        if type(headers) is self._SignedHeaders:
            return self._httpx.Headers(headers.unsigned)
        return headers

    def _buffer(self, request: Any) -> bytes:
        limit = self._signing.max_buffered_body
        data = read_into_memory(iter(request.stream), limit, self._stream_setter(request))
        return self._put_back(request, data)

    async def _buffer_async(self, request: Any) -> bytes:
        if not hasattr(request.stream, "__aiter__"):
            # A file or a generator, which httpx sends with a `Client` only.
            return self._buffer(request)
        limit = self._signing.max_buffered_body
        data = await read_into_memory_async(request.stream, limit, self._stream_setter(request))
        return self._put_back(request, data)

    def _stream_setter(self, request: Any) -> Callable[[Any], None]:
        def set_stream(body: Any) -> None:
            request.stream = self._Stream(body)

        return set_stream

    def _put_back(self, request: Any, data: bytes) -> bytes:
        request.stream = self._httpx.ByteStream(data)
        # The length is now known: no chunked transfer encoding.
        request.headers.pop("Transfer-Encoding", None)
        request.headers["Content-Length"] = str(len(data))
        return data

    def _can_resend(self, request: Any) -> bool:
        return isinstance(request.stream, self._httpx.ByteStream)


class Stream:
    """A body that is an iterable of bytes, an async iterable, or both."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def __aiter__(self) -> AsyncIterator[bytes]:
        body = self._body
        chunks = body.aiter() if isinstance(body, ChunkedBody) else body.__aiter__()
        return cast("AsyncIterator[bytes]", chunks)
