"""How the command ends: curl's exit statuses, for what curl has them for."""

from __future__ import annotations

import os
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING

from rsigv4._clients.origin import DEFAULT_PORTS
from rsigv4.cli.connection import MAX_PORT

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    import httpx

__all__ = [
    "ADDRESS",
    "ClosedPipe",
    "ConnectionTrace",
    "Failure",
    "Status",
    "network_failures",
    "proxy_variables",
]

#: The extension of httpx's requests that has the host and port to connect to instead of the URL's.
ADDRESS = "rsigv4_address"

#: The codes of OpenSSL for a certificate of another host name or IP address.
_OTHER_NAME = (62, 64)


class Status(IntEnum):
    """
    The exit statuses.

    Those of the network are curl's: https://curl.se/docs/manpage.html#EXIT.
    """

    OK = 0
    PROTOCOL = 1
    NOT_VERIFIED = 1  # Of the command verify, whose requests nobody sends.
    UNEXPLAINED = 1  # Of the command explain.
    USAGE = 2
    RESOLVE_PROXY = 5
    RESOLVE = 6
    CONNECT = 7
    PARTIAL = 18
    HTTP = 22
    WRITE = 23
    TIMEOUT = 28
    TLS = 35
    REDIRECTS = 47
    SEND = 55
    RECEIVE = 56
    CERTIFICATE = 60
    PROXY = 97
    INTERRUPTED = 130
    CLOSED_PIPE = 141


class Failure(Exception):  # noqa: N818 - reads as what it is where it is raised
    """
    The command ends here, with one line for the user.

    Args:
        status: The exit status.
        message: What is wrong, and the way out.

    """

    def __init__(self, status: Status, message: str) -> None:
        super().__init__(message)
        self.status = status


class ConnectionTrace:
    """
    The host that httpx connects to, which may be that of a proxy; its extension ``trace``.

    https://www.encode.io/httpcore/extensions/#trace
    """

    def __init__(self) -> None:
        self.address: tuple[str, int] | None = None

    def __call__(self, event: str, details: dict[str, Any]) -> None:
        """Take notice of an event of httpcore."""
        if event.endswith("connect_tcp.started"):
            self.address = (details["host"], details["port"])
        elif event == "proxy.start_tls.started":
            # The proxy has connected to the URL's host.
            self.address = None


class ClosedPipe(Exception):  # noqa: N818 - nobody's error
    """Whoever reads our output has seen enough."""


@contextmanager
def network_failures(*, in_body: bool = False) -> Generator[None]:
    """
    Turn httpx's errors into failures of the command.

    Args:
        in_body: The response has begun.

    """
    import httpx  # noqa: PLC0415 - takes longer than all the rest, and most commands send nothing

    try:
        yield
    except httpx.TimeoutException as error:
        what = "the server takes"
        if isinstance(error, httpx.ConnectTimeout):
            proxy = _proxy(error.request)
            what = f"connecting to {proxy} takes" if proxy else "connecting takes"
        raise Failure(Status.TIMEOUT, f"{what} longer than --timeout") from error
    except httpx.ConnectError as error:
        raise _not_connected(error) from error
    except httpx.ProxyError as error:
        proxy = _proxy(error.request) or "the proxy"
        raise Failure(Status.PROXY, f"{proxy} refuses: {error}") from error
    except (httpx.LocalProtocolError, httpx.WriteError) as error:
        raise Failure(Status.SEND, f"the request can't be sent: {error}") from error
    except (OverflowError, UnicodeError) as error:
        raise _refused_by_socket(error) from None
    except httpx.UnsupportedProtocol as error:
        raise Failure(Status.PROTOCOL, "redirected to a non-HTTP URL") from error
    except (httpx.TransportError, httpx.DecodingError) as error:
        if in_body:
            raise Failure(Status.PARTIAL, f"the response is not complete: {error}") from error
        raise Failure(Status.RECEIVE, f"there is no response: {error}") from error


def _too_large_port() -> Failure:
    return Failure(Status.CONNECT, f"can't connect: the port is not below {MAX_PORT + 1}")


def _refused_by_socket(error: OverflowError | UnicodeError) -> Exception:
    """Return the failure for a URL that no socket can use, also of a redirect."""
    if isinstance(error, OverflowError):
        return _too_large_port()
    # The codec is named in the message, by Python 3.12 in a note.
    if any("idna" in text for text in (str(error), *getattr(error, "__notes__", ()))):
        message = "can't resolve the host: a part of its name is empty or longer than 63 characters"
        return Failure(Status.RESOLVE, message)
    return error


def _not_connected(error: httpx.ConnectError) -> Failure:
    """Return the failure for a connection error; only its causes say what happened."""
    import socket  # noqa: PLC0415 - httpx has imported both
    import ssl  # noqa: PLC0415

    # Without a user name and password, which httpx keeps apart.
    host = error.request.url.netloc.decode("ascii", "replace")
    if proxy := _proxy(error.request):
        is_unknown = isinstance(_first_cause(error), socket.gaierror)
        status = Status.RESOLVE_PROXY if is_unknown else Status.CONNECT
        variables = proxy_variables(f"{error.request.url.scheme}_proxy", "all_proxy")
        source = variables[0] if variables else "the proxy of the system"
        remedy = f"correct {source}, or add the host to NO_PROXY"
        return Failure(status, f"can't connect to {proxy} for {host}: {error}: {remedy}")
    name, port = error.request.extensions.get(ADDRESS) or (error.request.url.host, None)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            # Python 3.13 finds no host for a port that fits no integer of C.
            if (error.request.url.port or 0) > MAX_PORT:
                return _too_large_port()
            return Failure(Status.RESOLVE, f"can't resolve the host {name}")
        if isinstance(cause, ssl.SSLCertVerificationError):
            remedy = "pass --cacert FILE if its authority is not one of the usual"
            if cause.verify_code in _OTHER_NAME:
                remedy = "pass Host:NAME if this is a tunnel to NAME"
            reason = cause.verify_message.rstrip(".")
            return Failure(Status.CERTIFICATE, f"{host} is not to be trusted: {reason}: {remedy}")
        if isinstance(cause, ssl.SSLError):
            reason = (cause.reason or "no reason is given").replace("_", " ").lower()
            return Failure(Status.TLS, f"TLS handshake with {host} failed: {reason}")
        cause = cause.__cause__ or cause.__context__
    to = host if port is None else f"{name}:{port}"
    return Failure(Status.CONNECT, f"can't connect to {to}: {error}")


def _proxy(request: httpx.Request) -> str | None:
    """Return the name of the proxy that httpx was connecting to, None if it wasn't."""
    trace = request.extensions.get("trace")
    # With --connect-to, no proxy is used.
    if not isinstance(trace, ConnectionTrace) or request.extensions.get(ADDRESS):
        return None
    url = request.url
    own = (url.raw_host.decode("ascii"), url.port or DEFAULT_PORTS.get(url.scheme))
    if trace.address is None or trace.address == own:
        return None
    host, port = trace.address
    return f"the proxy {f'[{host}]' if ':' in host else host}:{port}"


def proxy_variables(*names: str) -> list[str]:
    """Return the variables that are set, in this order; like urllib and so httpx, in any case."""
    found = [variable for variable, value in os.environ.items() if value]
    return [variable for name in names for variable in found if variable.lower() == name]


def _first_cause(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
