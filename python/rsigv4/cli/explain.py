"""``rsigv4 explain``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from rsigv4._explain import explain_for_command
from rsigv4._explain.responses import MAX_GIVEN_BYTES, decode
from rsigv4.cli.bodies import open_binary
from rsigv4.cli.commands import Command
from rsigv4.cli.failures import Status
from rsigv4.cli.output import show_explanation
from rsigv4.cli.raw_request import read_request
from rsigv4.cli.signing import Signing, signing_options
from rsigv4.cli.terminal import say_how_to_end
from rsigv4.cli.transcripts import split_transcript

if TYPE_CHECKING:
    from typing import Any

__all__ = ["explain"]

_EXAMPLES = """
curl -v https://API_ID.execute-api.REGION.amazonaws.com/test 2>&1 | rsigv4 explain
rsigv4 explain response.json
rsigv4 explain response.xml --request request.http --csv accessKeys.csv
"""


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("file", default="-")
@click.option(
    "--request", metavar="FILE", help="The request as it was signed, in the form of HTTP/1.1."
)
@signing_options
def explain(*, file: str, request: str | None, signing: Signing) -> Status:
    """
    Say why AWS refused a request, and what to change.

    FILE is the response: its body alone, or all of it as curl -i prints it, or with the request as
    curl -v, curl --trace-ascii -, awscurl -v, HTTPie -v or Postman's console show it; standard
    input by default. With the request, it shows where that differs from what the server expected.
    With an access key, it signs again to prove what is wrong.

    The exit status is 1 if the cause is unknown.
    """
    if file == "-":
        say_how_to_end("paste the response")
    with open_binary(file) as opened:
        text = decode(opened.read(MAX_GIVEN_BYTES))
    if not text.strip():
        raise click.UsageError("there is no response to explain: pass a FILE, or pipe one in")
    sent: tuple[Any, ...] | None
    text, sent = split_transcript(text)
    if request is not None:
        with open_binary(request) as opened:
            raw = read_request(opened)
            sent = (raw.method, raw.url, raw.headers, b"".join(raw.body))
    signer = signing.signer() if signing.key.is_named else None
    explanation = explain_for_command(text, signer=signer, request=sent)
    show_explanation(explanation, sys.stdout)
    return Status.UNEXPLAINED if explanation.cause.code == "unknown" else Status.OK
