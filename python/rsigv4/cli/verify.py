"""``rsigv4 verify``."""

import click

from rsigv4.cli.help import Command


@click.command(cls=Command)
def verify() -> None:
    """Verify."""
