"""Large bodies: the signature compared with the hash alone."""

from __future__ import annotations

import hashlib
import io
import os
import time

from keys import ACCESS_KEY, REGION, SECRET
from measure import Candidate, in_threads, seconds
from report import Topic
from rsigv4 import Credentials, Signer, Verifier

__all__ = ["measure"]

MIB = 1024 * 1024
URL = f"https://abcdefghij.execute-api.{REGION}.amazonaws.com/test/pets"
HOST = f"bucket.s3.{REGION}.amazonaws.com"
OBJECT = f"https://{HOST}/key"
#: Trailing checksum -> the share of hashlib's rate that signed chunks should reach.
SHARES = {None: 0.92, "crc32": 0.88, "crc64nvme": 0.88}


def measure(effort):
    return [_whole(effort), _chunks(effort)]


def _chunks(effort):
    """Signed chunks are hashed, and their signatures too."""
    topic, hashed = Topic("Large bodies in signed chunks"), "hashlib.sha256"
    body = os.urandom(effort.count(32) * MIB)
    key = Credentials(ACCESS_KEY, SECRET)
    signer, verifier = Signer(key, REGION, "s3"), Verifier({ACCESS_KEY: key}.get)

    def chunked(checksum):
        return signer.chunked(
            "PUT", OBJECT, None, body, length=len(body), trailer_checksum=checksum
        )

    candidates = {hashed: Candidate(lambda: hashlib.sha256(body).hexdigest(), 1)}
    shares = {}
    for checksum, share in SHARES.items():
        sent = chunked(checksum)
        headers, pieces = {"Host": HOST, **sent.headers}, list(sent)
        runs = {
            "signed": lambda checksum=checksum: all(chunked(checksum)),
            "verified": lambda headers=headers, pieces=pieces: verifier.verify(
                "PUT", OBJECT, headers, iter(pieces)
            ),
        }
        for verb, run in runs.items():
            name = f"{verb}, with {checksum}" if checksum else verb
            candidates[name] = Candidate(run, 1)
            shares[name] = share
    least = seconds(candidates, effort.rounds)
    topic.times(least)
    for name, share in shares.items():
        topic.at_least(f"{hashed} / {name}", least[hashed] / least[name], share)
    return topic


def _whole(effort):
    topic = Topic("Large bodies")
    body = os.urandom(effort.count(32) * MIB)
    file = io.BytesIO(body)
    signer = Signer(Credentials(ACCESS_KEY, SECRET), REGION, "execute-api")

    def sign():
        signer.sign("PUT", URL, None, body)

    def hash_file():
        file.seek(0)
        hasher = hashlib.sha256()
        while chunk := file.read(256 * 1024):
            hasher.update(chunk)
        file.seek(0)
        return hasher.hexdigest()

    size = f"{len(body) // MIB} MiB"
    hashed, ours = f"hashlib.sha256, {size}", f"Signer.sign, bytes, {size}"
    file_hashed = f"hashlib.sha256, file, {size}"
    from_file, two = (
        f"Signer.sign, file, {size}",
        f"Signer.sign, bytes, {size}, two threads",
    )
    one_thread = {
        hashed: Candidate(lambda: hashlib.sha256(body).hexdigest(), 1),
        ours: Candidate(sign, 1),
        file_hashed: Candidate(hash_file, 1),
        from_file: Candidate(lambda: signer.sign("PUT", URL, None, file), 1),
    }
    least = seconds(one_thread, effort.rounds)
    topic.times(least)
    topic.at_most("Signer.sign of bytes / hashlib.sha256", least[ours] / least[hashed], 1.05)
    ratio = least[from_file] / least[file_hashed]
    topic.at_most("Signer.sign of a file / reading and hashlib.sha256", ratio, 1.05)
    if (os.cpu_count() or 1) > 1:
        threads = {ours: Candidate(sign, 1), two: Candidate(lambda: in_threads([sign, sign]), 2)}
        by_the_clock = seconds(threads, effort.rounds, time.perf_counter)
        topic.times({two: by_the_clock[two]})
        ratio = by_the_clock[ours] / by_the_clock[two]
        topic.at_least("two threads / one, bodies a second", ratio, 1.9)
    return topic
