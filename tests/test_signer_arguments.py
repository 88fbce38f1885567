"""What `Signer` makes of every form of headers, body, time and credentials."""

from __future__ import annotations

import array
import copy
import ctypes
import datetime as dt
import hashlib
import io
import mmap
import pickle
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPMessage
from unittest import mock

import freezegun
import pytest
import time_machine
from botocore.credentials import Credentials as BotocoreCredentials
from botocore.credentials import ReadOnlyCredentials, RefreshableCredentials
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPHeaderDict

from rsigv4 import UNSIGNED_PAYLOAD, Credentials, PayloadHash, Signer

ACCESS_KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "session//token+of/temporary=credentials=="
CREDENTIALS = Credentials(ACCESS_KEY, SECRET)
TEMPORARY = Credentials(ACCESS_KEY, SECRET, TOKEN)
URL = "https://example.com/path?a=b"
MOMENT = dt.datetime(2015, 8, 30, 12, 36, tzinfo=dt.timezone.utc)
AMZ_DATE = "20150830T123600Z"


def signer_of(credentials=CREDENTIALS, **options):
    return Signer(credentials, "us-east-1", "execute-api", **options)


def signed_header_lines(headers, **options):
    """Return the canonical lines of those headers that the request brings itself."""
    signer = signer_of(content_sha256_header=False, **options)
    text = signer.canonical_request("GET", URL, headers, time=MOMENT)
    lines = text.split("\n")[3:-3]
    return [line for line in lines if not line.startswith(("host:", "x-amz-date:"))]


def hashed_payload(body, headers=None):
    """Return the last line of the canonical request."""
    text = signer_of().canonical_request("PUT", URL, headers, body, time=MOMENT)
    return text.rpartition("\n")[2]


def sha256(body):
    return hashlib.sha256(body).hexdigest()


def signed_headers(headers):
    return headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0]


UNSTABLE_HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip",
    "Accept-Language": "en",
    "Authorization": "Basic QWxhZGRpbg==",
    "Connection": "keep-alive",
    "Content-Length": "3",
    "Expect": "100-continue",
    "Range": "bytes=0-9",
    "Transfer-Encoding": "chunked",
    "User-Agent": "tests",
    "X-Amzn-Trace-Id": "Root=1",
}


def test_the_stable_headers_are_signed_and_no_others():
    headers = {
        "Content-Type": "text/plain",
        "Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg==",
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
        "x-amz-acl": "private",
        **UNSTABLE_HEADERS,
    }
    assert signed_header_lines(headers) == [
        "content-md5:1B2M2Y8AsgTpgAmY7PhCfg==",
        "content-type:text/plain",
        "x-amz-acl:private",
        "x-amz-target:DynamoDB_20120810.ListTables",
    ]


@pytest.mark.parametrize(
    "also_sign", [("range", "accept"), ["Range", "ACCEPT"], {"range", "accept"}]
)
def test_named_headers_are_signed_too(also_sign):
    headers = {**UNSTABLE_HEADERS, "x-amz-acl": "private"}
    assert signed_header_lines(headers, also_sign=also_sign) == [
        "accept:*/*",
        "range:bytes=0-9",
        "x-amz-acl:private",
    ]


def test_the_star_signs_all_but_what_proxies_own_and_the_signature_itself():
    hop_by_hop = {
        "Keep-Alive": "timeout=5",
        "Proxy-Authenticate": "Basic",
        "Proxy-Authorization": "Basic QWxhZGRpbg==",
        "Proxy-Connection": "keep-alive",
        "TE": "trailers",
        "Trailer": "x",
        "Upgrade": "h2c",
    }
    lines = signed_header_lines({**UNSTABLE_HEADERS, **hop_by_hop, "X-Own": "1"}, also_sign=("*",))
    assert [line.partition(":")[0] for line in lines] == [
        "accept",
        "accept-encoding",
        "accept-language",
        "content-length",
        "expect",
        "range",
        "user-agent",
        "x-amzn-trace-id",
        "x-own",
    ]


@pytest.mark.parametrize("also_sign", [(), [], None, ("absent",)])
def test_also_sign_adds_nothing_that_is_not_sent(also_sign):
    assert signed_header_lines(UNSTABLE_HEADERS, also_sign=also_sign) == []


