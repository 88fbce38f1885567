# What make checks, and the Rust that it installs, with stand-ins for Python, cargo and rustup.

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest

REPOSITORY = Path(__file__).parents[2]
# Runs what the check passes with -c, as if it were Python 3.9.
OLD_PYTHON = f"""[ "$1" = --version ] && echo Python 3.9.18 && exit
exec {sys.executable} -c 'import sys; sys.version_info = (3, 9, 18); exec(sys.argv[2])' "$@"
"""
CARGO = "echo cargo {version} '(abc 2026-01-01)'"
# Creates environments whose pip installs rustup, if the test sets the variable INSTALLED.
PYTHON = """case "$1 $2" in
"-m venv")
    for folder; do :; done
    mkdir -p "$folder/bin"
    cp "$0" "$folder/bin/python"
    ;;
"-m pip") echo pip "$@"; [ "$INSTALLED" ] && cp "$INSTALLED" "${{0%python}}rustup" ;;
"-c import"*) ;;
*) exec {python} "$@" ;;
esac"""
# Installs a toolchain whose programs print their names and arguments.
RUSTUP = """echo rustup "$@"
bin=$RUSTUP_HOME/toolchains/$3-x86_64-unknown-linux-gnu/bin
mkdir -p "$bin" "$CARGO_HOME"
for name in cargo rustc rustdoc rustfmt cargo-clippy cargo-fmt; do
    printf '#!/bin/sh\\necho %s of %s in $CARGO_HOME: "$@"\\n' $name $3 >"$bin/$name"
    chmod +x "$bin/$name"
done"""


@pytest.fixture
def project(tmp_path):
    """Return a folder with the files that the checks read."""
    folder = tmp_path / "the project"
    for name in (".ci", "requirements"):
        shutil.copytree(REPOSITORY / name, folder / name)
    for name in ("Cargo.toml", "Makefile"):
        shutil.copy(REPOSITORY / name, folder)
    return folder


@pytest.fixture
def programs(tmp_path):
    """Return a folder for PATH, with what each machine has, and a C compiler."""
    folder = tmp_path / "bin"
    folder.mkdir()
    names = (
        "bash cat cc chmod cp dirname env grep make mkdir printf rm sed sh sleep sort tail touch"
    )
    for name in names.split():
        (folder / name).symlink_to(shutil.which(name))
    write_program(folder, "python3", PYTHON.format(python=sys.executable))
    return folder


def write_program(folder, name, script):
    program = folder / name
    # It may be a link to a program of the machine, which must not be overwritten.
    program.unlink(missing_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)


