"""Requests that another signer got wrong: its canonical request is not that of the request."""

from __future__ import annotations

from hashlib import sha256

from support.cases.refusal import BUCKET, Refusal, always, signed_wrongly, signer
from support.refusals import EMPTY, ES, HOST, MISMATCH, S3, api_gateway, canonical, s3, signed_as
from support.signing import AMZ_DATE

__all__ = ["SIGNERS"]

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _hash(body: bytes) -> str:
    return sha256(body).hexdigest()


def _post(payload: bytes, uri: str = "/_doc") -> str:
    return canonical(uri, method="POST", payload=_hash(payload))


def _of_s3(uri: str, query: str = "", payload: str = EMPTY) -> str:
    headers = f"host:{BUCKET}\nx-amz-content-sha256:{payload}\nx-amz-date:{AMZ_DATE}\n"
    return f"GET\n{uri}\n{query}\n{headers}\nhost;x-amz-content-sha256;x-amz-date\n{payload}"


_HASHED = {"x-amz-content-sha256": EMPTY}


def _erring(name, truth, url, signed, *, beside_request=None, **options):
    return Refusal(
        name,
        truth=truth,
        alone=options.pop("alone", "signature_mismatch"),
        beside_request=beside_request or truth,
        with_signer=f"{truth}!",
        **signed_wrongly(url, signed, **options),
    )


def _of_date(name: str, date: str, *, is_short: bool) -> Refusal:
    """Return the refusal of a request with Date, whose time was signed as ISO 8601."""
    lines = f"date:{date}\nhost:{BUCKET}\nx-amz-content-sha256:{EMPTY}\n"
    text = f"GET\n/key\n\n{lines}\ndate;host;x-amz-content-sha256\n{EMPTY}"
    scope = f"{AMZ_DATE[:8]}/us-east-1/s3/aws4_request"
    signed = signed_as(text, "s3")
    expected = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{_hash(text.encode())}"
    elements = {} if is_short else {"StringToSign": expected, "CanonicalRequest": text}
    headers = {"Authorization": signed["Authorization"], "Date": date, **_HASHED}
    return Refusal(
        name,
        s3(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
            **elements,
        ),
        "date_format",
        alone="signature_mismatch" if is_short else "date_format",
        beside_request="date_format",
        with_signer="date_format" if is_short else "date_format!",
        request=("GET", f"https://{BUCKET}/key", headers, b""),
        signer=signer("s3"),
    )