def test_the_authorization_header_is_never_signed():
    headers = {"Authorization": "Basic QWxhZGRpbg=="}
    assert signed_header_lines(headers, also_sign=("authorization", "*")) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "a"),
        ("", ""),
        ("   ", ""),
        ("  a  ", "a"),
        ("\ta\t", "a"),
        ("a b", "a b"),
        ("a   b", "a b"),
        ("a \t b", "a b"),
        ("a\tb", "a b"),
        # AWS folds spaces between quotes as well.
        ('"a   b"', '"a b"'),
        ("a, b", "a, b"),
        ("\u00e9", "\u00e9"),
        (b"a  b", "a b"),
        ("\u00e9".encode(), "\u00e9"),
        # A no-break space is no white space of HTTP.
        ("a\u00a0\u00a0b", "a\u00a0\u00a0b"),
    ],
)
def test_header_values_are_trimmed_and_folded(value, expected):
    assert signed_header_lines({"x-amz-meta-a": value}) == [f"x-amz-meta-a:{expected}"]


def test_repeated_headers_are_joined_in_the_order_they_are_sent():
    headers = [("x-amz-b", "1"), ("X-Amz-A", " z "), ("x-amz-a", ""), ("X-AMZ-A", "a,  b")]
    assert signed_header_lines(headers) == ["x-amz-a:z,,a, b", "x-amz-b:1"]


class MultiDict(Mapping):
    """Headers that repeat, as aiohttp's and urllib3's mappings have them."""

    def __init__(self, pairs):
        self._pairs = pairs

    def __getitem__(self, name):
        return next(value for key, value in self._pairs if key == name)

    def __len__(self):
        return len(self._pairs)

    def __iter__(self):
        return iter([key for key, _ in self._pairs])

    def items(self):
        return list(self._pairs)


def message(pairs):
    """Return headers as `urllib.request` and botocore have them; it is no registered mapping."""
    headers = HTTPMessage()
    for name, value in pairs:
        headers[name] = value
    return headers


PAIRS = [("X-Amz-A", "1"), ("Content-Type", "text/plain"), ("X-Amz-A", "2")]
ONCE = [("X-Amz-A", "1,2"), ("Content-Type", "text/plain")]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(dict(ONCE), id="dict"),
        pytest.param(CaseInsensitiveDict(ONCE), id="requests"),
        pytest.param(HTTPHeaderDict(PAIRS), id="urllib3"),
        pytest.param(MultiDict(PAIRS), id="multidict"),
        pytest.param(message(PAIRS), id="http.client"),
        pytest.param(PAIRS, id="list of pairs"),
        pytest.param(tuple(PAIRS), id="tuple of pairs"),
        pytest.param([list(pair) for pair in PAIRS], id="list of lists"),
        pytest.param({name.encode(): value.encode() for name, value in ONCE}, id="bytes"),
        pytest.param([(name, value.encode()) for name, value in PAIRS], id="bytes values"),
    ],
)
def test_headers_may_come_in_any_form(headers):
    assert signed_header_lines(headers) == ["content-type:text/plain", "x-amz-a:1,2"]


def test_headers_may_come_from_an_iterator():
    assert signed_header_lines(iter(PAIRS)) == ["content-type:text/plain", "x-amz-a:1,2"]


@pytest.mark.parametrize("headers", [None, {}, [], ()])
def test_no_headers_in_any_form_are_no_headers(headers):
    assert signed_header_lines(headers) == []


def test_a_request_that_was_signed_before_is_signed_anew():
    signer = Signer(Credentials(ACCESS_KEY, SECRET, "new-token"), "us-east-1", "execute-api")
    old = Signer(Credentials(ACCESS_KEY, SECRET, "old-token"), "us-east-1", "execute-api")
    request = ("GET", "https://example.com/")
    stale = old.sign(*request, time=0)
    assert signer.sign(*request, stale, time=MOMENT) == signer.sign(*request, time=MOMENT)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(None, b"", id="None"),
        pytest.param(b"", b"", id="empty bytes"),
        pytest.param("", b"", id="empty str"),
        pytest.param(b"\x00\xff", b"\x00\xff", id="bytes"),
        pytest.param("h\u00e9", "h\u00e9".encode(), id="str"),
        pytest.param(type("Text", (str,), {})("a"), b"a", id="subclass of str"),
        pytest.param(type("Data", (bytes,), {})(b"a"), b"a", id="subclass of bytes"),
        pytest.param(bytearray(b"abc"), b"abc", id="bytearray"),
        pytest.param(bytearray(), b"", id="empty bytearray"),
        pytest.param(memoryview(b"abc"), b"abc", id="memoryview"),
        pytest.param(memoryview(b"abcd")[1:3], b"bc", id="slice of a memoryview"),
        pytest.param(memoryview(b"abcd").cast("B", (2, 2)), b"abcd", id="two dimensions"),
        pytest.param(array.array("B", [1, 2, 3]), b"\x01\x02\x03", id="array of bytes"),
        pytest.param(array.array("d", [1.5]), array.array("d", [1.5]).tobytes(), id="doubles"),
        pytest.param(ctypes.create_string_buffer(b"abc"), b"abc\x00", id="ctypes buffer"),
        pytest.param((ctypes.c_int * 2)(1, 2), bytes((ctypes.c_int * 2)(1, 2)), id="ctypes array"),
        pytest.param(pickle.PickleBuffer(b"abc"), b"abc", id="pickle buffer"),
        pytest.param(io.BytesIO(b"abc"), b"abc", id="file"),
        pytest.param(io.BytesIO(), b"", id="empty file"),
    ],
)
def test_hash_is_of_what_the_body_sends(body, expected):
    assert hashed_payload(body) == sha256(expected)


