# Whose words a response has: those of AWS are proof, and those that somebody passes on are not.

from __future__ import annotations

import json

import pytest

from rsigv4 import Signer, explain
from support.refusals import MISMATCH, api_gateway, s3
from support.signing import CREDENTIALS, MOMENT

API = "https://abc123.execute-api.us-east-1.amazonaws.com/prod/pets"
SIGNER = Signer(CREDENTIALS, "us-east-1", "execute-api")
REQUEST = ("GET", API, SIGNER.sign("GET", API, time=MOMENT), b"")
EXPIRED = "The security token included in the request is expired"
UNKNOWN_KEY = "The AWS Access Key Id you provided does not exist in our records."
DENIED = (
    "User: arn:aws:sts::1:assumed-role/backend/f is not authorized to perform: s3:PutObject on "
    "resource: arn:aws:s3:::b/k because no identity-based policy allows the s3:PutObject action"
)
BOTOCORE = "An error occurred ({}) when calling the PutObject operation: {}"
XML = f"<Error><Code>InvalidAccessKeyId</Code><Message>{UNKNOWN_KEY}</Message></Error>"
GO = "{}: {}\n\tstatus code: 403, request id: 8GV2, host id: c2Ft"


def http(status, body, *headers):
    head = "".join(f"{header}\r\n" for header in ("Content-Type: application/json", *headers))
    return f"HTTP/1.1 {status} \r\n{head}\r\n{body if isinstance(body, str) else json.dumps(body)}"


def certain(response):
    """Return the causes that are certain, however much is known."""
    known = [{}, {"request": REQUEST}, {"request": REQUEST, "signer": SIGNER}]
    causes = [cause for more in known for cause in explain(response, **more).causes]
    return {cause.code for cause in causes if cause.certain}


# Codes of AWS, in shapes that applications have, too.
COMMON = {
    "a code": {"code": "AccessDenied", "message": "Your plan does not include exports"},
    "a code, in capitals": {"Code": "ExpiredToken", "Message": "Your link has expired"},
    "a code and an id": {"requestId": "1", "code": "Unauthorized", "message": "Bad password"},
    "the code of a token": {"requestId": "1", "code": "InvalidToken", "message": "jwt malformed"},
    "an id and an expired token": {"requestId": "1", "code": "ExpiredToken", "message": "jwt"},
    "a list of errors": {"errors": [{"code": "Unauthorized", "message": "please log in"}]},
    "JSON:API": {"errors": [{"status": "403", "code": "AccessDenied", "title": "No"}]},
    "a key": {"code": "InvalidAccessKeyId", "message": "No API key of ours"},
    "a session": {"code": "Unauthorized", "message": "Session token not found or invalid"},
    "an error inside": {"error": {"code": "AccessDenied", "message": "no"}},
    "a list of failures": {"Failed": [{"Code": "AccessDenied", "Message": "Access denied"}]},
}


@pytest.mark.parametrize("body", COMMON.values(), ids=COMMON)
@pytest.mark.parametrize("status", [401, 403])
def test_code_in_the_shape_of_applications_is_not_proof(body, status):
    assert certain(http(status, body)) == set()
    assert certain(json.dumps(body)) == set()


RELAYED = {
    "a denial": {"message": DENIED},
    "an expired token": {"message": EXPIRED},
    "a mismatch": {"message": MISMATCH},
    "XML": XML,
    "a clock": {
        "message": "Signature expired: 20150830T123600Z is now earlier than 20150830T124500Z"
    },
    "a type of AWS": {"__type": "ExpiredTokenException", "message": EXPIRED},
}


@pytest.mark.parametrize("body", RELAYED.values(), ids=RELAYED)
@pytest.mark.parametrize("status", [500, 502, 504])
def test_words_that_a_failed_backend_passes_on_are_not_proof(body, status):
    assert certain(http(403, body)) != set()
    assert certain(http(status, body)) == set()


@pytest.mark.parametrize("body", RELAYED.values(), ids=RELAYED)
@pytest.mark.parametrize("name", ["Server", "Date", "Content-Length"])
def test_words_of_a_backend_of_api_gateway_are_not_proof(body, name):
    assert certain(http(403, body, f"x-amzn-Remapped-{name}: 1")) == set()


CALLS = [
    BOTOCORE.format("InvalidAccessKeyId", UNKNOWN_KEY),
    BOTOCORE.format("ExpiredToken", "The provided token has expired."),
    f"operation error S3: PutObject, StatusCode: 403, api error InvalidAccessKeyId: {UNKNOWN_KEY}",
    GO.format("InvalidAccessKeyId", UNKNOWN_KEY),
    GO.format("ExpiredToken", "The provided token has expired."),
]


