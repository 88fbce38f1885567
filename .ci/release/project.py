#!/usr/bin/env python3
"""The project's files, its version, and the address of its repository, held by one setting."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urljoin

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
NAME = "rsigv4"
# In Markdown. A title isn't needed so far.
FENCED_OR_LINK = re.compile(r"(?ms)^```.*?^```|\[(?P<text>[^\]]+)\]\((?P<target>[^)\s]+)\)")


def version() -> str:
    """Return the version as Python spells it, like maturin: `0.2.0rc1` for Cargo's `0.2.0-rc.1`."""
    cargo = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["package"]["version"]
    return re.sub(r"-(a|b|rc)(?:lpha|eta)?\.(\d+)$", r"\1\2", cargo)


def address() -> str | None:
    """Return `Repository` of `[project.urls]` in pyproject.toml, or None if it is unset."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    url = project.get("urls", {}).get("Repository")
    return url and url.rstrip("/")


def require_address() -> None:
    """Exit while nobody can be told where the repository is."""
    if address() is None:
        sys.exit("set Repository in [project.urls] of pyproject.toml before you publish")


def files() -> list[str]:
    """Return the paths of the files in git."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(path for path in output.split("\0") if path and (ROOT / path).is_file())


def source_files() -> list[str]:
    """Return the paths that belong in the sdist: no hidden folders and no crates of their own."""
    manifests = [path for path in files() if path.endswith("/Cargo.toml")]
    crates = [path.removesuffix("Cargo.toml") for path in manifests]
    return [path for path in files() if not path.startswith((".", *crates))]


def absolute_links(text: str, path: str, repository: str | None) -> str:
    """Make a Markdown file's relative links absolute, or plain text while the address is unset."""

    def replacement(match: re.Match[str]) -> str:
        target = match["target"]
        if target is None or re.match(r"#|https?:", target):
            return match[0]
        if repository is None:
            return match["text"]
        return f"[{match['text']}]({urljoin(f'{repository}/blob/v{version()}/{path}', target)})"

    return FENCED_OR_LINK.sub(replacement, text)


def main() -> None:
    """Exit unless the project may be published with the tag that is passed."""
    require_address()
    if sys.argv[1:] != [f"v{version()}"]:
        sys.exit(f"the tag should be v{version()}")


if __name__ == "__main__":
    main()
