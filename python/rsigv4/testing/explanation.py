"""Explains to a person why a request of a client under test was refused."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from rsigv4._core import Signer, explain_response, redact_url
from rsigv4.exceptions import (
    BodyMismatchError,
    InvalidRequestError,
    RequestTooLargeError,
    SignatureMismatchError,
    UnknownAccessKeyError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rsigv4._core import Explanation, LinePair
    from rsigv4.credentials import Credentials
    from rsigv4.exceptions import VerificationError
    from rsigv4.testing.recording import RecordedRequest

__all__ = ["explain_refusal"]


def explain_refusal(  # noqa: PLR0913 - all that the server knows
    request: RecordedRequest,
    error: VerificationError,
    known: Mapping[str, Credentials],
    *,
    host: str,
    region: str | None,
    routes: list[str],
) -> str:
    """
    Return which request was refused, why, and what to change.

    Args:
        request: The request as it arrived.
        error: Why it was refused.
        known: The server's credentials, by access key id.
        host: The server's host, which may differ from the client's header.
        region: The only region that the server accepts.
        routes: The declared routes, if none of them matches the request.

    """
    target = f"{request.path}?{request.query}" if request.query else request.path
    sentence, _, _ = str(error).partition("\n")
    lines = [
        f"sigv4_server refused {request.method} {redact_url(target)}",
        f"with {error.status} {error.code}: {sentence}",
        "",
    ]
    if routes:
        return "\n".join([*lines, f"No route matches. The routes are: {', '.join(routes)}."])
    key = _access_key_id(request)
    if isinstance(error, UnknownAccessKeyError):
        lines += [
            f"It is signed with {key}. The server knows {', '.join(known)}.",
            "Create clients that read their credentials early after the fixture aws_credentials.",
        ]
        return "\n".join(lines)
    if isinstance(error, RequestTooLargeError):
        lines += [f"The body has {len(request.body)} bytes; API Gateway accepts at most 10 MiB."]
        return "\n".join(lines)
    # API Gateway's response doesn't contain its region.
    body = json.dumps({"message": sentence, **({"Region": region} if region else {})})
    headers = [(name, value.encode("latin-1")) for name, value in request.headers]
    url = f"http://{host}{target}" if target.startswith("/") else target
    refusal = (error.status, [("x-amzn-errortype", error.code)], body)
    signer = Signer(known[key]) if key in known else None
    try:
        sent = (request.method, url, headers, request.body, False)
        explanation = explain_response(*refusal, request=sent, signer=signer)
    except InvalidRequestError:
        # Clients under test may send an invalid request.
        explanation = explain_response(*refusal)
    return "\n".join([*lines, *_reasons(request, error, explanation)])


def _reasons(
    request: RecordedRequest, error: VerificationError, explanation: Explanation
) -> Iterator[str]:
    certain = [cause for cause in explanation.causes if cause.certain]
    for cause in certain or [explanation.cause]:
        yield f"{'Why' if cause.certain else 'Perhaps'}: {cause.summary}."
        yield f"Change: {cause.advice}."
    if isinstance(error, BodyMismatchError):
        yield f"The body that was sent has {len(request.body)} bytes."
    if not isinstance(error, SignatureMismatchError):
        return
    pairs = explanation.canonical_request_diff
    if any(pair.column is not None for pair in pairs):
        yield from ["", "--- what the client signed", "+++ what it should have signed"]
        for pair in pairs:
            yield from _diff(pair)
    elif not pairs:
        yield from ["", "Compare what the client signed with what it should have signed:", ""]
        yield error.canonical_request


def _diff(pair: LinePair) -> Iterator[str]:
    if pair.part == "signed_headers":
        yield "  "
    if pair.column is None:
        yield f"  {pair.ours}"
        return
    for mark, line in (("-", pair.ours), ("+", pair.theirs)):
        if line is not None:
            yield f"{mark} {line}"


def _access_key_id(request: RecordedRequest) -> str:
    authorization = request.headers.get("Authorization", "")
    found = re.search(r"Credential=([^/, ]+)", authorization)
    if found is None:
        found = re.search(r"X-Amz-Credential=([^&%/]+)", request.query)
    return "" if found is None else found[1]
