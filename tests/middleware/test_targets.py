# The application receives the signed path and query with every server.

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from support.servers.gateways import SERVERS, running_gateway
from support.servers.targets import TARGETS, is_what_was_signed
from support.strategies import SEED, SEED_VARIABLE

DOCUMENT = Path(__file__).parents[2] / "docs" / "middleware.md"
EXAMPLES = 200


@pytest.fixture(scope="module", params=SERVERS)
def gateway(request):
    with running_gateway(request.param) as gateway:
        yield gateway


def test_table_of_targets(gateway):
    wrong = []
    for target in TARGETS:
        signed, response = target.call(gateway)
        if response.is_served:
            assert is_what_was_signed(signed, target.service, response), target
        if response.is_served != (gateway.name in target.served_by):
            wrong.append((target, response))
    assert not wrong


@pytest.mark.parametrize("service", ["execute-api", "s3"])
def test_status_headers_and_body(gateway, service):
    body = bytes(100_000)
    headers = gateway.signer(service).sign("PUT", f"http://{gateway.host}/a", None, body)
    response = gateway.send("/a", headers, method="PUT", body=body)
    assert (response.status, response.length) == (203, len(body))
    assert response.headers[b"content-type"] == b"application/json"
    assert response.headers[b"x-length"] == b"100000"


def test_refusal(gateway):
    response = gateway.send("/a")
    assert response.status == 403
    assert response.headers[b"x-amzn-errortype"] == b"MissingAuthenticationTokenException"
    assert json.loads(response.body) == {"message": "Missing Authentication Token"}


SEGMENTS = [
    *("a", "b%20c", "%C3%A9", "a:b@c", ";p=1", "~", "%7e", "+", "%2B", "admin", "x%25y", "%2Fa"),
    *("%23", "%3F", "%FF", "", ".", "..", "%2e%2e", "%00", "http:"),
]
PARAMETERS = [
    "a=1",
    "b=%20",
    "b=+",
    "c",
    "=d",
    "u=http://x/y",
    "e=%23",
    "f=%26g=1",
    "h=?",
    "%C3%A9",
]
PREFIXES = ["http://{host}", "http://{host}?x=", "http://other", "http:", "x:", "/", "//other", "*"]
INSERTED = [
    *("#", "?", "/", "//", "/./", "/../", "%2e", "%2F", "%3F", "%23", "%00", "%", "&", ";", "@"),
    *(":", "\\", "+", " ", "\t", "\x01", "\xe9", "\xc3\xa9", "http://{host}", "%FF"),
]


def signed_target(rnd):
    segments = rnd.choices(SEGMENTS, k=rnd.randint(1, 4))
    parameters = rnd.choices(PARAMETERS, k=rnd.randint(0, 3))
    return "/" + "/".join(segments) + ("?" + "&".join(parameters) if parameters else "")


def changed(rnd, target, host):
    """Return a target that an attacker may send with another target's signature."""
    for _ in range(rnd.randint(1, 2)):
        place = rnd.randrange(len(target) + 1)
        kind = rnd.randrange(7)
        if kind == 0:
            target = rnd.choice(PREFIXES).format(host=host) + target
        elif kind == 1:
            target = target[:place] + rnd.choice(INSERTED).format(host=host) + target[place:]
        elif kind == 2:
            target = target[:place] + target[place + 1 :]
        elif kind == 3:
            target = target.replace("?", rnd.choice(["#", "%3F", "??", "?&", "?#"]), 1)
        elif kind == 4:
            escape = rnd.choice(["%23", "%3F", "%2F", "%C3%A9", "%20", "%2e", "%25", "%2B"])
            raw = bytes.fromhex(escape.replace("%", "")).decode("latin-1")
            target = target.replace(*rnd.choice([(escape, raw), (raw, escape)]), 1)
        elif kind == 5:
            target = target[1:]
        else:
            # The signature still covers it: a query is decoded before it is signed.
            path, mark, query = target.partition("?")
            target = path + mark + "".join(f"%{ord(first):02x}" for first in query[:1]) + query[1:]
    return target


def test_fuzz_of_targets(gateway):
    rnd = random.Random(SEED)  # noqa: S311 - nothing is secret
    served = changed_and_served = 0
    for _ in range(EXAMPLES):
        signed = signed_target(rnd)
        url = f"http://{gateway.host}{signed}"
        service = rnd.choice(["execute-api", "s3"])
        signer = gateway.signer(service)
        headers = {}
        if rnd.random() < 0.5:
            signed = signer.presign("GET", url).removeprefix(f"http://{gateway.host}")
        else:
            headers = signer.sign("GET", url)
        sent = signed if rnd.random() < 0.3 else changed(rnd, signed, gateway.host)
        response = gateway.send(sent, headers)
        assert response.status < 500, (SEED_VARIABLE, SEED, sent)
        if response.is_served:
            served += 1
            changed_and_served += sent != signed
            is_right = is_what_was_signed(signed, service, response)
            assert is_right, (SEED_VARIABLE, SEED, service, signed, sent)
    # Otherwise the test would prove nothing.
    assert EXAMPLES / 20 < served < EXAMPLES / 2
    assert changed_and_served


def names(servers):
    return ", ".join(name.replace(", ", " with ") for name in servers)


def served_by(target):
    """Return which servers serve a target, in a few words."""
    serving = [name for name in SERVERS if name in target.served_by]
    others = [name for name in SERVERS if name not in target.served_by]
    if not serving or not others:
        return "all" if serving else "none"
    if len(serving) < len(others):
        return f"only {names(serving)}"
    return f"all but {names(others)}"


def table():
    """Return the table of docs/middleware.md, built from the expectations of these tests."""
    rows = [["request target", "served by"], ["---", "---"]]
    for target in TARGETS:
        sent = target.sent.format(host="HOST", signature="X-Amz-Signature=...")
        # Each non-ASCII character is one byte.
        sent = sent.encode("latin-1").decode("ascii", "backslashreplace")
        shown = f"`{sent}`" + (" (S3)" if target.service == "s3" else "")
        if target.signed not in {None, target.sent}:
            shown += f", signed as `{target.signed}`"
        rows.append([shown, served_by(target)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def test_table_of_the_documentation_matches():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert table() in text
    assert names(SERVERS) in " ".join(text.split())
