"""A `Signer` shared by threads, which releases the GIL."""

from __future__ import annotations

import io
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from rsigv4 import Credentials, PayloadHash
from support.signing import MOMENT, URL, hashed_payload, sha256, signer_of


def test_threads_share_a_signer():
    # More keys than the cache holds, so that threads evict each other's.
    keys = [Credentials(f"AKID{number}", f"secret-{number}") for number in range(12)]
    chosen = threading.local()
    signer = signer_of(lambda: chosen.key)
    barrier = threading.Barrier(32)

    def sign(number):
        chosen.key = keys[number % len(keys)]
        url, body = f"https://example.com/{number}", f"{number}".encode() * 1024
        return signer.sign("PUT", url, {"x-amz-n": f"{number}"}, body, time=number * 86_400)

    def sign_all(first):
        barrier.wait()
        return [sign(first + number) for number in range(100)]

    with ThreadPoolExecutor(32) as pool:
        results = list(pool.map(sign_all, range(32)))
    assert results == [[sign(first + number) for number in range(100)] for first in range(32)]


def test_other_threads_run_while_a_large_body_is_hashed():
    start, has_run = threading.Event(), threading.Event()

    def run():
        start.wait()
        has_run.set()

    body = bytes(2**24)
    expected = signer_of().sign("PUT", URL, None, PayloadHash(sha256(body)), time=MOMENT)
    thread = threading.Thread(target=run)
    interval = sys.getswitchinterval()
    thread.start()
    # Threads are no longer preempted: the other one runs only if this one releases the GIL.
    sys.setswitchinterval(1000)
    try:
        start.set()
        for _ in range(100):
            assert signer_of().sign("PUT", URL, None, body, time=MOMENT) == expected
            if has_run.is_set():
                break
        ran_while_hashing = has_run.is_set()
    finally:
        sys.setswitchinterval(interval)
        thread.join()
    assert ran_while_hashing


@pytest.mark.parametrize("make", [bytes, io.BytesIO, bytearray])
def test_large_bodies_are_hashed_correctly_in_threads(make):
    datas = [bytes([number]) * 2**20 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        hashes = list(pool.map(lambda data: hashed_payload(make(data)), datas))
    assert hashes == [sha256(data) for data in datas]
