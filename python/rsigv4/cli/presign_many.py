"""``rsigv4 presign-many``: as many URLs as there are, in bounded memory."""

from __future__ import annotations

import os
import re
import sys
import time
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

import click

from rsigv4.cli.bodies import is_stdout, open_binary, writing
from rsigv4.cli.commands import Command
from rsigv4.cli.presign import presigned_options
from rsigv4.cli.signing import Signing, signing_options
from rsigv4.cli.terminal import Progress, is_terminal, say, say_how_to_end
from rsigv4.exceptions import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from rsigv4._core import Signer

    #: The number of a line, and the URL on it.
    Line = tuple[int, str]

__all__ = ["presign_many"]

#: So many URLs are signed at once, by all cores, and are in memory.
_BATCH = 10_000

_MAX_LINE_BYTES = 64 * 1024

#: How an error of `Signer.presign_many` begins that is about one of the URLs.
_URL_AT_FAULT = re.compile(r"urls\[(\d+)\] ")

_EXAMPLES = """
rsigv4 presign-many urls.txt -o presigned.txt --expires-in 7d
sed s,^,https://BUCKET.s3.REGION.amazonaws.com/, keys.txt | rsigv4 presign-many > presigned.txt
"""


@click.command("presign-many", cls=Command, examples=_EXAMPLES)
@click.argument("file", default="-")
@click.option("-o", "--output", metavar="FILE", default="-", help="Where the presigned URLs go.")
@presigned_options
@signing_options
def presign_many(
    *, file: str, output: str, method: str, options: dict[str, Any], signing: Signing
) -> None:
    """
    Presign the URLs of FILE, one a line, in their order.

    FILE is standard input by default. Empty lines are left out. If a line can't be presigned, the
    command ends with status 2 and an error that names the line, and the file of -o is not changed.
    """
    signer = signing.signer()
    if file == "-":
        say_how_to_end("paste the URLs")
    # A bar would be in the midst of what is typed or printed there.
    is_dialog = (file == "-" and is_terminal(sys.stdin)) or (
        is_stdout(output) and is_terminal(sys.stdout)
    )
    progress = Progress(is_shown=not is_dialog)
    started, count, position = time.monotonic(), 0, 0
    with open_binary(file) as source, writing(output) as target, progress:
        progress.begin("presigning", _size(source))
        lines = _lines(source)
        while batch := list(islice(lines, _BATCH)):
            presigned = _presign(signer, method, batch, options)
            target.write("".join(f"{url}\n" for url in presigned).encode())
            count += len(batch)
            position += sum(len(url) + 1 for _number, url in batch)
            rate = count / _seconds_since(started)
            progress.advance_to(position, f"{count:,} URLs, {rate:,.0f} a second")
    if is_terminal(sys.stderr):
        seconds = _seconds_since(started)
        say(f"{count:,} URLs in {seconds:,.1f} s, {count / seconds:,.0f} a second")


def _size(source: BinaryIO) -> int | None:
    """Return how many bytes there are, None for a pipe."""
    return os.fstat(source.fileno()).st_size or None


def _lines(source: BinaryIO) -> Iterator[Line]:
    number = 0
    while line := source.readline(_MAX_LINE_BYTES):
        number += 1
        if len(line) == _MAX_LINE_BYTES:
            raise click.UsageError(f"line {number} is longer than {_MAX_LINE_BYTES} bytes")
        try:
            url = line.decode("utf-8-sig").strip()
        except UnicodeDecodeError:
            raise click.UsageError(f"line {number} is not UTF-8 text") from None
        if url:
            yield number, url


def _presign(signer: Signer, method: str, batch: list[Line], options: dict[str, Any]) -> list[str]:
    try:
        return signer.presign_many(method, (url for _number, url in batch), **options)
    except InvalidRequestError as error:
        message = str(error)
        at_fault = _URL_AT_FAULT.match(message)
        if at_fault is None:
            raise
        number, _url = batch[int(at_fault[1])]
        problem = message[at_fault.end() :]
    raise InvalidRequestError(f"line {number}: url {problem}")


def _seconds_since(started: float) -> float:
    return max(time.monotonic() - started, 1e-3)
