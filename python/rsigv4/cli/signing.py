"""The options that say whose key signs, and for what."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from rsigv4._clients.profiles import configured_region
from rsigv4._core import Signer, region_and_suffix
from rsigv4.credentials import Credentials, locate_credentials

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import httpx

__all__ = ["Key", "Signing", "key_options", "signing_options"]

_SIGV4A = "AWS4-ECDSA-P256-SHA256"


@dataclass(frozen=True)
class Key:
    """
    Where the access key is.

    Attributes:
        csv: The file that the console gives with a new access key.
        env: It is in the environment, and nowhere else.
        profile: Of AWS's configuration files.
        role: The ARN of a role, which is assumed with the key that the others name.
        sts_region: Where STS is asked; None for the configured one, if that is of the role's
            partition, or else for the partition's.

    """

    csv: str | None
    env: bool
    profile: str | None
    role: str | None
    sts_region: str | None = None

    @property
    def is_named(self) -> bool:
        """Whether the options say where it is."""
        named = (self.csv, self.profile, self.role)
        return self.env or any(option is not None for option in named)

    @property
    def region(self) -> str | None:
        """The region of the environment, or else of the profile."""
        return configured_region(self.profile)

    @property
    def sts_place(self) -> tuple[str, str]:
        """The region where STS is asked, and how hosts end there."""
        if self.sts_region is not None:
            return region_and_suffix(self.sts_region, None)
        return region_and_suffix(self.region, self.role)

    @functools.cached_property
    def credentials(self) -> Any:
        """
        What signs, from AWS's whole chain if the options name nothing.

        Raises:
            UsageError: Two places are named, or the CSV file can't be read.
            CredentialsError: There is no access key.
            Failure: The role can't be assumed.

        """
        own, _source = self._located
        if self.role is None:
            return own
        from rsigv4._clients.refreshing import RefreshingCredentials  # noqa: PLC0415 - as below
        from rsigv4.cli.sts import assume_role  # noqa: PLC0415 - httpx takes longer than all the rest

        fetch = functools.partial(assume_role, self.role, own, self.sts_place)
        # Names it in errors.
        fetch.__qualname__ = "--assume-role"  # type: ignore[attr-defined] # It takes attributes.
        role = RefreshingCredentials(fetch)
        # Fetched now, so that a failure is reported before the request or the explanation.
        role.get_frozen_credentials()
        return role

    @functools.cached_property
    def _located(self) -> tuple[Any, str]:
        """The access key that the options but for *role* name, and where it was found."""
        if (self.csv is not None) + self.env + (self.profile is not None) > 1:
            raise click.UsageError("--csv, --env and --profile exclude each other: pass one")
        if self.env:
            return Credentials.from_env(), "the environment"
        if self.csv is None:
            return locate_credentials(self.profile)
        try:
            return Credentials.from_csv(self.csv), self.csv
        except OSError as error:
            raise click.UsageError(f"--csv {self.csv}: {os.strerror(error.errno or 0)}") from None

    @property
    def source(self) -> str:
        """Where the access key was found, for people."""
        _own, source = self._located
        if self.role is not None:
            return f"the role {self.role}, assumed with the key of {source}"
        return source

    def frozen(self) -> Credentials:
        """Return the access key of this moment."""
        provider = self.credentials
        frozen = provider
        if not isinstance(provider, Credentials):
            frozen = provider.get_frozen_credentials()
        if isinstance(frozen, Credentials):
            return frozen
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token)


@dataclass(frozen=True)
class Signing:
    """
    How requests are signed.

    Attributes:
        key: Where the access key is.
        region: None if the host tells it, or else the environment or the profile; for SigV4a a set
            of regions.
        service: None if the host tells it.
        sigv4a: Sign for more than one region.

    """

    key: Key
    region: str | None
    service: str | None
    sigv4a: bool

    @functools.cached_property
    def _options(self) -> dict[str, Any]:
        """What signers and auth objects share: credentials that are looked for once."""
        options = {
            "credentials": self.key.credentials,
            "region": self.region,
            "service": self.service,
        }
        if self.key.profile and not (self.region or self.sigv4a):
            # Empty: the region of another profile isn't that of this key.
            options["default_region"] = self.key.region or ""
        if self.sigv4a:
            options["algorithm"] = _SIGV4A
        return options

    def auth(self) -> httpx.Auth:
        """Return what signs the requests of httpx."""
        from rsigv4.httpx import SigV4Auth  # noqa: PLC0415 - httpx takes longer than all the rest

        return SigV4Auth(**self._options)

    def signer(self) -> Signer:
        """Return a signer for these options."""
        return Signer(**self._options)


def key_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of ``Key``, which it takes as ``key``."""

    @click.option(
        "--csv", metavar="FILE", help="Take the access key from the console's accessKeys.csv."
    )
    @click.option(
        "--profile",
        metavar="NAME",
        help="Take the access key from a profile of AWS's configuration.",
    )
    @click.option("--env", is_flag=True, help="Take the access key from the environment only.")
    @click.option("--assume-role", metavar="ARN", help="Assume this role, and sign with it.")
    @functools.wraps(command)
    def with_key(
        *,
        csv: str | None,
        env: bool,
        profile: str | None,
        assume_role: str | None,
        **arguments: Any,
    ) -> Any:
        return command(key=Key(csv, env, profile, assume_role), **arguments)

    return with_key


def signing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of ``Signing``, which it takes as ``signing``."""

    @key_options
    @click.option(
        "--region",
        metavar="NAME",
        help="By default, that of the host, AWS_REGION or the profile.",
    )
    @click.option(
        "--service", metavar="NAME", help="Such as execute-api; by default, that of the host."
    )
    @click.option("--sigv4a", is_flag=True, help="Sign with SigV4a, for several regions.")
    @functools.wraps(command)
    def with_signing(
        *, key: Key, region: str | None, service: str | None, sigv4a: bool, **arguments: Any
    ) -> Any:
        return command(signing=Signing(key, region, service, sigv4a), **arguments)

    return with_signing
