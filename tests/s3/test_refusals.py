# Requests that S3 servers refuse, so that their acceptance proves something.

from __future__ import annotations

import datetime as dt
import hashlib
import re

import pytest

from rsigv4 import PayloadHash
from support.servers.s3 import WRONG_SIGNATURE, by_server

CONTENT = b"content"

TOO_FAR_OFF = (403, "RequestTimeTooSkewed")
# S3 uses status 400 instead of 403: these requests are wrong with any key.
WRONG_SCOPE = (400, "AuthorizationHeaderMalformed")
WRONG_BODY = (400, "XAmzContentSHA256Mismatch")
# The gateway's own errors for missing signed headers and for a wrong service.
MISSING_HEADER_OF_THE_GATEWAY = (400, "AccessDenied")
WRONG_SERVICE_OF_THE_GATEWAY = (400, "AuthorizationParametersError")


def moment(**offset):
    return dt.datetime.now(dt.timezone.utc) + dt.timedelta(**offset)


@pytest.fixture
def target(s3_server, bucket):
    path = f"{bucket}/key"
    assert s3_server.call("PUT", path, body=CONTENT).status == 200
    return path


def test_wrong_secret_is_refused(s3_server, target):
    signer = s3_server.signer(secret_access_key="another secret")

    assert s3_server.call("GET", target, signer=signer).refusal == WRONG_SIGNATURE


# Swift doesn't reveal whether the key exists.
@by_server(juicefs=(403, "InvalidAccessKeyId"), swift=WRONG_SIGNATURE)
def test_unknown_key_is_refused(s3_server, target, expected):
    signer = s3_server.signer(access_key_id="unknown")

    assert s3_server.call("GET", target, signer=signer).refusal == expected


def test_wrong_region_is_refused(s3_server, target):
    signer = s3_server.signer(region="eu-central-1")

    assert s3_server.call("GET", target, signer=signer).refusal == WRONG_SCOPE


@by_server(juicefs=WRONG_SERVICE_OF_THE_GATEWAY, swift=WRONG_SCOPE)
def test_wrong_service_is_refused(s3_server, target, expected):
    signer = s3_server.signer(service="execute-api")

    assert s3_server.call("GET", target, signer=signer).refusal == expected


@pytest.mark.parametrize("offset", [{"minutes": -16}, {"minutes": 16}])
def test_time_that_is_too_far_off_is_refused(s3_server, target, offset):
    url = s3_server.endpoint + target
    headers = s3_server.signer().sign("GET", url, time=moment(**offset))

    assert s3_server.send("GET", target, headers.items()).refusal == TOO_FAR_OFF


@pytest.mark.parametrize("offset", [{"minutes": -14}, {"minutes": 14}])
def test_time_that_is_nearly_too_far_off_is_accepted(s3_server, target, offset):
    url = s3_server.endpoint + target
    headers = s3_server.signer().sign("GET", url, time=moment(**offset))

    assert s3_server.send("GET", target, headers.items()).body == CONTENT


SIGNED_QUERY = "?list-type=2&prefix=a"


@pytest.mark.parametrize(
    ("signed", "sent"),
    [
        (("GET", "/key"), ("GET", "/keY")),
        (("GET", "/key"), ("GET", "//key")),
        (("GET", "/key"), ("GET", "/key/")),
        (("GET", "/a%2Bb"), ("GET", "/a%20b")),
        (("GET", "/key"), ("DELETE", "/key")),
        (("GET", "/key"), ("GET", "/key?acl")),
        (("GET", "/key?acl"), ("GET", "/key")),
        (("GET", SIGNED_QUERY), ("GET", "?list-type=2&prefix=b")),
        (("GET", SIGNED_QUERY), ("GET", "?list-type=2&prefix=")),
        (("GET", SIGNED_QUERY), ("GET", "?list-type=2&prefix=a&delimiter=/")),
        (("GET", SIGNED_QUERY), ("GET", "?list-type=2")),
    ],
)
def test_modified_request_is_refused(s3_server, bucket, signed, sent):
    (signed_method, signed_target), (method, target) = signed, sent
    url = f"{s3_server.endpoint}{bucket}{signed_target}"
    headers = s3_server.signer().sign(signed_method, url)

    response = s3_server.send(method, bucket + target, headers.items())

    assert response.refusal == WRONG_SIGNATURE


def test_request_for_another_host_is_refused(s3_server, target):
    url = f"{s3_server.endpoint}{target}".replace("127.0.0.1", "localhost")
    headers = s3_server.signer().sign("GET", url)

    assert s3_server.send("GET", target, headers.items()).refusal == WRONG_SIGNATURE


SIGNED_HEADERS = {
    "x-amz-meta-a": "1",
    "x-amz-acl": "private",
    "Content-Type": "text/plain",
}


