"""Where the body of a response goes: to a person, to a pipe as it came, or to a file."""

from __future__ import annotations

import codecs
import json
from itertools import chain
from typing import TYPE_CHECKING, TextIO

from rsigv4.cli.failures import Failure, Status
from rsigv4.cli.files import writing
from rsigv4.cli.terminal import console, is_terminal, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from rsigv4.cli.progress import Progress

__all__ = ["save", "show"]

#: What is longer is shown as it comes, since it has to be in memory to be formatted.
_MAX_FORMATTED_BYTES = 1024 * 1024


def show(response: httpx.Response, stream: TextIO) -> None:
    """
    Write the body to a stream: formatted for a person, or as it came for a pipe.

    Raises:
        Failure: It is no text, and the stream is a terminal.

    """
    if not is_terminal(stream):
        stream.flush()
        for chunk in _content(response):
            stream.buffer.write(chunk)
        stream.buffer.flush()
        return
    chunks = response.iter_bytes()
    start = b""
    for chunk in chunks:
        start += chunk
        if len(start) > _MAX_FORMATTED_BYTES:
            break
    if b"\0" in start:
        raise Failure(Status.WRITE, "the body is no text: save it with -o FILE")
    if len(start) <= _MAX_FORMATTED_BYTES and _show_json(start, stream):
        return
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = ""
    for chunk in chain([start], chunks):
        text = printable(decoder.decode(chunk))
        stream.write(text)
    if text and not text.endswith("\n"):
        stream.write("\n")
    stream.flush()


def _show_json(body: bytes, stream: TextIO) -> bool:
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (RecursionError, ValueError):
        return False
    from rich.highlighter import JSONHighlighter  # noqa: PLC0415 - for terminals only

    console(stream).print(JSONHighlighter()(printable(text)))
    return True


def save(response: httpx.Response, path: str, progress: Progress) -> None:
    """
    Write the body to a file, which appears when it is complete.

    Raises:
        Failure: The file can't be written.

    """
    length = response.headers.get("Content-Length", "")
    progress.begin("receiving", int(length) if length.isdecimal() else None)
    written = 0
    with writing(path) as file:
        for chunk in _content(response):
            file.write(chunk)
            written += len(chunk)
            progress.advance_to(written)


def _content(response: httpx.Response) -> Iterator[bytes]:
    """Yield the body as it came, whatever it is encoded with, as for a tool that knows."""
    if response.is_stream_consumed:
        return iter([response.content])
    return response.iter_raw()
