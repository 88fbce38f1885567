# What editors and type checkers read about the public names.

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import rsigv4

REPOSITORY = Path(__file__).parents[2]
SCRIPT = REPOSITORY / ".ci" / "stub-docstrings"


def test_types_of_public_names_are_known(pyright, tmp_path):
    # pyright doesn't read .pth files. With the standard library in PYTHONPATH, it finds no package.
    paths = [
        str(Path(rsigv4.__file__).parents[1]),
        *(path for path in sys.path if "site-packages" in path),
    ]
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


def test_stub_has_the_docstrings_of_the_binary():
    completed = subprocess.run(  # noqa: S603 - our script
        [sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False
    )
    assert (completed.returncode, completed.stderr) == (0, "")


def test_public_classes_and_methods_are_documented_in_the_stub():
    tree = ast.parse(Path(rsigv4.__file__).with_name("_core.pyi").read_text())
    documented = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name in rsigv4.__all__:
            documented[node.name] = ast.get_docstring(node)
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
                    # The first of several overloads has the docstring.
                    name = f"{node.name}.{method.name}"
                    documented.setdefault(name, ast.get_docstring(method))
    assert len(documented) > 50
    assert [name for name, text in documented.items() if not text] == []
    assert "Args:" in documented["Signer"]
    assert "Returns:" in documented["Signer.sign"]


def test_type_checkers_see_each_public_name():
    tree = ast.parse((REPOSITORY / "tests" / "typing_api.py").read_text())
    imported = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names = {
        alias.name
        for node in imported
        for alias in node.names
        if node.module == "rsigv4" and (alias.asname or alias.name) in used
    }
    assert names == set(rsigv4.__all__)
    doors = {f"rsigv4.{path.stem}" for path in Path(rsigv4.__file__).parent.glob("[a-z]*.py")}
    # Their names are imported from rsigv4.
    doors -= {"rsigv4.chunked", "rsigv4.credentials", "rsigv4.verifier"}
    assert doors <= {node.module for node in imported}
