"""What is signed, as two of the stages have it."""

from __future__ import annotations

import sys

import click

from rsigv4._core import redact_canonical_request
from rsigv4.cli.terminal import has_colour, printable

__all__ = ["show_section", "show_stages"]


def show_stages(canonical_request: str, string_to_sign: str) -> None:
    """Print the canonical request, without secrets, and the string to sign."""
    show_section("canonical request", redact_canonical_request(canonical_request))
    click.echo()
    show_section("string to sign", string_to_sign)


def show_section(title: str, text: str) -> None:
    """Print a text, which has no secrets, under its title."""
    heading = f"--- {title} ---"
    click.echo(click.style(heading, bold=True) if has_colour(sys.stdout) else heading)
    click.echo(printable(text))
