"""
`Signer.sign` compared with AWS's C runtime, for requests as clients send them.

The C runtime signs requests as its own client sends them. Where it differs from AWS's written
rules, `KNOWN_DIFFERENCES` has the results of the rules.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from awscrt.exceptions import AwsCrtError

from support.oracles import Request, signed_by_awscrt, signer_of
from support.strategies import SERVICES, differential, requests


def signed_by_us(request):
    parts = (request.method, request.url, request.headers, request.body)
    added = signer_of(request).sign(*parts, time=request.moment)
    return {name.lower(): value for name, value in added.items()}


def canonical_request(request):
    parts = (request.method, request.url, request.headers)
    return signer_of(request).canonical_request(*parts, time=request.moment)


@differential(500, requests(SERVICES))
def test_headers_equal_those_of_awscrt(request_):
    assert signed_by_us(request_) == signed_by_awscrt(request_)


@dataclass(frozen=True)
class Difference:
    """A request that the C runtime signs differently, and its canonical lines by AWS's rules."""

    reason: str
    target: str = "/"
    service: str = "es"
    canonical_uri: str = "/"
    canonical_query_string: str = ""


KNOWN_DIFFERENCES = (
    # Services read `+` as a space, and "the space character must be encoded as %20".
    Difference("a plus for a space", "/?a=b+c", canonical_query_string="a=b%20c"),
    # The C runtime signs an S3 key as written; S3 decodes it and encodes it once.
    Difference("reserved characters of a key", "/a+b:(c)", "s3", "/a%2Bb%3A%28c%29"),
    Difference("parameters of a key", "/a;b=1", "s3", "/a%3Bb%3D1"),
    Difference("a key encoded in lowercase", "/%c3%a9", "s3", "/%C3%A9"),
    Difference("unreserved characters of a key", "/%41%7E", "s3", "/A~"),
    Difference("a slash encoded in a key", "/a%2Fb", "s3", "/a/b"),
    Difference("a space in a key", "/a b", "s3", "/a%20b"),
    Difference("a key that is not ASCII", "/\u00e9", "s3", "/%C3%A9"),
    # Clients send the path percent-encoded, and that form is encoded again.
    Difference("a path that is not ASCII", "/\u00e9", canonical_uri="/%25C3%25A9"),
    Difference("a space in a path", "/a b", canonical_uri="/a%2520b"),
)


@pytest.mark.parametrize("difference", KNOWN_DIFFERENCES, ids=lambda known: known.reason)
def test_known_differences_follow_the_rules_of_aws(difference):
    request = Request(difference.service, url=f"https://example.com{difference.target}")
    lines = canonical_request(request).split("\n")
    assert lines[1:3] == [difference.canonical_uri, difference.canonical_query_string]
    assert signed_by_us(request) != signed_by_awscrt(request)


def test_headers_that_the_c_runtime_leaves_to_proxies_are_not_signed():
    request = Request(headers=[("User-Agent", "a"), ("Expect", "b"), ("X-Amzn-Trace-Id", "c")])
    assert signed_by_us(request) == signed_by_awscrt(request)


# The C runtime accepts neither as a request target.
@pytest.mark.parametrize(
    ("target", "canonical_query_string"), [("/?a=100%", "a=100%25"), ("/?a=:/%41", "a=%3A%2FA")]
)
def test_targets_that_the_c_runtime_refuses(target, canonical_query_string):
    request = Request(url=f"https://example.com{target}")
    assert canonical_request(request).split("\n")[2] == canonical_query_string
    with pytest.raises(AwsCrtError, match="MALFORMED_INPUT_STRING"):
        signed_by_awscrt(request)
