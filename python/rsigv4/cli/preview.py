"""A request that is not sent: what would be signed, and the same as a command of curl."""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING

import click

from rsigv4.cli.bodies import TrackedFile
from rsigv4.cli.output import request_lines, show_section, show_stages
from rsigv4.cli.terminal import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from rsigv4.cli.connection import Connection
    from rsigv4.cli.exchange import Prepared
    from rsigv4.cli.signing import Signing

__all__ = ["curl", "dry_run"]

#: curl has its own, and none of them is signed.
_OF_THE_CLIENT = {"accept-encoding", "content-length", "host", "user-agent"}


def dry_run(prepared: Prepared, signing: Signing | None) -> None:
    """
    Print the canonical request and the string to sign, without the session token.

    Args:
        prepared: The request.
        signing: None for a request that is not signed, which is printed itself, without secrets.

    """
    request = prepared.request
    if signing is None:
        show_section("request", "\n".join(request_lines(request, prepared.body)))
        return
    signer = signing.signer()
    content = None if prepared.body is None else prepared.body.content
    # Both are of one moment.
    now = time.time()
    method, url, headers = request.method, str(request.url), request.headers.raw
    canonical_request = signer.canonical_request(method, url, headers, content, time=now)
    string_to_sign = signer.string_to_sign(method, url, headers, content, time=now)
    show_stages(canonical_request, string_to_sign)


def curl(prepared: Prepared, signing: Signing | None, connection: Connection) -> None:
    """
    Print a command that sends the request.

    Args:
        prepared: The request.
        signing: None sends it as it is.
        connection: How curl has to connect.

    """
    if signing is None:
        click.echo(_curl_command(prepared, prepared.request, connection))
        return
    request = next(signing.auth().sync_auth_flow(prepared.request))
    click.echo(_curl_command(prepared, request, connection))
    say("rsigv4: the signature is valid for 5 minutes, for anyone who has this command")


def _curl_command(prepared: Prepared, request: httpx.Request, connection: Connection) -> str:
    arguments = _curl_arguments(prepared, request)
    return " \\\n  ".join([*arguments, *map(shlex.join, connection.curl_options())])


def _curl_arguments(prepared: Prepared, request: httpx.Request) -> Iterator[str]:
    # What is signed must not be tidied up.
    yield f"curl --globoff --path-as-is {_method(prepared, request)}{shlex.quote(str(request.url))}"
    body = prepared.body
    for name, value in request.headers.raw:
        text = f"{name.decode()}: {value.decode()}" if value else f"{name.decode()};"
        if _is_needed(request, name.decode().lower()):
            yield f"-H {shlex.quote(text)}"
    if body is None:
        return
    if "Content-Type" not in request.headers:
        # Or curl would send one of its own.
        yield "-H Content-Type:"
    if isinstance(body.content, TrackedFile):
        if body.path is None:
            raise click.UsageError("--curl needs a body that curl can read too: pass it as @FILE")
        yield f"--data-binary {shlex.quote(f'@{body.path}')}"
        return
    try:
        yield f"--data-raw {shlex.quote(body.content.decode())}"
    except UnicodeDecodeError:
        raise click.UsageError("--curl needs a body of text, or as @FILE") from None


def _method(prepared: Prepared, request: httpx.Request) -> str:
    usual = "GET" if prepared.body is None else "POST"
    if request.method == "HEAD":
        return "--head "
    return "" if request.method == usual else f"-X {shlex.quote(request.method)} "


def _is_needed(request: httpx.Request, name: str) -> bool:
    value = request.headers[name]
    if name == "host":
        return value != request.url.netloc.decode("ascii")
    return name not in _OF_THE_CLIENT and (name, value) != ("accept", "*/*")
