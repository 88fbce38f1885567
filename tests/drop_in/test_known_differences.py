"""
Every known case in which the drop-in differs from the original on purpose.

Each has the canonical request by AWS's public rules, written by hand and signed with hashlib and
hmac. botocore and AWS's Common Runtime must agree with it if they are correct for the case.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass

import pytest
import requests

from rsigv4.exceptions import SigningWarning
from support.drop_in import (
    ACCESS_KEY,
    HOST,
    NOW,
    REGION,
    SECRET,
    botocore_canonical_request,
    botocore_request,
    botocore_signature,
    clock_at,
    original,
    ours,
    signature_of,
)

AMZ_DATE = "20160618T220405Z"


BOTOCORE = "botocore"
CRT = "awscrt"


@dataclass(frozen=True)
class Difference:
    """A request, and two lines of its canonical request by AWS's rules."""

    reason: str
    target: str
    canonical_uri: str = "/"
    canonical_query_string: str = ""
    service: str = "es"
    #: The oracles that accept this URL as sent. Both expect their own encoding.
    oracles: tuple[str, ...] = (BOTOCORE, CRT)


KNOWN_DIFFERENCES = (
    # The original sorts "q2=b" before "q=a", as "2" sorts before "=". AWS sorts by name.
    Difference("a name is another's prefix: q, q2", "/?q2=b&q=a", "/", "q=a&q2=b"),
    Difference("a name is another's prefix: q, q-x", "/?q-x=b&q=a", "/", "q=a&q-x=b"),
    Difference("a name is another's prefix: q, q.x", "/?q.x=b&q=a", "/", "q=a&q.x=b"),
    Difference("a name is another's prefix: q, q%20x", "/?q%20x=b&q=a", "/", "q=a&q%20x=b"),
    # requests encodes a space in params= as `+`; AWS reads it as a space, which is signed as %20.
    Difference("a plus for a space", "/?q=a+b", "/", "q=a%20b", oracles=()),
    Difference("a plus for a space in a name", "/?a+b=1", "/", "a%20b=1", oracles=()),
    # Only letters, digits and -._~ are not encoded.
    Difference(
        "reserved characters left raw in the query",
        "/?q=:/,;*'()@$!",
        "/",
        "q=%3A%2F%2C%3B%2A%27%28%29%40%24%21",
        oracles=(),
    ),
    Difference("= left raw in a value", "/?q=a=b==", "/", "q=a%3Db%3D%3D", oracles=(CRT,)),
    Difference("? left raw in the query", "/?q=a?b", "/", "q=a%3Fb", oracles=(CRT,)),
    Difference("hexadecimal digits in lowercase", "/?q=%c3%a9", "/", "q=%C3%A9", oracles=(CRT,)),
    # The name is empty, but AWS signs the pair like any other.
    Difference("a value without a name", "/?=x&a=1", "/", "=x&a=1"),
    # Python's urlparse splits parameters off the last segment; for AWS they are part of the path.
    Difference("parameters of the last segment", "/a;b=1", "/a%3Bb%3D1"),
    Difference("a semicolon and nothing after it", "/a/b;", "/a/b%3B"),
    Difference("parameters before a query", "/a;b?q=1", "/a%3Bb", "q=1"),
    # All services but the S3 family resolve empty and dot segments.
    Difference("an empty segment", "/a//b", "/a/b"),
    Difference("empty segments at both ends", "//a//", "/a/"),
    Difference("a dot segment", "/a/./b", "/a/b"),
    Difference("a double dot segment", "/a/b/../c", "/a/c"),
    Difference("double dots past the root", "/../../a", "/a"),
    Difference("a dot segment at the end", "/a/.", "/a"),
    Difference("a double dot segment at the end", "/a/b/..", "/a"),
    # Clients encode characters that a URL can't contain, and the path is then encoded again.
    Difference("a space left raw in the path", "/a b", "/a%2520b", oracles=()),
    Difference("a path that is not ASCII", "/\u00e9", "/%25C3%25A9", oracles=()),
    Difference("a space left raw in the query", "/?q=a b", "/", "q=a%20b", oracles=()),
    Difference("a query that is not ASCII", "/?q=\u00e9", "/", "q=%C3%A9", oracles=()),
    # The S3 family signs the key encoded once; the original encodes it twice.
    Difference("an S3 key with a space", "/a%20b", "/a%20b", service="s3"),
    Difference("an S3 key that is not ASCII", "/%C3%A9", "/%C3%A9", service="s3"),
    Difference("an S3 key with a per cent sign", "/100%25", "/100%25", service="s3"),
    Difference("an S3 key with dot segments", "/a//../%20", "/a//../%20", service="s3"),
    # An encoded slash is a slash in the key, which is signed unencoded.
    Difference("an S3 key with an encoded slash", "/a%2Fb", "/a/b", service="s3", oracles=()),
    Difference("an S3 key with parameters", "/a;b", "/a%3Bb", service="s3", oracles=()),
    # botocore's rule depends on the class, not on the service.
    Difference(
        "another service of the S3 family",
        "/a%20b",
        "/a%20b",
        service="s3-object-lambda",
        oracles=(CRT,),
    ),
)


def canonical_request(difference, *, host=HOST, token=None):
    headers = [f"host:{host}", f"x-amz-date:{AMZ_DATE}"]
    if token is not None:
        headers.append(f"x-amz-security-token:{token}")
    return "\n".join(
        [
            "GET",
            difference.canonical_uri,
            difference.canonical_query_string,
            *headers,
            "",
            ";".join(header.partition(":")[0] for header in headers),
            hashlib.sha256(b"").hexdigest(),
        ]
    )


