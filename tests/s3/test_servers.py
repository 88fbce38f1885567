# Requests signed by header, to two servers that verify S3 signatures. See test_refusals.py for what
# they refuse.

from __future__ import annotations

import base64
import hashlib
import io

import pytest

from rsigv4 import UNSIGNED_PAYLOAD, PayloadHash

TEXT = "Grüße, 世界 😀"
CONTENT = bytes(range(256)) * 1000


def stored(server, target):
    response = server.call("GET", target)
    assert response.status == 200, response.text
    return response.body


def put(server, target, headers=(), body=b"content"):
    response = server.call("PUT", target, headers, body)
    assert response.status == 200, response.text
    return response


def listed(server, target):
    response = server.call("GET", target)
    assert response.status == 200, response.text
    return response.elements("Key")


BODIES = {
    "None": (None, b""),
    "empty bytes": (b"", b""),
    "empty str": ("", b""),
    "str": (TEXT, TEXT.encode()),
    "bytes": (CONTENT, CONTENT),
    "bytearray": (bytearray(CONTENT), CONTENT),
    "memoryview": (memoryview(CONTENT)[100:200], CONTENT[100:200]),
    "BytesIO": (io.BytesIO(CONTENT), CONTENT),
    "PayloadHash": (PayloadHash(hashlib.sha256(CONTENT).hexdigest()), CONTENT),
}


@pytest.mark.parametrize(("signed", "sent"), BODIES.values(), ids=BODIES)
def test_body_of_every_form_is_stored_unchanged(s3_server, bucket, signed, sent):
    target = f"{bucket}/key"
    headers = s3_server.signer().sign("PUT", s3_server.endpoint + target, None, signed)

    response = s3_server.send("PUT", target, headers.items(), sent)

    assert response.status == 200, response.text
    assert stored(s3_server, target) == sent


def test_unsigned_body_is_stored_unchanged(s3_server, bucket):
    target = f"{bucket}/key"
    headers = [("x-amz-content-sha256", "UNSIGNED-PAYLOAD")]
    signer = s3_server.signer()
    added = signer.sign("PUT", s3_server.endpoint + target, headers, UNSIGNED_PAYLOAD)

    response = s3_server.send("PUT", target, added.items(), CONTENT)

    assert response.status == 200, response.text
    assert stored(s3_server, target) == CONTENT


def test_file_is_signed_and_sent_from_its_offset(s3_server, bucket, tmp_path):
    path = tmp_path / "content"
    path.write_bytes(CONTENT)
    target = f"{bucket}/key"

    with path.open("rb") as file:
        file.seek(1234)
        headers = s3_server.signer().sign("PUT", s3_server.endpoint + target, None, file)
        response = s3_server.send("PUT", target, headers.items(), file.read())

    assert response.status == 200, response.text
    assert stored(s3_server, target) == CONTENT[1234:]


# The key in the URL, and the key of the stored object.
KEYS = {
    "a b": "a b",
    "a%20b": "a b",
    "käse": "käse",
    "k%C3%A4se": "käse",
    "k%c3%a4se": "käse",
    "a+b": "a+b",
    "a%2Bb": "a+b",
    "100%25": "100%",
    "a%2Fb": "a/b",
    "a%252Fb": "a%2Fb",
    "a:b": "a:b",
    "a%3Ab": "a:b",
    "%41": "A",
    "a;params=1": "a;params=1",
    "a;b/c;d": "a;b/c;d",
    "~user": "~user",
    "%7Euser": "~user",
    "a=b": "a=b",
    "@me": "@me",
    "(a)!*'$&,": "(a)!*'$&,",
    'a"<>^`{|}[]\\': 'a"<>^`{|}[]\\',
    "a%23b%3Fc": "a#b?c",
    "😀": "😀",
    "%F0%9F%98%80": "😀",
    "é%41 +:": "éA +:",
    "...": "...",
    "a/.b/..c": "a/.b/..c",
    "k" * 200: "k" * 200,
    "%C3%BC" * 100: "ü" * 100,
}


@pytest.mark.parametrize(("in_url", "key"), KEYS.items(), ids=ascii)
def test_object_has_the_decoded_key_of_the_url(s3_server, bucket, in_url, key):
    put(s3_server, f"{bucket}/{in_url}", body=key.encode())

    assert listed(s3_server, bucket) == [key]
    assert stored(s3_server, f"{bucket}/{in_url}") == key.encode()


