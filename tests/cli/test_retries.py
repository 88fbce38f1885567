# --retry and --max-time, as in curl.

from __future__ import annotations

import datetime as dt
import time
from contextlib import suppress
from email.utils import formatdate
from types import SimpleNamespace

import pexpect
import pytest

from rsigv4.cli.retries import Tries, retry_after
from support.command import KEY, RSIGV4, assert_mistake, environment, run
from support.servers.loopback import LoopbackServer
from support.servers.raw import raw_server

SCOPE = ("--region", "us-east-1", "--service", "s3")
#: So many tries that one may be slow on a busy machine.
PATIENT = "9"


class FailingServer(LoopbackServer):
    """Responds with the statuses one after another, then with 200; None never responds."""

    def __init__(self, *statuses, retry_after="0"):
        super().__init__(self.respond)
        self.statuses = list(statuses)
        self.retry_after = retry_after
        self.arrived = []

    def respond(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        moment = time.monotonic()
        self.arrived.append(SimpleNamespace(headers=handler.headers, body=body, moment=moment))
        status = self.statuses.pop(0) if self.statuses else 200
        if status is None:
            # Until the client has had enough.
            with suppress(OSError):
                handler.rfile.read(1)
            return
        handler.send_response(status)
        handler.send_header("Content-Length", "2")
        if self.retry_after is not None:
            handler.send_header("Retry-After", self.retry_after)
        handler.end_headers()
        handler.wfile.write(b"no" if status >= 400 else b"OK")


def request(server, *arguments, **options):
    return run("request", server.url("/"), *arguments, *SCOPE, **options)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_transient_error_is_tried_again(status):
    with FailingServer(status, status) as server:
        completed = request(server, "--retry", "3")
    assert (completed.returncode, completed.stdout) == (0, b"OK")
    first, second = completed.stderr.decode().splitlines()
    assert first.startswith(f"rsigv4: the server responded with {status} ")
    assert first.endswith(": trying again in 0 s, 2 more after that")
    assert second.endswith(": trying again in 0 s, 1 more after that")
    assert len(server.arrived) == 3


@pytest.mark.parametrize("status", [400, 404, 501])
def test_other_errors_are_not_tried_again(status):
    with FailingServer(status) as server:
        completed = request(server, "--retry", "3")
    assert (completed.returncode, len(server.arrived)) == (22, 1)


def test_error_that_stays_is_shown_once():
    with FailingServer(503, 503, 503) as server:
        completed = request(server, "--retry", "1", "-i")
    assert (completed.returncode, len(server.arrived)) == (22, 2)
    assert completed.stdout.count(b"HTTP/1.0 503") == 1
    assert completed.stdout.endswith(b"\r\n\r\nno")
    assert b"trying again in 0 s\n" in completed.stderr


def test_without_retry_there_is_one_try():
    with FailingServer(503) as server:
        assert request(server).returncode == 22
    assert len(server.arrived) == 1


def test_silence_covers_retries():
    with FailingServer(503) as server:
        completed = request(server, "--retry", "1", "-s")
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, b"OK", b"")


@pytest.mark.parametrize("source", ["text", "file", "stdin"])
def test_each_try_is_signed_again_and_sends_the_whole_body(source, tmp_path):
    body = b"x" * 300_000 if source != "text" else b"text"
    (tmp_path / "body").write_bytes(body)
    data = {"text": "text", "file": f"@{tmp_path / 'body'}", "stdin": "@-"}[source]
    stdin = body if source == "stdin" else b""
    with FailingServer(503, retry_after="1") as server:
        completed = request(server, "-d", data, "--retry", "1", stdin=stdin)
    assert completed.returncode == 0
    assert [arrived.body for arrived in server.arrived] == [body, body]
    first, second = (arrived.headers.get_all("Authorization") for arrived in server.arrived)
    assert len(first) == len(second) == 1
    assert first != second


def test_second_try_waits_a_second():
    with FailingServer(500, retry_after=None) as server:
        completed = request(server, "--retry", "1")
    assert b": trying again in 1 s\n" in completed.stderr
    first, second = server.arrived
    assert second.moment - first.moment > 0.9


def test_waits_double_up_to_ten_minutes():
    tries = Tries(12)
    waits = [tries.next_wait(None) for _ in range(12)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]
    assert tries.left == 0


def test_server_may_choose_the_wait():
    tries = Tries(3)
    assert [tries.next_wait(asked) for asked in (7.0, 0.0, None)] == [7, 0, 4]


def test_retry_after_is_a_number_or_a_date(monkeypatch):
    monkeypatch.setattr("rsigv4.cli.retries.time", SimpleNamespace(time=lambda: 1_000_000_000.0))
    assert retry_after("120") == 120
    assert retry_after(formatdate(1_000_000_060, usegmt=True)) == 60
    assert retry_after(formatdate(999_999_999, usegmt=True)) == 0
    assert [retry_after(text) for text in (None, "", "soon", "-1", "1.5", "٣")] == [None] * 6
    # A server can't make the command wait for ever.
    assert retry_after("9" * 400) == 600
    assert retry_after("Fri, 31 Dec 9999 23:59:59 GMT") == 600


def test_timeout_is_tried_again():
    with FailingServer(None) as server:
        completed = request(server, "--retry", PATIENT, "--timeout", "0.3")
    assert (completed.returncode, completed.stdout) == (0, b"OK")
    assert b"longer than --timeout: trying again in 1 s, " in completed.stderr


