"""Calls of AWS Security Token Service (STS): whose key it is, and the keys of roles."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, NoReturn
from xml.etree.ElementTree import ParseError, fromstring

import click
import httpx

from rsigv4._explain import explain_for_command
from rsigv4.cli.client import new_client
from rsigv4.cli.connection import MAX_PORT, Connection
from rsigv4.cli.failures import Failure, Status, network_failures
from rsigv4.cli.output import show_explanation
from rsigv4.cli.terminal import complain, say
from rsigv4.credentials import Credentials, parse_time
from rsigv4.exceptions import InvalidCredentialsError
from rsigv4.httpx import SigV4Auth

if TYPE_CHECKING:
    from typing import Any

    #: A region, and how the hosts of its services end.
    Place = tuple[str, str]

__all__ = ["assume_role", "caller_identity"]

_VERSION = "2011-06-15"
#: As for a request without options of the connection.
_CONNECTION = Connection()
#: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
_ENDPOINTS = ("AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL")


def caller_identity(credentials: Any, place: Place) -> dict[str, str]:
    """
    Return the ``Account``, ``Arn`` and ``UserId`` of whom the credentials belong to.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html

    Args:
        credentials: A provider, as for ``Signer``.
        place: Where STS is asked.

    Raises:
        Failure: STS can't be reached, or its response has no identity.
        Exit: STS refused; the reason has been printed.

    """
    names = ("Account", "Arn", "UserId")
    return _call("GetCallerIdentity", {}, credentials, place, names)


def assume_role(arn: str, credentials: Any, place: Place) -> Credentials:
    """
    Return the temporary credentials of a role.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html

    Args:
        arn: The role's ARN.
        credentials: A provider with the key that may assume it.
        place: Where STS is asked.

    Raises:
        Failure: STS can't be reached, or its response has no credentials that can be used.
        Exit: STS refused; the reason has been printed.

    """
    session = os.environ.get("AWS_ROLE_SESSION_NAME") or "rsigv4"
    parameters = {"RoleArn": arn, "RoleSessionName": session}
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    found = _call("AssumeRole", parameters, credentials, place, names)
    expiration = parse_time(found["Expiration"])
    if expiration is None:
        raise _not_sts("AssumeRole")
    if expiration.timestamp() <= time.time():
        message = "the key of the role has expired already: correct the clock of this machine"
        raise Failure(Status.PROTOCOL, message)
    try:
        return Credentials(
            found["AccessKeyId"],
            found["SecretAccessKey"],
            found["SessionToken"],
            expires_at=expiration,
        )
    except InvalidCredentialsError:
        raise _not_sts("AssumeRole") from None
    finally:
        # Tracebacks may show local variables.
        del found


def _call(
    action: str,
    parameters: dict[str, str],
    credentials: Any,
    place: Place,
    names: tuple[str, ...],
) -> dict[str, str]:
    """
    Call STS, and return the texts of the elements with these names in its response.

    Args:
        action: The name of the call.
        parameters: Of the call.
        credentials: A provider.
        place: Where STS is asked.
        names: Of elements that have to be there, and not empty.

    """
    region, suffix = place
    auth = SigV4Auth(credentials, region, "sts")
    body = {"Action": action, "Version": _VERSION, **parameters}
    variable = _endpoint_variable()
    url = f"https://sts.{region}{suffix}/" if variable is None else _endpoint(variable)
    try:
        with new_client(_CONNECTION) as client, network_failures():
            response = client.post(url, data=body, auth=auth)
    except Failure as failure:
        if variable is None:
            raise
        raise Failure(failure.status, f"{failure}: correct or unset {variable}") from None
    if response.is_error:
        _refused(action, response, auth)
    try:
        elements = {
            element.tag.rpartition("}")[2]: (element.text or "").strip()
            for element in fromstring(response.content).iter()  # noqa: S314 - expat limits entities
        }
    except ParseError:
        raise _not_sts(action) from None
    if not all(elements.get(name) for name in names):
        raise _not_sts(action)
    return {name: elements[name] for name in names}


def _not_sts(action: str) -> Failure:
    variable = _endpoint_variable()
    remedy = "try again later" if variable is None else f"correct {variable}"
    return Failure(Status.PROTOCOL, f"the response to {action} is not one of STS: {remedy}")


def _endpoint_variable() -> str | None:
    """Return the variable that sets another endpoint, None for AWS's own."""
    return next(filter(os.environ.get, _ENDPOINTS), None)


def _endpoint(variable: str) -> str:
    """
    Return the URL of a variable.

    Raises:
        UsageError: It is not one. The message doesn't contain it, because it may have a password.

    """
    text = os.environ[variable]
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        is_valid = False
    else:
        # httpx escapes what no host has.
        has_host = bool(url.raw_host) and b"%" not in url.raw_host
        is_valid = url.scheme in {"http", "https"} and has_host and (url.port or 0) <= MAX_PORT
    if not is_valid:
        raise click.UsageError(
            f"{variable} is not the URL of a server: set one such as http://localhost:4566, or "
            "unset it"
        )
    return text


def _refused(action: str, response: httpx.Response, auth: SigV4Auth) -> NoReturn:
    status = f"{response.status_code} {response.reason_phrase}".rstrip()
    explanation = explain_for_command(response, signer=auth.signer)
    if explanation.cause.code == "unknown" and explanation.message:
        raise Failure(
            Status.HTTP, f"STS responded to {action} with {status}: {explanation.message}"
        )
    complain(f"STS responded to {action} with {status}")
    say("")
    show_explanation(explanation, sys.stderr)
    raise click.exceptions.Exit(Status.HTTP)
