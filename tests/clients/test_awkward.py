# Awkward requests, sent by every client to a server that verifies them.

from __future__ import annotations

import socket

import pytest

from rsigv4 import InvalidRequestError
from support.awkward import AWKWARD
from support.clients import ALL, Auth, Form, Json, Multipart
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET, TEMPORARY, TOKEN

ADDRESSES = sorted({awkward.address for awkward in AWKWARD})


@pytest.fixture(scope="module")
def servers():
    """Return a server by its address."""
    running = {address: VerifyingServer(address) for address in ADDRESSES}
    with running["127.0.0.1"], running["::1"]:
        for server in running.values():
            server.accept(ACCESS_KEY, SECRET, TOKEN)
        yield running


@pytest.fixture(scope="module", params=["es", "s3"])
def service(request):
    return request.param


@pytest.fixture(scope="module", params=ALL, ids=str)
def client(request):
    return request.param


@pytest.fixture(scope="module")
def session(client, service):
    with client.session(Auth(TEMPORARY, service=service)) as session:
        yield session


@pytest.mark.parametrize("awkward", AWKWARD, ids=str)
def test_request_arrives_as_signed(awkward, client, session, servers):
    server = servers[awkward.address]
    server.strict = client.signs_all
    server.arrived.clear()
    url = server.url(awkward.target).replace("://", f"://{awkward.userinfo}")

    reply = session.send(awkward.method, url, awkward.headers, awkward.body)

    (arrived,) = server.arrived
    assert (reply.status, arrived.error) == (200, "")
    assert arrived.head.method == awkward.method
    for name, value in awkward.headers:
        assert value in b", ".join(arrived.head.values(name.lower()))
        assert name.lower() in arrived.authorization.signed_headers or not client.signs_all
    if isinstance(awkward.body, (Form, Json, Multipart)):
        assert arrived.body.length
    else:
        assert arrived.body.content == (awkward.body or b"")


def test_trailing_dot_of_a_host_is_signed_as_sent(request, session, servers, monkeypatch):
    client = request.getfixturevalue("client")
    if str(client) == "aws_auth":
        request.applymarker(pytest.mark.xfail(reason="it signs the host that it is given"))
    # Some resolvers don't know localhost with a trailing dot.
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _host, *rest, **kwargs: resolve("127.0.0.1", *rest, **kwargs)
    )
    server = servers["127.0.0.1"]
    server.strict = client.signs_all
    server.arrived.clear()

    reply = session.send("GET", server.url("/").replace("127.0.0.1", "localhost."))

    (arrived,) = server.arrived
    assert (reply.status, arrived.error) == (200, "")


def test_number_of_awkward_requests():
    assert len(AWKWARD) == 38
    assert len({awkward.name for awkward in AWKWARD}) == 38


@pytest.mark.parametrize("target", ["/a?b=c#d", "/a#/b?c=d+e", "/#"])
@pytest.mark.parametrize("body", [b"", b"content"])
def test_fragment_is_neither_signed_nor_sent(client, session, servers, target, body):
    server = servers["127.0.0.1"]
    server.strict = client.signs_all
    server.arrived.clear()
    if client.name == "http.client":
        # http.client would send the fragment, and `Signer` can't know.
        with pytest.raises(InvalidRequestError, match=r"^url has a raw #"):
            session.send("POST", server.url(target), [], body)
        return

    reply = session.send("POST", server.url(target), [], body)

    (arrived,) = server.arrived
    assert (reply.status, arrived.error) == (200, "")
    assert arrived.head.target == target.partition("#")[0].encode()
