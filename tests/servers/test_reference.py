# The reference implementation, compared with AWS's printed examples.

from __future__ import annotations

import hashlib

import pytest

from support.servers import reference
from support.servers.reference import EMPTY_HASH, ArrivedRequest, Scope

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
S3_SCOPE = Scope("20130524T000000Z", "20130524", "us-east-1", "s3")


def arrived(method, target, headers):
    pairs = tuple((name.encode(), value.encode()) for name, value in headers.items())
    return ArrivedRequest(method, target.encode(), pairs)


def stages(request, scope, secret, hashed_payload):
    """Return the canonical request's hash and the signature, with all headers signed."""
    canonical = reference.canonical_request(
        request,
        service=scope.service,
        signed_headers=tuple(sorted(request.names())),
        hashed_payload=hashed_payload,
    )
    text = reference.string_to_sign(scope, canonical)
    return hashlib.sha256(canonical).hexdigest(), reference.signature(secret, scope, text)


def test_list_users_example():
    request = arrived(
        "GET",
        "/?Action=ListUsers&Version=2010-05-08",
        {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "Host": "iam.amazonaws.com",
            "X-Amz-Date": "20150830T123600Z",
        },
    )
    scope = Scope("20150830T123600Z", "20150830", "us-east-1", "iam")
    secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    assert stages(request, scope, secret, EMPTY_HASH) == (
        "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59",
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    )


# https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "expected"),
    [
        (
            "GET",
            "/test.txt",
            {"Range": "bytes=0-9"},
            b"",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT",
            "/test$file.text",
            {
                "Date": "Fri, 24 May 2013 00:00:00 GMT",
                "x-amz-storage-class": "REDUCED_REDUNDANCY",
            },
            b"Welcome to Amazon S3.",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            "GET",
            "/?lifecycle",
            {},
            b"",
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            "GET",
            "/?max-keys=2&prefix=J",
            {},
            b"",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_s3_examples(method, target, headers, body, expected):
    hashed_payload = hashlib.sha256(body).hexdigest()
    request = arrived(
        method,
        target,
        {
            **headers,
            "Host": "examplebucket.s3.amazonaws.com",
            "x-amz-content-sha256": hashed_payload,
            "x-amz-date": "20130524T000000Z",
        },
    )
    assert stages(request, S3_SCOPE, SECRET, hashed_payload)[1] == expected


CHUNKS = [b"a" * 65536, b"a" * 1024, b""]


def chunk_signatures(seed):
    signatures = [seed]
    for chunk in CHUNKS:
        hashed = hashlib.sha256(chunk).hexdigest()
        text = reference.chunk_string_to_sign(S3_SCOPE, signatures[-1], hashed)
        signatures.append(reference.signature(SECRET, S3_SCOPE, text))
    return signatures[1:]


# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
def test_chunks_example():
    assert chunk_signatures("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9") == [
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ]


# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
def test_trailer_example():
    signatures = chunk_signatures(
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
    )
    assert signatures == [
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ]
    trailer = b"x-amz-checksum-crc32c:sOO8/Q==\n"
    text = reference.trailer_string_to_sign(S3_SCOPE, signatures[-1], trailer)
    assert reference.signature(SECRET, S3_SCOPE, text) == (
        "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"
    )


# Cases of AWS's test suite about paths and queries.
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "/"),
        ("/example/..", "/"),
        ("/example1/example2/../..", "/"),
        ("//", "/"),
        ("/./", "/"),
        ("/./example", "/example"),
        ("//example//", "/example/"),
        ("/example%20space/", "/example%2520space/"),
        ("/%E1%88%B4", "/%25E1%2588%25B4"),
    ],
)
def test_paths_are_normalized_and_encoded_again(path, expected):
    assert reference.canonical_uri(path.encode(), "execute-api") == expected.encode()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/my-object//example//photo.user", "/my-object//example//photo.user"),
        ("/a/../b", "/a/../b"),
        ("/a%20b:c", "/a%20b%3Ac"),
        ("/%41", "/A"),
    ],
)
def test_keys_of_s3_are_encoded_once_and_never_normalized(path, expected):
    assert reference.canonical_uri(path.encode(), "s3") == expected.encode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Param1=value2&Param1=Value1", "Param1=Value1&Param1=value2"),
        ("Param2=value2&Param1=value1", "Param1=value1&Param2=value2"),
        ("Param1=", "Param1="),
        ("Param1", "Param1="),
        ("%E1%88%B4=bar", "%E1%88%B4=bar"),
        ("q-x=1&q=1&q2=1", "q=1&q-x=1&q2=1"),
        ("a=b+c:d", "a=b%20c%3Ad"),
    ],
)
def test_queries_are_encoded_and_sorted(query, expected):
    assert reference.canonical_query_string(query.encode()) == expected.encode()
