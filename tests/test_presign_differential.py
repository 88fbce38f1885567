"""
`Signer.presign` beside botocore and AWS's C runtime, over URLs as clients send them.

Both presume that a URL was encoded their own way, so only such URLs are compared here; those that a
client writes otherwise are in `test_signer_differential.KNOWN_DIFFERENCES`.
"""

from __future__ import annotations

from hypothesis import strategies as st

from oracles import QuerySigned, presigned_by_awscrt, presigned_by_botocore, presigned_by_us
from strategies import ESCAPED, differential, requests


@st.composite
def queries(draw):
    # botocore keeps one parameter of a name.
    names = draw(st.lists(ESCAPED.filter(bool), max_size=5, unique=True))
    # A name without "=" comes back with it; the one here is what both of them then send.
    pairs = [f"{name}={draw(ESCAPED)}" for name in names]
    return "?" + "&".join(pairs) if pairs else draw(st.sampled_from(["", "?"]))


REQUESTS = requests(
    ["es", "execute-api", "iot", "s3"],
    queries=queries(),
    bodies=st.just(b""),
)


@differential(2500, REQUESTS)
def test_url_equals_that_of_botocore(request_):
    ours, theirs = presigned_by_us(request_), presigned_by_botocore(request_)
    assert QuerySigned.of(ours) == QuerySigned.of(theirs)


@differential(2500, REQUESTS)
def test_url_equals_that_of_awscrt(request_):
    ours, theirs = presigned_by_us(request_), presigned_by_awscrt(request_)
    assert QuerySigned.of(ours) == QuerySigned.of(theirs)
