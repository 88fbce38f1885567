# Signers that err: nothing changes on the way, and the signature itself shows what was signed. Each
# is from a report, whose name is the test's.

from __future__ import annotations

import re
from unittest import mock

import pytest
import requests
from aws_requests_auth.aws_auth import AWSRequestsAuth
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from oracles import clock_of_botocore
from refusals import (
    ES,
    HOST,
    S3,
    SHORT,
    canonical,
    differing,
    line,
    mismatch_of_api_gateway,
    mismatch_of_s3,
    signed_as,
)
from rsigv4 import Signer, explain
from signing import ACCESS_KEY, CREDENTIALS, MOMENT, SECRET


def signer(service="es"):
    return Signer(CREDENTIALS, "us-east-1", service)


# A signer that errs: nothing changes on the way, and the secret proves which mistake it was.
MISTAKES = {
    "tedder/requests-aws4auth#31": ("path_normalized", "s3", "/a//b/../c", canonical("/a/c")),
    "okigan/awscurl#33": ("path_escapes", "es", "/idx/a:b", canonical("/idx/a:b")),
    "smithy-lang/smithy-rs#1308": ("path_normalized", "es", "/a//b", canonical("/a//b")),
    "Nikita-Filonov/ai-review#40": (
        "path_encoded_once",
        "bedrock",
        "/model/anthropic.claude-v1%3A0/invoke",
        canonical("/model/anthropic.claude-v1%3A0/invoke"),
    ),
    "aws/aws-sdk-js#853": (
        "path_encoded_once",
        "es",
        "/logs-%2A/_search",
        canonical("/logs-%2A/_search"),
    ),
    "opensearch-project/opensearch-py#683": (
        "path_encoded_once",
        "es",
        "/idx/_doc/a%21b%40c",
        canonical("/idx/_doc/a%21b%40c"),
    ),
    "DavidMuller/aws-requests-auth#12": (
        "query_encoded_twice",
        "es",
        "/?fields=a,b",
        canonical(query="fields=a%252Cb"),
    ),
    "okigan/awscurl#216": (
        "query_encoded_twice",
        "es",
        "/?token=ab%3D",
        canonical(query="token=ab%253D"),
    ),
    "okigan/awscurl#115": (
        "query_escapes",
        "es",
        "/?q=a:b,c",
        canonical(query="q=a:b,c"),
    ),
    "awslabs/aws-sdk-rust#330": (
        "query_escapes",
        "s3",
        "/?list-type=2&prefix=%7Ba%7D",
        canonical(query="list-type=2&prefix={a}"),
    ),
    "andrewjroth/requests-auth-aws-sigv4#6": (
        "query_plus",
        "es",
        "/?q=a%20b",
        canonical(query="q=a+b"),
    ),
    "boto/botocore#1354": ("query_plus", "es", "/?q=a+b", canonical(query="q=a%2Bb")),
    "boto/botocore#1059": (
        "query_parameter_added",
        "es",
        "/?a=1&flag=",
        canonical(query="a=1"),
    ),
    "tedder/requests-aws4auth#79": (
        "host_port",
        "es",
        ":8443/",
        canonical(host=HOST),
    ),
    "boto/botocore#3651": ("body_not_signed", "es", "/", canonical(method="POST")),
    "DavidMuller/aws-requests-auth#45": (
        "unsigned_payload_refused",
        "es",
        "/",
        canonical(method="POST", payload="UNSIGNED-PAYLOAD"),
    ),
}


@pytest.mark.parametrize("short", [False, True], ids=["with strings", "without"])
@pytest.mark.parametrize(("code", "service", "target", "signed"), MISTAKES.values(), ids=MISTAKES)
def test_signer_that_errs(code, service, target, signed, short):
    method = signed.partition("\n")[0]
    body = b'{"a": 1}' if method == "POST" else b""
    headers = signed_as(signed, service)
    request = (method, ES + target, headers, body)
    answer = SHORT if short else mismatch_of_api_gateway(*request, service)

    explanation = explain(answer, signer=signer(service), request=request)

    assert explanation.cause.code == code
    assert explanation.cause.certain
    # It shows what was signed in truth, though nothing of the request says it.
    assert len(differing(explanation)) == 1
    shown = "\n".join(pair.ours for pair in explanation.canonical_request_diff)
    assert shown == re.sub("\n+", "\n", signed) or not signed.split("\n")[2]


def test_request_without_the_signer_shows_what_invites_mistakes():
    """DavidMuller/aws-requests-auth#40: no secret at hand, so it can't be proved."""
    headers = signed_as(canonical("/", "q=a%2Bb"))
    request = ("GET", f"{ES}/?q=a+b", headers, b"")

    explanation = explain(mismatch_of_api_gateway(*request), request=request)

    assert [cause.code for cause in explanation.causes] == ["wrong_secret", "query_plus"]
    assert not explanation.causes[1].certain


@pytest.mark.parametrize(
    ("target", "code"),
    [
        pytest.param("/?q=a+b", "query_plus", id="DavidMuller/aws-requests-auth#40"),
        pytest.param("/?q=a,b", "query_escapes", id="DavidMuller/aws-requests-auth#13"),
        pytest.param("/?q-x=1&q=2", "query_order", id="names that begin alike"),
        pytest.param("/a;b=1", "path_parameters_dropped", id="parameters of the path"),
    ],
)
def test_request_that_the_predecessor_signed(target, code):
    auth = AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, "us-east-1", "es")
    with mock.patch("aws_requests_auth.aws_auth.datetime") as clock:
        clock.datetime.utcnow.return_value = MOMENT
        request = requests.Request("GET", ES + target, auth=auth).prepare()
    answer = mismatch_of_api_gateway("GET", request.url, dict(request.headers))

    assert explain(answer, signer=signer(), request=request).cause.code == code


def test_key_of_s3_that_botocore_signed_as_of_another_service():
    """boto/botocore#3214."""
    request = AWSRequest("GET", f"{S3}/a%20b")
    with clock_of_botocore(MOMENT):
        SigV4Auth(BotocoreCredentials(ACCESS_KEY, SECRET), "s3", "us-east-1").add_auth(request)
    answer = mismatch_of_s3("GET", request.url, dict(request.headers))

    explanation = explain(answer, signer=signer("s3"), request=request)

    assert explanation.cause.code == "path_encoded_twice"
    assert line(explanation, "canonical_uri") == ("/a%2520b", "/a%20b")
