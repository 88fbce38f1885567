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


def curl(
    prepared: Prepared, signing: Signing | None, connection: Connection, *, follow: bool
) -> None:
    """
    Print a command that sends the request.

    Args:
        prepared: The request.
        signing: None sends it as it is.
        connection: How curl has to connect.
        follow: Let curl follow redirects.

    Raises:
        UsageError: curl would send the session token to wherever the server redirects.

    """
    request = prepared.request
    if signing is not None:
        if follow and signing.key.frozen().session_token:
            # It drops the Authorization header there, but no x-amz-security-token.
            raise click.UsageError(
                "--curl with -L: curl would send the session token to other servers, too: leave "
                "-L out"
            )
        request = next(signing.auth().sync_auth_flow(request))
    options = [["--location"]] if follow else []
    options += connection.curl_options()
    arguments = [*_curl_arguments(prepared, request), *map(shlex.join, options)]
    click.echo(" \\\n  ".join(arguments))
    if signing is not None:
        say("rsigv4: the signature is valid for 5 minutes, for anyone who has this command")


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
