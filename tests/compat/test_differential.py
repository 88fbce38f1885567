"""
Each drop-in signs what its original signs, wherever the original is correct.

The strategies leave out what an original signs wrongly; docs/migrate/ lists it.
"""

from __future__ import annotations

import datetime as dt
from importlib.metadata import version

import httpx
import httpx_auth
import opensearchpy
import pytest
import requests
import requests_auth_aws_sigv4
import requests_aws4auth
import time_machine
from botocore.credentials import Credentials
from hypothesis import note
from hypothesis import strategies as st

import rsigv4.compat.httpx_auth
import rsigv4.compat.opensearchpy
import rsigv4.compat.requests_auth_aws_sigv4
import rsigv4.compat.requests_aws4auth
from support.strategies import ALPHANUMERIC, ESCAPED, TEXT, differential, escaped

CASES = 500
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
SERVICES = ("es", "execute-api", "aoss", "lambda", "s3")
WORDS = st.text(alphabet=ALPHANUMERIC + "-_", min_size=1, max_size=12)
KEYS = st.fixed_dictionaries(
    {
        "id": WORDS,
        "secret": st.text(alphabet=ALPHANUMERIC + "+/=", min_size=1, max_size=40),
        "region": st.sampled_from(["us-east-1", "eu-central-1", "local"]),
        "token": st.one_of(st.none(), WORDS),
    }
)
MOMENTS = st.datetimes(dt.datetime(1980, 1, 1), dt.datetime(2199, 12, 31)).map(  # noqa: DTZ001 - next line
    lambda moment: moment.replace(tzinfo=dt.timezone.utc)
)
NAMES = ["Content-Type", "Accept", "X-Amz-Meta-A", "x-amz-acl", "X-Custom", "Range"]
HEADERS = st.dictionaries(st.sampled_from(NAMES), WORDS)
BODIES = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"data": st.binary(max_size=64)}),
    st.fixed_dictionaries({"data": st.dictionaries(WORDS, TEXT, max_size=3)}),
    st.fixed_dictionaries({"json": st.dictionaries(WORDS, st.integers(), max_size=3)}),
)
TEXT_BODIES = st.fixed_dictionaries({"data": TEXT})


def paths(segments):
    segments = segments.filter(lambda segment: segment not in {"", ".", ".."})
    return st.builds(
        "{}{}".format,
        st.lists(segments, min_size=1, max_size=4).map(
            lambda found: "".join(f"/{one}" for one in found)
        ),
        st.sampled_from(["", "/"]),
    )


def queries(names, values):
    pairs = st.lists(st.builds("{}={}".format, names, values), max_size=4)
    return pairs.map(lambda found: "?" + "&".join(found) if found else "")


def urls(path, query, hosts=("example.com", "example.com:8443", "a.us-east-1.es.amazonaws.com")):
    scheme = st.sampled_from(["https", "http"])
    return st.builds("{}://{}{}{}".format, scheme, st.sampled_from(hosts), path, query)


PLAIN = st.text(alphabet=ALPHANUMERIC + "-_.~", max_size=8)
ANY_QUERY = queries(WORDS, TEXT.map(escaped))


def prepared(method, url, headers, body):
    return requests.Request(method, url, headers=headers, **body).prepare()


def check_prepared(theirs, ours, make, moment, ignored=()):
    with time_machine.travel(moment, tick=False):
        expected, actual = theirs(make()), ours(make())
    note(f"{expected.method} {expected.url} {expected.headers} {actual.headers}")
    left_out = {"authorization", *ignored}
    kept = [
        {name: value for name, value in sent.headers.items() if name.lower() not in left_out}
        for sent in (expected, actual)
    ]
    # Their order is not part of a signature, but their letter case may be of a test.
    assert kept[0] == kept[1]
    assert actual.headers["Authorization"] == expected.headers["Authorization"]
    assert actual.body == expected.body


