"""The public interface as a type checker sees it; checked by mypy and pyright, never run."""

from __future__ import annotations

import io
import urllib.request
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, cast

import aiohttp
import polars as pl
import requests
from botocore.session import Session
from fastapi import FastAPI
from flask import Flask

from rsigv4 import (
    STREAMING_EVENTS,
    UNSIGNED_PAYLOAD,
    AsyncChunkedBody,
    Cause,
    ChunkedBody,
    Credentials,
    CredentialsError,
    EventSigner,
    ExpiredCredentialsError,
    Explanation,
    InvalidCredentialsError,
    InvalidRequestError,
    LinePair,
    MissingCredentialsError,
    PayloadHash,
    PresignedPost,
    Signer,
    SigningKey,
    SigningWarning,
    SigV4Error,
    VerificationError,
    VerifiedIdentity,
    Verifier,
    __version__,
    explain,
    known_causes,
    log_explanation,
    resolve_credentials,
)
from rsigv4.aiohttp import SigV4Middleware
from rsigv4.asgi import SigV4Middleware as ASGIMiddleware
from rsigv4.aws_auth import AWSRequestsAuth, getSignatureKey, sign
from rsigv4.boto_utils import BotoAWSRequestsAuth, get_credentials
from rsigv4.exceptions import SignatureMismatchError
from rsigv4.httpx import SigV4Auth as HttpxAuth
from rsigv4.httpx2 import SigV4Auth as Httpx2Auth
from rsigv4.opensearch import SigV4AsyncHttpConnection
from rsigv4.opensearch import SigV4Auth as OpenSearchAuth
from rsigv4.requests import AsyncSigV4Auth as AsyncRequestsAuth
from rsigv4.requests import SigV4Auth as RequestsAuth
from rsigv4.testing.server import SigV4Server
from rsigv4.urllib import SigV4Handler
from rsigv4.urllib3 import SigV4PoolManager, SigV4ProxyManager
from rsigv4.wsgi import SigV4Middleware as WSGIMiddleware

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any

credentials = Credentials("AKIDEXAMPLE", "secret", None, expires_at=datetime.now(timezone.utc))
session_token: str | None = credentials.session_token
from_csv: Credentials = Credentials.from_csv("accessKeys.csv")

signer = Signer(credentials, "us-east-1", "execute-api", also_sign=("date",))
Signer(lambda: credentials, region="us-east-1", service="s3", normalize_path=False)
provider = cast("Any", Session().get_credentials())  # botocore has no types.
Signer(provider, "us-east-1", "es")
Signer(resolve_credentials(), "us-east-1", "es")
derived: SigningKey = SigningKey.derive(credentials, date(2026, 11, 30), "us-east-1", "es")
Signer(
    SigningKey(derived.access_key_id, derived.key, derived.date, derived.region, derived.service)
)
headers: dict[str, str] = signer.sign("GET", "https://example.com", {"a": "b"}, b"", time=0)
signer.sign("PUT", "https://example.com", [("a", b"b")], io.BytesIO(b"body"))
signer.sign("PUT", "https://example.com", body=UNSIGNED_PAYLOAD)
signer.sign("PUT", "https://example.com", body=PayloadHash("0" * 64))
text: str = signer.canonical_request("GET", "https://example.com") + signer.string_to_sign(
    "GET", "https://example.com", body=bytearray(b"body")
)

url: str = signer.presign("GET", "https://example.com", expires_in=60, headers={"a": "b"})
urls: list[str] = signer.presign_many("GET", iter([url]), time=datetime.now(timezone.utc))
series: pl.Series = pl.Series(signer.presign_many("GET", pl.Series(urls)))
post: PresignedPost = signer.presign_post(
    url, key="key", conditions=[["content-length-range", 1, 2], {"a": "b"}], fields={"c": "d"}
)
fields: dict[str, str] = post.fields
signer = Signer(credentials, "*", "s3", algorithm="AWS4-ECDSA-P256-SHA256")
body: ChunkedBody = signer.chunked("PUT", url, None, io.BytesIO(b"body"), length=4)
chunks: list[bytes] = [*body, *signer.chunked("PUT", url, {}, [b"body"], length=4, signed=False)]
signer.chunked("PUT", url, {}, b"body", length=4, trailer_checksum="crc32", chunk_size=8192)


async def pieces() -> AsyncIterator[bytes]:
    yield b"body"
    async_body: AsyncChunkedBody = signer.chunked("PUT", url, None, pieces(), length=4)
    async for chunk in async_body:
        yield chunk
    async for chunk in body.aiter():
        yield chunk


signer.sign("POST", "https://example.com", body=STREAMING_EVENTS)
events: EventSigner = signer.event_stream("0" * 64)
message: bytes = events.sign(EventSigner.encode({"a": "b", "c": b"d"}, b"payload"), time=0)
keys = {"AKIDEXAMPLE": credentials}


async def coroutine() -> Credentials:
    return credentials


