"""Commands whose help has examples and headings that stand out, and that are imported when used."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from rsigv4.cli.failures import ClosedPipe
from rsigv4.cli.suggestions import instead_of_command, instead_of_option
from rsigv4.cli.terminal import has_colour

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

__all__ = ["Command", "Group"]

_WIDTH = 96


class _Formatter(click.HelpFormatter):
    def write_heading(self, heading: str) -> None:
        super().write_heading(self._styled(heading, bold=True))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 32, col_spacing: int = 2
    ) -> None:
        styled = [(self._styled(term, fg="cyan"), text) for term, text in rows]
        super().write_dl(styled, col_max, col_spacing)

    @staticmethod
    def _styled(text: str, **style: Any) -> str:
        return click.style(text, **style) if has_colour(sys.stdout) else text


class _Context(click.Context):
    formatter_class = _Formatter


class Command(click.Command):
    """A command whose help ends with examples, one a line."""

    context_class: type[click.Context] = _Context

    def __init__(self, *args: Any, examples: str = "", **kwargs: Any) -> None:
        kwargs["context_settings"] = {
            "help_option_names": ["-h", "--help"],
            "max_content_width": _WIDTH,
            **kwargs.get("context_settings", {}),
        }
        super().__init__(*args, **kwargs)
        self.examples: str = examples.strip()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments, and say what to write instead of an unknown option."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            message = instead_of_option(error.option_name, error.possibilities)
            raise click.UsageError(message, ctx) from None

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        super().format_epilog(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples.splitlines():
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


class Group(Command, click.Group):
    """
    Commands under one name, with examples of some.

    Args:
        commands_in: Their names, in the order of the help.

    """

    def __init__(self, *args: Any, commands_in: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._names = list(commands_in)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return the names in their order."""
        return self._names

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command from the module of its name."""
        if cmd_name not in self._names:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(import_module(f"rsigv4.cli.{name}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, and say what to write instead of an unknown one."""
        if args[0] not in self._names and not ctx.resilient_parsing:
            raise click.UsageError(instead_of_command(args[0], self._names), ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and keep from click that its output's pipe is closed."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # click would end the process, with a status that says something went wrong.
            raise ClosedPipe from None
