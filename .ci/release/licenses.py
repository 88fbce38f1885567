#!/usr/bin/env python3
"""Write the licenses of the crates in the wheels; with --check, fail if they are not current."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE = ROOT / "THIRD-PARTY-LICENSES.txt"
# The platforms of the wheels.
TARGETS = [
    "aarch64-apple-darwin",
    "aarch64-unknown-linux-gnu",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "x86_64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
]
INTRODUCTION = """\
The extension module in the wheels of rsigv4 contains these crates. `make licenses` writes this
file. If a crate offers several licenses, MIT's was chosen where possible.
"""


def main() -> None:
    text = third_party_licenses()
    if sys.argv[1:] != ["--check"]:
        FILE.write_text(text, encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != text:
        sys.exit(f"{FILE.name} is not current: run `make licenses`")


def third_party_licenses() -> str:
    """Return each text once, below the crates that have it."""
    crates_by_text: dict[str, list[str]] = {}
    without = []
    for crate, expression, folder in crates():
        files = license_files(folder, expression)
        if not files:
            without.append(f"{crate} ({expression})")
        for path in files:
            text = normalize(path.read_text(encoding="utf-8"))
            crates_by_text.setdefault(text, []).append(f"{crate} ({expression})")
    parts = [INTRODUCTION]
    if without:
        parts.append(heading(without) + "Published without the text of its license.\n")
    parts.extend(heading(names) + text for text, names in crates_by_text.items())
    return "\n".join(parts)


def crates() -> list[tuple[str, str, Path]]:
    """Return the name and version, the license and the folder of each crate in the wheels."""
    targets = [argument for target in TARGETS for argument in ("--target", target)]
    edges = ["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"]
    lines = cargo("tree", "--locked", *targets, *edges).splitlines()
    linked = {tuple(line.split()[:2]) for line in lines if line}
    packages = json.loads(cargo("metadata", "--locked", "--format-version", "1"))["packages"]
    return sorted(
        (
            f"{package['name']} {package['version']}",
            package["license"],
            Path(package["manifest_path"]).parent,
        )
        for package in packages
        if package["source"] and (package["name"], f"v{package['version']}") in linked
    )


def license_files(folder: Path, expression: str) -> list[Path]:
    """Return what a license asks to include: MIT's text alone, where users may choose it."""
    named = re.compile(r"licen[cs]e|copying|notice|copyright", re.IGNORECASE)
    # A crate may have a folder of them.
    found = [path for path in folder.iterdir() if named.match(path.name)]
    files = sorted(
        file for path in found for file in ([path] if path.is_file() else path.iterdir())
    )
    chosen = [path for path in files if re.search(r"\bmit\b", path.name, re.IGNORECASE)]
    may_choose = "MIT" in re.split(r" OR |/", expression)
    return chosen if chosen and may_choose else files


def normalize(text: str) -> str:
    lines = [line.rstrip() for line in text.strip("\ufeff\n\r\t ").splitlines()]
    return "\n".join(lines) + "\n"


def heading(names: list[str]) -> str:
    rule = "=" * 80
    return f"{rule}\n" + "".join(f"{name}\n" for name in names) + f"{rule}\n\n"


def cargo(*arguments: str) -> str:
    # Its progress and errors are printed.
    command = ["cargo", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"failed: {' '.join(command)}")
    return done.stdout


if __name__ == "__main__":
    main()
