"""``rsigv4 whoami``."""

from __future__ import annotations

import click

from rsigv4.cli.commands import Command
from rsigv4.cli.output import show_rows
from rsigv4.cli.signing import Key, key_options

__all__ = ["whoami"]

_EXAMPLES = """
rsigv4 whoami
rsigv4 whoami --csv accessKeys.csv
rsigv4 whoami --profile work --assume-role arn:aws:iam::123456789012:role/reader
"""


@click.command(cls=Command, examples=_EXAMPLES)
@key_options
def whoami(*, key: Key) -> None:
    """
    Print whose access key is used, and where it was found.

    AWS Security Token Service (STS) tells whose it is; no policy can forbid that. It is asked in
    the region of AWS_REGION, AWS_DEFAULT_REGION or the profile, or in us-east-1 if there is none,
    or at AWS_ENDPOINT_URL_STS.
    """
    from rsigv4.cli import sts  # noqa: PLC0415 - httpx takes longer than all the rest

    identity = sts.caller_identity(key.credentials, key.region)
    show_rows(
        {
            "account": identity["Account"],
            "arn": identity["Arn"],
            "user id": identity["UserId"],
            "access key id": key.frozen().access_key_id,
            "found in": key.source,
        }
    )
