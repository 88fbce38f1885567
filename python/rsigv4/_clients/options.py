"""Types of the arguments of clients' auths, for type checkers; never imported at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from ssl import SSLContext
    from typing import Any, Literal

    from typing_extensions import TypeAlias
    from urllib3 import Retry, Timeout

    from rsigv4._core import _Provided, _Provider

    #: The credentials that an auth accepts.
    AuthCredentials: TypeAlias = _Provider | Callable[[], Awaitable[_Provided]]

__all__ = ["AuthCredentials", "PoolOptions", "ProxyOptions", "SignerOptions"]


class SignerOptions(TypedDict, total=False):
    """The keyword arguments of `Signer`, which every client's auth takes."""

    default_region: str | None
    algorithm: str
    double_encode_path: bool | None
    normalize_path: bool | None
    content_sha256_header: bool | None
    sign_session_token: bool
    also_sign: Iterable[str]
    sign_only: Iterable[str] | None


class PoolOptions(SignerOptions, total=False):
    """The keyword arguments of `Signer` and of `urllib3.PoolManager`."""

    num_pools: int
    headers: Mapping[str, str] | None
    timeout: Timeout | float | None
    retries: Retry | bool | int | None
    maxsize: int
    block: bool
    blocksize: int | None
    source_address: tuple[str, int] | None
    socket_options: Any
    key_file: str | None
    key_password: str | None
    cert_file: str | None
    cert_reqs: int | str | None
    ca_certs: str | None
    ca_cert_dir: str | None
    ca_cert_data: str | bytes | None
    ssl_context: SSLContext | None
    ssl_version: int | str | None
    ssl_minimum_version: int | None
    ssl_maximum_version: int | None
    assert_hostname: str | bool | None
    assert_fingerprint: str | None
    server_hostname: str | None


class ProxyOptions(PoolOptions, total=False):
    """The keyword arguments of `SigV4PoolManager` and of `urllib3.ProxyManager`."""

    payload: Literal["unsigned"] | None
    max_buffered_body: int
    explain: bool
    proxy_headers: Mapping[str, str] | None
    proxy_ssl_context: SSLContext | None
    proxy_assert_hostname: str | bool | None
    proxy_assert_fingerprint: str | None
    use_forwarding_for_https: bool
