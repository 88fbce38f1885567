"""Requests as clients send them, for tests that compare two signers."""

from __future__ import annotations

import datetime as dt
import functools
import os
import random
import string
import sys
from typing import TYPE_CHECKING
from urllib.parse import quote

from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st

from support.oracles import Request

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ALPHANUMERIC",
    "BODIES",
    "DOTS",
    "ESCAPED",
    "HEADER_NAMES",
    "KEYS",
    "METHODS",
    "MOMENTS",
    "REGIONS",
    "SERVICES",
    "SESSION_TOKENS",
    "TEXT",
    "TOKENS",
    "differential",
    "escaped",
    "headers",
    "paths",
    "requests",
]

#: To repeat a run, set this variable to the value that the failure prints.
SEED_VARIABLE = "RSIGV4_TEST_SEED"
SEED = int(os.environ.get(SEED_VARIABLE) or random.SystemRandom().getrandbits(32))
#: To search longer, set RSIGV4_TEST_EFFORT=10, for ten times as many examples.
EFFORT = int(os.environ.get("RSIGV4_TEST_EFFORT") or 1)


def differential(examples: int, *strategies: st.SearchStrategy) -> Callable:
    """Run a property test with this many examples, and with a seed that a failure prints."""

    def decorate(test):
        @functools.wraps(test)
        def noted(**arguments):
            note(f"{SEED_VARIABLE}={SEED}")
            return test(**arguments)

        return seed(SEED)(
            settings(
                max_examples=examples * EFFORT,
                deadline=None,
                database=None,
                print_blob=True,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            )(given(*strategies)(noted))
        )

    return decorate


def escaped(text: str) -> str:
    """Return the text in AWS's canonical encoding."""
    return quote(text, safe="-_.~")


ALPHANUMERIC = string.ascii_letters + string.digits
TEXT = st.text(max_size=12)
ESCAPED = TEXT.map(escaped)
#: Signature parameters are refused by all signers; Hypothesis finds their names in the modules
#: under test.
NAMES = ESCAPED.filter(lambda name: not name.lower().startswith("x-amz-"))
DOTS = st.sampled_from(["", ".", "..", "..."])
#: Characters that a path may contain unencoded.
RAW = st.text(alphabet=ALPHANUMERIC + "-_.~:@!$&'()*+,=;%", max_size=12)

#: S3 encodes a path once; other services encode it again.
SERVICES = ("es", "execute-api", "dynamodb", "s3")


def paths(service: str, *, raw: bool = False) -> st.SearchStrategy[str]:
    """
    Return paths, encoded as AWS's own clients encode them.

    Args:
        raw: Include characters that other clients don't encode. botocore then agrees only if the
        service encodes the path again.

    """
    # An encoded slash in an S3 key is a known difference.
    segments = TEXT.map(lambda text: escaped(text.replace("/", ""))) if service == "s3" else ESCAPED
    choices = [segments, DOTS, *([RAW] if raw and service != "s3" else [])]
    return st.lists(st.one_of(choices), max_size=6).map(lambda found: "/" + "/".join(found))


@st.composite
def queries(draw):
    """Return queries with repeated names, empty values, and names without `=`."""
    names = draw(st.lists(NAMES, min_size=1, max_size=3))
    pairs = st.tuples(st.sampled_from(names), st.one_of(st.none(), ESCAPED)).map(
        lambda pair: pair[0] if pair[1] is None else "=".join(pair)
    )
    # An empty pair is a known difference.
    found = draw(st.lists(pairs.filter(bool), max_size=6))
    return "?" + "&".join(found) if found else draw(st.sampled_from(["", "?"]))


