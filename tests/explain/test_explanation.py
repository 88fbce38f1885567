# Every explanation: its attributes, its text, what it never shows, and that no input breaks it.

from __future__ import annotations

import importlib.util
import json
import logging
import random
import re
from pathlib import Path

import pytest

import rsigv4
from rsigv4 import Credentials, Signer, explain, known_causes, log_explanation
from support.refusals import (
    MISMATCH,
    api_gateway,
    authorization,
    mismatch_of_api_gateway,
    mismatch_of_s3,
    s3,
)
from support.signing import ACCESS_KEY, AMZ_DATE, CREDENTIALS, MOMENT, SECRET, TEMPORARY, TOKEN

ES = "https://search-x.us-east-1.es.amazonaws.com"
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "explain.md"


def signer(credentials=CREDENTIALS, **options):
    return Signer(credentials, "us-east-1", "es", **options)


@pytest.fixture
def explanation():
    headers = signer().sign("GET", f"{ES}/a?x=1", time=MOMENT)
    response = mismatch_of_api_gateway("GET", f"{ES}/b?x=1", headers)
    return explain(response, signer=signer(), request=("GET", f"{ES}/a?x=1", headers, b""))


def test_parts(explanation):
    assert explanation.status == 403
    assert explanation.error_code == "InvalidSignatureException"
    assert explanation.message.startswith("The request signature we calculated does not match")
    assert explanation.cause.code == explanation.causes[0].code == "path_changed"
    assert repr(explanation) == "Explanation(causes=['path_changed'])"
    assert repr(explanation.cause) == "Cause(code='path_changed')"
    assert [pair.part for pair in explanation.canonical_request_diff] == [
        "method",
        "canonical_uri",
        "canonical_query_string",
        "canonical_headers host",
        "canonical_headers x-amz-content-sha256",
        "canonical_headers x-amz-date",
        "signed_headers",
        "hashed_payload",
    ]
    assert [pair.part for pair in explanation.string_to_sign_diff] == [
        "algorithm",
        "time",
        "credential_scope",
        "hashed_canonical_request",
    ]
    assert [pair.column for pair in explanation.string_to_sign_diff][:3] == [None, None, None]


def test_lines_equal_those_of_the_signer(explanation):
    ours = signer().canonical_request("GET", f"{ES}/a?x=1", time=MOMENT).splitlines()
    shown = [pair.ours for pair in explanation.canonical_request_diff]

    assert shown == [line for line in ours if line]
    strings = signer().string_to_sign("GET", f"{ES}/a?x=1", time=MOMENT).splitlines()
    assert [pair.ours for pair in explanation.string_to_sign_diff] == strings


def test_text(explanation):
    assert str(explanation) == (
        "403 InvalidSignatureException - the path that arrived is not the one that was signed.\n"
        "\n"
        "  canonical_uri\n"
        "    signed:   /a\n"
        "    expected: /b\n"
        "               ^\n"
        "\n"
        "Change: sign the URL that is sent; a redirect, a rewrite rule or a second join of base "
        "and path changes it."
    )


def test_long_lines_are_cut_around_the_difference():
    path = "/" + "a" * 300
    headers = signer().sign("GET", f"{ES}{path}b{path}", time=MOMENT)
    request = ("GET", f"{ES}{path}b{path}", headers, b"")
    response = mismatch_of_api_gateway("GET", f"{ES}{path}c{path}", headers)

    lines = str(explain(response, signer=signer(), request=request)).splitlines()

    ours, theirs, caret = lines[3:6]
    assert (ours[caret.index("^")], theirs[caret.index("^")]) == ("b", "c")
    assert max(len(line) for line in lines[3:6]) < 120


SECRETS = (SECRET, TOKEN, "%2F%2Ftoken%2Bof")


def shown(explanation):
    """Return everything that an explanation can show."""
    lines = [*explanation.canonical_request_diff, *explanation.string_to_sign_diff]
    texts = [str(explanation), repr(explanation), explanation.message or ""]
    texts += [explanation.error_code or ""]
    texts += [f"{cause.summary} {cause.advice} {cause!r}" for cause in explanation.causes]
    texts += [f"{line.ours} {line.theirs} {line!r}" for line in lines]
    return "\n".join(texts)


