"""Requests as they are written down: as HTTP/1.1 sends them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["REQUEST_LINE", "RawRequest", "parse_head", "read_request"]

_MAX_HEAD_BYTES = 256 * 1024
_CHUNK_BYTES = 64 * 1024

REQUEST_LINE = re.compile(r"([!-~]+) (\S+) HTTP/[0-9.]+ ?")


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
    method, url, headers = parse_head(list(_head_lines(file)))
    lowercase = {name.lower(): value for name, value in headers}
    if "chunked" in lowercase.get("transfer-encoding", "").lower():
        raise click.UsageError(
            "the request has a body with Transfer-Encoding: chunked: save it with Content-Length"
        )
    length = lowercase.get("content-length", "")
    return RawRequest(
        method, url, headers, _body(file, int(length) if length.isdecimal() else None)
    )


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


def parse_head(lines: list[str]) -> tuple[str, str, list[tuple[str, str]]]:
    """
    Return the method, the URL and the headers.

    Raises:
        UsageError: The lines are not the head of a request.

    """
    matched = REQUEST_LINE.fullmatch(lines[0]) if lines else None
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
