# Provider functions that sign requests themselves, and processes that fork.

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
import traceback

import pytest
import trio

from rsigv4 import Credentials, CredentialsError, InvalidCredentialsError, Signer
from rsigv4._clients.refreshing import freeze_async

# These tests detect deadlocks.
pytestmark = pytest.mark.timeout(30)

URL = "https://sts.us-east-1.amazonaws.com/"
OWN = r"provide.* asks for credentials while providing them: don't use a signer in it"
KEY = Credentials("AKID1", "secret")

runs = pytest.mark.parametrize("run", [asyncio.run, lambda task: trio.run(lambda: task)])


def sign(signer):
    return signer.sign("GET", URL)


async def sign_async(signer):
    return signer.with_credentials(await freeze_async(signer.credentials)).sign("GET", URL)


def test_function_that_signs_with_its_own_signer_is_an_error():
    def provide():
        sign(signer)
        return KEY

    signer = Signer(provide)
    for _ in range(2):
        with pytest.raises(InvalidCredentialsError, match=OWN) as caught:
            sign(signer)
        assert isinstance(caught.value, CredentialsError)


@runs
def test_function_that_signs_with_its_own_signer_is_an_error_in_async_clients(run):
    def provide():
        sign(signer)
        return KEY

    signer = Signer(provide)
    with pytest.raises(InvalidCredentialsError, match=OWN):
        run(sign_async(signer))


@runs
def test_function_whose_event_loop_signs_with_its_own_signer_is_an_error(run):
    def provide():
        run(sign_async(signer))
        return KEY

    signer = Signer(provide)
    with pytest.raises(InvalidCredentialsError, match=OWN):
        sign(signer)


@runs
def test_coroutine_function_that_signs_with_its_own_signer_is_an_error(run):
    async def provide():
        await sign_async(signer)
        return KEY

    signer = Signer(provide)
    for _ in range(2):
        with pytest.raises(InvalidCredentialsError, match=OWN):
            run(sign_async(signer))


def test_coroutine_function_whose_task_signs_with_its_own_signer_is_an_error():
    async def provide():
        await asyncio.gather(sign_async(signer))
        return KEY

    signer = Signer(provide)
    with pytest.raises(InvalidCredentialsError, match=OWN):
        asyncio.run(sign_async(signer))


def test_functions_that_sign_with_each_other_s_signers_are_an_error():
    def provide():
        sign(other)
        return KEY

    def provide_other():
        sign(signer)
        return KEY

    signer, other = Signer(provide), Signer(provide_other)
    for each in (signer, other):
        with pytest.raises(InvalidCredentialsError, match=OWN):
            sign(each)


def test_function_may_sign_with_another_signer():
    other = Signer(lambda: KEY)
    signer = Signer(lambda: sign(other) and KEY)
    assert sign(signer)


def test_function_may_sign_with_the_credentials_that_it_replaces():
    signed_by = []

    def provide():
        if signed_by:
            signed_by.append(sign(signer)["Authorization"].split("=")[1].split("/")[0])
        else:
            signed_by.append(None)
        # They expire in less than five minutes, so each signature fetches others.
        return Credentials(f"AKID{len(signed_by)}", "secret", expires_at=time.time() + 60)

    signer = Signer(provide)
    sign(signer)
    assert "Credential=AKID2/" in sign(signer)["Authorization"]
    assert signed_by == [None, "AKID1"]


def test_task_started_by_a_function_may_sign_later():
    async def main():
        provided = asyncio.Event()
        tasks = []

        async def later():
            await provided.wait()
            return await sign_async(signer)

        async def provide():
            tasks.append(asyncio.ensure_future(later()))
            return KEY

        signer = Signer(provide)
        await sign_async(signer)
        (task,) = tasks
        provided.set()
        return await task

    assert "Credential=AKID1/" in asyncio.run(main())["Authorization"]


def status_in_child(function):
    """Return the exit status of a child process that calls a function."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            # The child sets its own alarm, since pytest-timeout's is the parent's.
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(10)
            function()
            status = 0
        except BaseException:  # noqa: BLE001 - nothing of the child may go on in pytest
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def forks(test):
    # Python warns about locks held by other threads, which this tests.
    ignored = "ignore:This process.* is multi-threaded:DeprecationWarning"
    test = pytest.mark.filterwarnings(ignored)(test)
    return pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")(test)


@pytest.mark.parametrize("lives", [None, 60], ids=["forever", "a minute"])
@pytest.mark.parametrize(
    "use", [sign, lambda signer: asyncio.run(sign_async(signer))], ids=["sync", "async"]
)
@forks
def test_child_forked_while_another_thread_refreshes_can_sign(use, lives):
    asked, go_on = threading.Event(), threading.Event()
    parent = os.getpid()

    def provide():
        if os.getpid() == parent:
            asked.set()
            assert go_on.wait(30)
        return Credentials("AKID1", "secret", expires_at=lives and time.time() + lives)

    signer = Signer(provide)
    refresher = threading.Thread(target=sign, args=[signer])
    refresher.start()
    assert asked.wait(30)
    try:
        assert status_in_child(lambda: use(signer)) == 0
    finally:
        go_on.set()
        refresher.join()
    assert sign(signer)


@forks
def test_child_forked_while_other_threads_sign_can_sign():
    signer = Signer(lambda: KEY)
    done = threading.Event()

    def sign_all_the_time():
        while not done.is_set():
            sign(signer)
            signer.presign_many("GET", [URL] * 100)

    threads = [threading.Thread(target=sign_all_the_time) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            assert status_in_child(lambda: sign(signer)) == 0
    finally:
        done.set()
        for thread in threads:
            thread.join()