# Swift accepts these keys unchanged. The gateway stores objects as files, so it collapses `//`, and
# refuses dot segments before it verifies. (Neither accepts keys that aren't UTF-8.)
UNNORMALIZED_KEYS = {
    "a//b": "a//b",
    "//a": "//a",
    "a/": "a/",
    "a/./b": "a/./b",
    "a/../b": "a/../b",
    "../../a": "../../a",
    "./a": "./a",
    "..": "..",
    "a/.": "a/.",
    "%2E%2E/a": "../a",
    "a/%2e/b": "a/./b",
}


@pytest.mark.parametrize("s3_server", ["swift"], indirect=True)
@pytest.mark.parametrize(("in_url", "key"), UNNORMALIZED_KEYS.items())
def test_path_is_not_normalized(s3_server, bucket, in_url, key):
    put(s3_server, f"{bucket}/{in_url}", body=key.encode())

    assert listed(s3_server, bucket) == [key]
    assert stored(s3_server, f"{bucket}/{in_url}") == key.encode()


@pytest.mark.parametrize("s3_server", ["juicefs"], indirect=True)
@pytest.mark.parametrize("in_url", ["a//b", "//a/b"])
def test_repeated_slashes_are_signed_unchanged(s3_server, bucket, in_url):
    put(s3_server, f"{bucket}/{in_url}", body=CONTENT)

    # The server collapsed them after it had verified the signature.
    assert listed(s3_server, bucket) == ["a/b"]
    assert stored(s3_server, f"{bucket}/{in_url}") == CONTENT


LISTED_KEYS = ("a b+c/1", "a b+c/2", "a+b", "a/b", "b&c=d", "käse", "~x", "😀")
QUERIES = {
    "": LISTED_KEYS,
    "?": LISTED_KEYS,
    "?list-type=2": LISTED_KEYS,
    "?list-type=2&prefix=": LISTED_KEYS,
    "?list-type=2&prefix": LISTED_KEYS,
    "?prefix=&list-type=2": LISTED_KEYS,
    "?&list-type=2&&prefix=&": LISTED_KEYS,
    "?list-type=2&prefix=a b%2Bc": ("a b+c/1", "a b+c/2"),
    "?list-type=2&prefix=a%20b%2Bc": ("a b+c/1", "a b+c/2"),
    # A plus is a space for both servers and the signer.
    "?list-type=2&prefix=a+b%2Bc": ("a b+c/1", "a b+c/2"),
    "?list-type=2&prefix=a+b%2bc%2f1": ("a b+c/1",),
    "?list-type=2&prefix=a%2Bb": ("a+b",),
    "?list-type=2&prefix=a/": ("a/b",),
    "?list-type=2&prefix=a%2F": ("a/b",),
    "?list-type=2&prefix=b%26c%3Dd": ("b&c=d",),
    # Only the first `=` of a parameter ends its name.
    "?list-type=2&prefix=b%26c=d": ("b&c=d",),
    "?list-type=2&prefix=käse": ("käse",),
    "?list-type=2&prefix=k%C3%A4": ("käse",),
    "?list-type=2&prefix=~": ("~x",),
    "?list-type=2&prefix=%7E": ("~x",),
    "?list-type=2&prefix=😀": ("😀",),
    "?list-type=2&delimiter=/": ("a+b", "b&c=d", "käse", "~x", "😀"),
    "?list-type=2&delimiter=%2F&prefix=a b%2Bc/": ("a b+c/1", "a b+c/2"),
    "?list-type=2&max-keys=1&start-after=a+b%2Bc/1": ("a b+c/2",),
    "?list-type=2&Prefix=ignored&prefix-=ignored": LISTED_KEYS,
    "?list-type=2&%70refix=a/": ("a/b",),
    "?list-type=2&a:b@c=!*'(),$/?": LISTED_KEYS,
}


@pytest.fixture(scope="module")
def full_bucket(s3_server):
    path = s3_server.new_bucket()
    for key in LISTED_KEYS:
        put(s3_server, f"{path}/{key}")
    return path


@pytest.mark.parametrize(("query", "keys"), QUERIES.items(), ids=ascii)
def test_list_matches_its_query(s3_server, full_bucket, query, keys):
    assert sorted(listed(s3_server, full_bucket + query)) == sorted(keys)


# Swift keeps one value of a name, so it refuses repeats. The gateway doesn't sort values of a name,
# so they have to be in order.
@pytest.mark.parametrize("s3_server", ["juicefs"], indirect=True)
@pytest.mark.parametrize("query", ["?list-type=2&x=1&x=2", "?x=&list-type=2&x=", "?x&x&x=1"])
def test_repeated_parameters_are_all_signed(s3_server, bucket, query):
    put(s3_server, f"{bucket}/key")

    assert listed(s3_server, bucket + query) == ["key"]


