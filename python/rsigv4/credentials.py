"""Credentials, and where to find them."""

from __future__ import annotations

import os

from rsigv4 import _core
from rsigv4.exceptions import InvalidCredentialsError, MissingCredentialsError

# Importing typing takes longer than importing all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from typing_extensions import Self

    from rsigv4._core import _RefreshableCredentials

__all__ = ["Credentials", "resolve_credentials"]


class Credentials(_core.Credentials):
    """
    An access key: its id and its secret; for temporary ones also the session token and the expiry.

    The secret is wiped from memory when the object is deallocated. No repr or error shows the
    secret or the token, but a pickle contains both.

    Args:
        access_key_id: The public half.
        secret_access_key: The secret half.
        session_token: The token of temporary credentials; None or empty for a user's own key.
        expires_at: When they expire: an aware datetime, or seconds since the epoch.

    Raises:
        InvalidCredentialsError: An argument has the wrong type, is empty, or can't be sent.

    """

    __slots__ = ()

    @classmethod
    def from_env(cls) -> Self:
        """
        Return the credentials in the environment.

        Reads ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY`` and, for temporary credentials,
        ``AWS_SESSION_TOKEN`` and ``AWS_CREDENTIAL_EXPIRATION``, the expiry time in ISO 8601.

        Raises:
            InvalidCredentialsError: ``AWS_CREDENTIAL_EXPIRATION`` is not a time with a time zone.
            MissingCredentialsError: One of the first two is not set.

        """
        # Never bound to a local variable, which a traceback may show.
        if not (os.environ.get("AWS_ACCESS_KEY_ID") and os.environ.get("AWS_SECRET_ACCESS_KEY")):
            raise MissingCredentialsError(
                "the environment has no credentials: "
                "set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        return cls(
            os.environ["AWS_ACCESS_KEY_ID"],
            os.environ["AWS_SECRET_ACCESS_KEY"],
            os.environ.get("AWS_SESSION_TOKEN") or None,
            expires_at=_expiration(os.environ.get("AWS_CREDENTIAL_EXPIRATION")),
        )

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str]) -> Self:
        """
        Return the credentials in the CSV file that the console offers with a new access key.

        The older format of the file, with the user's name in the first column, also works.

        Raises:
            MissingCredentialsError: The file lacks these columns, or has no row below its header.
            OSError: The file can't be read.

        """
        columns = _first_row(path)
        try:
            if not (columns.get("access key id") and columns.get("secret access key")):
                raise MissingCredentialsError(
                    f"{os.fspath(path)} has no access key: it must be a CSV file with the columns "
                    "'Access key ID' and 'Secret access key' and a row below them"
                )
            return cls(columns["access key id"], columns["secret access key"])
        finally:
            # Tracebacks may show local variables.
            del columns


def parse_time(text: str) -> datetime | None:
    """Return an ISO 8601 time; None if the text isn't one, or the time has no time zone."""
    import re  # noqa: PLC0415 - seldom needed
    from datetime import datetime  # noqa: PLC0415 - seldom needed

    try:
        # Python before 3.11 can't parse Z, nor fractions with other than three or six digits.
        time = datetime.fromisoformat(re.sub(r"\.\d+", "", text.strip()).replace("Z", "+00:00"))
    except ValueError:
        return None
    return time if time.tzinfo else None


def _expiration(text: str | None) -> datetime | None:
    """Parse the value of ``AWS_CREDENTIAL_EXPIRATION``, if it is set."""
    if not text:
        return None
    time = parse_time(text)
    if time is None:
        raise InvalidCredentialsError(
            "AWS_CREDENTIAL_EXPIRATION is not an ISO 8601 time with a time zone, "
            "such as 2026-01-31T12:00:00Z: correct or unset it"
        )
    return time


def _first_row(path: str | os.PathLike[str]) -> dict[str, str]:
    """Return the first row of a CSV file by the names of its columns; nothing if it has none."""
    import csv  # noqa: PLC0415 - costs more than the rest of the package

    # The console writes a byte order mark.
    with open(path, encoding="utf-8-sig", newline="") as file:  # noqa: PTH123 - as pathlib does
        try:
            row = next(csv.DictReader(file, skipinitialspace=True), None)
        except (csv.Error, UnicodeDecodeError):
            # The cause is left out, because it may quote the file.
            return {}
    return {
        name.strip().lower(): value.strip()
        for name, value in (row or {}).items()
        if name and isinstance(value, str)
    }


