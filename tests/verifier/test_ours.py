"""Requests of our own signers are verified, and identify the caller."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import itertools

import pytest
import requests

from rsigv4 import Signer, Verifier
from rsigv4.aws_auth import AWSRequestsAuth
from rsigv4.exceptions import (
    InvalidCredentialsError,
    InvalidRequestError,
    SignatureMismatchError,
    VerificationError,
)
from support.signing import ACCESS_KEY, CREDENTIALS, MOMENT, SECRET, TOKEN
from support.verifying import KEYS, TEMPORARY_KEY, arrived, verifier

URLS = [
    "https://example.com/",
    "https://example.com",
    "http://example.com:8080/a//b/../c%20d/%2F?b=2&a=%2B+x&a=&c",
    "https://example.com/~a/:b;c=1/%C3%A9/é?q=a b&&é=1",
    "https://[2001:db8::1]:444/key?x=%",
]
HEADERS = {
    "content-type": "text/plain; charset=utf-8",
    "X-Amz-Meta-A": "  several   blanks\t",
    "x-amz-meta-b": "é",
    "Accept": "*/*",
}
SERVICES = ["execute-api", "es", "s3", "s3express", "iotdevicegateway"]
ALGORITHMS = {"AWS4-HMAC-SHA256": "us-east-1", "AWS4-ECDSA-P256-SHA256": "us-*,eu-west-1"}
OPTIONS = [{}, {"content_sha256_header": False}, {"sign_session_token": False}, {"also_sign": "*"}]


def signers():
    for key, service, (algorithm, region), options in itertools.product(
        KEYS.values(), SERVICES, ALGORITHMS.items(), OPTIONS
    ):
        also = {**options, "also_sign": ("*",)} if "also_sign" in options else options
        yield Signer(key, region, service, algorithm=algorithm, **also)


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("body", [b"", b"body", b"long" * 10_000])
def test_signed_by_header(url, body):
    ours = verifier(region="us-east-1")
    for signer in signers():
        added = signer.sign("PUT", url, HEADERS, body, time=MOMENT)
        request = arrived("PUT", url, HEADERS, body, added=added)
        identity = request.verified(ours)
        assert (identity.service, identity.payload) == (signer.service, "signed")
        with pytest.raises(VerificationError):
            request.but(body=body + b"x").verified(ours)


@pytest.mark.parametrize("url", URLS)
def test_presigned(url):
    ours = verifier(region="us-east-1")
    for signer in signers():
        presigned = signer.presign("PUT", url, headers=HEADERS, expires_in=60, time=MOMENT)
        request = arrived("PUT", presigned, HEADERS)
        identity = request.verified(ours)
        is_s3 = signer.service.startswith("s3")
        assert identity.payload == ("unsigned" if is_s3 else "signed")
        with pytest.raises(SignatureMismatchError):
            request.but(method="GET").verified(ours)


def test_presigned_with_a_body():
    for service in SERVICES:
        url = Signer(TEMPORARY_KEY, "us-east-1", service).presign(
            "PUT", URLS[2], body=b"body", time=MOMENT
        )
        hash_header = {"x-amz-content-sha256": verified_hash(b"body")}
        headers = hash_header if service.startswith("s3") else {}
        request = arrived("PUT", url, headers, b"body")
        assert request.verified().payload == "signed"
        with pytest.raises(VerificationError):
            request.but(body=b"bodx").verified()


def verified_hash(body):
    return Signer(CREDENTIALS, "us-east-1", "s3").sign("PUT", URLS[0], None, body)[
        "X-Amz-Content-Sha256"
    ]


def test_presigned_in_bulk():
    urls = [f"https://bucket.s3.amazonaws.com/key-{number}" for number in range(600)]
    signer = Signer(TEMPORARY_KEY, "us-east-1", "s3")
    for url in signer.presign_many("GET", urls, time=MOMENT):
        assert arrived("GET", url).verified().access_key_id == TEMPORARY_KEY.access_key_id


@pytest.mark.parametrize("token", [None, TOKEN])
def test_signed_by_the_drop_in(token):
    key = TEMPORARY_KEY if token else CREDENTIALS
    auth = AWSRequestsAuth(
        key.access_key_id, key.secret_access_key, "example.com", "us-east-1", "es", token
    )
    request = requests.Request(
        "POST", "https://example.com/a b?q=a+b", {"a": "b"}, data="body", auth=auth
    ).prepare()
    sent = arrived("POST", request.url, request.headers, b"body")
    identity = sent.but(time=dt.datetime.now(dt.timezone.utc)).verified()
    names = ("host", "x-amz-date", *(("x-amz-security-token",) if token else ()))
    assert identity.signed_headers == names


def test_identity_has_key_scope_and_time():
    signer = Signer(CREDENTIALS, "eu-central-1", "execute-api")
    added = signer.sign("GET", URLS[0], {"content-type": "a"}, time=MOMENT)
    identity = arrived("GET", URLS[0], {"content-type": "a"}, added=added).verified()
    assert identity.access_key_id == ACCESS_KEY
    assert identity.algorithm == "AWS4-HMAC-SHA256"
    assert (identity.region, identity.service) == ("eu-central-1", "execute-api")
    assert identity.signed_at == MOMENT
    assert identity.signed_at.utcoffset() == dt.timedelta(0)
    assert identity.expires_at is None
    assert identity.signed_headers == (
        "content-type",
        "host",
        "x-amz-content-sha256",
        "x-amz-date",
    )
    url = signer.presign("GET", URLS[0], expires_in=90, time=MOMENT)
    assert arrived("GET", url).verified().expires_at == MOMENT + dt.timedelta(seconds=90)


def test_identity_of_sigv4a_has_the_region_set():
    algorithm = "AWS4-ECDSA-P256-SHA256"
    signer = Signer(CREDENTIALS, "us-east-1,eu-*", "s3", algorithm=algorithm)
    request = arrived("GET", URLS[0], added=signer.sign("GET", URLS[0], time=MOMENT))
    identity = request.verified(verifier(region="eu-west-3"))
    assert (identity.algorithm, identity.region) == (algorithm, "us-east-1,eu-*")


BODIES = {
    "str": lambda body: body.decode(),
    "bytearray": bytearray,
    "memoryview": memoryview,
    "file": io.BytesIO,
    "iterable": lambda body: [body[:1], bytearray(body[1:])],
    "generator": lambda body: (body[i : i + 1] for i in range(len(body))),
}


@pytest.mark.parametrize("make", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("stated", [True, False])
def test_bodies_of_all_kinds(make, stated):
    signer = Signer(CREDENTIALS, "us-east-1", "es", content_sha256_header=stated)
    body = b"some body"
    request = arrived("PUT", URLS[0], added=signer.sign("PUT", URLS[0], None, body, time=MOMENT))
    assert request.but(body=make(body)).verified().payload == "signed"
    with pytest.raises(VerificationError):
        request.but(body=make(body[:-1])).verified()


@pytest.mark.parametrize("body", [3, [3], ["text"], io.StringIO("text")])
def test_body_of_another_kind_is_an_error(body):
    signer = Signer(CREDENTIALS, "us-east-1", "es")
    request = arrived("PUT", URLS[0], added=signer.sign("PUT", URLS[0], time=MOMENT))
    with pytest.raises(InvalidRequestError, match="body"):
        request.but(body=body).verified()


def signed():
    signer = Signer(CREDENTIALS, "us-east-1", "es")
    return arrived("GET", URLS[0], added=signer.sign("GET", URLS[0], time=MOMENT))


def test_lookup_may_be_async():
    async def lookup(access_key_id):
        await asyncio.sleep(0)
        return KEYS.get(access_key_id)

    request = signed()
    call = (request.method, request.url, request.headers)
    for ours in (Verifier(lookup), verifier()):
        identity = asyncio.run(ours.verify_async(*call, time=MOMENT))
        assert identity.access_key_id == ACCESS_KEY
    with pytest.raises(InvalidCredentialsError, match="verify_async"):
        request.verified(Verifier(lookup))


def test_lookup_may_return_botocore_credentials():
    from botocore.credentials import Credentials as BotocoreCredentials  # noqa: PLC0415

    known = BotocoreCredentials(ACCESS_KEY, SECRET)
    assert signed().verified(Verifier(lambda _: known)).access_key_id == ACCESS_KEY


def test_lookup_that_returns_another_key_is_an_error():
    with pytest.raises(InvalidCredentialsError, match="another access key"):
        signed().verified(Verifier(lambda _: TEMPORARY_KEY))
    with pytest.raises(InvalidCredentialsError, match="must be Credentials"):
        signed().verified(Verifier(lambda _: 3))


def test_error_of_the_lookup_is_raised_unchanged():
    def lookup(_):
        raise LookupError("database")

    with pytest.raises(LookupError, match="database"):
        signed().verified(Verifier(lookup))


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"region": ""}, "region"),
        ({"region": "us-*"}, "region"),
        ({"service": "a/b"}, "service"),
        ({"max_clock_skew": -1}, "max_clock_skew"),
        ({"region": 3}, "region"),
    ],
)
def test_invalid_options_are_errors(options, argument):
    with pytest.raises(InvalidRequestError, match=f"^{argument} "):
        verifier(**options)
    with pytest.raises(InvalidRequestError, match=r"^lookup "):
        Verifier(None)


def test_no_secret_is_shown():
    body = verifier().begin("GET", URLS[0], signed().headers, time=MOMENT).check(CREDENTIALS)
    for shown in (verifier(), body, body.identity):
        assert SECRET not in repr(shown)
    assert repr(body.identity) == (
        f"VerifiedIdentity(access_key_id='{ACCESS_KEY}', region='us-east-1', service='es', "
        "payload='signed')"
    )
