# Words are proof if they are AWS's own: whole sentences, in the one response of the text.

from __future__ import annotations

import json

import pytest

from rsigv4 import Signer, explain
from support.refusals import ES, MISMATCH, canonical, s3, signed_as
from support.signing import CREDENTIALS, MOMENT

SENT = (
    "GET",
    f"{ES}/a",
    Signer(CREDENTIALS, "us-east-1", "es").sign("GET", f"{ES}/a", time=MOMENT),
)


def first(response, **known):
    cause = explain(response, **known).cause
    return cause.code, cause.certain


# Sentences of applications that begin as AWS's do.
BEGUN = [
    "Request is missing authentication token. Please log in.",
    "User: anonymous is not authorized to view this page",
    "User: bob is not authorized to perform: files:Read",
    "Anonymous caller does not have access",
    "Valid authorization header not provided",
    "Authorization header requires 'Bearer' scheme",
    "Signature expired: your license signature needs renewal",
    "Signature not yet current",
    "The region 'emea' is wrong",
    "The service is wrong",
    "Credential must have exactly one issuer",
    "Invalid credential date",
    "Only one auth mechanism allowed",
    "Error loading SSO token from the vault",
    "AWS query-string parameters must include a page",
]


@pytest.mark.parametrize("words", BEGUN)
def test_sentence_that_only_begins_like_one_of_aws_is_no_proof(words):
    for body in (json.dumps({"message": words}), words):
        assert not first(
            f"HTTP/1.1 403 Forbidden\nserver: uvicorn\n\n{body}", request=(*SENT, b"")
        )[1]
        assert not first(body)[1]


# Sentences that are whole, in a shape that applications have, too.
WHOLE = {
    "The security token included in the request is expired": "session_token_expired",
    "Request is missing Authentication Token": "unsigned",
    "User: anonymous is not authorized to perform: es:ESHttpGet on resource: arn:aws:es:a:1:d/x "
    "because no resource-based policy allows the es:ESHttpGet action": "unsigned",
    "Authorization header requires 'Credential' parameter. Authorization header requires "
    "'Signature' parameter. Authorization=AWS4-HMAC-SHA256": "authorization_incomplete",
    "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
    "Authorization=AWS4": "authorization_incomplete",
    "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
    "got 'a/b'": "scope_malformed",
    "Signature expired: 20150830T123600Z is now earlier than 20150830T124500Z (20150830T130000Z - "
    "15 min.)": "clock_behind",
    "The authorization header is malformed; the region is wrong; expecting 'eu-west-1'.": (
        "wrong_region"
    ),
    "'abc' not a valid key=value pair (missing equal-sign) in Authorization header: 'Bearer "
    "abc'.": "authorization_malformed",
}


@pytest.mark.parametrize(("words", "code"), WHOLE.items(), ids=range(len(WHOLE)))
def test_whole_sentence_of_aws_is_proof(words, code):
    assert first(json.dumps({"message": words})) == (code, True)


RETRY = s3(
    "InvalidAccessKeyId",
    "The AWS Access Key Id you provided does not exist in our records.",
    AWSAccessKeyId="AKIAEXAMPLE",
)


@pytest.mark.parametrize("other", ["HTTP/1.1 200 OK\nx-amz-request-id: 1\n\n", RETRY])
def test_several_responses_prove_nothing(other):
    assert first(RETRY)[1]
    assert not first(f"{RETRY}\n\n{other}")[1]
    assert not first(f"{other}\n\n{RETRY}")[1]
    failed = (
        "An error occurred (ExpiredToken) when calling the ListBuckets operation: "
        "The provided token has expired."
    )
    assert first(failed) == ("session_token_expired", True)
    assert not first(f"{failed}\n\n{failed.replace('ExpiredToken', 'AccessDenied')}")[1]


