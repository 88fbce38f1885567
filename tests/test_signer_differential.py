"""
`Signer` beside botocore, stage by stage, over requests as clients send them.

botocore presumes that a URL was encoded its own way. Where a client is free to write one otherwise,
`KNOWN_DIFFERENCES` holds what AWS's written rules give for it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import datetime as dt
import io
import os
import random
import string
from dataclasses import dataclass, field
from typing import Any
from unittest import mock
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st

from rsigv4 import Credentials, Signer

#: A run is repeated by setting this variable to what a failure prints.
SEED_VARIABLE = "RSIGV4_TEST_SEED"
SEED = int(os.environ.get(SEED_VARIABLE) or random.SystemRandom().getrandbits(32))

ALPHANUMERIC = string.ascii_letters + string.digits
EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
MOMENT = dt.datetime(2015, 8, 30, 12, 36, tzinfo=dt.timezone.utc)


@dataclass(frozen=True)
class Case:
    """A request, and what signs it."""

    service: str = "es"
    method: str = "GET"
    url: str = "https://example.com/"
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: Any = b""
    region: str = "us-east-1"
    key: tuple[str, str, str | None] = ("AKIDEXAMPLE", "secret", None)
    moment: dt.datetime = MOMENT

    @property
    def is_s3(self):
        return self.service == "s3"


def stages_of_botocore(case):
    """Return what botocore signs, what it signs of that, and the headers it then sends."""
    auth_class = S3SigV4Auth if case.is_s3 else SigV4Auth
    auth = auth_class(BotocoreCredentials(*case.key), case.service, case.region)
    request = AWSRequest(method=case.method, url=case.url, data=case.body)
    for name, value in case.headers:
        request.headers[name] = value
    naive = case.moment.astimezone(dt.timezone.utc).replace(tzinfo=None)
    stages = []
    sign = auth.signature

    def signature(string_to_sign, request):
        stages.extend([auth.canonical_request(request), string_to_sign])
        return sign(string_to_sign, request)

    with (
        mock.patch("botocore.auth.get_current_datetime", return_value=naive),
        mock.patch.object(auth, "signature", signature),
    ):
        auth.add_auth(request)
    names = ("Authorization", "X-Amz-Date", "X-Amz-Content-SHA256", "X-Amz-Security-Token")
    sent = {name.lower(): request.headers[name] for name in names if name in request.headers}
    return [*stages, sent]


def stages_of_ours(case):
    signer = Signer(
        Credentials(*case.key),
        case.region,
        case.service,
        # botocore sends it for S3 alone, and signs all headers but those on a list of its own.
        content_sha256_header=case.is_s3,
        also_sign=("*",),
    )
    request = (case.method, case.url, case.headers, case.body)
    sent = signer.sign(*request, time=case.moment)
    return [
        signer.canonical_request(*request, time=case.moment),
        signer.string_to_sign(*request, time=case.moment),
        {name.lower(): value for name, value in sent.items()},
    ]


TEXT = st.text(max_size=12)


def escaped(text):
    """Return the text in the one encoding that AWS calls canonical."""
    return quote(text, safe="-_.~")


ESCAPED = TEXT.map(escaped)
DOTS = st.sampled_from(["", ".", "..", "..."])
#: What may stand in a path as it is. Only where a path is encoded again is botocore free of it.
RAW = st.text(alphabet=ALPHANUMERIC + "-_.~:@!$&'()*+,=;%", max_size=12)


def paths(service):
    # An encoded slash in a key of S3 is a known difference.
    keys = TEXT.map(lambda text: escaped(text.replace("/", "")))
    segments = st.one_of(keys, DOTS) if service == "s3" else st.one_of(ESCAPED, DOTS, RAW)
    return st.lists(segments, max_size=6).map(lambda found: "/" + "/".join(found))


@st.composite
def queries(draw):
    names = draw(st.lists(ESCAPED, min_size=1, max_size=3))
    pairs = st.tuples(st.sampled_from(names), st.one_of(st.none(), ESCAPED)).map(
        lambda pair: pair[0] if pair[1] is None else "=".join(pair)
    )
    # A pair that is empty altogether is a known difference.
    pairs = pairs.filter(lambda pair: pair)
    found = draw(st.lists(pairs, max_size=6))
    return "?" + "&".join(found) if found else draw(st.sampled_from(["", "?"]))


HEADER_NAMES = st.one_of(
    st.sampled_from(
        ["Content-Type", "content-md5", "X-Amz-Target", "x-amz-acl", "Range", "Accept", "If-Match"]
    ),
    st.text(alphabet=ALPHANUMERIC + "-_", min_size=1, max_size=12).map("X-Own-{}".format),
    # Neither of the two signs these.
    st.sampled_from(["Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Keep-Alive"]),
    # Both replace these with their own.
    st.sampled_from(["Authorization", "X-Amz-Date"]),
)
#: botocore folds what Python calls white space. In a header only these two are.
HEADER_VALUES = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], include_characters=" \t"),
    max_size=16,
)
METHODS = st.sampled_from(["GET", "head", "POST", "Put", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
HOSTS = st.sampled_from(
    ["example.com", "EXAMPLE.com", "a-b.c--d.example", "127.0.0.1", "[::1]", "[2001:DB8::1]"]
)
PORTS = st.one_of(st.sampled_from(["", ":80", ":443"]), st.integers(1, 65535).map(":{}".format))
BODIES = st.one_of(st.binary(max_size=64), TEXT, st.binary(max_size=64).map(bytearray))
TOKENS = st.one_of(st.none(), st.text(alphabet=ALPHANUMERIC + "+/=", min_size=1, max_size=64))
REGIONS = st.text(alphabet=string.ascii_lowercase + string.digits + "-", min_size=1, max_size=16)
MOMENTS = st.datetimes(
    dt.datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis adds the time zone
    dt.datetime(2199, 12, 31),  # noqa: DTZ001 - the same
    timezones=st.integers(-23, 23).map(lambda hours: dt.timezone(dt.timedelta(hours=hours))),
)


def cases(services):
    return st.sampled_from(services).flatmap(
        lambda service: st.builds(
            Case,
            st.just(service),
            METHODS,
            st.builds(
                "{}://{}{}{}{}".format,
                st.sampled_from(["https", "http"]),
                HOSTS,
                PORTS,
                paths(service),
                queries(),
            ),
            st.lists(st.tuples(HEADER_NAMES, HEADER_VALUES), max_size=5),
            BODIES,
            REGIONS,
            st.tuples(
                st.text(alphabet=ALPHANUMERIC, min_size=1, max_size=20),
                st.text(min_size=1, max_size=40),
                TOKENS,
            ),
            MOMENTS,
        )
    )


def same_settings(test):
    return seed(SEED)(
        settings(
            max_examples=2000,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        )(test)
    )


def check_equal_at_every_stage(case):
    expected = stages_of_botocore(case)
    # One after the other, so that a failure shows the first stage that differs.
    for ours, theirs in zip(stages_of_ours(case), expected):
        assert ours == theirs


@same_settings
@given(cases(["es", "execute-api", "dynamodb"]))
def test_every_stage_equals_that_of_botocore(case):
    note(f"{SEED_VARIABLE}={SEED}")
    check_equal_at_every_stage(case)


@same_settings
@given(cases(["s3"]))
def test_every_stage_for_s3_equals_that_of_botocore(case):
    note(f"{SEED_VARIABLE}={SEED}")
    check_equal_at_every_stage(case)


@pytest.mark.parametrize("service", ["es", "s3"])
@pytest.mark.parametrize("offset", [0, 3, 10])
def test_every_stage_of_a_file_equals_that_of_botocore(service, offset):
    body = io.BytesIO(b"0123456789")
    body.seek(offset)
    check_equal_at_every_stage(Case(service, "PUT", body=body))
    assert body.tell() == offset


@dataclass(frozen=True)
class Difference:
    """A request that botocore signs otherwise, and the lines that AWS's rules give for it."""

    reason: str
    target: str = "/"
    service: str = "es"
    headers: list[tuple[str, str]] = field(default_factory=list)
    canonical_uri: str = "/"
    canonical_query_string: str = ""
    #: The canonical form of the headers, and their names.
    signed: tuple[str, ...] = ()


