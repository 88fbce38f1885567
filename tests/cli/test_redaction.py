# The command never prints a secret, token or signature of a URL or header, in any spelling.

from __future__ import annotations

import pytest

from rsigv4._core import redact_canonical_request, redact_header, redact_text, redact_url
from support.command import TEMPORARY_KEY, run
from support.servers.raw import raw_server
from support.servers.recording import RecordingServer
from support.signing import TOKEN

SCOPE = ("--region", "us-east-1", "--service", "execute-api")
URL = "https://id.execute-api.us-east-1.amazonaws.com/test"

#: Parameters of URLs that are already signed.
SIGNED = ["X-Amz-Signature", "X-AMZ-SIGNATURE", "%58-amz-signature"]
SECRET_PARAMETERS = [
    *SIGNED,
    "X-Amz-Security-Token",
    "X-Amz-S3session-Token",
    "x-amz-security-token",
    "X%2DAmz%2dSecurity-Token",
    "Signature",
    "access_token",
    "sig",
]
SECRET_HEADERS = [
    "X-Amz-Security-Token",
    "x-amz-s3session-token",
    "X-AMZ-SECURITY-TOKEN",
    "Cookie",
    "X-Api-Key",
    "PROXY-AUTHORIZATION",
    "X-Amz-Server-Side-Encryption-Customer-Key",
]


def assert_redacted(text, *shown):
    assert "hunter2" not in text
    assert TOKEN not in text
    for part in shown:
        assert part in text


def test_dry_run_shows_no_secret_of_the_url():
    query = "&".join(f"{name}=hunter2,hunter2" for name in SECRET_PARAMETERS if name not in SIGNED)
    completed = run("request", f"{URL}?a=b&{query}", *SCOPE, "--dry-run", env=TEMPORARY_KEY)
    assert completed.returncode == 0
    shown = [f"{name}=***" for name in ("X-Amz-Security-Token", "access_token", "sig")]
    assert_redacted(completed.stdout.decode(), "&a=b&", *shown)


@pytest.mark.parametrize("name", SIGNED)
def test_dry_run_shows_no_signature_of_the_url(name):
    # Whether the URL is accepted or refused.
    completed = run("request", f"{URL}?{name}=hunter2", *SCOPE, "--dry-run", env=TEMPORARY_KEY)
    assert_redacted((completed.stdout + completed.stderr).decode())


def test_dry_run_shows_no_secret_of_a_header():
    headers = [f"{name}:hunter2 hunter2" for name in SECRET_HEADERS]
    completed = run("request", URL, *headers, "--dry-run", env=TEMPORARY_KEY)
    assert completed.returncode == 0
    shown = ["x-amz-security-token", "x-amz-server-side-encryption-customer-key"]
    assert_redacted(completed.stdout.decode(), *(f"\n{name}:***\n" for name in shown))


@pytest.mark.parametrize("header", ["Location", "LOCATION", "Content-Location", "Link"])
def test_exchange_shows_no_secret_of_a_url_in_the_response(header):
    url = "https://user:hunter2@example.com/a?b=c"
    query = "".join(f"&{name}=hunter2" for name in SECRET_PARAMETERS)
    response = f"HTTP/1.1 302 Found\r\n{header}: {url}{query}#d\r\nContent-Length: 0\r\n\r\n"
    with raw_server(response.encode()) as host:
        completed = run("request", f"http://{host}/", *SCOPE, "-v")
    assert completed.returncode == 0
    redacted = "".join(f"&{name}=***" for name in SECRET_PARAMETERS)
    shown = f"< {header}: https://***@example.com/a?b=c{redacted}#d\n"
    assert_redacted(completed.stderr.decode(), shown)


def test_exchange_shows_no_secret_of_the_request():
    with RecordingServer() as server:
        url = server.url("/?x-amz-security-token=hunter2&access_token=hunter2&a=b")
        headers = [f"{name}:hunter2" for name in SECRET_HEADERS if "X-AMZ" not in name.upper()]
        completed = run(
            "request", url, *headers, "Referer:/?sig=hunter2", *SCOPE, "-v", env=TEMPORARY_KEY
        )
    assert completed.returncode == 0
    assert_redacted(
        completed.stderr.decode(),
        "> GET /?x-amz-security-token=***&access_token=***&a=b HTTP/1.1\n",
        "> X-Amz-Security-Token: ***\n",
        "> Referer: /?sig=***\n",
        "Signature=***\n",
    )


