"""``rsigv4 whoami``."""

from __future__ import annotations

from dataclasses import replace

import click

from rsigv4.cli.commands import Command
from rsigv4.cli.output import show_rows
from rsigv4.cli.signing import Key, key_options

__all__ = ["whoami"]

_EXAMPLES = """
rsigv4 whoami
rsigv4 whoami --csv accessKeys.csv --region cn-north-1
rsigv4 whoami --profile work --assume-role arn:aws:iam::123456789012:role/reader
"""


@click.command(cls=Command, examples=_EXAMPLES)
@key_options
@click.option(
    "--region",
    metavar="NAME",
    help="By default, that of AWS_REGION, the profile or the role's ARN.",
)
def whoami(*, key: Key, region: str | None) -> None:
    """
    Print whose access key is used, and where it was found.

    AWS Security Token Service (STS) says whose it is, which no policy can forbid. STS is called at
    AWS_ENDPOINT_URL_STS, or else in the region, or else in us-east-1. For an access key of China,
    GovCloud or another partition, set a region of that partition.
    """
    from rsigv4.cli import sts  # noqa: PLC0415 - httpx takes longer than all the rest

    key = replace(key, sts_region=region)
    identity = sts.caller_identity(key.credentials, key.sts_place)
    show_rows(
        {
            "account": identity["Account"],
            "arn": identity["Arn"],
            "user id": identity["UserId"],
            "access key id": key.frozen().access_key_id,
            "found in": key.source,
        }
    )