def reference_signature(canonical_request, service):
    scope = f"{AMZ_DATE[:8]}/{REGION}/{service}/aws4_request"
    hashed = hashlib.sha256(canonical_request.encode()).hexdigest()
    key = f"AWS4{SECRET}".encode()
    for part in (*scope.split("/"), f"AWS4-HMAC-SHA256\n{AMZ_DATE}\n{scope}\n{hashed}"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


def signature_by(module, target, *, service="es", host=HOST, token=None):
    request = requests.Request("GET", f"https://{HOST}/").prepare()
    # Set afterwards, since some versions of requests normalize URLs.
    request.url = f"https://{HOST}{target}"
    auth = module.AWSRequestsAuth(ACCESS_KEY, SECRET, host, REGION, service, token)
    with clock_at():
        headers = auth.get_aws_request_headers_handler(request)
    assert headers["x-amz-date"] == AMZ_DATE
    return signature_of(headers["Authorization"])


def reason(difference):
    return difference.reason.replace(" ", "-")


@pytest.mark.parametrize("difference", KNOWN_DIFFERENCES, ids=reason)
def test_drop_in_differs_from_the_original_and_follows_aws(difference):
    expected = reference_signature(canonical_request(difference), difference.service)
    theirs = signature_by(original, difference.target, service=difference.service)
    assert theirs != expected
    assert signature_by(ours, difference.target, service=difference.service) == expected


@pytest.mark.parametrize(
    "difference", [d for d in KNOWN_DIFFERENCES if BOTOCORE in d.oracles], ids=reason
)
def test_botocore_agrees(difference):
    url = f"https://{HOST}{difference.target}"
    request = botocore_request(method="GET", url=url, body=b"", host=HOST, amz_date=AMZ_DATE)
    text = botocore_canonical_request(request, difference.service)
    assert text == canonical_request(difference)
    assert botocore_signature(request, difference.service) == reference_signature(
        text, difference.service
    )


def signature_by_crt(difference, token=None):
    auth = pytest.importorskip("awscrt.auth")
    http = pytest.importorskip("awscrt.http")
    is_s3 = difference.service.startswith("s3")
    request = http.HttpRequest("GET", difference.target, http.HttpHeaders([("host", HOST)]))
    config = auth.AwsSigningConfig(
        algorithm=auth.AwsSigningAlgorithm.V4,
        signature_type=auth.AwsSignatureType.HTTP_REQUEST_HEADERS,
        credentials_provider=auth.AwsCredentialsProvider.new_static(ACCESS_KEY, SECRET, token),
        region=REGION,
        service=difference.service,
        date=NOW.replace(tzinfo=dt.timezone.utc),
        use_double_uri_encode=not is_s3,
        should_normalize_uri_path=not is_s3,
    )
    auth.aws_sign_request(request, config).result(timeout=10)
    return signature_of(request.headers.get("Authorization"))


@pytest.mark.parametrize(
    "difference", [d for d in KNOWN_DIFFERENCES if CRT in d.oracles], ids=reason
)
def test_common_runtime_agrees(difference):
    expected = reference_signature(canonical_request(difference), difference.service)
    assert signature_by_crt(difference) == expected


@pytest.mark.parametrize(
    ("token", "canonical"),
    [(" T ", "T"), ("\tT", "T"), ("T  U\t V", "T U V")],
    ids=["spaces-around", "tab-in-front", "run-inside"],
)
def test_white_space_of_a_token_is_signed_trimmed_and_folded(token, canonical):
    expected = reference_signature(canonical_request(Difference("", "/"), token=canonical), "es")
    request = botocore_request(
        method="GET", url=f"https://{HOST}/", body=b"", host=HOST, amz_date=AMZ_DATE, token=token
    )
    assert botocore_signature(request, "es") == expected
    assert signature_by_crt(Difference("", "/"), token) == expected
    assert signature_by(original, "/", token=token) != expected
    assert signature_by(ours, "/", token=token) == expected


def test_white_space_around_the_host_is_signed_trimmed():
    expected = reference_signature(canonical_request(Difference("", "/")), "es")
    assert signature_by(original, "/", host=f" {HOST} ") != expected
    assert signature_by(ours, "/", host=f" {HOST} ") == expected


def test_white_space_inside_the_host_is_signed_folded():
    text = canonical_request(Difference("", "/"), host="two words")
    expected = reference_signature(text, "es")
    assert signature_by(original, "/", host="two \t words") != expected
    with pytest.warns(SigningWarning, match="^aws_host has white space"):
        assert signature_by(ours, "/", host="two \t words") == expected


def test_space_in_params_is_signed_as_requests_sends_it():
    request = requests.Request("GET", f"https://{HOST}/", params={"q": "a b", "q2": "é+"}).prepare()
    assert request.url.endswith("/?q=a+b&q2=%C3%A9%2B")
    difference = Difference("", "/", "/", "q=a%20b&q2=%C3%A9%2B")
    expected = reference_signature(canonical_request(difference), "es")
    assert signature_by(ours, request.path_url) == expected
    assert signature_by(original, request.path_url) != expected


def test_canonical_path_and_query_methods_follow_aws():
    for difference in KNOWN_DIFFERENCES:
        request = requests.Request("GET", f"https://{HOST}/").prepare()
        request.url = f"https://{HOST}{difference.target}"
        query = ours.AWSRequestsAuth.get_canonical_querystring(request)
        assert query == difference.canonical_query_string
        # The classmethod doesn't know the service, so it uses the rule of all services but S3.
        if not difference.service.startswith("s3"):
            path = ours.AWSRequestsAuth.get_canonical_path(request)
            assert path == difference.canonical_uri
