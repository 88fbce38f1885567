# No circle of imports among the Rust modules.

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src"

COMMENT = re.compile(r"//.*")
#: The innermost group of `a::{b, c}`.
GROUP = re.compile(r"((?:\w+::)+)\{([^{}]*)\}")
PATH = re.compile(r"\b(?:crate|self|super)(?:::\w+)+")


def module_of(path):
    """Return the names of a module below the crate, which itself has none."""
    parts = path.relative_to(SOURCES).with_suffix("").parts
    return () if parts == ("lib",) else parts


def paths_in(code):
    """Return the paths that begin at the crate, a parent or the module itself."""

    def ungrouped(group):
        return ", ".join(group[1] + name.strip() for name in group[2].split(","))

    while GROUP.search(code):
        code = GROUP.sub(ungrouped, code)
    return PATH.findall(code)


def absolute(module, path):
    first, *names = path.split("::")
    start = {"crate": (), "self": module, "super": module[:-1]}[first]
    while names and names[0] == "super":
        start, names = start[:-1], names[1:]
    return (*start, *names)


def imports_of(modules):
    """
    Return which modules each module imports, from their code.

    What a parent reexports is an import of the parent. What modules import from their own parents
    is left out: a parent and its children may import each other.
    """
    imports = {module: set() for module in modules}
    for module, source in modules.items():
        code = COMMENT.sub("", source)
        for path in paths_in(code):
            names = absolute(module, path)
            length = next(n for n in range(len(names), -1, -1) if names[:n] in modules)
            if names[:length] != module[:length]:
                imports[module].add(names[:length])
        # A parent names its children without `self`.
        children = [name for name in modules if name[:-1] == module != name]
        imports[module].update(
            child for child in children if re.search(rf"(?<![:\w]){child[-1]}::", code)
        )
    return imports


def check(modules):
    """Raise a CycleError, which contains the circle, if there is one."""
    TopologicalSorter(imports_of(modules)).prepare()


def test_no_circle_of_imports():
    modules = {module_of(path): path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.rs")}

    check(modules)
    assert len(modules) > 50


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("b", "use crate::a::c::Name;"),
        ("b", "use crate::{x, a::{y, c::{Name, z as w}}};"),
        ("b", "use super::a;"),
        ("b", "fn f() { super::a::c::f() }"),
        ("b/d", "use super::super::a::Name;"),
        ("b/d", "pub use crate::a;"),
    ],
)
def test_circle_is_found(module, code):
    modules = {
        (): "",
        ("a",): "pub use c::Name;",
        ("a", "c"): "use crate::b::{d, Name};",
        ("b",): "",
        ("b", "d"): "",
    }
    check(modules)

    modules[tuple(module.split("/"))] = f"// use crate::a;\n{code}"
    with pytest.raises(CycleError, match="cycle"):
        check(modules)


@pytest.mark.parametrize(
    "code", ["// use crate::a;", "use super::b;", "use self::d::Name;", "use crate::b::d;"]
)
def test_parent_and_children_may_import_each_other(code):
    modules = {(): "", ("a",): "use crate::b;", ("b",): code, ("b", "d"): "use super::{Name, e};"}
    modules["b", "e"] = "use super::super::b::Name;"

    check(modules)
