"""The time that `Signer` signs, and the clock that it reads by default."""

from __future__ import annotations

import datetime as dt
import time
from unittest import mock

import freezegun
import pytest
import time_machine

from support.signing import AMZ_DATE, MOMENT, URL, signer_of


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (MOMENT, AMZ_DATE),
        (MOMENT.astimezone(dt.timezone(dt.timedelta(hours=-7, minutes=-30))), AMZ_DATE),
        (MOMENT.replace(microsecond=999_999), AMZ_DATE),
        (1_440_938_160, AMZ_DATE),
        (1_440_938_160.999, AMZ_DATE),
        (0, "19700101T000000Z"),
        (-0.5, "19691231T235959Z"),
        (dt.datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=dt.timezone.utc), "19691231T235959Z"),
        (951_782_400, "20000229T000000Z"),
        (dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.timezone.utc), "99991231T235959Z"),
        (253_402_300_799, "99991231T235959Z"),
    ],
)
def test_time_is_signed_in_utc_with_whole_seconds(moment, expected):
    headers = signer_of().sign("GET", URL, time=moment)
    assert headers["X-Amz-Date"] == expected
    assert f"/{expected[:8]}/us-east-1/" in headers["Authorization"]
    string_to_sign = signer_of().string_to_sign("GET", URL, time=moment)
    assert string_to_sign.split("\n")[1] == expected


def test_default_time_is_now():
    before = time.time()
    headers = signer_of().sign("GET", URL, time=None)
    signed_at = dt.datetime.strptime(headers["X-Amz-Date"] + "+0000", "%Y%m%dT%H%M%SZ%z")
    assert int(before) <= signed_at.timestamp() <= time.time()


@pytest.mark.parametrize(
    "freeze",
    [
        lambda: freezegun.freeze_time(MOMENT),
        lambda: time_machine.travel(MOMENT, tick=False),
        lambda: mock.patch("time.time", return_value=MOMENT.timestamp()),
    ],
    ids=["freezegun", "time-machine", "mock"],
)
def test_frozen_clock_is_used(freeze):
    signer = signer_of()
    with freeze():
        assert signer.sign("GET", URL) == signer.sign("GET", URL, time=MOMENT)
    assert signer.sign("GET", URL)["X-Amz-Date"] > AMZ_DATE
