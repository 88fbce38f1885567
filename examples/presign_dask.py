"""
Presign a data lake with Dask: each process of a cluster presigns one partition at a time.

    python examples/presign_dask.py --count 10000000 --to /tmp/presigned
    python examples/presign_dask.py --from 's3-inventory/*.parquet' --to /tmp/presigned

The URLs are read from the column `url` of Parquet files, or made up for a bucket that doesn't
exist. They are written to Parquet files with an additional column `presigned`.
"""

# Dask and PyArrow have no types.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

import argparse
import resource
import tempfile
import time

import dask.dataframe as dd
import pandas as pd
import pyarrow as pa
from distributed import Client, LocalCluster, progress

from rsigv4 import Credentials, Signer

TEXT = pd.ArrowDtype(pa.large_string())
ROWS_OF_A_PARTITION = 250_000

#: Pass the function `resolve_credentials` instead to use your own credentials in each process.
EXAMPLE_KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


def presign(frame: pd.DataFrame, signer: Signer, expires_in: int) -> pd.DataFrame:
    """Return the partition with its presigned URLs, never converted to Python objects."""
    presigned = signer.presign_many(
        "GET", pa.array(frame["url"], pa.large_string(), from_pandas=True), expires_in=expires_in
    )
    return frame.assign(presigned=pd.Series(pa.chunked_array(presigned), frame.index, TEXT))


def made_up_urls(first: int) -> pd.DataFrame:
    """Return a partition of URLs for objects that don't exist."""
    host = "https://bucket.s3.eu-central-1.amazonaws.com"
    numbers = range(first, first + ROWS_OF_A_PARTITION)
    urls = [f"{host}/some/prefix/object-{number:09}.parquet" for number in numbers]
    return pd.DataFrame({"url": pd.Series(urls, dtype=TEXT)})


def presign_all(urls: dd.DataFrame, signer: Signer, expires_in: int, folder: str) -> int:
    """Presign each partition, write it to the folder, and return the number of rows."""
    # The signer is pickled for the processes, including the credentials.
    meta = presign(pd.DataFrame({"url": pd.Series([], dtype=TEXT)}), signer, expires_in)
    presigned = urls[["url"]].map_partitions(presign, signer, expires_in, meta=meta)
    written = presigned.to_parquet(folder, compute=False, write_index=False).persist()
    progress(written, notebook=False)
    written.compute()
    return len(dd.read_parquet(folder))


def peak_memory() -> int:
    """Return the peak memory of this process in bytes; Linux counts in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Presign in the processes of a cluster on this machine."""
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
    parser.add_argument("--workers", type=int, default=2, help="number of processes")
    parser.add_argument("--expires-in", type=int, default=3600, metavar="SECONDS")
    arguments = parser.parse_args()

    signer = Signer(EXAMPLE_KEY, "eu-central-1", "s3")
    if arguments.source:
        urls = dd.read_parquet(arguments.source, columns=["url"])
    else:
        starts = range(0, arguments.count, ROWS_OF_A_PARTITION)
        urls = dd.from_map(made_up_urls, starts, meta=made_up_urls(0).head(0))
    with (
        tempfile.TemporaryDirectory() as thrown_away,
        # One thread per process is enough: presign_many uses all cores that the process may use.
        LocalCluster(n_workers=arguments.workers, threads_per_worker=1) as cluster,
        Client(cluster) as client,
    ):
        start = time.perf_counter()
        count = presign_all(urls, signer, arguments.expires_in, arguments.to or thrown_away)
        seconds = time.perf_counter() - start
        peaks = [peak / 2**20 for peak in client.run(peak_memory).values()]  # pyright: ignore[reportAttributeAccessIssue]
    print(f"\n{count:,} URLs in {seconds:.1f} s: {count / seconds:,.0f} per second")
    print(f"peak memory of the processes: {', '.join(f'{peak:,.0f} MiB' for peak in peaks)}")


if __name__ == "__main__":
    main()
