# Every kind of redirect, followed by every client over real sockets.

from __future__ import annotations

import socket
from urllib.parse import unquote_plus

import pytest

from support.clients import ALL, Auth
from support.oracles import EMPTY_HASH
from support.redirects import STATUS_CODES, is_followed, is_sent_again, is_signed_when_refused
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET, TEMPORARY, TOKEN

SIGNATURE_HEADERS = {
    "authorization",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-region-set",
    "x-amz-s3session-token",
    "x-amz-security-token",
}
FOLLOWING = [client for client in ALL if client.follows]

every_client = pytest.mark.parametrize("client", FOLLOWING, ids=str)
every_status_code = pytest.mark.parametrize("status_code", STATUS_CODES)
every_method = pytest.mark.parametrize("method", ["GET", "POST"])


@pytest.fixture
def other():
    """Return a server that accepts unsigned requests, and refuses our key."""
    with VerifyingServer(anonymous=True) as other:
        yield other


def follow(client, server, method, *, service="es", authority=None, headers=()):  # noqa: PLR0913
    server.strict = client.signs_all
    body = b"body" if method == "POST" else None
    with client.session(Auth(TEMPORARY, service=service), authority=authority) as session:
        return session.send(method, server.url("/first?a=1"), headers, body)


def signed(client, server):
    """Return the signed requests that arrived, after checking that all were accepted."""
    arrivals = [arrived for arrived in server.arrived if arrived.authorization is not None]
    assert [arrived.error for arrived in arrivals] == [""] * len(arrivals)
    unsigned = [arrived for arrived in server.arrived if arrived.authorization is None]
    assert not unsigned or is_signed_when_refused(client)
    for arrived in unsigned:
        check_unsigned(arrived)
    return arrivals


def check_unsigned(arrived):
    assert arrived.names().isdisjoint(SIGNATURE_HEADERS)
    assert TOKEN not in str(arrived.head)


def check_left(client, redirect, reply, arrivals):
    """Check that a redirect was followed to another origin without any part of the signature."""
    (first,), followed = arrivals
    assert first.error == ""
    if is_followed(client, *redirect):
        (second,) = followed
        assert reply.status == 200
        check_unsigned(second)
    else:
        assert (reply.status, followed) == (redirect[0], [])


@every_client
@every_method
@every_status_code
@pytest.mark.parametrize("service", ["es", "s3"])
def test_same_origin_is_signed_again(client, server, status_code, method, service):
    location = "/second/a%20b//c;d?q=1&q2=a%2Fb+c"
    server.redirects["/first"] = status_code, location

    reply = follow(client, server, method, service=service)

    if not is_followed(client, status_code, method):
        assert (reply.status, len(server.arrived)) == (status_code, 1)
        return
    assert reply.status == 200
    first, second = signed(client, server)
    assert first.authorization.signature != second.authorization.signature
    keeps = is_sent_again(client, status_code, method)
    assert second.head.method == (method if keeps else "GET")
    assert second.body.content == (first.body.content if keeps else b"")
    # Clients encode a URL differently.
    assert unquote_plus(second.target) == unquote_plus(location)


@every_client
@every_method
@every_status_code
def test_other_port_receives_no_signature(client, server, other, status_code, method):
    server.redirects["/first"] = status_code, other.url("/second")

    reply = follow(client, server, method)

    check_left(client, (status_code, method), reply, (server.arrived, other.arrived))


@every_client
@every_method
@every_status_code
def test_other_host_receives_no_signature(client, server, status_code, method):
    server.redirects["/first"] = status_code, server.url("/second", name="localhost")
    server.anonymous = True

    reply = follow(client, server, method)

    followed = server.arrived[1:]
    check_left(client, (status_code, method), reply, (server.arrived[:1], followed))
    assert all(arrived.head.value("host").startswith("localhost:") for arrived in followed)


