"""Refusals in which the secret is wrong, or only seems to be."""

from __future__ import annotations

import json

from rsigv4 import Credentials
from support.cases.refusal import Refusal, log_lines, signer
from support.refusals import (
    EMPTY,
    ES,
    HOST,
    MISMATCH,
    S3,
    api_gateway,
    canonical,
    expected,
    mismatch_of_api_gateway,
    mismatch_of_s3,
    signed_as,
)
from support.signing import ACCESS_KEY, AMZ_DATE, MOMENT, SECRET

__all__ = ["SECRETS"]

_WRONG = Credentials(ACCESS_KEY, "an entirely other secret")
_SELLING = "https://sellingpartnerapi-eu.amazon.com/sellers/v1/marketplaceParticipations"


def _sent(service, url, method="GET", *, credentials=_WRONG, headers=None, body=b""):  # noqa: PLR0913 - as many parts
    added = signer(service, credentials).sign(method, url, headers, body, time=MOMENT)
    return (method, url, {**(headers or {}), **added}, body)


def _changed(request, url, response, **options):
    """Return what arrives somewhere else than it was sent."""
    method, _, headers, body = request
    return response(method, url, headers, body, **options)


_RIGHT = _sent("es", f"{ES}/proxy/_search", credentials=Credentials(ACCESS_KEY, SECRET))
_KEY = _sent("s3", f"{S3}/key")
_BUCKET = _sent("s3", f"{S3}/photos/1", credentials=Credentials(ACCESS_KEY, SECRET))
_CONTENT = _sent(
    "es", f"{ES}/_doc", "POST", headers={"Content-Type": "application/json"}, body=b'{"size": 1}'
)
_TOKENS = _sent(
    "execute-api",
    _SELLING,
    credentials=Credentials(ACCESS_KEY, SECRET),
    headers={"x-amz-access-token": "Atza|IwEBIexample-of-a-long-token"},
)


def _selling(request, *, hidden=False):
    canonical_request, string_to_sign = expected(*request, service="execute-api")
    if hidden:
        canonical_request = canonical_request.replace(
            "Atza|IwEBIexample-of-a-long-token", "Atza|XXXXXXXXXXXX"
        )
    message = (
        f"{MISMATCH}\n\nThe Canonical String for this request should have been\n"
        f"'{canonical_request}'\n\nThe String-to-Sign should have been\n'{string_to_sign}'\n"
    )
    return json.dumps({"errors": [{"message": message, "code": "InvalidSignature"}]}, indent=2)


def _neptune(request):
    _, string_to_sign = expected(*request, service="es")
    detail = (
        f"{MISMATCH}\n\nThe Canonical String for this request should have been\n"
        f"'{expected(*request, service='es')[0]}'\n\nThe String-to-Sign should have been\n"
        f"'{string_to_sign}'\n"
    )
    return json.dumps(
        {"requestId": "6f1c", "code": "AccessDeniedException", "detailedMessage": detail}
    )


def _google(request):
    canonical_request, string_to_sign = expected(*request, service="s3")
    return (
        "<?xml version='1.0' encoding='UTF-8'?><Error><Code>SignatureDoesNotMatch</Code><Message>"
        "Access denied.</Message><Details>The request signature we calculated does not match the "
        "signature you provided. Check your Google secret key and signing method.</Details>"
        f"<StringToSign>{string_to_sign}</StringToSign>"
        f"<CanonicalRequest>{canonical_request}</CanonicalRequest></Error>"
    )


def _plain(response):
    """Return the message of API Gateway as a log has it, with its own line breaks."""
    return json.loads(response.partition("\r\n\r\n")[2])["message"]


_TUNNEL = signed_as(canonical("/_search"), "es", secret="an entirely other secret")

