"""Why a request was refused: reads the answer of any client, and the request that it answers."""

from __future__ import annotations

import os
from collections.abc import Mapping

from rsigv4._core import (
    Cause,
    Explanation,
    LinePair,
    PayloadHash,
    Signer,
    explain_answer,
    known_causes,
)
from rsigv4.exceptions import InvalidRequestError

# Importing typing takes longer than importing all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Protocol

    _Request = tuple[str, str, Any, Any, bool]

    class _Auth(Protocol):
        """The auth of a client, or anything else that has a signer."""

        @property
        def signer(self) -> Signer: ...


__all__ = ["Cause", "Explanation", "LinePair", "explain", "known_causes", "log_explanation"]

# An error is never longer, and what is longer is no error.
_MAX_BYTES = 1024 * 1024
#: Stands for a body that isn't at hand any more.
_UNKNOWN_BODY: Any = ...
#: The parts of a request, and what stands for those that aren't given.
_PARTS: dict[str, Any] = {"method": None, "url": None, "headers": None, "body": _UNKNOWN_BODY}


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
    response = _response_of(response_or_text)
    answer = _read_answer(response)
    if request is not None:
        redirected = bool(getattr(response, "history", None))
        given = (*_read_request(request), redirected)
        sign_request = signer is not None and _is_parts(request)
        return explain_answer(*answer, request=given, signer=signer, sign_request=sign_request)
    try:
        parts = _own_request(response)
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


def _response_of(source: Any) -> Any:
    """Return the response that an exception carries, or what was passed."""
    if not isinstance(source, BaseException):
        return source
    response = getattr(source, "response", None)
    if response is not None:
        return response
    # The HTTPError of urllib is itself a response; any other exception has its text.
    return str(source) if getattr(source, "headers", None) is None else source


def _read_answer(response: Any) -> tuple[int | None, list[tuple[str, str]] | None, str]:
    """Return status, headers and body; of a text the first two are None."""
    if isinstance(response, Mapping) and "Error" in response:
        return _read_botocore(response)
    status = _first(response, ("status_code", "status", "code"))
    headers = getattr(response, "headers", None)
    if isinstance(status, int) and headers is not None:
        return status, _pairs(headers), _body_text(response)
    return None, None, _read_text(response)


def _read_text(source: Any) -> str:
    text = source
    if isinstance(source, os.PathLike):
        with open(source, "rb") as file:  # noqa: PTH123 - as pathlib does
            text = file.read(_MAX_BYTES)
    elif hasattr(source, "read") and not isinstance(source, type):
        text = source.read(_MAX_BYTES)
    if isinstance(text, str):
        return _text(text[:_MAX_BYTES])
    if isinstance(text, (bytes, bytearray, memoryview)):
        return _decode(text)
    raise InvalidRequestError(
        "response_or_text must be a response, an exception, text, bytes, a path or a readable "
        f"file, not {type(source).__name__}"
    )


def _read_botocore(response: Mapping[str, Any]) -> tuple[int | None, list[tuple[str, str]], str]:
    """Write what botocore has parsed as JSON again, which the core reads like any answer."""
    import json  # noqa: PLC0415 - needed for this alone

    error = response["Error"]
    fields = {name: value for name, value in dict(error).items() if isinstance(value, str)}
    metadata = response.get("ResponseMetadata", {})
    headers = _pairs(metadata.get("HTTPHeaders", {}))
    return metadata.get("HTTPStatusCode"), headers, json.dumps(fields)


def _body_text(response: Any) -> str:
    # aiohttp keeps a body that was read, and gives it away only to a coroutine.
    for name in ("content", "data", "_body"):
        body = _try_attribute(response, name)
        if isinstance(body, (bytes, bytearray)):
            return _decode(body)
    read = getattr(response, "read", None)
    if read is None or _is_coroutine_function(read):
        return ""
    try:
        body = read(_MAX_BYTES)
    except Exception:  # noqa: BLE001 - a body that was read or closed is not at hand any more
        return ""
    return _decode(body) if isinstance(body, bytes) else ""


def _is_coroutine_function(function: Any) -> bool:
    import inspect  # noqa: PLC0415 - needed for this alone

    return inspect.iscoroutinefunction(function)


def _own_request(response: Any) -> _Request | None:
    """Return the request that the response carries, if it does."""
    for name in ("request", "request_info"):
        request = _try_attribute(response, name)
        if request is not None:
            redirected = bool(getattr(response, "history", None))
            return (*_read_request(request), redirected)
    return None


def _read_request(request: Any) -> tuple[str, str, Any, Any]:
    """Return method, URL, headers and body; the body is ``...`` where it isn't at hand."""
    if isinstance(request, Mapping):
        request = [request.get(name, rest) for name, rest in _PARTS.items()]
    if _is_parts(request):
        parts = [*request, *list(_PARTS.values())[len(request) :]]
        if len(parts) > len(_PARTS):
            raise InvalidRequestError("request must be method, URL, headers and body, and no more")
        return parts[0], parts[1], parts[2], parts[3]
    if hasattr(request, "params") and hasattr(request, "prepare"):
        # An AWSRequest or a Request of requests has its query apart.
        request = request.prepare()
    method = getattr(request, "method", None)
    if callable(getattr(request, "get_method", None)):
        method = request.get_method()
    url = _first(request, ("url", "full_url"))
    headers = getattr(request, "headers", None)
    if callable(getattr(request, "header_items", None)):
        headers = request.header_items()
    if method is None or url is None:
        raise InvalidRequestError(
            "request must be a request of an HTTP client, or a tuple of method, URL, headers and "
            f"body, not {type(request).__name__}"
        )
    return method, str(url), headers, _request_body(request)


def _is_parts(request: Any) -> bool:
    """Whether the caller took the request apart, rather than passing what a client sent."""
    # The request_info of aiohttp is a tuple with names.
    return isinstance(request, (tuple, list, Mapping)) and not hasattr(request, "method")


def _request_body(request: Any) -> Any:
    for name in ("body", "content", "data"):
        if hasattr(type(request), name) or name in getattr(request, "__dict__", {}):
            body = _try_attribute(request, name, _UNKNOWN_BODY)
            # A file was read to its end when it was sent.
            if body is None or isinstance(body, (str, bytes, bytearray, memoryview, PayloadHash)):
                return body
            return _UNKNOWN_BODY
    return _UNKNOWN_BODY


def _try_attribute(instance: Any, name: str, default: Any = None) -> Any:
    """Return an attribute that a client may refuse to give, such as a body that wasn't read."""
    try:
        return getattr(instance, name, default)
    except Exception:  # noqa: BLE001 - clients raise what they like
        return default


def _first(instance: Any, names: Iterable[str]) -> Any:
    found = (getattr(instance, name, None) for name in names)
    return next((value for value in found if value is not None), None)


def _pairs(headers: Any) -> list[tuple[str, str]]:
    items = headers.items() if hasattr(headers, "items") else headers
    return [(_text(name), _text(value)) for name, value in items]


def _text(value: Any) -> str:
    """Return text that UTF-8 can encode, of a header or an answer."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return str(value).encode("utf-8", "replace").decode()


def _decode(body: bytes | bytearray | memoryview) -> str:
    return bytes(body[:_MAX_BYTES]).decode("utf-8", "replace")
