"""``rsigv4 presign``."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import click

from rsigv4.cli.commands import Command
from rsigv4.cli.items import parse_header
from rsigv4.cli.signing import Signing, signing_options

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["presign", "presigned_options"]

_TIME = re.compile("([0-9]{1,9})([smhd]?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 24 * 3600}
_MAX_SECONDS = 7 * 24 * 3600

_EXAMPLES = """
rsigv4 presign https://BUCKET.s3.REGION.amazonaws.com/backup.tar
rsigv4 presign https://BUCKET.s3.REGION.amazonaws.com/upload.bin -X PUT --expires-in 15m
curl -o backup.tar "$(rsigv4 presign https://BUCKET.s3.REGION.amazonaws.com/backup.tar)"
"""


def _seconds(value: str | int) -> int:
    """Read a time such as ``90``, ``15m``, ``12h`` or ``7d``."""
    matched = _TIME.fullmatch(str(value))
    seconds = int(matched[1]) * _UNITS[matched[2]] if matched else 0
    if not 1 <= seconds <= _MAX_SECONDS:
        raise click.BadParameter(
            f"{value!r} is not a duration between 1s and 7d: pass 90, 15m, 12h or 7d"
        )
    return seconds


def presigned_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of presigned URLs, which it takes as arguments of ``presign``."""

    @click.option(
        "-X",
        "--method",
        "--request",
        "method",
        metavar="METHOD",
        default="GET",
        show_default=True,
        help="The only method that the URL allows.",
    )
    @click.option(
        "--expires-in",
        metavar="TIME",
        type=_seconds,
        default=3600,
        help="How long the URL is valid: seconds, or 15m, 12h or 7d.  [default: 1h]",
    )
    @click.option(
        "-H",
        "--header",
        "headers",
        metavar="HEADER",
        multiple=True,
        help="A header to sign. Whoever uses the URL has to send it with the same value.",
    )
    @functools.wraps(command)
    def with_options(
        *, method: str, expires_in: int, headers: tuple[str, ...], **arguments: Any
    ) -> Any:
        options = {"expires_in": expires_in, "headers": [_header(text) for text in headers]}
        return command(method=method, options=options, **arguments)

    return with_options


def _header(text: str) -> tuple[str, str]:
    name, value = parse_header(text)
    if value is None:
        raise click.UsageError(f"-H '{name}:' sends no header: pass '{name};' to sign an empty one")
    return name, value


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("url")
@presigned_options
@signing_options
def presign(*, url: str, method: str, options: dict[str, Any], signing: Signing) -> None:
    """Print a URL that anyone can use for a while."""
    click.echo(signing.signer().presign(method, url, **options))
