"""What may be shown where: colour and progress are for terminals only."""

from __future__ import annotations

import os
import re
import sys
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING

import click

from rsigv4._core import redact_text

if TYPE_CHECKING:
    from typing import Any

    from rich.console import Console
    from typing_extensions import Self

__all__ = [
    "Progress",
    "complain",
    "console",
    "has_colour",
    "is_terminal",
    "printable",
    "say",
    "say_how_to_end",
]

#: All but tabs and line feeds.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

#: What is shorter is over before anyone can read.
_MIN_SHOWN_BYTES = 1024 * 1024


def is_terminal(stream: IO[str] | None) -> bool:
    """Tell whether a person is looking at the stream."""
    return stream is not None and stream.isatty()


def has_colour(stream: IO[str] | None) -> bool:
    """Tell whether the stream may be coloured: https://no-color.org."""
    return (
        is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


def console(stream: IO[str] | None = None) -> Console:
    """Return rich's console for a stream, standard error if None."""
    from rich.console import Console  # noqa: PLC0415 - costs as much as all the rest at the start

    stream = sys.stderr if stream is None else stream
    return Console(
        file=stream,
        color_system="auto" if has_colour(stream) else None,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=True,
    )


def printable(text: str) -> str:
    """Return the text without what a terminal would obey rather than show."""
    return _CONTROLS.sub("", text)


def say(line: str, **style: Any) -> None:
    """Write a line to standard error, where it is in nobody's pipe."""
    # click removes colour if the stream is not a terminal, but ignores NO_COLOR.
    click.echo(click.style(line, **style) if style and has_colour(sys.stderr) else line, err=True)


def say_how_to_end(what: str) -> None:
    """Say that the command reads from the keyboard, if it does."""
    if is_terminal(sys.stdin):
        end = "Ctrl-Z and Enter" if os.name == "nt" else "Ctrl-D"
        say(f"rsigv4: {what}, then press Enter and {end}")


def complain(message: str) -> None:
    """Write an error of this command, in one line and without secrets, to standard error."""
    prefix = "rsigv4: error:"
    if has_colour(sys.stderr):
        prefix = click.style(prefix, fg="red")
    # The name of a file need not be UTF-8.
    text = " ".join(message.split()).encode("utf-8", "replace").decode()
    click.echo(f"{prefix} {redact_text(text)}", err=True)


class Progress:
    """A bar on standard error, for one transfer after another; nothing if it is not a terminal."""

    def __init__(self, *, is_shown: bool = True) -> None:
        self._is_shown = is_shown and is_terminal(sys.stderr)
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
    from rich.table import Column  # noqa: PLC0415

    return progress.Progress(
        progress.TextColumn("{task.description}"),
        # The bar gets what the other columns leave. If they wrapped, lines would scroll away.
        progress.BarColumn(bar_width=None, table_column=Column(ratio=1)),
        progress.DownloadColumn(table_column=Column(no_wrap=True)),
        progress.TransferSpeedColumn(table_column=Column(no_wrap=True)),
        progress.TimeRemainingColumn(table_column=Column(no_wrap=True)),
        console=console(),
        transient=True,
        expand=True,
    )
