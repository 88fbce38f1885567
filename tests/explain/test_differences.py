# Differences between the signed request and the one that the server expected. Tests are named after
# bug reports. botocore computes what the server expected.

from __future__ import annotations

import re

import pytest

from rsigv4 import UNSIGNED_PAYLOAD, Credentials, Signer, Verifier, explain
from rsigv4.exceptions import SignatureMismatchError
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
from support.signing import ACCESS_KEY, AMZ_DATE, CREDENTIALS, MOMENT, SECRET, TEMPORARY, TOKEN


def signer(service="es", credentials=CREDENTIALS, **options):
    return Signer(credentials, "us-east-1", service, **options)


def arrival(*, service="es", options=None, credentials=CREDENTIALS, sent=(), arrived=()):
    """Sign a request, modify it on its way, and return it with the response and the signer."""
    ours = signer(service, credentials, **(options or {}))
    url = (S3 if service == "s3" else ES) + "/path"
    request = {"method": "GET", "url": url, "headers": {}, "body": b"", **dict(sent)}
    request["headers"] = {**request["headers"], **ours.sign(*request.values(), time=MOMENT)}
    changed = {**request, **dict(arrived)}
    headers = {**request["headers"], **dict(arrived).get("headers", {})}
    # None: the header doesn't arrive.
    changed["headers"] = {name: value for name, value in headers.items() if value is not None}
    if service == "s3":
        response = mismatch_of_s3(*changed.values())
    else:
        response = mismatch_of_api_gateway(*changed.values(), service)
    return ours, tuple(request.values()), response


ALL = {"also_sign": ("*",)}
JSON = {"method": "POST", "body": b'{"a": 1}', "headers": {"Content-Type": "application/json"}}

