"""The exchange as it goes over the wire, as curl's ``-v`` shows it, but without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rsigv4._core import redact_header, redact_url
from rsigv4.cli.terminal import printable, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import httpx

    from rsigv4.cli.bodies import Body

__all__ = ["request_lines", "show_request", "show_response"]

_MAX_SHOWN_BYTES = 64 * 1024


def show_request(request: httpx.Request, body: Body | None) -> None:
    """Show what is about to be sent."""
    _show(">", request_lines(request, body))


def request_lines(request: httpx.Request, body: Body | None) -> Iterator[str]:
    """Yield the lines of the request, without secrets."""
    target = redact_url(request.url.raw_path.decode("ascii", "replace"))
    yield from _head(f"{request.method} {target} HTTP/1.1", request.headers)
    # A redirect may have dropped it.
    if body is not None and request.headers.get("Content-Length", "0") != "0":
        for line in _shown_body(body).splitlines():
            yield printable(line)


def show_response(response: httpx.Response) -> None:
    """Show the head of what has come."""
    status = f"{response.http_version} {response.status_code} {response.reason_phrase}"
    _show("<", _head(status, response.headers))


def _show(mark: str, lines: Iterator[str]) -> None:
    say(f"{mark} {next(lines)}", bold=True)
    for line in lines:
        say(f"{mark} {line}" if line else mark)


def _head(first_line: str, headers: httpx.Headers) -> Iterator[str]:
    yield printable(first_line)
    for name, value in _pairs(headers):
        yield f"{name}: {redact_header(name, value)}"
    yield ""


def _pairs(headers: httpx.Headers) -> Iterable[tuple[str, str]]:
    for name, value in headers.raw:
        yield name.decode("ascii", "replace"), value.decode("utf-8", "replace")


def _shown_body(body: Body) -> str:
    content = body.content
    if not isinstance(content, bytes):
        return f"[{content.size} bytes{f' of {body.path}' if body.path else ''}]"
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or len(content) > _MAX_SHOWN_BYTES:
        return f"[{len(content)} bytes]"
    return text
