"""
Presigning many S3 URLs.

One core and two cores are measured in separate processes, since a process's cores are set when it
starts.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context

from keys import ACCESS_KEY, SECRET
from measure import Candidate, each, seconds, seconds_of_a_block
from report import Topic

__all__ = ["measure"]

REGION = "eu-central-1"
BUCKET = "bucket"
PREFIX = "some/prefix"
MANY = 100_000
LARGE = 1_000_000
#: The canonical request has five blocks, the string to sign three, of which the first is the same
#: for all URLs, and the outer hash one.
BLOCKS = 8
NOTE = """\
Two cores are compared with one by the elapsed time of a run of its own, which the table doesn't
show."""
HASHING = f"SHA-256 of {BLOCKS} blocks for each URL, and nothing else"


def measure(effort):
    topic = Topic("Presigning, URLs of S3", NOTE)
    if not hasattr(os, "sched_setaffinity"):
        topic.missing.append("a way to bind a process to a core")
        return [topic]
    cores = sorted(os.sched_getaffinity(0))[:2]
    context = get_context("spawn")

    def process_on(*cores):
        return ProcessPoolExecutor(
            1, mp_context=context, initializer=os.sched_setaffinity, initargs=(0, cores)
        )

    with process_on(cores[0]) as one:
        rates = one.submit(_rates, effort).result()
    topic.figures += [(name, f"{rate:,.0f}/s") for name, rate in rates.items()]
    topic.figures.append((HASHING, f"{1 / (BLOCKS * seconds_of_a_block(effort)):,.0f}/s"))
    ours = rates["presign_many, list, one core"]
    topic.at_least("presign_many, list, one core", ours, 600_000, "URLs/s")
    topic.at_least("presign_many / obstore", ours / rates["obstore"], 15, reached=7.5)
    ratio = ours / rates["boto3, generate_presigned_url"]
    topic.at_least("presign_many / boto3", ratio, 400, reached=145)
    if len(cores) > 1:
        with process_on(cores[0]) as one, process_on(*cores) as two:
            _two_cores(topic, one, two, effort)
    with process_on(*cores) as pool:
        overhead = pool.submit(_memory_beside_the_result, effort.count(LARGE)).result()
    count = f"{effort.count(LARGE):,}"
    topic.at_most(f"memory beside input and result, {count} URLs", overhead, 32, "MiB")
    return [topic]


def _two_cores(topic, one, two, effort):
    """Alternate between the process that has one core and the one that has both."""
    count = effort.count(MANY)
    for kind in ("list", "pyarrow"):
        of_one, of_two = [], []
        for _ in range(effort.rounds):
            of_one.append(one.submit(_time_many, kind, count).result())
            of_two.append(two.submit(_time_many, kind, count).result())
        topic.figures.append((f"presign_many, {kind}, two cores", f"{count / min(of_two):,.0f}/s"))
        topic.at_least(f"two cores / one, {kind}", min(of_one) / min(of_two), 1.8)


def _signer():
    from rsigv4 import Credentials, Signer

    return Signer(Credentials(ACCESS_KEY, SECRET), REGION, "s3")


def _urls(count):
    host = f"{BUCKET}.s3.{REGION}.amazonaws.com"
    return [f"https://{host}/{PREFIX}/object-{number:06}.parquet" for number in range(count)]


def _time_many(kind, count):
    import pyarrow as pa

    signer, urls = _signer(), _urls(count)
    if kind == "pyarrow":
        urls = pa.array(urls)
    start = time.perf_counter()
    presigned = signer.presign_many("GET", urls)
    taken = time.perf_counter() - start
    # Not earlier: freeing them is not measured.
    del presigned
    return taken


def _rates(effort):
    """Return how many URLs per second each presigns."""
    import boto3
    import obstore
    import polars as pl
    import pyarrow as pa
    from botocore.config import Config
    from minio import Minio
    from obstore.store import S3Store

    signer, urls = _signer(), _urls(effort.count(MANY))
    keys = [url.partition(".com/")[2] for url in urls]
    key = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET}
    config = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    client = boto3.client("s3", region_name=REGION, config=config, **key)
    store = S3Store(
        BUCKET,
        region=REGION,
        access_key_id=ACCESS_KEY,
        secret_access_key=SECRET,
        virtual_hosted_style_request=True,
    )
    minio = Minio(
        endpoint="s3.amazonaws.com", access_key=ACCESS_KEY, secret_key=SECRET, region=REGION
    )
    hour = timedelta(hours=1)
    arrow, series = pa.array(urls), pl.Series(urls)

    def by_boto3(key):
        parameters = {"Bucket": BUCKET, "Key": key}
        client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=3600)

    def many(urls):
        return Candidate(lambda: signer.presign_many("GET", urls), len(urls))

    several = keys[: max(2, len(keys) // 20)]
    few = keys[: max(2, len(keys) // 200)]
    least = seconds(
        {
            "presign_many, list, one core": many(urls),
            "presign_many, pyarrow, one core": many(arrow),
            "presign_many, polars, one core": many(series),
            "Signer.presign": each(lambda url: signer.presign("GET", url), urls[: len(several)]),
            "obstore": Candidate(
                lambda: obstore.sign(store, "GET", several, expires_in=hour), len(several)
            ),
            "minio": each(lambda key: minio.presigned_get_object(BUCKET, key, hour), few),
            "boto3, generate_presigned_url": each(by_boto3, few),
        },
        effort.rounds,
    )
    return {name: 1 / least for name, least in least.items()}


def _memory_beside_the_result(count):
    """Return the peak growth of the process in MiB, without the result."""
    signer, urls = _signer(), _urls(count)
    signer.presign_many("GET", urls[:10_000])
    before = _peak_bytes()
    presigned = signer.presign_many("GET", urls)
    kept = sys.getsizeof(presigned) + sum(map(sys.getsizeof, presigned))
    return max(0.0, (_peak_bytes() - before - kept) / 2**20)


def _peak_bytes():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
