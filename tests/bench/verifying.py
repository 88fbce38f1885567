"""Verifying compared with asigv4, the only peer that verifies, and the middlewares."""

from __future__ import annotations

import asyncio
import time

import asigv4

import instructions
from keys import ACCESS_KEY, REGION, SECRET
from measure import each, seconds
from report import Topic
from rsigv4 import Credentials, Signer

__all__ = ["measure"]

HOST = f"abcdefghij.execute-api.{REGION}.amazonaws.com"
SERVICE = "execute-api"
REQUESTS = 300
#: How many microseconds a middleware may take, with the application that it calls.
LIMIT = 10
NOTE_OF_MIDDLEWARES = """\
All that a server calls, without the server: the middleware, and an application that responds with
the status 200."""


def measure(effort):
    return [_verify(effort), _middlewares(effort)]


def _middlewares(effort):
    topic = Topic("A small GET through a middleware", NOTE_OF_MIDDLEWARES)
    calls = {"rsigv4.asgi": instructions.asgi(), "rsigv4.wsgi": instructions.wsgi()}
    numbers = range(effort.count(REQUESTS))
    least = seconds({name: each(call, numbers) for name, call in calls.items()}, effort.rounds)
    topic.times(least)
    for name, taken in least.items():
        topic.at_most(name, taken * 1e6, LIMIT, "us")
    return topic


def _verify(effort):
    topic, ours = Topic("Verifying a small GET"), "Verifier.verify"
    key = Credentials(ACCESS_KEY, SECRET)
    signer = Signer(key, REGION, SERVICE)
    signed = []
    for number in range(effort.count(REQUESTS)):
        path = f"/test/pets/{number}"
        headers = {"Host": HOST, **signer.sign("GET", f"https://{HOST}{path}")}
        signed.append((path, headers))

    candidates = {
        "Signer.sign": each(
            lambda request: signer.sign("GET", f"https://{HOST}{request[0]}"), signed
        )
    }
    verifier = _verifier(key)
    if verifier:
        candidates[ours] = each(
            lambda request: verifier.verify("GET", f"https://{HOST}{request[0]}", request[1], b""),
            signed,
        )
    else:
        topic.missing.append(ours)
    least = seconds(candidates, effort.rounds)
    least["asigv4"] = asyncio.run(_time_asigv4(signed, effort))
    topic.times(least)
    if verifier:
        topic.at_least(f"asigv4 / {ours}", least["asigv4"] / least[ours], 20, reached=7.5)
        topic.at_most(f"{ours} / Signer.sign", least[ours] / least["Signer.sign"], 2)
    return topic


def _verifier(key):
    try:
        from rsigv4 import Verifier
    except ImportError:
        return None
    return Verifier({ACCESS_KEY: key}.get, region=REGION, service=SERVICE)


async def _time_asigv4(signed, effort):
    verifier = asigv4.SigV4Verifier({ACCESS_KEY: SECRET}.get)
    least = float("inf")
    for _ in range(effort.rounds):
        start = time.process_time()
        for path, headers in signed:
            await verifier.verify(
                method="GET", path=path, headers=headers, query_params={}, body=b""
            )
        least = min(least, (time.process_time() - start) / len(signed))
    return least
