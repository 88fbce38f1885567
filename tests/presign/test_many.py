"""`Signer.presign_many` of lists and other iterables."""

from __future__ import annotations

import datetime as dt
import gc
import statistics
import threading
import tracemalloc
from pathlib import Path

import pytest

from rsigv4 import Credentials, ExpiredCredentialsError, InvalidRequestError, Signer
from support.oracles import QuerySigned, Request, presigned_by_botocore
from support.signing import ACCESS_KEY, CREDENTIALS, MOMENT, SECRET, TEMPORARY, TOKEN, shown

REGION = "eu-central-1"
SIGNER = Signer(CREDENTIALS, REGION, "s3")
# More URLs than one parallel block, and not a multiple of it.
MANY = 40_001
#: The threads of this process.
TASKS = Path("/proc/self/task")


def urls_of(count):
    return [f"https://bucket.s3.{REGION}.amazonaws.com/prefix/{number}" for number in range(count)]


def presigned(urls, signer=SIGNER, method="GET", **options):
    return [signer.presign(method, url, time=MOMENT, **options) for url in urls]


#: Typical URLs of a batch, and unusual ones that can't share work with others.
URLS = [
    "https://bucket.s3.eu-central-1.amazonaws.com/a/b.parquet",
    "https://bucket.s3.eu-central-1.amazonaws.com/a b/käse+%2B//../c",
    "https://bucket.s3.eu-central-1.amazonaws.com",
    "https://bucket.s3.eu-central-1.amazonaws.com/?",
    "https://bucket.s3.eu-central-1.amazonaws.com/k?versionId=3&response-content-type=a+b",
    "https://bucket.s3.eu-central-1.amazonaws.com/k?zz=1&X-Amz-Meta=2&A=3&a=&&b",
    "https://bucket.s3.eu-central-1.amazonaws.com/k%23fragment",
    "http://127.0.0.1:9000/bucket/key",
]


@pytest.mark.parametrize("credentials", [CREDENTIALS, TEMPORARY])
@pytest.mark.parametrize("service", ["s3", "s3express", "execute-api", "iotdevicegateway"])
def test_each_url_equals_that_of_presign(service, credentials):
    signer = Signer(credentials, REGION, service)
    urls = [*URLS, "https://bucket.example.com/?session", "https://bucket.example.com/?session="]

    many = signer.presign_many("put", urls, expires_in=60, time=MOMENT)

    assert many == presigned(urls, signer, "PUT", expires_in=60)


def test_headers_are_signed_for_each_url():
    headers = [("X-Own", " a  b "), ("x-own", b"c"), ("Content-Type", "text/plain")]

    many = SIGNER.presign_many("PUT", URLS, headers=iter(headers), time=MOMENT)

    assert many == presigned(URLS, method="PUT", headers=headers)
    assert all("&X-Amz-SignedHeaders=content-type%3Bhost%3Bx-own&" in url for url in many)


def test_host_header_is_used_for_each_url():
    headers = {"Host": "cdn.example.com"}
    assert SIGNER.presign_many("GET", URLS, headers=headers, time=MOMENT) == presigned(
        URLS, headers=headers
    )


@pytest.mark.parametrize("urls", [[], URLS])
def test_error_in_headers_does_not_name_a_url(urls):
    for headers in ({"a b": "c"}, {"Upgrade": "h2c"}):
        with pytest.raises(InvalidRequestError, match=r"^headers have "):
            SIGNER.presign_many("GET", urls, headers=headers)


@pytest.mark.parametrize("token", [None, TOKEN])
def test_each_url_equals_that_of_botocore(token):
    urls = urls_of(300)
    key = (ACCESS_KEY, SECRET, token)
    theirs = [
        presigned_by_botocore(Request("s3", "GET", url, [], b"", REGION, key, MOMENT, 3600))
        for url in urls
    ]
    ours = Signer(Credentials(*key), REGION, "s3").presign_many("GET", urls, time=MOMENT)

    assert [QuerySigned.of(url) for url in ours] == [QuerySigned.of(url) for url in theirs]


def test_region_and_service_are_read_from_each_host():
    signer = Signer(CREDENTIALS)
    regions = ["eu-central-1", "us-west-2", "eu-central-1", "eu-central-1", "us-east-1"] * 200
    urls = [f"https://Bucket.s3.{region}.amazonaws.com/key" for region in regions]

    assert signer.presign_many("GET", urls, time=MOMENT) == presigned(urls, signer)


