"""``rsigv4 request``: what the options say; what is sent is in ``exchange``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rsigv4._core import is_presigned
from rsigv4.cli.bodies import read_body
from rsigv4.cli.commands import Command
from rsigv4.cli.connection import Connection, connection_options
from rsigv4.cli.failures import Failure, Status
from rsigv4.cli.items import METHOD, parse_header, parse_items, split_method
from rsigv4.cli.signing import Signing, signing_options
from rsigv4.cli.terminal import say

if TYPE_CHECKING:
    from rsigv4.cli.exchange import Options, Prepared

__all__ = ["request"]

_EXAMPLES = """
rsigv4 request https://API_ID.execute-api.REGION.amazonaws.com/test --csv accessKeys.csv
rsigv4 request POST https://API_ID.execute-api.REGION.amazonaws.com/test name=Ada age:=36
rsigv4 request PUT https://BUCKET.s3.REGION.amazonaws.com/backup.tar @backup.tar
rsigv4 request https://BUCKET.s3.REGION.amazonaws.com/backup.tar -o backup.tar
rsigv4 request https://DOMAIN.REGION.es.amazonaws.com/_search q==title:aws --profile search
rsigv4 request http://localhost:9200 Host:vpc.example.com --region us-east-1 --service es
"""


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("arguments", metavar="[METHOD] URL [ITEM]...", nargs=-1)
@click.option("-X", "--request", "option", metavar="METHOD", help="Sets METHOD, as in curl.")
@click.option(
    "-H", "--header", "headers", metavar="HEADER", multiple=True, help="A header, as 'Name: value'."
)
@click.option(
    "-d",
    "--data",
    "--data-binary",
    metavar="TEXT",
    multiple=True,
    help="The body; @FILE reads a file, @- standard input. Several are joined with &.",
)
@click.option("-f", "--form", is_flag=True, help="Send the fields as a form, not as JSON.")
@click.option("-o", "--output", metavar="FILE", help="Save the response's body.")
@click.option("-i", "--include", is_flag=True, help="Show the response's headers before the body.")
@click.option("-I", "--head", is_flag=True, help="Send HEAD, and show the headers only.")
@click.option(
    "-L", "--location", is_flag=True, help="Follow redirects, signed only at the same origin."
)
@click.option(
    "-v",
    "--verbose",
    is_flag=True,
    help="Show what is sent and received; *** stands for secrets of URLs and headers.",
)
@click.option("-s", "--silent", is_flag=True, help="Show no progress, messages or warnings.")
@click.option(
    "--dry-run", is_flag=True, help="Only print the canonical request and the string to sign."
)
@click.option("--curl", is_flag=True, help="Only print the signed request as a curl command.")
@click.option("--unsigned", is_flag=True, help="Send the request without a signature.")
@connection_options
@signing_options
@click.pass_context
def request(  # noqa: PLR0913 - one for each option
    context: click.Context,
    *,
    arguments: tuple[str, ...],
    option: str | None,
    headers: tuple[str, ...],
    data: tuple[str, ...],
    form: bool,
    output: str | None,
    include: bool,
    head: bool,
    location: bool,
    verbose: bool,
    silent: bool,
    dry_run: bool,
    curl: bool,
    unsigned: bool,
    connection: Connection,
    signing: Signing,
) -> None:
    """
    Send a signed request and print what comes back.

    METHOD is GET, or POST if there is a body. By default, region and service are read from the
    URL's host, and the access key is found as AWS's tools find it.

    \b
    An ITEM is written as in HTTPie
      Name:value     a header; Name: removes it, Name; sends it empty
      name==value    a query parameter
      name=value     a text field of the JSON body, or of the form with --form
      name:=json     a number, list or other JSON
      name=@file     a text field from a file; name:=@file is JSON from a file
      name@file      a file to upload with --form
      @file          the whole body; @- is standard input

    A 403 is explained. The exit status is that of curl --fail-with-body: 22 for an HTTP error, 6 if
    the host is unknown, 7 if it can't be reached, 28 after a timeout; and 2 for a mistake in the
    command.

    A presigned URL is sent as it is, and needs no access key.
    """  # noqa: D301 - click's mark
    argument, rest = split_method(arguments)
    if dry_run + curl + unsigned > 1:
        raise click.UsageError("--dry-run, --curl and --unsigned exclude each other", context)
    items = parse_items(rest[1:])
    body = read_body(items, data, form=form)
    method = _method(argument, option, head=head, has_body=body is not None)

    from rsigv4.cli import exchange, preview  # noqa: PLC0415 - httpx takes longer than all the rest

    prepared = exchange.prepare(
        method,
        exchange.url(rest[0], items.query),
        [*items.headers, *(parse_header(text) for text in headers)],
        body,
    )
    presigned = not unsigned and is_presigned(str(prepared.request.url))
    if presigned and (dry_run or curl or verbose):
        say("rsigv4: the URL is presigned already: the request is not signed again")
    signed_with = None if unsigned or presigned else signing
    if dry_run:
        preview.dry_run(prepared, signed_with)
    elif curl:
        preview.curl(prepared, signed_with, connection, follow=location)
    else:
        options = exchange.Options(
            auth=None if signed_with is None else signed_with.auth(),
            signer=None if signed_with is None else signed_with.signer(),
            connection=connection,
            follow=location,
            # The response to HEAD has nothing else to show.
            include=include or method == "HEAD",
            output=output,
            silent=silent,
            verbose=verbose,
        )
        context.exit(_run(prepared, options))


def _method(argument: str | None, option: str | None, *, head: bool, has_body: bool) -> str:
    """Return the method that all of the command line asks for."""
    if option is not None and not METHOD.fullmatch(option):
        raise click.UsageError(f"-X {option!r} is not a method such as PUT")
    given = {text.upper() for text in (argument, option) if text is not None}
    if head:
        given.add("HEAD")
        if has_body:
            raise click.UsageError("-I sends HEAD, which has no body: leave -I or the body out")
    if len(given) > 1:
        raise click.UsageError(
            f"there is more than one method, {' and '.join(sorted(given))}: pass one"
        )
    return given.pop() if given else "POST" if has_body else "GET"


def _run(prepared: Prepared, options: Options) -> Status:
    """Send the request, and return the exit status, without a message if there should be none."""
    from rsigv4.cli import exchange  # noqa: PLC0415 - httpx takes longer than all the rest

    if options.connection.insecure and not options.silent:
        say("rsigv4: warning: -k: the server's certificate is not checked", fg="yellow")
    try:
        return exchange.run(prepared, options)
    except Failure as failure:
        if not options.silent:
            raise
        return failure.status
