# Refusals that say the clock is off, answered by every client.

from __future__ import annotations

import itertools
import time

import pytest

from bodies import CONTENT, generator
from clients import ALL, Auth
from rsigv4 import Credentials
from servers.verifying import VerifyingServer

KEY = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session//token+of/it==")
HOUR = 3600
#: The raw signer sees no response, and the drop-in does what the original did.
CORRECTING = [client for client in ALL if client.name not in {"aws_auth", "http.client"}]

#: httpx hands a file on as a stream, which is read into memory, and aiohttp takes no generators.
SENDING_FILES = [client for client in CORRECTING if "httpx" not in client.name]
SENDING_GENERATORS = [client for client in CORRECTING if client.name != "aiohttp"]

every_client = pytest.mark.parametrize("client", CORRECTING, ids=str)
every_service = pytest.mark.parametrize("service", ["es", "s3"])


@pytest.fixture
def server():
    with VerifyingServer() as server:
        server.accept(*KEY)
        yield server


def statuses(server):
    return [arrived.status for arrived in server.arrived]


@every_client
@every_service
@pytest.mark.parametrize("offset", [HOUR, -HOUR, 400], ids=["behind", "ahead", "a-little-behind"])
@pytest.mark.parametrize("body", [None, b"body"], ids=["no-body", "body"])
def test_refusal_is_answered_once_and_the_offset_kept(client, service, offset, body, server):
    server.clock = lambda: time.time() + offset
    with client.session(Auth(Credentials(*KEY), service=service)) as session:
        replies = [session.send("PUT", server.url("/a?b=c"), [], body).status for _ in range(3)]

    assert replies == [200] * 3
    assert statuses(server) == [403, 200, 200, 200]
    assert all(arrived.body.content == (body or b"") for arrived in server.arrived)


@every_client
def test_clock_of_the_server_is_learned_anew(client, server):
    offsets = [HOUR, HOUR, 0, 0, -HOUR]
    with client.session(Auth(Credentials(*KEY))) as session:
        for offset in offsets:
            server.clock = lambda offset=offset: time.time() + offset
            assert session.send("GET", server.url()).status == 200

    assert statuses(server) == [403, 200, 200, 403, 200, 200, 403, 200]


@every_client
def test_refusal_is_answered_where_a_redirect_leads(client, server):
    server.redirects["/first"] = 307, "/second"
    with client.session(Auth(Credentials(*KEY))) as session:
        assert session.send("GET", server.url("/first")).status == 200
        server.clock = lambda: time.time() + HOUR
        assert session.send("GET", server.url("/first")).status == 200


@pytest.mark.parametrize("client", SENDING_FILES, ids=str)
def test_file_is_sent_again_from_where_it_was(client, server, tmp_path):
    path = tmp_path / "body"
    path.write_bytes(b"before:" + CONTENT)
    server.clock = lambda: time.time() + HOUR
    with path.open("rb") as file:
        file.seek(7)
        reply = client.send(Auth(Credentials(*KEY)), "PUT", server.url(), [], file)

    assert reply.status == 200
    assert [arrived.body.content for arrived in server.arrived] == [CONTENT] * 2


@pytest.mark.parametrize("client", SENDING_GENERATORS, ids=str)
def test_body_in_memory_of_what_was_read_once_is_sent_again(client, server):
    server.clock = lambda: time.time() + HOUR

    reply = client.send(Auth(Credentials(*KEY)), "PUT", server.url(), [], generator())

    assert reply.status == 200
    assert [arrived.body.content for arrived in server.arrived] == [CONTENT] * 2


async def async_generator():
    for piece in generator():
        yield piece


@every_client
def test_body_in_chunks_is_not_sent_again(client, server):
    server.clock = lambda: time.time() + HOUR
    headers = [("Content-Length", str(len(CONTENT)).encode())]
    body = async_generator() if client.is_async else generator()
    with client.session(Auth(Credentials(*KEY), service="s3")) as session:
        assert session.send("PUT", server.url(), headers, body).status == 403
        assert session.send("PUT", server.url(), [], b"body").status == 200

    assert server.arrived[0].body.content == CONTENT


@every_client
def test_server_that_always_says_so_is_asked_twice(client, server):
    hours = itertools.count(1)
    server.clock = lambda: time.time() + HOUR * next(hours)

    reply = client.send(Auth(Credentials(*KEY)), "GET", server.url())

    assert reply.status == 403
    assert b"Signature expired" in reply.content
    assert statuses(server) == [403, 403]


@every_client
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_refusal_for_another_reason_is_not_answered(client, method, server):
    server.reject(KEY[0])

    reply = client.send(Auth(Credentials(*KEY)), method, server.url())

    assert reply.status == 403
    assert statuses(server) == [403]
    # What was read to find out is there for the caller.
    assert (b"security token" in reply.content) == (method == "GET")


@every_client
@every_service
def test_refusal_of_head_is_answered_by_its_date_alone(client, service, server):
    server.clock = lambda: time.time() + HOUR
    auth = Auth(Credentials(*KEY), service=service)
    assert client.send(auth, "HEAD", server.url()).status == 200
    assert statuses(server) == [403, 200]


@every_client
def test_many_requests_at_once_are_all_corrected(client, server):
    server.clock = lambda: time.time() + HOUR
    with client.session(Auth(Credentials(*KEY))) as session:
        replies = session.send_many(64, "GET", server.url())

    assert {reply.status for reply in replies} == {200}
    assert statuses(server).count(403) <= 64


def test_offset_of_one_server_is_not_that_of_another(server):
    # An auth is of one service; another server with another clock is learned anew.
    client = CORRECTING[0]
    with VerifyingServer(clock=lambda: time.time() + HOUR) as other:
        other.accept(*KEY)
        with client.session(Auth(Credentials(*KEY))) as session:
            for each in (server, other, server):
                assert session.send("GET", each.url()).status == 200
    assert statuses(server) == [200, 403, 200]