@pytest.mark.parametrize("option", ["-m", "--max-time"])
def test_max_time_limits_a_silent_server(option):
    with FailingServer(None) as server:
        completed = request(server, option, "0.3")
    assert_mistake(completed, "longer than --max-time", status=28)


def test_max_time_limits_a_slow_body(tmp_path):
    # Each wait is short, and all of it would take for ever.
    def respond(handler):
        handler.send_response(200)
        handler.end_headers()
        with suppress(OSError):
            while True:
                handler.wfile.write(b"x")
                time.sleep(0.05)

    with LoopbackServer(respond) as server:
        completed = request(server, "--max-time", "0.7", "-o", tmp_path / "file")
    assert_mistake(completed, "longer than --max-time", status=28)
    assert list(tmp_path.iterdir()) == []


def test_max_time_is_for_each_try():
    with FailingServer(None) as server:
        completed = request(server, "--retry", PATIENT, "--max-time", "0.6")
    assert (completed.returncode, completed.stdout) == (0, b"OK")
    assert b"longer than --max-time: trying again in 1 s, " in completed.stderr


def test_max_time_does_not_limit_the_wait_between_tries():
    with FailingServer(503, retry_after="3") as server:
        completed = request(server, "--retry", PATIENT, "--max-time", "2")
    assert (completed.returncode, completed.stdout) == (0, b"OK"), completed.stderr


def test_max_time_limits_a_key_that_is_fetched_again():
    # It expires so soon that each signature asks for another, and may use it if there is none.
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    expiry = dt.datetime.fromtimestamp(time.time() + 200, dt.timezone.utc).isoformat()
    elements = "".join(f"<{name}>{'a' * 16}</{name}>" for name in names)
    response = f"<a>{elements}<Expiration>{expiry}</Expiration></a>".encode()
    asked = []

    def respond(handler):
        asked.append(handler.rfile.read(int(handler.headers["Content-Length"])))
        if len(asked) > 1:
            with suppress(OSError):
                handler.rfile.read(1)
            return
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(response)

    with LoopbackServer(respond) as sts, FailingServer() as server:
        options = ("--assume-role", "arn:aws:iam::1:role/a", "--max-time", "1")
        completed = request(server, *options, env={**KEY, "AWS_ENDPOINT_URL_STS": sts.url()})
    assert_mistake(completed, "longer than --max-time", status=28)
    assert (len(asked), server.arrived) == (2, [])


def test_max_time_that_suffices_changes_nothing():
    with FailingServer() as server:
        completed = request(server, "--max-time", "30")
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, b"OK", b"")


STALLED = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"


def test_body_that_is_partly_printed_is_not_tried_again():
    with raw_server(STALLED, hold=True) as host:
        arguments = ("request", f"http://{host}/", *SCOPE, "--timeout", "2", "--retry", "3")
        completed = run(*arguments)
    assert (completed.returncode, completed.stdout) == (28, b"abc")
    assert b"trying again" not in completed.stderr


def test_error_that_is_partly_shown_is_not_tried_again(tmp_path):
    with raw_server(STALLED.replace(b"200 OK", b"404 Not Found"), hold=True) as host:
        arguments = ("request", f"http://{host}/", *SCOPE, "--timeout", "2", "--retry", "3")
        completed = run(*arguments, "-o", tmp_path / "file")
    assert completed.returncode == 28
    assert b"abc" in completed.stderr
    assert b"trying again" not in completed.stderr


def test_body_for_a_file_is_tried_again(tmp_path):
    with raw_server(STALLED, hold=True) as host:
        arguments = ("request", f"http://{host}/", *SCOPE, "--timeout", "0.3", "--retry", "1")
        completed = run(*arguments, "-o", tmp_path / "file")
    assert completed.returncode == 28
    assert b"trying again in 1 s" in completed.stderr
    assert list(tmp_path.iterdir()) == []


def test_wait_can_be_interrupted():
    with FailingServer(503, retry_after="60") as server:
        child = pexpect.spawn(
            RSIGV4,
            ["request", server.url("/"), "--retry", "1", *SCOPE],
            env=environment(**KEY),
            encoding="utf-8",
            timeout=30,
        )
        child.expect("trying again in 60 s")
        child.sendintr()
        child.expect(pexpect.EOF)
        child.close()
    assert child.exitstatus == 130


NOT_NUMBERS = ("", "x", "-1", "nan", "inf", "1e30", "1_0", "\u0663", "9" * 5000, "1000001")


@pytest.mark.parametrize("option", ["-m", "--max-time", "--timeout", "--retry"])
@pytest.mark.parametrize("value", NOT_NUMBERS, ids=lambda value: value[:8])
def test_mistake_is_a_usage_error(option, value):
    completed = run("request", "https://localhost:1/", option, value, *SCOPE)
    assert_mistake(completed, option, f"{value!r} is not a number")


@pytest.mark.parametrize("options", [["-m", "0"], ["--timeout", "0"], ["-m0.0", "--timeout=0."]])
def test_zero_sets_no_limit(options):
    with FailingServer() as server:
        completed = request(server, *options)
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, b"OK", b"")


@pytest.mark.parametrize("options", [["-m", "1000000"], ["--timeout", "1000000"], ["-m", "99."]])
def test_limits_have_limits(options):
    with FailingServer() as server:
        completed = request(server, *options, "--retry", "999999")
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, b"OK", b"")