def test_subresource_without_a_value_is_read(s3_server, bucket):
    response = s3_server.call("GET", f"{bucket}?location")

    assert response.status == 200, response.text
    assert "<LocationConstraint" in response.text


def test_metadata_headers_are_kept_with_their_inner_spaces(s3_server, bucket):
    target = f"{bucket}/key"
    headers = [
        ("X-Amz-Meta-Spaces", "  several   inner  spaces "),
        ("x-amz-meta-comma", "a, b,c"),
        ("Content-Type", "text/plain;  charset=utf-8"),
    ]

    put(s3_server, target, headers)

    response = s3_server.call("HEAD", target)
    assert response.headers["x-amz-meta-spaces"] == "several   inner  spaces"
    assert response.headers["x-amz-meta-comma"] == "a, b,c"
    assert response.headers["content-type"].replace(" ", "") == "text/plain;charset=utf-8"


def test_values_of_a_repeated_header_are_signed_in_order(s3_server, bucket):
    headers = [("x-amz-meta-b", "z"), ("x-amz-meta-a", "2"), ("X-Amz-Meta-A", "1")]

    put(s3_server, f"{bucket}/key", headers)

    # The servers differ in which value they store.
    assert s3_server.call("HEAD", f"{bucket}/key").headers["x-amz-meta-b"] == "z"


def test_content_md5_is_signed_and_verified(s3_server, bucket):
    digest = base64.b64encode(hashlib.md5(CONTENT, usedforsecurity=False).digest()).decode()

    put(s3_server, f"{bucket}/key", [("Content-MD5", digest)], CONTENT)

    assert stored(s3_server, f"{bucket}/key") == CONTENT


def test_unsigned_headers_may_be_added_on_the_way(s3_server, bucket):
    target = f"{bucket}/key"
    put(s3_server, target, body=CONTENT)
    headers = s3_server.signer().sign("GET", s3_server.endpoint + target)

    response = s3_server.send(
        "GET",
        target,
        [
            *headers.items(),
            *(("Accept", "*/*"), ("Accept-Encoding", "gzip"), ("Range", "bytes=0-9")),
            *(("User-Agent", "a proxy"), ("Via", "1.1 proxy"), ("X-Forwarded-For", "127.0.0.1")),
        ],
    )

    assert (response.status, response.body) == (206, CONTENT[:10])


def test_header_named_in_also_sign_is_signed(s3_server, bucket):
    target = f"{bucket}/key"
    put(s3_server, target, body=CONTENT)
    signer = s3_server.signer(also_sign=["Range"])

    response = s3_server.call("GET", target, [("Range", "bytes=0-9")], signer=signer)

    assert (response.status, response.body) == (206, CONTENT[:10])


def test_object_is_copied_from_the_key_in_a_header(s3_server, bucket):
    put(s3_server, f"{bucket}/a b", body=CONTENT)

    put(s3_server, f"{bucket}/copy", [("x-amz-copy-source", f"{bucket}/a%20b")], b"")

    assert stored(s3_server, f"{bucket}/copy") == CONTENT


def test_acl_header_is_signed(s3_server, bucket):
    put(s3_server, f"{bucket}/key", [("x-amz-acl", "private")], CONTENT)

    assert stored(s3_server, f"{bucket}/key") == CONTENT


def test_object_is_uploaded_in_parts(s3_server, bucket):
    target = f"{bucket}/several parts"
    upload_id = s3_server.call("POST", f"{target}?uploads").element("UploadId")
    query = f"uploadId={upload_id}"
    part = put(s3_server, f"{target}?partNumber=1&{query}", body=CONTENT)
    manifest = (
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
        f"<ETag>{part.headers['ETag']}</ETag></Part></CompleteMultipartUpload>"
    )

    response = s3_server.call("POST", f"{target}?{query}", body=manifest.encode())

    assert response.status == 200, response.text
    assert stored(s3_server, target) == CONTENT


def test_objects_are_deleted_by_a_signed_document(s3_server, bucket):
    for key in ("a b", "c"):
        put(s3_server, f"{bucket}/{key}")
    document = b"<Delete><Object><Key>a b</Key></Object></Delete>"
    digest = base64.b64encode(hashlib.md5(document, usedforsecurity=False).digest()).decode()

    response = s3_server.call("POST", f"{bucket}?delete", [("Content-MD5", digest)], document)

    assert response.status == 200, response.text
    assert listed(s3_server, bucket) == ["c"]


def test_object_is_deleted(s3_server, bucket):
    put(s3_server, f"{bucket}/a b")

    assert s3_server.call("DELETE", f"{bucket}/a b").status == 204

    assert listed(s3_server, bucket) == []
