"""AWS's own signers, which ours is compared with: botocore's, and the C runtime's (awscrt)."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass, field, replace
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, unquote, urlsplit

from awscrt.auth import (
    AwsCredentialsProvider,
    AwsSignatureType,
    AwsSignedBodyHeaderType,
    AwsSigningAlgorithm,
    AwsSigningConfig,
    aws_sign_request,
)
from awscrt.http import HttpHeaders, HttpRequest
from botocore.auth import S3SigV4QueryAuth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from yarl import URL

from rsigv4 import Credentials, Signer

__all__ = [
    "EMPTY_HASH",
    "MOMENT",
    "QuerySigned",
    "Request",
    "as_sent",
    "clock_of_botocore",
    "parameters",
    "presigned_by_awscrt",
    "presigned_by_botocore",
    "presigned_by_us",
    "signed_by_awscrt",
    "signer_of",
]

#: The hash of an empty body.
EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#: The time of AWS's own examples.
MOMENT = dt.datetime(2015, 8, 30, 12, 36, tzinfo=dt.timezone.utc)

#: botocore and we don't sign these; the C runtime is told not to.
REWRITTEN = frozenset(
    {
        "baggage",
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "traceparent",
        "tracestate",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_TIMEOUT_SECONDS = 30
_UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True)
class Request:
    """A request, and the key and scope that sign it."""

    service: str = "es"
    method: str = "GET"
    url: str = "https://example.com/"
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: Any = b""
    region: str = "us-east-1"
    key: tuple[str, str, str | None] = ("AKIDEXAMPLE", "secret", None)
    moment: dt.datetime = MOMENT
    expires_in: int = 3600

    @property
    def is_s3(self) -> bool:
        return self.service in {"s3", "s3express"}

    @property
    def host(self) -> str:
        """The value of ``Host`` that a client sends."""
        parts = urlsplit(self.url)
        host = parts.netloc.lower()
        default_port = {"http": ":80", "https": ":443"}[parts.scheme]
        return host.removesuffix(default_port)

    @property
    def target(self) -> str:
        """The part of the URL in the request line."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


@dataclass(frozen=True)
class QuerySigned:
    """The parts of a presigned URL that must be equal, independent of parameter order."""

    base: str
    parameters: list[tuple[str, str]]

    @classmethod
    def of(cls, url: str) -> QuerySigned:
        # We encode dot segments in a key, since clients would resolve them.
        base = url.partition("?")[0].replace("%2E", ".")
        return cls(base, sorted(parameters(url)))


def parameters(url):
    """Return the decoded names and values of a URL's query, in order."""
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def clock_of_botocore(moment):
    """Freeze the clock that botocore's signers read."""
    naive = moment.astimezone(dt.timezone.utc).replace(tzinfo=None)
    return mock.patch("botocore.auth.get_current_datetime", return_value=naive)


def signer_of(request, **options):
    """Return our signer, set to sign all headers but hop-by-hop ones, as the others do."""
    credentials = Credentials(*request.key)
    return Signer(credentials, request.region, request.service, also_sign=("*",), **options)


def presigned_by_us(request, *, body=None, **options):
    return signer_of(request, **options).presign(
        request.method,
        request.url,
        expires_in=request.expires_in,
        headers=request.headers,
        body=body,
        time=request.moment,
    )


def as_sent(request_, presigned):
    """Return the request with the path that we presigned; S3 keys keep their dot segments."""
    if request_.is_s3:
        return request_
    before, mark, query = request_.url.partition("?")
    path = presigned.partition("?")[0]
    # yarl removes dot segments, too.
    assert unquote(urlsplit(path).path) == unquote(URL(before).raw_path), path
    return replace(request_, url=path + mark + query)


def presigned_by_botocore(request):
    auth_class = S3SigV4QueryAuth if request.is_s3 else SigV4QueryAuth
    credentials = BotocoreCredentials(*request.key)
    auth = auth_class(credentials, request.service, request.region, expires=request.expires_in)
    signed = AWSRequest(method=request.method, url=request.url)
    for name, value in request.headers:
        signed.headers[name] = value
    with clock_of_botocore(request.moment):
        auth.add_auth(signed)
    return signed.url


def presigned_by_awscrt(request, **config):
    """Return the presigned URL; options are added to awscrt's configuration."""
    signed = _sign(
        request,
        signature_type=AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS,
        expiration_in_seconds=request.expires_in,
        # With None, awscrt hashes the body.
        **{"signed_body_value": _UNSIGNED_PAYLOAD if request.is_s3 else None, **config},
    )
    scheme, netloc, *_ = urlsplit(request.url)
    return f"{scheme}://{netloc}{signed.path}"


def signed_by_awscrt(request, **config):
    """Return the headers that signing adds, by their lowercase names."""
    body_header = AwsSignedBodyHeaderType.X_AMZ_CONTENT_SHA_256
    signed = _sign(request, signed_body_header_type=body_header, **config)
    # awscrt appends its headers.
    added = list(signed.headers)[len(request.headers) + 1 :]
    return {name.lower(): value for name, value in added}


def _sign(request, *, algorithm=AwsSigningAlgorithm.V4, **config):
    headers = HttpHeaders([*request.headers, ("Host", request.host)])
    body = request.body.encode() if isinstance(request.body, str) else bytes(request.body)
    body = io.BytesIO(body) if body else None
    signed = HttpRequest(request.method.upper(), request.target, headers, body)
    config = AwsSigningConfig(
        algorithm=algorithm,
        credentials_provider=AwsCredentialsProvider.new_static(*request.key),
        region=request.region,
        service=request.service,
        date=request.moment,
        should_sign_header=lambda name: name.lower() not in REWRITTEN,
        use_double_uri_encode=not request.is_s3,
        should_normalize_uri_path=not request.is_s3,
        **config,
    )
    aws_sign_request(signed, config).result(_TIMEOUT_SECONDS)
    return signed
