# The request or the time decides where the response's message has several causes or none. Some
# tests are named after bug reports.

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime

import pytest
import time_machine

from rsigv4 import Credentials, Signer, explain
from support.refusals import MISMATCH, api_gateway, authorization
from support.signing import AMZ_DATE, CREDENTIALS, MOMENT, SECRET, TOKEN

URL = "https://abc123.execute-api.eu-central-1.amazonaws.com/test/pets"
SCOPE = "20150830/eu-central-1/execute-api/aws4_request"
INVALID_TOKEN = "The security token included in the request is invalid."


def headers_of(key="AKIDEXAMPLE", **headers):
    value = authorization(scope=SCOPE, key=key)
    return {"Authorization": value, "X-Amz-Date": AMZ_DATE, **headers}


def with_token(key):
    return headers_of(key, **{"X-Amz-Security-Token": TOKEN})


# Causes that depend on the request.
REQUESTS = {
    "a temporary key without its token": (headers_of("ASIAEXAMPLE"), "session_token_missing"),
    "a user's key with a token": (with_token("AKIAEXAMPLE"), "session_token_stale"),
    "anthropics/anthropic-sdk-python#1854": (with_token("ASIAEXAMPLE"), "session_token_invalid"),
    "a user's key": (headers_of("AKIAEXAMPLE"), "unknown_key"),
}


@pytest.mark.parametrize(("headers", "code"), REQUESTS.values(), ids=REQUESTS)
def test_invalid_token_depends_on_the_key(headers, code):
    response = api_gateway(INVALID_TOKEN, "UnrecognizedClientException")

    explanation = explain(response, request=("GET", URL, headers, b""))

    assert explanation.cause.code == code


@pytest.mark.parametrize(
    ("headers", "code"),
    [({}, "unsigned"), (headers_of(), "unknown_path")],
    ids=["unsigned", "signed"],
)
def test_missing_authentication_token_depends_on_the_signature(headers, code):
    response = api_gateway("Missing Authentication Token", "MissingAuthenticationTokenException")

    explanation = explain(response, request=("GET", URL, headers, b""))

    assert explanation.cause.code == code
    # It is said of a path that isn't there, and of a request without a signature.
    assert not explanation.cause.certain


@pytest.mark.parametrize(
    ("scope", "message", "code", "advice"),
    [
        (
            "20150830/us-east-1/execute-api/aws4_request",
            "Credential should be scoped to a valid region.",
            "wrong_region",
            "set region to eu-central-1",
        ),
        (
            "20150830/eu-central-1/apigateway/aws4_request",
            MISMATCH,
            "wrong_service",
            "set service to execute-api",
        ),
        (
            "20150830/us-east-1/execute-api/aws4_request",
            MISMATCH,
            "wrong_region",
            "set region to eu-central-1",
        ),
    ],
)
def test_host_shows_the_correct_scope(scope, message, code, advice):
    headers = {"Authorization": authorization(scope=scope), "X-Amz-Date": AMZ_DATE}

    explanation = explain(api_gateway(message), request=("GET", URL, headers, b""))

    assert explanation.cause.code == code
    assert advice in explanation.cause.advice


@pytest.mark.parametrize(
    ("now", "code"),
    [
        # Our clock agrees with the server's, so the request was delayed.
        (MOMENT + dt.timedelta(minutes=20), "signature_too_old"),
        (MOMENT, "clock_behind"),
    ],
)
def test_old_signature_is_distinguished_from_a_wrong_clock(now, code):
    response = api_gateway(
        "Signature expired: 20150830T123600Z is now earlier than 20150830T125100Z "
        "(20150830T125600Z - 5 min.)"
    )
    with time_machine.travel(now, tick=False):
        explanation = explain(response)

    assert explanation.cause.code == code
    assert "20 minutes" in explanation.cause.summary


# Refusals without a useful message: the request shows its faults.
AOSS = "https://abc.us-east-1.aoss.amazonaws.com/_search"
AOSS_SCOPE = "20150830/us-east-1/aoss/aws4_request"
IOT = "wss://abc-ats.iot.us-east-1.amazonaws.com/mqtt"


def aoss(**headers):
    return {"Authorization": authorization(scope=AOSS_SCOPE), "X-Amz-Date": AMZ_DATE, **headers}


def iot_url(**options):
    temporary = Credentials("ASIAEXAMPLE", SECRET, TOKEN)
    return Signer(temporary, "us-east-1", "iotdevicegateway", **options).presign(
        "GET", IOT, time=MOMENT
    )


def iot_url_with_its_token_signed():
    before, _, signature = iot_url().partition("&X-Amz-Signature=")
    signature, _, token = signature.partition("&")
    return f"{before}&{token}&X-Amz-Signature={signature}"


