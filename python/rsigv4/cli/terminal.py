"""What may be shown where: colour and progress are for terminals only."""

from __future__ import annotations

import os
import re
import sys
from typing import IO, TYPE_CHECKING

import click

from rsigv4._core import redact_text

if TYPE_CHECKING:
    from typing import Any

    from rich.console import Console

__all__ = ["complain", "console", "has_colour", "is_terminal", "printable", "say"]


#: All but tabs and line feeds.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


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
    # click takes away the colour of what is no terminal, but not for NO_COLOR.
    click.echo(click.style(line, **style) if style and has_colour(sys.stderr) else line, err=True)


def complain(message: str) -> None:
    """Write an error of this command, in one line and without secrets, to standard error."""
    prefix = "rsigv4: error:"
    if has_colour(sys.stderr):
        prefix = click.style(prefix, fg="red")
    click.echo(f"{prefix} {redact_text(' '.join(message.split()))}", err=True)
