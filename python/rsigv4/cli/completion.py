"""``rsigv4 completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from rsigv4.cli.commands import Command

__all__ = ["completion"]

_EXAMPLES = """
eval "$(rsigv4 completion bash)"                             # in ~/.bashrc
eval "$(rsigv4 completion zsh)"                              # in ~/.zshrc
rsigv4 completion fish > ~/.config/fish/completions/rsigv4.fish
"""


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "fish", "zsh"]))
@click.pass_context
def completion(context: click.Context, *, shell: str) -> None:
    """Print what makes a shell complete the commands and options."""
    root = context.find_root()
    completer = get_completion_class(shell)
    if completer is None:
        raise click.UsageError(f"there is no completion for {shell}", context)
    name = root.info_name or "rsigv4"
    click.echo(completer(root.command, {}, name, f"_{name.upper()}_COMPLETE").source())
