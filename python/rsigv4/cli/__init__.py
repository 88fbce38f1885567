"""The command ``rsigv4``, which sends, presigns, explains and verifies; an extra installs it."""

from __future__ import annotations

import sys
from importlib.util import find_spec

__all__ = ["main"]

#: What the extra ``rsigv4[cli]`` installs.
_PACKAGES = ("click", "httpx", "rich")

_INTERRUPTED = 130


def main() -> None:
    """Run the command with this process's arguments, and exit with its status."""
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        sys.exit(
            f"rsigv4: error: the command needs {', '.join(missing)}: "
            "install it with pip install 'rsigv4[cli]'"
        )
    try:
        from rsigv4.cli.application import run  # noqa: PLC0415 - needs the extra

        status = run()
    except KeyboardInterrupt:
        # While it was starting; what comes later is the application's.
        status = _INTERRUPTED
    sys.exit(status)
