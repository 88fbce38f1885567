"""
A hundred thousand correctly signed requests with one changed byte: all are refused.

Except for those with the same canonical request, which AWS accepts, too. `REASONS` lists them, each
with a predicate that is independent of the verifier, and an example.
"""

from __future__ import annotations

import random
import re
from urllib.parse import parse_qsl, unquote_to_bytes

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from botocore.utils import normalize_url_path

from rsigv4 import Signer
from rsigv4.exceptions import VerificationError
from support.oracles import clock_of_botocore
from support.signing import CREDENTIALS, MOMENT
from support.strategies import SEED, SEED_VARIABLE
from support.verifying import TEMPORARY_KEY, arrived, host_of, verifier

MUTATIONS = 100_000
URLS = [
    "https://example.com/a//b/./c%2Fd/../~e;f=1?b=%2B+2&a=%c3%a9&a=&flag&z=1%3D",
    "https://example.com/",
]
HEADERS = {
    "Content-Type": "text/plain;  charset=utf-8",
    "X-Amz-Meta-A": "a b",
    "X-Amz-Target": "T.t",
}
BODY = b'{"some": "body"}'


def signed_by_us(key, service, url, **options):
    signer = Signer(key, options.pop("region", "us-east-1"), service, **options)
    added = signer.sign("POST", url, HEADERS, BODY, time=MOMENT)
    return arrived("POST", url, HEADERS, BODY, added=added)


def presigned_by_us(key, service, url):
    presigned = Signer(key, "us-east-1", service).presign("PUT", url, headers=HEADERS, time=MOMENT)
    return arrived("PUT", presigned, HEADERS)


def signed_by_botocore(auth_class, service, url):
    credentials = BotocoreCredentials(
        TEMPORARY_KEY.access_key_id, TEMPORARY_KEY.secret_access_key, TEMPORARY_KEY.session_token
    )
    request = AWSRequest("DELETE", url, HEADERS, BODY if auth_class is not SigV4QueryAuth else b"")
    with clock_of_botocore(MOMENT):
        auth_class(credentials, service, "us-east-1").add_auth(request)
    return arrived("DELETE", request.url, request.headers.items(), request.body or b"")


def valid_requests():
    """Yield requests, and whether S3's path rules apply."""
    url, root = URLS
    # botocore expects a query in its own encoding.
    plain = url.partition("?")[0] + "?a=1&b=%2F"
    for key in (CREDENTIALS, TEMPORARY_KEY):
        for at in (url, root):
            yield signed_by_us(key, "execute-api", at), False
            yield signed_by_us(key, "s3", at), True
            yield presigned_by_us(key, "execute-api", at), False
            yield presigned_by_us(key, "s3", at), True
    yield signed_by_us(CREDENTIALS, "es", url, content_sha256_header=False), False
    yield signed_by_us(CREDENTIALS, "es", root, also_sign=("*",)), False
    yield signed_by_botocore(SigV4Auth, "es", plain), False
    yield signed_by_botocore(SigV4Auth, "execute-api", root), False
    yield signed_by_botocore(S3SigV4Auth, "s3", root + "key?x=1"), True
    yield signed_by_botocore(SigV4QueryAuth, "es", plain), False
    sigv4a = {"algorithm": "AWS4-ECDSA-P256-SHA256", "region": "us-*,eu-west-1"}
    yield signed_by_us(TEMPORARY_KEY, "execute-api", url, **sigv4a), False


def split(url):
    """Split a target into path and query, like a server."""
    target = url.partition("://")[2].partition("/")
    path, _, query = (target[1] + target[2]).partition("?")
    return path, query


def pairs(query):
    # Latin-1 maps every byte to a character.
    return sorted(parse_qsl(query, keep_blank_values=True, encoding="latin-1"))


def same_path(one, other, is_s3):
    if is_s3:
        return unquote_to_bytes(one) == unquote_to_bytes(other)
    return normalize_url_path(one) == normalize_url_path(other)


def same_target(one, other, is_s3):
    (path, query), (other_path, other_query) = split(one.url), split(other.url)
    return (
        "#" not in other.url
        and same_path(path, other_path, is_s3)
        and pairs(query) == pairs(other_query)
    )


def folded(value):
    """Fold HTTP white space."""
    return re.sub("[ \t]+", " ", value).strip(" ")


def same_headers(one, other, _is_s3):
    def signed(request):
        found = {name.lower(): folded(value) for name, value in request.headers}
        found.setdefault("host", host_of(request.url))
        return {name: found.get(name) for name in [*signed_headers(one), "authorization"]}

    return signed(one) == signed(other)


def same_authorization(one, other, _is_s3):
    def fields(request):
        value = dict(request.headers).get("Authorization", "")
        algorithm, _, rest = value.strip(" ").partition(" ")
        return algorithm, [field.strip(" ") for field in rest.split(",")]

    return fields(one) == fields(other)


def unsigned_body(one, _other, is_s3):
    return is_s3 and "X-Amz-Signature=" in one.url


def is_same(field, one, other, is_s3):
    return REASONS[field][1](one, other, is_s3) if field in REASONS else False


