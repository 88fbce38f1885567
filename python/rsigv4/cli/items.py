r"""
HTTPie's shorthand for what is in a request.

    Name:value    a header; ``Name:`` sends none, ``Name;`` an empty one
    name==value   a parameter of the query
    name=value    a field of the JSON object or of the form
    name:=json    a field of the JSON object that is not text
    name=@file    a field with the text of a file; name:=@file with its JSON
    name@file     a file to upload with a form
    @file         the body; ``@-`` is standard input

A backslash takes the meaning from the character behind it: ``a\:b=c``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rsigv4._core import redact_url

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = [
    "METHOD",
    "USUAL_METHODS",
    "Items",
    "check_url",
    "parse_header",
    "parse_items",
    "split_method",
]

# The longer of two that begin at the same place comes first. What is escaped is skipped.
_ITEM = re.compile(r"((?:\\.|;(?!\Z)|[^\\:=@;])*)(:=@|=@|:=|==|:|=|@|;)(.*)", re.DOTALL)
_ESCAPED = re.compile(r"\\([\\:=@;])")

#: Of those that HTTP allows, the ones that nobody takes for a URL.
METHOD = re.compile("[A-Za-z][A-Za-z-]*")
USUAL_METHODS = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
_URL = re.compile("https?://[^/?#]", re.IGNORECASE)
#: A token of RFC 9110, section 5.6.2.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass
class Items:
    """
    What the shorthand says.

    Attributes:
        headers: A value of None takes the header away.
        query: Names and values.
        fields: Names and values of the body; only text but for JSON.
        files: Names of fields and paths of files, for forms.
        body: The path of a file that is the body, or ``-``.

    """

    headers: list[tuple[str, str | None]]
    query: list[tuple[str, str]]
    fields: list[tuple[str, Any]]
    files: list[tuple[str, str]]
    body: str | None = None


def split_method(arguments: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """
    Return the method, if the arguments begin with one, and the rest, which begins with a URL.

    Raises:
        UsageError: There is no URL.

    """
    if arguments and not METHOD.fullmatch(arguments[0]):
        return None, arguments
    if len(arguments) > 1:
        return arguments[0].upper(), arguments[1:]
    message = "the URL is missing"
    if arguments:
        # Anyone may invent a method, so it may be one or the name of a host.
        message += f", as {arguments[0]!r} is taken for the method: a URL begins with https://"
    raise click.UsageError(message, click.get_current_context(silent=True))


def check_url(text: str) -> None:
    """
    Check that a text is a URL that can be signed as it is.

    Raises:
        UsageError: It isn't one of http, has no host, or has a fragment.

    """
    if not _URL.match(text):
        raise click.UsageError(
            f"{redact_url(text)!r} is not a URL: pass all of it, such as https://example.com/path"
        )
    if "#" in text:
        raise click.UsageError(
            "the URL has a '#', and what follows it is never sent: write %23 for a '#' of the path "
            "or query, or leave the fragment out"
        )


def parse_items(texts: Iterable[str]) -> Items:
    """
    Sort the shorthand by what it stands for.

    Raises:
        UsageError: An item can't be parsed, or a file that it names can't be read.

    """
    items = Items([], [], [], [])
    for text in texts:
        matched = _ITEM.fullmatch(text)
        if matched is None:
            if text.upper() in USUAL_METHODS:
                raise click.UsageError(f"METHOD goes before URL: pass {text.upper()} URL")
            raise click.UsageError(
                f"can't parse item {text!r}: pass Name:value, name=value, name:=json, name==value, "
                "name@file or @file"
            )
        name, separator, value = _ESCAPED.sub(r"\1", matched[1]), matched[2], matched[3]
        if separator in {":", ";"}:
            items.headers.append(_header(name, value, empty=separator == ";"))
        elif separator == "==":
            items.query.append((name, value))
        elif separator == "@":
            _add_file(items, name, value)
        else:
            items.fields.append((name, _field(text, separator, value)))
    return items


def parse_header(text: str) -> tuple[str, str | None]:
    """
    Read a header as curl's ``-H`` takes it, which is as the shorthand has it.

    Raises:
        UsageError: The text is not a header.

    """
    name, separator, value = text.partition(":")
    if separator:
        return _header(name, value, empty=False)
    if text.endswith(";"):
        return _header(text[:-1], "", empty=True)
    raise click.UsageError("-H takes a header such as 'Name: value'; this one has no colon")


def _header(name: str, value: str, *, empty: bool) -> tuple[str, str | None]:
    if not _HEADER_NAME.fullmatch(name):
        raise click.UsageError(f"{name!r} is not a header name")
    value = value.strip(" \t")
    if _CONTROLS.search(value):
        raise click.UsageError(
            f"the header {name} has a line break or another control character in its value: "
            "remove it"
        )
    return name, value if value or empty else None


def _add_file(items: Items, name: str, path: str) -> None:
    if name:
        items.files.append((name, path))
    elif items.body is None:
        items.body = path
    else:
        raise click.UsageError("@file is given twice: a request has one body")


def _field(text: str, separator: str, value: str) -> Any:
    if separator.endswith("@"):
        try:
            value = Path(value).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise click.UsageError(f"{text}: {_reason(error)}") from None
    if not separator.startswith(":"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise click.UsageError(
            f"{text!r} has no JSON after :=, such as 1, true or [1, 2]; text goes after ="
        ) from None


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "is not UTF-8 text"
