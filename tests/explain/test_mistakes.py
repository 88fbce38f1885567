# Faulty signers: the request is not modified on its way, and the signature shows what was signed.
# Tests are named after bug reports.

from __future__ import annotations

import hashlib
import json
import re
import time
from unittest import mock

import pytest
import requests
from aws_requests_auth.aws_auth import AWSRequestsAuth
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from rsigv4 import Signer, explain
from support.oracles import clock_of_botocore
from support.refusals import (
    EMPTY,
    ES,
    HOST,
    MISMATCH,
    S3,
    SHORT,
    api_gateway,
    canonical,
    differing,
    line,
    mismatch_of_api_gateway,
    mismatch_of_s3,
    s3,
    signed_as,
)
from support.signing import ACCESS_KEY, AMZ_DATE, CREDENTIALS, MOMENT, SECRET


def signer(service="es"):
    return Signer(CREDENTIALS, "us-east-1", service)


# A faulty signer: the request is not modified on its way, and the secret proves the mistake.
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
        "/?after=ab%3D",
        canonical(query="after=ab%253D"),
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
    "the method in lowercase": ("method_changed", "es", "/", canonical(method="get")),
    "the path decoded": ("path_decoded", "es", "/a%20b", canonical("/a b")),
    "the key decoded": ("path_decoded", "s3", "/a%20b", canonical("/a b")),
    "a slash too much": ("path_trailing_slash", "es", "/a", canonical("/a/")),
    "dots and escapes": ("path_normalized", "s3", "/a:b/./c", canonical("/a:b/c")),
    "the order of the client": ("query_order", "es", "/?b=2&a=1", canonical(query="b=2&a=1")),
    "pairs sorted as text": ("query_order", "es", "/?b-c=1&b=2", canonical(query="b-c=1&b=2")),
    "no =": ("query_equals_sign", "es", "/?a=1&flag", canonical(query="a=1&flag")),
    "slashes": ("query_escapes", "es", "/?a=b/c", canonical(query="a=b/c")),
    "a dictionary": ("query_repeats_dropped", "es", "/?a=3&a=1&a=2", canonical(query="a=2")),
    "no query": ("query_parameter_added", "es", "/?a=1&b=2", canonical()),
    "the host of a tunnel": ("host_tunnel", "es", ":8443/", canonical(host="localhost:8443")),
    "boto/botocore#3651": ("body_not_signed", "es", "/", canonical(method="POST")),
    "DavidMuller/aws-requests-auth#45": (
        "unsigned_payload_refused",
        "es",
        "/",
        canonical(method="POST", payload="UNSIGNED-PAYLOAD"),
    ),
}


def mistake(signed, *, target="/", body=b"", service="es", method="GET", **headers):
    """Explain the refusal of a request with the signature of this canonical request."""
    request = (method, ES + target, {**signed_as(signed, service), **headers}, body)
    return explain(SHORT, signer=signer(service), request=request)


@pytest.mark.parametrize("short", [False, True], ids=["with strings", "without"])
@pytest.mark.parametrize(("code", "service", "target", "signed"), MISTAKES.values(), ids=MISTAKES)
def test_faulty_signer(code, service, target, signed, short):
    method = signed.partition("\n")[0].upper()
    body = b'{"a": 1}' if method == "POST" else b""
    headers = signed_as(signed, service)
    request = (method, ES + target, headers, body)
    response = SHORT if short else mismatch_of_api_gateway(*request, service)

    explanation = explain(response, signer=signer(service), request=request)

    assert explanation.cause.code == code
    assert explanation.cause.certain
    # The explanation shows what was signed, although the request doesn't contain it.
    assert len(differing(explanation)) == 1
    shown = "\n".join(pair.ours for pair in explanation.canonical_request_diff)
    assert shown == re.sub("\n+", "\n", signed) or not signed.split("\n")[2]


@pytest.mark.parametrize(
    ("body", "signed", "code"),
    [
        pytest.param(b'{"a":1,"b":2}', b'{"a": 1, "b": 2}', "body_serialized_anew", id="spaces"),
        pytest.param(b'{"b":2,"a":1}', b'{"a":1,"b":2}', "body_serialized_anew", id="order"),
        pytest.param('["ü😀"]'.encode(), json.dumps(["ü😀"]).encode(), "body_serialized_anew"),
        pytest.param(b'["\\u00fc\\/"]', '["ü/"]'.encode(), "body_serialized_anew", id="escapes"),
        pytest.param(b"a=1\n", b"a=1", "body_white_space", id="its line end"),
        pytest.param(b"a=1", b"a=1\n", "body_white_space", id="a line end"),
        pytest.param(b'{"a":1}', b'{"a":2}', "changed_after_signing", id="another value"),
    ],
)
def test_body_signed_in_another_form(body, signed, code):
    signed = canonical(method="POST", payload=hashlib.sha256(signed).hexdigest())
    assert mistake(signed, method="POST", body=body).cause.code == code


