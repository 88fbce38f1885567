"""Signing in requests and niquests: before a request is sent, and after its response."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rsigv4._clients.bodies import SentOnce, buffer_body, buffer_body_async
from rsigv4._clients.clock import AMZ_DATE
from rsigv4._clients.prepared_request import (
    can_resend,
    drop_signature,
    prepare_redirect,
    prepare_resend,
)
from rsigv4._clients.signer import ClientAuth
from rsigv4._clients.steps import Wait
from rsigv4._core import RequestsAuthBase

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any, SupportsIndex

__all__ = ["RequestsAuth"]


class RequestsAuth(ClientAuth, RequestsAuthBase):
    """Signs prepared requests, their redirects, and again those refused for their timestamp."""

    def _buffer(self, r: Any) -> None:
        """Read the body into memory in order to sign it."""
        buffer_body(r, self._signing.max_buffered_body)

    def steps_after_response(
        self, response: Any, kwargs: dict[str, Any]
    ) -> Generator[Wait, Any, Any]:
        """
        Send the request again if its timestamp was wrong, and sign a redirect to the same origin.

        Returns:
            The response to use.

        """
        resendable = can_resend(response.request)
        if self._signing.wants_response(response.status_code, can_resend=resendable):
            response = yield from self._after_refusal(response, kwargs, resendable=resendable)
        redirect = prepare_redirect(response)
        if redirect is not None:
            yield self._signature(redirect.following)
            redirect.set_next(redirect.following)
        return response

    def _after_refusal(
        self, response: Any, kwargs: dict[str, Any], *, resendable: bool
    ) -> Generator[Wait, Any, Any]:
        content = yield Wait(lambda: response.content, lambda: _awaited(response.content))
        if not isinstance(content, bytes):
            # The response of an async client. Only `AsyncSigV4Auth` can wait for it.
            content.close()
            return response
        refusal = (response.status_code, response.headers, content)
        if resendable and self._learn_clock(refusal, response.request):
            request = prepare_resend(response.request)
            yield self._signature(request)
            send = partial(response.connection.send, request, **kwargs)
            again = yield Wait(send, send)
            again.history.append(response)
            again.request = request
            if not self._signing.wants_response(again.status_code, can_resend=False):
                return again
            response = again
            content = yield Wait(lambda: again.content, lambda: _awaited(again.content))
            refusal = (response.status_code, response.headers, content)
        self._signing.explain_refusal(*refusal, response.request)
        return response

    def _learn_clock(self, refusal: tuple[int, Any, bytes], sent: Any) -> bool:
        amz_date = sent.headers.get(AMZ_DATE)
        return self._signing.clocks.learn(*refusal, sent.method, sent.url, amz_date)

    @staticmethod
    def _iterate(body: Any) -> Any:
        return SentOnce(body)

    def _signature(self, r: Any) -> Wait:
        signer = self._signing.signer
        return Wait(lambda: self._sign_by(r, signer), lambda: self._sign_async(r))

    async def _sign_async(self, r: Any) -> bool:
        """Sign a request, unless its URL is presigned. Return whether it was signed."""
        signing = self._signing
        planned = signing.plan_body(r.url, r.headers, r.body)
        if planned == "presigned":
            drop_signature(r)
            return False
        signer = await signing.signer_async()
        if planned == "buffered" and hasattr(r.body, "__aiter__"):
            await buffer_body_async(r, signing.max_buffered_body)
        return self._sign_by(r, signer)

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        # Protocols 0 and 1 can't pickle a class with a native base.
        return super().__reduce_ex__(max(int(protocol), 2))

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__


async def _awaited(content: Any) -> Any:
    return await content if hasattr(content, "__await__") else content
