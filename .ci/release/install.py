#!/usr/bin/env python3
"""
Install the wheel that pip chooses in a folder into an empty environment, and sign with it.

It needs nothing else of the repository than sign.py, and runs with the Python that it tries:

    python .ci/release/install.py dist
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

NAME = "rsigv4"
SIGN = Path(__file__).with_name("sign.py")


def main() -> None:
    wheels = Path(sys.argv[1]).absolute()
    with TemporaryDirectory() as folder:
        run(folder, sys.executable, "-m", "venv", folder)
        python = Path(
            folder, *(["Scripts", "python.exe"] if os.name == "nt" else ["bin", "python"])
        )
        pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
        # An sdist in the folder is not an alternative.
        only = ["--no-index", "--no-deps", "--only-binary", NAME, "--find-links", wheels]
        run(folder, *pip, *only, NAME)
        run(folder, *pip, f"{NAME}[requests]")
        shutil.copy(SIGN, folder)
        # Without the GIL, importing the extension module warns that it is enabled.
        run(folder, python, "-I", "-X", "gil=1", "-W", "error", SIGN.name)


def run(folder: str, *command: object) -> None:
    # The Makefile's settings of pip, with paths relative to its folder, which users don't have.
    ours = {"PIP_CONSTRAINT", "PIP_NO_BINARY"}
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    parts = [str(part) for part in command]
    done = subprocess.run(parts, cwd=folder, env=environment, check=False)
    if done.returncode:
        sys.exit(f"failed: {' '.join(map(str, command))}")


if __name__ == "__main__":
    main()
