"""Verifying compared with asigv4, the only peer that verifies."""

from __future__ import annotations

import asyncio
import time

import asigv4

from keys import ACCESS_KEY, REGION, SECRET
from measure import each, seconds
from report import Topic
from rsigv4 import Credentials, Signer

__all__ = ["measure"]

HOST = f"abcdefghij.execute-api.{REGION}.amazonaws.com"
SERVICE = "execute-api"
REQUESTS = 300


def measure(effort):
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
    return [topic]


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
