"""Signing in Rust, without Python, compared with AWS's own signer for Rust."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

from measure import seconds_of_a_block
from report import Topic

__all__ = ["ADAPTERS_REQUEST", "BLOCKS", "DROP_INS_REQUEST", "measure", "seconds_of_the_core"]

ROOT = Path(__file__).parents[2]
#: What core.rs calls the request that the drop-in signs, and that of `rsigv4.requests`.
DROP_INS_REQUEST, ADAPTERS_REQUEST = "without headers", "with headers"
PEER = "aws-sigv4"
#: The canonical request has three blocks, the inner hash of the HMAC two beside those that requests
#: of a second share, and the outer hash one. Signing another header takes two more.
BLOCKS = {DROP_INS_REQUEST: 6, ADAPTERS_REQUEST: 8}
NOTE = """\
A Rust program signs the same request, built as the extension is. The request without headers is
what the drop-in signs; with the headers of a session and the hash of the body, it is what
`rsigv4.requests` signs. aws-sigv4 {version}, the signer of AWS's SDK for Rust, signs the hash of
the body and no headers."""


def measure(effort):
    note = NOTE.format(version=_cargo("pkgid", PEER).strip().rpartition("@")[2])
    topic = Topic("The core by itself, in Rust", note)
    least, block = seconds_of_the_core(), seconds_of_a_block(effort)
    topic.times(least)
    topic.at_least(f"{PEER} / {ADAPTERS_REQUEST}", least[PEER] / least[ADAPTERS_REQUEST], 4)
    for name, blocks in BLOCKS.items():
        ratio = least[name] / (blocks * block)
        topic.at_most(f"{name} / SHA-256 of its {blocks} blocks", ratio, 3)
    return [topic]


@cache
def seconds_of_the_core():
    """Return the seconds that each of core.rs takes for a request."""
    lines = _cargo("bench", "--quiet", "--locked", "--no-default-features", "--bench", "core")
    rows = (line.split("\t") for line in lines.splitlines())
    return {name: float(seconds) for name, seconds in rows}


def _cargo(*arguments):
    command = ["cargo", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    return done.stdout