verifier = Verifier(keys.get, region="us-east-1", service="execute-api", max_clock_skew=60)
try:
    verifier.verify("GET", "https://example.com", headers, b"", time=0)
except VerificationError as error:
    status: int = error.status
    code: str = error.code


errors: list[SigV4Error] = [
    CredentialsError("words"),
    ExpiredCredentialsError("words"),
    InvalidCredentialsError("words"),
    InvalidRequestError("words"),
    MissingCredentialsError("words"),
    SignatureMismatchError("words", "canonical request", "string to sign"),
]
SigV4Error()
value_error: ValueError = InvalidRequestError("words")
warning: UserWarning = SigningWarning("words")
expected: str = SignatureMismatchError("words").canonical_request


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
explain(response, signer=auth)
explain(response, signer=BotoAWSRequestsAuth("h", "r", "s"))
explain(response, signer=credentials)  # type: ignore[arg-type]
cause: Cause = explain("text", request=("GET", "https://example.com")).cause
pairs: list[LinePair] = explanation.canonical_request_diff
lines: list[str] = [pair.part for pair in pairs if pair.column]
version: str = __version__
codes: list[str] = [each.code for each in known_causes()]
log_explanation(response, signer=signer)

pool_manager = SigV4PoolManager(credentials, "us-east-1", "es", num_pools=1)
answered: int = pool_manager.request("GET", "https://example.com").status
SigV4PoolManager(credentials, "us-east-1", "es", "unsigned")  # type: ignore[call-arg]
proxy_manager: SigV4PoolManager = SigV4ProxyManager("http://localhost", credentials, timeout=1)
opener = urllib.request.build_opener(SigV4Handler(lambda: credentials, payload="unsigned"))
session = aiohttp.ClientSession(middlewares=[SigV4Middleware(max_buffered_body=1)])
service: str | None = OpenSearchAuth(service="aoss", explain=True).service

for client_auth in (
    SigV4Middleware(credentials, "us-east-1", "es", also_sign=("date",)),
    HttpxAuth(coroutine, algorithm="AWS4-HMAC-SHA256"),
    Httpx2Auth(credentials, explain=True),
    RequestsAuth(lambda: credentials, normalize_path=None, sign_session_token=True),
    SigV4Handler(provider, double_encode_path=False),
    OpenSearchAuth(resolve_credentials(), content_sha256_header=True),
    SigV4PoolManager(credentials, also_sign=["date"], retries=False, timeout=1),
    SigV4ProxyManager("http://localhost", payload="unsigned", proxy_headers={"a": "b"}, maxsize=1),
):
    own_signer: Signer = client_auth.signer
    explain(response, signer=client_auth)
SigV4Middleware(regoin="x")  # type: ignore[call-arg]
SigV4Middleware("AKIDEXAMPLE", "secret")  # type: ignore[arg-type]
HttpxAuth(credentials, regoin="x")  # type: ignore[call-arg]
HttpxAuth(credentials, also_sign=5)  # type: ignore[arg-type]
RequestsAuth(credentials, regoin="x")  # type: ignore[call-arg]
RequestsAuth(credentials, sign_session_token="no")  # type: ignore[arg-type]
RequestsAuth(credentials, payload="signed")  # type: ignore[arg-type]
AsyncRequestsAuth(credentials, regoin="x")  # type: ignore[call-arg]
SigV4Handler(credentials, regoin="x")  # type: ignore[call-arg]
OpenSearchAuth(credentials, regoin="x")  # type: ignore[call-arg]
SigV4PoolManager(credentials, regoin="x")  # type: ignore[call-arg]
SigV4ProxyManager("http://localhost", regoin="x")  # type: ignore[call-arg]
Signer(credentials, regoin="x")  # type: ignore[call-arg]
Verifier(keys.get, regoin="x")  # type: ignore[call-arg]
Credentials("AKIDEXAMPLE", "secret", token="x")  # type: ignore[call-arg]
AWSRequestsAuth("a", "b", "c", "d", "e", token="x")  # type: ignore[call-arg]


class OwnSigner(AWSRequestsAuth):
    """Has an attribute of its own in the place of ours."""

    def __init__(self) -> None:
        self.signer = signer


signer.sign("GET", 1)  # type: ignore[arg-type]
Signer(1, "us-east-1", "es")  # type: ignore[arg-type]

SigV4AsyncHttpConnection("localhost", 443, http_auth=OpenSearchAuth(credentials))

fastapi = FastAPI()
fastapi.add_middleware(ASGIMiddleware, lookup=keys.get, region="us-east-1", exempt=["/health"])
flask = Flask(__name__)
flask.wsgi_app = WSGIMiddleware(flask.wsgi_app, keys.get, max_body=None)  # type: ignore[method-assign]

with SigV4Server(credentials) as server:
    server.route("GET", "/pets", json=["cat"])
    identity: VerifiedIdentity | None = server.requests[0].identity
    server_url: str = server.url
