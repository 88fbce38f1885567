"""Files that the command line names; ``-`` is standard input or output."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

import click

from rsigv4.cli.failures import Failure, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["open_binary", "writing"]


def open_binary(path: str) -> BinaryIO:
    """
    Open a file to read.

    Raises:
        UsageError: It can't be opened.

    """
    try:
        if path == "-":
            return os.fdopen(os.dup(0), "rb")
        return Path(path).open("rb")
    except OSError as error:
        raise click.UsageError(f"{path}: {error.strerror}") from None


@contextmanager
def writing(path: str) -> Iterator[IO[bytes]]:
    """
    Open a file that appears when it is complete, or is left as it was; ``-`` is standard output.

    Raises:
        Failure: It can't be written.

    """
    if path == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    file = Path(os.path.realpath(path))
    # A device or a pipe can't be replaced.
    in_place = file.exists() and not file.is_file()
    target = file if in_place else file.with_name(f"{file.name}.part")
    try:
        with target.open("wb") as opened:
            yield opened
        if not in_place:
            target.replace(file)
    except OSError as error:
        raise Failure(Status.WRITE, f"{path} can't be written: {error.strerror}") from error
    finally:
        if not in_place:
            target.unlink(missing_ok=True)
