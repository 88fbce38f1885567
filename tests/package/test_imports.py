"""`import rsigv4` stays light."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import metadata

import pytest

# Each takes longer to import than the whole package, or may not be installed.
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
    """Return the top-level modules that a statement imports in a bare interpreter."""
    # Without the site module, which may import anything.
    code = f"import sys; sys.path[:] = {sys.path!r}; {statement}; print(*sys.modules)"
    command = [sys.executable, "-I", "-S", "-c", code]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    return {name.partition(".")[0] for name in output.split()}


def test_package_imports_nothing_costly():
    modules = imported_by("import rsigv4")

    assert "rsigv4" in modules
    assert modules.isdisjoint(COSTLY)


def test_drop_in_imports_only_requests():
    extra = imported_by("import rsigv4.aws_auth") - imported_by("import requests")

    assert "rsigv4" in extra
    assert extra.isdisjoint(COSTLY)


@pytest.mark.parametrize(
    ("module", "client"),
    [
        ("requests_aws4auth", "requests"),
        ("opensearchpy", "requests"),
        ("requests_auth_aws_sigv4", "requests"),
        ("httpx_auth", "httpx"),
    ],
)
def test_compat_imports_only_the_client(module, client):
    extra = imported_by(f"import rsigv4.compat.{module}") - imported_by(f"import {client}")

    assert "rsigv4" in extra
    assert extra.isdisjoint(COSTLY)
    assert extra.isdisjoint({"boto3", module})


def run_without(missing, statement):
    """Run a statement in a bare interpreter where some packages are not installed."""
    code = f"""
import sys

class Missing:
    def find_spec(name, *_):
        if name.partition(".")[0] in {missing}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.path[:] = {sys.path!r}
sys.meta_path.insert(0, Missing)
{statement}
"""
    command = [sys.executable, "-I", "-S", "-c", code]
    return subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603


@pytest.mark.parametrize(
    ("module", "missing", "package", "extra"),
    [
        ("aiohttp", ["aiohttp"], "aiohttp", "aiohttp"),
        ("aws_auth", ["requests"], "requests", "requests"),
        ("boto_utils", ["botocore"], "botocore", "botocore"),
        ("boto_utils", ["requests"], "requests", "requests"),
        ("httpx", ["httpx"], "httpx", "httpx"),
        ("httpx2", ["httpx2"], "httpx2", "httpx2"),
        ("opensearch", ["opensearchpy"], "opensearch-py", "opensearch"),
        ("opensearch", ["opensearchpy", "requests", "niquests"], "opensearch-py", "opensearch"),
        ("requests", ["requests", "niquests"], "requests or niquests", "requests"),
        ("testing.server", ["werkzeug"], "werkzeug", "testing"),
        ("urllib3", ["urllib3"], "urllib3", "urllib3"),
    ],
)
def test_missing_package_is_named_with_the_extra_that_installs_it(module, missing, package, extra):
    done = run_without(missing, f"import rsigv4.{module}")

    assert done.stderr.splitlines()[-1] == (
        f"ModuleNotFoundError: {package} is missing: install it with pip install 'rsigv4[{extra}]'"
    )
    assert done.stderr.count("Traceback") == 1
    assert extra in metadata("rsigv4").get_all("Provides-Extra")


def test_import_error_inside_a_package_is_not_replaced():
    done = run_without(["urllib3"], "import rsigv4.aws_auth")

    assert done.stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'urllib3'"


def test_server_of_the_plugin_does_not_need_pytest():
    done = run_without(
        ["pytest", "_pytest"],
        """
import rsigv4.requests, requests
from rsigv4 import Credentials
from rsigv4.testing.server import SigV4Server
key = Credentials("AKIDEXAMPLE", "secret")
with SigV4Server(key) as server:
    auth = rsigv4.requests.SigV4Auth(key, "us-east-1", "execute-api")
    print(requests.get(server.url, auth=auth).status_code)
""",
    )

    assert (done.stdout, done.stderr) == ("200\n", "")
