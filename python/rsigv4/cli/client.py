"""The httpx client of the command: certificates, tunnels and proxies."""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click
import httpx

from rsigv4.cli.failures import ADDRESS, ConnectionTrace, proxy_variables

if TYPE_CHECKING:
    from collections.abc import Callable

    from rsigv4.cli.connection import Connection

__all__ = ["new_client", "without_values"]

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


def new_client(
    connection: Connection,
    on_request: Callable[[httpx.Request], None] = lambda _request: None,
    on_response: Callable[[httpx.Response], None] = lambda _response: None,
) -> httpx.Client:
    """
    Return a client that calls functions with each request, when it is signed, and each response.

    Raises:
        UsageError: A file can't be read, or the environment names a proxy that can't be used.

    """

    def before(request: httpx.Request) -> None:
        _address(request, connection)
        on_request(request)

    context = _tls(connection)
    # The client of httpx doesn't use the proxies of the environment with a transport of ours.
    transport = _Elsewhere(verify=context) if connection.routes else None
    try:
        return httpx.Client(
            verify=context,
            timeout=min(filter(None, (connection.timeout, connection.max_time)), default=None),
            transport=transport,
            event_hooks={"request": [before], "response": [on_response]},
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        variables = proxy_variables("http_proxy", "https_proxy", "all_proxy")
        source = " or ".join(variables) or "the setting of the system"
        message = f"{source} is not the URL of a proxy: set one such as http://localhost:3128"
        if isinstance(error, ImportError):
            message = f"the proxy of {source} can't be used: {error}"
        raise click.UsageError(message) from None


def without_values(error: Exception) -> str:
    """Return the message up to its colon: what follows may be a part of a password."""
    return str(error).partition(":")[0]


class _Elsewhere(httpx.HTTPTransport):
    """Connects to where a request's extension says. The request itself stays as it is."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request."""
        address = request.extensions.get(ADDRESS)
        if address is None:
            return super().handle_request(request)
        host, port = address
        rewritten = httpx.Request(
            request.method,
            request.url.copy_with(host=host, port=port),
            headers=request.headers.raw,
            stream=request.stream,
            extensions=request.extensions,
        )
        return super().handle_request(rewritten)


def _address(request: httpx.Request, connection: Connection) -> None:
    """Say where to connect, and whose certificate to expect: that of the host which is signed."""
    url = request.url
    address = connection.address(url.scheme, url.host, url.port)
    extensions: dict[str, object] = {ADDRESS: address, "trace": ConnectionTrace()}
    own = url.raw_host.decode("ascii")
    name = _host_name(request.headers.get("Host", ""))
    if name is None or name == own:
        # httpx checks the proxy's certificate for this name, too, so it is set only if needed.
        name = own if address else None
    if name is not None:
        extensions["sni_hostname"] = name
    request.extensions = {**request.extensions, **extensions}


def _host_name(host: str) -> str | None:
    """Return the name or the IP address in a header ``Host``, None if there isn't any."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        if ":" in name:
            return str(ipaddress.IPv6Address(name))
    except ValueError:
        return None
    # Certificates have no dot at the end of complete names.
    return name.rstrip(".") if _NAME.fullmatch(name) else None


def _tls(connection: Connection) -> ssl.SSLContext:
    context = _trust(connection)
    if connection.cert is not None:
        try:
            context.load_cert_chain(connection.cert, connection.key)
        except (OSError, ValueError) as error:
            raise click.UsageError(
                _why_not_loaded(connection.cert, connection.key, error)
            ) from None
    return context


def _why_not_loaded(cert: str, key: str | None, error: OSError | ValueError) -> str:
    """Return what is wrong with the files of a client certificate, which OpenSSL doesn't say."""
    if not _contains("--cert", cert, b"CERTIFICATE"):
        return f"--cert {cert} has no certificate in PEM format: pass the client's certificate"
    if key is None and not _contains("--cert", cert, b"PRIVATE KEY"):
        return f"--cert {cert} has no private key: pass the file with the key as --key FILE"
    if key is not None and not _contains("--key", key, b"PRIVATE KEY"):
        return f"--key {key} has no private key in PEM format: pass the certificate's key"
    if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
        return f"--key {key or cert} is not the key of --cert {cert}: pass those that match"
    return f"--cert {cert} and its key can't be loaded: correct the file or the key's password"


def _contains(option: str, path: str, kind: bytes) -> bool:
    if not path:
        raise click.UsageError(f"{option} is empty: pass a PEM file")
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise click.UsageError(
            f"{option} {path}: {error.strerror}: pass a PEM file that can be read"
        ) from None
    return re.search(rb"-----BEGIN [A-Z0-9 ]*" + kind + b"-----", content) is not None


def _trust(connection: Connection) -> ssl.SSLContext:
    """Return a context that trusts the authorities that the options name."""
    if connection.cacert == "":
        raise click.UsageError("--cacert is empty: pass the file with the authorities to trust")
    if connection.cacert is None or connection.insecure:
        try:
            return httpx.create_ssl_context(verify=not connection.insecure)
        except OSError as error:
            variable = "SSL_CERT_FILE" if os.environ.get("SSL_CERT_FILE") else "SSL_CERT_DIR"
            raise _no_authorities(f"{variable} {os.environ.get(variable)}", error) from None
    try:
        return ssl.create_default_context(cafile=connection.cacert)
    except OSError as error:
        raise _no_authorities(f"--cacert {connection.cacert}", error) from None


def _no_authorities(source: str, error: OSError) -> click.UsageError:
    if isinstance(error, ssl.SSLError):
        problem = f"{source} has no certificates"
    else:
        problem = f"{source}: {error.strerror}"
    return click.UsageError(f"{problem}: pass a PEM file with those of the authorities to trust")
