"""Refusals inside logs, with masked hosts, or from an application behind the endpoint."""

from __future__ import annotations

import json
from typing import Any

from rsigv4 import Credentials
from support.cases.refusal import SHORT_S3, Refusal, always, signed, signer
from support.refusals import (
    ES,
    HOST,
    MISMATCH,
    S3,
    api_gateway,
    mismatch_of_api_gateway,
    mismatch_of_s3,
)
from support.signing import ACCESS_KEY, CREDENTIALS, MOMENT

__all__ = ["PASTED"]

_WRONG = Credentials(ACCESS_KEY, "an entirely other secret")
_API = "https://abc123.execute-api.us-east-1.amazonaws.com"
_MASKED = "xxxx.us-east-1.es.amazonaws.com"
_APPLICATION = {
    "truth": "application_refused",
    "request": signed(f"{_API}/"),
    "signer": signer("execute-api"),
}


def _sent(service: str, url: str, credentials: Any = CREDENTIALS) -> tuple[Any, ...]:
    return ("GET", url, signer(service, credentials).sign("GET", url, time=MOMENT), b"")


def _body(response: str) -> str:
    return response.partition("\r\n\r\n")[2]


_NOT_OWN = [
    (
        "a server that asks for the signature of AWS",
        '401 Unauthorized\r\nwww-authenticate: AWS4-HMAC-SHA256 realm="s"',
        "",
        "access_denied",
        "access_denied",
    ),
    (
        "a server that takes a signature or a token",
        "401 Unauthorized\r\nwww-authenticate: Bearer\r\nwww-authenticate: AWS4-HMAC-SHA256",
        "",
        "access_denied",
        "access_denied",
    ),
    (
        "a denial by AWS beside a challenge",
        "403 Forbidden\r\nwww-authenticate: Bearer",
        '{"__type":"AccessDeniedException","Message":"Not allowed"}',
        "access_denied",
        "access_denied!",
    ),
    (
        "a page that asks for a password",
        '401 Unauthorized\r\nwww-authenticate: Basic realm="squid"',
        "<!DOCTYPE html><html><body>Log in</body></html>",
        "not_from_aws",
        "not_from_aws!",
    ),
    (
        "words of AWS that are not known, in its place for them",
        "403 Forbidden",
        '{"Message":"Something that AWS may say next year"}',
        "unknown",
        "unknown",
    ),
    (
        "an authorizer that denies, in the words of a policy, beside a challenge",
        "403 Forbidden\r\nwww-authenticate: Bearer",
        '{"Message":"User is not authorized to access this resource with an explicit deny"}',
        "explicit_deny",
        "explicit_deny!",
    ),
]
_KEY = _sent("s3", f"{S3}/key", _WRONG)
_OTHER = _sent("es", f"{ES}/_search", _WRONG)
_SIGNED_PATH = signer("s3", _WRONG).sign(
    "GET", f"{S3}/key", {"x-amz-meta-path": "C:\\new"}, time=MOMENT
)
_PATH = ("GET", f"{S3}/key", {"x-amz-meta-path": "C:\\new", **_SIGNED_PATH}, b"")
_PATH_XML = _body(mismatch_of_s3(*_PATH))
_SHORT = _sent("es", f"{ES}/", _WRONG)
_RIGHT = _sent("es", f"{ES}/proxy/_search")
_XML = _body(mismatch_of_s3(*_KEY))
_JSON = _body(mismatch_of_api_gateway(*_OTHER))
_LINES = [
    ("XML in a message", _KEY, {"level": "error", "msg": f"put failed: {_XML}", "ts": 1.5}),
    ("the body of a response", _OTHER, {"level": "error", "status": 403, "body": _JSON}),
    ("JSON after words", _OTHER, {"level": "error", "message": f"call failed: {_JSON}"}),
    ("the words alone", _OTHER, {"level": "error", "msg": json.loads(_JSON)["message"]}),
    ("beside the body of the request", _KEY, {"sent": '{"message": "hello"}', "body": _XML}),
    (
        "the short words alone",
        _SHORT,
        {"level": "error", "msg": MISMATCH},
    ),
    ("a log inside a container's", _OTHER, {"log": json.dumps({"body": _JSON}) + "\n"}),
    (
        "an error of a client of its own",
        _KEY,
        {"message": "Request failed", "code": "ERR_BAD_REQUEST", "response": {"data": _XML}},
    ),
]


def _logged(name: str, request: tuple[Any, ...], response: str) -> Refusal:
    return Refusal(
        f"another secret, in a log: {name}",
        response,
        "wrong_secret wrong_secret_or_rewritten",
        alone="signature_mismatch",
        beside_request="wrong_secret",
        with_signer="wrong_secret_or_rewritten" if request is _SHORT else "wrong_secret!",
        request=request,
        signer=signer("s3" if request in (_KEY, _PATH) else "es", _WRONG),
    )


def _without_bytes(xml: str) -> str:
    start, end = xml.index("<StringToSignBytes>"), xml.index("</StringToSignBytes>")
    xml = xml[:start] + xml[end + len("</StringToSignBytes>") :]
    start, end = xml.index("<CanonicalRequestBytes>"), xml.index("</CanonicalRequestBytes>")
    return xml[:start] + xml[end + len("</CanonicalRequestBytes>") :]


