"""The formats of dates in headers."""

from __future__ import annotations

import datetime as dt
import re
from email.utils import parsedate_to_datetime

from rsigv4.compat.requests_aws4auth.exceptions import DateFormatError

__all__ = ["amz_date_of", "iso_date_of"]

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_FORMATS = (
    # RFC 9110: Mon, 09 Sep 2011 23:36:00 GMT
    r"(?:\w{3}, )?(?P<day>\d{2}) (?P<month>\w{3}) (?P<year>\d{4})\D.*",
    # RFC 850: Sunday, 06-Nov-94 08:49:37 GMT, in this century
    r"\w+day, (?P<day>\d{2})-(?P<month>\w{3})-(?P<year>\d{2})\D.*",
    # asctime: Wed Dec 4 00:00:00 2002
    r"\w{3} (?P<month>\w{3}) (?P<day>\d{1,2}) \d{2}:\d{2}:\d{2} (?P<year>\d{4})",
    # X-Amz-Date: 20100325T010101Z
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})T\d{6}Z",
    # ISO 8601: 2009-03-25T10:11:12.13-01:00
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?:[Tt].*)?",
)


def iso_date_of(text: str) -> str:
    """
    Return the date in a text as ``YYYY-MM-DD``.

    Raises:
        DateFormatError: The text has none of the known formats.
        ValueError: It has one, but the month is not a month.

    """
    for pattern in _FORMATS:
        found = re.fullmatch(pattern, text)
        if found:
            month, year = found["month"].lower(), found["year"]
            month = month if month.isdigit() else f"{_MONTHS.index(month) + 1:02}"
            century = str(dt.date.today().year)[:2]  # noqa: DTZ011 - only its century
            return f"{year if len(year) > 2 else century + year}-{month}-{int(found['day']):02}"  # noqa: PLR2004
    raise DateFormatError("the text has none of the known formats, such as 20261130T120000Z")


def amz_date_of(text: str) -> str | None:
    """Return the time in a text as ``X-Amz-Date``, or None if it is not in a known format."""
    try:
        iso_date_of(text)
        if not text[:4].isdigit():
            time = parsedate_to_datetime(text)
        else:
            # Python before 3.11 can't parse the basic format or Z, nor each number of digits after
            # the point.
            text = re.sub(r"^(....)(..)(..T..)(..)(..Z)$", r"\1-\2-\3:\4:\5", text.upper())
            text = re.sub(r"\.\d+", "", text)
            time = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
        # A time without a zone is in UTC.
        utc = time if time.tzinfo is None else time.astimezone(dt.timezone.utc)
    except (DateFormatError, OverflowError, TypeError, ValueError):
        return None
    return f"{utc:%Y%m%dT%H%M%SZ}"
