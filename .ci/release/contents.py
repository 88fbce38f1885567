#!/usr/bin/env python3
"""Check what is in the wheels and sdists that are passed, and print their sizes and platforms."""

from __future__ import annotations

import re
import sys
import tarfile
from email import message_from_bytes
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

from project import NAME, ROOT, files, source_files, version

if TYPE_CHECKING:
    from collections.abc import Iterator

LICENSES = ["LICENSE", "THIRD-PARTY-LICENSES.txt"]
MOST_BYTES = 2_000_000
# chrono-tz has a table for each time zone, unless [tool.maturin] in pyproject.toml leaves them out.
TIME_ZONES = [b"America/New_York", b"Asia/Tokyo", b"Europe/Berlin"]
# Folders of the people and machines that build.
BUILDERS_PATH = re.compile(
    rb"/(?:home|Users)/\w|/root/|/tmp/|[A-Za-z]:\\(?:Users|a)\\|path\+file:|"
    + re.escape(f"{ROOT}/".encode())
)
RELATIVE_LINK = re.compile(r"\]\((?!https?:|#)")


def main() -> None:
    report([Path(argument) for argument in sys.argv[1:]])


def report(archives: list[Path]) -> None:
    """Print a line for each archive; exit if one of them has a problem."""
    problems = []
    for archive in archives:
        megabytes = archive.stat().st_size / 1e6
        print(f"{archive.name:70} {megabytes:5.2f} MB  {platform(archive)}")
        check = problems_of_wheel if archive.suffix == ".whl" else problems_of_sdist
        problems += [f"{archive.name}: {problem}" for problem in check(archive)]
    if problems:
        sys.exit("\n".join(problems))


def platform(archive: Path) -> str:
    """Return the systems that may install a wheel."""
    glibc = re.search(r"-manylinux_(\d+)_(\d+)_\w+\.", archive.name)
    musl = re.search(r"-musllinux_(\d+)_(\d+)_", archive.name)
    if glibc:
        return f"glibc {glibc[1]}.{glibc[2]} or later"
    if musl:
        return f"musl {musl[1]}.{musl[2]} or later"
    return "any" if archive.suffix != ".whl" else archive.stem.rpartition("-")[2]


def problems_of_wheel(path: Path) -> Iterator[str]:
    """Yield what would go wrong for users of a wheel."""
    with ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    if path.stat().st_size > MOST_BYTES:
        yield f"is larger than {MOST_BYTES / 1e6} MB"
    if "-linux_" in path.name:
        yield "isn't for a glibc or musl version: build it with maturin"
    yield from _problems_of_package(path, content)
    yield from _problems_of_metadata(content)
    for name, data in content.items():
        found = BUILDERS_PATH.search(data)
        if found:
            start = found.start()
            yield f"{name} has a path of the builder: {data[start : start + 60]!r}"


def problems_of_sdist(path: Path) -> Iterator[str]:
    """Yield what would go wrong for those who build or read an sdist."""
    with tarfile.open(path) as archive:
        content = {
            member.name.partition("/")[2]: archive.extractfile(member).read()
            for member in archive
            if member.isfile()
        }
    yield from _differences(content.keys() - {"PKG-INFO"}, set(source_files()))
    yield from _problems_of_description(content["PKG-INFO"])


def _problems_of_package(path: Path, content: dict[str, bytes]) -> Iterator[str]:
    modules = [
        name
        for name in content
        if re.fullmatch(rf"{NAME}/_core\..*(?:so|pyd)|{NAME}/_core\.pyd", name)
    ]
    if len(modules) != 1:
        yield f"should have one extension module, and has {modules}"
    for module in modules:
        if (".abi3." in module) != ("-abi3-" in path.name) and module.endswith(".so"):
            yield f"has another ABI than its tag: {module}"
        zones = [zone.decode() for zone in TIME_ZONES if zone in content[module]]
        if zones:
            yield f"{module} has tables of time zones: {', '.join(zones)}"
    expected = {path.removeprefix("python/") for path in files() if path.startswith("python/")}
    actual = {name for name in content if ".dist-info/" not in name}
    yield from _differences(actual - set(modules), expected)


def _problems_of_metadata(content: dict[str, bytes]) -> Iterator[str]:
    folder = f"{NAME}-{version()}.dist-info"
    for name in LICENSES:
        if content.get(f"{folder}/licenses/{name}") != (ROOT / name).read_bytes():
            yield f"has no current {name}"
    if not any(name.startswith(f"{folder}/sboms/") for name in content):
        yield "has no SBOM"
    if f"{folder}/METADATA" not in content:
        yield f"has no {folder}/METADATA: is its version another than Cargo.toml's?"
        return
    yield from _problems_of_description(content[f"{folder}/METADATA"])


def _problems_of_description(metadata: bytes) -> Iterator[str]:
    message = message_from_bytes(metadata)
    if message["Version"] != version():
        yield f"has the version {message['Version']}, and Cargo.toml has {version()}"
    if message.get_all("License-File") != LICENSES:
        yield f"has the license files {message.get_all('License-File')}"
    relative = RELATIVE_LINK.search(message.get_payload())
    if relative:
        yield f"its readme has a relative link: {message.get_payload()[relative.start() :][:60]!r}"


def _differences(actual: set[str], expected: set[str]) -> Iterator[str]:
    missing, unknown = sorted(expected - actual), sorted(actual - expected)
    if missing:
        yield f"lacks {', '.join(missing)}"
    if unknown:
        yield f"has more than git: {', '.join(unknown)}"


if __name__ == "__main__":
    main()