@pytest.mark.parametrize("name", [*SIGNED_HEADERS, "X-Amz-Date", "X-Amz-Content-Sha256"])
def test_changed_signed_header_is_refused(s3_server, target, name):
    url = s3_server.endpoint + target
    headers = s3_server.signer().sign("PUT", url, SIGNED_HEADERS, CONTENT)
    other = {
        "x-amz-meta-a": "2",
        "x-amz-acl": "public-read",
        "Content-Type": "text/html",
        "X-Amz-Date": f"{moment(seconds=-60):%Y%m%dT%H%M%SZ}",
        "X-Amz-Content-Sha256": hashlib.sha256(b"other").hexdigest(),
    }
    sent = {**SIGNED_HEADERS, **headers, name: other[name]}

    assert s3_server.send("PUT", target, sent.items(), CONTENT).refusal == WRONG_SIGNATURE


@by_server(juicefs=MISSING_HEADER_OF_THE_GATEWAY, swift=WRONG_SIGNATURE)
@pytest.mark.parametrize("name", SIGNED_HEADERS)
def test_missing_signed_header_is_refused(s3_server, target, name, expected):
    url = s3_server.endpoint + target
    headers = s3_server.signer().sign("PUT", url, SIGNED_HEADERS, CONTENT)
    sent = {**SIGNED_HEADERS, **headers}
    del sent[name]

    assert s3_server.send("PUT", target, sent.items(), CONTENT).refusal == expected


# The gateway accepts them: it checks only headers in SignedHeaders.
@pytest.mark.parametrize("s3_server", ["swift"], indirect=True)
@pytest.mark.parametrize("name", ["x-amz-meta-a", "x-amz-acl"])
def test_added_unsigned_amz_header_is_refused(s3_server, target, name):
    url = s3_server.endpoint + target
    headers = s3_server.signer().sign("PUT", url, None, CONTENT)
    sent = {**headers, name: SIGNED_HEADERS[name]}

    response = s3_server.send("PUT", target, sent.items(), CONTENT)

    assert response.refusal == (403, "AccessDenied")


@pytest.mark.parametrize("body", [b"", b"contenT", b"content and more"])
def test_modified_body_is_refused(s3_server, target, body):
    headers = s3_server.signer().sign("PUT", s3_server.endpoint + target, None, CONTENT)

    response = s3_server.send("PUT", target, headers.items(), body)

    assert response.refusal == WRONG_BODY
    assert s3_server.call("GET", target).body == CONTENT


def test_signed_digest_of_another_body_is_refused(s3_server, target):
    other = PayloadHash(hashlib.sha256(b"other").hexdigest())
    headers = s3_server.signer().sign("PUT", s3_server.endpoint + target, None, other)

    response = s3_server.send("PUT", target, headers.items(), CONTENT)

    assert response.refusal == WRONG_BODY


@pytest.mark.parametrize("name", SIGNED_HEADERS)
def test_signed_header_missing_from_the_names_is_refused(s3_server, target, name):
    url = s3_server.endpoint + target
    headers = s3_server.signer().sign("PUT", url, SIGNED_HEADERS, CONTENT)
    authorization = re.sub(f"{name};|;{name}", "", headers["Authorization"], flags=re.IGNORECASE)
    assert authorization != headers["Authorization"]
    sent = {**SIGNED_HEADERS, **headers, "Authorization": authorization}
    del sent[name]

    assert s3_server.send("PUT", target, sent.items(), CONTENT).refusal == WRONG_SIGNATURE


def test_tampered_signature_is_refused(s3_server, target):
    headers = s3_server.signer().sign("GET", s3_server.endpoint + target)
    authorization = headers["Authorization"]
    headers["Authorization"] = authorization[:-1] + ("1" if authorization[-1] == "0" else "0")

    assert s3_server.send("GET", target, headers.items()).refusal == WRONG_SIGNATURE


REQUESTS = {
    "a list": ("GET", "?list-type=2&prefix=a+b%2Bc&delimiter=/&x=", []),
    "odd keys": ("GET", "/a b/ä+%2B:;=@~%7E//../😀", []),
    "headers": (
        "PUT",
        "/key",
        [
            ("x-amz-meta-b", " several   inner\t spaces "),
            ("x-amz-meta-a", "2"),
            ("X-Amz-Meta-A", "1"),
            ("x-amz-meta-empty", ""),
            ("Content-Type", "text/plain;  charset=utf-8"),
            ("Content-MD5", "mgNkuembtIDdJeHwKEyFVQ=="),
            ("Accept", "*/*"),
        ],
    ),
}


# Swift returns its own stages, which must be identical.
@pytest.mark.parametrize(("method", "target", "headers"), REQUESTS.values(), ids=REQUESTS)
def test_stages_equal_those_of_swift(swift, method, target, headers):
    signer = swift.signer(secret_access_key="another secret")
    body = CONTENT if method == "PUT" else b""
    url, now = f"{swift.endpoint}/bucket{target}", moment()
    added = signer.sign(method, url, headers, body, time=now)

    response = swift.send(method, f"/bucket{target}", [*headers, *added.items()], body)

    assert response.refusal == WRONG_SIGNATURE
    assert response.element("CanonicalRequest") == signer.canonical_request(
        method, url, headers, body, time=now
    )
    assert response.element("StringToSign") == signer.string_to_sign(
        method, url, headers, body, time=now
    )
