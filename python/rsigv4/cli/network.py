"""What went wrong between here and the server, with curl's exit statuses."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

from rsigv4.cli.failures import Failure, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["network_failures"]


@contextmanager
def network_failures(*, in_body: bool = False) -> Iterator[None]:
    """
    Turn httpx's errors into failures of the command.

    Args:
        in_body: The response has begun.

    """
    try:
        yield
    except httpx.TimeoutException as error:
        what = "connecting takes" if isinstance(error, httpx.ConnectTimeout) else "the server takes"
        raise Failure(Status.TIMEOUT, f"{what} longer than --timeout") from error
    except httpx.ConnectError as error:
        raise _not_connected(error) from error
    except httpx.ProxyError as error:
        raise Failure(Status.PROXY, f"the proxy refuses: {error}") from error
    except (httpx.LocalProtocolError, httpx.WriteError) as error:
        raise Failure(Status.SEND, f"the request can't be sent: {error}") from error
    except httpx.UnsupportedProtocol as error:
        raise Failure(
            Status.PROTOCOL, "the server redirects to a URL that is not of http"
        ) from error
    except (httpx.TransportError, httpx.DecodingError) as error:
        if in_body:
            raise Failure(Status.PARTIAL, f"the response is not complete: {error}") from error
        raise Failure(Status.RECEIVE, f"there is no response: {error}") from error


def _not_connected(error: httpx.ConnectError) -> Failure:
    """Tell why there is no connection, which only what led to the error tells."""
    host = error.request.url.netloc.decode("ascii", "replace").rpartition("@")[2]
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return Failure(Status.RESOLVE, f"there is no host {error.request.url.host}")
        if isinstance(cause, ssl.SSLCertVerificationError):
            message = f"{host} is not to be trusted: {cause.verify_message}"
            return Failure(Status.CERTIFICATE, message)
        if isinstance(cause, ssl.SSLError):
            reason = (cause.reason or "no reason is given").replace("_", " ").lower()
            return Failure(Status.TLS, f"{host} speaks no TLS that we do: {reason}")
        cause = cause.__cause__ or cause.__context__
    return Failure(Status.CONNECT, f"can't connect to {host}: {error}")
