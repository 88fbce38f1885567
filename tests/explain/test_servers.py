# Explanations of real refusals by three servers.

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
from unittest import mock

import pytest
import requests

import tutorial
from rsigv4 import Credentials, PayloadHash, Signer, explain
from rsigv4.aws_auth import AWSRequestsAuth
from support.servers.ministack import unique
from support.servers.s3 import by_server

BODY = b"content"


@pytest.fixture(scope="module")
def swift_bucket(swift):
    return swift.new_bucket()


def refusal(server, target, *, signer=None, sent=None, time=None, **request):
    """Sign a request, send it or another one, and explain the server's response."""
    method, headers, body = ({"method": "GET", "headers": {}, "body": b"", **request}).values()
    signer = signer or server.signer()
    added = signer.sign(method, server.endpoint + target, headers, body, time=time)
    signed = {**headers, **added}
    changed = {"method": method, "target": target, "headers": {}, "body": body, **(sent or {})}
    arriving = {**signed, **changed["headers"]}.items()
    response = server.send(changed["method"], changed["target"], arriving, changed["body"])
    assert response.status in (400, 403), response.text
    head = "".join(f"{name}: {value}\r\n" for name, value in response.headers.items())
    return explain(
        f"HTTP/1.1 {response.status} \r\n{head}\r\n{response.text}",
        signer=signer,
        request=(method, server.endpoint + target, signed, body),
    )


# Swift returns what it expected. Each request is modified once after signing.
SWIFT = {
    "path": ({"target": "/bucket/kez"}, "path_changed", "canonical_uri"),
    "slash": ({"target": "/bucket/key/"}, "path_trailing_slash", "canonical_uri"),
    "merged": ({"target": "/bucket//key"}, "path_normalized", "canonical_uri"),
    "encoded again": ({"target": "/bucket/key%2520x"}, "path_escapes", "canonical_uri"),
    "method": ({"method": "DELETE"}, "method_changed", "method"),
    "content type": (
        {"headers": {"Content-Type": "text/plain; charset=utf-8"}},
        "header_changed",
        "canonical_headers content-type",
    ),
    "metadata": (
        {"headers": {"x-amz-meta-a": "2"}},
        "header_changed",
        "canonical_headers x-amz-meta-a",
    ),
    "hash": ({"headers": {"X-Amz-Content-Sha256": "0" * 64}}, "body_changed", "hashed_payload"),
}


@pytest.mark.parametrize(("sent", "code", "part"), SWIFT.values(), ids=SWIFT)
def test_request_modified_on_its_way_to_swift(swift, sent, code, part):
    target = "/bucket/key%20x" if code == "path_escapes" else "/bucket/key"
    headers = {"Content-Type": "text/plain", "x-amz-meta-a": "1"}

    explanation = refusal(swift, target, sent=sent, method="PUT", headers=headers, body=BODY)

    assert explanation.error_code == "SignatureDoesNotMatch"
    assert explanation.cause.code == code
    differing = [
        pair.part for pair in explanation.canonical_request_diff if pair.column is not None
    ]
    assert part in differing


QUERIES = {
    "?prefix=a&max-keys=1": ("?max-keys=2&prefix=a", "query_changed"),
    "?prefix=a&delimiter=/": ("?prefix=a", "query_parameter_missing"),
    "?prefix=a": ("?prefix=a&delimiter=/", "query_parameter_added"),
    "?prefix=a%2Bb": ("?prefix=a+b", "query_plus"),
    "?prefix=a%25b": ("?prefix=a%2525b", "query_encoded_twice"),
}


@pytest.mark.parametrize(("signed", "sent"), QUERIES.items(), ids=QUERIES)
def test_query_modified_on_its_way_to_swift(swift, signed, sent):
    target, code = sent

    explanation = refusal(swift, f"/bucket{signed}", sent={"target": f"/bucket{target}"})

    assert explanation.cause.code == code


# Faulty signers, compared with what Swift expected: only the signature is wrong.
MISTAKES = {
    "encoded twice": ("/bucket/a%20b", {"double_encode_path": True}, "path_encoded_twice"),
    "normalized": ("/bucket//c", {"normalize_path": True}, "path_normalized"),
}


@pytest.mark.parametrize(("target", "options", "code"), MISTAKES.values(), ids=MISTAKES)
def test_faulty_signer(s3_server, target, options, code):
    explanation = refusal(s3_server, target, signer=s3_server.signer(**options))

    assert explanation.cause.code == code
    assert explanation.cause.certain


# The gateway doesn't return what it expected.
@by_server(juicefs="wrong_secret_or_rewritten", swift="wrong_secret")
def test_wrong_secret(s3_server, expected):
    wrong = s3_server.signer(secret_access_key="wrong")

    explanation = refusal(s3_server, "/bucket/key", signer=wrong)

    assert explanation.cause.code == expected
    assert s3_server.access_key_id in explanation.cause.summary


def test_unknown_key(juicefs):
    explanation = refusal(juicefs, "/bucket/key", signer=juicefs.signer(access_key_id="unknown"))

    assert explanation.cause.code == "unknown_key"


@pytest.mark.parametrize(
    ("minutes", "code"), [(-20, "signature_too_old"), (20, "clock_ahead")], ids=["old", "future"]
)
def test_time_that_is_too_far_off(s3_server, minutes, code):
    time = dt.datetime.now(dt.timezone.utc) + dt.timedelta(minutes=minutes)

    explanation = refusal(s3_server, "/bucket/key", time=time)

    assert explanation.cause.code == code
    assert re.search(r"(19|20) minutes", explanation.cause.summary)


