"""The drop-in's clock can be frozen in every usual way, and doesn't emit deprecation warnings."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import textwrap
from types import SimpleNamespace
from unittest import mock

import freezegun
import pytest
import requests
import time_machine

from support.drop_in import (
    ACCESS_KEY,
    HOST,
    NOW,
    REGION,
    SECRET,
    botocore_request,
    botocore_signature,
    clock_at,
    ours,
    signature_of,
)

#: The signature that the original's own tests expect at this time.
AMZ_DATE = "20160618T220405Z"
SIGNATURE = "ca0a856286efce2a4bd96a978ca6c8966057e53184776c0685169d08abd74739"


def sign():
    """Return the headers of the request in the original's own tests."""
    auth = ours.AWSRequestsAuth("YOURKEY", "YOURSECRET", HOST, "us-east-1", "es")
    request = requests.Request("GET", f"http://{HOST}:80/").prepare()
    return auth.get_aws_request_headers_handler(request)


def assert_is_at_that_moment(headers):
    assert headers["x-amz-date"] == AMZ_DATE
    assert "/20160618/us-east-1/" in headers["Authorization"]
    assert signature_of(headers["Authorization"]) == SIGNATURE


def test_patched_datetime_class_is_called_once():
    with mock.patch("datetime.datetime") as patched:
        patched.utcnow.return_value = NOW
        headers = sign()
    assert_is_at_that_moment(headers)
    assert patched.utcnow.call_count == 1


def test_patched_datetime_of_the_module_is_used():
    with mock.patch.object(ours, "datetime") as patched:
        patched.datetime.utcnow.return_value = NOW
        assert_is_at_that_moment(sign())


def test_module_can_be_patched_by_its_path():
    with mock.patch("rsigv4.aws_auth.datetime.datetime") as patched:
        patched.utcnow.return_value = NOW
        assert_is_at_that_moment(sign())


def test_clock_runs_again_after_a_patch():
    with clock_at():
        sign()
    before = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)
    amz_date = sign()["x-amz-date"]
    after = dt.datetime.now(dt.timezone.utc)
    signed_at = dt.datetime.strptime(amz_date, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.timezone.utc)
    assert before <= signed_at <= after


@pytest.mark.parametrize("offset_hours", [0, -7, 13])
def test_freezegun_freezes_it_in_utc_in_any_time_zone(offset_hours):
    with freezegun.freeze_time("2016-06-18 22:04:05", tz_offset=offset_hours):
        assert_is_at_that_moment(sign())


def test_freezegun_moves_it():
    with freezegun.freeze_time("2016-06-18 22:04:04") as frozen:
        assert sign()["x-amz-date"] == "20160618T220404Z"
        frozen.tick()
        assert_is_at_that_moment(sign())


def test_time_machine_freezes_and_moves_it():
    start = dt.datetime(2016, 6, 18, 22, 4, 4, tzinfo=dt.timezone.utc)
    with time_machine.travel(start, tick=False) as traveller:
        assert sign()["x-amz-date"] == "20160618T220404Z"
        traveller.shift(1)
        assert_is_at_that_moment(sign())


def test_fractions_of_a_second_are_truncated():
    with time_machine.travel(NOW.replace(microsecond=999_999, tzinfo=dt.timezone.utc), tick=False):
        assert_is_at_that_moment(sign())
    with clock_at(NOW.replace(microsecond=999_999)):
        assert_is_at_that_moment(sign())


def test_signing_key_and_request_have_the_same_day_at_midnight():
    auth = ours.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es")
    request = requests.Request("GET", f"https://{HOST}/").prepare()
    midnight = dt.datetime(2017, 1, 1)  # noqa: DTZ001 - what utcnow() returns is naive
    second = dt.timedelta(seconds=1)
    for moment in (midnight - second, midnight, midnight - second):
        with clock_at(moment):
            headers = auth.get_aws_request_headers_handler(request)
        amz_date = moment.strftime("%Y%m%dT%H%M%SZ")
        expected = botocore_request(
            method="GET", url=request.url, body=b"", host=HOST, amz_date=amz_date
        )
        assert headers["x-amz-date"] == amz_date
        assert f"/{amz_date[:8]}/{REGION}/es/" in headers["Authorization"]
        assert signature_of(headers["Authorization"]) == botocore_signature(expected, "es")


def test_signing_does_not_warn():
    # Since Python 3.12, utcnow() warns, which -W error turns into an exception.
    code = """
        from types import SimpleNamespace
        from rsigv4.aws_auth import AWSRequestsAuth

        auth = AWSRequestsAuth("key", "secret", "example.com", "us-east-1", "es", "token")
        request = SimpleNamespace(method="GET", url="https://example.com/", body=None, headers={})
        print(*auth(request).headers)
    """
    done = subprocess.run(  # noqa: S603 - this interpreter, and the code above
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.stderr == ""
    assert done.stdout.split() == [
        "Authorization",
        "x-amz-date",
        "x-amz-content-sha256",
        "X-Amz-Security-Token",
    ]


def test_invalid_clock_is_an_error_that_names_it():
    class Broken:
        @staticmethod
        def utcnow():
            return SimpleNamespace(strftime=lambda _format: 5)

    broken = mock.patch.object(ours, "datetime", SimpleNamespace(datetime=Broken))
    with broken, pytest.raises(ValueError, match=r"datetime\.utcnow"):
        sign()
