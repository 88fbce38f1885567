"""Why a request was refused: reads the response of any client, and its request."""

from __future__ import annotations

from functools import partial

from rsigv4._core import AWSRequestsAuthBase, Signer, explain_response
from rsigv4._explain.requests import is_parts, own_request, read_request
from rsigv4._explain.responses import read_response, response_of
from rsigv4.exceptions import InvalidRequestError

# Importing typing takes longer than importing all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from typing_extensions import TypeGuard

    from rsigv4._core import Explanation
    from rsigv4.aws_auth import AWSRequestsAuth

    class _Auth(Protocol):
        """The auth of a client, or anything else that has a signer."""

        @property
        def signer(self) -> Signer: ...


__all__ = ["explain", "explain_for_command", "log_explanation"]


def explain(
    response_or_text: Any, *, signer: Signer | _Auth | None = None, request: Any = None
) -> Explanation:
    """
    Return why a request was refused, and what to change.

    If the response contains the server's canonical request and string to sign, they are compared
    with those of the request. Values with the names of secrets are redacted. If the body has not
    been read yet, it is read (with urllib, only its first 64 KiB); with httpx and aiohttp, read it
    first.

    Args:
        response_or_text: A response of requests, httpx, niquests, urllib3, urllib or aiohttp (first
            ``await response.read()``); a ``ClientError`` of botocore, or another exception; the
            text or bytes of a response, as its body alone or as ``curl -i`` prints it; or a path or
            readable file with such a text.
        signer: The `Signer`, or the auth of any client, that signed the request or should have.
            With it, signing again proves what was signed.
        request: The refused request: a request of one of these clients, or a tuple of method, URL,
            headers and body, or a mapping of these. None uses the request of the response, if the
            client keeps it. A tuple without a signature is signed with *signer*.

    Raises:
        CredentialsError: A tuple can't be signed, because *signer* has no credentials.
        InvalidRequestError: An argument has the wrong type. A response that can't be parsed is not
            an error; its cause is ``"unknown"``.

    """
    return _explain(response_or_text, signer, request)


def explain_for_command(
    response_or_text: Any, *, signer: Signer | None = None, request: Any = None
) -> Explanation:
    """Do what `explain` does, with advice in the options of the command line."""
    return _explain(response_or_text, signer, request, for_command=True)


def log_explanation(
    response_or_text: Any, *, signer: Signer | _Auth | None = None, request: Any = None
) -> None:
    """
    Log why a request was refused, as a warning of the logger ``rsigv4``.

    Never raises, so that hooks can call it.

    Args:
        response_or_text: As for ``explain``.
        signer: As for ``explain``.
        request: As for ``explain``.

    """
    import logging  # noqa: PLC0415 - takes as long to import as all the rest

    logger = logging.getLogger("rsigv4")
    try:
        explanation = explain(response_or_text, signer=signer, request=request)
    except Exception as error:  # noqa: BLE001 - an explanation must not break what it explains
        # The error's message may contain anything.
        logger.warning("the response can't be explained: %s", type(error).__name__)
    else:
        logger.warning("%s", explanation)


def _explain(
    response_or_text: Any, signer: Any, request: Any, *, for_command: bool = False
) -> Explanation:
    signer = _signer_of(signer)
    response = response_of(response_or_text)
    explain_parts = partial(
        explain_response, *read_response(response), signer=signer, for_command=for_command
    )
    if request is not None:
        redirected = bool(getattr(response, "history", None))
        sign_request = signer is not None and is_parts(request)
        given = (*read_request(request), redirected)
        return explain_parts(request=given, sign_request=sign_request)
    try:
        return explain_parts(request=own_request(response))
    except InvalidRequestError:
        # The client kept something that isn't a whole request.
        return explain_parts()


def _signer_of(source: Any) -> Signer | None:
    """Return a signer as it is, and the signer of a client's auth."""
    if source is None or isinstance(source, Signer):
        return source
    if _is_drop_in(source):
        # The drop-in signs with regions and keys that no Signer takes, and its subclasses may have
        # attributes of their own.
        return source._signer_to_explain()  # noqa: SLF001
    signer = getattr(source, "signer", None)
    if isinstance(signer, Signer):
        return signer
    raise InvalidRequestError(
        f"signer must be a Signer or an auth of rsigv4, not {type(source).__module__}."
        f"{type(source).__name__}: pass Signer(Credentials(...), region, service)"
    )


def _is_drop_in(source: object) -> TypeGuard[AWSRequestsAuth]:
    # Importing the drop-in takes much longer, and needs requests.
    return isinstance(source, AWSRequestsAuthBase)
