# The reference has every public name, and the names that it has exist.

from __future__ import annotations

import ast
import importlib
import re

import pytest

import rsigv4
from support.pages import REPOSITORY

PAGES = (REPOSITORY / "docs" / "reference").glob("*.md")
SHOWN = {
    name
    for page in PAGES
    for name in re.findall(r"^::: (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
}
MODULES = [
    path.stem
    for path in (REPOSITORY / "python" / "rsigv4").glob("*.py")
    if not path.stem.startswith("_") and path.stem not in {"chunked", "credentials", "verifier"}
]
MODULES += [
    f"compat.{path.name}" for path in (REPOSITORY / "python" / "rsigv4" / "compat").glob("[!_]*")
]


def test_top_level_names_are_shown():
    public = {name for name in rsigv4.__all__ if name != "__version__"}
    in_other_pages = {name for name in public if hasattr(rsigv4.exceptions, name)}
    assert {f"rsigv4.{name}" for name in public - in_other_pages} <= SHOWN


@pytest.mark.parametrize("module", MODULES)
def test_names_of_modules_are_shown(module):
    if f"rsigv4.{module}" in SHOWN:
        return
    defined = {
        name
        for name in importlib.import_module(f"rsigv4.{module}").__all__
        if name not in dir(rsigv4)
    }
    # The drop-in's modules also have the names that the original imports.
    original = {"AWSRequestsAuth", "Session", "datetime", "hashlib", "hmac", "quote", "requests"}
    assert {f"rsigv4.{module}.{name}" for name in defined - original - {"urlparse"}} <= SHOWN


@pytest.mark.parametrize("name", sorted(SHOWN - {"rsigv4.exceptions"}))
def test_shown_names_exist(name):
    module, _, attribute = name.rpartition(".")
    assert hasattr(importlib.import_module(module), attribute)


def test_types_of_arguments_are_described():
    stub = (REPOSITORY / "python" / "rsigv4" / "_core.pyi").read_text(encoding="utf-8")
    public = [
        node for node in ast.parse(stub).body if not getattr(node, "name", "_").startswith("_")
    ]
    signatures = [
        part
        for owner in public
        for node in ast.walk(owner)
        if isinstance(node, ast.FunctionDef)
        for part in (node.args, node.returns)
        if part is not None
    ]
    # The reference shows them without an underscore.
    private = {
        name.id.removeprefix("_")
        for part in signatures
        for name in ast.walk(part)
        if isinstance(name, ast.Name) and re.match("_[A-Z]", name.id)
    }
    page = (REPOSITORY / "docs" / "reference" / "types.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\|([^|]+)\|", page, re.MULTILINE)
    assert "Provider" in private
    assert private <= set(re.findall(r"`(\w+)`", "".join(rows)))