@pytest.mark.parametrize("text", CALLS)
@pytest.mark.parametrize("status", [400, 403])
def test_error_of_a_client_inside_a_response_is_not_proof(text, status):
    assert certain(text) != set()
    assert certain(http(status, text)) == set()
    assert certain(http(status, {"message": text})) == set()


@pytest.mark.parametrize("text", CALLS)
def test_error_of_a_client_is_whole_if_only_its_class_stands_before_it(text):
    assert certain(f"botocore.exceptions.ClientError: {text}") == certain(text)
    if "\n" not in text:
        assert certain(f"upload failed: {text}") == set()


def test_error_of_go_is_read():
    """The first SDK writes the code first, as an error of any other library."""
    explanation = explain(GO.format("AccessDenied", "Access Denied"))

    assert (explanation.error_code, explanation.message) == ("AccessDenied", "Access Denied")
    assert (explanation.cause.code, explanation.cause.certain) == ("access_denied", True)
    assert explain("AccessDenied: Access Denied").error_code is None


ERROR = {"message": EXPIRED}
ERRORS = {
    "JSON": json.dumps(ERROR),
    "XML": XML,
    "a call": CALLS[0],
    "Go": GO.format("ExpiredToken", "The provided token has expired."),
}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize(
    "name", ["request_body", "requestBody", "req", "payload", "sent", "previous_error", "prevError"]
)
def test_what_was_sent_or_came_before_is_not_the_response(name, error):
    forbidden = json.dumps({"message": "Forbidden"})

    for log in ({name: error, "body": forbidden}, {"body": forbidden, name: error}):
        assert explain(json.dumps(log)).cause.code == "forbidden"
        assert certain(json.dumps(log)) == set()
    assert explain(json.dumps({name: error})).cause.code == "unknown"
    assert explain(json.dumps({"body": error, name: "x"})).cause.code == explain(error).cause.code


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("name", ["request", "Records", "messages", "previous"])
def test_what_is_inside_of_a_request_is_not_the_response(name, error):
    for inside in ({"body": error}, [{"body": error}], {"a": [{}, {"body": error}]}):
        log = {name: inside, "status": "403"}
        assert explain(json.dumps(log)).cause.code == "unknown"
        log = {name: inside, "response": {"body": error}}
        assert explain(json.dumps(log)).cause.code == explain(error).cause.code


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("name", ["body", "response", "err", "log", "note", "Body", "last", "data"])
def test_response_in_a_log_is_read_and_is_not_proof(name, error):
    """The field may have what was sent, or what another attempt has got."""
    assert explain(json.dumps({name: error})).cause.code == explain(error).cause.code
    assert certain(json.dumps({name: error})) == set()
    assert certain(json.dumps({name: error, "status": 403})) == set()


SERVICES = {
    "a header": http(403, {"message": "no"}, "x-amzn-ErrorType: AccessDeniedException"),
    "a type": json.dumps({"__type": "AccessDeniedException", "message": "no"}),
    "XML": s3("AccessDenied", "no"),
    "XML, declared": '<?xml version="1.0"?>\n<Error>\n<Code>AccessDenied</Code></Error>',
    "the query protocol": "<ErrorResponse xmlns='x'><Error><Code>AccessDenied</Code></Error>",
    "EC2": "<Response><Errors><Error><Code>AccessDenied</Code></Error></Errors></Response>",
    "the query protocol, in JSON": (
        '{"Error":{"Code":"AccessDenied","Message":"no"},"RequestId":"1"}'
    ),
    "Neptune": '{"requestId":"1","code":"AccessDenied","detailedMessage":"no"}',
    "AppSync": '{"errors":[{"errorType":"Unauthorized","message":"no"}]}',
    "botocore": BOTOCORE.format("AccessDenied", "no"),
}


@pytest.mark.parametrize("response", SERVICES.values(), ids=SERVICES)
def test_code_in_a_shape_of_aws_is_proof(response):
    assert certain(response) == {"access_denied"}


