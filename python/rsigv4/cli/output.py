"""What the command shows of responses, of requests without secrets, and of explanations."""

from __future__ import annotations

import codecs
import json
import sys
from itertools import chain
from typing import TYPE_CHECKING, Any, TextIO

import click

from rsigv4._core import redact_canonical_request, redact_header, redact_url
from rsigv4.cli.bodies import is_stdout, writing
from rsigv4.cli.failures import Failure, Status
from rsigv4.cli.terminal import console, has_colour, is_terminal, printable, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import httpx

    from rsigv4._core import Explanation
    from rsigv4.cli.bodies import Body
    from rsigv4.cli.terminal import Progress

__all__ = [
    "head",
    "request_lines",
    "save",
    "show",
    "show_explanation",
    "show_request",
    "show_response",
    "show_rows",
    "show_section",
    "show_stages",
]

#: What is longer is shown as it comes, since it has to be in memory to be formatted.
_MAX_FORMATTED_BYTES = 1024 * 1024

_MAX_SHOWN_BYTES = 64 * 1024

#: How the text of an explanation begins its lines, and how they look.
_STYLES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("    signed:", {"fg": "red"}),
    ("    expected:", {"fg": "green"}),
    ("     ", {"fg": "yellow", "bold": True}),
    ("  ", {"bold": True}),
    ("Change:", {"fg": "cyan"}),
)


def head(response: httpx.Response) -> bytes:
    """Return the status line and the headers, as they came."""
    lines = [f"{response.http_version} {response.status_code} {response.reason_phrase}".encode()]
    lines += [name + b": " + value for name, value in response.headers.raw]
    return b"".join(line + b"\r\n" for line in [*lines, b""])


def show(response: httpx.Response, stream: TextIO, heads: bytes = b"") -> None:
    """
    Write the body to a stream: formatted for a person, or as it came for a pipe.

    Args:
        response: The response.
        stream: Where it goes.
        heads: What goes before the body.

    Raises:
        Failure: The body is not text, and the stream is a terminal.

    """
    if not is_terminal(stream):
        stream.flush()
        stream.buffer.write(heads)
        for chunk in _content(response):
            stream.buffer.write(chunk)
        stream.buffer.flush()
        return
    stream.write(printable(heads.decode("utf-8", "replace")))
    chunks = response.iter_bytes()
    start = b""
    for chunk in chunks:
        start += chunk
        if len(start) > _MAX_FORMATTED_BYTES:
            break
    if b"\0" in start:
        raise Failure(Status.WRITE, "the body is not text: save it with -o FILE")
    if len(start) <= _MAX_FORMATTED_BYTES and _show_json(start, stream):
        return
    last = "\n"
    for decoded in codecs.iterdecode(chain([start], chunks), "utf-8", "replace"):
        text = printable(decoded)
        stream.write(text)
        last = text[-1:] or last
    stream.write("" if last == "\n" else "\n")
    stream.flush()


def _show_json(body: bytes, stream: TextIO) -> bool:
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (RecursionError, ValueError):
        return False
    from rich.highlighter import JSONHighlighter  # noqa: PLC0415 - for terminals only

    console(stream).print(JSONHighlighter()(printable(text)))
    return True


def save(response: httpx.Response, path: str, progress: Progress, heads: bytes = b"") -> None:
    """
    Write the body to a file, which appears when it is complete.

    Raises:
        Failure: The file can't be written.

    """
    length = response.headers.get("Content-Length", "")
    # A bar would be in the midst of a body that goes to the terminal.
    if not (is_stdout(path) and is_terminal(sys.stdout)):
        progress.begin("receiving", int(length) if length.isdecimal() else None)
    written = 0
    with writing(path) as file:
        file.write(heads)
        for chunk in _content(response):
            file.write(chunk)
            written += len(chunk)
            progress.advance_to(written)


def _content(response: httpx.Response) -> Iterator[bytes]:
    """Yield the body as it arrived, still encoded."""
    if response.is_stream_consumed:
        return iter([response.content])
    return response.iter_raw()


def show_stages(canonical_request: str, string_to_sign: str) -> None:
    """Print the canonical request, without secrets, and the string to sign."""
    show_section("canonical request", redact_canonical_request(canonical_request))
    click.echo()
    show_section("string to sign", string_to_sign)


def show_section(title: str, text: str) -> None:
    """Print a text, which has no secrets, under its title."""
    heading = f"--- {title} ---"
    click.echo(click.style(heading, bold=True) if has_colour(sys.stdout) else heading)
    click.echo(printable(text))


def show_rows(rows: dict[str, str | None]) -> None:
    """Print names and values, one a line; None has no line."""
    width = max(map(len, rows)) + 2
    for name, value in rows.items():
        if value is not None:
            click.echo(printable(f"{name + ':':{width}}{value}"))


def show_request(request: httpx.Request, body: Body | None) -> None:
    """Show what is about to be sent."""
    _say_lines(">", request_lines(request, body))


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
    _say_lines("<", _head(status, response.headers))


def _say_lines(mark: str, lines: Iterator[str]) -> None:
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


def show_explanation(explanation: Explanation, stream: TextIO) -> None:
    """Write an explanation to a stream."""
    lines = printable(str(explanation)).splitlines()
    if has_colour(stream):
        lines = [_styled(line, is_first=number == 0) for number, line in enumerate(lines)]
    # What may be coloured was found out above, with more care than click has.
    click.echo("\n".join(lines), file=stream, color=True)


def _styled(line: str, *, is_first: bool) -> str:
    if is_first:
        return click.style(line, bold=True)
    for start, style in _STYLES:
        if line.startswith(start):
            return click.style(line, **style)
    return line
