"""JuiceFS's gateway, which contains MinIO's signature verifier."""

from __future__ import annotations

import secrets
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from support.servers.processes import HOST, Program, free_ports
from support.servers.s3 import S3Server

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

_REGION = "us-east-1"


@contextmanager
def juicefs_gateway(executable: str | os.PathLike[str]) -> Iterator[S3Server]:
    """
    Run a gateway to an empty volume for the duration of the context.

    It writes only below a temporary folder, which is removed at the end.

    Args:
        executable: The path of ``juicefs``.

    Raises:
        ServerError: The program is missing, ends at once, or doesn't respond within a minute.

    """
    access_key_id, secret_access_key = "juicefs-tester", secrets.token_hex()
    with tempfile.TemporaryDirectory(prefix="juicefs-") as name:
        folder = Path(name)
        program = Program.found(
            executable,
            folder,
            MINIO_REGION_NAME=_REGION,
            MINIO_ROOT_PASSWORD=secret_access_key,
            MINIO_ROOT_USER=access_key_id,
        )
        metadata = f"sqlite3://{folder}/metadata.db"
        volume = ["--storage", "file", "--bucket", folder / "data", "--trash-days", "0"]
        program.run("format", *volume, metadata, "volume")
        port, metrics_port = free_ports(2)
        arguments = [
            # The debug agent would listen on a fixed port.
            "--no-agent",
            "gateway",
            "--no-usage-report",
            "--multi-buckets",
            # Without this, x-amz-meta-* headers are verified but not stored.
            "--object-meta",
            *("--cache-dir", folder / "cache", "--cache-size", "64"),
            *("--metrics", f"{HOST}:{metrics_port}"),
            metadata,
            f"{HOST}:{port}",
        ]
        with program.serve(*arguments, port=port, health_path="/minio/health/live") as server:
            server.wait_until_healthy()
            yield S3Server(f"http://{HOST}:{port}", access_key_id, secret_access_key, _REGION)
