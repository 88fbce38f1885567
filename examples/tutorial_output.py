"""Print what the tutorial does: its steps, its calls and its commands."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_COMMAND_SECONDS = 120
_CALL_CHARACTERS = 100


class UnexpectedResponseError(Exception):
    """A request got another response than the tutorial promises."""


def step(number: int, title: str) -> None:
    """Print the title of a step."""
    say(f"\nStep {number}: {title}")


def console(clicks: str) -> None:
    """Print how the AWS console does it."""
    say(f"    In the console: {clicks}")


def say(line: str) -> None:
    """Print a line without buffering, even to a pipe."""
    print(line, flush=True)


def print_call(params: dict[str, Any], model: Any, **_others: Any) -> None:
    """Print a call of a boto3 client, before it is sent."""
    name = re.sub(r"(?<!^)(?=[A-Z][a-z])", "_", model.name).lower()
    arguments = ", ".join(f"{key}={value!r}" for key, value in params.items())
    call = f"boto3: {model.service_model.service_name}.{name}({arguments})"
    if len(call) > _CALL_CHARACTERS:
        call = f"{call[: _CALL_CHARACTERS - 4]}...)"
    say(f"    {call}")


def print_script(path: Path) -> None:
    """Print request_api.py, and mark the line that differs from the tutorial's."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for line in lines:
        mark = ">" if "# was: " in line else " "
        say(f"  {mark} {line}".rstrip())
    say("    (The line with > is the only one that differs from a script for aws-requests-auth.)")


def run(*command: str, status: int = 0) -> str:
    """
    Print a command, run it, and print and return its output.

    Args:
        command: The program and its arguments.
        status: The expected exit status.

    Raises:
        UnexpectedResponseError: It exits with another status.

    """
    say(f"    $ {shlex.join(command)}")
    completed = subprocess.run(  # noqa: S603 - the steps above
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=_COMMAND_SECONDS,
        check=False,
    )
    for line in completed.stdout.strip().splitlines():
        say(f"    {line}")
    if completed.returncode != status:
        raise UnexpectedResponseError(
            f"expected exit status {status} from {Path(command[0]).name}, "
            f"got {completed.returncode}"
        )
    return completed.stdout


def shown(path: str | Path) -> str:
    """Return a path as it is easiest to read: relative, if it is below the working directory."""
    path = Path(path).absolute()
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
