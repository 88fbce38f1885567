"""Which credentials `Signer` uses, and how it sends their session token."""

from __future__ import annotations

import datetime as dt
from unittest import mock

import pytest
from botocore.credentials import Credentials as BotocoreCredentials
from botocore.credentials import ReadOnlyCredentials, RefreshableCredentials

from rsigv4 import Credentials, Signer
from support.signing import (
    ACCESS_KEY,
    CREDENTIALS,
    MOMENT,
    SECRET,
    TEMPORARY,
    TOKEN,
    URL,
    signed_headers,
    signer_of,
)


def test_session_token_is_sent_and_signed():
    headers = signer_of(TEMPORARY).sign("GET", URL, time=MOMENT)
    assert headers["X-Amz-Security-Token"] == TOKEN
    assert signed_headers(headers).endswith(";x-amz-date;x-amz-security-token")
    other = signer_of(Credentials(ACCESS_KEY, SECRET, "other")).sign("GET", URL, time=MOMENT)
    assert other["Authorization"] != headers["Authorization"]


def test_session_token_is_sent_unsigned_on_request():
    unsigned = signer_of(TEMPORARY, sign_session_token=False)
    request = ("GET", URL, {"X-Amz-Security-Token": "stale"})
    assert unsigned.sign(*request, time=MOMENT) == {
        **signer_of().sign("GET", URL, time=MOMENT),
        "X-Amz-Security-Token": TOKEN,
    }


def test_without_a_session_token_no_header_is_sent():
    for credentials in (CREDENTIALS, Credentials(ACCESS_KEY, SECRET, "")):
        headers = signer_of(credentials).sign("GET", URL, time=MOMENT)
        assert set(headers) == {"Authorization", "X-Amz-Content-Sha256", "X-Amz-Date"}


class Frozen:
    """Credentials as boto3's sessions return them."""

    def __init__(self, *key):
        self._key = key

    def get_frozen_credentials(self):
        return ReadOnlyCredentials(*self._key)


def refreshable(**times):
    """Return botocore's refreshing credentials, which become the temporary key."""
    tomorrow = dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=1)
    return RefreshableCredentials(
        "AKIDSTALE",
        "stale",
        "stale",
        expiry_time=times.get("expiry_time", tomorrow),
        refresh_using=lambda: {
            "access_key": ACCESS_KEY,
            "secret_key": SECRET,
            "token": TOKEN,
            "expiry_time": tomorrow.isoformat(),
        },
        method="test",
    )


EXPIRED = dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)


@pytest.mark.parametrize(
    "provider",
    [
        pytest.param(TEMPORARY, id="Credentials"),
        pytest.param(type("Own", (Credentials,), {})(ACCESS_KEY, SECRET, TOKEN), id="subclass"),
        pytest.param(BotocoreCredentials(ACCESS_KEY, SECRET, TOKEN), id="botocore"),
        pytest.param(ReadOnlyCredentials(ACCESS_KEY, SECRET, TOKEN), id="botocore, frozen"),
        pytest.param(refreshable(expiry_time=EXPIRED), id="botocore, refreshed"),
        pytest.param(Frozen(ACCESS_KEY, SECRET, TOKEN), id="get_frozen_credentials"),
        pytest.param(lambda: TEMPORARY, id="callable"),
        pytest.param(lambda: BotocoreCredentials(ACCESS_KEY, SECRET, TOKEN), id="to botocore"),
        pytest.param(lambda: Frozen(ACCESS_KEY, SECRET, TOKEN), id="callable to a provider"),
    ],
)
def test_credentials_may_come_from_any_provider(provider):
    expected = signer_of(TEMPORARY).sign("GET", URL, time=MOMENT)
    assert signer_of(provider).sign("GET", URL, time=MOMENT) == expected


def test_provider_without_a_token_signs_without_one():
    expected = signer_of().sign("GET", URL, time=MOMENT)
    for provider in (BotocoreCredentials(ACCESS_KEY, SECRET), Frozen(ACCESS_KEY, SECRET, None)):
        assert signer_of(provider).sign("GET", URL, time=MOMENT) == expected


def test_provider_is_called_once_for_each_signature():
    keys = iter([Credentials(f"AKID{n}", f"secret-{n}", f"token-{n}") for n in range(3)])
    provider = mock.Mock(spec=[], side_effect=lambda: next(keys))
    signer = signer_of(provider)
    assert provider.call_count == 0
    for number in range(3):
        headers = signer.sign("GET", URL, time=MOMENT)
        key = Credentials(f"AKID{number}", f"secret-{number}", f"token-{number}")
        assert headers == signer_of(key).sign("GET", URL, time=MOMENT)
        assert provider.call_count == number + 1


def test_default_credentials_are_those_of_the_environment(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    signer = Signer(region="us-east-1", service="execute-api")
    # The chain is resolved once, when the signer is created.
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    expected = signer_of(TEMPORARY).sign("GET", URL, time=MOMENT)
    assert signer.sign("GET", URL, time=MOMENT) == expected


def test_credentials_sign_until_they_expire():
    credentials = Credentials(ACCESS_KEY, SECRET, TOKEN, expires_at=MOMENT)
    a_second_before = MOMENT - dt.timedelta(seconds=1)
    headers = signer_of(credentials).sign("GET", URL, time=a_second_before)
    assert headers == signer_of(TEMPORARY).sign("GET", URL, time=a_second_before)