@pytest.mark.parametrize("with_request", [True, False])
@pytest.mark.parametrize("with_signer", [True, False])
def test_token_and_signature_are_never_shown(with_request, with_signer):
    ours = signer(TEMPORARY)
    headers = ours.sign("GET", f"{ES}/a", time=MOMENT)
    signature = headers["Authorization"].rpartition("=")[2]
    changed = {**headers, "X-Amz-Security-Token": TOKEN.replace("session", "sessioN")}
    responses = [
        mismatch_of_api_gateway("GET", f"{ES}/b", changed),
        mismatch_of_s3("GET", f"{ES}/b", changed),
        json.dumps({"message": f"Authorization={headers['Authorization']} is wrong"}),
        f"no known shape, {headers['Authorization']}, X-Amz-Security-Token: {TOKEN}",
    ]
    for response in responses:
        explanation = explain(
            response,
            signer=ours if with_signer else None,
            request=("GET", f"{ES}/a", headers, b"") if with_request else None,
        )
        text = shown(explanation)
        for secret in (*SECRETS, signature, "//token+of/temporary"):
            assert secret not in text


def test_token_of_a_presigned_url_is_never_shown():
    ours = Signer(TEMPORARY, "us-east-1", "s3")
    url = ours.presign("GET", "https://bucket.s3.us-east-1.amazonaws.com/key?x=1", time=MOMENT)
    query = "&".join(sorted(url.partition("?")[2].split("&")[:-1])).replace("x=1", "x=2")
    host = "host:bucket.s3.us-east-1.amazonaws.com\n\nhost"
    expected = f"GET\n/key\n{query}\n{host}\nUNSIGNED-PAYLOAD"
    response = s3("SignatureDoesNotMatch", MISMATCH, CanonicalRequest=expected)

    for request in (("GET", url), None):
        explanation = explain(response, signer=ours, request=request)
        text = shown(explanation)
        for secret in (*SECRETS, url.rpartition("=")[2]):
            assert secret not in text
        if request:
            assert explanation.cause.code == "query_changed"
            query_pair = explanation.canonical_request_diff[2]
            assert "X-Amz-Security-Token=***" in query_pair.ours
            # The column refers to the text that is shown.
            assert query_pair.ours[query_pair.column] == "1"
            assert query_pair.theirs[query_pair.column] == "2"


@pytest.mark.parametrize(
    "name", ["cookie", "x-api-key", "x-amz-server-side-encryption-customer-key", "x-auth-token"]
)
def test_secret_headers_are_never_shown(name):
    ours = signer(also_sign=("*",))
    sent = {name: "hunter2-of-mine"}
    headers = {**sent, **ours.sign("GET", f"{ES}/a", sent, time=MOMENT)}
    response = mismatch_of_api_gateway("GET", f"{ES}/a", {**headers, name: "hunter3-of-theirs"})

    explanation = explain(response, signer=ours, request=("GET", f"{ES}/a", headers, b""))

    assert explanation.cause.code in ("header_changed", "header_rewritten")
    assert name in explanation.cause.summary
    assert not re.search("hunter2-of|hunter3-of", shown(explanation))


def test_another_scheme_is_never_shown():
    response = api_gateway(
        "'Bearer' not a valid key=value pair (missing equal-sign) in Authorization header: "
        "'Bearer hunter2.token'.",
        "IncompleteSignatureException",
    )
    headers = {"Authorization": "Bearer hunter2.token"}

    for request in (None, ("GET", ES, headers)):
        explanation = explain(response, request=request)
        assert explanation.cause.code == "authorization_malformed"
        assert "hunter2" not in shown(explanation)


def test_name_of_the_algorithm_is_shown():
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=hunter2hunter2"}
    response = api_gateway(
        "Authorization header requires 'Signature' parameter.", "IncompleteSignatureException"
    )

    text = shown(explain(response, request=("GET", ES, headers)))

    assert "hunter2" not in text
    assert "***" not in text


GARBAGE = [
    "",
    " ",
    "\0",
    "<",
    "<Code",
    "<Code>",
    "<Error><Code></Code></Error>",
    "&#x110000;<Code>&#xD800;&bogus;&;</Code>",
    '{"message":',
    '{"message": "\\u12',
    '{"message": "\\',
    "HTTP/",
    "HTTP/1.1",
    "HTTP/1.1 x\r\n",
    "HTTP/1.1 99999\r\n\r\n",
    "Canonical String for this request should have been '",
    "Canonical String for this request should have been ''String-to-Sign should have been ''",
    "<CanonicalRequest>a\nb\nc\nd\ne</CanonicalRequest>",
    "<CanonicalRequestBytes>zz</CanonicalRequestBytes>",
    "\ud800",
    "🤷" * 1000,
    '<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;">]><Error><Code>&c;</Code></Error>',
]


@pytest.mark.parametrize("text", GARBAGE)
def test_garbage_is_unknown(text):
    explanation = explain(text)

    assert explanation.cause.code == "unknown"
    assert not explanation.cause.certain
    assert "x-amzn-ErrorType" in explanation.cause.summary