def test_exchange_shows_no_secret_of_the_response():
    response = (
        "HTTP/1.1 200 OK\r\nset-cookie: hunter2; Secure\r\nX-AUTH-TOKEN: hunter2\r\n"
        'WWW-Authenticate: Basic realm="Search"\r\nETag: "\x1b]0;\u202etitle"\r\n'
        "Content-Length: 0\r\n\r\n"
    )
    with raw_server(response.encode()) as host:
        completed = run("request", f"http://{host}/", *SCOPE, "-v")
    assert completed.returncode == 0
    shown = completed.stderr.decode()
    assert_redacted(shown, "< set-cookie: ***\n", "< X-AUTH-TOKEN: ***\n")
    assert '< WWW-Authenticate: Basic realm="Search"\n' in shown
    assert r'< ETag: "\x1b]0;\u202etitle"' in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ["request", "example.com/?X-Amz-Security-Token=hunter2,hunter2"],
        ["request", "user:hunter2@example.com/"],
        ["request", "https://user:hunter2/hunter2@example.com/"],
        ["request", URL, "X-Api-Key:hunter2\x0b"],
        ["request", URL, "-H", "Authorization Bearer hunter2"],
        ["presign", URL, f"{URL}?X-Amz-Signature=hunter2"],
        ["presign", "ftp://user:hunter2@example.com/"],
        ["explain", "/missing?token=hunter2"],
    ],
)
def test_usage_error_shows_no_secret(arguments):
    completed = run(*arguments)
    assert completed.returncode == 2
    assert_redacted(completed.stderr.decode(), "rsigv4: error: ")


def test_refused_request_is_shown_without_secrets():
    presigned = run("presign", f"{URL}?Access_Token=hunter2", env=TEMPORARY_KEY).stdout.decode()
    completed = run("verify", f"{presigned.strip()}&z=1", "--env", env=TEMPORARY_KEY)
    assert completed.returncode == 1
    assert_redacted(completed.stdout.decode(), "\nAccess_Token=***&", "&X-Amz-Security-Token=***&")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/a?b=c", "/a?b=c"),
        ("/a?b=c&X-Amz-Signature=hunter2", "/a?b=c&X-Amz-Signature=***"),
        ("/a?X-Amz-Signature=", "/a?X-Amz-Signature="),
        ("/a?next=https%3A%2F%2Fb%3FX-Amz-Signature%3Dhunter2", None),
        ("/a?next=https://user:hunter2@b/", "/a?next=https://***@b/"),
        ("/a#access_token=hunter2&b=c", "/a#access_token=***&b=c"),
        ("//user:hunter2@host/@a", "//***@host/@a"),
        ("https://hunter2@host", "https://***@host"),
        ("https://host/a@b", "https://host/a@b"),
        ("https://host?a@b", "https://host?a@b"),
    ],
)
def test_a_url(url, shown):
    assert shown in {redact_url(url), None}
    assert "hunter2" not in redact_url(url)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "AWS4-HMAC-SHA256 Credential=A/b, Signature=hunter2", None),
        ("authorization", "Basic hunter2", "***"),
        ("AUTHORIZATION", "AWS AKID:hunter2", "***"),
        ("X-Amz-Security-Token", "AWS4-hunter2", "***"),
        ("Access-Control-Allow-Credentials", "true", "true"),
        ("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD", "UNSIGNED-PAYLOAD"),
        ("X-Amz-Copy-Source", "/bucket/key?versionId=1", "/bucket/key?versionId=1"),
        ("Content-Type", "application/json; charset=utf-8", "application/json; charset=utf-8"),
    ],
)
def test_a_header(name, value, shown):
    assert shown in {redact_header(name, value), None}
    assert "hunter2" not in redact_header(name, value)


def test_a_canonical_request_keeps_its_lines():
    text = "GET\n/a\na=b&sig=hunter2\nhost:h\nx-api-key:hunter2 hunter2\n\nhost;x-api-key\nhash"
    expected = "GET\n/a\na=b&sig=***\nhost:h\nx-api-key:***\n\nhost;x-api-key\nhash"
    assert redact_canonical_request(text) == expected
    assert redact_canonical_request(expected) == expected


def test_words_are_kept():
    for words in ("region is missing: pass --region us-east-1", "user@example.com is not a host"):
        assert redact_text(words) == words
