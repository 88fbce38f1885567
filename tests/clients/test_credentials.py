# Where clients get credentials from, and when they refresh them.

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import logging
import threading
import time

import pytest
from botocore.credentials import Credentials as BotocoreCredentials
from botocore.credentials import RefreshableCredentials

from rsigv4 import Credentials
from rsigv4._clients.refreshing import RefreshingCredentials
from rsigv4._clients.signer import ClientSigner
from rsigv4.exceptions import (
    ExpiredCredentialsError,
    InvalidCredentialsError,
    MissingCredentialsError,
)
from support.clients import ALL, THREADS, Auth
from support.servers.verifying import VerifyingServer

TOKEN = "session//token+of/it=="
HOUR = 3600
TASKS = 200
#: Threads of sync clients, and tasks of async ones.
CROWD = THREADS
#: At most the threads of an event loop's executor on one core.
CROWD_OF_EXECUTOR = 5

#: The drop-in doesn't take providers; boto_utils does.
PROVIDED = [client for client in ALL if client.name != "aws_auth"]
every_client = pytest.mark.parametrize("client", PROVIDED, ids=str)
async_clients = pytest.mark.parametrize(
    "client", [client for client in PROVIDED if client.is_async], ids=str
)
sync_clients = pytest.mark.parametrize(
    "client", [client for client in PROVIDED if not client.is_async], ids=str
)


@pytest.fixture
def server():
    with VerifyingServer() as server:
        yield server


class Rotating:
    """
    A provider that returns a new key each time, which the server accepts.

    Attributes:
        given: How many keys it returned.
        threads: The threads that called it.
        at_once: The largest number of concurrent calls.

    Args:
        crowd: How many threads and tasks must ask for credentials before it returns the first.

    """

    def __init__(self, server, lives=None, crowd=0):
        self.given = 0
        self.threads = set()
        self.at_once = 0
        self._server = server
        self._lives = lives
        self._asking = 0
        self._lock = threading.Lock()
        self._crowd = crowd
        self._arrived = set()
        self._is_crowded = threading.Event()
        if not crowd:
            self._is_crowded.set()

    def arrive(self, asker):
        """Count a thread or task that asks for credentials, cached or not."""
        self._arrived.add(asker)
        if len(self._arrived) >= self._crowd:
            self._is_crowded.set()

    def key(self):
        with self._lock:
            self._asking += 1
            self.at_once = max(self.at_once, self._asking)
            self.given += 1
            key = (f"AKID{self.given:04}", f"secret {self.given}", f"token {self.given}")
        self.threads.add(threading.get_ident())
        self._server.accept(*key)
        assert self._is_crowded.wait(30)
        with self._lock:
            self._asking -= 1
        return key

    def credentials(self):
        expires_at = None if self._lives is None else time.time() + self._lives
        return Credentials(*self.key(), expires_at=expires_at)

    async def credentials_async(self):
        # Other tasks need the event loop.
        await asyncio.to_thread(self._is_crowded.wait, 30)
        return self.credentials()

    def metadata(self):
        """Return a key as botocore's refreshing functions do."""
        access_key, secret_key, token = self.key()
        ends = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=self._lives)
        return {
            "access_key": access_key,
            "secret_key": secret_key,
            "token": token,
            "expiry_time": ends.isoformat(),
        }

    def refreshable(self):
        metadata = Rotating(self._server, self._lives).metadata()
        refreshable = CrowdedOfBotocore.create_from_metadata(
            metadata, refresh_using=self.metadata, method="tests"
        )
        refreshable.source = self
        return refreshable


class Crowded(RefreshingCredentials):
    """The signer's wrapper of a function, which also counts who asks."""

    def __init__(self, refresh, source):
        super().__init__(refresh)
        self._source = source

    def get_frozen_credentials(self):
        self._source.arrive(threading.get_ident())
        return super().get_frozen_credentials()

    async def get_frozen_credentials_async(self):
        self._source.arrive(asyncio.current_task())
        return await super().get_frozen_credentials_async()


class CrowdedOfBotocore(RefreshableCredentials):
    """botocore's refreshable credentials, which also count who asks."""

    def get_frozen_credentials(self):
        self.source.arrive(threading.get_ident())
        return super().get_frozen_credentials()


def check_verified(server, replies, count):
    assert server.errors == []
    assert [reply.status for reply in replies] == [200] * count


@every_client
@pytest.mark.parametrize(
    "credentials",
    [
        Credentials("AKIDEXAMPLE", "secret", TOKEN),
        BotocoreCredentials("AKIDEXAMPLE", "secret", TOKEN),
        lambda: Credentials("AKIDEXAMPLE", "secret", TOKEN),
        lambda: BotocoreCredentials("AKIDEXAMPLE", "secret", TOKEN),
    ],
    ids=["ours", "botocore", "function", "function-botocore"],
)
def test_every_kind_of_credentials_signs(client, credentials, server):
    server.accept("AKIDEXAMPLE", "secret", TOKEN)
    assert client.send(Auth(credentials), "GET", server.url("/a")).status == 200


def test_only_credentials_that_may_change_are_awaited():
    key = Credentials("AKIDEXAMPLE", "secret", TOKEN)
    signing = ClientSigner(key, "us-east-1", "es")
    assert asyncio.run(signing.signer_async()) is signing.signer

    provided = ClientSigner(lambda: key, "us-east-1", "es")
    assert asyncio.run(provided.signer_async()).credentials is key