def test_modified_responses_never_raise():
    seed = random.randrange(2**32)  # noqa: S311 - picks, protects nothing
    print(f"seed {seed}")  # noqa: T201 - to repeat a failure
    rng = random.Random(seed)  # noqa: S311 - picks, protects nothing
    headers = signer(TEMPORARY).sign("GET", f"{ES}/a?b=c", time=MOMENT)
    request = ("GET", f"{ES}/a?b=c", headers, b"")
    responses = [
        mismatch_of_api_gateway("GET", f"{ES}/b?b=d&e", headers),
        mismatch_of_s3("GET", f"{ES}/b", headers),
        json.dumps(json.dumps({"message": MISMATCH})),
    ]
    codes = {cause.code for cause in known_causes()}
    for _ in range(300):
        text = list(rng.choice(responses))
        for _ in range(rng.randrange(1, 6)):
            start = rng.randrange(len(text))
            end = min(len(text), start + rng.randrange(1, 40))
            text[start:end] = rng.choice(
                ["", "\n", "'", '"', "<", "&", "\\", "%", "é", "\0", *rng.sample(text, 3)]
            )
        explanation = explain("".join(text), signer=signer(TEMPORARY), request=request)
        assert explanation.cause.code in codes
        assert TOKEN not in shown(explanation)


def test_modified_requests_never_raise():
    seed = random.randrange(2**32)  # noqa: S311 - picks, protects nothing
    print(f"seed {seed}")  # noqa: T201 - to repeat a failure
    rng = random.Random(seed)  # noqa: S311 - picks, protects nothing
    value = authorization()
    for _ in range(300):
        start = rng.randrange(len(value))
        broken = value[:start] + rng.choice(["", ",", "=", "/", " ", ";", "é"]) + value[start + 3 :]
        headers = {"Authorization": broken, "X-Amz-Date": AMZ_DATE[: rng.randrange(17)]}
        explanation = explain(api_gateway(MISMATCH), signer=signer(), request=("GET", ES, headers))
        assert explanation.causes


def test_large_responses_are_truncated():
    code = "<Code>ExpiredToken</Code>"

    assert explain("&" * 1_000_000 + code).cause.code == "session_token_expired"
    assert explain("&" * 5_000_000 + code).cause.code == "unknown"


def test_failing_provider_is_tolerated():
    def gone():
        raise RuntimeError(SECRET)

    headers = signer().sign("GET", f"{ES}/a", time=MOMENT)
    response = mismatch_of_api_gateway("GET", f"{ES}/b", headers)

    explanation = explain(response, signer=signer(gone), request=("GET", f"{ES}/a", headers, b""))

    assert explanation.cause.code == "path_changed"


def test_multi_region_signature_is_compared_too():
    ours = Signer(CREDENTIALS, "us-east-1,eu-*", "es", algorithm="AWS4-ECDSA-P256-SHA256")
    headers = ours.sign("GET", f"{ES}/a", time=MOMENT)
    response = mismatch_of_api_gateway("GET", f"{ES}/b", headers)

    explanation = explain(response, signer=ours, request=("GET", f"{ES}/a", headers, b""))

    assert explanation.cause.code == "path_changed"


def test_log(caplog):
    response = api_gateway("Missing Authentication Token", "MissingAuthenticationTokenException")
    with caplog.at_level(logging.WARNING, logger="rsigv4"):
        log_explanation(response, request=("GET", ES))

    record = caplog.records[0]
    assert (record.name, record.levelno) == ("rsigv4", logging.WARNING)
    assert record.getMessage().startswith(
        "403 MissingAuthenticationTokenException - perhaps: the request arrived"
    )


@pytest.mark.parametrize("response", [None, object(), 1])
def test_log_never_raises(caplog, response):
    log_explanation(response, signer=signer(Credentials(ACCESS_KEY, SECRET)))

    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "InvalidRequestError" in caplog.text


def test_known_causes_are_documented():
    text = DOCUMENTATION.read_text(encoding="utf-8")
    codes = [cause.code for cause in known_causes()]

    assert len(set(codes)) == len(codes) >= 30
    for cause in known_causes():
        assert f"{cause.code}" in text
        for words in (cause.summary, cause.advice):
            assert not re.search(r"[{}|]", words)
            assert not words.endswith(".")


def test_every_name_is_importable_from_the_package():
    names = {"Cause", "Explanation", "LinePair", "explain", "known_causes", "log_explanation"}

    assert names <= set(rsigv4.__all__)
    assert all(hasattr(rsigv4, name) for name in names)
    # A module of the same name would take the function's place once it is imported.
    assert importlib.util.find_spec("rsigv4.explain") is None