def test_urls_whose_hosts_begin_alike_do_not_share_a_signature():
    host = f"bucket.s3.{REGION}.amazonaws.com"
    starts = [
        f"https://{host}",
        f"https://{host}:8443",
        f"https://{host}.example.com",
        f"https://{host}:443",
        f"http://{host}",
        f"https://user@{host}",
        f"https://second-{host}",
        f"https://third-{host}",
        f"https://fourth-{host}",
        f"HTTPS://{host.upper()}",
    ]
    ends = ["/key", "/other key", "", "?versionId=1", "/key?session", "//key/../k+y"]
    # Next to each other, and in turn: more than are kept prepared.
    urls = [start + end for start in starts for end in ends]
    urls += [start + end for end in ends for start in starts]

    assert SIGNER.presign_many("GET", urls, time=MOMENT) == presigned(urls)


def test_rules_that_depend_on_the_query_change_from_url_to_url():
    # CreateSession of S3 Express sends the token in another parameter.
    signer = Signer(TEMPORARY, REGION, "s3express")
    ends = ["/key", "/?session", "/other", "/?session=", "/key"]
    urls = [f"https://bucket.example.com{end}" for end in ends]

    assert signer.presign_many("GET", urls, time=MOMENT) == presigned(urls, signer)


@pytest.mark.parametrize("end", ["#", "/key#fragment", "/a\nb", "?X-Amz-Signature=0"])
def test_url_after_one_of_the_same_host_is_checked(end):
    start = f"https://bucket.s3.{REGION}.amazonaws.com"

    with pytest.raises(InvalidRequestError, match=r"urls\[1\]") as of_many:
        SIGNER.presign_many("GET", [start + "/key", start + end])
    with pytest.raises(InvalidRequestError) as of_one:
        SIGNER.presign("GET", start + end)

    assert str(of_many.value).endswith(str(of_one.value).partition(" ")[2])


def test_order_is_kept_over_many_blocks():
    urls = urls_of(MANY)
    many = SIGNER.presign_many("GET", urls, time=MOMENT)

    assert [url.partition("?")[0] for url in many] == urls
    assert many[::997] == presigned(urls[::997])


def test_any_iterable_is_accepted():
    urls = urls_of(3)
    expected = presigned(urls)
    for iterable in (tuple(urls), iter(urls), dict.fromkeys(urls), (url for url in urls)):
        assert SIGNER.presign_many("GET", iterable, time=MOMENT) == expected


def test_subclass_of_str_is_accepted():
    class Url(str):
        __slots__ = ()

    assert SIGNER.presign_many("GET", [Url(URLS[0])], time=MOMENT) == presigned(URLS[:1])


def test_empty_list():
    assert SIGNER.presign_many("GET", []) == []


def test_sigv4a():
    signer = Signer(CREDENTIALS, "*", "s3", algorithm="AWS4-ECDSA-P256-SHA256")
    many = signer.presign_many("GET", urls_of(2), time=MOMENT)

    # SigV4a signatures are randomized.
    unsigned = [url.partition("&X-Amz-Signature=")[0] for url in many]
    alone = presigned(urls_of(2), signer)
    assert unsigned == [url.partition("&X-Amz-Signature=")[0] for url in alone]


@pytest.mark.parametrize("index", [0, 1, 4095, 4096, 8192, MANY - 1])
@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("/key", "has no scheme and host: "),
        ("s3://bucket/key", "has a scheme that isn't sent over HTTP: "),
        ("https://example.com/a\nb", "has a control character "),
        ("https://example.com/?X-Amz-Signature=0", "is presigned already: "),
        ("https://example.com/a#b", "has a raw #, "),
        (b"https://example.com/", "must be str, not bytes: "),
        (None, "must be str, not NoneType: "),
        ("https://example.com/\ud800", "has a lone surrogate: "),
    ],
)
def test_error_names_the_url(index, url, problem):
    urls = urls_of(MANY)
    urls[index] = url
    with pytest.raises(InvalidRequestError) as caught:
        SIGNER.presign_many("GET", urls, time=MOMENT)

    assert str(caught.value).startswith(f"urls[{index}] {problem}")
    assert SECRET not in shown(caught.value)


