"""Drop-in for ``opensearchpy.helpers.asyncsigner``."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from rsigv4.compat.opensearchpy.helpers.signer import AWSV4Signer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

__all__ = ["AWSV4SignerAsyncAuth"]

#: Credentials that are valid for less than this many seconds are not used while others are fetched.
_LEAST_SECONDS = 60


class AWSV4SignerAsyncAuth:
    """Sign for ``AsyncHttpConnection``; the arguments are those of ``AWSV4Signer``."""

    def __init__(self, credentials: Any, region: str, service: str = "es") -> None:
        self.signer: AWSV4Signer = _AsyncSigner(credentials, region, service)
        self.service = service

    def __call__(
        self,
        method: str,
        url: str,
        body: str | bytes | None = None,
        headers: Mapping[str, str] | str | bytes | None = None,
    ) -> dict[str, str]:
        """
        Return all headers of a request.

        Connections before opensearch-py 3.1 pass the URL's query, then the body, and no headers.
        """
        if isinstance(headers, (str, bytes)):
            body, headers = headers, None
        elif headers is None and url.endswith(f"?{body!s}"):
            body = None
        return self._sign_request(method=method, url=url, body=body, headers=headers)

    def _sign_request(
        self, method: str, url: str, body: Any, headers: Mapping[str, str] | None
    ) -> dict[str, str]:
        return self.signer.sign(method=method, url=url, body=body, headers=headers)


class _AsyncSigner(AWSV4Signer):
    """
    Asks for credentials in a thread, because the connection doesn't await the signature.

    While botocore's credentials are valid, a refresh happens in the background. The event loop
    waits only for the first ones, and for those that have expired.
    """

    def __init__(self, credentials: Any, region: str, service: str = "es") -> None:
        super().__init__(credentials, region, service)
        self._last: Any = None
        self._pending: Future[Any] | None = None

    def _frozen_credentials(self) -> Any:
        freeze = getattr(self.credentials, "get_frozen_credentials", None)
        if not callable(freeze):
            return self.credentials
        refresh_needed = getattr(self.credentials, "refresh_needed", None)
        if callable(refresh_needed):
            # It tells by the clock, without the network.
            if self._last is not None and not refresh_needed():
                self._last = freeze()
                return self._last
            pending = self._start(freeze)
            if self._last is not None and not refresh_needed(_LEAST_SECONDS):
                return self._last
        else:
            pending = self._start(freeze)
        self._last = pending.result()
        return self._last

    def _start(self, freeze: Callable[[], Any]) -> Future[Any]:
        """Call *freeze* in a thread, unless one does so already."""
        pending = self._pending
        if pending is None or pending.done():
            pending = self._pending = Future()
            threading.Thread(target=_run, args=(pending, freeze), daemon=True).start()
        return pending

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_pending": None, "_last": None}


def _run(pending: Future[Any], function: Callable[[], Any]) -> None:
    try:
        pending.set_result(function())
    except BaseException as error:  # noqa: BLE001 - raised where the result is read
        pending.set_exception(error)
