"""``rsigv4 explain``."""

import click

from rsigv4.cli.help import Command


@click.command(cls=Command)
def explain() -> None:
    """Explain."""
