"""What importing the package costs those who need little of it."""

from __future__ import annotations

import subprocess
import sys

# Each takes longer to import than all of the package, or is a client that may not be there.
COSTLY = [
    "aiohttp",
    "asyncio",
    "awscrt",
    "botocore",
    "csv",
    "dataclasses",
    "datetime",
    "email",
    "enum",
    "hashlib",
    "httpx",
    "inspect",
    "niquests",
    "pathlib",
    "pyarrow",
    "re",
    "requests",
    "typing",
    "urllib",
    "urllib3",
]


def imported_by(statement):
    """Return the top-level modules that are there after a statement, in a bare interpreter."""
    # Without the site module, which may import anything for other packages.
    code = f"import sys; sys.path[:] = {sys.path!r}; {statement}; print(*sys.modules)"
    command = [sys.executable, "-I", "-S", "-c", code]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    return {name.partition(".")[0] for name in output.split()}


def test_package_imports_nothing_costly():
    modules = imported_by("import rsigv4")

    assert "rsigv4" in modules
    assert modules.isdisjoint(COSTLY)


def test_drop_in_imports_requests_alone():
    extra = imported_by("import rsigv4.aws_auth") - imported_by("import requests")

    assert "rsigv4" in extra
    assert extra.isdisjoint(COSTLY)
