"""Client-independent signing. No I/O."""

from __future__ import annotations

from contextlib import suppress
from functools import wraps
from http import HTTPStatus
from types import SimpleNamespace
from typing import TYPE_CHECKING

from rsigv4._clients.bodies import check_limit
from rsigv4._clients.clock import ServerClocks
from rsigv4._clients.refreshing import freeze_async
from rsigv4._core import (
    MAX_BUFFERED_BODY,
    SIGNER_OPTIONS,
    UNSIGNED_PAYLOAD,
    Credentials,
    Signer,
    SigningKey,
    plan_body,
    sign_request,
)
from rsigv4._explain.responses import MAX_READ_BYTES
from rsigv4.exceptions import (
    ExpiredCredentialsError,
    InvalidCredentialsError,
    InvalidRequestError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Literal, TypeVar

    from typing_extensions import Unpack

    from rsigv4._clients.options import AuthCredentials, SignerOptions
    from rsigv4._core import SignedRequest

    Init = TypeVar("Init", bound=Callable[..., None])

__all__ = [
    "REFUSED",
    "ClientAuth",
    "ClientSigner",
    "parameters_of",
    "sent_by_http_client",
    "takes_credentials",
]

#: The statuses with which servers refuse a signature.
REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class ClientSigner:
    """
    Signs a client's requests, and corrects the clock from responses.

    It can be shared between threads, tasks and requests. Its only mutable state is the clock offset
    of each origin, which is never used to presign.

    Args:
        credentials: As for `Signer`. Async clients also accept a coroutine function.
        region: As for `Signer`.
        service: As for `Signer`.
        payload: ``"unsigned"`` does not sign bodies; None signs them.
        max_buffered_body: Largest one-shot body, in bytes, that is buffered in order to sign it.
        explain: Log why requests are refused.
        options: The other arguments of `Signer`.

    Raises:
        InvalidRequestError: *payload* is unknown, or *max_buffered_body* is not a number of bytes.

    """

    def __init__(  # noqa: PLR0913 - they are those of every client's constructor
        self,
        credentials: Any = None,
        region: str | None = None,
        service: str | None = None,
        *,
        payload: Literal["unsigned"] | None = None,
        max_buffered_body: int = MAX_BUFFERED_BODY,
        explain: bool = False,
        **options: Unpack[SignerOptions],
    ) -> None:
        if payload not in {None, "unsigned"}:
            raise InvalidRequestError('payload is unknown: pass "unsigned", or None to sign bodies')
        check_limit(max_buffered_body)
        self.signer = Signer(credentials, region, service, **options)
        self.max_buffered_body = max_buffered_body
        self.explain = explain
        #: Signed instead of bodies, if they are to be unsigned.
        self.payload = None if payload is None else UNSIGNED_PAYLOAD
        self.clocks = ServerClocks()
        #: Whether the credentials are frozen already, so that no client has to wait for them.
        self.is_frozen = isinstance(self.signer.credentials, (Credentials, SigningKey))

    async def signer_async(self) -> Signer:
        """Return the signer with frozen credentials, without blocking the event loop."""
        if self.is_frozen:
            return self.signer
        return self.signer.with_credentials(await freeze_async(self.signer.credentials))

    def plan_body(self, url: str, headers: Any, body: Any) -> str:
        """
        Return how the body is signed, as `rsigv4._core.plan_body` does.

        Args:
            url: The URL as the client would send it.
            headers: The pairs that will be sent.
            body: The body that will be sent.

        Raises:
            InvalidRequestError: An argument can't be signed; the message names it.

        """
        return plan_body(self.signer, url, headers, body, self.payload is not None)

    def sign(
        self, signer: Signer, method: str, url: str, headers: Any, body: Any
    ) -> SignedRequest | None:
        """
        Sign a request, and return what to send; None if the URL is presigned.

        A body that `plan_body` says is buffered must be read into memory first.

        Args:
            signer: `self.signer`, or the result of `signer_async`.
            method: Signed in uppercase; send it in uppercase.
            url: The URL as the client would send it.
            headers: The pairs that will be sent.
            body: The body that will be sent.

        Raises:
            CredentialsError: The credentials are missing or have expired.
            InvalidRequestError: An argument can't be signed; the message names it.

        """
        unsigned = self.payload is not None
        clocks = self.clocks
        if clocks.offsets and (time := clocks.time(url)) is not None:
            # If credentials have expired by the server's clock but not by ours, the server's clock
            # is the wrong one.
            with suppress(ExpiredCredentialsError):
                return sign_request(signer, method, url, headers, body, unsigned, time)
        return sign_request(signer, method, url, headers, body, unsigned, None)

    def wants_response(self, status: int, *, can_resend: bool) -> bool:
        """Return whether correcting the clock or `explain_refusal` needs a response's body."""
        if status not in REFUSED:
            return False
        return self.explain or (can_resend and status == HTTPStatus.FORBIDDEN)

    def explain_refusal(
        self, status: int, headers: Mapping[str, str], body: bytes, request: Any
    ) -> None:
        """
        Log why a request was refused, if *explain* is set.

        Args:
            status: The status of the response that the caller gets.
            headers: Its headers.
            body: Its body.
            request: As for `rsigv4.explain`.

        """
        if self.explain and status in REFUSED:
            from rsigv4._explain import log_explanation  # noqa: PLC0415 - seldom needed

            content = body[:MAX_READ_BYTES]
            response = SimpleNamespace(status_code=status, headers=headers, content=content)
            log_explanation(response, signer=self.signer, request=request)


def takes_credentials(init: Init) -> Init:
    """
    Check the arguments of a constructor that takes *credentials*; errors name the caller's class.

    Other packages take the access key's id and secret as two arguments. Passed here, the secret
    would be the region.

    Raises:
        InvalidCredentialsError: *credentials* is text or a collection.
        TypeError: An argument is unknown, repeated or one too many.

    """
    positional = init.__code__.co_varnames[1 : init.__code__.co_argcount]
    position = positional.index("credentials")
    known = SIGNER_OPTIONS | parameters_of(init)

    @wraps(init)
    def checked(self: Any, *args: Any, **kwargs: Any) -> None:
        credentials = kwargs.get("credentials", *args[position : position + 1])
        others = known.union(getattr(self, "_other_options", ()))
        error: Exception
        # botocore's frozen credentials are a subclass of tuple.
        if isinstance(credentials, str) or type(credentials) in {bytes, dict, list, tuple}:
            error = InvalidCredentialsError(
                f"credentials must be one object, not {type(credentials).__name__}: "
                "pass Credentials(access_key_id, secret_access_key)"
            )
        elif len(args) > len(positional):
            error = _type_error(
                self, f"takes at most {len(positional)} positional arguments: pass others by name"
            )
        elif unknown := [name for name in kwargs if name not in others]:
            error = _type_error(self, f"got an unexpected keyword argument {unknown[0]!r}")
        elif repeated := [name for name in positional[: len(args)] if name in kwargs]:
            error = _type_error(self, f"got multiple values for argument {repeated[0]!r}")
        else:
            init(self, *args, **kwargs)
            return
        # They may contain the secret, and tracebacks may show local variables.
        del args, kwargs, credentials
        raise error

    return checked  # type: ignore[return-value] # It takes the same arguments.


def parameters_of(init: Any) -> frozenset[str]:
    """Return the names of a constructor's parameters, without the slow import of `inspect`."""
    code = getattr(init, "__wrapped__", init).__code__
    return frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


def _type_error(called: Any, problem: str) -> TypeError:
    return TypeError(f"{type(called).__name__}.__init__() {problem}")


class ClientAuth:
    """The base of every client's auth; `ClientSigner` documents the arguments."""

    @takes_credentials
    def __init__(  # noqa: PLR0913 - they are those of every client's auth
        self,
        credentials: AuthCredentials | None = None,
        region: str | None = None,
        service: str | None = None,
        *,
        payload: Literal["unsigned"] | None = None,
        max_buffered_body: int = MAX_BUFFERED_BODY,
        explain: bool = False,
        **options: Unpack[SignerOptions],
    ) -> None:
        self._signing = ClientSigner(
            credentials,
            region,
            service,
            payload=payload,
            max_buffered_body=max_buffered_body,
            explain=explain,
            **options,
        )

    @property
    def signer(self) -> Signer:
        """The `Signer` of the requests, to presign a URL or to pass to `rsigv4.explain`."""
        return self._signing.signer


def sent_by_http_client(headers: Iterable[tuple[str, Any]]) -> list[tuple[str, bytes]]:
    """
    Return the pairs with values encoded as `http.client` sends them.

    Raises:
        InvalidRequestError: A value is text that `http.client` can't encode.

    """
    try:
        return [
            (name, value if isinstance(value, bytes) else str(value).encode("latin-1"))
            for name, value in headers
        ]
    except UnicodeEncodeError:
        raise InvalidRequestError(
            "headers have a value that this client can't send as text: pass bytes"
        ) from None
