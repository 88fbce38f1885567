"""
`Signer.presign` beside botocore and AWS's C runtime, over URLs as clients send them.

Both presume that a URL was encoded their own way, so only such URLs are compared here; those that a
client writes otherwise are in `test_signer_differential.KNOWN_DIFFERENCES`.
"""

from __future__ import annotations

from oracles import QuerySigned, presigned_by_awscrt, presigned_by_botocore, presigned_by_us
from strategies import differential, presignable_requests

REQUESTS = presignable_requests(["es", "execute-api", "iot", "s3"])


@differential(2500, REQUESTS)
def test_url_equals_that_of_botocore(request_):
    ours, theirs = presigned_by_us(request_), presigned_by_botocore(request_)
    assert QuerySigned.of(ours) == QuerySigned.of(theirs)


@differential(2500, REQUESTS)
def test_url_equals_that_of_awscrt(request_):
    ours, theirs = presigned_by_us(request_), presigned_by_awscrt(request_)
    assert QuerySigned.of(ours) == QuerySigned.of(theirs)
