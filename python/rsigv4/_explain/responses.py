"""Reads the response of any client, or the text of one."""

from __future__ import annotations

import os
from collections.abc import Mapping

from rsigv4.chunked import is_bytes_like
from rsigv4.exceptions import InvalidRequestError

# Importing typing takes longer than importing all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from typing_extensions import TypeGuard

__all__ = [
    "MAX_GIVEN_BYTES",
    "MAX_READ_BYTES",
    "decode",
    "first_attribute",
    "is_mapping",
    "read_response",
    "response_of",
    "try_attribute",
]

#: Largest body of an error, in bytes, that we read ourselves.
MAX_READ_BYTES = 64 * 1024
#: Largest body of an error, in bytes, that a caller may pass; the rest of a longer one is ignored.
MAX_GIVEN_BYTES = 1024 * 1024


def response_of(source: Any) -> Any:
    """Return the response that an exception carries, or what was passed."""
    if not isinstance(source, BaseException):
        return source
    response = getattr(source, "response", None)
    if response is not None:
        return response
    # The HTTPError of urllib is itself a response. Other exceptions are read as text.
    return str(source) if getattr(source, "headers", None) is None else source


def read_response(response: Any) -> tuple[int | None, list[tuple[str, str]] | None, str]:
    """Return status, headers and body; status and headers are None for a text."""
    if is_mapping(response) and "Error" in response:
        return _read_botocore(response)
    status = first_attribute(response, ("status_code", "status", "code"))
    headers = getattr(response, "headers", None)
    if isinstance(status, int) and headers is not None:
        return _known_status(status), _pairs(headers), _body_text(response)
    return None, None, _read_text(response)


def _read_text(source: Any) -> str:
    text = source
    if _is_path(source):
        with open(source, "rb") as file:  # noqa: PTH123 - as pathlib does
            text = file.read(MAX_GIVEN_BYTES)
    elif hasattr(source, "read") and not isinstance(source, type):
        text = source.read(MAX_GIVEN_BYTES)
    if isinstance(text, str):
        return _text(text[:MAX_GIVEN_BYTES].removeprefix("\ufeff"))
    if is_bytes_like(text):
        return decode(text)
    raise InvalidRequestError(
        "response_or_text must be a response, an exception, text, bytes, a path or a readable "
        f"file, not {type(source).__name__}"
    )


def _read_botocore(response: Mapping[str, Any]) -> tuple[int | None, list[tuple[str, str]], str]:
    """Write the error that botocore parsed as JSON, which the core reads like any response."""
    import json  # noqa: PLC0415 - only needed here

    error, metadata = (_mapping(response.get(name)) for name in ("Error", "ResponseMetadata"))
    fields = {name: value for name, value in error.items() if isinstance(value, str)}
    headers = _pairs(_mapping(metadata.get("HTTPHeaders")))
    # A code in this header is the service's, whatever the body is.
    headers.append(("x-amzn-errortype", fields.get("Code", "")))
    return _known_status(metadata.get("HTTPStatusCode")), headers, json.dumps(fields)


def _mapping(part: object) -> Mapping[Any, Any]:
    """Return a part of a response; stubs and mocks of clients leave parts out, or set others."""
    return part if is_mapping(part) else {}


def _known_status(status: Any) -> int | None:
    """Return a status of HTTP, and None for any other value."""
    return status if isinstance(status, int) and status in range(1000) else None


def _body_text(response: Any) -> str:
    # aiohttp keeps a body that was read in a private attribute; its public method is a coroutine.
    for name in ("content", "data", "_body"):
        body = try_attribute(response, name)
        if isinstance(body, (bytes, bytearray)):
            return decode(body)
    read = getattr(response, "read", None)
    if read is None or _is_coroutine_function(read):
        return ""
    try:
        body = read(MAX_READ_BYTES)
    except Exception:  # noqa: BLE001 - a body that was read or closed is no longer available
        return ""
    return decode(body) if isinstance(body, bytes) else ""


def _is_coroutine_function(function: Any) -> bool:
    import inspect  # noqa: PLC0415 - only needed here

    return inspect.iscoroutinefunction(function)


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    return isinstance(value, Mapping)


def _is_path(value: object) -> TypeGuard[os.PathLike[str]]:
    return isinstance(value, os.PathLike)


def try_attribute(instance: Any, name: str, default: Any = None) -> Any:
    """Return an attribute that may raise, such as a body that was not read."""
    try:
        return getattr(instance, name, default)
    except Exception:  # noqa: BLE001 - clients raise any exception
        return default


def first_attribute(instance: Any, names: Iterable[str]) -> Any:
    found = (getattr(instance, name, None) for name in names)
    return next((value for value in found if value is not None), None)


def _pairs(headers: Any) -> list[tuple[str, str]]:
    items = headers.items() if hasattr(headers, "items") else headers
    return [(_text(name), _text(value)) for name, value in items]


def _text(value: Any) -> str:
    """Return the text of a header or response, without lone surrogates."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return str(value).encode("utf-8", "replace").decode()


def decode(body: bytes | bytearray | memoryview) -> str:
    """Return the text of a body or file, up to the limit."""
    data = bytes(body[:MAX_GIVEN_BYTES])
    # PowerShell writes files in UTF-16. Read as UTF-8, names of secrets would not be found in them.
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return data.decode(encoding, "replace")
