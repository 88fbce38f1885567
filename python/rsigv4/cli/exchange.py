"""One request and its response, over httpx."""

from __future__ import annotations

import sys
import time
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import click
import httpx

from rsigv4._clients.origin import is_same_origin
from rsigv4._explain import explain_for_command
from rsigv4.cli.bodies import Body, TrackedFile, is_replaceable
from rsigv4.cli.client import new_client, without_values
from rsigv4.cli.failures import Failure, Status, network_failures
from rsigv4.cli.items import check_url
from rsigv4.cli.output import head, save, show, show_explanation, show_request, show_response
from rsigv4.cli.retries import TRANSIENT, Tries, retry_after, time_limit
from rsigv4.cli.terminal import Progress, complain, is_terminal, printable, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rsigv4._core import Signer
    from rsigv4.cli.connection import Connection

__all__ = ["Options", "Prepared", "prepare", "run", "url"]

_MAX_REDIRECTS = 20
_EXPLAINED = (httpx.codes.BAD_REQUEST, httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)

#: What no other origin gets, and all that begins with ``x-amz-``.
_OF_THE_ORIGIN = ("authorization", "cookie")


@dataclass(frozen=True)
class Options:
    """
    How a request is sent.

    Attributes:
        auth: None sends it unsigned.
        connection: How to connect.
        follow: Follow redirects.
        include: Show the heads of the responses before the body.
        signer: Has the key that *auth* signs with; None if unsigned.
        output: The file for the response's body; None is standard output.
        silent: Say nothing of progress and errors.
        verbose: Show what is sent and received.

    """

    auth: httpx.Auth | None
    connection: Connection
    follow: bool
    include: bool
    signer: Signer | None
    output: str | None
    silent: bool
    verbose: bool


@dataclass(frozen=True)
class Prepared:
    """A request without its signature, and its body."""

    request: httpx.Request
    body: Body | None

    @property
    def file(self) -> TrackedFile | None:
        """The body, if it is a file."""
        content = None if self.body is None else self.body.content
        return content if isinstance(content, TrackedFile) else None


def url(text: str, query: Iterable[tuple[str, str]]) -> httpx.URL:
    """
    Return a URL with more parameters.

    Raises:
        UsageError: It can't be read, isn't one of http, or has a fragment.

    """
    check_url(text)
    if more := urlencode(list(query), quote_via=quote):
        text += f"{'&' if '?' in text else '?'}{more}"
    try:
        return httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise click.UsageError(f"the URL can't be read: {without_values(error).lower()}") from None


