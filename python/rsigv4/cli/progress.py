"""How far a large body has come, shown on a terminal."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from rsigv4.cli.terminal import console, is_terminal

if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Self

__all__ = ["Progress"]

#: What is shorter is over before anyone can read.
_MIN_SHOWN_BYTES = 1024 * 1024


class Progress:
    """A bar on standard error, for one transfer after another; nothing if that is no terminal."""

    def __init__(self) -> None:
        self._is_shown = is_terminal(sys.stderr)
        self._stack = ExitStack()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self._stack.close()

    def begin(self, description: str, total: int | None) -> None:
        """Show a new transfer of so many bytes, None if nobody knows."""
        self.end()
        if not self._is_shown or (total is not None and total < _MIN_SHOWN_BYTES):
            return
        if self._bar is None:
            self._bar = self._stack.enter_context(_bar())
        self._task = self._bar.add_task(description, total=total)

    def advance_to(self, position: int, description: str | None = None) -> None:
        """Show that so many bytes have come, and what else there is to tell."""
        if self._task is not None:
            changed = {} if description is None else {"description": description}
            self._bar.update(self._task, completed=position, **changed)

    def end(self) -> None:
        """Take the transfer away."""
        if self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None


def _bar() -> Any:
    from rich import progress  # noqa: PLC0415 - for terminals only

    return progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
        console=console(),
        transient=True,
    )
