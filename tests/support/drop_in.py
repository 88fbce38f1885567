"""The original and our drop-in side by side, with one clock and botocore as the oracle."""

from __future__ import annotations

import contextlib
import datetime as dt
from types import SimpleNamespace
from typing import TYPE_CHECKING
from unittest import mock

import requests
from aws_requests_auth import aws_auth as original
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from rsigv4 import aws_auth as ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from support.servers.recording import Arrived

__all__ = [
    "ACCESS_KEY",
    "HOST",
    "NOW",
    "REGION",
    "SECRET",
    "TOKEN",
    "URL",
    "alike",
    "botocore_canonical_request",
    "botocore_request",
    "botocore_signature",
    "clock_at",
    "is_signed_right",
    "original",
    "ours",
    "prepared",
    "sent_headers",
    "signature_of",
]

ACCESS_KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "session//token+of/temporary=credentials=="
REGION = "us-east-1"
HOST = "search-foo.us-east-1.es.amazonaws.com"
URL = f"https://{HOST}/index/_search?q=a"

#: The time at which the original's own tests freeze the clock.
NOW = dt.datetime(2016, 6, 18, 22, 4, 5)  # noqa: DTZ001 - what utcnow() returns is naive


@contextlib.contextmanager
def clock_at(moment: dt.datetime = NOW) -> Iterator[None]:
    """Freeze the clock that both implementations read: the ``datetime`` of their modules."""
    frozen = SimpleNamespace(datetime=SimpleNamespace(utcnow=lambda: moment))
    with (
        mock.patch.object(original, "datetime", frozen),
        mock.patch.object(ours, "datetime", frozen),
    ):
        yield


def signature_of(authorization: str) -> str:
    """Return the signature in an ``Authorization`` header."""
    return authorization.rpartition("Signature=")[2]


def botocore_request(  # noqa: PLR0913 - all that a signature covers
    *, method: str, url: str, body: bytes, host: str, amz_date: str, token: str | None = None
) -> AWSRequest:
    """Return botocore's form of a request, with only the headers that the drop-in signs."""
    headers = {"Host": host, "X-Amz-Date": amz_date}
    if token:
        headers["X-Amz-Security-Token"] = token
    request = AWSRequest(method=method, url=url, data=body, headers=headers)
    request.context["timestamp"] = amz_date
    return request


def _signer(service: str) -> SigV4Auth:
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    return signer(Credentials(ACCESS_KEY, SECRET), service, REGION)


def botocore_canonical_request(request: AWSRequest, service: str) -> str:
    """Return the canonical request as botocore builds it."""
    return _signer(service).canonical_request(request)


def botocore_signature(request: AWSRequest, service: str) -> str:
    """Return the signature that botocore computes for ``SECRET``, ``REGION`` and this service."""
    signer = _signer(service)
    string_to_sign = signer.string_to_sign(request, signer.canonical_request(request))
    return signer.signature(string_to_sign, request)


def is_signed_right(arrived: Arrived, service: str) -> bool:
    """Return whether botocore computes the same signature from the request that arrived."""
    headers = arrived.headers
    if not headers["Authorization"] or not headers["X-Amz-Date"]:
        return False
    request = botocore_request(
        method=arrived.method,
        url=arrived.url,
        body=arrived.body,
        host=headers["Host"],
        amz_date=headers["X-Amz-Date"],
        token=headers["X-Amz-Security-Token"],
    )
    signed_headers = "host;x-amz-date"
    if headers["X-Amz-Security-Token"]:
        signed_headers += ";x-amz-security-token"
    authorization = (
        f"AWS4-HMAC-SHA256 "
        f"Credential={ACCESS_KEY}/{headers['X-Amz-Date'][:8]}/{REGION}/{service}/aws4_request, "
        f"SignedHeaders={signed_headers}, Signature={botocore_signature(request, service)}"
    )
    return headers.get_all("Authorization") == [authorization]


def prepared(method: str = "GET", url: str = URL, **arguments: Any) -> requests.PreparedRequest:
    """Return a request as requests prepares it."""
    return requests.Request(method, url, **arguments).prepare()


def alike(pattern: Callable[[Any], Any]) -> Any:
    """Run a function with the original and with ours at the same time, and return both results."""
    with clock_at():
        expected, result = pattern(original), pattern(ours)
    assert result == expected
    return result


def sent_headers(auth: Any, request: Any = None) -> list[tuple[str, str]]:
    """Return the headers, in order, of a request that requests passed to this auth."""
    return list(auth(request or prepared()).headers.items())