SIGNERS = [
    # The path.
    _erring(
        "a path with @ that was not escaped",
        "path_escapes",
        f"{ES}/people/_doc/ann@example.com",
        canonical("/people/_doc/ann@example.com"),
        alone="path_escapes",
    ),
    _erring(
        "a path with = that was not escaped",
        "path_escapes",
        f"{ES}/table/day=2015-08-30/part",
        canonical("/table/day=2015-08-30/part"),
        is_short=True,
    ),
    _erring(
        "a path that was encoded once",
        "path_encoded_once",
        f"{ES}/my%20index/_search",
        canonical("/my%20index/_search"),
        alone="path_encoded_once",
    ),
    _erring(
        "a path with an ARN that was encoded once",
        "path_encoded_once",
        f"{ES}/model/arn%3Aaws%3Abedrock%3A1/invoke",
        canonical("/model/arn%3Aaws%3Abedrock%3A1/invoke"),
        is_short=True,
    ),
    _erring(
        "a key of S3 that was encoded twice",
        "path_encoded_twice",
        f"{S3}/my%20photo.png",
        _of_s3("/my%2520photo.png"),
        service="s3",
        headers=_HASHED,
        alone="path_encoded_twice",
    ),
    _erring(
        "a key of S3 with two slashes that were merged",
        "path_normalized",
        f"{S3}/a//b",
        _of_s3("/a/b"),
        service="s3",
        headers=_HASHED,
        is_short=True,
    ),
    # The query.
    _erring(
        "a + that was signed as a plus",
        "query_plus",
        f"{ES}/_search?q=a+b",
        canonical("/_search", "q=a%2Bb"),
        is_short=True,
    ),
    _erring(
        "a slash in the query that was not escaped",
        "query_escapes",
        f"{ES}/_search?q=a/b",
        canonical("/_search", "q=a/b"),
        alone="query_escapes",
    ),
    _erring(
        "parameters in the order of the client",
        "query_order",
        f"{ES}/_search?size=1&from=2",
        canonical("/_search", "size=1&from=2"),
        is_short=True,
    ),
    # The host.
    _erring(
        "a port that was signed and not sent",
        "host_port",
        f"{ES}/_search",
        canonical("/_search", host=f"{HOST}:443"),
        is_short=True,
        beside_request="wrong_secret",
    ),
    _erring(
        "a port that is sent and was not signed",
        "host_port",
        f"{ES}:9243/_search",
        canonical("/_search", host=HOST),
        alone="host_port",
    ),
    # The body.
    _erring(
        "a form that was hashed before it was encoded",
        "body_serialized_anew",
        f"{ES}/_doc",
        _post(b"name=Ann Lee&mail=ann@example.com"),
        method="POST",
        body=b"name=Ann+Lee&mail=ann%40example.com",
        is_short=True,
    ),
    _erring(
        "text that was hashed as Latin-1 and sent as UTF-8",
        "body_serialized_anew",
        f"{ES}/_doc",
        _post("café".encode("latin-1")),
        method="POST",
        body="café".encode(),
        is_short=True,
    ),
    _erring(
        "JSON that was written again by the client",
        "body_serialized_anew",
        f"{ES}/_doc",
        _post(b'{"size": 1, "query": {}}'),
        method="POST",
        body=b'{"size":1,"query":{}}',
    ),
    _erring(
        "a body that was set after signing",
        "body_not_signed",
        f"{ES}/_doc",
        _post(b""),
        method="POST",
        body=b'{"size":1}',
        beside_request="body_serialized_anew",
    ),
    _erring(
        "UNSIGNED-PAYLOAD for a service that wants the hash",
        "unsigned_payload_refused",
        f"{ES}/_doc",
        canonical("/_doc", method="POST", payload="UNSIGNED-PAYLOAD"),
        method="POST",
        body=b"a=1",
        headers=_FORM,
        is_short=True,
        beside_request="body_not_signed",
    ),
    # Method and headers.
    _erring(
        "a method in lowercase",
        "method_changed",
        f"{ES}/_doc/1",
        canonical("/_doc/1", method="delete"),
        method="DELETE",
        is_short=True,
        beside_request="wrong_secret",
    ),
    _erring(
        "a header whose spaces were not folded",
        "header_white_space",
        f"{ES}/",
        f"GET\n/\n\nhost:{HOST}\nx-amz-date:{AMZ_DATE}\nx-amz-meta-a:a  b\n\n"
        f"host;x-amz-date;x-amz-meta-a\n{EMPTY}",
        headers={"x-amz-meta-a": "a  b"},
    ),
    # What time it was.
    _of_date(
        "Date in HTTP's form that was signed as ISO 8601",
        "Sun, 30 Aug 2015 12:36:00 GMT",
        is_short=False,
    ),
    _of_date(
        "Date with an offset that was signed as ISO 8601",
        "Sun, 30 Aug 2015 12:36:00 -0000",
        is_short=False,
    ),
    _of_date(
        "Date in HTTP's form, and a short response",
        "Sun, 30 Aug 2015 12:36:00 GMT",
        is_short=True,
    ),
    always(
        "x-amz-date with hyphens and colons",
        api_gateway(
            "Date must be in ISO-8601 'basic format'. Got '2015-08-30T12:36:00Z'. See "
            "http://en.wikipedia.org/wiki/ISO_8601",
            "IncompleteSignatureException",
        ),
        "authorization_incomplete",
        "authorization_incomplete!",
        request=(
            "GET",
            ES,
            {**signed_as(canonical()), "X-Amz-Date": "2015-08-30T12:36:00Z"},
            b"",
        ),
        signer=signer(),
    ),
    # A + in a path of S3, which S3 reads as a space.
    Refusal(
        "a raw + in the key, signed as a plus",
        truth="path_plus",
        alone="path_encoded_twice",
        beside_request="path_plus",
        with_signer="path_plus!",
        **{
            **signed_wrongly(f"{S3}/a%20b", _of_s3("/a%2Bb"), service="s3", headers=_HASHED),
            "request": ("GET", f"{S3}/a+b", {**_HASHED, **signed_as(_of_s3("/a%2Bb"), "s3")}, b""),
        },
    ),
    Refusal(
        "a raw + in the key, and a short response",
        truth="path_plus",
        alone="signature_mismatch",
        beside_request="path_plus",
        with_signer="path_plus",
        **signed_wrongly(
            f"{S3}/a+b", _of_s3("/a%2Bb"), service="s3", headers=_HASHED, is_short=True
        ),
    ),
    # Scopes.
    Refusal(
        "region and service are swapped",
        api_gateway("Credential should be scoped to a valid region, not 'es'. "),
        "scope_swapped wrong_region",
        alone="wrong_region!",
        beside_request="scope_swapped!",
        with_signer="scope_swapped!",
        request=(
            "GET",
            ES,
            {
                "Authorization": signed_as(canonical())["Authorization"].replace(
                    "us-east-1/es", "es/us-east-1"
                ),
                "X-Amz-Date": AMZ_DATE,
            },
            b"",
        ),
        signer=signer(),
    ),
    Refusal(
        "region and service are swapped, for S3",
        s3(
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the region 's3' is wrong; expecting "
            "'us-east-1'",
            400,
            Region="us-east-1",
        ),
        "scope_swapped wrong_region",
        alone="wrong_region!",
        beside_request="scope_swapped!",
        with_signer="scope_swapped!",
        request=(
            "GET",
            S3,
            {
                "Authorization": signed_as(_of_s3("/"), "s3")["Authorization"].replace(
                    "us-east-1/s3", "s3/us-east-1"
                ),
                "X-Amz-Date": AMZ_DATE,
                **_HASHED,
            },
            b"",
        ),
        signer=signer("s3"),
    ),
    Refusal(
        "the region of another endpoint",
        api_gateway(MISMATCH),
        "wrong_region",
        alone="signature_mismatch",
        beside_request="wrong_region",
        with_signer="wrong_region",
        request=(
            "GET",
            "https://search-x.eu-west-1.es.amazonaws.com/",
            signed_as(canonical(host="search-x.eu-west-1.es.amazonaws.com")),
            b"",
        ),
        signer=signer(),
    ),
]