# Around the sizes from which the lock is released and files are read in pieces.
@pytest.mark.parametrize("length", [1, 2047, 2048, 2049, 2**18 - 1, 2**18, 2**18 + 1, 2**20 + 7])
@pytest.mark.parametrize("make", [bytes, bytearray, memoryview, io.BytesIO])
def test_hash_is_right_at_every_length(make, length):
    data = bytes(number % 251 for number in range(length))
    assert hashed_payload(make(data)) == sha256(data)


class Reader:
    """The least that a file has to be: it reads, and tells where it is."""

    def __init__(self, data, *, error=None):
        self._file = io.BytesIO(data)
        self._error = error

    def read(self, size=-1):
        if self._error is not None and self._file.tell() > 4:
            raise self._error
        return self._file.read(min(size, 3))

    def tell(self):
        return self._file.tell()

    def seek(self, offset, whence=io.SEEK_SET):
        return self._file.seek(offset, whence)


def anonymous_map(data):
    mapped = mmap.mmap(-1, len(data))
    mapped[:] = data
    return mapped


def buffered(data):
    return io.BufferedReader(io.BytesIO(data))


@pytest.mark.parametrize("make", [io.BytesIO, Reader, anonymous_map, buffered])
@pytest.mark.parametrize("offset", [0, 4, 10])
def test_file_is_hashed_from_its_offset_and_put_back(make, offset):
    file = make(b"0123456789")
    file.seek(offset)
    assert hashed_payload(file) == sha256(b"0123456789"[offset:])
    assert file.tell() == offset


def test_file_on_disk_is_hashed_from_its_offset_and_put_back(tmp_path):
    path = tmp_path / "body"
    path.write_bytes(b"0123456789" * 50_000)
    for buffering in (-1, 0):
        with path.open("rb", buffering=buffering) as file:
            file.seek(7)
            assert hashed_payload(file) == sha256(path.read_bytes()[7:])
            assert file.tell() == 7


def test_file_is_put_back_when_reading_it_fails():
    error = OSError("the disk is gone")
    file = Reader(b"0123456789", error=error)
    file.seek(2)
    with pytest.raises(OSError, match="the disk is gone") as caught:
        signer_of().sign("PUT", URL, None, file)
    assert caught.value is error
    assert file.tell() == 2


@pytest.mark.parametrize("headers", [None, {"content-type": "text/plain"}])
def test_a_hash_stands_for_the_body(headers):
    body = b"a large body"
    by_hash = signer_of().sign("PUT", URL, headers, PayloadHash(sha256(body)), time=MOMENT)
    assert by_hash == signer_of().sign("PUT", URL, headers, body, time=MOMENT)


def test_unsigned_payload_is_signed_and_sent_as_such():
    assert hashed_payload(UNSIGNED_PAYLOAD) == "UNSIGNED-PAYLOAD"
    headers = signer_of().sign("PUT", URL, None, UNSIGNED_PAYLOAD, time=MOMENT)
    assert headers["X-Amz-Content-Sha256"] == "UNSIGNED-PAYLOAD"


