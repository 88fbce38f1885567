"""The public interface as a type checker sees it; checked by mypy, never run."""

from __future__ import annotations

import io
from datetime import datetime, timezone

import requests
from botocore.session import Session

from rsigv4 import (
    UNSIGNED_PAYLOAD,
    Cause,
    Credentials,
    Explanation,
    PayloadHash,
    Signer,
    VerificationError,
    Verifier,
    explain,
    resolve_credentials,
)
from rsigv4.aws_auth import AWSRequestsAuth, getSignatureKey, sign
from rsigv4.boto_utils import BotoAWSRequestsAuth, get_credentials
from rsigv4.explain import log_explanation

credentials = Credentials("AKIDEXAMPLE", "secret", None, expires_at=datetime.now(timezone.utc))
session_token: str | None = credentials.session_token
from_csv: Credentials = Credentials.from_csv("accessKeys.csv")

signer = Signer(credentials, "us-east-1", "execute-api", also_sign=("date",))
Signer(lambda: credentials, region="us-east-1", service="s3", normalize_path=False)
Signer(Session().get_credentials(), "us-east-1", "es")
Signer(resolve_credentials(), "us-east-1", "es")
headers: dict[str, str] = signer.sign("GET", "https://example.com", {"a": "b"}, b"", time=0)
signer.sign("PUT", "https://example.com", [("a", b"b")], io.BytesIO(b"body"))
signer.sign("PUT", "https://example.com", body=UNSIGNED_PAYLOAD)
signer.sign("PUT", "https://example.com", body=PayloadHash("0" * 64))
text: str = signer.canonical_request("GET", "https://example.com") + signer.string_to_sign(
    "GET", "https://example.com", body=bytearray(b"body")
)

keys = {"AKIDEXAMPLE": credentials}
verifier = Verifier(keys.get, region="us-east-1", service="execute-api", max_clock_skew=60)
try:
    verifier.verify("GET", "https://example.com", headers, b"", time=0)
except VerificationError as error:
    status: int = error.status
    code: str = error.code


async def lookup(access_key_id: str) -> Credentials | None:
    return keys.get(access_key_id)


async def verified() -> str:
    """Verify with an async lookup, and piece by piece."""
    verification = Verifier(lookup).begin("GET", "https://example.com", [("a", b"b")])
    body = verification.check(await lookup(verification.access_key_id), "0" * 64)
    content: bytes = body.feed(b"body") + body.finish()
    names: tuple[str, ...] = body.identity.signed_headers
    identity = await Verifier(lookup).verify_async("GET", "https://example.com", {}, content)
    return identity.payload + identity.signed_at.isoformat() + names[0]


auth = AWSRequestsAuth(
    aws_access_key="AKIDEXAMPLE",
    aws_secret_access_key="secret",
    aws_host="example.com",
    aws_region="us-east-1",
    aws_service="es",
)
requests.get("https://example.com", auth=auth, timeout=1)
requests.get("https://example.com", auth=BotoAWSRequestsAuth("h", "r", "s"), timeout=1)
token: str | None = get_credentials()["aws_token"]
key: bytes = sign(getSignatureKey("secret", "20130524", "us-east-1", "s3"), "message")

response = requests.get("https://example.com", auth=auth, timeout=1)
explanation: Explanation = explain(response, signer=signer)
cause: Cause = explain("text", request=("GET", "https://example.com")).cause
lines: list[str] = [pair.part for pair in explanation.canonical_request_diff if pair.column]
log_explanation(response, signer=signer)

signer.sign("GET", 1)  # type: ignore[arg-type]
Signer(1, "us-east-1", "es")  # type: ignore[arg-type]
