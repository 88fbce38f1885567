"""Why a request was refused: reads the answer of any client, and the request that it answers."""

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

    The server's canonical request and string to sign, where it tells them, are laid beside those of
    the request. Values with the names of secrets are redacted in the result. A body that a client
    has not read yet is read only where the client does so itself when asked for it.

    Args:
        response_or_text: A response of requests, httpx, niquests, urllib3, urllib or aiohttp (whose
            body must have been read: ``await response.read()``); a ``ClientError`` of botocore, or
            another exception; the text or bytes of an answer, its body alone or all of it as
            ``curl -i`` prints it; or a path or readable file that has such a text.
        signer: The `Signer`, or the auth of any client, that made the signature or should have.
            With it, the secret can be told from the rest.
        request: What was refused: a request of one of these clients, or a tuple of method, URL,
            headers and body, or a mapping of these. None: the response's own, where the client
            keeps it. A tuple that isn't signed yet is signed by *signer* as it would have been.

    Raises:
        CredentialsError: Such a tuple can't be signed, as *signer* has no credentials.
        InvalidRequestError: An argument is of the wrong type. A response that makes no sense raises
            nothing; its cause is ``"unknown"``.

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
        # The client kept something that isn't a whole request.
        return explain_answer(*answer, signer=signer)


def log_explanation(
    response_or_text: Any, *, signer: Signer | _Auth | None = None, request: Any = None
) -> None:
    """
    Log the explanation of an answer as a warning, to the logger ``rsigv4``.

    For auth hooks: it raises nothing.

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
        # The message of the error isn't ours to show.
        logger.warning("the answer can't be explained: %s", type(error).__name__)
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