def run(project, programs, *command, **variables):
    return subprocess.run(  # noqa: S603 - make or its script
        command,
        cwd=project,
        env={"PATH": str(programs), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def check(project, programs):
    def check(python="python3", **variables):
        return run(project, programs, ".ci/check-tools", python, "rust", **variables)

    return check


def test_nothing_is_printed_if_nothing_is_missing(check, programs, project):
    write_program(programs, "cargo", CARGO.format(version="1.100.0"))
    completed = check()
    assert (completed.returncode, completed.stdout) == (0, "")
    assert not (project / ".cache").exists()


@pytest.mark.parametrize("goal", ["demo", "test", "test-fast", "lint", "bench"])
def test_make_says_at_once_that_python_is_too_old(project, programs, goal):
    write_program(programs, "python3.9", OLD_PYTHON)
    start = time.monotonic()
    completed = run(project, programs, "make", goal, "PYTHON=python3.9")
    assert time.monotonic() - start < 5  # Usually less than 0.2 seconds.
    assert completed.returncode != 0
    assert "missing: Python 3.10 or later; python3.9 is Python 3.9.18\n" in completed.stdout
    assert "install it from" in completed.stdout
    assert "/ready" not in completed.stdout.partition("missing")[0]
    assert not list(project.glob(".venv*"))


def test_newer_python_is_recommended(check, programs):
    write_program(programs, "python3.9", OLD_PYTHON)
    write_program(programs, "python3.14", "echo pyenv: python3.14: command not found; exit 127")
    write_program(programs, "python3.12", PYTHON.format(python=sys.executable))
    completed = check("python3.9")
    assert completed.returncode == 1
    assert "    add PYTHON=python3.12 to the command\n" in completed.stdout


def test_missing_python_is_reported(check):
    completed = check("python4")
    assert completed.returncode == 1
    assert "missing: Python 3.10 or later; there is no python4\n" in completed.stdout


def test_missing_venv_is_reported(check, programs):
    write_program(programs, "python3.11", "exit 1")
    completed = check("python3.11")
    assert completed.returncode == 1
    assert "missing: the module venv of python3.11\n" in completed.stdout
    assert "python3-venv" in completed.stdout


def test_missing_compiler_is_reported_with_the_rest(check, programs):
    write_program(programs, "python3.9", OLD_PYTHON)
    (programs / "cc").unlink()
    completed = check("python3.9")
    assert completed.returncode == 1
    assert "missing: Python 3.10 or later" in completed.stdout
    assert "missing: a C compiler, cc\n" in completed.stdout


def test_docs_need_no_rust(project, programs):
    (programs / "cc").unlink()
    completed = run(project, programs, "make", "docs")
    assert "missing" not in completed.stdout
    assert "pip install -r requirements/docs.txt" in completed.stdout


@pytest.mark.parametrize(
    "cargo",
    [
        None,
        CARGO.format(version="1.9.0"),
        CARGO.format(version="1.94.1"),
        "echo no toolchain; exit 1",
    ],
    ids=["none", "very old", "old", "no toolchain"],
)
def test_rust_is_installed_below_the_project(check, programs, project, cargo):
    write_program(programs, "stand-in", RUSTUP)
    if cargo is not None:
        write_program(programs, "cargo", cargo)
    completed = check(INSTALLED=str(programs / "stand-in"))
    assert completed.returncode == 0, completed.stdout
    first_line = completed.stdout.partition("\n")[0]
    found = "no cargo" if cargo is None or "exit 1" in cargo else cargo.split("echo ")[1][:10]
    assert first_line.startswith(f"Development needs cargo 1.95.0 or later, and there is {found}")
    assert "Rust 1.95.0 is installed in .cache/rust" in first_line
    assert "pip install -r requirements/rust.txt" in completed.stdout
    assert "rustup toolchain install 1.95.0 --profile minimal" in completed.stdout
    used = subprocess.run(  # noqa: S603 - the stand-in
        [project / ".cache/rust/bin/cargo", "test", "a b"],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert used.stdout == f"cargo of 1.95.0 in {project}/.cache/rust/cargo: test a b\n"


def test_node_is_optional(project, programs):
    write_program(programs, "cargo", CARGO.format(version="1.95.0"))
    write_program(programs, "npm", "echo npm $@; exit 1")
    failed = run(project, programs, "make", ".venv-node/ready")
    assert failed.returncode != 0
    assert "npm ci --prefix .venv-node --ignore-scripts\n" in failed.stdout
    assert "add NPM= to the command\n" in failed.stdout.replace(".\n", "\n")
    without = run(project, programs, "make", ".venv-node/ready", "NPM=")
    (programs / "npm").unlink()
    missing = run(project, programs, "make", ".venv-node/ready")
    assert without.stdout == missing.stdout
    assert "tests and lints that need Node.js are skipped" in missing.stdout
    assert (without.returncode, missing.returncode) == (0, 0)


def test_installed_rust_is_used_by_make(project, programs):
    write_program(programs, "cargo", CARGO.format(version="1.60.0"))
    (project / ".cache/rust/bin").mkdir(parents=True)
    write_program(project / ".cache/rust/bin", "cargo", CARGO.format(version="1.95.0"))
    completed = run(project, programs, "make", "tools")
    assert completed.returncode == 0, completed.stdout
    assert "installed" not in completed.stdout


@pytest.mark.parametrize("goal", ["demo", "test", "licenses", "audit", "fuzz", "release-check"])
def test_make_says_that_rust_is_not_available(project, programs, goal):
    completed = run(project, programs, "make", goal)
    assert completed.returncode != 0
    last_lines = completed.stdout.partition("missing: ")[2]
    assert last_lines.startswith("cargo 1.95.0 or later; Rust 1.95.0 can't be downloaded\n")
    assert "https://rustup.rs, and put cargo on PATH; if it is there, rustup update\n" in last_lines
    assert not list(project.glob(".venv*"))
    assert not (project / ".cache/rust/bin").exists()


@pytest.fixture
def tick(project):
    """Shorten the time after which the script says that a command still runs."""
    script = project / ".ci" / "tick"
    text, count = re.subn(
        r"^SECONDS = \d$", "SECONDS = 0.2", script.read_text(), flags=re.MULTILINE
    )
    assert count == 1
    script.write_text(text)
    return script


def test_silent_commands_are_said_to_run(project, programs, tick):
    completed = run(project, programs, tick, "waiting", "sleep", "1")
    assert completed.returncode == 0
    assert completed.stdout.startswith("... still waiting (0 s)\n")


def test_commands_that_print_are_left_alone(project, programs, tick):
    printing = "for n in 1 2 3 4 5 6; do printf .; sleep 0.05; done"
    completed = run(project, programs, tick, "waiting", "sh", "-c", printing)
    assert completed.stdout == "......"


def test_programs_that_are_left_running_are_not_waited_for(project, programs, tick):
    start = time.monotonic()
    completed = run(project, programs, tick, "waiting", "sh", "-c", "sleep 20 & echo started")
    assert completed.stdout == "started\n"
    assert time.monotonic() - start < 15


def in_a_terminal(programs, tick, *command):
    return pexpect.spawn(str(tick), ["waiting", *command], env={"PATH": str(programs)}, timeout=20)


def test_commands_print_to_a_terminal_as_without_tick(programs, tick):
    script = "import sys; print(sys.stdout.isatty(), sys.stderr.isatty())"
    with in_a_terminal(programs, tick, sys.executable, "-c", script) as terminal:
        terminal.expect_exact("True True\r\n")
        terminal.expect(pexpect.EOF)
    assert terminal.exitstatus == 0


def test_ctrl_c_ends_the_command(programs, tick):
    script = "trap 'echo stopped; exit 5' INT; while :; do sleep 1; done"
    with in_a_terminal(programs, tick, "sh", "-c", script) as terminal:
        terminal.expect("still waiting")
        terminal.sendintr()
        terminal.expect("stopped")
        terminal.expect(pexpect.EOF)
    assert terminal.exitstatus == 5


def test_failure_of_a_long_command_is_passed_on(project, programs):
    assert run(project, programs, ".ci/tick", "waiting", "sh", "-c", "exit 3").returncode == 3


@pytest.mark.parametrize("goal", ["demo", "test", "fuzz", "audit", "release-check", "test-python"])
def test_every_command_that_may_be_silent_is_announced(project, programs, goal):
    completed = run(project, programs, "make", "--dry-run", goal)
    assert completed.returncode == 0
    lines = completed.stdout.splitlines()
    kinds = (" -m venv ", " -m pip ", "cargo test", "cargo install", "check.py")
    silent = [line for line in lines if any(kind in line for kind in kinds)]
    assert silent
    assert not [line for line in silent if "--quiet" in line and "cargo" in line]
    quiet = [line for line in silent if not line.lstrip().startswith("python3 .ci/tick")]
    assert all("install --quiet --no-deps --force-reinstall" in line for line in quiet)


@pytest.fixture
def audit(project, programs):
    """Audit three lock files with stand-ins, whose scripts may fail."""
    for path in (project / "requirements").glob("*.txt"):
        if path.stem not in {"build", "dev", "lowest"}:
            path.unlink()

    def audit(cargo_deny="true", pip_audit="true"):
        for name, script in [("cargo-deny", cargo_deny), ("pip-audit", pip_audit)]:
            write_program(programs, name, f'echo {name} "$@"\n{script}')
        tools = [programs / "cargo-deny", programs / "pip-audit"]
        return run(project, programs, ".ci/audit", *tools)

    return audit


def test_audit_looks_up_all_that_is_locked(audit):
    completed = audit()
    assert completed.returncode == 0
    lines = [line for line in completed.stdout.splitlines() if not line.startswith("== ")]
    assert lines == [
        "cargo-deny check bans licenses sources",
        "cargo-deny check advisories",
        "pip-audit --strict --no-deps --disable-pip -r requirements/build.txt",
        "pip-audit --strict --no-deps --disable-pip -r requirements/dev.txt",
    ]


def test_audit_fails_if_a_check_fails_and_names_all_that_failed(audit):
    completed = audit('[ "$2" != advisories ]', '! grep -q "^pytest==" "$5"')
    assert completed.returncode == 1
    failed = completed.stdout.partition("failed:\n")[2].splitlines()
    assert [line.partition(": ")[0].strip() for line in failed] == [
        "advisories for crates",
        "advisories for requirements/dev.txt",
    ]
    assert "RustSec/advisory-db; if that can't be downloaded, none was read" in failed[0]
