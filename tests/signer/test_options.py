"""A `Signer`'s options and copies, and that it doesn't modify requests."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict

import pytest
from requests.structures import CaseInsensitiveDict
from urllib3._collections import HTTPHeaderDict

from rsigv4 import Signer
from support.signing import CREDENTIALS, MOMENT, TEMPORARY, URL, signer_of


def test_the_method_is_signed_in_uppercase():
    signer = Signer(CREDENTIALS, "us-east-1", "execute-api")
    request = ("https://example.com/",)
    lower = signer.sign("delete", *request, time=MOMENT)
    assert lower == signer.sign("DELETE", *request, time=MOMENT)
    assert lower != signer.sign("GET", *request, time=MOMENT)
    assert signer.canonical_request("propfind", *request, time=MOMENT).startswith("PROPFIND\n")


OPTIONS = {
    "double_encode_path": False,
    "normalize_path": False,
    "content_sha256_header": False,
    "sign_session_token": False,
    "also_sign": ("range",),
}
REQUEST = ("GET", "https://example.com//a/../b%20c", {"Range": "bytes=0-9"})


@pytest.mark.parametrize("options", [{}, OPTIONS], ids=["default", "all options"])
@pytest.mark.parametrize(
    "clone",
    [
        copy.copy,
        copy.deepcopy,
        *(
            lambda signer, protocol=protocol: pickle.loads(pickle.dumps(signer, protocol))  # noqa: S301 - our own
            for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
        ),
    ],
)
def test_copies_sign_alike(clone, options):
    signer = signer_of(TEMPORARY, **options)
    cloned = clone(signer)
    assert (cloned.region, cloned.service) == ("us-east-1", "execute-api")
    assert cloned.sign(*REQUEST, time=MOMENT) == signer.sign(*REQUEST, time=MOMENT)


def test_every_option_changes_what_is_signed():
    texts = {
        signer_of(TEMPORARY, **{name: value}).canonical_request(*REQUEST, time=MOMENT)
        for name, value in OPTIONS.items()
    }
    texts.add(signer_of(TEMPORARY).canonical_request(*REQUEST, time=MOMENT))
    assert len(texts) == len(OPTIONS) + 1


def test_repr_shows_region_and_service_and_no_secret():
    assert repr(signer_of(TEMPORARY)) == "Signer(region='us-east-1', service='execute-api')"
    assert repr(Signer(TEMPORARY)) == "Signer(region=None, service=None)"
    assert str(signer_of(TEMPORARY)) == repr(signer_of(TEMPORARY))


@pytest.mark.parametrize("make", [dict, OrderedDict, CaseInsensitiveDict, HTTPHeaderDict, list])
def test_request_is_not_modified(make):
    pairs = [("Content-Type", " text/plain "), ("X-Amz-Date", "stale"), ("Authorization", "a")]
    headers, body = make(pairs), bytearray(b"body")
    before = copy.deepcopy(headers)
    signer_of(TEMPORARY).sign("PUT", URL, headers, body, time=MOMENT)
    assert headers == before
    assert body == b"body"
