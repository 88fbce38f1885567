# Refusals for a wrong clock, which every client corrects.

from __future__ import annotations

import copy
import datetime as dt
import itertools
import pickle
import time
from dataclasses import dataclass, field

import pytest

from rsigv4 import Credentials
from support.bodies import CONTENT, generator
from support.clients import ADAPTERS, Auth
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET, TEMPORARY, TOKEN

HOUR = 3600
YEAR = 365 * 24 * HOUR
NOW = 1_800_000_000
#: httpx passes a file on as a stream, which is buffered, and aiohttp doesn't accept generators.
SENDING_FILES = [client for client in ADAPTERS if "httpx" not in client.name]
SENDING_GENERATORS = [client for client in ADAPTERS if client.name != "aiohttp"]

#: Pool managers and openers can't be pickled.
PICKLED = [client for client in ADAPTERS if client.name not in {"urllib3", "urllib"}]

every_client = pytest.mark.parametrize("client", ADAPTERS, ids=str)
every_service = pytest.mark.parametrize("service", ["es", "s3"])


def amz_date(seconds):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def statuses(server):
    return [arrived.status for arrived in server.arrived]


@every_client
@every_service
@pytest.mark.parametrize("offset", [HOUR, -HOUR, 400], ids=["behind", "ahead", "a-little-behind"])
@pytest.mark.parametrize("body", [None, b"body"], ids=["no-body", "body"])
def test_wrong_clock_is_corrected_once_and_remembered(client, service, offset, body, server):
    server.clock = lambda: time.time() + offset
    with client.session(Auth(TEMPORARY, service=service)) as session:
        replies = [session.send("PUT", server.url("/a?b=c"), [], body).status for _ in range(3)]

    assert replies == [200] * 3
    assert statuses(server) == [403, 200, 200, 200]
    assert all(arrived.body.content == (body or b"") for arrived in server.arrived)


@every_client
def test_changed_clock_of_the_server_is_learned_again(client, server):
    offsets = [HOUR, HOUR, 0, 0, -HOUR]
    with client.session(Auth(TEMPORARY)) as session:
        for offset in offsets:
            server.clock = lambda offset=offset: time.time() + offset
            assert session.send("GET", server.url()).status == 200

    assert statuses(server) == [403, 200, 200, 403, 200, 200, 403, 200]


@every_client
def test_wrong_clock_is_corrected_after_a_redirect(client, server):
    server.redirects["/first"] = 307, "/second"
    with client.session(Auth(TEMPORARY)) as session:
        assert session.send("GET", server.url("/first")).status == 200
        server.clock = lambda: time.time() + HOUR
        assert session.send("GET", server.url("/first")).status == 200


@pytest.mark.parametrize("client", SENDING_FILES, ids=str)
def test_file_is_sent_again_from_its_offset(client, server, tmp_path):
    path = tmp_path / "body"
    path.write_bytes(b"before:" + CONTENT)
    server.clock = lambda: time.time() + HOUR
    with path.open("rb") as file:
        file.seek(7)
        reply = client.send(Auth(TEMPORARY), "PUT", server.url(), [], file)

    assert reply.status == 200
    assert [arrived.body.content for arrived in server.arrived] == [CONTENT] * 2


@pytest.mark.parametrize("client", SENDING_GENERATORS, ids=str)
def test_buffered_one_shot_body_is_sent_again(client, server):
    server.clock = lambda: time.time() + HOUR

    reply = client.send(Auth(TEMPORARY), "PUT", server.url(), [], generator())

    assert reply.status == 200
    assert [arrived.body.content for arrived in server.arrived] == [CONTENT] * 2


async def async_generator():
    for piece in generator():
        yield piece


@every_client
def test_body_signed_in_chunks_is_not_sent_again(client, server):
    server.clock = lambda: time.time() + HOUR
    headers = [("Content-Length", str(len(CONTENT)).encode())]
    body = async_generator() if client.is_async else generator()
    with client.session(Auth(TEMPORARY, service="s3")) as session:
        assert session.send("PUT", server.url(), headers, body).status == 403
        assert session.send("PUT", server.url(), [], b"body").status == 200

    assert server.arrived[0].body.content == CONTENT


@every_client
def test_clock_is_corrected_only_once_per_request(client, server):
    hours = itertools.count(1)
    server.clock = lambda: time.time() + HOUR * next(hours)

    reply = client.send(Auth(TEMPORARY), "GET", server.url())

    assert reply.status == 403
    assert b"Signature expired" in reply.content
    assert statuses(server) == [403, 403]