def test_body_that_begins_like_a_response_is_none():
    response = "HTTP/1.1 403 Forbidden\n\nHTTP/1.1 200 OK\nx-amzn-requestid: 1\n\n{}"
    explanation = explain(response)
    assert explanation.status == 403
    assert not explanation.cause.certain


@pytest.mark.parametrize(
    "head",
    [
        "HTTP/1.1 100 Continue",
        "HTTP/1.0 200 Connection established",
        "HTTP/1.1 301 Moved",
        "HTTP/1.1 401 Unauthorized",
        "HTTP/1.1 407 Proxy Authentication Required",
    ],
)
def test_heads_before_the_last_response_are_skipped(head):
    assert first(f"{head}\n\n{RETRY}") == ("unknown_key", True)


def test_page_that_quotes_a_response_has_one_certain_cause():
    quoted = s3("AccessDenied", "Invalid according to Policy: Policy expired.").partition(
        "\r\n\r\n"
    )[2]
    page = f"HTTP/1.1 403 Forbidden\ncontent-type: text/html\n\n<html><body>{quoted}</body></html>"
    causes = explain(page).causes
    assert [cause.code for cause in causes if cause.certain] == ["not_from_aws"]


@pytest.mark.parametrize("named", ["", "x-amz-error-code: AccessDenied\n"])
def test_page_of_a_website_of_s3_is_its_own(named):
    items = "<li>Code: AccessDenied</li><li>Message: Access Denied</li>"
    page = f"<html><body><h1>403 Forbidden</h1><ul>{items}</ul>"
    explanation = explain(f"HTTP/1.1 403 Forbidden\ncontent-type: text/html\n{named}\n{page}")
    assert (explanation.error_code, explanation.message) == ("AccessDenied", "Access Denied")
    assert explanation.cause.code == "access_denied"


def test_page_with_an_error_code_of_s3_is_not_that_of_a_proxy():
    head = "HTTP/1.1 403 Forbidden\ncontent-type: text/html\n"
    page = "<html><body>Not here</body></html>"
    assert first(f"{head}\n{page}") == ("not_from_aws", True)
    explanation = explain(f"{head}x-amz-error-code: AccessDenied\n\n{page}")
    assert "not_from_aws" not in [cause.code for cause in explanation.causes]


def test_text_of_an_exception_of_go_is_proof():
    text = "ExpiredToken: The provided token has expired.\n\tstatus code: 400, request id: 1"
    assert first(text) == ("session_token_expired", True)


def test_success_is_only_that_of_aws():
    success = "HTTP/1.1 200 OK\nx-amz-request-id: 1\n\n"
    assert first(success) == ("not_refused", True)
    assert first("HTTP/1.1 200 OK\n\n") == ("not_refused", False)
    assert first(f"{success}a\nHTTP/1.1 403 Forbidden\n\n") == ("not_refused", False)


def test_challenge_of_waf_is_not_a_success():
    assert first("HTTP/2 202\nx-amzn-waf-action: challenge\n\n") == ("forbidden", False)


def test_mistake_is_proof_only_with_words_about_the_signature():
    signer = Signer(CREDENTIALS, "us-east-1", "es")
    sent = ("GET", f"{ES}/a%20b", signed_as(canonical("/a%20b")), b"")
    log = json.dumps({"level": "error", "message": MISMATCH})
    response = s3("SignatureDoesNotMatch", MISMATCH)
    empty = "HTTP/1.1 403 Forbidden\nserver: a\n"
    for text, certain in (
        (log, True),
        (response, True),
        (f"{response}\n\n{RETRY}", False),
        (s3("SignatureDoesNotMatch", MISMATCH, SignatureProvided="0" * 64), False),
        (s3("AccessDenied", "Access Denied."), False),
        (f"{empty}\n", False),
        (f"{empty}x-amz-request-id: 1\n\n", True),
    ):
        causes = explain(text, request=sent, signer=signer).causes
        found = [cause.certain for cause in causes if cause.code == "path_encoded_once"]
        assert found == [certain], text
