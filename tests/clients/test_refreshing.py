# Refreshing credentials without a client: when they are fetched, and how failures are handled.

from __future__ import annotations

import asyncio
import logging
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import trio
from botocore.credentials import Credentials as BotocoreCredentials

from rsigv4 import Credentials, Signer
from rsigv4._clients.refreshing import RefreshingCredentials, freeze_async
from rsigv4.exceptions import (
    ExpiredCredentialsError,
    InvalidCredentialsError,
    MissingCredentialsError,
)

# Threads and tasks in these tests wait for each other.
pytestmark = pytest.mark.timeout(30)

START = 1_800_000_000
LIFE = 3600
TOKEN = "session//token+of/it=="


@pytest.fixture(autouse=True)
def clock(time_machine):
    """Freeze the clock; return a function that moves it to a number of seconds after the start."""

    def move(seconds):
        time_machine.move_to(START + seconds, tick=False)

    move(0)
    return move


class Source:
    """Returns keys that expire after an hour, or fails."""

    def __init__(self):
        self.given = 0
        self.error = None
        self.life = LIFE

    def __call__(self):
        if self.error is not None:
            raise self.error
        self.given += 1
        return Credentials(f"AKID{self.given}", "secret", TOKEN, expires_at=time.time() + self.life)


def in_sync(refreshing):
    return refreshing.get_frozen_credentials()


def in_asyncio(refreshing):
    return asyncio.run(refreshing.get_frozen_credentials_async())


def in_trio(refreshing):
    return trio.run(refreshing.get_frozen_credentials_async)


ways = pytest.mark.parametrize("get", [in_sync, in_asyncio, in_trio])


@ways
@pytest.mark.parametrize(
    ("seconds", "given"),
    [(0, 1), (LIFE - 301, 1), (LIFE - 300, 2), (LIFE - 1, 2), (LIFE, 2), (2 * LIFE, 2)],
)
def test_credentials_are_refreshed_in_the_last_five_minutes(get, clock, seconds, given):
    source = Source()
    refreshing = RefreshingCredentials(source)
    assert get(refreshing).access_key_id == "AKID1"
    clock(seconds)
    assert get(refreshing).access_key_id == f"AKID{given}"
    assert source.given == given


@ways
def test_credentials_without_an_expiry_are_fetched_each_time(get):
    keys = iter(["AKID1", "AKID2"])
    refreshing = RefreshingCredentials(lambda: Credentials(next(keys), "secret"))
    assert [get(refreshing).access_key_id for _ in range(2)] == ["AKID1", "AKID2"]


@ways
def test_failure_keeps_valid_credentials_and_is_logged_every_thirty_seconds(get, clock, caplog):
    source = Source()
    refreshing = RefreshingCredentials(source)
    get(refreshing)
    source.error = ConnectionError("no route")
    with caplog.at_level(logging.WARNING, "rsigv4"):
        for seconds in (LIFE - 200, LIFE - 190, LIFE - 171, LIFE - 170, LIFE - 1):
            clock(seconds)
            assert get(refreshing).access_key_id == "AKID1"
    messages = [record.getMessage() for record in caplog.records if record.name == "rsigv4"]
    assert [message.rpartition("expire in ")[2] for message in messages] == [
        "200 seconds",
        "170 seconds",
        "1 seconds",
    ]
    assert all("Source can't refresh" in message and "no route" in message for message in messages)
    assert not any(TOKEN in message or "secret" in message for message in messages)


@ways
def test_failure_is_forgotten_after_a_success(get, clock):
    source = Source()
    refreshing = RefreshingCredentials(source)
    get(refreshing)
    clock(LIFE - 200)
    source.error = ConnectionError("no route")
    get(refreshing)
    source.error = None
    clock(LIFE - 169)
    assert get(refreshing).access_key_id == "AKID2"


@ways
def test_expired_credentials_are_not_used_after_a_failure(get, clock):
    source = Source()
    refreshing = RefreshingCredentials(source)
    get(refreshing)
    clock(LIFE - 10)
    source.error = ConnectionError("no route")
    assert get(refreshing).access_key_id == "AKID1"
    # Within thirty seconds of the failure.
    clock(LIFE + 1)
    with pytest.raises(ExpiredCredentialsError):
        get(refreshing)
    source.error = None
    assert get(refreshing).access_key_id == "AKID2"


@ways
def test_success_resets_the_retry_delay(get, clock):
    source = Source()
    refreshing = RefreshingCredentials(source)
    get(refreshing)
    clock(LIFE - 10)
    source.error = ConnectionError("no route")
    get(refreshing)
    source.error = None
    source.life = 60
    clock(LIFE + 1)
    # Each key expires in less than five minutes, so each signature fetches another.
    assert [get(refreshing).access_key_id for _ in range(2)] == ["AKID2", "AKID3"]


@ways
def test_failure_after_the_expiry_names_the_provider(get, clock):
    source = Source()
    refreshing = RefreshingCredentials(source)
    get(refreshing)
    source.error = ConnectionError("no route")
    clock(LIFE)
    with pytest.raises(ExpiredCredentialsError, match=r"Source .*no route") as caught:
        get(refreshing)
    assert caught.value.__cause__ is source.error
    source.error = None
    assert get(refreshing).access_key_id == "AKID2"


@ways
def test_error_of_the_first_fetch_is_raised_unchanged(get):
    source = Source()
    source.error = ConnectionError("no route")
    with pytest.raises(ConnectionError, match="no route"):
        get(RefreshingCredentials(source))


