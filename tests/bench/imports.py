"""Import time and memory, and the size of a wheel."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from measure import exists
from report import Topic

__all__ = ["measure"]

DIST = Path(__file__).parents[2] / "dist"
BARE = "bare interpreter"
IMPORTS = {
    BARE: "pass",
    "import rsigv4": "import rsigv4",
    "import requests": "import requests",
    "import rsigv4.aws_auth": "from rsigv4.aws_auth import AWSRequestsAuth",
    "import rsigv4.requests": "from rsigv4.requests import SigV4Auth",
    "import awscrt.auth": "import awscrt.auth",
    "import botocore.session": "import botocore.session",
}


def measure(effort):
    topic = Topic("Imports and the wheel")
    statements = dict(IMPORTS)
    if not exists("rsigv4.requests"):
        del statements["import rsigv4.requests"]
        topic.missing.append("rsigv4.requests")
    least = dict.fromkeys(statements, float("inf"))
    for _ in range(max(3, effort.rounds)):
        for name, statement in statements.items():
            start = _of_children()
            subprocess.run([sys.executable, "-I", "-c", statement], check=True)  # noqa: S603
            least[name] = min(least[name], _of_children() - start)
    topic.times(least)
    rsigv4 = (least["import rsigv4"] - least[BARE]) * 1e3
    topic.at_most("import rsigv4, over the bare interpreter", rsigv4, 5, "ms")
    drop_in = (least["import rsigv4.aws_auth"] - least["import requests"]) * 1e3
    topic.at_most("import rsigv4.aws_auth, over requests", drop_in, 10, "ms")
    for wheel in DIST.glob("rsigv4-*.whl"):
        topic.at_most("the wheel", wheel.stat().st_size / 1e6, 1.5, "MB")
        topic.figures += _parts_of_wheel(wheel)
    return [topic]


def _parts_of_wheel(wheel):
    """Return what takes how much of it, compressed."""
    parts = {"the extension": 0, "Python": 0, "licenses and bill of materials": 0}
    with ZipFile(wheel) as archive:
        for file in archive.infolist():
            name = "the extension" if file.filename.endswith((".so", ".pyd")) else "Python"
            if ".dist-info/" in file.filename:
                name = "licenses and bill of materials"
            parts[name] += file.compress_size
    return [(f"in the wheel, {name}", f"{size / 1e6:.3g} MB") for name, size in parts.items()]


def _of_children():
    """Return the CPU time of child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
