"""The Dask example, with a local cluster of processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

import presign_dask
from rsigv4 import Signer
from support.signing import CREDENTIALS, MOMENT

EXAMPLE = Path(presign_dask.__file__)
URLS = [f"https://bucket.s3.eu-central-1.amazonaws.com/{number}" for number in range(1000)]


def play(*arguments):
    command = [sys.executable, EXAMPLE, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)  # noqa: S603


@pytest.mark.parametrize("column", [URLS, [URLS[0], None, URLS[1]], []])
def test_partition(column):
    frame = pa.table({"url": pa.array(column, pa.string())}).to_pandas()
    frame.index += 5
    presigned = presign_dask.presign(frame, Signer(CREDENTIALS, "eu-central-1", "s3"), 60)

    assert presigned.index.equals(frame.index)
    assert presigned["url"].equals(frame["url"])
    assert presigned["presigned"].isna().tolist() == [url is None for url in column]
    for url, signed in zip(column, presigned["presigned"]):
        assert url is None or signed.startswith(f"{url}?X-Amz-Algorithm=AWS4-HMAC-SHA256&")


def test_files_of_urls(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    for number in range(4):
        pq.write_table(pa.table({"url": URLS[number::4]}), source / f"{number}.parquet")

    played = play("--from", f"{source}/*.parquet", "--to", target, "--expires-in", "60")

    assert played.returncode == 0, played.stderr
    assert "100% Completed" in played.stdout
    assert "\n1,000 URLs in " in played.stdout
    table = ds.dataset(target).to_table()
    assert sorted(table["url"].to_pylist()) == sorted(URLS)
    # The processes sign at different times; everything before the date is equal.
    signer = Signer(presign_dask.EXAMPLE_KEY, "eu-central-1", "s3")
    for url, presigned in zip(table["url"].to_pylist(), table["presigned"].to_pylist()):
        date = presigned.partition("&X-Amz-Date=")[2].partition("&")[0]
        moment = MOMENT.strptime(date, "%Y%m%dT%H%M%S%z")
        assert presigned == signer.presign("GET", url, expires_in=60, time=moment)


def test_made_up_urls(tmp_path):
    played = play("--count", "300000", "--to", tmp_path)

    assert played.returncode == 0, played.stderr
    # Only whole partitions are generated.
    assert ds.dataset(tmp_path).count_rows() == 500_000