# Modifications on the way: the code, the line that differs, and what the cause names.
ARRIVALS = {
    "opensearch-project/opensearch-py#833": (
        {"sent": {"url": f"{ES}/idx/_doc/a%3Ab"}, "arrived": {"url": f"{ES}/idx/_doc/a:b"}},
        ("path_escapes", "canonical_uri", ""),
    ),
    "aws/aws-sdk-java#2128": (
        # S3 reads a raw plus as a space, which botocore signs.
        {"service": "s3", "sent": {"url": f"{S3}/a+b"}, "arrived": {"url": f"{S3}/a%20b"}},
        ("path_plus", "canonical_uri", "%2B"),
    ),
    "http4k#1280, a plus for a space": (
        {"service": "s3", "sent": {"url": f"{S3}/a%20b"}, "arrived": {"url": f"{S3}/a%2Bb"}},
        ("path_plus", "canonical_uri", "%2B"),
    ),
    "a proxy removes its prefix": (
        {"sent": {"url": f"{ES}/proxy/path"}, "arrived": {"url": f"{ES}/path"}},
        ("path_prefix", "canonical_uri", "/proxy"),
    ),
    "a redirect adds a slash": (
        {"arrived": {"url": f"{ES}/path/"}},
        ("path_trailing_slash", "canonical_uri", ""),
    ),
    "another path": ({"arrived": {"url": f"{ES}/other"}}, ("path_changed", "canonical_uri", "")),
    "aws/aws-sdk-go#4800": (
        {"sent": JSON, "arrived": {"method": "GET"}},
        ("method_changed", "method", "POST"),
    ),
    "boto/botocore, presigned repeats": (
        {"sent": {"url": f"{ES}/?a=1&a=2"}, "arrived": {"url": f"{ES}/?a=1"}},
        ("query_repeats_dropped", "canonical_query_string", "a"),
    ),
    "a client drops empty values": (
        {"sent": {"url": f"{ES}/?a=1&flag="}, "arrived": {"url": f"{ES}/?a=1"}},
        ("query_parameter_missing", "canonical_query_string", "flag"),
    ),
    "a gateway adds a parameter": (
        {"sent": {"url": f"{ES}/?a=1"}, "arrived": {"url": f"{ES}/?a=1&utm_source=x"}},
        ("query_parameter_added", "canonical_query_string", "utm_source"),
    ),
    "a value is another": (
        {"sent": {"url": f"{ES}/?size=1"}, "arrived": {"url": f"{ES}/?size=2"}},
        ("query_changed", "canonical_query_string", "size"),
    ),
    "boto/botocore#2519": (
        {"sent": {"url": f"{ES}/?a=1?b=2"}, "arrived": {"url": f"{ES}/?a=1&b=2"}},
        ("query_two_question_marks", "canonical_query_string", "`&`"),
    ),
    "opensearch-project/opensearch-go#370": (
        {"sent": {"url": "https://localhost:9200/"}, "arrived": {"url": f"{ES}/"}},
        ("host_tunnel", "canonical_headers host", HOST),
    ),
    "opensearch-project/opensearch-py#1006": (
        {"arrived": {"url": "https://10.0.0.7/path"}},
        ("host_changed", "canonical_headers host", "10.0.0.7"),
    ),
    "apache/arrow-rs-object-store#49": (
        {"arrived": {"headers": {"host": ""}}},
        ("host_missing", "canonical_headers host", ""),
    ),
    "a load balancer adds its port": (
        {"arrived": {"url": f"{ES}:8443/path"}},
        ("host_port", "canonical_headers host", ":8443"),
    ),
    "opensearch-project/opensearch-py#1047": (
        {
            "options": ALL,
            "sent": {"headers": {"Content-Length": "0"}},
            "arrived": {"headers": {"Content-Length": None}},
        },
        ("header_missing", "canonical_headers content-length", "content-length"),
    ),
    "openai/openai-python#3563": (
        {
            "options": {"also_sign": ("connection",)},
            "sent": {"headers": {"Connection": "keep-alive"}},
            "arrived": {"headers": {"Connection": "close"}},
        },
        ("header_rewritten", "canonical_headers connection", "every proxy"),
    ),
    "aws/mcp-proxy-for-aws#313": (
        {
            "options": ALL,
            "sent": {"headers": {"Accept": "application/json"}},
            "arrived": {"headers": {"Accept": "*/*"}},
        },
        ("header_rewritten", "canonical_headers accept", "accept"),
    ),
    "aws/aws-sdk-cpp#323": (
        {
            "options": {"also_sign": ("user-agent",)},
            "sent": {"headers": {"User-Agent": "sdk/1.0"}},
            "arrived": {"headers": {"User-Agent": "proxy/2.0"}},
        },
        ("header_rewritten", "canonical_headers user-agent", "a proxy"),
    ),
    "boto/botocore#3643": (
        {
            "options": {"also_sign": ("te",)},
            "sent": {"headers": {"TE": "trailers"}},
            "arrived": {"headers": {"TE": None}},
        },
        ("header_missing", "canonical_headers te", "every proxy"),
    ),
    "aws/aws-sdk-php#282": (
        {
            "sent": JSON,
            "arrived": {"headers": {"Content-Type": "application/json; boundary=--b98b484efce0"}},
        },
        ("header_changed", "canonical_headers content-type", "boundary"),
    ),
    "andrewjroth/requests-auth-aws-sigv4#12": (
        {"arrived": {"headers": {"X-Amz-Date": "20150830T123601Z"}}},
        ("date_changed", "canonical_headers x-amz-date", ""),
    ),
    "opensearch-project/opensearch-py#423": (
        {"credentials": TEMPORARY, "arrived": {"headers": {"X-Amz-Security-Token": TOKEN + "x"}}},
        ("session_token_invalid", "canonical_headers x-amz-security-token", "one refresh"),
    ),
    "opensearch-project/opensearch-benchmark#396": (
        {"sent": JSON, "arrived": {"headers": {"X-Amz-Content-Sha256": EMPTY}}},
        ("body_missing", "hashed_payload", ""),
    ),
    "serialized twice": (
        {"sent": JSON, "arrived": {"headers": {"X-Amz-Content-Sha256": "0" * 64}}},
        ("body_changed", "hashed_payload", ""),
    ),
}


