# Explanations take a time that is linear in the length of what they read.

from __future__ import annotations

import json
import time

import pytest

from rsigv4 import Signer, explain
from support.refusals import EMPTY, ES, HOST, MISMATCH, s3
from support.signing import CREDENTIALS, MOMENT

SIGNER = Signer(CREDENTIALS, "us-east-1", "es")


def request(url):
    sent = {"host": HOST}
    return ("GET", url, {**sent, **SIGNER.sign("GET", url, sent, time=MOMENT)}, b"")


def seconds(url_of, query_of, count):
    response = s3(
        "SignatureDoesNotMatch",
        MISMATCH,
        CanonicalRequest=f"GET\n/\n{query_of(count)}\nhost:{HOST}\n\nhost\n{EMPTY}",
    )
    sent = request(f"{ES}/?{url_of(count)}")
    start = time.process_time()
    explain(response, signer=SIGNER, request=sent)
    return time.process_time() - start


def test_time_is_linear_in_the_number_of_secrets():
    tokens = "&".join(f"token{number}=aaaaaaaa{number}" for number in range(10_000))
    sent = request(f"{ES}/?{tokens}")
    start = time.process_time()
    explain(json.dumps({"message": f"{MISMATCH} {'a' * 300_000}"}), request=sent)
    # Each token replaced after the other takes 20 s.
    assert time.process_time() - start < 3


def query(form):
    return lambda count: "&".join(form.format(i) for i in range(count))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("b{}=b", "a{}=b"), ("b{}=b", "b{}=c"), ("b{}=b", "a{}=***"), ("token{}=b", "token{}=c")],
)
def test_time_is_linear_in_the_number_of_differences(ours, theirs):
    # With a quadratic algorithm, this takes more than 2 s.
    assert seconds(query(ours), query(theirs), 25_000) < 1


@pytest.mark.parametrize(
    "part",
    [
        "<Code ",
        '"token": ',
        '"token": [',
        '"token": ["a",',
        "<token><![CDATA[",
        "token=",
        "<token>",
        "token%3D",
        "token%3D%26",
        "authorization:AWS4-",
        '"token": [[',
        '"$token", "a',
        '("token", "a',
        '"name": "token", "value": "a',
        '"token" , ',
        "&quot;token&quot;:&quot;",
        '\\"token\\" => \\',
        "\x1b[0m",
        "\x1b[1;",
        '{"a": "<a>',
        '{\\"a\\": \\"',
        "--token ",
        "Bearer\t",
        "cookie=&",
        "cookie:</",
        "authorization=&",
        "a" * 9,
        "=",
        " ",
        "\t",
        "-u ",
    ],
)
def test_time_is_linear_in_the_length_of_a_response(part):
    start = time.process_time()
    # The brace ends each list.
    explain(part * (1024 * 1024 // len(part)) + "{", signer=SIGNER)
    assert time.process_time() - start < 2
