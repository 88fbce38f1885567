"""
`Signer.presign` beside botocore and AWS's C runtime, over URLs as clients send them.

Both presume that a URL was encoded their own way, so only such URLs are compared here; those that a
client writes otherwise are in `KNOWN_DIFFERENCES` of `signer/test_differential.py`. Both also leave
dot segments in the path, which `presign` removes as clients do, so they are given the path without.
"""

from __future__ import annotations

from dataclasses import replace

from support.oracles import QuerySigned, presigned_by_awscrt, presigned_by_botocore, presigned_by_us
from support.strategies import differential, presignable_requests

REQUESTS = presignable_requests(["es", "execute-api", "iot", "s3"])


def as_sent(request_, presigned):
    """Return the request with the path that we presigned, unless its dots are part of an S3 key."""
    if request_.is_s3:
        return request_
    _, mark, query = request_.url.partition("?")
    return replace(request_, url=presigned.partition("?")[0] + mark + query)


@differential(2500, REQUESTS)
def test_url_equals_that_of_botocore(request_):
    ours = presigned_by_us(request_)
    theirs = presigned_by_botocore(as_sent(request_, ours))
    assert QuerySigned.of(ours) == QuerySigned.of(theirs)


@differential(2500, REQUESTS)
def test_url_equals_that_of_awscrt(request_):
    ours = presigned_by_us(request_)
    theirs = presigned_by_awscrt(as_sent(request_, ours))
    assert QuerySigned.of(ours) == QuerySigned.of(theirs)
