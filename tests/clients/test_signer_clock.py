# The clocks of servers, which a client's signer learns from their responses.

from __future__ import annotations

import datetime as dt
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest

from rsigv4 import Credentials
from rsigv4._clients.signer import ClientSigner
from rsigv4.exceptions import ExpiredCredentialsError

NOW = 1_800_000_000
KEY = Credentials("AKIDEXAMPLE", "secret", "token")
URL = "https://example.com/a"


@pytest.fixture
def signing(time_machine):
    time_machine.move_to(NOW, tick=False)
    return ClientSigner(KEY, "eu-central-1", "es")


def sign(signing):
    return signing.sign(signing.signer, "GET", URL, [], None)


def skewed(seconds):
    return {"date": formatdate(NOW + seconds, usegmt=True)}


def amz_date(seconds=0):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(NOW + seconds))


EXPIRED = b'{"message":"Signature expired: A is now earlier than B (C - 5 min.)"}'


@pytest.mark.parametrize(
    "body",
    [
        EXPIRED,
        b'{"message":"Signature not yet current: A is still later than B (C + 5 min.)"}',
        b"<Error><Code>RequestTimeTooSkewed</Code></Error>",
        b'{"__type":"com.amazon.coral.service#RequestExpired"}',
        b"<Error><Code>RequestInTheFuture</Code></Error>",
    ],
)
@pytest.mark.parametrize("seconds", [60, 901, -901, 3600, 10**9])
def test_clock_is_learned_from_refusals_of_services(signing, body, seconds):
    assert signing.clocks.learn(403, skewed(seconds), body, "GET", URL, amz_date())
    sent = sign(signing).headers["X-Amz-Date"]
    assert sent == amz_date(seconds)


@pytest.mark.parametrize("seconds", [901, -901, 24 * 3600])
def test_clock_is_learned_from_the_date_of_a_response_without_a_body(signing, seconds):
    assert signing.clocks.learn(403, {**skewed(seconds), "age": "0"}, b"", "HEAD", URL, amz_date())
    assert signing.clocks.time(URL) == NOW + seconds


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, skewed(3600), EXPIRED),
        (400, skewed(3600), EXPIRED),
        (403, {}, EXPIRED),
        (403, {"date": "yesterday"}, EXPIRED),
        (403, {"date": "Fri, 31 Dec 9999 23:59:59 GMT"}, EXPIRED),
        (403, {"date": "Fri, 31 Dec 9999 23:59:59 -0100"}, EXPIRED),
        (403, {"date": "Fri, 01 Jan 99999999999999999999 00:00:00 GMT"}, EXPIRED),
        (403, {"date": "Fri, 31 Dec 2000 23:59:59 +99999999999999999999"}, EXPIRED),
        (403, {"date": "Thu, 01 Jan 1970 00:00:00 GMT"}, EXPIRED),
        (403, skewed(0), EXPIRED),
        (403, skewed(59), EXPIRED),
        (403, skewed(-899), b""),
        (403, skewed(3600), b'{"message":"The security token is invalid"}'),
        (403, skewed(3600), b"a" * 70_000 + EXPIRED),
        pytest.param(403, {**skewed(-3600), "age": "3600"}, EXPIRED, id="of a cache"),
    ],
)
def test_clock_is_not_learned_from_anything_else(signing, status, headers, body):
    assert not signing.clocks.learn(status, headers, body, "PUT", URL, amz_date())
    sent = sign(signing).headers["X-Amz-Date"]
    assert sent == amz_date()


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", skewed(3600)),
        ("HEAD", skewed(899)),
        ("HEAD", skewed(24 * 3600 + 1)),
        ("HEAD", {**skewed(-3600), "age": "3600"}),
    ],
)
def test_clock_is_not_learned_from_an_inconclusive_date(signing, method, headers):
    assert not signing.clocks.learn(403, headers, b"", method, URL, amz_date())
    assert signing.clocks.time(URL) is None


def test_learned_clock_is_logged(signing, caplog):
    signing.clocks.learn(403, skewed(-3600), EXPIRED, "GET", URL, amz_date())
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "-3600 seconds" in caplog.text


def test_clock_that_would_expire_valid_credentials_is_not_used(time_machine):
    time_machine.move_to(NOW, tick=False)
    end = dt.datetime.fromtimestamp(NOW + 1800, dt.timezone.utc)
    key = Credentials("AKIDEXAMPLE", "secret", "token", expires_at=end)
    signing = ClientSigner(key, "eu-central-1", "es")
    signing.signer.clock_offset = 3600

    assert signing.signer.sign("GET", URL)["X-Amz-Date"] == amz_date()
    # The caller's clock is used.
    assert signing.signer.clock_offset == 3600
    assert signing.clocks.learn(403, skewed(3600), EXPIRED, "GET", URL, amz_date())
    assert sign(signing).headers["X-Amz-Date"] == amz_date()

    time_machine.move_to(NOW + 1800, tick=False)
    with pytest.raises(ExpiredCredentialsError):
        signing.signer.sign("GET", URL)
    with pytest.raises(ExpiredCredentialsError) as caught:
        sign(signing)
    assert caught.value.__context__ is None


def test_clocks_of_256_origins_are_kept_and_the_oldest_is_dropped(signing):
    def learn(origin):
        assert signing.clocks.learn(403, skewed(3600), EXPIRED, "GET", origin, amz_date())

    origins = [f"https://{number}.example.com/path" for number in range(256)]
    for origin in origins:
        learn(origin)
    # A clock that is learned again becomes the newest.
    learn(origins[0])
    learn(URL)

    known = [origin for origin in [*origins, URL] if signing.clocks.time(origin) is not None]
    assert known == [origins[0], *origins[2:], URL]
    assert signing.clocks.time(URL) == NOW + 3600


def test_many_threads_may_learn_clocks(signing):
    def learn(number):
        url = f"https://{number % 300}.example.com/"
        assert signing.clocks.learn(403, skewed(3600), EXPIRED, "GET", url, amz_date())
        signing.clocks.time(url)

    with ThreadPoolExecutor(16) as executor:
        list(executor.map(learn, range(5000)))

    assert len(signing.clocks.offsets) == 256


@pytest.mark.parametrize(
    ("url", "is_known"),
    [
        ("https://EXAMPLE.com:443/b?c", True),
        ("http://example.com/", False),
        ("https://example.com:444/", False),
        ("https://a.example.com/", False),
        ("https://[", False),
    ],
)
def test_clock_is_kept_per_scheme_host_and_port(signing, url, is_known):
    assert signing.clocks.learn(403, skewed(3600), EXPIRED, "GET", URL, amz_date())
    assert signing.clocks.time(url) == (NOW + 3600 if is_known else None)
    assert not signing.clocks.learn(403, skewed(3600), EXPIRED, "GET", "https://[", amz_date())


def test_clock_is_measured_from_the_time_that_was_signed(signing):
    assert signing.clocks.learn(403, skewed(3600), EXPIRED, "GET", URL, amz_date())
    # Another request was signed before the clock was known, and may be signed again.
    assert signing.clocks.learn(403, skewed(3600), EXPIRED, "GET", URL, amz_date())
    # Signed with the server's time, it was refused for another reason.
    assert not signing.clocks.learn(403, skewed(3600), EXPIRED, "GET", URL, amz_date(3600))