#: By mutated part: why some are accepted, a predicate, and examples.
REASONS = {
    "target": (
        (
            "a path is normalized, or for S3 decoded; a query is decoded and sorted: '&' twice or "
            "at its end, and '=' without a value, add nothing; hexadecimal digits have no case"
        ),
        same_target,
        [
            (0, "/a//b", "/a///b"),
            (0, "/a//b", "/a/b"),
            (0, "/./c", "//c"),
            (0, "&flag", "&&flag"),
            (0, "&flag", "&flag="),
            (0, "&z=1%3D", "&z=1%3D&"),
            (0, "%c3", "%C3"),
            (1, "%c3", "%C3"),
            (1, "%2Fd", "%2fd"),
            (4, "com/", "com//"),
            (4, "com/", "com/?"),
        ],
    ),
    "header": (
        (
            "names of headers have no case; blanks around a value don't count, nor how many are "
            "inside; where there is no Host, as in HTTP/2, that of the URL is taken"
        ),
        same_headers,
        [
            ("Content-Type", "content-Type", None),
            ("Content-Type", "Content-Type", " text/plain;  charset=utf-8"),
            ("Content-Type", "Content-Type", "text/plain;   charset=utf-8"),
            ("Content-Type", "Content-Type", "text/plain;\t charset=utf-8"),
            ("X-Amz-Date", "X-Amz-Date", "20150830T123600Z "),
            ("Host", "Hosts", None),
        ],
    ),
    "authorization": (
        "its fields are set apart by any number of spaces",
        same_authorization,
        [(", Signature", ",Signature"), (", Signature", ",  Signature"), ("256 C", "256  C")],
    ),
    "body": ("a presigned URL of S3 leaves the body unsigned", unsigned_body, []),
}


def mutate_text(chance, text, alphabet):
    """Replace, insert or delete one character."""
    position = chance.randrange(len(text) + 1)
    kind = chance.randrange(4)
    if kind == 0:
        return text[:position] + chance.choice(alphabet) + text[position:]
    if not text:
        return chance.choice(alphabet)
    position = min(position, len(text) - 1)
    if kind == 1:
        return text[:position] + text[position + 1 :]
    # Half of the replacements are similar: another case, or the next digit.
    new = chance.choice(alphabet)
    if kind == 2 and ord(text[position]) < 0x80:
        new = chr(ord(text[position]) ^ chance.choice([1, 2, 4, 8, 16, 32]))
    return text[:position] + new + text[position + 1 :]


#: Every byte; those with a special meaning are more frequent.
BYTES = [chr(byte) for byte in range(256)] + list("/%&=?;,: +.#\t*-_0aZ") * 4


def mutations_of(chance, request):
    """Return the mutated part, and the request with one changed byte."""
    field = chance.choice(
        ["method", "target", "target", "header", "header", "authorization", "body"]
    )
    if field == "authorization" and "X-Amz-Signature=" in request.url:
        field = "target"
    if field == "method":
        return field, request.but(method=mutate_text(chance, request.method, BYTES))
    if field == "target":
        start = request.url.index("/", len("https://"))
        target = request.url[start:]
        # The target starts with the first slash.
        return field, request.but(
            url=request.url[:start] + "/" + mutate_text(chance, target[1:], BYTES)
        )
    if field == "body":
        body = mutate_text(chance, request.body.decode("latin-1"), BYTES).encode("latin-1")
        return field, request.but(body=body)
    names = ["Authorization"] if field == "authorization" else signed_headers(request)
    name = chance.choice(names)
    headers = list(request.headers)
    (position,) = [i for i, pair in enumerate(headers) if pair[0].lower() == name.lower()]
    name, value = headers[position]
    if chance.random() < 0.2:
        headers[position] = (mutate_text(chance, name, BYTES), value)
    else:
        headers[position] = (name, mutate_text(chance, value, BYTES))
    return "header" if headers[position][0] != name else field, request.but(headers=headers)


def on_the_wire(request):
    """Return a copy with header values as bytes, one for each character."""
    headers = [(name, value.encode("latin-1")) for name, value in request.headers]
    return request.but(headers=headers)


def signed_headers(request):
    text = dict(request.headers).get("Authorization", request.url)
    return re.search("SignedHeaders=([^,&]+)", text)[1].replace("%3B", ";").split(";")


def test_request_with_a_changed_byte_is_refused():
    print(f"{SEED_VARIABLE}={SEED}")  # noqa: T201 - shown when it fails
    chance = random.Random(SEED)  # noqa: S311 - chance is all it takes
    by = verifier()
    requests = list(valid_requests())
    for request, _ in requests:
        request.verified(by)
    refused = accepted = 0
    for number in range(MUTATIONS):
        request, is_s3 = requests[number % len(requests)]
        field, mutated = mutations_of(chance, request)
        if mutated == request:
            continue
        try:
            on_the_wire(mutated).verified(by)
        except VerificationError:
            refused += 1
        else:
            accepted += 1
            assert is_same(field, request, mutated, is_s3), (field, request, mutated)
    assert refused > MUTATIONS * 0.9
    assert accepted > 0


def examples():
    requests = [request for request, _ in valid_requests()]
    for index, old, new in REASONS["target"][2]:
        request = requests[index]
        assert request.url.count(old) == 1
        yield request.but(url=request.url.replace(old, new))
    for old, name, value in REASONS["header"][2]:
        request = requests[0]
        headers = [
            (name, found_value if value is None else value)
            if found == old
            else (found, found_value)
            for found, found_value in request.headers
        ]
        yield request.but(headers=headers)
    for old, new in REASONS["authorization"][2]:
        request = requests[0]
        value = request.header("Authorization")
        assert value.count(old) == 1
        yield request.with_header("Authorization", value.replace(old, new))
    yield requests[3].but(body=b"x")


@pytest.mark.parametrize("request_", list(examples()))
def test_requests_with_the_same_canonical_request_are_accepted(request_):
    assert request_ not in [request for request, _ in valid_requests()]
    assert request_.verified().service