SECRETS = [
    Refusal(
        "S3, another secret",
        mismatch_of_s3(*_KEY),
        "wrong_secret",
        alone="signature_mismatch",
        beside_request="wrong_secret",
        with_signer="wrong_secret!",
        request=_KEY,
        signer=signer("s3", _WRONG),
    ),
    Refusal(
        "API Gateway's long message, another secret",
        mismatch_of_api_gateway(*_CONTENT),
        "wrong_secret",
        alone="signature_mismatch",
        beside_request="wrong_secret",
        with_signer="wrong_secret!",
        request=_CONTENT,
        signer=signer("es", _WRONG),
    ),
    Refusal(
        "a short message, another secret",
        api_gateway(MISMATCH),
        "wrong_secret wrong_secret_or_rewritten",
        alone="signature_mismatch",
        beside_request="wrong_secret",
        with_signer="wrong_secret_or_rewritten!",
        request=_sent("es", f"{ES}/_search"),
        signer=signer("es", _WRONG),
    ),
    Refusal(
        "a secret that was read with its line end",
        api_gateway(MISMATCH),
        "secret_has_white_space",
        alone="signature_mismatch",
        beside_request="wrong_secret",
        with_signer="secret_has_white_space!",
        request=("GET", f"{ES}/", signed_as(canonical(), secret=f"{SECRET}\n"), b""),
        signer=signer(),
    ),
    Refusal(
        "a secret that was percent-encoded",
        api_gateway(MISMATCH),
        "secret_encoded",
        alone="signature_mismatch",
        beside_request="wrong_secret",
        with_signer="secret_encoded!",
        request=(
            "GET",
            f"{ES}/",
            signed_as(canonical(), secret=SECRET.replace("/", "%2F").replace("+", "%2B")),
            b"",
        ),
        signer=signer(),
    ),
    Refusal(
        "the wrong secret behind a tunnel, whose Host was not pasted",
        mismatch_of_api_gateway("GET", f"{ES}/_search", _TUNNEL),
        "wrong_secret",
        alone="signature_mismatch",
        beside_request="host_tunnel",
        with_signer="wrong_secret!",
        request=("GET", "https://localhost:9200/_search", _TUNNEL, b""),
        signer=signer("es", _WRONG),
    ),
    Refusal(
        "a request that was signed with another key than the profile's",
        api_gateway(MISMATCH),
        "signed_with_other_key",
        alone="signature_mismatch",
        beside_request="wrong_secret",
        with_signer="signed_with_other_key",
        request=_sent("es", f"{ES}/", credentials=Credentials("AKIDOTHER", "of another account")),
        signer=signer(),
    ),
    # The secret is right.
    Refusal(
        "a proxy that removes its prefix, in a log",
        log_lines(
            _plain(_changed(_RIGHT, f"{ES}/_search", mismatch_of_api_gateway)),
            lambda number: f"2015-08-30T12:36:{number:02}.{number:03}Z [app-7f] ERROR ",
        ),
        "path_prefix",
        alone="signature_mismatch",
        beside_request="path_prefix",
        with_signer="path_prefix!",
        request=_RIGHT,
        signer=signer(),
    ),
    Refusal(
        "a proxy that adds a port, in the log of a container",
        log_lines(
            _plain(_changed(_RIGHT, f"{ES}:8443/proxy/_search", mismatch_of_api_gateway)),
            lambda _: "client-1  | ",
        ),
        "host_port",
        alone="host_port",
        beside_request="host_port",
        with_signer="host_port!",
        request=_RIGHT,
        signer=signer(),
    ),
    Refusal(
        "a gateway that rewrites the path, in the log of S3's XML",
        log_lines(
            _changed(_BUCKET, f"{S3}/1", mismatch_of_s3).partition("\r\n\r\n")[2],
            lambda number: f"30/Aug/2015 12:36:0{number % 10} minio: ",
        ),
        "path_prefix",
        alone="signature_mismatch",
        beside_request="path_prefix",
        with_signer="path_prefix!",
        request=_BUCKET,
        signer=signer("s3"),
    ),
    Refusal(
        "Selling Partner, a path that changed, with a hidden token",
        _selling(("GET", _SELLING.replace("v1", "v0"), *_TOKENS[2:]), hidden=True),
        "path_changed",
        alone="signature_mismatch",
        beside_request="path_changed",
        with_signer="path_changed!",
        request=_TOKENS,
        signer=signer("execute-api"),
    ),
    Refusal(
        "Neptune, a parameter that was added",
        _neptune((_RIGHT[0], f"{ES}/proxy/_search?timeout=1", *_RIGHT[2:])),
        "query_parameter_added",
        alone="signature_mismatch",
        beside_request="query_parameter_added",
        with_signer="query_parameter_added!",
        request=_RIGHT,
        signer=signer(),
    ),
    Refusal(
        "Google's S3, another secret",
        _google(_KEY),
        "wrong_secret",
        alone="signature_mismatch",
        beside_request="wrong_secret",
        with_signer="wrong_secret!",
        request=_KEY,
        signer=signer("s3", _WRONG),
    ),
    Refusal(
        "a user agent that a proxy rewrites, and a short message",
        api_gateway(MISMATCH),
        "rewritten_header_signed",
        alone="signature_mismatch",
        beside_request="rewritten_header_signed",
        with_signer="rewritten_header_signed",
        request=(
            "GET",
            f"{ES}/",
            {
                "User-Agent": "app/1.0",
                **signed_as(
                    f"GET\n/\n\nhost:{HOST}\nuser-agent:app/1.0\nx-amz-date:{AMZ_DATE}\n\n"
                    f"host;user-agent;x-amz-date\n{EMPTY}"
                ),
            },
            b"",
        ),
        signer=signer(),
    ),
]