def prepare(
    method: str,
    url: httpx.URL,
    headers: Sequence[tuple[str, str | None]],
    body: Body | None,
) -> Prepared:
    """
    Return the request with all headers but those of the signature.

    Args:
        method: As it is sent.
        url: As it is sent.
        headers: Those of the user, which replace ours; None takes one away.
        body: None for no body.

    """
    merged = httpx.Headers({"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "rsigv4"})
    if body is not None and body.content_type is not None:
        merged["Content-Type"] = body.content_type
    for name in {name for name, _value in headers}:
        merged.pop(name, None)
    pairs = merged.raw + [
        (name.encode(), value.encode()) for name, value in headers if value is not None
    ]
    content = None if body is None else body.content
    request = httpx.Request(method, url, headers=pairs, content=content)
    if isinstance(content, TrackedFile):
        request.stream = _FileStream(content)
    return Prepared(request, body)


def run(prepared: Prepared, options: Options) -> Status:
    """
    Send the request, put the response where it belongs, and return the exit status.

    Raises:
        Failure: There is no response, or it can't be written.

    """
    with Progress(is_shown=not options.silent) as progress:
        exchange = _Exchange(prepared, options, progress)
        with new_client(options.connection, exchange.on_request, exchange.on_response) as client:
            return exchange.run(client)


class _Exchange:
    """One request in as many tries as it takes, and the response to the last."""

    def __init__(self, prepared: Prepared, options: Options, progress: Progress) -> None:
        self._prepared = prepared
        self._options = options
        self._progress = progress
        self._tries = Tries(options.connection.retries)
        #: Some of the response may have gone where it can't be taken back.
        self._is_shown = False

    def run(self, client: httpx.Client) -> Status:
        """Try until there is a result."""
        while not isinstance(result := self._try(client), Status):
            self._wait(*result)
        return result

    def on_request(self, request: httpx.Request) -> None:
        """Show a request that has been signed, and begin to show how much of it is sent."""
        if self._options.verbose:
            show_request(request, self._prepared.body)
        if self._prepared.file is not None:
            self._progress.begin("sending", self._prepared.file.size)

    def on_response(self, response: httpx.Response) -> None:
        """Show the head of a response."""
        self._progress.end()
        if self._options.verbose:
            show_response(response)

    def _try(self, client: httpx.Client) -> Status | tuple[str, float | None]:
        """Return the exit status; or the problem, and when the server wants another try."""
        try:
            with time_limit(self._options.connection.max_time):
                return self._send_once(client)
        except Failure as failure:
            if failure.status != Status.TIMEOUT or self._is_shown or not self._tries.left:
                raise
            return str(failure), None

    def _send_once(self, client: httpx.Client) -> Status | tuple[str, float | None]:
        options = self._options
        if (file := self._prepared.file) is not None:
            file.seek(0)
            file.on_read = self._progress.advance_to
            if options.auth is not None:
                self._progress.begin("signing", file.size)
        heads: list[bytes] = []
        with network_failures():
            response = _send(client, self._prepared, options, heads)
        with closing(response), network_failures(in_body=True):
            if response.status_code in TRANSIENT and self._tries.left:
                problem = f"the server responded with {_status(response)}"
                return problem, retry_after(response.headers.get("Retry-After"))
            to_file = options.output is not None and is_replaceable(options.output)
            self._is_shown = response.is_error or not to_file
            return _receive(response, b"".join(heads), options, self._progress)

    def _wait(self, problem: str, asked: float | None) -> None:
        seconds = self._tries.next_wait(asked)
        self._progress.end()
        if not self._options.silent:
            left = f", {self._tries.left} more after that" if self._tries.left else ""
            say(printable(f"rsigv4: {problem}: trying again in {seconds:,.0f} s{left}"))
        time.sleep(seconds)


def _receive(
    response: httpx.Response, heads: bytes, options: Options, progress: Progress
) -> Status:
    """Put the response where it belongs, after the heads that are to be shown."""
    is_quiet = options.silent or options.verbose or options.include
    if not is_quiet and is_terminal(sys.stderr):
        say(printable(f"{response.http_version} {_status(response)}"))
    if response.is_error:
        return _refused(response, heads, options)
    if options.output is None:
        show(response, sys.stdout, heads)
    else:
        save(response, options.output, progress, heads)
    return Status.OK


class _FileStream(httpx.SyncByteStream):
    """A file as httpx sends it, and as an auth can hash it before."""

    def __init__(self, file: TrackedFile) -> None:
        self._file = file
        self.read = file.read
        self.seek = file.seek
        self.tell = file.tell

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._file)


def _send(
    client: httpx.Client, prepared: Prepared, options: Options, heads: list[bytes]
) -> httpx.Response:
    """Return the response after all redirects, and add the heads to show to a list."""
    request, auth = prepared.request, options.auth
    for _ in range(_MAX_REDIRECTS):
        # httpx would sign with a password of the URL or of a .netrc, were it given no auth.
        response = client.send(request, auth=auth or httpx.Auth(), stream=True)
        if options.include:
            heads.append(head(response))
        if not options.follow or response.next_request is None:
            return response
        response.close()
        request, auth = _following_request(response, auth)
        if prepared.file is not None:
            prepared.file.seek(0)
    raise Failure(Status.REDIRECTS, f"the server redirects more than {_MAX_REDIRECTS} times")


def _following_request(
    response: httpx.Response, auth: httpx.Auth | None
) -> tuple[httpx.Request, httpx.Auth | None]:
    """
    Return the request that follows a redirect, and what signs it.

    Once a redirect has left the origin, nothing is signed any more, not even when it leads back.

    Args:
        response: A redirect.
        auth: What signed the request before it, or None.

    """
    request = response.next_request
    if request is None:
        raise ValueError("response redirects to nowhere")
    if is_same_origin(str(request.url), str(response.request.url)):
        return request, auth
    for name in list(request.headers):
        if name in _OF_THE_ORIGIN or name.startswith("x-amz-"):
            del request.headers[name]
    return request, None


def _refused(response: httpx.Response, heads: bytes, options: Options) -> Status:
    """Show an error of HTTP, and for a 403 why."""
    is_explained = response.status_code in _EXPLAINED and not options.silent
    if is_explained:
        response.read()
    if not is_terminal(sys.stderr) and not options.silent:
        complain(f"the server responded with {_status(response)}")
    # What was to be saved isn't this.
    to_stdout = options.output in {None, "-"}
    if to_stdout or not options.silent:
        show(response, sys.stdout if to_stdout else sys.stderr, heads)
    if is_explained:
        _explain(response, options)
    return Status.HTTP


def _explain(response: httpx.Response, options: Options) -> None:
    explanation = explain_for_command(response, signer=options.signer)
    # Some services refuse signatures with other statuses, which are otherwise not about them.
    if response.status_code == HTTPStatus.FORBIDDEN or explanation.cause.code != "unknown":
        # The body before it seldom ends its line.
        say("")
        show_explanation(explanation, sys.stderr)


def _status(response: httpx.Response) -> str:
    return f"{response.status_code} {response.reason_phrase}".rstrip()
