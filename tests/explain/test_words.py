# The message of a response decides its cause, with any code, format or status.

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from rsigv4 import Signer, explain
from rsigv4._core import CLOCK_ERRORS
from support.refusals import MISMATCH, authorization, s3
from support.responses import RESPONSES
from support.signing import AMZ_DATE, CREDENTIALS

STS = "https://sts.us-east-1.amazonaws.com/"
# STS, IAM, SQS and other query services use the code of a wrong signature for all of these.
CODES = ["SignatureDoesNotMatch", "InvalidSignatureException"]
WORDS = {
    "Signature expired: 20150830T123600Z is now earlier than 20150830T124500Z "
    "(20150830T130000Z - 15 min.)": ("clock_behind", "by 24 minutes"),
    "Signature not yet current: 20150830T133600Z is still later than 20150830T131500Z "
    "(20150830T130000Z + 15 min.)": ("clock_ahead", "by 36 minutes"),
    "Credential should be scoped to a valid region. ": (
        "wrong_region",
        "set region to the region in the host name",
    ),
    "Credential should be scoped to a valid region, not 'eu-west-1'. ": (
        "wrong_region",
        "eu-west-1",
    ),
    "Credential should be scoped to correct service: 'sts'. ": (
        "wrong_service",
        "set service to sts",
    ),
    "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws3'. ": (
        "scope_malformed",
        "aws4_request",
    ),
    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
    "'20150829' != '20150830', from '20150830T123600Z'.": ("scope_date", "20150829"),
    "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.": (
        "host_not_signed",
        "sign host",
    ),
    MISMATCH: ("signature_mismatch", "request and the signer"),
}


def error_element(code, message):
    # Query services put it on separate lines.
    return (
        f"<Error>\n    <Type>Sender</Type>\n    <Code>{code}</Code>\n"
        f"    <Message>{message}</Message>\n  </Error>"
    )


def client_error(code, message):
    response = {
        "Error": {"Type": "Sender", "Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": 403, "HTTPHeaders": {}},
    }
    return ClientError(response, "GetCallerIdentity")


