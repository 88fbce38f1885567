"""The rules of folders and files: who imports whom, names and lengths."""

from __future__ import annotations

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import rsigv4

ROOT = Path(rsigv4.__file__).parent
TESTS = Path(__file__).parents[1]
LONGEST_FILE = 400
FILES = sorted(path for path in ROOT.rglob("*.py") if "__pycache__" not in path.parts)

CLIENT_LIBRARIES = {
    "aiohttp",
    "botocore",
    "httpx",
    "httpx2",
    "niquests",
    "opensearchpy",
    "requests",
    "urllib3",
}
#: The files of `_clients` that may import a client, with those clients.
NAMED_AFTER = {
    "requests": {"requests", "niquests"},
    # What is signed in requests and niquests.
    "prepared_request": {"requests", "niquests"},
    "httpx": {"httpx", "httpx2"},
}

SERVER_DOORS = {"asgi", "wsgi"}
#: The modules that all others may import.
VOCABULARY = {"_core", "chunked", "credentials", "exceptions", "verifier"}
#: All other modules at the root.
CLIENT_DOORS = {path.stem for path in ROOT.glob("[!_]*.py")} - SERVER_DOORS - VOCABULARY
#: The folders, and which others each may import; docs/architecture.md draws them.
MAY_IMPORT = {
    "cli": {"_clients", "_explain", "doors for clients"},
    "compat": {"_clients", "doors for clients"},
    "testing": {"_clients", "doors for servers"},
    "doors for clients": {"_clients"},
    "doors for servers": {"_middleware"},
    "_clients": {"_explain"},
    "_middleware": set(),
    "_explain": set(),
    "vocabulary": set(),
}

#: The stub declares the native module, which is one.
MAY_BE_LONG = {"_core.pyi"}
#: Files that are neither a door nor a list of modules, but are complete.
MAY_BE_SHORT = {
    "__main__.py": "the door of `python -m rsigv4`",
    "cli/completion.py": "the command of this name",
    "compat/requests_aws4auth/exceptions.py": "a module of the original",
}

#: The names of AWS's headers that have to be text here. `_core` has the names of signatures.
HEADER_LITERALS = {
    "_clients/clock.py": {"X-Amz-Date", "x-amzn-errortype"},
    "_explain/responses.py": {"x-amzn-errortype"},
    "_middleware/gateway.py": {"x-amz-decoded-content-length", "x-amzn-ErrorType"},
    "cli/exchange.py": {"x-amz-"},
    # What only the originals name, and how they spell it.
    "compat/httpx_auth/__init__.py": {"x-amz-", "x-amz-client-context"},
    "compat/opensearchpy/helpers/signer.py": {
        "X-Amz-Content-SHA256",
        "X-Amz-Date",
        "X-Amz-Security-Token",
    },
    "compat/requests_auth_aws_sigv4/__init__.py": {"X-AMZ-Date", "x-amz-"},
    "compat/requests_aws4auth/aws4auth.py": {"x-amz-", "x-amz-*", "x-amz-client-context"},
    "testing/explanation.py": {"X-Amz-Credential=([^&%/]+)", "x-amzn-errortype"},
}
#: The services that the core treats differently. `execute-api` is the example in help texts.
SERVICES = {
    "aoss",
    "es",
    "iotdevicegateway",
    "s3",
    "s3-object-lambda",
    "s3-outposts",
    "s3express",
    "vpc-lattice-svcs",
}
#: The package itself, and `python -m rsigv4`.
IN_NO_ROOM = {"rsigv4", "rsigv4.__main__"}


