# What a response says proves nothing if the request shows the opposite, or if it is of another one.

from __future__ import annotations

import hashlib
import json

import pytest

from rsigv4 import UNSIGNED_PAYLOAD, Credentials, Signer, explain, log_explanation
from support.refusals import ES, HOST, MISMATCH, S3, canonical, mismatch_of_s3, s3, signed_as
from support.signing import CREDENTIALS, MOMENT, SECRET, TOKEN

ES_SIGNER = Signer(CREDENTIALS, "us-east-1", "es")
S3_SIGNER = Signer(CREDENTIALS, "us-east-1", "s3")
API = "https://abc123.execute-api.us-east-1.amazonaws.com/prod/pets"
SCOPE = "20150830/us-east-1/es/aws4_request"


def request(signer=ES_SIGNER, method="GET", url=f"{ES}/a", body=b""):
    host = {"host": url.split("/")[2]}
    return (method, url, {**host, **signer.sign(method, url, host, body, time=MOMENT)}, body)


def aws(code, message, status=403):
    return f"HTTP/2 {status}\nx-amzn-errortype: {code}\n\n{json.dumps({'Message': message})}"


def invalid(message):
    return aws("InvalidSignatureException", message)


def first(response, **known):
    cause = explain(response, **known).cause
    return cause.code, cause.certain


MALFORMED = "The authorization header is malformed; "
HTTP_DATE = "YYYYMMDD from ISO-8601 version of date from HTTP"
# What a response says, the cause, and how the request would have to be for it.
SAID = {
    "the region is ours": (
        s3(
            "AuthorizationHeaderMalformed",
            f"{MALFORMED}the region is wrong; expecting 'us-east-1'.",
        ),
        "wrong_region",
    ),
    "another region is ours": (
        invalid("Credential should be scoped to a valid region, not 'eu-west-1'. "),
        "wrong_region",
    ),
    "the service is ours": (
        invalid("Credential should be scoped to correct service: 'es'. "),
        "wrong_service",
    ),
    "another service is ours": (
        s3(
            "AuthorizationHeaderMalformed",
            f'{MALFORMED}incorrect service "sqs". This endpoint belongs to "sns".',
        ),
        "wrong_service",
    ),
    "another day": (
        invalid(f"Date in Credential scope does not match {HTTP_DATE}: '20150829' != '20150830'."),
        "scope_date",
    ),
    "the host is signed": (
        invalid("'Host' must be a 'SignedHeader' in the AWS Authorization."),
        "host_not_signed",
    ),
    "all parts are there": (
        invalid("Authorization header requires 'Credential' parameter."),
        "authorization_incomplete",
    ),
    "no token was sent": (
        invalid("The security token included in the request is expired"),
        "session_token_expired",
    ),
    "no token was sent that may be malformed": (
        s3("InvalidToken", "The provided token is malformed or otherwise invalid."),
        "session_token_invalid",
    ),
    "the hash is there": (
        s3("InvalidRequest", "Missing required header for this request: x-amz-content-sha256"),
        "content_sha256_missing",
    ),
    "another time": (
        invalid(
            "Signature not yet current: 20150830T150000Z is still later than 20150830T124500Z "
            "(20150830T124000Z + 5 min.)"
        ),
        "clock_ahead",
    ),
}


@pytest.mark.parametrize(("response", "code"), SAID.values(), ids=SAID)
def test_words_that_the_request_refutes_are_no_proof(response, code):
    assert first(response) == (code, True)
    sent = request(S3_SIGNER, url=S3) if "AmazonS3" in response else request()
    assert first(response, request=sent, signer=ES_SIGNER) == (code, False)


def test_words_about_what_was_sent_are_proof():
    signer = Signer(CREDENTIALS, "eu-west-1", "es")
    response = SAID["another region is ours"][0]
    assert first(response, request=request(signer)) == ("wrong_region", True)
    signer = Signer(Credentials("ASIAEXAMPLE", SECRET, TOKEN), "us-east-1", "es")
    response = SAID["no token was sent"][0]
    assert first(response, request=request(signer)) == ("session_token_expired", True)
    response = invalid(
        f"Date in Credential scope does not match {HTTP_DATE}: '20150830' != '20150831'."
    )
    assert first(response, request=request()) == ("scope_date", True)


