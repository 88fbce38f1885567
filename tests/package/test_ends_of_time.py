"""The first and the last second that a datetime can represent, wherever a time is passed."""

from __future__ import annotations

import datetime as dt

import pytest

from rsigv4 import Credentials, Signer, Verifier
from rsigv4.exceptions import InvalidCredentialsError, InvalidRequestError
from support.signing import ACCESS_KEY, CREDENTIALS, MOMENT, SECRET, check_message
from support.verifying import URL, arrived, signed

#: The first and the last second that a datetime can represent.
FIRST, LAST = -62_135_596_800, 253_402_300_799


@pytest.mark.parametrize(
    "expires_at",
    [
        FIRST - 1,
        FIRST - 0.5,
        -62_167_219_200,
        LAST + 1,
        dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=1))),
        dt.datetime.max.replace(tzinfo=dt.timezone(-dt.timedelta(seconds=1))),
    ],
)
def test_expiry_outside_the_range_of_datetime_is_refused(expires_at):
    with pytest.raises(InvalidCredentialsError) as caught:
        Credentials(ACCESS_KEY, SECRET, expires_at=expires_at)
    check_message(caught.value, "expires_at")
    with pytest.raises(InvalidRequestError, match=r"^time "):
        Signer(CREDENTIALS, "us-east-1", "es").sign("GET", URL, time=expires_at)


@pytest.mark.parametrize(
    ("expires_at", "kept"),
    [
        (FIRST, dt.datetime(1, 1, 1, tzinfo=dt.timezone.utc)),
        (LAST, dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.timezone.utc)),
        (LAST + 0.5, dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.timezone.utc)),
        # A float is not precise enough for these microseconds.
        (
            dt.datetime.max.replace(tzinfo=dt.timezone.utc),
            dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.timezone.utc),
        ),
    ],
)
def test_first_and_last_expiry_can_be_used(expires_at, kept):
    credentials = Credentials(ACCESS_KEY, SECRET, expires_at=expires_at)
    assert credentials.expires_at == kept
    assert repr(credentials)
    request = signed()
    if kept.year == 9999:
        assert request.verified(Verifier(lambda _: credentials)).signed_at == MOMENT


@pytest.mark.parametrize(
    "moment",
    [
        dt.datetime.min.replace(tzinfo=dt.timezone.utc),
        dt.datetime.max.replace(tzinfo=dt.timezone.utc),
    ],
)
def test_request_at_either_end_of_the_range_is_verified(moment):
    second = moment.replace(microsecond=0)
    signer = Signer(CREDENTIALS, "us-east-1", "execute-api")
    added = signer.sign("GET", URL, time=moment)
    assert added["X-Amz-Date"] == f"{moment.year:04}{moment:%m%dT%H%M%SZ}"
    assert arrived("GET", URL, added=added, time=moment).verified().signed_at == second
    url = signer.presign("GET", URL, expires_in=60, time=moment)
    identity = arrived("GET", url, time=moment).verified()
    assert identity.signed_at == second
    # No datetime is later than the last one.
    assert identity.expires_at == (second if moment.year == 9999 else second + dt.timedelta(0, 60))
