"""Signing in Rust, without Python, compared with AWS's own signer for Rust."""

from __future__ import annotations

import subprocess
from pathlib import Path

from measure import seconds_of_a_block
from report import Topic

__all__ = ["ADAPTERS_REQUEST", "BLOCKS", "DROP_INS_REQUEST", "measure", "seconds_of_the_core"]

ROOT = Path(__file__).parents[2]
#: The names that core.rs prints.
DROP_INS_REQUEST = "the drop-in's request"
ADAPTERS_REQUEST = "the request of rsigv4.requests"
WITHOUT_A_CACHE = "the same, without a cache of keys"
PEER = "the same, aws-sigv4"
#: The canonical request has three blocks, and the HMAC of the string to sign three: requests of a
#: second share its first block. Signing another header takes two more.
BLOCKS = {DROP_INS_REQUEST: 6, ADAPTERS_REQUEST: 8}
NOTE = """\
A Rust program, built as the extension is, signs a small GET. `rsigv4.requests` also signs the hash
of the body. aws-sigv4 {version}, the signer of AWS's SDK for Rust, makes the same signature, and
derives the key for each request."""


def measure(effort):
    note = NOTE.format(version=_cargo("pkgid", "--locked", "aws-sigv4").strip().rpartition("@")[2])
    topic = Topic("The core by itself, in Rust", note)
    least, block = seconds_of_the_core(), seconds_of_a_block(effort)
    hashes = {f"SHA-256, {blocks} blocks": blocks * block for blocks in BLOCKS.values()}
    topic.times({**least, **hashes})
    topic.at_least("aws-sigv4 / rsigv4", least[PEER] / least[ADAPTERS_REQUEST], 4)
    topic.at_least("aws-sigv4 / rsigv4 without a cache", least[PEER] / least[WITHOUT_A_CACHE], 1.5)
    for (name, blocks), seconds in zip(BLOCKS.items(), hashes.values()):
        topic.at_most(f"{name} / SHA-256, {blocks} blocks", least[name] / seconds, 3)
    return [topic]


def seconds_of_the_core():
    """Return the seconds that each of core.rs takes for a request."""
    lines = _cargo("bench", "--quiet", "--locked", "--no-default-features", "--bench", "core")
    rows = (line.split("\t") for line in lines.splitlines())
    return {name: float(seconds) for name, seconds in rows}


def _cargo(*arguments):
    command = ["cargo", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    return done.stdout
