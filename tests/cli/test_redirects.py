# Which redirects the command follows, and what it sends to their target.

from __future__ import annotations

import pytest

from support.command import KEY, TEMPORARY_KEY, assert_mistake, run
from support.servers.recording import RecordingServer
from support.signing import SIGNATURE

SCOPE = ("--region", "us-east-1", "--service", "execute-api")


@pytest.fixture
def server():
    with RecordingServer() as server:
        yield server


def follow(server, *arguments, path="/from", **options):
    completed = run("request", server.url(path), *arguments, "-L", *SCOPE, **options)
    assert (completed.returncode, completed.stderr) == (0, b"")
    return server.arrived


def test_redirect_is_followed_only_on_request(server):
    server.redirect("/from", 302, "/to")
    completed = run("request", server.url("/from"), *SCOPE)
    assert (completed.returncode, completed.stderr) == (0, b"")
    assert [request.target for request in server.arrived] == ["/from"]


def test_redirect_to_the_same_origin_is_signed_again(server):
    server.redirect("/from", 302, "/to?a=b")
    first, second = follow(server, env=TEMPORARY_KEY)
    assert second.target == "/to?a=b"
    assert second.names() >= SIGNATURE
    assert second.headers["Authorization"] != first.headers["Authorization"]
    assert len(second.headers.get_all("Authorization")) == 1


def test_another_origin_receives_no_signature(server):
    server.redirect("/from", 307, server.url("/to", name="localhost"))
    _, second = follow(server, "Cookie:a=b", "X-Amz-Meta-A:b", env=TEMPORARY_KEY)
    assert second.target == "/to"
    assert not SIGNATURE & second.names()
    assert not {"cookie", "x-amz-meta-a"} & second.names()


def test_another_port_is_another_origin(server):
    with RecordingServer() as other:
        server.redirect("/from", 302, other.url("/to"))
        follow(server, env=TEMPORARY_KEY)
        (request,) = other.arrived
    assert not SIGNATURE & request.names()


def test_redirect_back_to_the_origin_is_not_signed(server):
    server.redirect("/from", 302, server.url("/away", name="localhost"))
    server.redirect("/away", 302, server.url("/back"))
    *_, last = follow(server)
    assert last.target == "/back"
    assert not SIGNATURE & last.names()


@pytest.mark.parametrize("status", [307, 308])
def test_file_is_sent_again(server, tmp_path, status):
    file = tmp_path / "file"
    file.write_bytes(b"x" * 100_000)
    server.redirect("/from", status, "/to")
    run("request", "PUT", server.url("/from"), f"@{file}", "-L", *SCOPE)
    first, second = server.arrived
    assert second.method == "PUT"
    assert second.body == first.body == b"x" * 100_000
    hashes = [request.headers["X-Amz-Content-Sha256"] for request in server.arrived]
    assert hashes[0] == hashes[1]


def test_see_other_is_sent_without_the_body(server):
    server.redirect("/from", 303, "/to")
    run("request", server.url("/from"), "a=b", "-L", *SCOPE)
    _, second = server.arrived
    assert (second.method, second.body) == ("GET", b"")


def test_endless_redirect_is_an_error(server):
    server.redirect("/from", 302, "/from")
    completed = run("request", server.url("/from"), "-L", *SCOPE)
    assert_mistake(completed, "redirects more than 20 times", status=47)


@pytest.mark.parametrize("location", ["ftp://example.com/", "file:///etc/passwd"])
def test_redirect_to_a_non_http_url_is_an_error(server, location):
    server.redirect("/from", 302, location)
    completed = run("request", server.url("/from"), "-L", *SCOPE)
    assert_mistake(completed, "non-HTTP URL", status=1)


def test_redirect_of_an_unsigned_request_is_not_signed(server):
    server.redirect("/from", 302, "/to")
    completed = run("request", server.url("/from"), "-L", "--unsigned", env={})
    assert completed.returncode == 0
    for request in server.arrived:
        assert not SIGNATURE & request.names()


def test_password_in_the_url_is_not_sent(server):
    url = server.url("/").replace("//", "//user:hunter2@")
    completed = run("request", url, "--unsigned", "-v", env={})
    assert completed.returncode == 0
    assert "authorization" not in server.arrived[0].names()
    assert b"hunter2" not in completed.stderr
    assert run("request", url, *SCOPE, env=KEY).returncode == 0
    assert server.arrived[1].headers["Authorization"].startswith("AWS4-HMAC-SHA256 ")


def test_netrc_is_not_read(server, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login user password hunter2\n")
    completed = run("request", server.url("/"), "--unsigned", env={"HOME": str(tmp_path)})
    assert completed.returncode == 0
    assert "authorization" not in server.arrived[0].names()