@pytest.mark.parametrize("value", ["UNSIGNED-PAYLOAD", sha256(b"other"), f" {sha256(b'other')} "])
@pytest.mark.parametrize("name", ["x-amz-content-sha256", "X-Amz-Content-SHA256"])
@pytest.mark.parametrize("content_sha256_header", [True, False])
def test_payload_header_of_the_request_says_what_is_signed(name, value, content_sha256_header):
    request = ("PUT", URL, {name: value}, b"body")
    signer = signer_of(content_sha256_header=content_sha256_header)
    lines = signer.canonical_request(*request, time=MOMENT).split("\n")
    assert lines[-1] == value.strip()
    assert lines.count(f"x-amz-content-sha256:{value.strip()}") == 1
    sent = signer.sign(*request, time=MOMENT).get("X-Amz-Content-Sha256")
    assert sent == (value.strip() if content_sha256_header else None)


@pytest.mark.parametrize("service", ["s3", "execute-api", "es", "aoss"])
@pytest.mark.parametrize(("option", "is_sent"), [(None, True), (True, True), (False, False)])
def test_payload_header_is_sent_and_signed_or_neither(service, option, is_sent):
    signer = Signer(CREDENTIALS, "us-east-1", service, content_sha256_header=option)
    headers = signer.sign("PUT", URL, None, b"body", time=MOMENT)
    assert headers.get("X-Amz-Content-Sha256") == (sha256(b"body") if is_sent else None)
    expected = "host;x-amz-content-sha256;x-amz-date" if is_sent else "host;x-amz-date"
    assert signed_headers(headers) == expected


def test_session_token_is_sent_and_signed():
    headers = signer_of(TEMPORARY).sign("GET", URL, time=MOMENT)
    assert headers["X-Amz-Security-Token"] == TOKEN
    assert signed_headers(headers).endswith(";x-amz-date;x-amz-security-token")
    other = signer_of(Credentials(ACCESS_KEY, SECRET, "other")).sign("GET", URL, time=MOMENT)
    assert other["Authorization"] != headers["Authorization"]


def test_session_token_is_sent_unsigned_when_asked_for():
    unsigned = signer_of(TEMPORARY, sign_session_token=False)
    request = ("GET", URL, {"X-Amz-Security-Token": "stale"})
    assert unsigned.sign(*request, time=MOMENT) == {
        **signer_of().sign("GET", URL, time=MOMENT),
        "X-Amz-Security-Token": TOKEN,
    }


def test_no_session_token_is_no_header():
    for credentials in (CREDENTIALS, Credentials(ACCESS_KEY, SECRET, "")):
        headers = signer_of(credentials).sign("GET", URL, time=MOMENT)
        assert list(headers) == ["Authorization", "X-Amz-Date", "X-Amz-Content-Sha256"]


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
def test_time_is_signed_to_the_second_in_utc(moment, expected):
    headers = signer_of().sign("GET", URL, time=moment)
    assert headers["X-Amz-Date"] == expected
    assert f"/{expected[:8]}/us-east-1/" in headers["Authorization"]
    string_to_sign = signer_of().string_to_sign("GET", URL, time=moment)
    assert string_to_sign.split("\n")[1] == expected


def test_no_time_is_now():
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
def test_the_clock_is_read_where_python_freezes_it(freeze):
    signer = signer_of()
    with freeze():
        assert signer.sign("GET", URL) == signer.sign("GET", URL, time=MOMENT)
    assert signer.sign("GET", URL)["X-Amz-Date"] > AMZ_DATE


class Frozen:
    """What boto3's sessions and their like hand out."""

    def __init__(self, *key):
        self._key = key

    def get_frozen_credentials(self):
        return ReadOnlyCredentials(*self._key)


def refreshable(**times):
    """Return botocore's refreshing credentials, whose next key is the temporary one."""
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


def test_provider_is_asked_once_for_each_signature():
    keys = iter([Credentials(f"AKID{n}", f"secret-{n}", f"token-{n}") for n in range(3)])
    provider = mock.Mock(spec=[], side_effect=lambda: next(keys))
    signer = signer_of(provider)
    assert provider.call_count == 0
    for number in range(3):
        headers = signer.sign("GET", URL, time=MOMENT)
        key = Credentials(f"AKID{number}", f"secret-{number}", f"token-{number}")
        assert headers == signer_of(key).sign("GET", URL, time=MOMENT)
        assert provider.call_count == number + 1


