# The command sends a presigned URL unchanged: it doesn't need a key or a region, or sign again.

from __future__ import annotations

import shlex
import subprocess

import pytest

from support.command import KEY, TEMPORARY_KEY, assert_mistake, environment, run
from support.oracles import Request, parameters, presigned_by_botocore
from support.servers.raw import raw_server
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET, SIGNATURE, TOKEN

NOTE = "rsigv4: the URL is presigned already: the request is not signed again\n"

with_or_without_a_key = pytest.mark.parametrize("env", [{}, TEMPORARY_KEY], ids=["no key", "key"])


@pytest.fixture
def server():
    with VerifyingServer(anonymous=True) as server:
        yield server


def presigned(url, method="GET"):
    key = (ACCESS_KEY, SECRET, TOKEN)
    return presigned_by_botocore(Request(service="s3", method=method, url=url, key=key))


def signature(url):
    return dict(parameters(url))["X-Amz-Signature"]


def check_as_it_is(server, url):
    (arrived,) = server.arrived
    assert url.endswith(arrived.target)
    assert not SIGNATURE & set(arrived.names())
    return arrived


@with_or_without_a_key
def test_presigned_url_is_sent_unchanged(server, env):
    url = presigned(server.url("/bucket/a%20b?versionId=7%2F"))
    completed = run("request", url, env=env)
    assert (completed.returncode, completed.stderr) == (0, b"")
    check_as_it_is(server, url)


@with_or_without_a_key
def test_file_is_uploaded_to_a_presigned_url(server, env, tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    url = presigned(server.url("/bucket/key"), "PUT")
    completed = run("request", "PUT", url, f"@{tmp_path / 'file'}", env=env)
    assert (completed.returncode, completed.stderr) == (0, b"")
    assert check_as_it_is(server, url).body.content == b"content"


def test_exchange_says_that_the_request_is_not_signed_again(server):
    url = presigned(server.url("/bucket/key"))
    completed = run("request", url, "-v", env={})
    assert completed.returncode == 0
    shown = completed.stderr.decode()
    assert shown.startswith(f"{NOTE}> GET /bucket/key?")
    assert "X-Amz-Signature=***" in shown
    assert signature(url) not in shown


def test_unsigned_request_has_no_such_note(server):
    completed = run("request", presigned(server.url("/bucket/key")), "-v", "--unsigned", env={})
    assert completed.returncode == 0
    assert NOTE not in completed.stderr.decode()


def test_refusal_is_an_http_error():
    response = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    with raw_server(response) as host:
        completed = run("request", presigned(f"http://{host}/bucket/key"), env={})
    assert completed.returncode == 22
    assert completed.stderr.startswith(b"rsigv4: error: the server responded with 403 Forbidden\n")
    assert b"not signed" not in completed.stderr


@with_or_without_a_key
def test_printed_curl_command_sends_the_url_unchanged(server, env):
    url = presigned(server.url("/bucket/a%20b?versionId=7%2F"))
    printed = run("request", url, "X-Amz-Meta-A:b", "--curl", env=env)
    assert (printed.returncode, printed.stderr.decode()) == (0, NOTE)
    assert url in shlex.split(printed.stdout.decode())
    subprocess.run(  # noqa: S603 - the command that was printed
        ["bash", "-c", printed.stdout.decode().strip() + " --silent --fail"],  # noqa: S607
        env=environment(NO_PROXY="*"),
        capture_output=True,
        timeout=60,
        check=True,
    )
    arrived = check_as_it_is(server, url)
    assert arrived.head.value("x-amz-meta-a") == "b"


@with_or_without_a_key
def test_dry_run_shows_the_request(server, env):
    url = presigned(server.url("/bucket/key"), "PUT")
    completed = run(
        "request", "PUT", url, "Content-Type:text/plain", "-d", "text", "--dry-run", env=env
    )
    assert (completed.returncode, completed.stderr.decode()) == (0, NOTE)
    heading, first, *others = completed.stdout.decode().splitlines()
    assert heading == "--- request ---"
    assert first.startswith("PUT /bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&")
    assert "X-Amz-Signature=***" in first
    assert first.endswith(" HTTP/1.1")
    assert "Content-Type: text/plain" in others
    assert others[-2:] == ["", "text"]
    assert not SIGNATURE & {line.partition(":")[0].lower() for line in others}
    assert signature(url) not in completed.stdout.decode()
    assert TOKEN not in completed.stdout.decode()
    assert server.arrived == []


@pytest.mark.parametrize("options", [[], ["--curl"], ["--dry-run"]])
def test_url_that_is_not_presigned_needs_a_key(server, options):
    url = server.url("/bucket/key?X-Amz-Expires=60&a=X-Amz-Signature")
    assert_mistake(run("request", url, *options, env={}), "no credentials found")
    region = run("request", url, *options, env=KEY)
    assert_mistake(region, "region is missing")