@every_client
@every_method
@every_status_code
def test_http_receives_no_signature_for_https(client, authority, other, status_code, method):
    with VerifyingServer(tls=authority.server) as server:
        server.accept(ACCESS_KEY, SECRET, TOKEN)
        server.redirects["/first"] = status_code, other.url("/second")

        reply = follow(client, server, method, authority=authority)

    check_left(client, (status_code, method), reply, (server.arrived, other.arrived))


@every_client
@pytest.mark.parametrize("name", sorted(SIGNATURE_HEADERS))
def test_no_header_of_a_signature_reaches_another_origin(client, server, other, name):
    """Including those that the caller has set, such as the token of another session."""
    server.redirects["/first"] = 307, other.url("/second")
    value = EMPTY_HASH if name == "x-amz-content-sha256" else "a"

    reply = follow(client, server, "GET", headers=[(name, value.encode())])

    check_left(client, (307, "GET"), reply, (server.arrived, other.arrived))


@every_client
def test_token_of_s3_express_does_not_reach_another_origin(client, server, other):
    server.redirects["/first"] = 307, other.url("/second")

    reply = follow(client, server, "GET", service="s3express")

    assert server.arrived[0].head.value("x-amz-s3session-token") == TOKEN
    check_left(client, (307, "GET"), reply, (server.arrived, other.arrived))


@every_client
def test_host_with_a_trailing_dot_is_the_same_origin(client, server, monkeypatch):
    lookup = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _host, *args, **kw: lookup("127.0.0.1", *args, **kw)
    )
    if client.name == "aws_auth":
        pytest.skip("it signs the host that it is given")
    server.strict = client.signs_all
    server.redirects["/first"] = 307, "/second"

    reply = client.send(Auth(TEMPORARY), "GET", server.url("/first", name="example.test."))

    assert reply.status == 200
    assert [arrived.head.target for arrived in signed(client, server)] == [b"/first", b"/second"]


@every_client
def test_redirects_after_another_origin_are_not_signed(client, server, other):
    server.redirects["/first"] = 302, other.url("/elsewhere")
    other.redirects["/elsewhere"] = 302, server.url("/back")
    server.redirects["/back"] = 307, "/further"
    server.anonymous = True

    follow(client, server, "GET")

    first, back, further = server.arrived
    assert first.authorization is not None
    for arrived in (*other.arrived, back, further):
        check_unsigned(arrived)


@every_client
def test_refused_redirect_back_is_not_signed(client, server, other):
    server.redirects["/first"] = 302, "/second"
    server.redirects["/second"] = 302, other.url("/elsewhere")
    other.redirects["/elsewhere"] = 302, server.url("/back")

    reply = follow(client, server, "GET")

    *arrivals, back = server.arrived
    assert {arrived.target for arrived in arrivals} == {"/first?a=1", "/second"}
    assert (reply.status, back.target) == (403, "/back")
    for arrived in (*other.arrived, back):
        check_unsigned(arrived)


@every_client
def test_chain_on_the_same_origin_is_signed_at_each_step(client, server, other):
    server.redirects["/first"] = 307, "/second"
    server.redirects["/second"] = 302, "/third?a=1"
    server.redirects["/third"] = 303, other.url("/elsewhere")

    follow(client, server, "GET")

    assert [arrived.status for arrived in signed(client, server)] == [307, 302, 303]
    check_unsigned(other.arrived[0])


@every_client
def test_next_request_of_the_same_session_is_signed(client, server, other):
    server.strict = client.signs_all
    server.redirects["/first"] = 302, other.url("/elsewhere")
    with client.session(Auth(TEMPORARY)) as session:
        statuses = [session.send("GET", server.url(path)).status for path in ("/first", "/then")]

    assert (statuses, server.errors) == ([200, 200], [])
    assert server.arrived[-1].authorization is not None


@every_client
def test_headers_of_the_caller_are_signed_again(client, server):
    server.redirects["/first"] = 307, "/second"

    follow(client, server, "GET", headers=[("x-amz-meta-a", b"b   c")])

    arrivals = signed(client, server)
    assert [arrived.head.value("x-amz-meta-a") for arrived in arrivals] == ["b   c"] * 2
