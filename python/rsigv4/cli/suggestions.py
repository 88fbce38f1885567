"""What to write instead of a mistyped word, or of another tool's option."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from rsigv4.cli.items import USUAL_METHODS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["instead_of_command", "instead_of_option"]

_KEY = "secrets don't belong on a command line: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_SIGNED = "requests are signed anyway: pass --region and --service if the host doesn't name them"
_FORM = "pass --form with fields such as name=value and name@file"

#: Options of curl, awscurl and HTTPie that have another name here, or are not needed.
_OF_OTHER_TOOLS = {
    **dict.fromkeys(("-u", "--user", "-a", "--auth"), _KEY),
    **dict.fromkeys(("--access_key", "--secret_key", "--session_token", "--security_token"), _KEY),
    **dict.fromkeys(("--aws-sigv4", "-A", "--auth-type"), _SIGNED),
    **dict.fromkeys(("-F", "--multipart"), _FORM),
    **dict.fromkeys(("-G", "--get", "--data-urlencode"), "pass name==value for the query"),
    **dict.fromkeys(("-T", "--upload-file"), "pass PUT URL @FILE"),
    **dict.fromkeys(("-S", "--show-error"), "errors are shown unless you pass -s"),
    **dict.fromkeys(("--fail", "--fail-with-body", "--check-status"), "it is the default"),
    **dict.fromkeys(("-x", "--proxy"), "set HTTPS_PROXY"),
    "-O": "pass -o FILE",
    "--cert-key": "pass --key FILE",
    "--data-raw": "pass -d TEXT, or a TEXT that begins with @ to -d @- on standard input",
    "--download": "pass -o FILE",
    "--follow": "pass -L",
    "--json": "fields are JSON without --form, and so is -d JSON",
    "--offline": "pass --dry-run",
    "--resolve": "pass --connect-to HOST:PORT:ADDRESS:PORT",
    "--verify": "pass -k, or --cacert FILE",
}


def instead_of_option(name: str, similar: Sequence[str] | None) -> str:
    """Return what is wrong with an option that there isn't, and what may have been meant."""
    # After a colon, the words behind --secret_key would be redacted.
    message = f"no such option {name}"
    if name in _OF_OTHER_TOOLS:
        return f"{message}; {_OF_OTHER_TOOLS[name]}"
    return message + _question(similar or [])


def instead_of_command(name: str, names: Sequence[str]) -> str:
    """Return what is wrong with a command that there isn't, and what may have been meant."""
    if name.lower().startswith(("http://", "https://")):
        return f"no such command {name.partition('://')[0]}: pass rsigv4 request URL"
    message = f"no such command {name!r}"
    if name.upper() in USUAL_METHODS:
        return f"{message}: pass rsigv4 request {name.upper()} URL"
    return message + _question(get_close_matches(name, names))


def _question(similar: Sequence[str]) -> str:
    """Ask about the most similar, which is the first."""
    return f"; did you mean {similar[0]}?" if similar else ""