def test_wrong_region(s3_server):
    explanation = refusal(s3_server, "/bucket/key", signer=s3_server.signer(region="eu-central-1"))

    assert explanation.cause.code == "wrong_region"
    assert "set region to us-east-1" in explanation.cause.advice


def test_wrong_service(swift):
    explanation = refusal(swift, "/bucket/key", signer=swift.signer(service="execute-api"))

    assert explanation.cause.code == "wrong_service"
    assert "set service to s3" in explanation.cause.advice


def test_body_modified_on_its_way(s3_server, bucket):
    explanation = refusal(
        s3_server, f"{bucket}/key", sent={"body": b"CONTENT"}, method="PUT", body=BODY
    )

    assert explanation.cause.code == "body_changed"


def test_hash_of_another_body(swift, swift_bucket):
    other = PayloadHash("0" * 64)
    headers = swift.signer().sign("PUT", f"{swift.endpoint}{swift_bucket}/key", None, other)
    response = swift.send("PUT", f"{swift_bucket}/key", headers.items(), BODY)

    assert explain(response.text).cause.code == "body_changed"


def test_unsigned_header(swift, swift_bucket):
    """ArchGPT/insomnium#167."""
    sent = {"headers": {"x-amz-acl": "private"}}

    explanation = refusal(swift, f"{swift_bucket}/key", sent=sent, method="PUT", body=BODY)

    assert explanation.error_code == "AccessDenied"
    assert explanation.cause.code == "headers_not_signed"
    assert "x-amz-acl" in explanation.cause.summary


@by_server(juicefs="wrong_secret_or_rewritten", swift="path_escapes")
def test_modified_presigned_url(s3_server, expected):
    url = s3_server.signer().presign("GET", f"{s3_server.endpoint}/bucket/a%20b?x=1")
    target = url.removeprefix(s3_server.endpoint).replace("a%20b", "a%2520b")
    response = s3_server.send("GET", target)

    explanation = explain(response.text, signer=s3_server.signer(), request=("GET", url))

    assert explanation.error_code == "SignatureDoesNotMatch"
    assert explanation.cause.code == expected


def test_expired_presigned_url(s3_server):
    hour_ago = dt.datetime.now(dt.timezone.utc) - dt.timedelta(hours=1)
    url = s3_server.signer().presign(
        "GET", f"{s3_server.endpoint}/bucket/key", expires_in=60, time=hour_ago
    )
    response = requests.get(url, timeout=30)

    assert explain(response).cause.code == "presigned_url_expired"


# MiniStack's API Gateway, called with requests.


@pytest.fixture(scope="module", autouse=True)
def no_aws_account():
    with mock.patch.dict(os.environ):
        tutorial.forget_own_aws_account()
        yield


@pytest.fixture(scope="module")
def callers(ministack):
    """Return the URL of an API, the key of a user who may call it, and of one who may not."""
    with contextlib.closing(tutorial.client(ministack, "apigateway")) as client:
        api_id = tutorial.create_api(client, "explained")
        tutorial.add_method(client, api_id, tutorial.root_id(client, api_id), "GET")
        client.create_deployment(restApiId=api_id, stageName=tutorial.STAGE)
    with contextlib.closing(tutorial.client(ministack, "iam")) as client:
        group = unique("explained")
        tutorial.create_group(client, group, tutorial.INVOKE_FULL_ACCESS)
        keys = [
            tutorial.create_user(client, unique("caller"), group),
            tutorial.create_user(client, unique("stranger")),
        ]
    url = tutorial.invoke_url(ministack, api_id)
    return (url, *(Credentials(key["AccessKeyId"], key["SecretAccessKey"]) for key in keys))


def call(url, credentials, path="", **changed):
    arguments = {
        "aws_access_key": credentials.access_key_id,
        "aws_secret_access_key": credentials.secret_access_key,
        "aws_host": url.split("/")[2],
        "aws_region": tutorial.REGION,
        "aws_service": "execute-api",
        **changed,
    }
    return requests.get(url + path, auth=AWSRequestsAuth(**arguments), timeout=30)


def test_api_gateway_unsigned(callers):
    explanation = explain(requests.get(callers[0], timeout=30))

    assert explanation.status == 403
    assert explanation.error_code == "MissingAuthenticationTokenException"
    assert explanation.cause.code == "unsigned"


def test_api_gateway_unknown_key(callers):
    url, caller, _ = callers
    response = call(url, caller, aws_access_key="AKIAIOSFODNN7EXAMPLE")

    assert explain(response).cause.code == "unknown_key"


def test_api_gateway_wrong_secret(callers):
    url, caller, _ = callers
    wrong = Credentials(caller.access_key_id, "wrong secret")
    response = call(url, wrong)
    signer = Signer(wrong, tutorial.REGION, "execute-api")

    explanation = explain(response, signer=signer)

    assert explanation.cause.code == "wrong_secret_or_rewritten"
    assert caller.access_key_id in explanation.cause.summary


def test_api_gateway_wrong_host(callers):
    """The drop-in signs the host that is passed."""
    url, caller, _ = callers
    response = call(url, caller, aws_host="127.0.0.1")
    signer = Signer(caller, tutorial.REGION, "execute-api")

    explanation = explain(response, signer=signer)

    assert explanation.cause.code == "host_port"
    assert "127.0.0.1" in str(explanation)


def test_api_gateway_policy(callers):
    url, _, stranger = callers
    response = call(url, stranger)

    explanation = explain(response)

    assert explanation.cause.code == "no_policy_allows"
    assert "execute-api:Invoke" in explanation.cause.advice
    assert "user/stranger-" in explanation.cause.advice
