# Options of request that curl has, too.

from __future__ import annotations

import pytest

from support.command import assert_mistake, run
from support.servers.raw import raw_server
from support.servers.recording import RecordingServer

SCOPE = ("--region", "us-east-1", "--service", "execute-api")
ACCEPTED = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nX-A: \xc3\xa4\r\n\r\ncontent"
REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\n\r\nmissing"
HEAD = ACCEPTED.partition(b"content")[0]
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def server():
    with RecordingServer() as server:
        yield server


def request(host, *arguments, **options):
    return run("request", f"http://{host}/", *arguments, *SCOPE, **options)


@pytest.mark.parametrize(
    ("before", "after", "method"),
    [
        ([], ["-X", "PUT"], "PUT"),
        ([], ["--request", "delete"], "DELETE"),
        ([], ["-XPATCH", "-d", "x"], "PATCH"),
        (["put"], ["-X", "PUT"], "PUT"),
        (["HEAD"], ["-I"], "HEAD"),
        ([], ["--head"], "HEAD"),
        ([], ["-I", "-X", "HEAD"], "HEAD"),
        ([], ["-d", "x"], "POST"),
        ([], [], "GET"),
    ],
)
def test_method_may_be_an_option(server, before, after, method):
    completed = run("request", *before, server.url("/"), *after, *SCOPE)
    assert completed.returncode == 0, completed.stderr
    assert [arrived.method for arrived in server.arrived] == [method]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (["PUT"], ["-X", "POST"], ["more than one method, POST and PUT"]),
        (["GET"], ["-I"], ["more than one method, GET and HEAD"]),
        ([], ["-I", "-X", "PUT"], ["more than one method, HEAD and PUT"]),
        ([], ["-I", "-d", "x"], ["-I sends HEAD, which has no body"]),
        ([], ["-X", "P UT"], ["-X 'P UT' is not a method"]),
        ([], ["-X", ""], ["-X '' is not a method"]),
    ],
)
def test_contradiction_is_a_usage_error(before, after, words):
    assert_mistake(run("request", *before, "http://localhost:1/", *after, *SCOPE), *words)


@pytest.mark.parametrize("option", ["-i", "--include"])
def test_headers_come_before_the_body(option):
    with raw_server(ACCEPTED) as host:
        completed = request(host, option)
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, ACCEPTED, b"")


def test_headers_go_to_the_file_of_the_output(tmp_path):
    with raw_server(ACCEPTED) as host:
        assert request(host, "-i", "-o", tmp_path / "file").stdout == b""
    assert (tmp_path / "file").read_bytes() == ACCEPTED


def test_headers_of_an_error_are_shown():
    with raw_server(REFUSED) as host:
        completed = request(host, "-i")
    assert (completed.returncode, completed.stdout) == (22, REFUSED)


def test_headers_of_all_redirects_are_shown(server):
    server.redirect("/from", 302, "/to")
    completed = run("request", server.url("/from"), "-sIL", *SCOPE)
    lines = completed.stdout.decode().split("\r\n")
    assert [line for line in lines if line.startswith(("HTTP/", "Location"))] == [
        "HTTP/1.0 302 Found",
        "Location: /to",
        "HTTP/1.0 200 OK",
    ]


@pytest.mark.parametrize("arguments", [["-I"], ["-X", "HEAD"]])
def test_response_to_head_is_its_headers(arguments):
    with raw_server(HEAD) as host:
        completed = request(host, *arguments)
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, HEAD, b"")


@pytest.mark.parametrize("option", ["-s", "--silent"])
def test_silent_error_has_its_body_and_no_message(option):
    with raw_server(REFUSED) as host:
        completed = request(host, option)
    assert (completed.returncode, completed.stdout, completed.stderr) == (22, b"missing", b"")


def test_silent_error_of_a_file_shows_nothing(tmp_path):
    with raw_server(REFUSED) as host:
        completed = request(host, "-s", "-o", tmp_path / "file")
    assert (completed.returncode, completed.stdout, completed.stderr) == (22, b"", b"")
    assert list(tmp_path.iterdir()) == []


def test_silent_failure_has_its_status():
    completed = request("unknown.invalid", "-s")
    assert (completed.returncode, completed.stdout, completed.stderr) == (6, b"", b"")


def test_silence_leaves_what_was_asked_for():
    with raw_server(ACCEPTED) as host:
        completed = request(host, "-sv")
    assert completed.stdout == b"content"
    assert b"\n< HTTP/1.1 200 OK\n" in completed.stderr
    assert_mistake(request("localhost:1", "-s", "--nothing"), "no such option --nothing")


@pytest.mark.parametrize("option", ["-d", "--data", "--data-binary"])
@pytest.mark.parametrize("place", ["file", "-"])
def test_bytes_of_a_file_are_sent_exactly(server, tmp_path, option, place):
    body = b"\r\n{}\n\0\xff\r\n"
    (tmp_path / "file").write_bytes(body)
    completed = run(
        *("request", server.url("/"), option, f"@{place}", *SCOPE), cwd=tmp_path, stdin=body
    )
    assert completed.returncode == 0
    assert server.arrived[0].body == body


def test_several_texts_are_joined(server):
    run("request", server.url("/"), "-d", "a=b", "--data-binary", "c=d", *SCOPE)
    (arrived,) = server.arrived
    assert arrived.body == b"a=b&c=d"
    completed = run("request", server.url("/"), "-d", "a=b", "-d", "@file", *SCOPE)
    assert_mistake(completed, "-d @FILE is all of the body")


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        ("Action=GetCallerIdentity&Version=2011-06-15", FORM),
        ("a.b-c=d%20e+f&g[0]=", None),
        ("a=", FORM),
        ("a", None),
        ("a = b", None),
        ("a=b&c", None),
        ('<a b="c"/>', None),
        (" {}", "application/json"),
        ("[]", "application/json"),
    ],
)
@pytest.mark.parametrize("place", ["text", "stdin"])
def test_type_of_a_body_is_guessed(server, text, content_type, place):
    data = text if place == "text" else "@-"
    run("request", server.url("/"), "-d", data, *SCOPE, stdin=text.encode())
    (arrived,) = server.arrived
    assert arrived.headers["Content-Type"] == content_type
    assert arrived.body == text.encode()
