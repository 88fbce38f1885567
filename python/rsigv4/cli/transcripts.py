"""
What clients print of a request and its response: curl, awscurl, HTTPie and Postman.

Of more than one exchange, the last is the one that counts.
"""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING, TypeVar, cast

import click

from rsigv4.cli.raw_request import REQUEST_LINE, parse_head

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    #: Method, URL and headers.
    Head = tuple[str, str, list[tuple[str, str]]]
    #: The text of the response, and the request if it is shown.
    Exchange = tuple[str, Head | None]

__all__ = ["split_transcript"]

_T = TypeVar("_T")

_STATUS_LINE = re.compile(r"HTTP/[0-9.]+ \d{3}.*")

#: What curl -v says of its own, and of how much has come.
_NOISE = re.compile(
    r"\* .*|[{}] \[\d+ bytes data\]|.*--:--:--.*|\s*% Total .*|\s*Dload .*|[<>]|[<>] .*"
)
#: Follows a body that doesn't end with a line break.
_AFTER_BODY = re.compile(r"\* (?:Connection #\d+ to host|Closing connection) .*$", re.MULTILINE)

#: curl's --trace-ascii, perhaps with --trace-time.
_TRACE_SECTION = re.compile(r"(?:[\d:.]+ )?(?:==|(=>|<=)) (Info:|Send \w+|Recv \w+).*")
_TRACE_LINE = re.compile(r"([0-9a-f]{4,}): (.*)")
_TRACE_MARKS = {"Send header": "> ", "Recv header": "< ", "Recv data": ""}

_AWSCURL = re.compile(
    r"^(?P<headers>\{.*'Authorization': .*\})\n'\\nBEGIN REQUEST\+*'\n"
    r"'Request URL = (?P<url>.*)'\n'\\nRESPONSE\+*'\n'Response code: (?P<status>\d+)\\n'\n",
    re.MULTILINE,
)
_AWSCURL_METHOD = re.compile(r"CANONICAL REQUEST = ([A-Z]+)")

#: An entry as Postman's console copies it, whose rest is JSON.
_POSTMAN = re.compile(r"^([A-Z]+) (https?://.*): (?=\{$)", re.MULTILINE)


def split_transcript(text: str) -> Exchange:
    """
    Return the response in a text, and the head of the request if the text shows it.

    Raises:
        UsageError: What is shown of the request makes no sense.

    """
    text = text.replace("\r\n", "\n")
    for read in (_trace, _curl, _awscurl, _postman, _raw):
        found = read(text)
        if found is not None:
            return found
    return text, None


def _trace(text: str) -> Exchange | None:
    """Read a trace of curl as if it were what ``-v`` prints."""
    lines: list[str] = []
    mark: str | None = None
    end: int | None = None
    for line in text.split("\n"):
        section, content = _TRACE_SECTION.fullmatch(line), _TRACE_LINE.fullmatch(line)
        if section is not None:
            previous, mark = mark, _TRACE_MARKS.get(section[2])
            # A body goes on in its next piece.
            end = 0 if mark == previous == "" else None
        elif content is not None and mark is not None:
            offset = int(content[1], 16)
            # A line that is too long goes on at the next offset; a line break takes two more.
            if offset == end:
                lines[-1] += content[2]
            else:
                lines.append(mark + content[2])
            end = offset + len(content[2])
    return _curl("\n".join(lines)) if lines else None


def _curl(text: str) -> Exchange | None:
    lines = _AFTER_BODY.sub("", text).split("\n")
    last = _last(i for i, line in enumerate(lines) if REQUEST_LINE.fullmatch(line[2:]))
    if last is None or not lines[last].startswith("> "):
        return None
    lines = lines[last:]
    sent = [line[2:] for line in lines if line.startswith("> ")]
    received = [line[2:] for line in lines if line.startswith("< ")]
    if not received:
        return None
    # A response such as 100 may come before the one that counts.
    first = _last(i for i, line in enumerate(received) if _STATUS_LINE.fullmatch(line)) or 0
    body = [line for line in lines if not _NOISE.fullmatch(line)]
    head = [line for line in received[first:] if line.strip()]
    return "\n".join([*head, "", *body]), parse_head([line for line in sent if line.strip()])


def _awscurl(text: str) -> Exchange | None:
    """Read what ``awscurl -v`` prints, whose headers are Python's."""
    exchange = _last(_AWSCURL.finditer(text))
    if exchange is None:
        return None
    response = [f"HTTP/1.1 {exchange['status']}"]
    body: list[str] = []
    for line in text[exchange.end() :].split("\n"):
        if len(response) == 1 and (headers := _python_headers(line)):
            response += [f"{name}: {value}" for name, value in headers]
        elif line != "''":
            body.append(line)
    method = _last(_AWSCURL_METHOD.finditer(text[: exchange.start()]))
    sent = _python_headers(exchange["headers"])
    if not any(name.lower() == "host" for name, _value in sent):
        sent.append(("Host", exchange["url"].partition("://")[2].partition("/")[0]))
    request = (method[1] if method else "GET", exchange["url"], sent)
    return "\n".join([*response, "", *body]), request


def _python_headers(text: str) -> list[tuple[str, str]]:
    try:
        value: object = ast.literal_eval(text)
    except (MemoryError, RecursionError, SyntaxError, ValueError):
        return []
    return _headers(value)


def _postman(text: str) -> Exchange | None:
    """Read an entry of Postman's console, which has no status."""
    entry = _last(_POSTMAN.finditer(text))
    if entry is None:
        return None
    try:
        found: dict[str, Any]
        found, _end = json.JSONDecoder(strict=False).raw_decode(text, entry.end())
    except (RecursionError, ValueError):
        return None
    sent = _headers(found.get("Request Headers"))
    if not any(name.lower() == "host" for name, _value in sent):
        sent.append(("Host", entry[2].partition("://")[2].partition("/")[0]))
    return str(found.get("Response Body", "")), (entry[1], entry[2], sent)


def _headers(value: Any) -> list[tuple[str, str]]:
    if not isinstance(value, dict):
        return []
    headers = cast("dict[object, object]", value)
    return [(str(name), str(content)) for name, content in headers.items()]


def _raw(text: str) -> Exchange | None:
    """Read a request and its response, one after the other, as Postman's raw log and HTTPie do."""
    lines = [line if line.strip() else "" for line in text.split("\n")]
    first = _last(i for i, line in enumerate(lines) if _STATUS_LINE.fullmatch(line))
    start = _last(i for i, line in enumerate(lines[:first]) if REQUEST_LINE.fullmatch(line))
    if first is None or start is None:
        return None
    end = lines.index("", start) if "" in lines[start:first] else first
    response = "\n".join(lines[first:])
    try:
        return response, parse_head(lines[start:end])
    except click.UsageError:
        # What stands before the response need not be a request.
        return response, None


def _last(found: Iterable[_T]) -> _T | None:
    last = None
    for last in found:  # noqa: B007 - the last is wanted
        pass
    return last
