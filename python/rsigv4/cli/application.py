"""The commands as one, and what becomes of their errors."""

from __future__ import annotations

import os
import sys

import click

from rsigv4 import __version__
from rsigv4.cli.commands import Group
from rsigv4.cli.failures import ClosedPipe, Failure, Status
from rsigv4.cli.terminal import complain
from rsigv4.exceptions import SigV4Error

__all__ = ["rsigv4", "run"]

_NAME = "rsigv4"

#: In the order of the help. Each is in a module of its name, that is imported when it is needed.
_COMMANDS = ("request", "presign", "presign-many", "explain", "verify", "whoami", "completion")

_EXAMPLES = """
rsigv4 request https://API_ID.execute-api.REGION.amazonaws.com/test --csv accessKeys.csv
rsigv4 request PUT https://BUCKET.s3.REGION.amazonaws.com/backup.tar @backup.tar
rsigv4 presign https://BUCKET.s3.REGION.amazonaws.com/backup.tar --expires-in 1h
"""


def _show_version(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's
    if wanted:
        click.echo(f"{_NAME} {__version__}")
        context.exit()


@click.group(
    _NAME, cls=Group, invoke_without_command=True, commands_in=_COMMANDS, examples=_EXAMPLES
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
@click.pass_context
def rsigv4(context: click.Context) -> None:
    """Send HTTP requests that AWS accepts: signed with AWS Signature Version 4."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def run() -> int:
    """Run the command with this process's arguments, and return its exit status."""
    if sys.stdout is None:
        # It was closed. Nothing else may take its number, such as a file that is read.
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - as long as the process
    # A terminal may lack a letter of what comes back.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # Nobody replaced it.
    try:
        status = rsigv4.main(prog_name=_NAME, standalone_mode=False)
        sys.stdout.flush()
    except click.Abort:
        return Status.INTERRUPTED
    except (BrokenPipeError, ClosedPipe):
        _discard_output()
        return Status.CLOSED_PIPE
    except (Failure, click.ClickException, SigV4Error, OSError, UnicodeEncodeError) as error:
        status, message = _described(error)
        complain(message)
    return status if isinstance(status, int) else Status.OK


def _described(error: Exception) -> tuple[Status, str]:
    """Return the exit status and the message of an error that a user can do something about."""
    if isinstance(error, Failure):
        return error.status, str(error)
    if isinstance(error, click.ClickException):
        return Status.USAGE, _usage(error)
    if isinstance(error, OSError):
        _discard_output()
        return Status.WRITE, f"the output can't be written: {error.strerror or error}"
    if isinstance(error, UnicodeEncodeError):
        return Status.USAGE, "an argument or environment variable is not UTF-8 text"
    return Status.USAGE, _in_options(str(error))


def _usage(error: click.ClickException) -> str:
    message = error.format_message()
    if not message[1:2].isupper():  # As in METHOD.
        message = message[:1].lower() + message[1:]
    message = message.rstrip(".")
    context = getattr(error, "ctx", None)
    if context is None:
        return message
    see = " See" if message.endswith("?") else "; see"
    return f"{message}{see} {context.command_path} --help"


def _in_options(message: str) -> str:
    """Turn the way out of a message into the one of the command line."""
    for name, example in (
        ("region", "--region us-east-1, or set AWS_REGION"),
        ("service", "--service execute-api"),
    ):
        if message.startswith(f"{name} is missing"):
            return f"{name} is missing, and the URL's host does not tell it: pass {example}"
    return message


def _discard_output() -> None:
    """Keep the interpreter from failing to write the rest of the output when it ends."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1)
    os.close(devnull)