@pytest.mark.parametrize(
    ("old", "new"), [("/es/aws4_request", ""), ("x-amz-date", "date")], ids=["scope", "date"]
)
def test_parts_that_were_not_sent_may_be_missing(old, new):
    method, url, headers, body = request()
    headers = {
        name.lower().replace(old, new): value.replace(old, new) for name, value in headers.items()
    }
    response = SAID["all parts are there"][0]
    sent = (method, url, headers, body)
    assert first(response, request=sent) == ("authorization_incomplete", True)


PUT = request(S3_SIGNER, "PUT", f"{S3}/a", b"words")
UNSIGNED = request(S3_SIGNER, "PUT", f"{S3}/a", UNSIGNED_PAYLOAD)


@pytest.mark.parametrize("sent", [PUT, UNSIGNED], ids=["signed", "unsigned"])
def test_hash_of_another_body_is_no_proof(sent):
    response = s3(
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        ClientComputedContentSHA256="a" * 64,
        S3ComputedContentSHA256="b" * 64,
    )
    assert first(response) == ("body_changed", True)
    assert first(response, request=sent) == ("body_changed", False)


def test_hash_that_arrived_as_it_was_signed_is_no_proof():
    digest = hashlib.sha256(b"words").hexdigest()
    response = s3("XAmzContentSHA256Mismatch", "It does not match.", S3ComputedContentSHA256=digest)
    assert first(response, request=PUT) == ("body_changed", False)


@pytest.mark.parametrize("key", ["AKIAOTHER", "ASIAOTHER"])
@pytest.mark.parametrize("token", [TOKEN, None])
def test_token_of_another_key_is_not_blamed(key, token):
    signer = Signer(Credentials("AKIDEXAMPLE", SECRET, token), "us-east-1", "s3")
    response = s3(
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        AWSAccessKeyId=key,
    )
    assert first(response, request=request(signer, url=S3)) == ("unknown_key", False)


def test_stages_of_the_client_are_no_proof():
    """The secret has signed them, whatever the server expected."""
    canonical = ES_SIGNER.canonical_request("GET", f"{ES}/a", {"host": HOST}, b"", time=MOMENT)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    own = {
        "CanonicalRequest": canonical,
        "StringToSign": f"AWS4-HMAC-SHA256\n20150830T123600Z\n{SCOPE}\n{digest}",
    }
    element = f"<StringToSign>{own['StringToSign']}</StringToSign>"
    for logged in (
        {"message": MISMATCH, **own},
        {"server": {"message": MISMATCH}, "client": own},
        {"client": element, **own, "message": MISMATCH},
    ):
        log = json.dumps({"level": "error", **logged})
        assert first(log, request=request(), signer=ES_SIGNER) == ("wrong_secret", False)


@pytest.mark.parametrize("secret", ["minio's-secret'", "'quoted'"])
def test_quote_may_belong_to_a_secret_of_another_server(secret):
    signer = Signer(Credentials("minioadmin", secret), "us-east-1", "s3")
    sent = request(signer, url="https://minio.example.com/b/k")
    denied = s3("AccessDenied", "Access Denied.")
    assert first(denied, request=sent, signer=signer) == ("access_denied", True)
    for response in (denied, s3("SignatureDoesNotMatch", MISMATCH)):
        causes = explain(response, request=sent, signer=signer).causes
        assert "secret_has_white_space" not in [cause.code for cause in causes if cause.certain]


@pytest.mark.parametrize(
    ("signed", "passed", "certain"),
    [
        (f"'{SECRET}'", f"'{SECRET}'", True),
        (f"' {SECRET} '", f"' {SECRET} '", True),
        (f"'{SECRET}'\n", f"'{SECRET}'", True),
        (f"'{SECRET[:-1]}!'", f"'{SECRET[:-1]}!'", False),
    ],
)
def test_secret_of_aws_is_base64(signed, passed, certain):
    signer = Signer(Credentials("AKIDEXAMPLE", passed), "us-east-1", "es")
    sent = ("GET", f"{ES}/", signed_as(canonical(), secret=signed), b"")
    causes = explain(invalid(MISMATCH), request=sent, signer=signer).causes
    shown = [cause.certain for cause in causes if cause.code == "secret_has_white_space"]
    assert shown == [certain]