def resolve_credentials(profile: str | None = None) -> Any:
    """
    Return the first credentials found in the environment, in a profile, or by botocore's chain.

    botocore, if it is installed, adds SSO, roles, web identity, containers, instances and
    processes, and refreshes credentials. It is imported only if it is needed.

    Args:
        profile: The profile to use instead of the credentials in the environment. None: the one
            that ``AWS_PROFILE`` names, or ``default``.

    Returns:
        A provider to pass to a signer as its credentials.

    Raises:
        MissingCredentialsError: No credentials were found, or they can't be fetched.

    """
    return locate_credentials(profile)[0]


def locate_credentials(profile: str | None) -> tuple[Any, str]:
    """Return what ``resolve_credentials`` does, and where it was found, for people."""
    if profile is None:
        try:
            return Credentials.from_env(), "the environment"
        except MissingCredentialsError:
            pass
    found = _own_key(profile)
    if found is not None:
        return found
    provider = _from_botocore(profile)
    return provider, f"{provider.method}, by botocore"


#: Settings of a profile whose credentials botocore has to get, even if it also has a key.
#: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
_OF_BOTOCORE = (
    "credential_process",
    "credential_source",
    "login_session",
    "role_arn",
    "sso_account_id",
    "sso_session",
    "web_identity_token_file",
)


def _own_key(profile: str | None) -> tuple[Credentials, str] | None:
    """
    Return the access key in a profile, and the profile's name for people.

    Returns None if there is none, or botocore has a better one.
    """
    if profile is None and os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
        return None
    from rsigv4._clients.profiles import (  # noqa: PLC0415 - not if the environment has a key
        ProfileError,
        profile_name,
        read_profile,
    )

    try:
        settings = read_profile(profile)
    except ProfileError as error:
        raise MissingCredentialsError(str(error)) from None
    try:
        if settings is None:
            if name := profile_name(profile):
                raise MissingCredentialsError(
                    f"can't find the profile {name!r} in the files of AWS_CONFIG_FILE and "
                    "AWS_SHARED_CREDENTIALS_FILE, which are ~/.aws/config and ~/.aws/credentials "
                    "unless they are set"
                )
            return None
        if any(settings.get(name) for name in _OF_BOTOCORE):
            return None
        if not (settings.get("aws_access_key_id") and settings.get("aws_secret_access_key")):
            return None
        key = Credentials(
            settings["aws_access_key_id"],
            settings["aws_secret_access_key"],
            settings.get("aws_session_token") or None,
        )
        return key, f"the profile {profile_name(profile) or 'default'}"
    finally:
        # Tracebacks may show local variables.
        del settings


def _from_botocore(profile: str | None) -> Any:
    """Return the provider that botocore finds, when it has fetched credentials."""
    from typing import cast  # noqa: PLC0415 - see TYPE_CHECKING above

    try:
        from botocore.exceptions import (  # noqa: PLC0415 - costs half a second
            BotoCoreError,
            ClientError,
            SSOError,
            TokenRetrievalError,
        )
        from botocore.session import Session  # noqa: PLC0415
    except ImportError:
        needs = "no credentials found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or install"
        if profile is not None:
            needs = f"the profile {profile!r} has no access key of its own: install"
        raise MissingCredentialsError(
            f"{needs} botocore for SSO, roles and the rest of AWS's chain, with "
            "pip install 'rsigv4[botocore]'"
        ) from None
    try:
        session = Session(profile=profile)
        # botocore has no types.
        provider = cast("_RefreshableCredentials | None", session.get_credentials())
        if provider is not None:
            provider.get_frozen_credentials()
    except (SSOError, TokenRetrievalError):
        login = "aws sso login" if profile is None else f"aws sso login --profile {profile}"
        raise MissingCredentialsError(
            f"the SSO session has expired, or there is none: run {login}"
        ) from None
    except (BotoCoreError, ClientError) as error:
        raise MissingCredentialsError(f"botocore can't get credentials: {error}") from error
    if provider is None:
        raise MissingCredentialsError(
            "no credentials found in the environment or by botocore: "
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or configure a profile"
        )
    return provider