def _masked(
    name: str, truth: str, first: tuple[str, str, str], request: Any, response: str
) -> Refusal:
    return Refusal(name, response, truth, *first, request=request, signer=signer())


def _own(name: str, head: str, body: str, *, is_certain: bool) -> Refusal:
    first = "application_refused!" if is_certain else "application_refused"
    response = f"HTTP/1.1 401 Unauthorized\r\n{head}\r\n\r\n{body}"
    return Refusal(
        name, response, alone=first, beside_request=first, with_signer=first, **_APPLICATION
    )


PASTED = [
    *(_logged(name, request, json.dumps(line)) for name, request, line in _LINES),
    _logged("XML as Python shows bytes", _KEY, repr(_without_bytes(_XML).encode())),
    _logged("in the colors of a terminal", _OTHER, f"\x1b[31m{_JSON[:9]}\x1b[0m{_JSON[9:]}"),
    always(
        "an unknown key, as Go says it, in a log",
        json.dumps(
            {
                "level": "error",
                "error": "operation error S3: PutObject, https response error StatusCode: 403, "
                "RequestID: 1, HostID: 2, api error InvalidAccessKeyId: The AWS Access Key Id you "
                "provided does not exist in our records.",
            }
        ),
        "unknown_key",
        "unknown_key",
        request=signed(f"{S3}/", service="s3"),
        signer=signer("s3"),
    ),
    always(
        "a function that was refused itself, in a log",
        json.dumps(
            {
                "log": json.dumps(
                    {
                        "errorMessage": "An error occurred (SignatureDoesNotMatch) when calling "
                        f"the GetObject operation: {MISMATCH}",
                        "errorType": "ClientError",
                    }
                )
            }
        ),
        "unknown",
        "unknown",
        request=_RIGHT,
        signer=signer(),
    ),
    _logged("nothing, but with a backslash in a header", _PATH, _without_bytes(_PATH_XML)),
    Refusal(
        "an application: the XML that S3 said to it",
        "HTTP/1.1 500 \r\n\r\n" + json.dumps({"detail": _without_bytes(_XML)}),
        "unknown",
        alone="unknown",
        beside_request="unknown",
        with_signer="unknown",
        request=_RIGHT,
        signer=signer(),
    ),
    # Masked hosts.
    _masked(
        "a masked host in the request",
        "host_masked changed_after_signing",
        ("signature_mismatch", "host_masked", "host_masked"),
        ("GET", f"https://{_MASKED}/proxy/_search", *_RIGHT[2:]),
        api_gateway(MISMATCH),
    ),
    _masked(
        "a masked host in the request, which the response shows",
        "path_prefix",
        ("signature_mismatch", "path_prefix", "path_prefix!"),
        ("GET", "https://<redacted>/proxy/_search", *_RIGHT[2:]),
        mismatch_of_api_gateway("GET", f"{ES}/_search", *_RIGHT[2:]),
    ),
    _masked(
        "another host, masked in the response",
        "host_masked host_changed",
        ("signature_mismatch", "host_masked", "host_masked"),
        _RIGHT,
        mismatch_of_api_gateway(
            "GET", "https://other.example.com/proxy/_search", *_RIGHT[2:]
        ).replace("other.example.com", "<id>.example.com"),
    ),
    _masked(
        "the same host, masked in the response",
        "path_prefix",
        ("signature_mismatch", "path_prefix", "path_prefix!"),
        _RIGHT,
        mismatch_of_api_gateway("GET", f"{ES}/_search", *_RIGHT[2:]).replace(HOST, "***"),
    ),
    # The refusal is not AWS's.
    _own(
        "an authorizer that wants a token",
        "www-authenticate: Bearer",
        '{"message":"Unauthorized"}',
        is_certain=False,
    ),
    _own(
        "an application behind API Gateway that wants a password",
        'x-amzn-Remapped-WWW-Authenticate: Basic realm="shop"',
        "",
        is_certain=True,
    ),
    # Those of AWS, and those that don't show who refused.
    *(
        Refusal(
            name,
            f"HTTP/1.1 {head}\r\n\r\n{body}",
            truth,
            *(first,) * 3,
            request=signed(f"{_API}/"),
            signer=signer("execute-api"),
        )
        for name, head, body, truth, first in _NOT_OWN
    ),
    _own(
        "a framework's own words",
        "Content-Type: application/json",
        '{"detail":"Authentication credentials were not provided."}',
        is_certain=False,
    ),
    # A proxy that removes the port.
    Refusal(
        "MinIO behind a proxy that passes the host on without its port",
        SHORT_S3,
        "host_port",
        alone="signature_mismatch",
        beside_request="host_port",
        with_signer="host_port",
        request=_sent("s3", "https://minio.example.com:9000/bucket/key"),
        signer=signer("s3"),
    ),
    Refusal(
        "MinIO on this machine, another secret",
        SHORT_S3,
        "wrong_secret wrong_secret_or_rewritten",
        alone="signature_mismatch",
        beside_request="wrong_secret",
        with_signer="wrong_secret_or_rewritten!",
        request=_sent("s3", "http://localhost:9000/bucket/key", _WRONG),
        signer=signer("s3", _WRONG),
    ),
]