def test_error_names_the_first_of_several_urls():
    urls = urls_of(MANY)
    for index in (MANY - 1, 30_000, 20_000, 10_000):
        urls[index] = "nothing"
    with pytest.raises(InvalidRequestError, match=r"^urls\[10000\] has no scheme"):
        SIGNER.presign_many("GET", urls, time=MOMENT)


def test_error_names_the_url_without_a_region():
    urls = [*urls_of(2), "https://example.com/"]
    with pytest.raises(InvalidRequestError) as caught:
        Signer(CREDENTIALS, service="s3").presign_many("GET", urls)

    assert str(caught.value).startswith("urls[2] can't be signed: region is missing, ")
    assert 'pass region="us-east-1"' in str(caught.value)


def test_error_of_an_argument_does_not_name_a_url():
    with pytest.raises(InvalidRequestError, match=r"^urls must be an iterable of text"):
        SIGNER.presign_many("GET", 5)
    with pytest.raises(InvalidRequestError, match=r"^urls is one text: "):
        SIGNER.presign_many("GET", URLS[0])
    with pytest.raises(InvalidRequestError, match=r"^expires_in must be from 1 to 604800 "):
        SIGNER.presign_many("GET", URLS, expires_in=0)
    with pytest.raises(InvalidRequestError, match=r"^method has white space"):
        SIGNER.presign_many("G T", URLS)


def test_expired_credentials():
    key = Credentials(ACCESS_KEY, SECRET, TOKEN, expires_at=MOMENT - dt.timedelta(seconds=1))
    with pytest.raises(ExpiredCredentialsError):
        Signer(key, REGION, "s3").presign_many("GET", URLS, time=MOMENT)


def test_urls_expire_with_the_credentials():
    key = Credentials(ACCESS_KEY, SECRET, TOKEN, expires_at=MOMENT + dt.timedelta(seconds=90))
    many = Signer(key, REGION, "s3").presign_many("GET", URLS, time=MOMENT)

    assert all("&X-Amz-Expires=90&" in url for url in many)


def test_error_of_an_iterable_is_raised_unchanged():
    def urls():
        yield URLS[0]
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        SIGNER.presign_many("GET", urls())


@pytest.mark.parametrize("count", [1, MANY // 2])
def test_error_of_a_url_comes_before_a_later_one_of_the_iterable(count):
    def urls():
        yield from urls_of(count)
        yield "nothing"
        yield from urls_of(MANY - count)
        raise LookupError("no more")

    with pytest.raises(InvalidRequestError, match=rf"^urls\[{count}\] has no scheme"):
        SIGNER.presign_many("GET", urls())


def test_error_of_a_long_iterable_is_raised():
    def urls():
        yield from urls_of(MANY)
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        SIGNER.presign_many("GET", urls())


@pytest.mark.skipif(not TASKS.exists(), reason="only Linux lists threads there")
def test_no_thread_works_while_an_iterable_is_read():
    # A greenlet may leave the stack there, which threads of presign_many use.
    threads = []

    def urls():
        for number, url in enumerate(urls_of(MANY)):
            if number % 100 == 0:
                threads.append(len(list(TASKS.iterdir())))
            yield url

    before = len(list(TASKS.iterdir()))
    SIGNER.presign_many("GET", urls())
    # The system may list a thread for a moment after its end.
    assert statistics.median(threads) == before


def test_credentials_are_resolved_once():
    calls = []

    def provider():
        calls.append(1)
        return CREDENTIALS

    Signer(provider, REGION, "s3").presign_many("GET", urls_of(MANY))
    assert len(calls) == 1


def test_other_threads_run_meanwhile():
    urls = urls_of(1000)
    done, counted = threading.Event(), 0

    def count():
        nonlocal counted
        while not done.is_set():
            counted += 1

    thread = threading.Thread(target=count)
    thread.start()
    try:
        # Python code runs only between blocks, so the other thread can only run if the GIL is
        # released.
        for _ in range(20):
            SIGNER.presign_many("GET", urls)
    finally:
        done.set()
        thread.join()
    assert counted > 0


def test_memory_is_little_more_than_the_result():
    urls = urls_of(MANY)
    tracemalloc.start()
    try:
        many = SIGNER.presign_many("GET", (url for url in urls))
        gc.collect()
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Besides the result, at most one block of URLs is in Python's memory.
    assert len(many) == MANY
    assert peak < kept * 1.2