SILENT = {
    "mhart/aws4#169": (AOSS, aoss(), "content_sha256_missing"),
    "opensearch-project/opensearch-py#1038": (
        AOSS,
        aoss(**{"X-Amz-Content-Sha256": "e" * 64}),
        "content_sha256_not_signed",
    ),
    "boto/boto3#1432": (iot_url_with_its_token_signed(), {}, "session_token_signed"),
    "no signature": (URL, {}, "unsigned"),
    "another scheme": (URL, {"Authorization": "Bearer abcdefghijkl"}, "authorization_malformed"),
    "a temporary key": (URL, headers_of("ASIAEXAMPLE"), "session_token_missing"),
    "another region": (
        URL.replace("eu-central-1", "eu-west-1"),
        headers_of(),
        "wrong_region",
    ),
    "header and query": (
        Signer(CREDENTIALS, "eu-central-1", "execute-api").presign("GET", URL, time=MOMENT),
        headers_of(),
        "two_authorizations",
    ),
}


@pytest.mark.parametrize(("url", "headers", "code"), SILENT.values(), ids=SILENT)
@pytest.mark.parametrize("response", ["HTTP/1.1 403 Forbidden\r\n\r\n", '{"message":"Forbidden"}'])
def test_uninformative_response(url, headers, code, response):
    explanation = explain(response, request=("GET", url, headers, b""))

    assert explanation.cause.code == code


@pytest.mark.parametrize(
    ("names", "named"),
    [
        pytest.param("connection;host;x-amz-date", "connection", id="openai/openai-python#3563"),
        pytest.param(
            "accept;host;user-agent", "accept, user-agent", id="carsales/aws-request-signer#10"
        ),
        pytest.param("host;traceparent;x-amz-date", "traceparent", id="boto/botocore, traceparent"),
    ],
)
def test_signed_header_that_proxies_rewrite(names, named):
    headers = {
        "Authorization": authorization(scope=SCOPE, signed_headers=names),
        "X-Amz-Date": AMZ_DATE,
    }

    explanation = explain(api_gateway(MISMATCH), request=("GET", URL, headers, b""))

    causes = {cause.code: cause for cause in explanation.causes}
    assert named in causes["rewritten_header_signed"].summary
    assert not causes["rewritten_header_signed"].certain


@pytest.mark.parametrize("names", ["x-amz-date", "x-amz-content-sha256;x-amz-date"])
def test_unsigned_host(names):
    headers = {
        "Authorization": authorization(scope=SCOPE, signed_headers=names),
        "X-Amz-Date": AMZ_DATE,
    }

    explanation = explain(api_gateway(MISMATCH), request=("GET", URL, headers, b""))

    assert explanation.cause.code == "host_not_signed"


def test_scope_of_yesterday():
    """tedder/requests-aws4auth#10: the key was derived before midnight."""
    headers = headers_of(**{"X-Amz-Date": "20150831T000001Z"})

    explanation = explain(api_gateway(MISMATCH), request=("GET", URL, headers, b""))

    assert explanation.cause.code == "scope_date"
    assert "20150831" in explanation.cause.summary


def test_expired_presigned_url():
    """S3 only says AccessDenied to some clients; the Date of its response shows the cause."""
    url = Signer(CREDENTIALS, "us-east-1", "s3").presign(
        "GET", "https://bucket.s3.us-east-1.amazonaws.com/key", expires_in=60, time=MOMENT
    )
    date = format_datetime(MOMENT + dt.timedelta(minutes=2), usegmt=True)
    response = f"HTTP/1.1 403 Forbidden\r\nDate: {date}\r\n\r\n"

    assert explain(response, request=("GET", url)).cause.code == "presigned_url_expired"


def test_clock_is_read_from_the_date_of_an_uninformative_response():
    date = format_datetime(MOMENT + dt.timedelta(hours=3), usegmt=True)
    response = f"HTTP/1.1 403 Forbidden\r\nDate: {date}\r\n\r\n"

    explanation = explain(response, request=("GET", URL, headers_of(), b""))

    assert explanation.cause.code == "clock_behind"
    assert "3 hours" in explanation.cause.summary


@pytest.mark.parametrize(
    ("status", "code"), [(404, "ResourceNotFoundException"), (400, "ValidationException")]
)
def test_error_about_something_else(status, code):
    """A fault of the request that didn't cause the refusal is not reported."""
    response = api_gateway("Something is missing.", code, status)

    explanation = explain(response, request=("GET", URL, headers_of("ASIAEXAMPLE"), b""))

    assert explanation.cause.code == "unknown"


def test_wrong_signature_with_an_unknown_message():
    response = api_gateway("The signature is somehow wrong.")

    explanation = explain(response, request=("GET", URL, headers_of(), b""))

    assert (explanation.cause.code, explanation.cause.certain) == ("wrong_secret", False)
