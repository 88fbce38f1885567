"""Explanations on a terminal, with the lines that differ in colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from rsigv4.cli.terminal import has_colour, printable

if TYPE_CHECKING:
    from typing import TextIO

    from rsigv4._core import Explanation

__all__ = ["show_explanation"]

#: How the text of an explanation begins its lines, and how they look.
_STYLES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("    signed:", {"fg": "red"}),
    ("    expected:", {"fg": "green"}),
    ("     ", {"fg": "yellow", "bold": True}),
    ("  ", {"bold": True}),
    ("Change:", {"fg": "cyan"}),
)


def show_explanation(explanation: Explanation, stream: TextIO) -> None:
    """Write an explanation to a stream."""
    lines = printable(str(explanation)).splitlines()
    if has_colour(stream):
        lines = [_styled(line, is_first=number == 0) for number, line in enumerate(lines)]
    # What may be coloured was found out above, with more care than click has.
    click.echo("\n".join(lines), file=stream, color=True)


def _styled(line: str, *, is_first: bool) -> str:
    if is_first:
        return click.style(line, bold=True)
    for start, style in _STYLES:
        if line.startswith(start):
            return click.style(line, **style)
    return line
