# What pyright says about the public names.

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import rsigv4


def test_types_of_public_names_are_known(pyright, tmp_path):
    # In an editable installation, pyright doesn't find the package by itself.
    paths = [str(Path(rsigv4.__file__).parents[1]), *filter(None, sys.path)]
    completed = subprocess.run(  # noqa: S603 - the type checker
        [
            *(pyright, "--pythonpath", sys.executable),
            *("--verifytypes", "rsigv4", "--ignoreexternal", "--outputjson"),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    report = json.loads(completed.stdout)["typeCompleteness"]
    unknown = [
        symbol["name"]
        for symbol in report["symbols"]
        if symbol["isExported"] and not symbol["isTypeKnown"]
    ]
    assert len(report["symbols"]) > 400
    assert (unknown, report["completenessScore"]) == ([], 1)
