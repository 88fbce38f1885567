"""``rsigv4 verify``."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from rsigv4.cli.bodies import open_binary, read_body
from rsigv4.cli.commands import Command
from rsigv4.cli.failures import Status
from rsigv4.cli.items import check_url, parse_header, parse_items, split_method
from rsigv4.cli.output import show_rows, show_stages
from rsigv4.cli.raw_request import RawRequest, read_request
from rsigv4.cli.signing import Key, key_options
from rsigv4.cli.terminal import complain
from rsigv4.exceptions import SignatureMismatchError, VerificationError
from rsigv4.verifier import Verifier

if TYPE_CHECKING:
    from rsigv4._core import VerifiedIdentity

__all__ = ["verify"]

_EXAMPLES = """
rsigv4 verify --request request.http --csv accessKeys.csv
rsigv4 verify "$(rsigv4 presign https://BUCKET.s3.REGION.amazonaws.com/key)"
rsigv4 verify POST https://example.com/ -H "$AUTHORIZATION" -H "$DATE" @body --at 2026-11-25T12:00Z
"""


def _moment(text: str) -> dt.datetime:
    """Read a time of ISO 8601, in UTC unless it says otherwise."""
    try:
        # Python 3.10 and older know no Z.
        moment = dt.datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a time such as 2026-11-25T12:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("arguments", metavar="[METHOD] URL [ITEM]...", nargs=-1)
@click.option(
    "-H", "--header", "headers", metavar="HEADER", multiple=True, help="A header, as 'Name: value'."
)
@click.option(
    "-d", "--data", metavar="TEXT", help="The body; @FILE reads a file, @- standard input."
)
@click.option(
    "--request", "file", metavar="FILE", help="A file with the request, in the form of HTTP/1.1."
)
@click.option(
    "--at", metavar="TIME", type=_moment, help="When the request arrived; by default, now."
)
@click.option("--region", metavar="NAME", help="Accept only this region.")
@click.option("--service", metavar="NAME", help="Accept only this service.")
@key_options
@click.pass_context
def verify(  # noqa: PLR0913 - one for each option
    context: click.Context,
    *,
    arguments: tuple[str, ...],
    headers: tuple[str, ...],
    data: str | None,
    file: str | None,
    at: dt.datetime | None,
    region: str | None,
    service: str | None,
    key: Key,
) -> None:
    """
    Verify the signature of a request, and print who signed it.

    Pass the request as a file (--request), or in parts, with ITEMs as in rsigv4 request. By
    default, the access key is found as AWS's tools find it. The exit status is 1 if AWS would
    refuse the request.
    """
    if bool(arguments) == (file is not None):
        raise click.UsageError("pass a URL, or --request FILE", context)
    if file is not None and (headers or data is not None):
        raise click.UsageError("--request has all of the request: pass no -H and no -d", context)
    credentials = key.frozen()
    request = _in_parts(arguments, headers, data) if file is None else _in_file(file)
    verifier = Verifier(
        lambda access_key_id: credentials if access_key_id == credentials.access_key_id else None,
        region=region,
        service=service,
    )
    try:
        identity = verifier.verify(
            request.method, request.url, request.headers, request.body, time=at
        )
    except VerificationError as error:
        _refuse(error)
        context.exit(Status.NOT_VERIFIED)
    _print_identity(identity)


def _in_file(path: str) -> RawRequest:
    return read_request(open_binary(path))


def _in_parts(arguments: tuple[str, ...], headers: tuple[str, ...], data: str | None) -> RawRequest:
    method, rest = split_method(arguments)
    check_url(rest[0])
    items = parse_items(rest[1:])
    if items.query:
        raise click.UsageError(
            "name==value can't be part of a request that was sent: put it in the URL"
        )
    body = read_body(items, [] if data is None else [data], form=False)
    pairs = [*items.headers, *map(parse_header, headers)]
    sent = [(name, value) for name, value in pairs if value is not None]
    names = {name.lower() for name, _value in sent}
    if "host" not in names:
        sent.append(("Host", urlsplit(rest[0]).netloc.rpartition("@")[2]))
    if body is not None and body.content_type and "content-type" not in names:
        sent.append(("Content-Type", body.content_type))
    content = b"" if body is None else body.content
    chunks = iter([content]) if isinstance(content, bytes) else iter(content)
    return RawRequest(method or ("GET" if body is None else "POST"), rest[0], sent, chunks)


def _refuse(error: VerificationError) -> None:
    complain(f"{error.code}: {error}")
    if isinstance(error, SignatureMismatchError):
        show_stages(error.canonical_request, error.string_to_sign)


def _print_identity(identity: VerifiedIdentity) -> None:
    show_rows(
        {
            "access key id": identity.access_key_id,
            "algorithm": identity.algorithm,
            "region": identity.region,
            "service": identity.service,
            "signed at": identity.signed_at.isoformat(),
            "expires at": identity.expires_at.isoformat() if identity.expires_at else None,
            "signed headers": ";".join(identity.signed_headers),
            "payload": identity.payload,
        }
    )
