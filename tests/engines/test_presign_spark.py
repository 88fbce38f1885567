"""The Spark example, on two local cores; `make test-engines` runs it."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

import presign_spark
from rsigv4 import Signer

EXAMPLE = Path(presign_spark.__file__)
URLS = [f"https://bucket.s3.eu-central-1.amazonaws.com/{number}" for number in range(1000)]


def play(*arguments):
    command = [sys.executable, EXAMPLE, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=540, check=False)  # noqa: S603


def test_files_of_urls(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    for number in range(4):
        urls = [*URLS[number::4], None]
        pq.write_table(pa.table({"url": urls}), source / f"{number}.parquet")

    played = play("--from", f"{source}/*.parquet", "--to", target, "--expires-in", "60")

    assert played.returncode == 0, played.stderr[-2000:]
    assert "\n1,004 URLs in " in played.stdout
    table = ds.dataset(target / "presigned").to_table()
    signer = Signer(presign_spark.EXAMPLE_KEY, "eu-central-1", "s3")
    found = {}
    for url, presigned in zip(table["url"].to_pylist(), table["presigned"].to_pylist()):
        found[url] = presigned
        if url is not None:
            date = presigned.partition("&X-Amz-Date=")[2].partition("&")[0]
            moment = datetime.strptime(date, "%Y%m%dT%H%M%S%z")
            assert presigned == signer.presign("GET", url, expires_in=60, time=moment)
    assert set(found) == {*URLS, None}
    assert found[None] is None


def test_made_up_urls(tmp_path):
    played = play("--count", "100000", "--to", tmp_path)

    assert played.returncode == 0, played.stderr[-2000:]
    assert ds.dataset(tmp_path / "presigned").count_rows() == 100_000
