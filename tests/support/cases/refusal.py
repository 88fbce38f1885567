"""A refusal as somebody pastes it, with what is true and what can be known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rsigv4 import Signer
from support.refusals import (
    MISMATCH,
    api_gateway,
    canonical,
    mismatch_of_api_gateway,
    mismatch_of_s3,
    s3,
    signed_as,
)
from support.signing import AMZ_DATE, CREDENTIALS, MOMENT

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "BUCKET",
    "SHORT_S3",
    "Refusal",
    "log_lines",
    "presign",
    "presigned_mismatch",
    "said",
    "signed",
    "signed_wrongly",
    "signer",
]

BUCKET = "bucket.s3.us-east-1.amazonaws.com"
SHORT_S3 = s3(
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method.",
)


@dataclass(frozen=True)
class Refusal:
    """
    One refusal.

    Attributes:
        name: Says what happened.
        response: The response, as pasted.
        truth: The codes that name the true cause.
        alone: The first cause that the response alone has to give. ``!`` after it: certain.
        beside_request: The first cause, if the request is passed too.
        with_signer: The first cause, if the signer is passed too.
        request: Method, URL, headers and body, or what there is of them.
        signer: The signer that the person who asks has.

    """

    name: str
    response: Any
    truth: str
    alone: str
    beside_request: str
    with_signer: str
    request: tuple[Any, ...] | None = None
    signer: Any = None

    @property
    def true_codes(self) -> set[str]:
        return set(self.truth.split())


def always(name: str, response: Any, truth: str, first: str, **changed: Any) -> Refusal:
    """Return a refusal of which the first cause is the same, however much is known."""
    levels = dict.fromkeys(("alone", "beside_request", "with_signer"), first)
    return Refusal(name, response, truth, **{**levels, **changed})


def said(name: str, response: Any, truth: str, **changed: Any) -> Refusal:
    """Return a refusal whose cause is certain, whatever else is there."""
    return always(
        name, response, truth, f"{truth}!", **{"signer": signer("execute-api"), **changed}
    )


def signed(url: str, method: str = "GET", service: str = "execute-api") -> tuple[Any, ...]:
    """Return a request with a signature."""
    host = url.split("/")[2]
    return (method, url, signed_as(canonical("/", host=host, method=method), service), b"")


def signer(service: str = "es", credentials: Any = CREDENTIALS, **options: Any) -> Signer:
    return Signer(credentials, "us-east-1", service, **options)


def presign(method: str, path: str, headers: Any = None, **options: Any) -> str:
    """Return a URL of S3, as its owner has presigned it."""
    url = f"https://{BUCKET}{path}"
    return signer("s3").presign(method, url, headers=headers, time=MOMENT, **options)


def presigned_mismatch(method: str, url: str, headers: dict[str, str] | None = None) -> str:
    """Return what S3 says of a presigned URL whose signature is not that of the request."""
    target, _, query = url.removeprefix(f"https://{BUCKET}").partition("?")
    pairs = [pair if "=" in pair else f"{pair}=" for pair in query.split("&")]
    pairs = sorted(pair for pair in pairs if not pair.startswith("X-Amz-Signature="))
    values = dict(pair.split("=", 1) for pair in pairs)
    arrived = {"host": BUCKET, **{name.lower(): text for name, text in (headers or {}).items()}}
    names = values["X-Amz-SignedHeaders"].replace("%3B", ";").split(";")
    lines = [f"{name}:{arrived.get(name, '')}" for name in names]
    text = "\n".join(
        [method, target, "&".join(pairs), *lines, "", ";".join(names), "UNSIGNED-PAYLOAD"]
    )
    scope = values["X-Amz-Credential"].replace("%2F", "/").partition("/")[2]
    string_to_sign = f"AWS4-HMAC-SHA256\n{AMZ_DATE}\n{scope}\n{_sha256(text)}"
    return s3(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
        AWSAccessKeyId="AKIDEXAMPLE",
        StringToSign=string_to_sign,
        SignatureProvided=url.partition("X-Amz-Signature=")[2].partition("&")[0],
        StringToSignBytes=string_to_sign.encode().hex(" "),
        CanonicalRequest=text,
        CanonicalRequestBytes=text.encode().hex(" "),
    )


def signed_wrongly(  # noqa: PLR0913 - a request has that many parts
    url: str,
    signed: str,
    *,
    method: str = "GET",
    body: Any = b"",
    service: str = "es",
    headers: dict[str, str] | None = None,
    is_short: bool = False,
) -> dict[str, Any]:
    """Return request, response and signer, for a canonical request that a signer got wrong."""
    sent = {**(headers or {}), **signed_as(signed, service)}
    if is_short:
        response = SHORT_S3 if service == "s3" else api_gateway(MISMATCH)
    else:
        data = body.encode() if isinstance(body, str) else body
        if service == "s3":
            response = mismatch_of_s3(method, url, sent, data)
        else:
            response = mismatch_of_api_gateway(method, url, sent, data, service)
    return {
        "response": response,
        "request": (method, url, sent, body),
        "signer": signer(service),
    }


def log_lines(response: str, prefix: Callable[[int], str]) -> str:
    """Return a response as a log has it that begins each line with a prefix."""
    return "\n".join(f"{prefix(number)}{line}" for number, line in enumerate(response.splitlines()))


def _sha256(text: str) -> str:
    import hashlib  # noqa: PLC0415 - for this alone

    return hashlib.sha256(text.encode()).hexdigest()