KNOWN_DIFFERENCES = (
    # "URI-encode each parameter name and value", whatever the client left as it is.
    Difference(
        "reserved characters left raw in a query",
        "/?q=:/,;*'()@$!?",
        canonical_query_string="q=%3A%2F%2C%3B%2A%27%28%29%40%24%21%3F",
    ),
    Difference("= left raw in a value", "/?a=b=c", canonical_query_string="a=b%3Dc"),
    Difference("unreserved characters encoded", "/?a=%41%7E", canonical_query_string="a=A~"),
    Difference("lowercase hexadecimal digits", "/?a=%c3%a9", canonical_query_string="a=%C3%A9"),
    Difference("a stray percent sign", "/?a=100%", canonical_query_string="a=100%25"),
    # Services read a form's plus as a space, and "the space character must be encoded as %20".
    Difference("a plus for a space", "/?a=b+c", canonical_query_string="a=b%20c"),
    # Every client encodes these before it sends them.
    Difference("text that is not ASCII", "/?a=\u00e9", canonical_query_string="a=%C3%A9"),
    Difference("a space left raw", "/?a=b c", canonical_query_string="a=b%20c"),
    # "Sort the parameter names by code point", encoded; botocore sorts what it was given.
    Difference(
        "names that sort otherwise once encoded",
        "/?b:=1&b2=1",
        canonical_query_string="b%3A=1&b2=1",
    ),
    # There is no parameter between two ampersands; botocore signs one without a name.
    Difference("an empty pair", "/?a=1&&b=2", canonical_query_string="a=1&b=2"),
    Difference("an ampersand at the end", "/?a=1&", canonical_query_string="a=1"),
    # "If the absolute path is empty, use a forward slash."
    Difference("no path", "", "s3"),
    # S3 decodes the key and encodes it once; only unreserved characters are left as they are.
    Difference("reserved characters of a key", "/a+b:(c)", "s3", canonical_uri="/a%2Bb%3A%28c%29"),
    Difference("parameters of a key", "/a;b=1", "s3", canonical_uri="/a%3Bb%3D1"),
    Difference("a key encoded in lowercase", "/%c3%a9", "s3", canonical_uri="/%C3%A9"),
    Difference("unreserved characters of a key", "/%41%7E", "s3", canonical_uri="/A~"),
    Difference("a slash encoded in a key", "/a%2Fb", "s3", canonical_uri="/a/b"),
    Difference("a space in a key", "/a b", "s3", canonical_uri="/a%20b"),
    Difference("a key that is not ASCII", "/\u00e9", "s3", canonical_uri="/%C3%A9"),
    # Clients send the path percent-encoded, and that is what is encoded again.
    Difference("a path that is not ASCII", "/\u00e9", canonical_uri="/%25C3%25A9"),
    Difference("a space in a path", "/a b", canonical_uri="/a%2520b"),
    # "Trim" means the blanks of HTTP; a no-break space is part of the value.
    Difference(
        "a no-break space in a value",
        headers=[("x-amz-meta-a", "a\u00a0\u00a0b")],
        signed=("x-amz-meta-a:a\u00a0\u00a0b",),
    ),
    # The caller asked for all headers but the hop-by-hop ones, and AWS lets any be signed.
    Difference(
        "headers that botocore leaves to proxies",
        headers=[("User-Agent", "a"), ("Expect", "b"), ("X-Amzn-Trace-Id", "c"), ("baggage", "d")],
        signed=("baggage:d", "expect:b", "user-agent:a", "x-amzn-trace-id:c"),
    ),
    # It belongs to one connection, like the other headers of its kind.
    Difference("proxy-connection", headers=[("Proxy-Connection", "keep-alive")]),
)