@ways
@pytest.mark.parametrize(
    ("returned", "error", "says"),
    [
        (None, MissingCredentialsError, "returned None"),
        ("AKID", InvalidCredentialsError, "returned str"),
        (("AKID", "secret"), InvalidCredentialsError, "returned tuple"),
        (
            Credentials("AKID", "secret", TOKEN, expires_at=START),
            ExpiredCredentialsError,
            "returned have expired",
        ),
    ],
    ids=["None", "str", "tuple", "expired"],
)
def test_invalid_credentials_are_an_error_that_names_the_provider(get, returned, error, says):
    def provide():
        return returned

    with pytest.raises(error, match=says) as caught:
        get(RefreshingCredentials(provide))
    assert "provide" in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_threads_wait_for_a_refresh_only_without_valid_credentials(clock):
    asked, go_on = threading.Event(), threading.Event()
    source = Source()

    def slow():
        asked.set()
        assert go_on.wait(30)
        return source()

    refreshing = RefreshingCredentials(slow)
    with ThreadPoolExecutor(33) as executor:
        first = [executor.submit(refreshing.get_frozen_credentials) for _ in range(32)]
        assert asked.wait(30)
        go_on.set()
        assert {future.result(30).access_key_id for future in first} == {"AKID1"}
        assert source.given == 1

        clock(LIFE - 200)
        asked.clear()
        go_on.clear()
        refresher = executor.submit(refreshing.get_frozen_credentials)
        assert asked.wait(30)
        # It is still refreshing, and no thread waits.
        meanwhile = [executor.submit(refreshing.get_frozen_credentials) for _ in range(32)]
        assert {future.result(30).access_key_id for future in meanwhile} == {"AKID1"}
        go_on.set()
        assert refresher.result(30).access_key_id == "AKID2"
    assert source.given == 2


def test_tasks_wait_for_a_refresh_only_without_valid_credentials(clock):
    source = Source()

    async def main():
        asked, go_on = asyncio.Event(), asyncio.Event()

        async def slow():
            asked.set()
            await go_on.wait()
            return source()

        refreshing = RefreshingCredentials(slow)
        first = [asyncio.ensure_future(freeze_async(refreshing)) for _ in range(1000)]
        await asked.wait()
        go_on.set()
        assert {found.access_key_id for found in await asyncio.gather(*first)} == {"AKID1"}
        assert source.given == 1

        clock(LIFE - 200)
        asked.clear()
        go_on.clear()
        refresher = asyncio.ensure_future(freeze_async(refreshing))
        await asked.wait()
        meanwhile = await asyncio.gather(*(freeze_async(refreshing) for _ in range(1000)))
        assert {found.access_key_id for found in meanwhile} == {"AKID1"}
        go_on.set()
        assert (await refresher).access_key_id == "AKID2"

    asyncio.run(main())
    assert source.given == 2


def test_cancelled_task_lets_the_next_one_refresh():
    async def main():
        asked = asyncio.Event()
        source = Source()
        wait_for = [asyncio.Event()]

        async def slow():
            asked.set()
            if wait_for:
                await wait_for.pop().wait()
            return source()

        refreshing = RefreshingCredentials(slow)
        first = asyncio.ensure_future(freeze_async(refreshing))
        await asked.wait()
        second = asyncio.ensure_future(freeze_async(refreshing))
        first.cancel()
        return await second

    assert asyncio.run(main()).access_key_id == "AKID1"


def test_several_event_loops_may_follow_each_other():
    async def provide():
        return Credentials("AKID1", "secret")

    refreshing = RefreshingCredentials(provide)
    for get in (in_asyncio, in_trio, in_asyncio):
        assert get(refreshing).access_key_id == "AKID1"


@pytest.mark.parametrize("run", [asyncio.run, lambda coroutine: trio.run(lambda: coroutine)])
def test_function_is_not_called_on_the_event_loops_thread(run):
    threads = []

    def provide():
        threads.append(threading.get_ident())
        return Credentials("AKID1", "secret")

    run(RefreshingCredentials(provide).get_frozen_credentials_async())
    assert threads
    assert threading.get_ident() not in threads


class Refreshable:
    """A double of botocore's refreshable credentials."""

    def __init__(self):
        self.asked = 0

    def refresh_needed(self):
        return False

    def get_frozen_credentials(self):
        self.asked += 1
        return Credentials(f"AKID{self.asked}", "secret")


def test_signer_freezes_botocore_credentials_once_a_second(clock):
    signer = Signer(Refreshable(), "us-east-1", "execute-api")

    def key():
        return signer.sign("GET", "https://example.com/")["Authorization"].split("/")[0][-5:]

    keys = []
    for seconds in (0, 0, 1, 1, 2, 60, 59):
        clock(seconds)
        keys.append(key())
    assert keys == ["AKID1", "AKID1", "AKID2", "AKID2", "AKID3", "AKID4", "AKID5"]


class Frozen:
    """A third-party provider."""

    def __init__(self):
        self.threads = []

    def get_frozen_credentials(self):
        self.threads.append(threading.get_ident())
        return Credentials("AKID1", "secret")


class FrozenAsync:
    async def get_frozen_credentials(self):
        return Credentials("AKID1", "secret")


def test_every_provider_is_frozen_without_blocking():
    frozen = Frozen()
    key = Credentials("AKID1", "secret")
    for provider in (frozen, FrozenAsync(), key):
        assert asyncio.run(freeze_async(provider)) == key
    assert threading.get_ident() not in frozen.threads
    static = BotocoreCredentials("AKID1", "secret")
    assert asyncio.run(freeze_async(static)).access_key == "AKID1"


def provide_for_pickling():
    return Credentials("AKID1", "secret")


def test_pickle_does_not_contain_cached_credentials():
    refreshing = RefreshingCredentials(provide_for_pickling)
    refreshing.get_frozen_credentials()
    restored = pickle.loads(pickle.dumps(refreshing))  # noqa: S301 - our own
    assert restored.get_frozen_credentials().access_key_id == "AKID1"
