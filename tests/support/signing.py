"""Keys, a fixed time, and helpers that sign and check errors, for tests of the signer."""

from __future__ import annotations

import datetime as dt
import hashlib
import traceback
from typing import TYPE_CHECKING

from rsigv4 import Credentials, Signer

if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "ACCESS_KEY",
    "AMZ_DATE",
    "CREDENTIALS",
    "METHODS",
    "MOMENT",
    "PRIVATE",
    "SECRET",
    "SIGNATURE",
    "TEMPORARY",
    "TOKEN",
    "URL",
    "call",
    "check_message",
    "hashed_payload",
    "sha256",
    "shown",
    "signed_headers",
    "signer_of",
]

ACCESS_KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "session//token+of/temporary=credentials=="
CREDENTIALS = Credentials(ACCESS_KEY, SECRET)
TEMPORARY = Credentials(ACCESS_KEY, SECRET, TOKEN)
#: Lowercase names of the headers of a signature.
SIGNATURE = {"authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"}
URL = "https://example.com/path?a=b"

#: The time of AWS's own examples, and its form on the wire.
MOMENT = dt.datetime(2015, 8, 30, 12, 36, tzinfo=dt.timezone.utc)
AMZ_DATE = "20150830T123600Z"

#: A signer's methods that take a request.
METHODS = ("sign", "canonical_request", "string_to_sign")

#: Part of values that messages must not show.
PRIVATE = "hunter2"


def signer_of(credentials: Any = CREDENTIALS, **options: Any) -> Signer:
    """Return a signer for API Gateway."""
    return Signer(credentials, "us-east-1", "execute-api", **options)


def call(name: str = "sign", signer: Signer | None = None, **changed: Any) -> Any:
    """Call a method of a signer with a valid request, with some arguments replaced."""
    arguments = {
        "method": "GET",
        "url": "https://example.com/",
        "headers": None,
        "body": None,
        "time": MOMENT,
    }
    return getattr(signer or signer_of(TEMPORARY), name)(**{**arguments, **changed})


def sha256(body: bytes) -> str:
    """Return the hash of a body."""
    return hashlib.sha256(body).hexdigest()


def hashed_payload(body: Any) -> str:
    """Return the last line of the canonical request."""
    text = signer_of().canonical_request("PUT", URL, None, body, time=MOMENT)
    return text.rpartition("\n")[2]


def signed_headers(headers: dict[str, str]) -> str:
    """Return the signed headers named in an ``Authorization`` header."""
    return headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0]


def shown(error: BaseException) -> str:
    """Return the traceback of an error, including its causes."""
    return "".join(traceback.format_exception(type(error), error, None))


def check_message(error: BaseException, argument: str) -> None:
    """Check that a message names the argument, is one line, and shows no secret."""
    message = str(error)
    assert message.startswith(f"{argument} ")
    assert len(message) > len(argument) + 5
    assert "\n" not in message
    traceback_text = shown(error)
    for private in (PRIVATE, SECRET, TOKEN):
        assert private not in traceback_text
