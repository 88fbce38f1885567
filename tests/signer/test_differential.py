"""
`Signer` compared with botocore stage by stage, for requests as clients send them.

botocore expects URLs in its own encoding. For URLs that clients may encode differently,
`KNOWN_DIFFERENCES` has the results of AWS's written rules.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import partial
from unittest import mock

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import strategies as st

from rsigv4 import Credentials, Signer
from support.oracles import EMPTY_HASH, Request, clock_of_botocore
from support.strategies import HEADER_NAMES, differential, headers, paths, requests


def stages_of_botocore(request):
    """Return botocore's canonical request, string to sign and headers."""
    auth_class = S3SigV4Auth if request.is_s3 else SigV4Auth
    auth = auth_class(BotocoreCredentials(*request.key), request.service, request.region)
    sent = AWSRequest(method=request.method, url=request.url, data=request.body)
    for name, value in request.headers:
        sent.headers[name] = value
    stages = []
    sign = auth.signature

    def signature(string_to_sign, request):
        stages.extend([auth.canonical_request(request), string_to_sign])
        return sign(string_to_sign, request)

    with clock_of_botocore(request.moment), mock.patch.object(auth, "signature", signature):
        auth.add_auth(sent)
    names = ("Authorization", "X-Amz-Date", "X-Amz-Content-SHA256", "X-Amz-Security-Token")
    added = {name.lower(): sent.headers[name] for name in names if name in sent.headers}
    return [*stages, added]


def stages_of_ours(request):
    signer = Signer(
        Credentials(*request.key),
        request.region,
        request.service,
        # botocore sends it only for S3, and signs all headers except those on its own list.
        content_sha256_header=request.is_s3,
        also_sign=("*",),
    )
    parts = (request.method, request.url, request.headers, request.body)
    added = signer.sign(*parts, time=request.moment)
    return [
        signer.canonical_request(*parts, time=request.moment),
        signer.string_to_sign(*parts, time=request.moment),
        {name.lower(): value for name, value in added.items()},
    ]


def check_equal_at_every_stage(request):
    expected = stages_of_botocore(request)
    # Compared one by one, so that a failure shows the first stage that differs.
    for ours, theirs in zip(stages_of_ours(request), expected):
        assert ours == theirs


# Both replace these headers.
HEADERS = headers(HEADER_NAMES | st.sampled_from(["Authorization", "X-Amz-Date"]))
SAME = {"paths": partial(paths, raw=True), "headers": HEADERS}


@differential(500, requests(["es", "execute-api", "dynamodb"], **SAME))
def test_every_stage_equals_that_of_botocore(request_):
    check_equal_at_every_stage(request_)


@differential(500, requests(["s3"], **SAME))
def test_every_stage_for_s3_equals_that_of_botocore(request_):
    check_equal_at_every_stage(request_)


@pytest.mark.parametrize("service", ["es", "s3"])
@pytest.mark.parametrize("offset", [0, 3, 10])
def test_every_stage_of_a_file_equals_that_of_botocore(service, offset):
    body = io.BytesIO(b"0123456789")
    body.seek(offset)
    check_equal_at_every_stage(Request(service, "PUT", body=body))
    assert body.tell() == offset


@dataclass(frozen=True)
class Difference:
    """A request that botocore signs differently, and its canonical lines by AWS's rules."""

    reason: str
    target: str = "/"
    service: str = "es"
    headers: list[tuple[str, str]] = field(default_factory=list)
    canonical_uri: str = "/"
    canonical_query_string: str = ""
    #: The canonical headers, and the signed headers.
    signed: tuple[str, ...] = ()


