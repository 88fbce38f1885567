"""Work that releases the GIL: two threads compared with one."""

from __future__ import annotations

import os
import time

from keys import ACCESS_KEY, REGION, SECRET
from measure import Candidate, in_threads, seconds
from report import Topic
from rsigv4 import Credentials, Signer, Verifier, explain

__all__ = ["measure"]

KIB = 1024
HOST = f"abcdefghij.execute-api.{REGION}.amazonaws.com"
URL = f"https://{HOST}/test/pets"
#: The sizes of verified bodies in bytes.
BODIES = (64 * KIB, 1024 * KIB)
#: What API Gateway responds to a signature of another secret.
REFUSED = """HTTP/1.1 403 Forbidden
x-amzn-ErrorType: InvalidSignatureException

{"message": "The request signature we calculated does not match the signature you provided."}"""
NOTE = """\
Each thread does the same work. The time of two threads is the elapsed time divided by the calls of
both. `presign_many` is not here, because one call uses all cores."""


def measure(effort):
    topic = Topic("Two threads", NOTE)
    if len(os.sched_getaffinity(0)) < 2:
        topic.missing.append("a second core")
        return [topic]
    for name, (run, calls) in _tasks(effort).items():
        one, two = f"{name}, one thread", f"{name}, two threads"
        by_the_clock = seconds(
            {
                one: Candidate(run, calls),
                two: Candidate(lambda run=run: in_threads([run, run]), 2 * calls),
            },
            effort.rounds,
            time.perf_counter,
        )
        topic.times(by_the_clock)
        topic.at_least(f"one thread / two, {name}", by_the_clock[one] / by_the_clock[two], 1.7)
    return [topic]


def _tasks(effort):
    """Return functions, and how many calls each of them makes."""
    key = Credentials(ACCESS_KEY, SECRET)
    signer = Signer(key, REGION, "execute-api")
    verifier = Verifier({ACCESS_KEY: key}.get)
    tasks = {}
    for length in BODIES:
        body = os.urandom(length)
        headers = {"Host": HOST, **signer.sign("POST", URL, None, body)}
        calls = effort.count(64 * 1024 * KIB // length)

        def verify(headers=headers, body=body, calls=calls):
            for _ in range(calls):
                verifier.verify("POST", URL, headers, body)

        tasks[f"Verifier.verify, {length // KIB} KiB"] = verify, calls
    # The credentials that signed it are not those of the signer, which tries all common mistakes.
    other = Signer(Credentials(ACCESS_KEY, SECRET[::-1]), REGION, "execute-api")
    request = ("GET", f"{URL}?limit=10", {"Host": HOST, **other.sign("GET", f"{URL}?limit=10")})
    calls = effort.count(100)

    def explain_all():
        for _ in range(calls):
            explain(REFUSED, signer=signer, request=request)

    tasks["explain"] = explain_all, calls
    return tasks
