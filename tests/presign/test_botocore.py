"""
Presigned URLs expire no later than botocore's refreshing credentials.

botocore doesn't expose when they expire. We rely on the public method `refresh_needed`, which
returns whether they expire within a number of seconds, since botocore 1.31.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.credentials import DeferredRefreshableCredentials, RefreshableCredentials

from rsigv4 import Credentials, InvalidCredentialsError, Signer
from support.signing import ACCESS_KEY, SECRET, TOKEN

URL = "https://bucket.s3.us-east-1.amazonaws.com/key"
HOUR = 3600
WEEK = 7 * 24 * HOUR


def metadata(lifetime):
    end = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=lifetime)
    return {
        "access_key": ACCESS_KEY,
        "secret_key": SECRET,
        "token": TOKEN,
        "expiry_time": end.isoformat(),
    }


def refreshable(lifetime):
    return RefreshableCredentials.create_from_metadata(
        metadata(lifetime), lambda: metadata(lifetime), "test"
    )


def deferred(lifetime):
    return DeferredRefreshableCredentials(lambda: metadata(lifetime), "test")


def lifetimes(signer, expires_in):
    """Return the lifetimes of what this signer presigns, in seconds."""
    alone = signer.presign("GET", URL, expires_in=expires_in)
    (many,) = signer.presign_many("GET", [URL], expires_in=expires_in)
    for url in (alone, many):
        yield int(parse_qs(urlsplit(url).query)["X-Amz-Expires"][0])
    form = signer.presign_post(URL, key="key", expires_in=expires_in)
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    end = dt.datetime.strptime(policy["expiration"], "%Y-%m-%dT%H:%M:%S.000Z")  # noqa: DTZ007
    now = dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)
    yield round((end - now).total_seconds())


@pytest.mark.parametrize("credentials_of", [refreshable, deferred])
@pytest.mark.parametrize("lifetime", [HOUR // 3, HOUR, 12 * HOUR])
def test_url_expires_with_the_credentials(credentials_of, lifetime):
    for found in lifetimes(Signer(credentials_of(lifetime)), WEEK):
        assert lifetime - 60 < found <= lifetime


@pytest.mark.parametrize("credentials_of", [refreshable, deferred])
def test_lifetime_is_kept_if_the_credentials_last_longer(credentials_of):
    *urls, form = lifetimes(Signer(credentials_of(HOUR)), 600)
    assert urls == [600, 600]
    assert 540 < form <= 600
    assert list(lifetimes(Signer(credentials_of(WEEK + HOUR)), WEEK))[:2] == [WEEK, WEEK]


def test_url_expires_with_the_refreshed_credentials_that_signed_it():
    # botocore refreshes credentials 15 minutes before they expire.
    first = metadata(600)
    credentials = RefreshableCredentials.create_from_metadata(first, lambda: metadata(HOUR), "test")
    signer = Signer(credentials)
    for _ in range(2):
        assert all(HOUR - 60 < found <= HOUR for found in lifetimes(signer, WEEK))


def test_expiry_is_determined_once(monkeypatch):
    credentials = refreshable(HOUR)
    asked = []
    refresh_needed = credentials.refresh_needed

    def counted(refresh_in=None):
        asked.append(refresh_in)
        return refresh_needed(refresh_in)

    monkeypatch.setattr(credentials, "refresh_needed", counted)
    signer = Signer(credentials)
    signer.presign_many("GET", [URL])
    asked.clear()
    for _ in range(3):
        signer.presign_many("GET", [URL])
    # botocore's own calls.
    assert len(asked) == 3


def test_provider_that_always_needs_a_refresh_keeps_the_lifetime():
    class Provider:
        def refresh_needed(self):
            return True

        def get_frozen_credentials(self):
            return Credentials(ACCESS_KEY, SECRET)

    assert next(lifetimes(Signer(Provider()), WEEK)) == WEEK


@pytest.mark.parametrize(
    "end",
    [
        "2126-01-31T12:00:00Z",
        "2126-01-31T12:00:00.25Z",
        "2126-01-31T14:00:00+02:00",
        "2126-01-31T12:00:00.123456789+00:00",
    ],
)
def test_expiry_in_the_environment_is_used(monkeypatch, end):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", end)
    expected = dt.datetime(2126, 1, 31, 12, tzinfo=dt.timezone.utc)
    assert Credentials.from_env().expires_at == expected
    moment = expected - dt.timedelta(seconds=900)
    assert "&X-Amz-Expires=900&" in Signer().presign("GET", URL, time=moment)


@pytest.mark.parametrize("end", ["tomorrow", "2126-01-31T12:00:00", "1700000000"])
def test_environment_without_an_expiry(monkeypatch, end):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", end)
    with pytest.raises(InvalidCredentialsError, match=r"^AWS_CREDENTIAL_EXPIRATION is not "):
        Credentials.from_env()
