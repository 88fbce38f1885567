"""The profiles of AWS's configuration files, as far as they can be read without botocore."""

from __future__ import annotations

import os

# Importing typing takes longer than importing all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ProfileError", "configured_region", "profile_name", "read_profile"]


class ProfileError(Exception):
    """A configuration file can't be read. The message has no text of the file."""


def configured_region(profile: str | None = None) -> str | None:
    """
    Return the region of the environment, or else that of a profile; None if neither has one.

    A file that can't be read has no region, because most requests get theirs from the host.

    Args:
        profile: As for ``read_profile``.

    """
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if region:
        return region
    try:
        return (read_profile(profile) or {}).get("region") or None
    except ProfileError:
        return None


def profile_name(profile: str | None) -> str | None:
    """Return the name that was passed, or else that of the environment, in botocore's order."""
    named = os.environ.get("AWS_DEFAULT_PROFILE") or os.environ.get("AWS_PROFILE")
    return profile or named or None


def read_profile(profile: str | None) -> dict[str, str] | None:
    """
    Return the settings of a profile, or None if no file has it.

    https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html

    Args:
        profile: Its name; None for the one that the environment names, or ``default``.

    Raises:
        ProfileError: A file can't be read.

    """
    name = profile_name(profile) or "default"
    config = _path("AWS_CONFIG_FILE", "config")
    credentials = _path("AWS_SHARED_CREDENTIALS_FILE", "credentials")
    found = [settings for section, settings in _sections(config) if _in_config(section) == name]
    # As in botocore, the file of credentials takes precedence.
    found += [settings for section, settings in _sections(credentials) if section == name]
    merged: dict[str, str] = {}
    for settings in found:
        if "aws_access_key_id" in settings:
            # Parts of two keys are not a key.
            for part in ("aws_secret_access_key", "aws_session_token"):
                merged.pop(part, None)
        merged.update(settings)
    return merged if found else None


def _path(variable: str, name: str) -> str:
    # As in botocore. pathlib would have to be imported.
    path = os.environ.get(variable) or f"~{os.sep}.aws{os.sep}{name}"
    return os.path.expanduser(path)  # noqa: PTH111


def _in_config(section: str) -> str | None:
    """Return the name of the profile in this section of the configuration file."""
    if section == "default":
        return section
    kind, name = (*section.split(None, 1), "", "")[:2]
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1]
    return name if kind == "profile" and name else None


def _sections(path: str) -> Iterator[tuple[str, dict[str, str]]]:
    if not os.path.isfile(path):  # noqa: PTH113 - as above
        return
    from configparser import Error, RawConfigParser  # noqa: PLC0415 - only if there is a file

    parser = RawConfigParser(default_section="", strict=False)
    try:
        # Editors on Windows write a byte order mark.
        with open(path, encoding="utf-8-sig") as file:  # noqa: PTH123 - as above
            parser.read_file(file)
    except OSError as error:
        raise ProfileError(f"{path} can't be read: {error.strerror}") from None
    except (Error, UnicodeDecodeError):
        # The cause is left out, because it may quote the file.
        raise ProfileError(f"{path} is not a valid configuration file of AWS: correct it") from None
    for section in parser.sections():
        yield section, dict(parser.items(section))