def test_json_is_serialized_like_python_and_javascript():
    value = {
        "z": [1.5, {}, [], '\x00\x1f\x7f"\\\b\f\n\r\t/ü😀'],
        "a": None,
        "": {"c": True, "b": -1},
    }
    forms = [
        json.dumps(value, separators=separators, ensure_ascii=ascii_only, sort_keys=in_order)
        for separators in [(",", ":"), (", ", ": ")]
        for ascii_only in [True, False]
        for in_order in [True, False]
    ]
    body = json.dumps(value, indent=3).encode()
    for form in forms:
        payload = hashlib.sha256(form.encode()).hexdigest()
        explanation = mistake(canonical(method="POST", payload=payload), method="POST", body=body)
        assert explanation.cause.code == "body_serialized_anew"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1,]", b'{"a"}', b'"\\ud800"', b'"\\u12', b"1 2", b"\xff", b"[" * 100_000],
)
def test_body_that_is_not_json(body):
    signed = canonical(method="POST", payload="0" * 64)
    assert mistake(signed, method="POST", body=body).cause.code == "changed_after_signing"


def test_payload_header_of_equivalent_json():
    """The header proves it without the secret."""
    headers = signer().sign("POST", ES, None, b'{"a":1}', time=MOMENT)
    explanation = explain(
        s3("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header ..."),
        request=("POST", ES, headers, b'{"a": 1}'),
    )
    assert explanation.cause.code == "body_serialized_anew"


def test_presigned_url_of_s3_with_the_hash_of_its_body():
    url = signer("s3").presign("PUT", f"{S3}/key", time=MOMENT)
    url, _, _ = url.partition("&X-Amz-Signature=")
    query = url.partition("?")[2]
    payload = hashlib.sha256(b"content").hexdigest()
    host = "host:bucket.s3.us-east-1.amazonaws.com"
    signed = f"PUT\n/key\n{query}\n{host}\n\nhost\n{payload}"
    signature = signed_as(signed, "s3")["Authorization"].rpartition("=")[2]
    request = ("PUT", f"{url}&X-Amz-Signature={signature}", {}, b"content")

    explanation = explain(SHORT, signer=signer("s3"), request=request)

    assert explanation.cause.code == "unsigned_payload_expected"


HEADERS = "host:{host}\nx-amz-date:{date}\nx-amz-meta-a:{value}\n\nhost;x-amz-date;x-amz-meta-a"


@pytest.mark.parametrize(
    ("value", "code"),
    [("A  B", "header_white_space"), ("a b", "header_case"), ("", "header_changed")],
)
def test_value_signed_in_another_form(value, code):
    headers = HEADERS.format(host=HOST, date=AMZ_DATE, value=value)
    explanation = mistake(f"GET\n/\n\n{headers}\n{EMPTY}", **{"x-amz-meta-a": "A  B"})
    assert explanation.cause.code == code
    assert "x-amz-meta-a" in explanation.cause.summary
    assert differing(explanation) == ["canonical_headers x-amz-meta-a"]


@pytest.mark.parametrize(
    ("name", "sent", "value"),
    [
        ("content-type", "application/json; charset=utf-8", "application/json"),
        ("content-length", "7", "0"),
    ],
)
def test_header_that_the_client_sets_after_signing(name, sent, value):
    signed = f"GET\n/\n\n{name}:{value}\nhost:{HOST}\n\n{name};host\n{EMPTY}"
    explanation = mistake(signed, **{name: sent})
    assert name in explanation.cause.summary
    assert line(explanation, f"canonical_headers {name}") == (f"{name}:{value}", f"{name}:{sent}")


@pytest.mark.parametrize(
    ("read", "code", "words"),
    [
        ("{}\n", "secret_has_white_space", "a line end after it"),
        ("{}\r\n", "secret_has_white_space", "a line end after it"),
        ("{} ", "secret_has_white_space", "a space after it"),
        (" {}", "secret_has_white_space", "a space before it"),
        ('"{}"', "secret_has_white_space", "quotes around it"),
        ("'{}'", "secret_has_white_space", "quotes around it"),
        (SECRET.replace("/", "%2F").replace("+", "%2B"), "secret_encoded", "was percent-encoded"),
        (SECRET.replace("+", " "), "secret_encoded", "was decoded"),
    ],
)
@pytest.mark.parametrize("uri", ["/a%2520b", "/a%20b"], ids=["alone", "and the path"])
def test_misread_secret(read, code, words, uri):
    """This signer has the correct secret, and finds out how another client misread it."""
    headers = signed_as(canonical(uri), secret=read.format(SECRET))
    explanation = explain(SHORT, signer=signer(), request=("GET", f"{ES}/a%20b", headers, b""))

    codes = [cause.code for cause in explanation.causes]
    assert codes == [code, *(["path_encoded_once"] if uri == "/a%20b" else [])]
    assert words in explanation.cause.summary
    assert len(differing(explanation)) == len(codes) - 1
    assert SECRET not in f"{explanation}{explanation.causes}"


def test_several_mistakes_at_once():
    signed = canonical("/a%20b", "q=a+b", host="localhost", payload="UNSIGNED-PAYLOAD")
    explanation = mistake(signed, target=":8443/a%20b?q=a+b", body=b"content")
    assert [cause.code for cause in explanation.causes] == [
        "path_encoded_once",
        "query_plus",
        "host_tunnel",
        "unsigned_payload_refused",
    ]