@pytest.mark.parametrize("secret", [True, False], ids=["with the signer", "without"])
@pytest.mark.parametrize(("change", "found"), ARRIVALS.values(), ids=ARRIVALS)
def test_request_modified_on_its_way(change, found, secret):
    ours, request, response = arrival(**change)
    code, part, named = found

    explanation = explain(response, signer=ours if secret else None, request=request)

    assert explanation.cause.code == code
    # Without the secret, nobody knows what was signed. A response with another time may be that of
    # another attempt.
    assert explanation.cause.certain is (secret and code != "date_changed")
    assert part in differing(explanation)
    assert named in f"{explanation.cause.summary} {explanation.cause.advice}"
    assert part in str(explanation)


def test_white_space_in_a_header():
    """AWS folds runs of spaces; some servers don't."""
    ours, request, response = arrival(sent={"headers": {"x-amz-meta-a": "a  b"}}, service="s3")
    response = re.sub(r"<(\w+)Bytes>.*?</\1Bytes>|<StringToSign>[^<]*</StringToSign>", "", response)
    response = response.replace("meta-a:a b", "meta-a:a  b")

    explanation = explain(response, signer=ours, request=request)

    assert explanation.cause.code == "header_white_space"


def test_body_is_changed_between_signing_and_sending():
    """The client replaced the body: its own header shows it, without the server's strings."""
    headers = signer().sign("POST", f"{ES}/", None, b'{"a":1}', time=MOMENT)

    explanation = explain(SHORT, signer=signer(), request=("POST", f"{ES}/", headers, b'{"a": 1}'))

    assert explanation.cause.code == "body_serialized_anew"


def test_wrong_secret():
    """minio/minio#2986: the strings are identical."""
    other = signer("s3", Credentials(ACCESS_KEY, "another secret"))
    headers = other.sign("GET", f"{S3}/key", time=MOMENT)
    request = ("GET", f"{S3}/key", headers, b"")
    response = mismatch_of_s3(*request)

    for ours in (other, None):
        explanation = explain(response, signer=ours, request=request)
        assert explanation.cause.code == "wrong_secret"
        assert ACCESS_KEY in explanation.cause.summary
        assert differing(explanation) == []


def test_request_signed_with_another_secret():
    headers = signer("es", Credentials(ACCESS_KEY, "another secret")).sign("GET", ES, time=MOMENT)
    request = ("GET", ES, headers, b"")

    explanation = explain(mismatch_of_api_gateway(*request), signer=signer(), request=request)

    assert explanation.cause.code == "changed_after_signing"


def test_short_response_to_a_correct_signature():
    headers = signer().sign("GET", ES, time=MOMENT)

    explanation = explain(SHORT, signer=signer(), request=("GET", ES, headers, b""))

    assert explanation.cause.code == "wrong_secret_or_rewritten"


def test_secret_has_quotes():
    # `Credentials` refuses white space around a secret.
    quoted = signer("es", Credentials(ACCESS_KEY, f'"{SECRET}"'))
    headers = quoted.sign("GET", ES, time=MOMENT)
    request = ("GET", ES, headers, b"")

    explanation = explain(mismatch_of_api_gateway(*request), signer=quoted, request=request)

    assert explanation.cause.code == "secret_has_white_space"
    assert "quotes around it" in explanation.cause.summary


def test_another_key_signed():
    headers = signer("es", Credentials("AKIDOTHER", SECRET)).sign("GET", ES, time=MOMENT)
    request = ("GET", ES, headers, b"")

    explanation = explain(mismatch_of_api_gateway(*request), signer=signer(), request=request)

    assert explanation.cause.code == "signed_with_other_key"
    assert "AKIDOTHER" in explanation.cause.summary


