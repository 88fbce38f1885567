"""Reads the request of any client, or a request in parts."""

from __future__ import annotations

from collections.abc import Mapping

from rsigv4._core import PayloadHash
from rsigv4._explain.responses import first_attribute, is_mapping, try_attribute
from rsigv4.chunked import is_bytes_like
from rsigv4.exceptions import InvalidRequestError

# Importing typing takes longer than importing all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    _Request = tuple[str, str, Any, Any, bool]

__all__ = ["is_parts", "own_request", "read_request"]

#: Stands for a body that is no longer available.
_UNKNOWN_BODY: Any = ...
#: The parts of a request, with their defaults.
_PARTS: dict[str, Any] = {"method": None, "url": None, "headers": None, "body": _UNKNOWN_BODY}


def own_request(response: Any) -> _Request | None:
    """Return the request that a response keeps, or None."""
    for name in ("request", "request_info"):
        request = try_attribute(response, name)
        if request is not None:
            redirected = bool(getattr(response, "history", None))
            return (*read_request(request), redirected)
    return None


def read_request(request: Any) -> tuple[str, str, Any, Any]:
    """Return method, URL, headers and body; ``...`` is a body that is not available."""
    if is_mapping(request):
        request = [request.get(name, rest) for name, rest in _PARTS.items()]
    if is_parts(request):
        parts = [*request, *list(_PARTS.values())[len(request) :]]
        if len(parts) > len(_PARTS):
            raise InvalidRequestError("request must be method, URL, headers and body, not more")
        return parts[0], parts[1], parts[2], parts[3]
    if hasattr(request, "params") and hasattr(request, "prepare"):
        # An AWSRequest, or a Request of requests, keeps its query separately.
        request = request.prepare()
    method = getattr(request, "method", None)
    if callable(getattr(request, "get_method", None)):
        method = request.get_method()
    url = first_attribute(request, ("url", "full_url"))
    headers = getattr(request, "headers", None)
    if callable(getattr(request, "header_items", None)):
        headers = request.header_items()
    if method is None or url is None:
        raise InvalidRequestError(
            "request must be a request of an HTTP client, or a tuple of method, URL, headers and "
            f"body, not {type(request).__name__}"
        )
    return method, str(url), headers, _request_body(request)


def is_parts(request: Any) -> bool:
    """Return whether a request is a tuple or mapping of parts, not an object of a client."""
    # The request_info of aiohttp is a named tuple.
    return not hasattr(request, "method") and isinstance(request, (tuple, list, Mapping))


def _request_body(request: object) -> Any:
    for name in ("body", "content", "data"):
        if hasattr(type(request), name) or name in getattr(request, "__dict__", {}):
            body = try_attribute(request, name, _UNKNOWN_BODY)
            # A file was read when it was sent.
            if body is None or isinstance(body, (str, PayloadHash)) or is_bytes_like(body):
                return body
            return _UNKNOWN_BODY
    return _UNKNOWN_BODY
