"""Calls of AWS Security Token Service (STS): whose key it is, and the keys of roles."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn
from xml.etree.ElementTree import ParseError, fromstring

import click
import httpx

from rsigv4._explain import explain_for_command
from rsigv4.cli.client import new_client, without_values
from rsigv4.cli.connection import Connection
from rsigv4.cli.failures import Failure, Status, network_failures
from rsigv4.cli.output import show_explanation
from rsigv4.cli.terminal import complain, say
from rsigv4.credentials import Credentials, parse_time
from rsigv4.httpx import SigV4Auth

if TYPE_CHECKING:
    from typing import Any

__all__ = ["assume_role", "caller_identity"]

_VERSION = "2011-06-15"
#: As for a request without options of the connection.
_CONNECTION = Connection()

#: The region where STS is asked if none is configured.
_DEFAULT_REGION = "us-east-1"
#: How regions of other partitions begin, and how their hosts end.
_PARTITIONS = (
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov"),
)


def caller_identity(credentials: Any, region: str | None) -> dict[str, str]:
    """
    Return the ``Account``, ``Arn`` and ``UserId`` of whom the credentials belong to.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html

    Args:
        credentials: A provider, as for ``Signer``.
        region: Where STS is asked; None for us-east-1.

    Raises:
        Failure: STS can't be reached, or its response has no identity.
        Exit: STS refused; the reason has been printed.

    """
    return _call("GetCallerIdentity", {}, credentials, region, ("Account", "Arn", "UserId"))


def assume_role(arn: str, credentials: Any, region: str | None) -> Credentials:
    """
    Return the temporary credentials of a role.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html

    Args:
        arn: The role's ARN.
        credentials: A provider with the key that may assume it.
        region: Where STS is asked; None for us-east-1.

    Raises:
        Failure: STS can't be reached, or its response has no credentials.
        Exit: STS refused; the reason has been printed.

    """
    session = os.environ.get("AWS_ROLE_SESSION_NAME") or "rsigv4"
    parameters = {"RoleArn": arn, "RoleSessionName": session}
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    found = _call("AssumeRole", parameters, credentials, region, names)
    expiration = parse_time(found["Expiration"])
    if expiration is None:
        raise _not_sts()
    return Credentials(
        found["AccessKeyId"],
        found["SecretAccessKey"],
        found["SessionToken"],
        expires_at=expiration,
    )


def _call(
    action: str,
    parameters: dict[str, str],
    credentials: Any,
    region: str | None,
    names: tuple[str, ...],
) -> dict[str, str]:
    """Call STS, and return the texts of the elements with these names in its response."""
    region = region or _DEFAULT_REGION
    auth = SigV4Auth(credentials, region, "sts")
    body = {"Action": action, "Version": _VERSION, **parameters}
    with new_client(_CONNECTION) as client, network_failures():
        try:
            response = client.post(_endpoint(region), data=body, auth=auth)
        except httpx.InvalidURL as error:
            problem = without_values(error).lower()
            message = f"the URL of AWS_ENDPOINT_URL_STS or AWS_ENDPOINT_URL: {problem}"
            raise click.UsageError(message) from None
    if response.is_error:
        _refused(action, response, auth)
    try:
        elements = {
            element.tag.rpartition("}")[2]: (element.text or "").strip()
            for element in fromstring(response.content).iter()  # noqa: S314 - expat limits entities
        }
        return {name: elements[name] for name in names}
    except (ParseError, KeyError):
        raise _not_sts() from None


def _not_sts() -> Failure:
    message = "the server does not respond like STS: correct AWS_ENDPOINT_URL_STS"
    return Failure(Status.PROTOCOL, message)


def _endpoint(region: str) -> str:
    # https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    set_by_user = os.environ.get("AWS_ENDPOINT_URL_STS") or os.environ.get("AWS_ENDPOINT_URL")
    if set_by_user:
        return set_by_user
    ends = (end for start, end in _PARTITIONS if region.startswith(start))
    return f"https://sts.{region}.{next(ends, 'amazonaws.com')}/"


def _refused(action: str, response: httpx.Response, auth: SigV4Auth) -> NoReturn:
    status = f"{response.status_code} {response.reason_phrase}".rstrip()
    complain(f"STS responded to {action} with {status}")
    say("")
    show_explanation(explain_for_command(response, signer=auth.signer), sys.stderr)
    raise click.exceptions.Exit(Status.HTTP)
