"""
`Signer.presign` beside botocore and AWS's C runtime, over URLs as clients send them.

Both presume that a URL was encoded their own way, so only such URLs are compared here; those that a
client writes otherwise are in `test_signer_differential.KNOWN_DIFFERENCES`.
"""

from __future__ import annotations

from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st

from oracles import (
    QuerySigned,
    Request,
    presigned_by_awscrt,
    presigned_by_botocore,
    presigned_by_us,
)
from test_signer_differential import (
    ALPHANUMERIC,
    DOTS,
    ESCAPED,
    HEADER_NAMES,
    HEADER_VALUES,
    HOSTS,
    MOMENTS,
    PORTS,
    REGIONS,
    SEED,
    SEED_VARIABLE,
    TEXT,
    TOKENS,
    escaped,
)

METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])


def paths(service):
    # An encoded slash in a key of S3 is a known difference.
    keys = TEXT.map(lambda text: escaped(text.replace("/", "")))
    segments = st.one_of(keys, DOTS) if service == "s3" else st.one_of(ESCAPED, DOTS)
    return st.lists(segments, max_size=6).map(lambda found: "/" + "/".join(found))


@st.composite
def queries(draw):
    # botocore keeps one parameter of a name.
    names = draw(st.lists(ESCAPED.filter(bool), max_size=5, unique=True))
    # A name without "=" comes back with it; the one here is what both of them then send.
    pairs = [f"{name}={draw(ESCAPED)}" for name in names]
    return "?" + "&".join(pairs) if pairs else draw(st.sampled_from(["", "?"]))


#: None of them is signed alike by the three in a query: they replace or refuse these.
REPLACED = frozenset({"authorization", "x-amz-date"})
HEADERS = st.lists(
    st.tuples(HEADER_NAMES.filter(lambda name: name.lower() not in REPLACED), HEADER_VALUES),
    max_size=4,
)


@st.composite
def requests(draw, services):
    service = draw(st.sampled_from(services))
    scheme, port = draw(st.sampled_from(["https", "http"])), draw(PORTS)
    return Request(
        service,
        draw(METHODS),
        f"{scheme}://{draw(HOSTS)}{port}{draw(paths(service))}{draw(queries())}",
        draw(HEADERS),
        b"",
        draw(REGIONS),
        (
            draw(st.text(alphabet=ALPHANUMERIC, min_size=1, max_size=20)),
            draw(st.text(min_size=1, max_size=40)),
            draw(TOKENS),
        ),
        draw(MOMENTS),
        draw(st.integers(1, 604_800)),
    )


def same_settings(test):
    return seed(SEED)(
        settings(
            max_examples=2500,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        )(test)
    )


@same_settings
@given(requests(["es", "execute-api", "iot", "s3"]))
def test_url_equals_that_of_botocore(request_):
    note(f"{SEED_VARIABLE}={SEED}")
    ours, theirs = presigned_by_us(request_), presigned_by_botocore(request_)
    assert QuerySigned.of(ours) == QuerySigned.of(theirs)


@same_settings
@given(requests(["es", "execute-api", "iot", "s3"]))
def test_url_equals_that_of_awscrt(request_):
    note(f"{SEED_VARIABLE}={SEED}")
    ours, theirs = presigned_by_us(request_), presigned_by_awscrt(request_)
    assert QuerySigned.of(ours) == QuerySigned.of(theirs)
