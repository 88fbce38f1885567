# rsigv4 verify: requests signed by botocore, as files and as arguments.

from __future__ import annotations

import datetime as dt

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from support.command import KEY, TEMPORARY_KEY, assert_mistake, run
from support.oracles import Request, clock_of_botocore, presigned_by_botocore
from support.signing import ACCESS_KEY, SECRET, TOKEN

URL = "https://id.execute-api.us-east-1.amazonaws.com/test/a%20b?c=d&e"
PERMANENT = (ACCESS_KEY, SECRET, None)


def now():
    return dt.datetime.now(dt.timezone.utc).replace(microsecond=0)


def signed(method="GET", *, body=b"", headers=None, key=PERMANENT, moment=None):
    """Return the headers of a request signed by botocore."""
    request = AWSRequest(method, URL, headers or {}, body)
    with clock_of_botocore(moment or now()):
        SigV4Auth(Credentials(*key), "execute-api", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def raw(method="GET", *, body=b"", **options):
    """Return such a request as an HTTP/1.1 message."""
    host, slash, path = URL.partition("//")[2].partition("/")
    headers = {"Host": host, **signed(method, body=body, **options)}
    if body:
        headers["Content-Length"] = str(len(body))
    head = [f"{method} {slash}{path} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items())]
    return "\r\n".join([*head, "", ""]).encode() + body


def rows(completed):
    assert (completed.returncode, completed.stderr) == (0, b"")
    return dict(line.split(": ", 1) for line in completed.stdout.decode().splitlines())


def stripped(rows):
    return {name: value.strip() for name, value in rows.items()}


def test_identity_is_shown():
    moment = now()
    shown = stripped(rows(run("verify", "--request", "-", stdin=raw(moment=moment))))
    assert shown == {
        "access key id": ACCESS_KEY,
        "algorithm": "AWS4-HMAC-SHA256",
        "region": "us-east-1",
        "service": "execute-api",
        "signed at": moment.isoformat(),
        "signed headers": "host;x-amz-date",
        "payload": "signed",
    }


def test_file_contains_a_request_with_its_body(tmp_path):
    file = tmp_path / "request.http"
    # Editors end a file with a line break, which is not part of the body.
    file.write_bytes(raw("POST", body=b'{"a": 1}', headers={"Content-Type": "text/csv"}) + b"\n")
    shown = rows(run("verify", "--request", file))
    assert "content-type;host;x-amz-date" in shown["signed headers"]


def test_session_token_is_verified():
    request = raw(key=(ACCESS_KEY, SECRET, TOKEN))
    assert rows(run("verify", "--request", "-", stdin=request, env=TEMPORARY_KEY))
    completed = run("verify", "--request", "-", stdin=request, env=KEY)
    assert_refused(completed, "UnrecognizedClientException")


def test_request_in_arguments_is_verified():
    headers = signed("PUT", body=b"text", headers={"Content-Type": "text/plain"})
    options = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    assert rows(run("verify", "PUT", URL, *options, "-d", "text"))
    assert rows(run("verify", "PUT", URL, *options, "@-", stdin=b"text"))
    completed = run("verify", "PUT", URL, *options, "-d", "other")
    assert_refused(completed, "InvalidSignatureException")


def test_request_with_a_body_is_a_post_by_default():
    headers = signed("POST", body=b"text", headers={"Content-Type": "text/plain"})
    options = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    assert rows(run("verify", URL, *options, "-d", "text"))


def test_presigned_url_is_verified():
    url = "https://bucket.s3.us-east-1.amazonaws.com/key"
    moment = now()
    request = Request(service="s3", url=url, key=PERMANENT, moment=moment, expires_in=600)
    shown = stripped(rows(run("verify", presigned_by_botocore(request))))
    assert shown["expires at"] == (moment + dt.timedelta(seconds=600)).isoformat()
    assert shown["payload"] == "unsigned"


def assert_refused(completed, code):
    assert completed.returncode == 1
    (line,) = completed.stderr.decode().splitlines()
    assert line.startswith(f"rsigv4: error: {code}: ")


def test_refusal_of_a_wrong_secret_shows_the_expected_request():
    completed = run("verify", "--request", "-", stdin=raw(key=(ACCESS_KEY, "wrong", None)))
    assert_refused(completed, "InvalidSignatureException")
    lines = completed.stdout.decode().splitlines()
    assert lines[:4] == ["--- canonical request ---", "GET", "/test/a%2520b", "c=d&e="]
    assert "--- string to sign ---" in lines


def test_another_key_is_refused():
    completed = run("verify", "--request", "-", stdin=raw(), env={**KEY, "AWS_ACCESS_KEY_ID": "A"})
    assert_refused(completed, "UnrecognizedClientException")


@pytest.mark.parametrize(("option", "value"), [("--region", "eu-west-1"), ("--service", "s3")])
def test_another_scope_is_refused(option, value):
    completed = run("verify", "--request", "-", option, value, stdin=raw())
    assert_refused(completed, "InvalidSignatureException")


def test_old_request_is_verified_at_its_time_of_arrival():
    old = raw(moment=dt.datetime(2015, 8, 30, 12, 36, tzinfo=dt.timezone.utc))
    completed = run("verify", "--request", "-", stdin=old)
    assert_refused(completed, "InvalidSignatureException")
    for at in ("2015-08-30T12:36Z", "2015-08-30T12:37:00", "2015-08-30T14:36:00+02:00"):
        # Without an offset, a time is in UTC, also on a machine in another time zone.
        env = {**KEY, "TZ": "America/New_York"}
        assert rows(run("verify", "--request", "-", "--at", at, stdin=old, env=env))


def test_unsigned_request_is_refused():
    completed = run("verify", URL)
    assert_refused(completed, "MissingAuthenticationTokenException")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["pass a URL, or --request"]),
        ([URL, "--request", "-"], ["pass a URL, or --request"]),
        (["GET"], ["URL is missing"]),
        ([URL, "--at", "yesterday"], ["'yesterday' is not a time"]),
        ([URL, "a==b"], ["put it in the URL"]),
        (["--request", "/missing"], ["/missing", "No such file"]),
        (["--request", "/dev/null"], ["not begin with a line such as"]),
        (["--request", "-", "-d", "a"], ["no -d"]),
        (["example.com"], ["is not a URL"]),
    ],
)
def test_usage_error_is_one_line(arguments, words):
    assert_mistake(run("verify", *arguments), *words)


def test_missing_access_key_is_a_usage_error():
    assert_mistake(run("verify", URL, env={}), "AWS_ACCESS_KEY_ID")