def signed_wrong():
    return (*("GET", f"{ES}/a%20b"), signed_as(canonical("/a%20b")), b"")


@pytest.mark.parametrize(
    ("body", "certain"),
    [
        ({}, True),
        ({"message": "The signature is not valid here."}, False),
        ({"message": "It is denied.", "details": MISMATCH}, True),
    ],
    ids=["code", "other words", "details"],
)
def test_code_of_a_service_with_other_words_is_not_a_mismatch(body, certain):
    response = f"HTTP/2 403\nx-amzn-errortype: InvalidSignatureException\n\n{json.dumps(body)}"
    cause = explain(response, request=signed_wrong(), signer=ES_SIGNER).cause
    assert (cause.code, cause.certain) == ("path_encoded_once", certain)


def test_stages_of_a_service_prove_a_mismatch_in_any_language():
    response = mismatch_of_s3(*request(S3_SIGNER, url=f"{S3}/a")[:3])
    words = response.partition("<Message>")[2].partition("</Message>")[0]
    signer = Signer(Credentials("AKIDEXAMPLE", "another secret"), "us-east-1", "s3")
    sent = request(signer, url=f"{S3}/a")
    response = mismatch_of_s3(*sent[:3]).replace(words, "Die Signatur passt nicht.")
    assert first(response, request=sent, signer=signer) == ("wrong_secret", True)


DENIED = (
    "User: arn:aws:sts::1:assumed-role/f/f is not authorized to perform: {} on resource: {} "
    "because no identity-based policy allows the {} action"
)


def test_denial_of_a_service_behind_an_api_is_not_that_of_the_caller():
    sent = request(Signer(CREDENTIALS, "us-east-1", "execute-api"), url=API)
    table = DENIED.format(
        "dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:1:table/t", "dynamodb:PutItem"
    )
    own = DENIED.format(
        "execute-api:Invoke", "arn:aws:execute-api:us-east-1:1:a", "execute-api:Invoke"
    )
    for message, certain in ((table, False), (own, True)):
        response = aws("AccessDeniedException", message)
        assert first(response, request=sent) == ("no_policy_allows", certain)
        denied = message.partition(" because")[0] + " with an explicit deny"
        response = aws("AccessDeniedException", denied)
        assert first(response, request=sent) == ("explicit_deny", certain)
    direct = request(Signer(CREDENTIALS, "us-east-1", "dynamodb"))
    response = aws("AccessDeniedException", table)
    assert first(response, request=direct) == ("no_policy_allows", True)


@pytest.mark.parametrize(
    ("name", "certain"), [("arn:aws:iam::1:role/r", True), ("admin", False), ("anonymous", False)]
)
def test_user_of_opensearch_that_is_not_of_iam_did_not_sign(name, certain):
    words = f"no permissions for [indices:data/read] and User [name={name}, backend_roles=[]]"
    body = {"error": {"type": "security_exception", "reason": words}, "status": 403}
    response = f"HTTP/1.1 403\n\n{json.dumps(body)}"
    assert first(response) == ("opensearch_role", certain)
    sent = request(Signer(CREDENTIALS, "us-east-1", "execute-api"), url=API)
    assert first(response, request=sent) == ("opensearch_role", False)


def test_token_of_another_kind_is_not_the_session_token():
    words = "The specified Kubernetes service account token is invalid."
    for kind, code in (
        ("InvalidToken", "session_token_invalid"),
        ("ExpiredToken", "session_token_expired"),
    ):
        assert first(aws(f"{kind}Exception", words, 400)) == (code, False)


def test_error_of_an_inner_call_is_not_that_of_the_request():
    inner = (
        "operation error STS: AssumeRole, https response error StatusCode: 403, api error "
        "InvalidClientTokenId: The security token included in the request is invalid."
    )
    outer = f"operation error S3: GetObject, get identity: get credentials: {inner}"
    assert not first(outer, request=request(S3_SIGNER, url=S3))[1]


def test_chunk_of_another_signature_may_be_whole():
    words = "The chunk signature we calculated does not match the signature you provided."
    assert first(s3("SignatureDoesNotMatch", words)) == ("body_changed", False)


def test_clock_within_what_is_allowed_is_not_known():
    response = s3(
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        RequestTime="20150830T123600Z",
        ServerTime="2015-08-30T12:40:00Z",
    )
    assert not first(response)[1]