@every_client
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_refusal_for_another_reason_is_not_retried(client, method, server):
    server.reject(ACCESS_KEY)

    reply = client.send(Auth(TEMPORARY), method, server.url())

    assert reply.status == 403
    assert statuses(server) == [403]
    # The caller can read the response that we have read.
    assert (b"security token" in reply.content) == (method == "GET")


@every_client
@every_service
def test_refusal_of_head_is_corrected_from_its_date(client, service, server):
    server.clock = lambda: time.time() + HOUR
    auth = Auth(TEMPORARY, service=service)
    assert client.send(auth, "HEAD", server.url()).status == 200
    assert statuses(server) == [403, 200]


@every_client
def test_concurrent_requests_are_all_corrected(client, server):
    server.clock = lambda: time.time() + HOUR
    with client.session(Auth(TEMPORARY)) as session:
        replies = session.send_many(64, "GET", server.url())

    assert {reply.status for reply in replies} == {200}
    assert statuses(server).count(403) <= 64


@dataclass(frozen=True)
class KeptAuth(Auth):
    """Keeps the auths that it creates."""

    made: list = field(default_factory=list)

    def of(self, auth_class, **more):
        self.made.append(super().of(auth_class, **more))
        return self.made[-1]


@every_client
@pytest.mark.parametrize(
    ("now", "offset"),
    [(NOW, HOUR), (NOW, 80 * YEAR), (YEAR, NOW)],
    ids=["an hour", "a server in another century", "a device without a battery"],
)
def test_clock_is_kept_per_origin(client, now, offset, server, time_machine):
    time_machine.move_to(now)
    auth = KeptAuth(TEMPORARY)
    with VerifyingServer(clock=lambda: time.time() + offset) as other:
        other.accept(ACCESS_KEY, SECRET, TOKEN)
        with client.session(auth) as session:
            for each in (server, other, server, other, server):
                assert session.send("GET", each.url()).status == 200
    assert statuses(server) == [200] * 3
    assert statuses(other) == [403, 200, 200]


@every_client
def test_learned_clock_is_not_used_by_the_signer_or_to_presign(client, server, time_machine):
    time_machine.move_to(NOW, tick=False)
    auth = KeptAuth(TEMPORARY)
    server.clock = lambda: time.time() + HOUR
    with client.session(auth) as session:
        assert session.send("GET", server.url()).status == 200
        (made,) = auth.made
        assert made.signer.clock_offset == 0
        assert f"X-Amz-Date={amz_date(NOW)}" in made.signer.presign("GET", server.url())
        # A clock set by the caller applies to servers whose clock was not learned.
        made.signer.clock_offset = -HOUR
        assert session.send("GET", server.url()).status == 200

    assert made.signer.clock_offset == -HOUR
    assert statuses(server) == [403, 200, 200]
    assert f"X-Amz-Date={amz_date(NOW - HOUR)}" in made.signer.presign("GET", server.url())


@every_client
def test_credentials_that_have_expired_by_the_servers_clock_are_used(client, server, time_machine):
    time_machine.move_to(NOW, tick=False)
    end = dt.datetime.fromtimestamp(NOW + HOUR // 2, dt.timezone.utc)
    auth = KeptAuth(Credentials(ACCESS_KEY, SECRET, TOKEN, expires_at=end))
    server.clock = lambda: time.time() + HOUR
    with client.session(auth) as session:
        # With the server's time, these credentials would have expired.
        assert session.send("GET", server.url()).status == 403
        assert session.send("GET", server.url()).status == 403

    dates = {arrived.head.value("x-amz-date") for arrived in server.arrived}
    assert dates == {amz_date(NOW)}
    assert auth.made[0].signer.clock_offset == 0


@pytest.mark.parametrize("client", PICKLED, ids=str)
def test_copies_and_pickles_of_an_auth_forget_clocks(client, server):
    server.clock = lambda: time.time() + HOUR
    auth = KeptAuth(TEMPORARY)
    with client.session(auth) as session:
        assert session.send("GET", server.url()).status == 200
    (made,) = auth.made
    for copied in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):  # noqa: S301
        assert copied._signing.clocks.time(server.url()) is None  # noqa: SLF001
    assert made._signing.clocks.time(server.url()) is not None  # noqa: SLF001