def test_no_credentials_are_those_of_the_environment(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    signer = Signer(region="us-east-1", service="execute-api")
    # The chain is resolved once, when the signer is made.
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    expected = signer_of(TEMPORARY).sign("GET", URL, time=MOMENT)
    assert signer.sign("GET", URL, time=MOMENT) == expected


def test_credentials_sign_until_they_expire():
    credentials = Credentials(ACCESS_KEY, SECRET, TOKEN, expires_at=MOMENT)
    a_second_before = MOMENT - dt.timedelta(seconds=1)
    headers = signer_of(credentials).sign("GET", URL, time=a_second_before)
    assert headers == signer_of(TEMPORARY).sign("GET", URL, time=a_second_before)


OPTIONS = {
    "double_encode_path": False,
    "normalize_path": False,
    "content_sha256_header": False,
    "sign_session_token": False,
    "also_sign": ("range",),
}
REQUEST = ("GET", "https://example.com//a/../b%20c", {"Range": "bytes=0-9"})


@pytest.mark.parametrize("options", [{}, OPTIONS], ids=["default", "all options"])
@pytest.mark.parametrize(
    "clone",
    [
        copy.copy,
        copy.deepcopy,
        *(
            lambda signer, protocol=protocol: pickle.loads(pickle.dumps(signer, protocol))  # noqa: S301 - our own
            for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
        ),
    ],
)
def test_copies_sign_alike(clone, options):
    signer = signer_of(TEMPORARY, **options)
    cloned = clone(signer)
    assert (cloned.region, cloned.service) == ("us-east-1", "execute-api")
    assert cloned.sign(*REQUEST, time=MOMENT) == signer.sign(*REQUEST, time=MOMENT)


def test_every_option_changes_what_is_signed():
    texts = {
        signer_of(TEMPORARY, **{name: value}).canonical_request(*REQUEST, time=MOMENT)
        for name, value in OPTIONS.items()
    }
    texts.add(signer_of(TEMPORARY).canonical_request(*REQUEST, time=MOMENT))
    assert len(texts) == len(OPTIONS) + 1


def test_repr_shows_where_it_signs_and_no_secret():
    assert repr(signer_of(TEMPORARY)) == "Signer(region='us-east-1', service='execute-api')"
    assert repr(Signer(TEMPORARY)) == "Signer(region=None, service=None)"
    assert str(signer_of(TEMPORARY)) == repr(signer_of(TEMPORARY))


@pytest.mark.parametrize("make", [dict, OrderedDict, CaseInsensitiveDict, HTTPHeaderDict, list])
def test_the_request_is_left_as_it_was(make):
    pairs = [("Content-Type", " text/plain "), ("X-Amz-Date", "stale"), ("Authorization", "a")]
    headers, body = make(pairs), bytearray(b"body")
    before = copy.deepcopy(headers)
    signer_of(TEMPORARY).sign("PUT", URL, headers, body, time=MOMENT)
    assert headers == before
    assert body == b"body"


def test_threads_share_a_signer():
    # More keys than the signer keeps, so that the threads also throw out each other's.
    keys = [Credentials(f"AKID{number}", f"secret-{number}") for number in range(12)]
    chosen = threading.local()
    signer = signer_of(lambda: chosen.key)
    barrier = threading.Barrier(32)

    def sign(number):
        chosen.key = keys[number % len(keys)]
        url, body = f"https://example.com/{number}", f"{number}".encode() * 1024
        return signer.sign("PUT", url, {"x-amz-n": f"{number}"}, body, time=number * 86_400)

    def sign_all(first):
        barrier.wait()
        return [sign(first + number) for number in range(100)]

    with ThreadPoolExecutor(32) as pool:
        results = list(pool.map(sign_all, range(32)))
    assert results == [[sign(first + number) for number in range(100)] for first in range(32)]


def test_other_threads_run_while_a_large_body_is_hashed():
    start, has_run = threading.Event(), threading.Event()

    def run():
        start.wait()
        has_run.set()

    body = bytes(2**24)
    expected = signer_of().sign("PUT", URL, None, PayloadHash(sha256(body)), time=MOMENT)
    thread = threading.Thread(target=run)
    interval = sys.getswitchinterval()
    thread.start()
    # No thread is preempted any more, so the other one runs only where this one lets it.
    sys.setswitchinterval(1000)
    try:
        start.set()
        for _ in range(100):
            assert signer_of().sign("PUT", URL, None, body, time=MOMENT) == expected
            if has_run.is_set():
                break
        ran_while_hashing = has_run.is_set()
    finally:
        sys.setswitchinterval(interval)
        thread.join()
    assert ran_while_hashing


@pytest.mark.parametrize("make", [bytes, io.BytesIO, bytearray])
def test_large_bodies_are_hashed_alike_in_threads(make):
    datas = [bytes([number]) * 2**20 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        hashes = list(pool.map(lambda data: hashed_payload(make(data)), datas))
    assert hashes == [sha256(data) for data in datas]