def test_unsigned_request_is_signed_for_the_comparison():
    """DavidMuller/aws-requests-auth#69: only the response and the arguments are available."""
    headers = signed_as(canonical("/a%2520b", "", host=HOST))
    response = mismatch_of_api_gateway("GET", f"{ES}/a%20b/", headers)

    ours = signer(content_sha256_header=False)
    explanation = explain(response, signer=ours, request=("GET", f"{ES}/a%20b"))

    assert explanation.cause.code == "path_trailing_slash"
    assert line(explanation, "canonical_headers x-amz-date")[0] == f"x-amz-date:{AMZ_DATE}"


def test_unavailable_body_is_not_reported_as_different(tmp_path):
    path = tmp_path / "body"
    path.write_bytes(b"content")
    ours = signer(content_sha256_header=False)
    headers = ours.sign("POST", f"{ES}/", None, b"content", time=MOMENT)
    response = mismatch_of_api_gateway("POST", f"{ES}/x", headers, b"content")
    with path.open("rb") as file:
        file.read()
        explanation = explain(response, signer=ours, request=("POST", f"{ES}/", headers, file))

    assert explanation.cause.code == "path_changed"
    assert differing(explanation) == ["canonical_uri"]


def test_unsigned_payload_of_s3_is_not_a_difference():
    headers = signer("s3").sign("PUT", f"{S3}/key", None, UNSIGNED_PAYLOAD, time=MOMENT)
    response = mismatch_of_s3("PUT", f"{S3}/keY", headers, b"content")

    request = ("PUT", f"{S3}/key", headers, b"content")
    explanation = explain(response, signer=signer("s3"), request=request)

    assert differing(explanation) == ["canonical_uri"]


def test_presigned_url():
    """The signature covers the query, so a tool that encodes it again breaks it."""
    url = signer("s3").presign("GET", f"{S3}/a%20b?x=1%2B2", time=MOMENT)
    query = "&".join(sorted(url.partition("?")[2].split("&")[:-1]))
    host = "host:bucket.s3.us-east-1.amazonaws.com\n\nhost"
    expected = f"GET\n/a%2520b\n{query}\n{host}\nUNSIGNED-PAYLOAD"
    response = s3("SignatureDoesNotMatch", MISMATCH, CanonicalRequest=expected)

    explanation = explain(response, signer=signer("s3"), request=("GET", url))

    assert explanation.cause.code == "path_escapes"
    assert "canonical_uri" in differing(explanation)


@pytest.mark.parametrize("presigned", [False, True])
@pytest.mark.parametrize("known", [True, False], ids=["with the signer", "without"])
def test_token_redacted_by_the_server_is_not_a_difference(presigned, known):
    """Our middleware redacts it; AWS doesn't."""
    ours = signer("execute-api", TEMPORARY)
    url = f"{ES}/path"
    sent = ours.presign("GET", url, time=MOMENT) if presigned else url
    headers = {} if presigned else ours.sign("GET", url, time=MOMENT)
    arrived = {"host": HOST, **headers}
    with pytest.raises(SignatureMismatchError) as refused:
        Verifier({ACCESS_KEY: TEMPORARY}.get).verify(
            "GET", sent.replace("/path", "/other"), arrived, b"", time=MOMENT
        )
    error = refused.value
    assert "***" in error.canonical_request
    response = api_gateway(
        f"{MISMATCH}\n\nThe Canonical String for this request should have been\n"
        f"'{error.canonical_request}'\n\nThe String-to-Sign should have been\n"
        f"'{error.string_to_sign}'\n"
    )

    request = ("GET", sent, headers, b"")
    explanation = explain(response, signer=ours if known else None, request=request)

    assert (explanation.cause.code, explanation.cause.certain) == ("path_changed", known)
    assert differing(explanation) == ["canonical_uri"]
    assert TOKEN not in f"{explanation}"
