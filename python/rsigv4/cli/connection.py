"""The options that say how the command connects, and for how long it tries."""

from __future__ import annotations

import functools
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from rsigv4._clients.origin import DEFAULT_PORTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

__all__ = ["MAX_PORT", "Connection", "Route", "connection_options"]

MAX_PORT = 65535

_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^:\[\]/@\s]*)"
_ROUTE = re.compile(f"({_HOST}):([0-9]{{0,5}}):({_HOST}):([0-9]{{0,5}})")

_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")
#: Twelve days. Sockets can't wait for more than twice as long.
_MAX_SECONDS = 1_000_000
_MAX_RETRIES_DIGITS = 6


@dataclass(frozen=True)
class Route:
    """
    What ``--connect-to`` says. None stands for any, and for the one of the URL.

    Attributes:
        from_host: Of the URL.
        from_port: Of the URL.
        to_host: To connect to instead.
        to_port: To connect to instead.

    """

    from_host: str | None
    from_port: int | None
    to_host: str | None
    to_port: int | None

    def matches(self, host: str, port: int) -> bool:
        """Tell whether the route is for a URL with this host and port."""
        return self.from_host in {None, host} and self.from_port in {None, port}

    def __str__(self) -> str:
        """Return it as ``--connect-to`` takes it."""
        hosts = [
            f"[{host}]" if host and ":" in host else host or ""
            for host in (self.from_host, self.to_host)
        ]
        return f"{hosts[0]}:{self.from_port or ''}:{hosts[1]}:{self.to_port or ''}"


@dataclass(frozen=True)
class Connection:
    """
    How to connect.

    Attributes:
        routes: The first that matches counts.
        insecure: Don't check certificates.
        cacert: The file with the authorities to trust; None trusts the usual ones.
        cert: The file with the client's certificate; None if it has none.
        key: The file with the private key; None if *cert* has it.
        timeout: How many seconds the server may be silent; None for no limit.
        max_time: How many seconds all of it may take; None for no limit.
        retries: How often to try again after an error that may pass.

    """

    routes: tuple[Route, ...] = ()
    insecure: bool = False
    cacert: str | None = None
    cert: str | None = None
    key: str | None = None
    timeout: float | None = 60.0
    max_time: float | None = None
    retries: int = 0

    def address(self, scheme: str, host: str, port: int | None) -> tuple[str, int | None] | None:
        """Return the host and port to connect to instead of a URL's, or None."""
        for route in self.routes:
            if route.matches(host, port or DEFAULT_PORTS[scheme]):
                return route.to_host or host, route.to_port or port
        return None

    def curl_options(self) -> Iterator[list[str]]:
        """Yield the options of curl for all but *timeout*, which curl doesn't have."""
        yield from (["--connect-to", str(route)] for route in self.routes)
        if self.insecure:
            yield ["--insecure"]
        if self.retries:
            yield ["--retry", str(self.retries)]
        if self.max_time is not None:
            # Not in scientific notation, which curl can't read.
            yield ["--max-time", f"{self.max_time:f}".rstrip("0").rstrip(".")]
        files = {"--cacert": self.cacert, "--cert": self.cert, "--key": self.key}
        yield from ([option, file] for option, file in files.items() if file is not None)


def _routes(
    _context: click.Context, _option: click.Parameter, texts: Iterable[str]
) -> tuple[Route, ...]:
    return tuple(map(_route, texts))


def _route(text: str) -> Route:
    matched = _ROUTE.fullmatch(text)
    ports = [int(port or 0) for port in matched.group(2, 4)] if matched else []
    if matched is None or max(ports) > MAX_PORT:
        raise click.BadParameter(
            f"{text!r} is not HOST:PORT:HOST2:PORT2, such as example.com:443:localhost:9243"
        )
    from_host, from_port, to_host, to_port = matched.groups()
    return Route(
        _host(from_host), int(from_port or 0) or None, _host(to_host), int(to_port or 0) or None
    )


def _host(text: str) -> str | None:
    return text.strip("[]").lower() or None


def _seconds(value: str | float) -> float | None:
    """Read a limit of time; as in curl and HTTPie, 0 sets no limit."""
    text = str(value)
    seconds = float(text) if _NUMBER.fullmatch(text) else math.inf
    if seconds > _MAX_SECONDS:
        raise click.BadParameter(
            f"{text!r} is not a number of seconds such as 30 or 0.5, at most {_MAX_SECONDS:,}; "
            "0 sets no limit"
        )
    return seconds or None


def _retries(value: str | int) -> int:
    text = str(value)
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_RETRIES_DIGITS):
        raise click.BadParameter(f"{text!r} is not a number of tries such as 3")
    return int(text)


def connection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of ``Connection``, which it takes as ``connection``."""

    @click.option(
        "--connect-to",
        "routes",
        metavar="HOST:PORT:HOST2:PORT2",
        multiple=True,
        callback=_routes,
        help="Connect directly to HOST2:PORT2 instead. An empty part stands for any, or the same.",
    )
    @click.option(
        "-k", "--insecure", is_flag=True, help="Don't check the server's certificate (dangerous)."
    )
    @click.option("--cacert", metavar="FILE", help="Trust only the authorities of a PEM file.")
    @click.option("--cert", metavar="FILE", help="The client's certificate, as PEM.")
    @click.option("--key", metavar="FILE", help="The certificate's private key, as PEM.")
    @click.option(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        default=60,
        help="How long the server may be silent; 0 for any time.  [default: 60]",
    )
    @click.option(
        "-m", "--max-time", metavar="SECONDS", type=_seconds, help="How long each try may take."
    )
    @click.option(
        "--retry",
        "retries",
        metavar="N",
        type=_retries,
        default=0,
        help="Try again N times after a timeout or status 408, 429, 500, 502, 503 or 504.",
    )
    @functools.wraps(command)
    def with_connection(  # noqa: PLR0913 - one for each option
        *,
        routes: tuple[Route, ...],
        insecure: bool,
        cacert: str | None,
        cert: str | None,
        key: str | None,
        timeout: float | None,
        max_time: float | None,
        retries: int,
        **arguments: Any,
    ) -> Any:
        if key is not None and cert is None:
            raise click.UsageError("--key needs --cert, the certificate of this key")
        connection = Connection(routes, insecure, cacert, cert, key, timeout, max_time, retries)
        return command(connection=connection, **arguments)

    return with_connection
