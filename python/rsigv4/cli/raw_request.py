"""Requests as they are written down: as HTTP/1.1 sends them, or as ``curl -v`` shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RawRequest", "read_request", "split_transcript"]

_MAX_HEAD_BYTES = 256 * 1024
_CHUNK_BYTES = 64 * 1024

_REQUEST_LINE = re.compile(r"([!-~]+) (\S+) HTTP/[0-9.]+ ?")
_STATUS_LINE = re.compile(r"HTTP/[0-9.]+ \d{3}.*")
#: What curl says of its own, and of how much has come.
_NOISE = re.compile(
    r"\* .*|[{}] \[\d+ bytes data\]|.*--:--:--.*|\s*% Total .*|\s*Dload .*|[<>]|[<>] .*"
)


@dataclass(frozen=True)
class RawRequest:
    """
    A request that someone has sent.

    Attributes:
        method: As sent.
        url: All of it; its host is that of the header.
        headers: Pairs as sent.
        body: The file that has it, at its beginning; it is read once.

    """

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: Iterator[bytes]


def read_request(file: BinaryIO) -> RawRequest:
    """
    Read the head of a request from a file, whose rest is the body.

    Raises:
        UsageError: The file is not a request, or has no header ``Host``.

    """
    method, url, headers = _parse_head(list(_head_lines(file)))
    lowercase = {name.lower(): value for name, value in headers}
    if "chunked" in lowercase.get("transfer-encoding", "").lower():
        raise click.UsageError(
            "the request has a body with Transfer-Encoding: chunked: save it with Content-Length"
        )
    length = lowercase.get("content-length", "")
    return RawRequest(
        method, url, headers, _body(file, int(length) if length.isdecimal() else None)
    )


def split_transcript(text: str) -> tuple[str, tuple[str, str, list[tuple[str, str]]] | None]:
    """
    Return the response in a text, and the head of the request if ``curl -v`` shows it.

    Raises:
        UsageError: What is shown of the request makes no sense.

    """
    lines = text.splitlines()
    sent = [line[2:] for line in lines if line.startswith("> ")]
    received = [line[2:] for line in lines if line.startswith("< ")]
    if not sent or not received:
        return text, None
    body = [line for line in lines if not _NOISE.fullmatch(line)]
    # Of more than one exchange, the last is the one that counts.
    request = _last_head(sent, _REQUEST_LINE)
    return "\n".join([*_last_head(received, _STATUS_LINE), "", *body]), _parse_head(request)


def _last_head(lines: list[str], first_line: re.Pattern[str]) -> list[str]:
    starts = [number for number, line in enumerate(lines) if first_line.fullmatch(line)]
    return [line for line in lines[starts[-1] if starts else 0 :] if line.strip()]


def _head_lines(file: BinaryIO) -> Iterator[str]:
    size = 0
    while line := file.readline(_MAX_HEAD_BYTES):
        size += len(line)
        if size > _MAX_HEAD_BYTES:
            raise click.UsageError(f"the request's head is longer than {_MAX_HEAD_BYTES} bytes")
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if not text:
            return
        yield text


def _parse_head(lines: list[str]) -> tuple[str, str, list[tuple[str, str]]]:
    matched = _REQUEST_LINE.fullmatch(lines[0]) if lines else None
    if matched is None:
        raise click.UsageError(
            "the request does not begin with a line such as 'GET /path HTTP/1.1'"
        )
    headers: list[tuple[str, str]] = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise click.UsageError("the request has a line among its headers that has no colon")
        headers.append((name.strip(), value.strip()))
    method, target = matched.groups()
    if "://" in target:
        return method, target, headers
    host = next((value for name, value in headers if name.lower() == "host"), "")
    if not host:
        raise click.UsageError("the request has no header Host, which is signed")
    return method, f"https://{host}{target}", headers


def _body(file: BinaryIO, length: int | None) -> Iterator[bytes]:
    """Yield what follows the head, as long as the request says; the rest is an editor's."""
    while length is None or length > 0:
        chunk = file.read(_CHUNK_BYTES if length is None else min(length, _CHUNK_BYTES))
        if not chunk:
            break
        yield chunk
        if length is not None:
            length -= len(chunk)
    if length:
        raise click.UsageError(f"the request's body is {length} bytes shorter than it says")