def test_mistake_with_sigv4a():
    """Signatures are randomized, but each can be verified."""
    ours = {"region": "*", "service": "es", "algorithm": "AWS4-ECDSA-P256-SHA256"}
    wrong = Signer(CREDENTIALS, **ours, double_encode_path=False)
    url = f"{ES}/a%20b"
    for request in [
        ("GET", url, wrong.sign("GET", url, time=MOMENT), b""),
        ("GET", wrong.presign("GET", url, time=MOMENT), {}, b""),
    ]:
        explanation = explain(SHORT, signer=Signer(CREDENTIALS, **ours), request=request)
        assert explanation.cause.code == "path_encoded_once"
        assert explanation.cause.certain
        assert line(explanation, "canonical_uri") == ("/a%20b", "/a%2520b")


def test_service_of_sigv4a():
    options = {"region": "*", "algorithm": "AWS4-ECDSA-P256-SHA256"}
    wrong = Signer(CREDENTIALS, service="s3", **options)
    headers = wrong.sign("GET", ES, time=MOMENT)
    text = wrong.string_to_sign("GET", ES, time=MOMENT).replace("/s3/", "/es/")
    response = api_gateway(f"{MISMATCH}\n\nThe String-to-Sign should have been\n'{text}'\n")

    explanation = explain(response, request=("GET", ES, headers, b""))

    assert "wrong_service" in [cause.code for cause in explanation.causes]
    assert "scope_malformed" not in [cause.code for cause in explanation.causes]


def test_many_parameters_are_not_all_named():
    explanation = mistake(canonical(), target="/?" + "&".join(f"a{n}=" for n in range(10, 99)))
    assert explanation.cause.code == "query_parameter_added"
    assert explanation.cause.summary.endswith("a10, a11, a12, a13, a14, a15, a16, a17, ...")


@pytest.mark.parametrize("algorithm", ["AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"])
@pytest.mark.parametrize(
    ("target", "names"),
    [
        pytest.param("/" + "%20;/" * 20_000, 0, id="a path"),
        pytest.param("/?" + "a=+&" * 20_000, 0, id="a query"),
        pytest.param("/" + "a/../" * 1_000_000, 0, id="a long one"),
        pytest.param("/", 2_000, id="headers"),
    ],
)
def test_search_ends_soon(algorithm, target, names):
    """The request may come from an attacker."""
    headers = {f"x-amz-meta-{number}": "a  A" for number in range(names)}
    ours = Signer(CREDENTIALS, "us-east-1", "es", algorithm=algorithm)
    headers |= ours.sign("POST", f"{ES}/other", headers, b"[" * 100_000, time=MOMENT)
    start = time.process_time()
    explain(SHORT, signer=ours, request=("POST", ES + target, headers, b"[" * 100_000))
    # Takes a fraction of this, unless all combinations are tried.
    assert time.process_time() - start < 10


def test_request_without_a_signer_shows_likely_mistakes():
    """DavidMuller/aws-requests-auth#40: it can't be proved without the secret."""
    headers = signed_as(canonical("/", "q=a%2Bb"))
    request = ("GET", f"{ES}/?q=a+b", headers, b"")

    explanation = explain(mismatch_of_api_gateway(*request), request=request)

    codes = [cause.code for cause in explanation.causes]
    assert codes[0] == "query_plus"
    assert "wrong_secret" in codes
    assert not any(cause.certain for cause in explanation.causes)


@pytest.mark.parametrize(
    ("target", "code"),
    [
        pytest.param("/?q=a+b", "query_plus", id="DavidMuller/aws-requests-auth#40"),
        pytest.param("/?q=a,b", "query_escapes", id="DavidMuller/aws-requests-auth#13"),
        pytest.param("/?q-x=1&q=2", "query_order", id="names that begin alike"),
        pytest.param("/a;b=1", "path_parameters_dropped", id="parameters of the path"),
    ],
)
def test_request_signed_by_the_original(target, code):
    auth = AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, "us-east-1", "es")
    with mock.patch("aws_requests_auth.aws_auth.datetime") as clock:
        clock.datetime.utcnow.return_value = MOMENT
        request = requests.Request("GET", ES + target, auth=auth).prepare()
    response = mismatch_of_api_gateway("GET", request.url, dict(request.headers))

    assert explain(response, signer=signer(), request=request).cause.code == code


def test_s3_key_signed_by_botocore_for_another_service():
    """boto/botocore#3214."""
    request = AWSRequest("GET", f"{S3}/a%20b")
    with clock_of_botocore(MOMENT):
        SigV4Auth(BotocoreCredentials(ACCESS_KEY, SECRET), "s3", "us-east-1").add_auth(request)
    response = mismatch_of_s3("GET", request.url, dict(request.headers))

    explanation = explain(response, signer=signer("s3"), request=request)

    assert explanation.cause.code == "path_encoded_twice"
    assert line(explanation, "canonical_uri") == ("/a%2520b", "/a%20b")
