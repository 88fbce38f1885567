# Pasted text: one response in the forms that terminals and issues contain.

from __future__ import annotations

import json

import pytest

from rsigv4 import explain
from support.refusals import MISMATCH, authorization
from support.signing import AMZ_DATE

HOST = "abc123.execute-api.eu-central-1.amazonaws.com"
SCOPE = "20150830/eu-central-1/execute-api/aws4_request"
MESSAGE = f"""{MISMATCH}

The Canonical String for this request should have been
'GET
/a%2520b

host:{HOST}
x-amz-date:{AMZ_DATE}

host;x-amz-date
{"e" * 64}'

The String-to-Sign should have been
'AWS4-HMAC-SHA256
{AMZ_DATE}
20150830/us-east-1/execute-api/aws4_request
{"0" * 64}'
"""
BODY = json.dumps({"message": MESSAGE})
HEAD = "HTTP/1.1 403 Forbidden\r\nx-amzn-ErrorType: InvalidSignatureException\r\n\r\n"
PASTED = {
    "the body": BODY,
    "the message": MESSAGE,
    "the message in one line": MESSAGE.replace("\n", "\\n"),
    "a log of JSON": json.dumps(BODY),
    "without its empty lines": MESSAGE.replace("\n\n", "\n"),
    "with carriage returns": MESSAGE.replace("\n", "\r\n"),
    "curl -i": HEAD + BODY,
    "curl -i, after 100 Continue": "HTTP/1.1 100 Continue\r\n\r\n" + HEAD + BODY,
    "curl -v": "* Connected\n> GET / HTTP/1.1\n> Host: x\n>\n< "
    + HEAD.replace("\r\n", "\n").strip().replace("\n", "\n< ")
    + "\n<\n"
    + BODY,
}


@pytest.mark.parametrize("text", PASTED.values(), ids=PASTED)
def test_pasted_text(text):
    """DavidMuller/aws-requests-auth#31: AWS's canonical string, without a request to compare."""
    explanation = explain(text)

    # The host shows that the scope is wrong.
    assert explanation.cause.code == "wrong_region"
    assert "set region to eu-central-1" in explanation.cause.advice


@pytest.mark.parametrize("text", PASTED.values(), ids=PASTED)
def test_pasted_text_with_a_request(text):
    headers = {
        "Authorization": authorization(scope=SCOPE),
        "X-Amz-Date": AMZ_DATE,
        "X-Amz-Content-Sha256": "e" * 64,
    }
    explanation = explain(text, request=("GET", f"https://{HOST}/a%20c", headers))

    pairs = [pair for pair in explanation.canonical_request_diff if pair.column is not None]
    assert [(pair.part, pair.ours, pair.theirs, pair.column) for pair in pairs] == [
        ("canonical_uri", "/a%2520c", "/a%2520b", 7)
    ]
    scope = explanation.string_to_sign_diff[2]
    assert (scope.part, scope.ours) == ("credential_scope", SCOPE)
    assert scope.theirs == "20150830/us-east-1/execute-api/aws4_request"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_files_of_other_encodings(tmp_path, encoding):
    """PowerShell's ``>`` writes UTF-16."""
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    text = f"{mark}HTTP/1.1 403 Forbidden\r\n\r\n{{'message': 'Signature expired: token=hidden'}}"
    path = tmp_path / "response.txt"
    path.write_bytes(text.encode(encoding))

    explanation = explain(path)

    assert explanation.status == 403
    assert explanation.cause.code == "clock_behind"
    assert explanation.message == "Signature expired: token=***"


def test_text_with_a_byte_order_mark():
    assert explain("\ufeffHTTP/1.1 403 Forbidden\r\n\r\n").status == 403