@pytest.mark.parametrize("difference", KNOWN_DIFFERENCES, ids=lambda known: known.reason)
def test_known_differences_are_by_the_rules_of_aws(difference):
    case = Case(
        difference.service,
        url=f"https://example.com{difference.target}",
        headers=difference.headers,
    )
    headers = ["host:example.com", "x-amz-date:20150830T123600Z", *difference.signed]
    if case.is_s3:
        headers.append(f"x-amz-content-sha256:{EMPTY_HASH}")
    headers.sort()
    canonical_request = "\n".join(
        [
            "GET",
            difference.canonical_uri,
            difference.canonical_query_string,
            *headers,
            "",
            ";".join(line.partition(":")[0] for line in headers),
            EMPTY_HASH,
        ]
    )
    assert stages_of_ours(case)[0] == canonical_request
    assert stages_of_botocore(case)[0] != canonical_request


def test_date_header_is_signed_as_it_is_sent():
    # botocore replaces it with its own and sends no X-Amz-Date; both ways are allowed.
    case = Case(headers=[("Date", "Sun, 30 Aug 2015 00:00:00 GMT")])
    ours, theirs = stages_of_ours(case), stages_of_botocore(case)
    assert "\ndate:Sun, 30 Aug 2015 00:00:00 GMT\nhost:" in ours[0]
    assert "\ndate:Sun, 30 Aug 2015 12:36:00 -0000\nhost:" in theirs[0]
    assert ours[2]["x-amz-date"] == "20150830T123600Z"
    assert "x-amz-date" not in theirs[2]