KNOWN_DIFFERENCES = (
    # "URI-encode each parameter name and value", even if the client didn't.
    Difference(
        "reserved characters left raw in a query",
        "/?q=:/,;*'()@$!?",
        canonical_query_string="q=%3A%2F%2C%3B%2A%27%28%29%40%24%21%3F",
    ),
    Difference("= left raw in a value", "/?a=b=c", canonical_query_string="a=b%3Dc"),
    Difference("unreserved characters encoded", "/?a=%41%7E", canonical_query_string="a=A~"),
    Difference("lowercase hexadecimal digits", "/?a=%c3%a9", canonical_query_string="a=%C3%A9"),
    Difference("a stray percent sign", "/?a=100%", canonical_query_string="a=100%25"),
    # Services read `+` as a space, and "the space character must be encoded as %20".
    Difference("a plus for a space", "/?a=b+c", canonical_query_string="a=b%20c"),
    # Every client encodes these characters.
    Difference("text that is not ASCII", "/?a=\u00e9", canonical_query_string="a=%C3%A9"),
    Difference("a space left raw", "/?a=b c", canonical_query_string="a=b%20c"),
    # "Sort the parameter names by code point" applies to encoded names; botocore doesn't encode
    # them.
    Difference(
        "names that sort otherwise once encoded",
        "/?b:=1&b2=1",
        canonical_query_string="b%3A=1&b2=1",
    ),
    # Two ampersands have no parameter in between; botocore signs an empty one.
    Difference("an empty pair", "/?a=1&&b=2", canonical_query_string="a=1&b=2"),
    Difference("an ampersand at the end", "/?a=1&", canonical_query_string="a=1"),
    # "If the absolute path is empty, use a forward slash."
    Difference("no path", "", "s3"),
    # S3 decodes the key and encodes it once; only unreserved characters stay unencoded.
    Difference("reserved characters of a key", "/a+b:(c)", "s3", canonical_uri="/a%2Bb%3A%28c%29"),
    Difference("parameters of a key", "/a;b=1", "s3", canonical_uri="/a%3Bb%3D1"),
    Difference("a key encoded in lowercase", "/%c3%a9", "s3", canonical_uri="/%C3%A9"),
    Difference("unreserved characters of a key", "/%41%7E", "s3", canonical_uri="/A~"),
    Difference("a slash encoded in a key", "/a%2Fb", "s3", canonical_uri="/a/b"),
    Difference("a space in a key", "/a b", "s3", canonical_uri="/a%20b"),
    Difference("a key that is not ASCII", "/\u00e9", "s3", canonical_uri="/%C3%A9"),
    # Clients send the path percent-encoded, and that form is encoded again.
    Difference("a path that is not ASCII", "/\u00e9", canonical_uri="/%25C3%25A9"),
    Difference("a space in a path", "/a b", canonical_uri="/a%2520b"),
    # "Trim" means HTTP white space; a no-break space is part of the value.
    Difference(
        "a no-break space in a value",
        headers=[("x-amz-meta-a", "a\u00a0\u00a0b")],
        signed=("x-amz-meta-a:a\u00a0\u00a0b",),
    ),
    # A hop-by-hop header, like the others.
    Difference("proxy-connection", headers=[("Proxy-Connection", "keep-alive")]),
)


@pytest.mark.parametrize("difference", KNOWN_DIFFERENCES, ids=lambda known: known.reason)
def test_known_differences_follow_the_rules_of_aws(difference):
    request = Request(
        difference.service,
        url=f"https://example.com{difference.target}",
        headers=difference.headers,
    )
    lines = ["host:example.com", "x-amz-date:20150830T123600Z", *difference.signed]
    if request.is_s3:
        lines.append(f"x-amz-content-sha256:{EMPTY_HASH}")
    lines.sort()
    canonical_request = "\n".join(
        [
            "GET",
            difference.canonical_uri,
            difference.canonical_query_string,
            *lines,
            "",
            ";".join(line.partition(":")[0] for line in lines),
            EMPTY_HASH,
        ]
    )
    assert stages_of_ours(request)[0] == canonical_request
    assert stages_of_botocore(request)[0] != canonical_request


def test_date_header_is_signed_as_sent():
    # botocore replaces it and doesn't send X-Amz-Date; both ways are allowed.
    request = Request(headers=[("Date", "Sun, 30 Aug 2015 00:00:00 GMT")])
    ours, theirs = stages_of_ours(request), stages_of_botocore(request)
    assert "\ndate:Sun, 30 Aug 2015 00:00:00 GMT\nhost:" in ours[0]
    assert "\ndate:Sun, 30 Aug 2015 12:36:00 -0000\nhost:" in theirs[0]
    assert ours[2]["x-amz-date"] == "20150830T123600Z"
    assert "x-amz-date" not in theirs[2]
