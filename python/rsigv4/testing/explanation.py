"""Why a request of a client under test was refused, for a person to read."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote

from rsigv4.exceptions import (
    BodyMismatchError,
    InvalidTokenError,
    MissingAuthenticationTokenError,
    SignatureMismatchError,
    UnknownAccessKeyError,
    UnsignedHeaderError,
)
from rsigv4.testing.mistakes import CanonicalText, find_mistakes, name_of_hash

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rsigv4.credentials import Credentials
    from rsigv4.exceptions import VerificationError
    from rsigv4.testing.server import RecordedRequest

__all__ = ["explain_refusal"]

_REDACTED = "***"
_TOKEN = "x-amz-security-token"  # noqa: S105 - its name


def explain_refusal(
    request: RecordedRequest,
    error: VerificationError,
    known: Mapping[str, Credentials],
    routes: list[str],
) -> str:
    """
    Return what was refused, why, and what to look at.

    Args:
        request: As it arrived.
        error: Why it was refused.
        known: The server's credentials, by access key id.
        routes: Those that the test has declared, if none of them was for the request.

    """
    target = f"{request.path}?{request.query}" if request.query else request.path
    target = re.sub(r"(X-Amz-(?:Signature|Security-Token)=)[^&]+", rf"\1{_REDACTED}", target)
    sentence, _, _ = str(error).partition("\n")
    return "\n".join(
        [
            f"sigv4_server refused {request.method} {target}",
            f"with {error.status} {error.code}: {sentence}",
            "",
            *_reasons(request, error, known, routes),
        ]
    )


def _reasons(
    request: RecordedRequest,
    error: VerificationError,
    known: Mapping[str, Credentials],
    routes: list[str],
) -> Iterator[str]:
    if routes:
        yield f"No route is for it. There are: {', '.join(routes)}."
    elif isinstance(error, SignatureMismatchError):
        yield from _mismatch(request, error, known)
    elif isinstance(error, MissingAuthenticationTokenError):
        yield "It has neither an Authorization header nor a presigned URL: it was not signed."
    elif isinstance(error, UnknownAccessKeyError):
        yield f"It is signed with {_access_key_id(request)}. The server knows {', '.join(known)}."
        yield "Clients that read their credentials early must be made after aws_credentials is."
    elif isinstance(error, InvalidTokenError):
        yield from _token(request, known)
    elif isinstance(error, BodyMismatchError):
        stated = request.headers.get("X-Amz-Content-Sha256", "")
        name = name_of_hash(stated, request.body) or "another body, or this one before a change"
        yield f"The header x-amz-content-sha256 has the hash of {name}."
        yield f"The body that was sent is of {len(request.body)} bytes."
    elif isinstance(error, UnsignedHeaderError):
        signed = _field(request, "SignedHeaders").split(";")
        names = [name.lower() for name in request.headers.keys()]  # noqa: SIM118 - not a dict
        unsigned = [name for name in names if name.startswith("x-amz-") and name not in signed]
        yield f"Not signed, or added after signing: {', '.join(unsigned)}."


def _token(request: RecordedRequest, known: Mapping[str, Credentials]) -> Iterator[str]:
    credentials = known.get(_access_key_id(request))
    has_token = _sent_token(request) is not None
    if credentials is not None and credentials.session_token is None:
        yield "It has a session token, but its key has none: the two are of different credentials."
    elif has_token:
        yield "Its session token is not the one that came with its access key."
    else:
        yield (
            "It has no X-Amz-Security-Token, and its credentials are temporary, as those of roles "
            "are: the client must send their session token, too."
        )


def _mismatch(
    request: RecordedRequest, error: SignatureMismatchError, known: Mapping[str, Credentials]
) -> Iterator[str]:
    credentials = known[_access_key_id(request)]
    token = _sent_token(request)
    shown = error.canonical_request
    found = None
    # No signature of SigV4a is made twice, so that none can be recognized.
    if error.string_to_sign.startswith("AWS4-HMAC-SHA256\n"):
        found = find_mistakes(
            request,
            CanonicalText.parse(_with_token(shown, token)),
            error.string_to_sign,
            credentials.secret_access_key,
            _field(request, "Signature"),
        )
    if found is None:
        yield "Its signature fits none of the mistakes that are known. What should be signed is"
        yield ""
        yield shown
        yield ""
        yield "Hold this against what the client signs; or it uses another secret."
        return
    causes, signed = found
    yield f"Why: {'; and '.join(causes)}."
    signed_text = _without_token(str(signed), token)
    if signed_text != shown:
        yield ""
        yield from _diff(signed_text, shown)


def _diff(signed: str, expected: str) -> Iterator[str]:
    yield "--- what the client has signed"
    yield "+++ what should be signed"
    for line in difflib.ndiff(signed.split("\n"), expected.split("\n")):
        # Lines that only point at columns are of no use in wrapped output.
        if not line.startswith("?"):
            yield f"{line[0]} {line[2:]}"


def _access_key_id(request: RecordedRequest) -> str:
    return _field(request, "Credential").partition("/")[0]


def _field(request: RecordedRequest, name: str) -> str:
    """Return a part of the signature, which is in the header or in the query."""
    authorization = request.headers.get("Authorization", "")
    found = re.search(rf"{name}=([^, ]+)", authorization)
    return found[1] if found else parse_qs(request.query).get(f"X-Amz-{name}", [""])[0]


def _sent_token(request: RecordedRequest) -> str | None:
    in_query = parse_qs(request.query).get("X-Amz-Security-Token", [None])[0]
    token: str | None = request.headers.get(_TOKEN, in_query)
    return token


def _with_token(canonical_request: str, token: str | None) -> str:
    """Put back what the verifier's errors don't show."""
    if token is None:
        return canonical_request
    text = canonical_request.replace(f"\n{_TOKEN}:{_REDACTED}\n", f"\n{_TOKEN}:{token}\n")
    parameter = "X-Amz-Security-Token="
    return text.replace(parameter + _REDACTED, parameter + quote(token, "-_.~"))


def _without_token(text: str, token: str | None) -> str:
    if token is None:
        return text
    return text.replace(token, _REDACTED).replace(quote(token, "-_.~"), _REDACTED)