QUERIES = queries()
SIGNED_NAMES = st.one_of(
    st.sampled_from(
        [
            "Accept",
            "Content-Length",
            "Content-Type",
            "If-Match",
            "If-None-Match",
            "Range",
            "X-Amz-Target",
            "content-md5",
            "x-amz-acl",
        ]
    ),
    st.text(alphabet=ALPHANUMERIC + "-_", min_size=1, max_size=12).map("X-Own-{}".format),
)
#: No signer signs these.
REWRITTEN_NAMES = st.sampled_from(
    [
        "Connection",
        "Expect",
        "Keep-Alive",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "User-Agent",
        "X-Amzn-Trace-Id",
        # The last botocore for Python 3.9 signs these.
        *(["baggage", "traceparent", "tracestate"] if sys.version_info >= (3, 10) else []),
    ]
)
HEADER_NAMES = SIGNED_NAMES | REWRITTEN_NAMES
#: botocore folds all of Python's white space. In a header, only these two characters are.
HEADER_VALUES = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], include_characters=" \t"),
    max_size=16,
)


def headers(names: st.SearchStrategy[str]) -> st.SearchStrategy[list[tuple[str, str]]]:
    return st.lists(st.tuples(names, HEADER_VALUES), max_size=5)


HEADERS = headers(HEADER_NAMES)


METHODS = st.sampled_from(["GET", "head", "POST", "Put", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
HOSTS = st.sampled_from(
    ["example.com", "EXAMPLE.com", "a-b.c--d.example", "127.0.0.1", "[::1]", "[2001:DB8::1]"]
)
PORTS = st.one_of(st.sampled_from(["", ":80", ":443"]), st.integers(1, 65535).map(":{}".format))
ORIGINS = st.builds("{}://{}{}".format, st.sampled_from(["https", "http"]), HOSTS, PORTS)

BODIES = st.one_of(st.binary(max_size=64), TEXT, st.binary(max_size=64).map(bytearray))
SESSION_TOKENS = st.text(alphabet=ALPHANUMERIC + "+/=", min_size=1, max_size=64)
TOKENS = st.one_of(st.none(), SESSION_TOKENS)
KEYS = st.tuples(
    st.text(alphabet=ALPHANUMERIC, min_size=1, max_size=20),
    # White space around a secret is refused.
    st.text(max_size=40).map(".{}.".format),
    TOKENS,
)
REGIONS = st.text(alphabet=string.ascii_lowercase + string.digits + "-", min_size=1, max_size=16)
MOMENTS = st.datetimes(
    dt.datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis adds the time zone
    dt.datetime(2199, 12, 31),  # noqa: DTZ001 - the same
    timezones=st.integers(-23, 23).map(lambda hours: dt.timezone(dt.timedelta(hours=hours))),
)


def requests(  # noqa: PLR0913 - a request has these parts
    services,
    *,
    methods=METHODS,
    paths=paths,
    queries=QUERIES,
    headers=HEADERS,
    bodies=BODIES,
) -> st.SearchStrategy[Request]:
    """Return requests to one of these services, with keys and scopes."""
    # Hypothesis validates each new strategy, so none is built while it generates an example.
    return st.one_of(
        [
            st.builds(
                Request,
                st.just(service),
                methods,
                st.builds("{}{}{}".format, ORIGINS, paths(service), queries),
                headers,
                bodies,
                REGIONS,
                KEYS,
                MOMENTS,
                st.integers(1, 604_800),
            )
            for service in services
        ]
    )


@st.composite
def _unrepeated_queries(draw):
    # botocore keeps only one parameter of each name.
    names = draw(st.lists(NAMES.filter(bool), max_size=5, unique=True))
    # botocore adds "=" to a name without it, so all names here have it.
    pairs = [f"{name}={draw(ESCAPED)}" for name in names]
    return "?" + "&".join(pairs) if pairs else draw(st.sampled_from(["", "?"]))


def presignable_requests(services: list[str]) -> st.SearchStrategy[Request]:
    """Return requests that every signer can presign, in the form that is sent."""
    return requests(
        services,
        methods=METHODS.filter(str.isupper),
        queries=_unrepeated_queries(),
        headers=headers(SIGNED_NAMES),
        bodies=st.just(b""),
    )