@async_clients
def test_coroutine_function_is_awaited(client, server):
    server.accept("AKIDEXAMPLE", "secret", TOKEN)

    async def provide():
        return Credentials("AKIDEXAMPLE", "secret", TOKEN)

    assert client.send(Auth(provide), "GET", server.url("/a")).status == 200


@sync_clients
def test_coroutine_function_in_a_sync_client_is_an_error(client, server):
    async def provide():
        raise AssertionError

    with pytest.raises(InvalidCredentialsError, match="async client"):
        client.send(Auth(provide), "GET", server.url("/a"))
    assert server.arrived == []


@every_client
def test_none_uses_the_environment(client, server, monkeypatch):
    server.accept("AKIDENVIRONMENT", "secret", TOKEN)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    assert client.send(Auth(None), "GET", server.url("/a")).status == 200
    assert server.arrived[0].authorization.access_key_id == "AKIDENVIRONMENT"


@every_client
def test_missing_credentials_are_an_error_before_sending(client, server):
    with pytest.raises(MissingCredentialsError, match="returned None"):
        client.send(Auth(lambda: None), "GET", server.url("/a"))
    assert server.arrived == []


@every_client
def test_fresh_credentials_are_cached(client, server):
    source = Rotating(server, HOUR)
    with client.session(Auth(source.credentials)) as session:
        replies = [session.send("GET", server.url()) for _ in range(3)]
    check_verified(server, replies, 3)
    assert source.given == 1


@every_client
def test_credentials_are_refreshed_before_they_expire(client, server):
    # They expire in less than five minutes.
    source = Rotating(server, 240)
    with client.session(Auth(source.credentials)) as session:
        replies = [session.send("GET", server.url()) for _ in range(3)]
    check_verified(server, replies, 3)
    assert source.given == 3


def many(client):
    return TASKS if client.is_async else 8 * THREADS


@every_client
def test_one_thread_or_task_refreshes_for_all(client, server):
    source = Rotating(server, HOUR, CROWD)
    with client.session(Auth(Crowded(source.credentials, source))) as session:
        replies = session.send_many(many(client), "GET", server.url())
    check_verified(server, replies, many(client))
    assert (source.given, source.at_once) == (1, 1)


@async_clients
def test_one_task_awaits_for_all(client, server):
    source = Rotating(server, HOUR, CROWD)
    with client.session(Auth(Crowded(source.credentials_async, source))) as session:
        replies = session.send_many(TASKS, "GET", server.url())
    check_verified(server, replies, TASKS)
    assert source.given == 1


@every_client
def test_every_request_verifies_while_keys_rotate(client, server):
    # Each signature gets a new key.
    source = Rotating(server, crowd=CROWD)
    with client.session(Auth(Crowded(source.credentials, source))) as session:
        replies = session.send_many(many(client), "GET", server.url())
    check_verified(server, replies, many(client))
    keys = {arrived.authorization.access_key_id for arrived in server.arrived}
    assert len(keys) == source.given == many(client)


@every_client
def test_every_request_verifies_while_botocore_refreshes(client, server):
    # botocore refreshes credentials that expire in less than ten minutes.
    source = Rotating(server, 300, CROWD_OF_EXECUTOR)
    with client.session(Auth(source.refreshable())) as session:
        replies = session.send_many(many(client), "GET", server.url())
    check_verified(server, replies, many(client))
    assert source.given > 1
    assert source.at_once == 1


@async_clients
@pytest.mark.parametrize("kind", ["function", "botocore"])
def test_credentials_are_never_fetched_on_the_event_loops_thread(client, kind, server):
    source = Rotating(server, 120)
    provider = source.credentials if kind == "function" else source.refreshable()
    source.threads.clear()
    with client.session(Auth(provider)) as session:
        replies = [session.send("GET", server.url()) for _ in range(2)]
    check_verified(server, replies, 2)
    assert source.threads
    assert threading.get_ident() not in source.threads


class Failing:
    """Returns credentials once, and then fails."""

    def __init__(self, expires_at):
        self.asked = itertools.count()
        self.expires_at = expires_at

    def provide(self):
        if next(self.asked):
            raise ConnectionError("no route to the credentials")
        return Credentials("AKIDEXAMPLE", "secret", TOKEN, expires_at=self.expires_at)


@every_client
def test_failing_refresh_keeps_valid_credentials_and_logs_it(client, server, caplog):
    server.accept("AKIDEXAMPLE", "secret", TOKEN)
    failing = Failing(time.time() + 200)
    with (
        caplog.at_level(logging.WARNING, "rsigv4"),
        client.session(Auth(failing.provide)) as session,
    ):
        replies = [session.send("GET", server.url()) for _ in range(3)]
    check_verified(server, replies, 3)
    (record,) = (record for record in caplog.records if record.name == "rsigv4")
    assert "Failing.provide" in record.getMessage()
    assert "no route" in record.getMessage()
    assert TOKEN not in record.getMessage()


@every_client
def test_error_of_expired_credentials_names_the_provider(client, server, time_machine):
    server.accept("AKIDEXAMPLE", "secret", TOKEN)
    failing = Failing(time.time() + HOUR)
    with client.session(Auth(failing.provide)) as session:
        assert session.send("GET", server.url()).status == 200
        time_machine.move_to(dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=2))
        with pytest.raises(ExpiredCredentialsError, match=r"Failing\.provide"):
            session.send("GET", server.url())
    assert len(server.arrived) == 1


@every_client
def test_error_of_the_first_fetch_is_raised_unchanged(client, server):
    def provide():
        raise LookupError("no route to the credentials")

    with pytest.raises(LookupError, match="no route"):
        client.send(Auth(provide), "GET", server.url())
    assert server.arrived == []
