"""
AWS's error responses for requests as they arrived.

botocore computes what the server expected, independently of our signer.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from html import escape
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from support.signing import ACCESS_KEY, AMZ_DATE, SECRET

__all__ = [
    "EMPTY",
    "ES",
    "HOST",
    "MISMATCH",
    "S3",
    "SHORT",
    "api_gateway",
    "authorization",
    "canonical",
    "differing",
    "expected",
    "line",
    "mismatch_of_api_gateway",
    "mismatch_of_s3",
    "s3",
    "signed_as",
]

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)
_S3_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method."
)
HOST = "search-x.us-east-1.es.amazonaws.com"
ES = f"https://{HOST}"
S3 = "https://bucket.s3.us-east-1.amazonaws.com"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_REGION = "us-east-1"


def api_gateway(
    message: str, error_type: str = "InvalidSignatureException", status: int = 403
) -> str:
    """Return a response as ``curl -i`` prints it."""
    name = "Message" if error_type == "AccessDeniedException" else "message"
    return (
        f"HTTP/2 {status} \r\ncontent-type: application/json\r\n"
        f"x-amzn-requestid: 6f1ca9a7-0d2c-4c9c-9c1d-0a1b2c3d4e5f\r\n"
        f"x-amzn-errortype: {error_type}\r\n\r\n{json.dumps({name: message})}"
    )


def s3(code: str, message: str, status: int = 403, **elements: str) -> str:
    """Return a response of S3 as ``curl -i`` prints it."""
    elements = {"Code": code, "Message": message, **elements}
    body = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in elements.items())
    return (
        f"HTTP/1.1 {status} Forbidden\r\nContent-Type: application/xml\r\nServer: AmazonS3\r\n\r\n"
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{body}'
        "<RequestId>4442587FB7D0A2F9</RequestId><HostId>c2FtcGxl</HostId></Error>"
    )


def expected(method: str, url: str, headers: dict[str, str], body: Any = b"", service: str = "es"):
    """Return the canonical request and the string to sign of a request as it arrived."""
    auth_class = S3SigV4Auth if service == "s3" else SigV4Auth
    auth = auth_class(BotocoreCredentials(ACCESS_KEY, SECRET), service, _REGION)
    # botocore expects an encoded query. Servers read `+` as a space.
    base, mark, query = url.partition("?")
    url = base + mark + urlencode(parse_qsl(query, keep_blank_values=True), quote_via=quote)
    request = AWSRequest(method=method, url=url, data=body)
    signed = authorization_parts(headers)["SignedHeaders"].split(";")
    arrived = {name.lower(): value for name, value in headers.items()}
    for name in signed:
        # For the server, a signed header that doesn't arrive is empty.
        request.headers[name] = arrived.get(name, "" if name != "host" else urlsplit(url).netloc)
    request.context["timestamp"] = arrived.get("x-amz-date", AMZ_DATE)
    names = {name: value for name, value in request.headers.items() if name in signed}
    # botocore's own selection leaves out headers that others sign.
    lines = [
        method,
        auth._normalize_url_path(urlsplit(url).path),  # noqa: SLF001 - botocore's own hook
        auth.canonical_query_string(request),
        *(f"{name}:{' '.join(names[name].split())}" for name in sorted(signed)),
        "",
        ";".join(sorted(signed)),
        arrived.get("x-amz-content-sha256") or auth.payload(request),
    ]
    canonical_request = "\n".join(lines)
    return canonical_request, auth.string_to_sign(request, canonical_request)


def mismatch_of_api_gateway(method, url, headers, body=b"", service="es") -> str:
    canonical_request, string_to_sign = expected(method, url, headers, body, service)
    return api_gateway(
        f"{MISMATCH}\n\nThe Canonical String for this request should have been\n"
        f"'{canonical_request}'\n\nThe String-to-Sign should have been\n'{string_to_sign}'\n"
    )


def mismatch_of_s3(method, url, headers, body=b"") -> str:
    canonical_request, string_to_sign = expected(method, url, headers, body, "s3")
    return s3(
        "SignatureDoesNotMatch",
        _S3_MISMATCH,
        AWSAccessKeyId=ACCESS_KEY,
        StringToSign=string_to_sign,
        SignatureProvided=authorization_parts(headers)["Signature"],
        StringToSignBytes=string_to_sign.encode().hex(" "),
        CanonicalRequest=canonical_request,
        CanonicalRequestBytes=canonical_request.encode().hex(" "),
    )


def authorization_parts(headers):
    value = next(value for name, value in headers.items() if name.lower() == "authorization")
    return dict(part.strip().split("=", 1) for part in value.partition(" ")[2].split(","))


def authorization(
    *, signed_headers="host;x-amz-date", signature="0" * 64, scope=None, key=ACCESS_KEY
):
    """Return the value of an ``Authorization`` header."""
    scope = scope or f"{AMZ_DATE[:8]}/{_REGION}/es/aws4_request"
    return (
        f"AWS4-HMAC-SHA256 Credential={key}/{scope}, "
        f"SignedHeaders={signed_headers}, Signature={signature}"
    )


def signed_as(
    canonical_request: str, service: str = "es", secret: str = SECRET, **headers: str
) -> dict[str, str]:
    """Return the headers that a signer sends for this canonical request."""
    scope = f"{AMZ_DATE[:8]}/{_REGION}/{service}/aws4_request"
    hashed = hashlib.sha256(canonical_request.encode()).hexdigest()
    key = f"AWS4{secret}".encode()
    for part in [*scope.split("/"), f"AWS4-HMAC-SHA256\n{AMZ_DATE}\n{scope}\n{hashed}"]:
        key = hmac.digest(key, part.encode(), "sha256")
    signed_headers = canonical_request.splitlines()[-2]
    value = authorization(signed_headers=signed_headers, signature=key.hex(), scope=scope)
    return {"Authorization": value, "X-Amz-Date": AMZ_DATE, **headers}


def canonical(uri="/", query="", *, host=HOST, payload=EMPTY, method="GET"):
    """Return a canonical request as a faulty signer may have built it."""
    headers = f"host:{host}\nx-amz-date:{AMZ_DATE}\n"
    return f"{method}\n{uri}\n{query}\n{headers}\nhost;x-amz-date\n{payload}"


def line(explanation, part):
    pairs = explanation.canonical_request_diff
    return next((pair.ours, pair.theirs) for pair in pairs if pair.part == part)


def differing(explanation):
    return [pair.part for pair in explanation.canonical_request_diff if pair.column is not None]


#: Many responses don't include what the server expected.
SHORT = api_gateway(MISMATCH)