def name_of(path):
    """Return the dotted name of a module."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in FILES}
OURS = {*MODULES, "rsigv4._core"}


def is_for_type_checkers(node):
    return isinstance(node, ast.If) and getattr(node.test, "id", None) == "TYPE_CHECKING"


def imported_by(node):
    """
    Yield the modules that a file imports when it runs, also those inside its functions.

    What only type checkers import is left out: it is never imported, so it can be in no circle.
    """
    for child in ast.iter_child_nodes(node):
        if is_for_type_checkers(child):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            submodules = [f"{child.module}.{alias.name}" for alias in child.names]
            for name in submodules:
                yield name if name in OURS else child.module
        else:
            yield from imported_by(child)


IMPORTS = {
    name: set(imported_by(ast.parse(path.read_text(encoding="utf-8"))))
    for name, path in MODULES.items()
}


def test_root_has_doors_only():
    private = {path.name for path in ROOT.glob("_*.py") if not path.name.startswith("__")}

    assert private == set()


@pytest.mark.parametrize("path", sorted(ROOT.glob("_clients/*.py")), ids=lambda path: path.stem)
def test_shared_code_imports_a_client_only_in_the_file_named_after_it(path):
    imported = {name.partition(".")[0] for name in IMPORTS[name_of(path)]}

    assert imported & CLIENT_LIBRARIES <= NAMED_AFTER.get(path.stem, set())


@pytest.mark.parametrize("door", sorted(CLIENT_DOORS | SERVER_DOORS))
def test_doors_do_not_import_each_other(door):
    doors = {f"rsigv4.{name}" for name in CLIENT_DOORS | SERVER_DOORS}

    # Both drop-ins replace modules of one package.
    allowed = {"rsigv4.aws_auth"} if door == "boto_utils" else set()
    assert IMPORTS[f"rsigv4.{door}"] & doors == allowed


def room_of(module):
    name = module.split(".")[1]
    if name in CLIENT_DOORS:
        return "doors for clients"
    if name in SERVER_DOORS:
        return "doors for servers"
    return "vocabulary" if name in VOCABULARY else name


@pytest.mark.parametrize("module", sorted(MODULES.keys() - IN_NO_ROOM))
def test_rooms_import_what_the_drawing_says(module):
    room = room_of(module)
    others = {room_of(name) for name in IMPORTS[module] & OURS - {"rsigv4"}}
    if module == "rsigv4.credentials":
        # It reads AWS's configuration files.
        others = {room_of(name) for name in IMPORTS[module] & OURS - {"rsigv4._clients.profiles"}}

    assert others - {room, "vocabulary"} <= MAY_IMPORT[room]


def test_no_circle_of_imports():
    # The CycleError contains the circle.
    TopologicalSorter({name: IMPORTS[name] & MODULES.keys() for name in MODULES}).prepare()


#: What a verb ends with, and the nouns made of it.
ENDINGS = re.compile(r"(ain|anation|y|ies|ier|ication|e|ation|ion|ing|er|or|ed|ment|s)+$")


@pytest.mark.parametrize("folder", sorted({path.parent for path in FILES}), ids=str)
def test_names_differ_by_more_than_an_ending_or_an_underscore(folder):
    stems = {}
    for path in [*folder.glob("*.py"), *(path.parent for path in folder.glob("*/__init__.py"))]:
        if not path.stem.startswith("__"):
            stems.setdefault(ENDINGS.sub("", path.stem.strip("_")), []).append(path.name)

    assert [names for names in stems.values() if len(names) > 1] == []


def test_no_file_is_long_or_a_fragment():
    lengths = {}
    for path in [*FILES, *ROOT.rglob("*.pyi")]:
        lengths[path.relative_to(ROOT).as_posix()] = len(path.read_text("utf-8").splitlines())

    assert {name for name, length in lengths.items() if length > LONGEST_FILE} <= MAY_BE_LONG
    short = {name for name, length in lengths.items() if length < 40}
    fragments = {name for name in short if not name.endswith("__init__.py")}
    assert fragments == MAY_BE_SHORT.keys()


def test_no_file_of_the_tests_is_long():
    names = {path.relative_to(TESTS) for kind in ("py", "rs") for path in TESTS.rglob(f"*.{kind}")}
    # Cargo's builds may contain generated code.
    names = {name for name in names if "target" not in name.parts}
    assert len(names) > 100

    lengths = {str(name): len((TESTS / name).read_text("utf-8").splitlines()) for name in names}
    assert [name for name, length in lengths.items() if length > LONGEST_FILE] == []


def literals(path):
    """Return the texts in a file that are not documentation."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    documentation = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    constants = [node for node in nodes if isinstance(node, ast.Constant)]
    values = [constant.value for constant in constants if id(constant) not in documentation]
    texts = [value.decode("latin-1") if isinstance(value, bytes) else value for value in values]
    return [text for text in texts if isinstance(text, str)]


#: The drop-ins default to services as their originals do.
OF_OURS = [path for path in FILES if "compat" not in path.relative_to(ROOT).parts]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_names_of_headers_are_the_cores(path):
    found = {text for text in literals(path) if re.search("x-amz", text, re.IGNORECASE)}

    assert found == HEADER_LITERALS.get(path.relative_to(ROOT).as_posix(), set())


@pytest.mark.parametrize("path", OF_OURS, ids=name_of)
def test_services_are_named_in_the_core_only(path):
    assert SERVICES & set(literals(path)) == set()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_one_mark_is_in_the_place_of_secrets(path):
    marks = re.compile(r"[<\[(](secure|redacted|hidden|secret|masked)[>\])]|\*{4,}", re.IGNORECASE)

    assert [text for text in literals(path) if marks.search(text)] == []
