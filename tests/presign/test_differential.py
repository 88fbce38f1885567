"""
`Signer.presign` compared with botocore and AWS's C runtime, for URLs as clients send them.

Both expect a URL in their own encoding, so only such URLs are compared; others are in
`KNOWN_DIFFERENCES` of `signer/test_differential.py`. Both also keep dot segments in the path, which
`presign` removes as clients do, so they get the path without them.
"""

from __future__ import annotations

from support.oracles import (
    QuerySigned,
    as_sent,
    presigned_by_awscrt,
    presigned_by_botocore,
    presigned_by_us,
)
from support.strategies import differential, presignable_requests

REQUESTS = presignable_requests(["es", "execute-api", "iot", "s3"])


@differential(500, REQUESTS)
def test_url_equals_that_of_botocore(request_):
    ours = presigned_by_us(request_)
    theirs = presigned_by_botocore(as_sent(request_, ours))
    assert QuerySigned.of(ours) == QuerySigned.of(theirs)


@differential(500, REQUESTS)
def test_url_equals_that_of_awscrt(request_):
    ours = presigned_by_us(request_)
    theirs = presigned_by_awscrt(as_sent(request_, ours))
    assert QuerySigned.of(ours) == QuerySigned.of(theirs)
