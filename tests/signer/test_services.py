"""Differences between services, compared with AWS's own signers."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from awscrt.auth import AwsSignedBodyHeaderType, AwsSigningAlgorithm
from botocore.auth import S3ExpressAuth, S3ExpressQueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from rsigv4 import UNSIGNED_PAYLOAD, Signer, Verifier
from support.oracles import (
    EMPTY_HASH,
    QuerySigned,
    Request,
    as_sent,
    clock_of_botocore,
    presigned_by_awscrt,
    presigned_by_us,
    signed_by_awscrt,
    signer_of,
)
from support.signing import CREDENTIALS, MOMENT, TEMPORARY, TOKEN, signed_headers
from support.strategies import SESSION_TOKENS, differential, presignable_requests, requests

EXPRESS = "https://bucket--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com"


def with_service(request, service, token):
    return Request(**{**vars(request), "service": service, "key": (*request.key[:2], token)})


def signed_by_us(request):
    parts = (request.method, request.url, request.headers, request.body)
    added = signer_of(request).sign(*parts, time=request.moment)
    return {name.lower(): value for name, value in added.items()}


def signed_by_botocore(request, auth_class, **options):
    credentials = BotocoreCredentials(*request.key)
    auth = auth_class(credentials, request.service, request.region, identity_cache={}, **options)
    signed = AWSRequest(method=request.method, url=request.url, data=request.body)
    for name, value in request.headers:
        signed.headers[name] = value
    with clock_of_botocore(request.moment):
        auth.add_auth(signed)
    return signed


# S3 Express: a session token has its own header and parameter.
@differential(200, requests(["s3"]), SESSION_TOKENS)
def test_session_of_s3_express_equals_that_of_awscrt(request_, token):
    request = with_service(request_, "s3express", token)
    expected = signed_by_awscrt(request, algorithm=AwsSigningAlgorithm.V4_S3EXPRESS)
    assert signed_by_us(request) == expected
    assert expected["x-amz-s3session-token"] == token


@differential(200, requests(["s3"]), SESSION_TOKENS)
def test_session_of_s3_express_equals_that_of_botocore(request_, token):
    request = with_service(request_, "s3express", token)
    signed = signed_by_botocore(request, S3ExpressAuth)
    assert signed_by_us(request) == {name: signed.headers[name] for name in signed_by_us(request)}


@pytest.mark.parametrize("query", ["", "?x-id=GetObject&partNumber=1"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_presigned_url_of_s3_express_equals_that_of_both(method, query):
    request = Request(
        "s3express", method, f"{EXPRESS}/key{query}", key=("AKIDEXAMPLE", "secret", TOKEN)
    )
    ours = presigned_by_us(request)
    botocore = signed_by_botocore(request, S3ExpressQueryAuth, expires=request.expires_in).url
    crt = presigned_by_awscrt(request, algorithm=AwsSigningAlgorithm.V4_S3EXPRESS)
    assert QuerySigned.of(ours) == QuerySigned.of(botocore) == QuerySigned.of(crt)
    assert parse_qs(urlsplit(ours).query)["X-Amz-S3session-Token"] == [TOKEN]


@pytest.mark.parametrize("query", ["?session", "?session="])
def test_create_session_of_s3_express_sends_the_sts_token(query):
    signer = Signer(TEMPORARY)
    added = signer.sign("GET", f"{EXPRESS}/{query}", time=MOMENT)
    assert added["X-Amz-Security-Token"] == TOKEN
    assert "X-Amz-S3session-Token" not in added
    url = signer.presign("GET", f"{EXPRESS}/{query}", time=MOMENT)
    assert "&X-Amz-Security-Token=" in url


# OpenSearch Serverless requires a signed x-amz-content-sha256.
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-clients.html
@pytest.mark.parametrize("body", [None, b"", b"{}", UNSIGNED_PAYLOAD])
def test_hash_of_the_body_is_sent_and_signed_for_opensearch_serverless(body):
    signer = Signer(CREDENTIALS)
    url = "https://a1b2c3.eu-west-1.aoss.amazonaws.com/_search"
    added = signer.sign("POST", url, None, body, time=MOMENT)
    assert "/eu-west-1/aoss/aws4_request" in added["Authorization"]
    assert "x-amz-content-sha256" in signed_headers(added).split(";")
    sent = added["X-Amz-Content-Sha256"]
    assert sent == signer.canonical_request("POST", url, None, body, time=MOMENT)[-len(sent) :]


# https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html
@differential(200, presignable_requests(["es"]), SESSION_TOKENS)
def test_token_of_iot_websocket_follows_the_signature_like_awscrt(request_, token):
    request = with_service(request_, "iotdevicegateway", token)
    ours = presigned_by_us(request)
    theirs = presigned_by_awscrt(as_sent(request, ours), omit_session_token=True)
    assert QuerySigned.of(ours) == QuerySigned.of(theirs)
    before, signature, after = ours.partition("&X-Amz-Signature=")
    assert signature
    assert "X-Amz-Security-Token=" not in before.partition("?X-Amz-Algorithm=")[2]
    assert "&X-Amz-Security-Token=" in after


@differential(200, requests(["es"]), SESSION_TOKENS)
def test_unsigned_token_is_added_like_awscrt(request_, token):
    request = with_service(request_, "execute-api", token)
    parts = (request.method, request.url, request.headers, request.body)
    added = signer_of(request, sign_session_token=False).sign(*parts, time=request.moment)
    ours = {name.lower(): value for name, value in added.items()}
    assert ours == signed_by_awscrt(request, omit_session_token=True)
    assert ours["x-amz-security-token"] == token


of_lattice = requests(["vpc-lattice-svcs"])
UNSIGNED = {"signed_body_value": "UNSIGNED-PAYLOAD"}


@differential(300, of_lattice)
def test_vpc_lattice_does_not_sign_payloads_like_awscrt(request_):
    assert signed_by_us(request_) == signed_by_awscrt(request_, **UNSIGNED)


@differential(300, presignable_requests(["vpc-lattice-svcs"]))
def test_presigned_url_of_vpc_lattice_signs_the_payload_header_like_awscrt(request_):
    header = AwsSignedBodyHeaderType.X_AMZ_CONTENT_SHA_256
    ours = presigned_by_us(request_)
    sent = as_sent(request_, ours)
    theirs = presigned_by_awscrt(sent, signed_body_header_type=header, **UNSIGNED)
    assert QuerySigned.of(ours) == QuerySigned.of(theirs)
    assert QuerySigned.of(presigned_by_us(request_, body=b"body")) == QuerySigned.of(theirs)


def test_presign_many_for_vpc_lattice_signs_the_payload_header():
    signer = Signer(CREDENTIALS, "us-east-1", "vpc-lattice-svcs")
    url = "https://example.com/a"
    assert signer.presign_many("GET", [url], time=MOMENT) == [
        signer.presign("GET", url, time=MOMENT)
    ]


@pytest.mark.parametrize("url", ["http://example.com/", "https://example.com/"])
@pytest.mark.parametrize("algorithm", ["AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"])
@pytest.mark.parametrize("preset", [None, EMPTY_HASH, "UNSIGNED-PAYLOAD"])
@pytest.mark.parametrize(
    "body",
    [None, b"body", UNSIGNED_PAYLOAD, iter([b"read by nobody"])],
    ids=["none", "bytes", "unsigned", "iterator"],
)
def test_vpc_lattice_accepts_any_body_and_the_verifier_agrees(url, algorithm, preset, body):
    signer = Signer(CREDENTIALS, "us-east-1", "vpc-lattice-svcs", algorithm=algorithm)
    headers = {} if preset is None else {"x-amz-content-sha256": preset}
    added = signer.sign("POST", url, headers, body, time=MOMENT)

    assert added["X-Amz-Content-Sha256"] == "UNSIGNED-PAYLOAD"
    verifier = Verifier(lambda _: CREDENTIALS, region="us-east-1", service="vpc-lattice-svcs")
    assert verifier.verify("POST", url, added, b"another body", time=MOMENT)


@pytest.mark.parametrize("service", ["s3", "s3express", "s3-object-lambda", "s3-outposts"])
def test_s3_family_encodes_keys_once_and_never_normalizes(service):
    signer = Signer(CREDENTIALS, "us-east-1", service)
    text = signer.canonical_request("GET", "https://example.com/a//../b%20c+d", time=MOMENT)
    assert text.split("\n")[1] == "/a//../b%20c%2Bd"


@pytest.mark.parametrize("service", ["s3vectors", "s3tables", "es", "iotdata", "s3files"])
def test_other_services_encode_paths_twice_and_normalize(service):
    signer = Signer(CREDENTIALS, "us-east-1", service)
    text = signer.canonical_request("GET", "https://example.com/a//../b%20c+d", time=MOMENT)
    assert text.split("\n")[1] == "/b%2520c%2Bd"


def test_options_take_precedence_over_service_rules():
    options = {"double_encode_path": False, "normalize_path": False, "content_sha256_header": False}
    signer = Signer(CREDENTIALS, "us-east-1", "es", **options)
    text = signer.canonical_request("GET", "https://example.com/a//../b%20c", time=MOMENT)
    assert text.split("\n")[1] == "/a//../b%20c"
    assert "x-amz-content-sha256" not in text
    assert text.endswith(EMPTY_HASH)
