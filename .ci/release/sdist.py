#!/usr/bin/env python3
"""Build the sdist into the folder that is passed, with links that work outside the repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from project import ROOT, absolute_links, address, files

# PyPI shows the readme. Who finds a vulnerability may have only the sdist.
WITH_LINKS = ["README.md", "SECURITY.md"]


def main() -> None:
    print(build(Path(sys.argv[1])))


def build(out: Path) -> Path:
    """Return the path of the sdist; wheels are built from it, so they have the same readme."""
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        for name in files():
            copy = Path(folder, name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy)
        for name in WITH_LINKS:
            path = Path(folder, name)
            text = absolute_links(path.read_text(encoding="utf-8"), name, address())
            path.write_text(text, encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "maturin",
            "sdist",
            "--out",
            str(out.absolute()),
        ]
        subprocess.run(command, cwd=folder, check=True)
    (sdist,) = out.glob("*.tar.gz")
    return sdist


if __name__ == "__main__":
    main()