PARTS = {
    "XML, another root": "<Result><Code>AccessDenied</Code></Result>",
    "XML, a longer root": "<Errors><Code>AccessDenied</Code></Errors>",
    "EC2, no list": "<Response><Code>AccessDenied</Code></Response>",
    "XML, in words": "it said <Error><Code>AccessDenied</Code></Error>",
    "Neptune, no id": '{"code":"AccessDenied","detailedMessage":"no"}',
    "Neptune, no words": '{"requestId":"1","code":"AccessDenied","message":"no"}',
    "AWS JSON, inside": '{"error":{"__type":"AccessDenied","message":"no"}}',
    "AppSync, no list": '{"errorType":"Unauthorized","message":"no"}',
    "AppSync, a list in words": 'see "errors": {"errorType":"Unauthorized","message":"no"}',
    "Selling Partner": '{"errors":[{"code":"Unauthorized","message":"no","details":""}]}',
    "the query protocol, no id": '{"Error":{"Code":"AccessDenied","Message":"no"}}',
    "AppSync, whose resolver failed": http(200, '{"errors":[{"errorType":"Unauthorized"}]}'),
    "the query protocol, no words": '{"Error":{"Code":"AccessDenied"}}',
}


@pytest.mark.parametrize("response", PARTS.values(), ids=PARTS)
def test_code_in_a_part_of_such_a_shape_is_not_proof(response):
    assert explain(response).cause.code == "access_denied"
    assert certain(response) == set()


def test_signature_is_proof_only_if_the_server_says_that_it_does_not_match():
    told = ["wrong_secret_or_rewritten"]
    for response in (api_gateway(MISMATCH), json.dumps({"message": MISMATCH})):
        assert list(certain(response)) == told
    for message in (f"upload failed: {MISMATCH}", f"'{MISMATCH}'"):
        assert certain(http(403, {"message": message})) == set()
        assert certain(
            http(403, {"message": message}, "x-amzn-errortype: InvalidSignature")
        ) == set(told)
    assert certain(json.dumps({"request_body": json.dumps({"message": MISMATCH})})) == set()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        '{"Code": 0}',
        "<a>b</a>",
        '{"success": false}',
        "Zugriff verweigert",
        "not authorized",
    ],
)
def test_success_with_an_id_of_aws_is_proof(body):
    """What an application says in the body is not AWS's."""
    for name in ("x-amzn-RequestId", "x-amz-request-id"):
        explanation = explain(http(200, body, f"{name}: 1"))
        assert (explanation.cause.code, explanation.cause.certain) == ("not_refused", True)
        assert "AWS has not refused" in explanation.cause.summary


def test_success_of_a_firewall_is_none():
    response = http(202, "", "x-amzn-RequestId: 1", "x-amzn-waf-action: challenge")
    explanation = explain(response)
    assert (explanation.cause.code, explanation.cause.certain) == ("forbidden", False)


@pytest.mark.parametrize("body", ["", "{}", "<html>blocked</html>", '{"ret": -1}'])
def test_success_without_an_id_of_aws_is_not_proof(body):
    """A proxy that blocks a request may respond with 200."""
    assert explain(http(200, body)).cause.code == "not_refused"
    assert certain(http(200, body)) == set()


def test_signature_is_not_blamed_for_other_refusals():
    """Services say in words that the signature doesn't match."""
    headers = {**REQUEST[2], "Authorization": SIGNER.sign("PUT", API, time=MOMENT)["Authorization"]}
    request = ("GET", API, headers, b"")
    for words in ("Forbidden", "id must be a number", "Access Denied"):
        for relayed in ((), ("x-amzn-Remapped-Date: 1",)):
            response = http(403, {"message": words}, *relayed)
            causes = explain(response, request=request, signer=SIGNER).causes
            assert "method_changed" in [cause.code for cause in causes]
            assert not any(cause.certain for cause in causes)
    denied = http(403, {"message": "Access Denied"}, "x-amzn-errortype: AccessDenied")
    assert explain(denied, request=request, signer=SIGNER).cause.code == "access_denied"


def test_response_without_words_leaves_the_signature_open():
    headers = {**REQUEST[2], "Authorization": SIGNER.sign("GET", API, time=MOMENT)["Authorization"]}
    request = ("HEAD", API, headers, b"")
    for named, is_certain in ((("x-amz-request-id: 1",), True), ((), False)):
        cause = explain(http(403, "", *named), request=request, signer=SIGNER).cause
        assert (cause.code, cause.certain) == ("method_changed", is_certain)


TYPED = json.dumps({"__type": "ExpiredTokenException", "message": EXPIRED})


@pytest.mark.parametrize("error", [TYPED, ERRORS["JSON"]])
def test_document_after_words_or_beside_another_is_not_proof(error):
    other = json.dumps({"message": "Forbidden"})
    assert certain(error) == certain(f" \n{error}") == {"session_token_expired"}
    for text in (f"request_body: {error}\nresponse: Forbidden", f"we sent {error}"):
        assert certain(text) == set()
    for text in (f"{error}\n{other}", f"{other}\n{error}", f"[{error}, {other}]", error * 2):
        assert certain(text) == set()
    assert certain(f"{XML}{XML}") == set()


