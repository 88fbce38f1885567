"""Refusals that were cut or edited before they were pasted, or that belong to another request."""

from __future__ import annotations

from typing import Any

from rsigv4 import Credentials
from support.cases.refusal import Refusal, signed_wrongly, signer
from support.refusals import ES, HOST, canonical, mismatch_of_api_gateway
from support.signing import ACCESS_KEY, MOMENT

__all__ = ["EDITED"]

_URL = f"{ES}/shop/a%3Ab"
_ENCODED_ONCE = {
    "truth": "path_encoded_once",
    **signed_wrongly(_URL, canonical("/shop/a%3Ab")),
}
_OTHER = signer(credentials=Credentials(ACCESS_KEY, "an entirely other secret"))
_SIGNED = _OTHER.sign("GET", _URL, time=MOMENT)
_WRONG_SECRET = {
    "truth": "wrong_secret wrong_secret_or_rewritten",
    "response": mismatch_of_api_gateway("GET", _URL, _SIGNED),
    "request": ("GET", _URL, _SIGNED, b""),
    "signer": _OTHER,
}
_RIGHT = signer().sign("GET", _URL, time=MOMENT)
_REWRITTEN = {
    "truth": "path_prefix",
    "response": mismatch_of_api_gateway("GET", _URL.replace("/shop", ""), _RIGHT),
    "request": ("GET", _URL, _RIGHT, b""),
    "signer": signer(),
}
_OTHER_REQUEST = _OTHER.sign("GET", f"{ES}/other", time=MOMENT.replace(second=1))
_LATER = _OTHER.sign("GET", _URL, time=MOMENT.replace(second=1))


def _edited(name: str, refusal: dict[str, Any], response: str, *first: str) -> Refusal:
    assert response != refusal["response"]
    alone, beside_request, with_signer = first
    return Refusal(
        name,
        alone=alone,
        beside_request=beside_request,
        with_signer=with_signer,
        **{**refusal, "response": response},
    )


def _replaced(name: str, refusal: dict[str, Any], old: str, new: str, *first: str) -> Refusal:
    return _edited(name, refusal, refusal["response"].replace(old, new), *first)


def _wrapped(text: str, columns: int) -> str:
    lines = [text[start : start + columns] for start in range(0, len(text), columns)]
    return "\n".join(lines)


_RESPONSE = _ENCODED_ONCE["response"]
_SECOND = _WRONG_SECRET["response"]

EDITED = [
    _replaced(
        "a path encoded once, with another host",
        _ENCODED_ONCE,
        HOST,
        "my-domain.example",
        "path_encoded_once",
        "path_encoded_once",
        "path_encoded_once!",
    ),
    _replaced(
        "a path encoded once, without its first segment",
        _ENCODED_ONCE,
        "/shop/",
        "/",
        "path_encoded_once",
        "path_encoded_once",
        "path_encoded_once!",
    ),
    _replaced(
        "a path encoded once, with a masked region",
        _ENCODED_ONCE,
        "us-east-1/es",
        "REGION/es",
        "wrong_region",
        "wrong_region",
        "path_encoded_once!",
    ),
    _replaced(
        "a path encoded once, with another region",
        _ENCODED_ONCE,
        "us-east-1",
        "eu-west-1",
        "path_encoded_once",
        "host_changed",
        "path_encoded_once!",
    ),
    _replaced(
        "a path encoded once, with a masked day",
        _ENCODED_ONCE,
        "20150830/",
        "2015XXXX/",
        "path_encoded_once",
        "scope_date",
        "path_encoded_once!",
    ),
    _replaced(
        "a path encoded once, with another date",
        _ENCODED_ONCE,
        "20150830",
        "20160101",
        "path_encoded_once",
        "date_changed",
        "path_encoded_once!",
    ),
    _edited(
        "a path encoded once, wrapped at 60 columns",
        _ENCODED_ONCE,
        _wrapped(_RESPONSE, 60),
        "unknown",
        "unknown",
        "path_encoded_once",
    ),
    _edited(
        "a path encoded once, in one line",
        _ENCODED_ONCE,
        " ".join(_RESPONSE.replace("\\n", " ").split()),
        "access_denied",
        "path_encoded_once",
        "path_encoded_once",
    ),
    _edited(
        "a path encoded once, without a string to sign",
        _ENCODED_ONCE,
        _RESPONSE[: _RESPONSE.index("The String-to-Sign")],
        "path_encoded_once",
        "path_encoded_once",
        "path_encoded_once!",
    ),
    _edited(
        "another secret, without a string to sign",
        _WRONG_SECRET,
        _SECOND[: _SECOND.index("The String-to-Sign")],
        "path_encoded_once",
        "path_encoded_once",
        "wrong_secret_or_rewritten!",
    ),
    _edited(
        "another secret, cut within the headers",
        _WRONG_SECRET,
        _SECOND[: _SECOND.index("x-amz-date:")],
        "signature_mismatch",
        "path_encoded_once",
        "wrong_secret_or_rewritten!",
    ),
    _replaced(
        "another secret, with another host",
        _WRONG_SECRET,
        HOST,
        "my-domain.example",
        "path_encoded_once",
        "path_encoded_once",
        "wrong_secret!",
    ),
    _replaced(
        "another secret, with a masked region",
        _WRONG_SECRET,
        "us-east-1/es",
        "REGION/es",
        "wrong_region",
        "wrong_region",
        "wrong_region",
    ),
    _replaced(
        "another secret, with another region and day",
        _WRONG_SECRET,
        "20150830/us-east-1",
        "20150831/us-west-2",
        "wrong_region",
        "scope_date",
        "scope_date",
    ),
    _edited(
        "another secret, of the attempt a second later",
        _WRONG_SECRET,
        mismatch_of_api_gateway("GET", _URL, _LATER),
        "path_encoded_once",
        "date_changed",
        "date_changed",
    ),
    _replaced(
        "a proxy that removes a prefix, with another host",
        _REWRITTEN,
        HOST,
        "my-domain.example",
        "path_encoded_once",
        "path_prefix",
        "path_prefix",
    ),
    _edited(
        "another secret, of another request a second later",
        _WRONG_SECRET,
        mismatch_of_api_gateway("GET", f"{ES}/other", _OTHER_REQUEST),
        "signature_mismatch",
        "path_changed",
        "path_changed",
    ),
]