SHAPES = {
    "XML": error_element,
    "the query protocol": lambda code, message: (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  '
        f"{error_element(code, message)}\n  <RequestId>6f1c</RequestId>\n</ErrorResponse>\n"
    ),
    "EC2": lambda code, message: (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors>{error_element(code, message)}'
        "</Errors><RequestID>6f1c</RequestID></Response>"
    ),
    "AWS JSON": lambda code, message: json.dumps({"__type": code, "message": message}),
    "botocore": client_error,
    "botocore's text": lambda code, message: f"{client_error(code, message)}",
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(("message", "found"), WORDS.items())
def test_message_takes_precedence_over_the_code(shape, code, message, found):
    cause, named = found

    explanation = explain(shape(code, message))

    assert explanation.cause.code == cause
    assert named in f"{explanation.cause.summary} {explanation.cause.advice}"
    assert explanation.error_code == code


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(("message", "found"), WORDS.items())
def test_message_takes_precedence_over_the_code_with_a_signature(code, message, found):
    scope = f"{AMZ_DATE[:8]}/us-east-1/sts/aws4_request"
    headers = {"Authorization": authorization(scope=scope), "X-Amz-Date": AMZ_DATE}

    explanation = explain(
        SHAPES["the query protocol"](code, message),
        signer=Signer(CREDENTIALS, "us-east-1", "sts"),
        request=("POST", STS, headers, b"Action=GetCallerIdentity&Version=2011-06-15"),
    )

    # The secret doesn't give a signature of zeros.
    expected = "changed_after_signing" if message is MISMATCH else found[0]
    assert explanation.cause.code == expected


def test_code_is_used_if_the_message_is_unknown():
    for code in CODES:
        assert explain(error_element(code, "Refused.")).cause.code == "signature_mismatch"


def test_stages_are_used_if_the_message_is_truncated():
    """The rest of the response contains names of headers, which are not part of the message."""
    canonical_request = f"GET\n/\n\nhost:x\nx-amz-region-set:*\n\nhost;x-amz-region-set\n{'0' * 64}"
    text = f"<Code>SignatureDoesNotMatch</Code><CanonicalRequest>{canonical_request}"

    assert explain(f"{text}</CanonicalRequest>").cause.code == "signature_mismatch"


# Messages of Amazon API Gateway, and their causes without status and headers.
ALONE = {
    "Missing Authentication Token": "unknown_path",
    "'eyJhbGci' not a valid key=value pair (missing equal-sign) in Authorization header: "
    "'Bearer eyJhbGci'.": "authorization_malformed",
    "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 "
    "and encoded with Base64): '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='.": (
        "authorization_malformed"
    ),
    "Date must be in ISO-8601 'basic format'. Got '2015-08-30T12:36:00Z'. See "
    "http://en.wikipedia.org/wiki/ISO_8601": "authorization_incomplete",
    "Authorization header requires 'Credential' parameter. Authorization header requires "
    "'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256": "authorization_incomplete",
    "The security token included in the request is invalid.": "unknown_key",
    "The security token included in the request is invalid": "unknown_key",
    "The security token included in the request is expired": "session_token_expired",
    "AWS was not able to validate the provided access credentials": "key_not_validated",
    "User: arn:aws:iam::123456789012:user/demo is not authorized to perform: execute-api:Invoke "
    "on resource: arn:aws:execute-api:eu-central-1:********1234:abc123/test/GET/pets": (
        "no_policy_allows"
    ),
    "User: anonymous is not authorized to perform: execute-api:Invoke": "unsigned",
    **{message: cause for message, (cause, _) in WORDS.items()},
}
ALONE_SHAPES = {
    "JSON": lambda message: json.dumps({"message": message}),
    "JSON in a log": lambda message: json.dumps(json.dumps({"message": message})),
    "text": str,
}


@pytest.mark.parametrize("shape", ALONE_SHAPES.values(), ids=ALONE_SHAPES)
@pytest.mark.parametrize(("message", "cause"), ALONE.items())
def test_message_alone(shape, message, cause):
    explanation = explain(shape(message))

    assert explanation.cause.code == cause
    assert "eyJhbGci" not in str(explanation)


BODIES = {
    name: (body, cause)
    for name, (response, (cause, _)) in RESPONSES.items()
    if (body := response.partition("\r\n\r\n")[2])
}


@pytest.mark.parametrize(("body", "cause"), BODIES.values(), ids=BODIES)
def test_body_alone(body, cause):
    assert explain(body).cause.code == cause


@pytest.mark.parametrize("error", sorted(CLOCK_ERRORS))
def test_errors_after_which_clients_correct_their_clock(error):
    code, message = (error, "") if " " not in error else ("SignatureDoesNotMatch", f"{error}: a b")
    cause = explain(s3(code, message)).cause

    assert cause.code in ("clock_ahead", "clock_behind")


MISSING_TOKEN = "Request is missing Authentication Token"


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize(
    "code", ["MissingAuthenticationToken", "MissingAuthenticationTokenException"]
)
def test_missing_token_is_an_unknown_path_only_for_api_gateway(shape, code):
    """API Gateway says "Missing Authentication Token" for unknown paths."""
    explanation = explain(shape(code, MISSING_TOKEN))

    assert [cause.code for cause in explanation.causes] == ["unsigned"]


@pytest.mark.parametrize(
    ("words", "summary"),
    [
        (
            "User: is not authorized to perform: a:B on resource: c",
            "not allow this identity to a:B",
        ),
        ("User: arn:d is not authorized to perform:  on resource: c", "not allow arn:d to do"),
    ],
)
def test_place_that_the_server_left_empty_is_not_filled_with_the_next_words(words, summary):
    body = f"<Error><Code>AccessDenied</Code><Message>{words}</Message></Error>"
    assert summary in explain(body).cause.summary


@pytest.mark.parametrize("region", ["xx-xxxx-1", "eu-1", "REGION1", "us-t-1", "us-est-1", "***"])
def test_region_that_was_cut_or_masked_is_not_certain(region):
    signer = Signer(CREDENTIALS, "us-east-1", "s3")
    url = "https://b.s3.us-east-1.amazonaws.com/k"
    response = f"HTTP/1.1 403 Forbidden\nx-amz-bucket-region: {region}\n\n"
    request = ("GET", url, signer.sign("GET", url), b"")
    assert not any(cause.certain for cause in explain(response, request=request).causes)


def test_value_that_has_lost_its_end_is_not_shown():
    words = "the region 'us-east-1' is wrong; expecting 'eu-cen"
    body = f"<Error><Code>AuthorizationHeaderMalformed</Code><Message>{words}</Message></Error>"
    assert "eu-cen" not in explain(body).cause.advice + explain(body).cause.summary
