"""Why a request was refused: reads the response of any client, and its request."""

from __future__ import annotations

from rsigv4._core import Signer, explain_answer
from rsigv4._explain.requests import is_parts, own_request, read_request
from rsigv4._explain.responses import read_answer, response_of
from rsigv4.exceptions import InvalidRequestError

# Importing typing takes longer than importing all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from rsigv4._core import Explanation

    class _Auth(Protocol):
        """The auth of a client, or anything else that has a signer."""

        @property
        def signer(self) -> Signer: ...


__all__ = ["explain", "log_explanation"]


def explain(
    response_or_text: Any, *, signer: Signer | _Auth | None = None, request: Any = None
) -> Explanation:
    """
    Return why a request was refused, and what to change.

    If the response contains the server's canonical request and string to sign, they are compared
    with those of the request. Values with the names of secrets are redacted. A body that was not
    read yet is read only if reading the response's attribute reads it.

    Args:
        response_or_text: A response of requests, httpx, niquests, urllib3, urllib or aiohttp (first
            ``await response.read()``); a ``ClientError`` of botocore, or another exception; the
            text or bytes of a response, as its body alone or as ``curl -i`` prints it; or a path or
            readable file with such a text.
        signer: The `Signer`, or the auth of any client, that signed the request or should have.
            With it, a wrong secret can be distinguished from other causes.
        request: The refused request: a request of one of these clients, or a tuple of method, URL,
            headers and body, or a mapping of these. None uses the request of the response, if the
            client keeps it. A tuple without a signature is signed with *signer*.

    Raises:
        CredentialsError: A tuple can't be signed, because *signer* has no credentials.
        InvalidRequestError: An argument has the wrong type. A response that can't be parsed is not
            an error; its cause is ``"unknown"``.

    """
    signer = _signer_of(signer)
    response = response_of(response_or_text)
    answer = read_answer(response)
    if request is not None:
        redirected = bool(getattr(response, "history", None))
        given = (*read_request(request), redirected)
        sign_request = signer is not None and is_parts(request)
        return explain_answer(*answer, request=given, signer=signer, sign_request=sign_request)
    try:
        parts = own_request(response)
        return explain_answer(*answer, request=parts, signer=signer)
    except InvalidRequestError:
        # The client keeps something that is not a complete request.
        return explain_answer(*answer, signer=signer)


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


def _signer_of(source: Any) -> Signer | None:
    """Return a signer as it is, and the signer of a client's auth."""
    if source is None or isinstance(source, Signer):
        return source
    signer = getattr(source, "signer", None)
    if isinstance(signer, Signer):
        return signer
    raise InvalidRequestError(
        f"signer must be a Signer or the auth of a client, not {type(source).__name__}"
    )
