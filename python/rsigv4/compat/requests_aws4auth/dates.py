"""The formats of dates in headers."""

from __future__ import annotations

import datetime as dt
import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from rsigv4.compat.requests_aws4auth.exceptions import DateFormatError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["amz_date_of", "iso_date_of"]

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def _month(name: str) -> str:
    return f"{_MONTHS.index(name.lower()) + 1:02}"


#: Patterns, and what turns their groups into an ISO 8601 date.
_FORMATS: list[tuple[str, Callable[[tuple[str, ...]], str]]] = [
    # RFC 9110: Mon, 09 Sep 2011 23:36:00 GMT
    (
        r"(?:\w{3}, )?(\d{2}) (\w{3}) (\d{4})\D.*",
        lambda found: f"{found[2]}-{_month(found[1])}-{found[0]}",
    ),
    # RFC 850: Sunday, 06-Nov-94 08:49:37 GMT, in this century
    (
        r"\w+day, (\d{2})-(\w{3})-(\d{2})\D.*",
        lambda found: (
            f"{dt.date.today().year // 100}{found[2]}-{_month(found[1])}-{found[0]}"  # noqa: DTZ011 - its century
        ),
    ),
    # asctime: Wed Dec 4 00:00:00 2002
    (
        r"\w{3} (\w{3}) (\d{1,2}) \d{2}:\d{2}:\d{2} (\d{4})",
        lambda found: f"{found[2]}-{_month(found[0])}-{int(found[1]):02}",
    ),
    # X-Amz-Date: 20100325T010101Z
    (r"(\d{4})(\d{2})(\d{2})T\d{6}Z", "-".join),
    # ISO 8601: 2009-03-25T10:11:12.13-01:00
    (r"(\d{4}-\d{2}-\d{2})(?:[Tt].*)?", "".join),
]


def iso_date_of(text: str) -> str:
    """
    Return the date in a text as ``YYYY-MM-DD``.

    Raises:
        DateFormatError: The text has none of the known formats.
        ValueError: It has one, but the month is not a month.

    """
    for pattern, convert in _FORMATS:
        found = re.fullmatch(pattern, text)
        if found:
            return convert(found.groups())
    raise DateFormatError("the text has none of the known formats, such as 20261130T120000Z")


def amz_date_of(text: str) -> str | None:
    """Return the time in a text as ``X-Amz-Date``, or None if it is not in a known format."""
    time = None
    for parse in (_parse_iso, parsedate_to_datetime, _parse_asctime):
        try:
            time = parse(text)
        except (TypeError, ValueError):
            continue
        break
    if time is None:
        return None
    # A time without a zone is in UTC.
    if time.tzinfo is not None:
        time = time.astimezone(dt.timezone.utc)
    return time.strftime("%Y%m%dT%H%M%SZ")


def _parse_iso(text: str) -> dt.datetime:
    if re.fullmatch(r"\d{8}T\d{6}Z", text):
        return dt.datetime.strptime(text, "%Y%m%dT%H%M%SZ")  # noqa: DTZ007 - in UTC
    # Python before 3.11 can't parse Z, nor fractions with other than three or six digits.
    text = re.sub(r"\.\d+", "", text.upper()).replace("Z", "+00:00")
    return dt.datetime.fromisoformat(text)


def _parse_asctime(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, "%a %b %d %H:%M:%S %Y")  # noqa: DTZ007 - in UTC
