#!/usr/bin/env python3
"""
Build and check what would be published, with each CPython on this machine.

The wheels are built from the sdist, and left in dist/. PYTHONS, paths of interpreters, limits it to
them. With --publish, the address of the repository must be set.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from zipfile import ZipFile

import contents
import sbom
import sdist
from project import NAME, ROOT, address, require_address, version

DIST = ROOT / "dist"
TARGET = ROOT / "target" / "release-check"
INSTALL = Path(__file__).with_name("install.py")
OLDEST = (3, 9)
OLDEST_WITH_STABLE_ABI = (3, 11)


class Python(NamedTuple):
    """An interpreter, by its version."""

    version: tuple[int, int]
    free_threaded: bool
    path: str

    def tag(self) -> str:
        """Return the Python and ABI tags of the wheel that pip chooses."""
        if self.free_threaded:
            name = f"cp{self.version[0]}{self.version[1]}"
            return f"{name}-{name}t"
        if self.version >= OLDEST_WITH_STABLE_ABI:
            return f"cp{OLDEST_WITH_STABLE_ABI[0]}{OLDEST_WITH_STABLE_ABI[1]}-abi3"
        name = f"cp{self.version[0]}{self.version[1]}"
        return f"{name}-{name}"


def main() -> None:
    if "--publish" in sys.argv[1:]:
        require_address()
    shutil.rmtree(DIST, ignore_errors=True)
    pythons = interpreters()
    say(f"Building for {', '.join(python.tag() for python in pythons)}")
    run(sys.executable, ROOT / ".ci/release/licenses.py", "--check")
    source = sdist.build(DIST)
    with TemporaryDirectory() as first, TemporaryDirectory() as second:
        build(source, Path(first), pythons, DIST, TARGET)
        say("Building again, in another folder")
        again = Path(second, "dist")
        build(source, Path(second), pythons[-1:], again, Path(second, "target"))
        compare(again)
    say("Checking the contents")
    archives = sorted(DIST.iterdir())
    run(sys.executable, "-m", "twine", "check", "--strict", *archives)
    run(sys.executable, "-m", "check_wheel_contents", *DIST.glob("*.whl"))
    tags = {"-".join(wheel.stem.split("-")[2:4]) for wheel in DIST.glob("*.whl")}
    if tags != {python.tag() for python in pythons}:
        sys.exit(f"the wheels are for {', '.join(sorted(tags))}")
    for python in pythons:
        say(f"Installing for {python.path}")
        run(python.path, INSTALL, DIST)
    say(
        "These may be published"
        if address()
        else "The address of the repository is not set. Otherwise, these may be published"
    )
    contents.report(archives)


def interpreters() -> list[Python]:
    """Return each CPython of the PATH and of pyenv, or those in PYTHONS, the oldest first."""
    paths = os.environ.get("PYTHONS", "").split()
    if not paths:
        names = [f"python3.{minor}{suffix}" for minor in range(9, 30) for suffix in ("", "t")]
        paths = [path for name in names if (path := shutil.which(name))]
        pyenv = os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")
        paths += map(str, Path(pyenv, "versions").glob("*/bin/python"))
    found = {}
    code = (
        "import sys, sysconfig; gil_disabled = sysconfig.get_config_var('Py_GIL_DISABLED') or 0; "
        "print(*sys.version_info[:2], gil_disabled, sys.implementation.name)"
    )
    for path in paths:
        done = subprocess.run([path, "-c", code], check=False, capture_output=True, text=True)
        # pyenv has programs that fail, for versions that are not active.
        if done.returncode == 0:
            major, minor, free_threaded, implementation = done.stdout.split()
            python = Python((int(major), int(minor)), free_threaded == "1", path)
            if implementation == "cpython" and python.version >= OLDEST:
                found.setdefault(python[:2], python)
    return [found[key] for key in sorted(found)]


def build(source: Path, folder: Path, pythons: list[Python], out: Path, target: Path) -> None:
    """Build the wheels of an sdist. Cargo and maturin print their progress."""
    with tarfile.open(source) as archive:
        archive.extractall(folder, filter="data")
    # All its files are from 2006, so Cargo would take artifacts of another build for current.
    for path in folder.rglob("*.*"):
        path.touch()
    paths = [python.path for python in pythons]
    command = [
        sys.executable,
        "-m",
        "maturin",
        "build",
        "--release",
        "--locked",
        "--out",
        out,
        "--interpreter",
        *paths,
    ]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target), "RUSTFLAGS": rust_flags()}
    run(*command, cwd=folder / f"{NAME}-{version()}", env=environment)
    for wheel in out.glob("*.whl"):
        sbom.clean(wheel)


def rust_flags() -> str:
    """Return the flags that replace the builder's folders in messages of panics."""
    cargo = os.environ.get("CARGO_HOME", Path.home() / ".cargo")
    command = ["rustc", "--print", "sysroot"]
    rust = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    # The toolchain that .ci/check-tools installs sets its own CARGO_HOME.
    own = ROOT / ".cache/rust/cargo"
    folders = {cargo: "/cargo", own: "/cargo", rust: "/rust"}
    flags = [f"--remap-path-prefix={folder}={name}" for folder, name in folders.items()]
    return " ".join([os.environ.get("RUSTFLAGS", ""), *flags]).strip()


def compare(again: Path) -> None:
    """Fail if the second build of a wheel has another extension module."""
    (wheel,) = again.glob("*.whl")
    if extension_module(DIST / wheel.name) != extension_module(wheel):
        sys.exit(f"{wheel.name}: two builds have different extension modules")


def extension_module(wheel: Path) -> bytes:
    with ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith((".so", ".pyd"))]
        return archive.read(name)


def say(line: str) -> None:
    print(f"\n== {line}", flush=True)


def run(*command: object, **options: object) -> None:
    done = subprocess.run([str(part) for part in command], check=False, **options)
    if done.returncode:
        sys.exit(f"failed: {' '.join(map(str, command))}")


if __name__ == "__main__":
    main()