@differential(
    CASES,
    KEYS,
    st.sampled_from(SERVICES).flatmap(
        lambda service: st.tuples(
            st.just(service),
            urls(paths(PLAIN if service == "s3" else st.one_of(ESCAPED, PLAIN)), ANY_QUERY),
        )
    ),
    st.tuples(METHODS, HEADERS, st.one_of(BODIES, TEXT_BODIES)),
    st.one_of(st.none(), st.lists(st.sampled_from([*NAMES, "host", "x-amz-*", "*"]))),
    MOMENTS,
)
def test_requests_aws4auth(key, target, request, include, moment):
    service, url = target
    method, headers, body = request
    arguments = (key["id"], key["secret"], key["region"], service)
    options = {"session_token": key["token"]}
    if include is not None:
        options["include_hdrs"] = include
    check_prepared(
        requests_aws4auth.AWS4Auth(*arguments, **options),
        rsigv4.compat.requests_aws4auth.AWS4Auth(*arguments, **options),
        lambda: prepared(method, url, headers, body),
        moment,
    )


@pytest.mark.skipif(
    [int(part) for part in version("opensearch-py").split(".")[:2]] < [3, 2],
    reason="opensearch-py before 3.2 sends the hash of the body unsigned",
)
@differential(
    CASES,
    KEYS,
    urls(paths(PLAIN), queries(WORDS, WORDS)),
    st.tuples(METHODS, HEADERS, BODIES),
    st.sampled_from(SERVICES[:-1]),
    st.booleans(),
    MOMENTS,
)
def test_opensearchpy(  # noqa: PLR0913, PLR0917 - what varies
    key, url, request, service, is_frozen, moment
):
    method, headers, body = request
    credentials = Credentials(key["id"], key["secret"], key["token"])
    credentials = credentials.get_frozen_credentials() if is_frozen else credentials
    if service == "aoss":
        # It refuses signatures of the original, which cover this header.
        service = "es"
    arguments = (credentials, key["region"], service)
    check_prepared(
        opensearchpy.RequestsAWSV4SignerAuth(*arguments),
        rsigv4.compat.opensearchpy.RequestsAWSV4SignerAuth(*arguments),
        lambda: prepared(method, url, headers, body),
        moment,
    )
    content = prepared(method, url, headers, body).body
    with time_machine.travel(moment, tick=False):
        for name in ("Urllib3AWSV4SignerAuth", "AWSV4SignerAsyncAuth"):
            expected = getattr(opensearchpy, name)(*arguments)(method, url, content, headers)
            actual = getattr(rsigv4.compat.opensearchpy, name)(*arguments)
            assert list(actual(method, url, content, headers).items()) == list(expected.items())


# The original uses utcnow(), which Python 3.12 deprecates.
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
@differential(
    CASES,
    KEYS,
    urls(
        paths(PLAIN),
        st.one_of(st.just(""), st.builds("?{}={}".format, WORDS, WORDS)),
        ("example.com",),
    ),
    st.tuples(METHODS.filter(lambda method: method != "GET"), HEADERS, BODIES),
    st.sampled_from(SERVICES),
    MOMENTS,
)
def test_requests_auth_aws_sigv4(key, url, request, service, moment):
    method, headers, body = request
    options = {
        "region": key["region"],
        "aws_access_key_id": key["id"],
        "aws_secret_access_key": key["secret"],
        "aws_session_token": key["token"],
    }
    check_prepared(
        requests_auth_aws_sigv4.AWSSigV4(service, **options),
        rsigv4.compat.requests_auth_aws_sigv4.AWSSigV4(service, **options),
        lambda: prepared(method, url, headers, body),
        moment,
        # The original sets it; http.client sends the same value, but not after a redirect.
        ignored=["host"],
    )


@differential(
    CASES,
    KEYS,
    st.sampled_from(SERVICES).flatmap(
        lambda service: st.tuples(
            st.just(service),
            urls(paths(st.one_of(ESCAPED, PLAIN) if service == "s3" else PLAIN), ANY_QUERY),
        )
    ),
    st.tuples(METHODS, HEADERS, BODIES),
    st.lists(st.sampled_from(NAMES)),
    MOMENTS,
)
def test_httpx_auth(key, target, request, include, moment):
    service, url = target
    method, headers, body = request
    arguments = (key["id"], key["secret"], key["region"], service)
    options = {"security_token": key["token"], "include_headers": include}
    if "data" in body and isinstance(body["data"], bytes):
        body = {"content": body["data"]}

    def signed(module):
        sent = httpx.Request(method, url, headers=headers, **body)
        next(module.AWS4Auth(*arguments, **options).auth_flow(sent))
        return sent

    with time_machine.travel(moment, tick=False):
        expected, actual = signed(httpx_auth), signed(rsigv4.compat.httpx_auth)
    note(f"{url} {expected.headers} {actual.headers}")
    assert actual.headers.raw == expected.headers.raw