def test_bearer_token_may_have_met_an_unknown_path():
    where = "in Authorization header: 'Bearer abc'."
    words = f"'abc' not a valid key=value pair (missing equal-sign) {where}"
    causes = explain(
        invalid(words), request=("GET", API, {"Authorization": "Bearer abc"}, b"")
    ).causes
    assert [cause.code for cause in causes] == ["authorization_malformed", "unknown_path"]


def test_region_sentence_of_endpoints_with_sigv4a():
    causes = explain(invalid("The credential must be scoped to a valid region.")).causes
    assert [(cause.code, cause.certain) for cause in causes] == [
        ("wrong_region", False),
        ("region_set", False),
    ]


def test_access_key_id_that_is_empty():
    words = f"{MALFORMED}a non-empty Access Key (AKID) must be provided in the credential."
    cause = explain(s3("AuthorizationHeaderMalformed", words, 400)).cause
    assert (cause.code, cause.certain) == ("authorization_incomplete", True)
    assert "the access key id" in cause.summary


@pytest.mark.parametrize("seconds", ["9" * 14, "9" * 18, "-1"])
def test_lifetime_of_any_length_is_read(seconds):
    url = (
        f"{S3}/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE/20150830/us-east-1/s3/"
        f"aws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires={seconds}&X-Amz-SignedHeaders=host&"
        "X-Amz-Signature=aa"
    )
    response = "HTTP/1.1 403 Forbidden\nDate: Mon, 30 Nov 2026 11:44:05 GMT\n\n"
    assert explain(response, request=("GET", url, {}, b"")).causes
    log_explanation(response, request=("GET", url, {}, b""))


def test_wrong_secret_comes_before_the_port_of_this_machine():
    sent = request(S3_SIGNER, url="http://127.0.0.1:9000/bucket/key")
    assert explain(s3("SignatureDoesNotMatch", MISMATCH), request=sent).cause.code == "wrong_secret"


@pytest.mark.parametrize(("status", "certain"), [(400, True), (403, False)])
def test_policy_may_refuse_a_request_for_another_region(status, certain):
    response = f"HTTP/1.1 {status} No\nserver: AmazonS3\nx-amz-bucket-region: eu-west-1\n\n"
    sent = request(S3_SIGNER, "HEAD", S3)
    assert first(response, request=sent) == ("wrong_region", certain)


@pytest.mark.parametrize(
    ("signed", "code"), [("20150830T130000Z", "clock_ahead"), ("20150830T120000Z", "clock_behind")]
)
def test_times_of_a_response_show_which_clock_is_wrong(signed, code):
    response = s3(
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        RequestTime=signed,
        ServerTime="2015-08-30T12:40:00Z",
    )
    assert first(response) == (code, True)
    assert first(response, request=request(S3_SIGNER, url=S3)) == (code, False)


@pytest.mark.parametrize("is_cut", [False, True])
def test_stages_of_a_server_in_a_log_are_proof_if_they_are_of_this_request(is_cut):
    canonical = ES_SIGNER.canonical_request("GET", f"{ES}/a", {"host": HOST}, b"", time=MOMENT)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    string = f"AWS4-HMAC-SHA256\n20150830T123600Z\n{SCOPE}\n{digest}"
    words = (
        f"{MISMATCH}\n\nThe Canonical String for this request should have been\n'{canonical}'\n\n"
        "The String-to-Sign should have been"
    )
    words += "" if is_cut else f"\n'{string}'\n"
    log = json.dumps({"level": "error", "body": json.dumps({"message": words})})
    cause = explain(log, request=request(), signer=ES_SIGNER).cause
    assert cause.certain is not is_cut


@pytest.mark.parametrize("is_alone", [True, False])
def test_mistake_is_not_certain_beside_another_response(is_alone):
    wrong = Signer(CREDENTIALS, "us-east-1", "es", double_encode_path=False)
    sent = request(wrong, url=f"{ES}/a%3Ab")
    text = invalid(MISMATCH) if is_alone else f"{invalid(MISMATCH)}\n\nHTTP/1.1 200 OK\n\n"
    assert first(text, request=sent, signer=ES_SIGNER) == ("path_encoded_once", is_alone)
