"""
Presign a data lake with Spark: each Python process presigns one Arrow batch at a time.

    python examples/presign_spark.py --count 10000000 --to /tmp/presigned
    python examples/presign_spark.py --from 's3-inventory/*.parquet' --to /tmp/presigned

The URLs are read from the column `url` of Parquet files, or made up for a bucket that doesn't
exist. They are written to Parquet files with an additional column `presigned`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.functions import concat, format_string, lit

from rsigv4 import Credentials, Signer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame

HOST = "https://bucket.s3.eu-central-1.amazonaws.com"

#: Pass the function `resolve_credentials` instead to use your own credentials in each process.
EXAMPLE_KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


def presign(
    batches: Iterator[pa.RecordBatch], signer: Signer, expires_in: int
) -> Iterator[pa.RecordBatch]:
    """Yield each batch with its presigned URLs, never converted to Python objects."""
    for batch in batches:
        presigned = signer.presign_many("GET", batch["url"], expires_in=expires_in)
        # Spark's strings have 32-bit offsets, which are enough for a batch.
        text = pa.array(presigned).cast(pa.string())
        yield pa.RecordBatch.from_arrays([batch["url"], text], ["url", "presigned"])


def presign_all(urls: DataFrame, signer: Signer, expires_in: int) -> DataFrame:
    """Return the URLs with their presigned URLs; the pickled signer includes its credentials."""
    function = partial(presign, signer=signer, expires_in=expires_in)
    return urls.select("url").mapInArrow(function, "url string, presigned string")


def made_up_urls(spark: SparkSession, count: int) -> DataFrame:
    """Return URLs for objects that don't exist."""
    key = format_string("/some/prefix/object-%09d.parquet", "id")
    return spark.range(count).select(concat(lit(HOST), key).alias("url"))


def peak_memory() -> dict[str, list[int]]:
    """Return the peak memory of each Spark process in MiB, on Linux."""
    peaks: dict[str, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text(encoding="utf-8")
            command = (status.parent / "cmdline").read_text(encoding="utf-8")
        except OSError:
            continue
        if "pyspark" in command and "VmHWM:" in text:
            name = "java" if "java" in command.partition("\0")[0] else "python"
            peaks.setdefault(name, []).append(int(text.split("VmHWM:")[1].split()[0]) // 1024)
    return peaks


def main() -> None:
    """Presign with Spark on this machine."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--from", dest="source", metavar="FILES", help="Parquet files of URLs")
    parser.add_argument(
        "--count", type=int, default=1_000_000, help="number of URLs to make up instead"
    )
    parser.add_argument(
        "--to", metavar="FOLDER", help="where to write them; by default, they are deleted"
    )
    parser.add_argument("--master", default="local[2]", help="URL of the Spark master")
    parser.add_argument("--expires-in", type=int, default=3600, metavar="SECONDS")
    arguments = parser.parse_args()

    signer = Signer(EXAMPLE_KEY, "eu-central-1", "s3")
    # Otherwise Spark runs the first python3 that it finds.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = (
        SparkSession.builder.master(arguments.master)
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "true")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "20000")
        .getOrCreate()
    )
    with tempfile.TemporaryDirectory() as thrown_away:
        folder = str(Path(arguments.to or thrown_away) / "presigned")
        if arguments.source:
            urls = spark.read.parquet(arguments.source)
        else:
            urls = made_up_urls(spark, arguments.count).repartition(32)
        start = time.perf_counter()
        presign_all(urls, signer, arguments.expires_in).write.parquet(folder)
        seconds = time.perf_counter() - start
        count = spark.read.parquet(folder).count()
        peaks = peak_memory()
    spark.stop()
    print(f"\n{count:,} URLs in {seconds:.1f} s: {count / seconds:,.0f} per second")
    for name, mebibytes in peaks.items():
        listed = ", ".join(f"{peak:,} MiB" for peak in mebibytes)
        print(f"peak memory of the {name} processes: {listed}")


if __name__ == "__main__":
    main()