@pytest.mark.parametrize("error", [TYPED, ERRORS["JSON"]])
def test_error_deep_inside_of_another_is_not_proof(error):
    inner = json.loads(error)
    for body in ({"context": inner, "message": "Forbidden"}, {"a": {"upstream": inner}}):
        assert certain(http(403, body)) == set()
        assert certain(json.dumps(body)) == set()
    assert explain(json.dumps({"a": inner, "message": "Forbidden"})).message == "Forbidden"


@pytest.mark.parametrize("principal", ["bob", "bob@example.com", "***"])
def test_denial_of_somebody_without_an_arn_is_not_proof(principal):
    denial = f"User: {principal} is not authorized to perform: report:Read"
    assert explain(json.dumps({"message": denial})).cause.code == "no_policy_allows"
    assert certain(json.dumps({"message": denial})) == set()
    arn = denial.replace(principal, "arn:aws:iam::1:user/bob")
    assert certain(json.dumps({"message": arn})) == {"no_policy_allows"}


@pytest.mark.parametrize("field", ["AWSAccessKeyId", "SignatureProvided"])
def test_mismatch_of_another_request_is_not_proof(field):
    signature = REQUEST[2]["Authorization"].partition("Signature=")[2]
    own = {"AWSAccessKeyId": CREDENTIALS.access_key_id, "SignatureProvided": signature}[field]
    error = "<Error><Code>SignatureDoesNotMatch</Code><Message>{}</Message><{}>{}</{}></Error>"
    assert certain(error.format(MISMATCH, field, "AKIDOTHER", field)) == set()
    assert certain(error.format(MISMATCH, field, own, field)) == {"wrong_secret_or_rewritten"}


def test_expired_url_is_not_proved_for_a_signature_in_a_header():
    response = s3("AccessDenied", "Request has expired")
    assert explain(response).cause.certain
    assert not explain(response, request=REQUEST).cause.certain


def test_header_that_has_to_be_signed_is_named():
    message = "'Content-Type' must be a 'SignedHeader' in the AWS Authorization."
    assert "Content-Type" in explain(json.dumps({"message": message})).cause.summary


@pytest.mark.parametrize(
    "more",
    [
        {"level": "INFO"},
        {"status": "passed"},
        {"timestamp": 1764460000},
        {"recovered": True},
        {"retry": None},
        {"offset": -1},
        {"details": ""},
        {"context": {"attempt": 1}},
        {"tags": ["a"]},
        {"request": {"id": 1}},
        {"request_body": "x"},
    ],
)
def test_sentence_beside_members_that_no_service_sends_is_not_proof(more):
    assert certain(json.dumps({"message": EXPIRED, "requestId": "1"})) == {"session_token_expired"}
    assert certain(json.dumps({"message": EXPIRED, **more})) == set()
    assert certain(http(403, {**more, "message": EXPIRED})) == set()


def test_error_of_a_resolver_of_appsync_is_not_proof():
    body = {"data": None, "errors": [{"errorType": "Lambda:Unhandled", "message": EXPIRED}]}
    assert certain(http(200, body)) == set()


def test_error_that_opensearch_passes_on_is_not_proof():
    body = {"error": {"type": "amazon_s3_exception", "reason": UNKNOWN_KEY}, "status": 403}
    assert certain(http(403, body)) == set()


def test_refusal_of_an_authorizer_of_api_gateway():
    response = http(401, {"message": "Unauthorized"}, "x-amzn-ErrorType: UnauthorizedException")
    explanation = explain(response, request=REQUEST, signer=SIGNER)
    assert [cause.code for cause in explanation.causes][:2] == [
        "application_refused",
        "access_denied",
    ]
    assert certain(response) == set()


def test_page_of_a_server_that_fails_is_not_proof():
    page = "<html><body>no</body></html>"
    assert certain(http(403, page)) == {"not_from_aws"}
    assert certain(http(503, page)) == set()


def test_code_that_minio_sends_for_a_missing_token_is_not_proof():
    words = "The security token included in the request is invalid"
    assert "unknown_key" in certain(s3("InvalidClientTokenId", words))
    assert certain(s3("InvalidTokenId", words)) == set()


def test_sentence_inside_of_an_error_of_an_application_is_not_proof():
    assert certain(http(403, {"error": {"message": EXPIRED}})) == set()


def test_region_of_the_host_is_not_named_if_it_is_the_wrong_one():
    message = "Credential should be scoped to a valid region, not 'us-east-1'."
    summary = explain(json.dumps({"message": message}), request=REQUEST).cause.summary
    assert "the region us-east-1" in summary
    assert "has to be us-east-1" not in summary
