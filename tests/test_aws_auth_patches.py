"""What callers replace in the drop-in's module and class, and what they hand it as headers."""

from __future__ import annotations

from types import SimpleNamespace
from unittest import mock

import pytest
import requests

from drop_in import (
    ACCESS_KEY,
    HOST,
    REGION,
    SECRET,
    TOKEN,
    URL,
    alike,
    clock_at,
    ours,
    prepared,
    sent_headers,
)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("get_canonical_path", f"https://{HOST}/patched?q=a"),
        ("get_canonical_querystring", f"https://{HOST}/index/_search?patched=1"),
    ],
)
def test_a_patch_of_the_base_class_is_used_and_undone(name, url):
    def pattern(module):
        auth = module.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es")
        replacement = {"get_canonical_path": "/patched", "get_canonical_querystring": "patched=1"}
        with mock.patch.object(module.AWSRequestsAuth, name, return_value=replacement[name]) as spy:
            patched = sent_headers(auth)
        return patched, spy.call_count, sent_headers(auth), sent_headers(auth, prepared(url=url))

    patched, calls, undone, expected = alike(pattern)
    assert patched == expected
    assert patched != undone
    assert calls == 1


def test_a_patch_of_get_signature_key_is_used_and_undone():
    def pattern(module):
        auth = module.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es")
        plain = sent_headers(auth)
        with mock.patch.object(module, "getSignatureKey", return_value=b"k" * 32) as spy:
            patched = sent_headers(auth)
        assert sent_headers(auth) == plain
        return patched, plain, spy.call_args_list

    patched, plain, calls = alike(pattern)
    assert patched != plain
    assert calls == [mock.call(SECRET, "20160618", REGION, "es")]


def test_a_patch_of_the_class_hooks_is_used():
    def pattern(module):
        auth = module.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es")
        cls = module.AWSRequestsAuth
        with mock.patch.object(cls, "get_aws_request_headers_handler", return_value={"x-a": "1"}):
            handler = sent_headers(auth)
        with mock.patch.object(cls, "get_aws_request_headers", return_value={"x-b": "1"}):
            headers = sent_headers(auth)
        with mock.patch.object(cls, "__call__", lambda _self, r: r):
            call = sent_headers(auth)
        return handler, headers, call

    assert alike(pattern) == ([("x-a", "1")], [("x-b", "1")], [])


def test_hooks_that_are_set_on_the_object_are_used():
    def pattern(module):
        auth = module.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es")
        auth.get_aws_request_headers = lambda **arguments: {"x-names": ",".join(arguments)}
        headers = sent_headers(auth)
        auth.get_aws_request_headers_handler = lambda r: {"x-method": r.method}
        handler = sent_headers(auth)
        del auth.get_aws_request_headers, auth.get_aws_request_headers_handler
        return headers, handler, sent_headers(auth)

    headers, handler, undone = alike(pattern)
    assert headers == [("x-names", "r,aws_access_key,aws_secret_access_key,aws_token")]
    assert handler == [("x-method", "GET")]
    assert len(undone) == 3


def test_attributes_may_come_from_getattr_a_property_or_the_class():
    def pattern(module):
        class Dynamic(module.AWSRequestsAuth):
            service = "execute-api"

            def __init__(self):
                pass

            def __getattr__(self, name):
                values = {"aws_access_key": ACCESS_KEY, "aws_token": TOKEN, "aws_region": REGION}
                if name not in values:
                    raise AttributeError(name)
                return values[name]

            @property
            def aws_secret_access_key(self):
                return SECRET

        Dynamic.aws_host = HOST
        return sent_headers(Dynamic())

    headers = dict(alike(pattern))
    assert headers["X-Amz-Security-Token"] == TOKEN
    assert f"Credential={ACCESS_KEY}/20160618/{REGION}/execute-api/" in headers["Authorization"]


def test_attributes_of_a_request_may_be_properties():
    def pattern(module):
        class Elsewhere(requests.PreparedRequest):
            @property
            def url(self):
                return URL

            @url.setter
            def url(self, _value):
                pass

        request = Elsewhere()
        request.prepare("PUT", "https://elsewhere.example/", data="body", headers={})
        auth = module.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es")
        return sent_headers(auth, request), sent_headers(auth, prepared("PUT", data="body"))

    of_property, plain = alike(pattern)
    assert of_property == plain


def test_plain_dict_headers_get_the_same_items_in_the_same_order():
    def pattern(module):
        auth = module.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es", TOKEN)
        request = SimpleNamespace(method="GET", url=URL, body=None, headers={"Accept": "*/*"})
        auth(request)
        auth(request)
        return type(request.headers), list(request.headers.items())

    kind, items = alike(pattern)
    assert kind is dict
    assert len(items) == 5


def test_plain_dict_headers_never_hold_one_name_twice_in_different_cases():
    stale = {
        "AUTHORIZATION": "stale",
        "X-Amz-Date": "stale",
        "X-AMZ-CONTENT-SHA256": "stale",
        "x-amz-security-token": "stale",
        "Accept": "*/*",
    }
    request = SimpleNamespace(method="GET", url=URL, body=None, headers=dict(stale))
    with clock_at():
        ours.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es", TOKEN)(request)
    assert "stale" not in request.headers.values()
    assert sorted(request.headers, key=str.lower) == [
        "Accept",
        "Authorization",
        "x-amz-content-sha256",
        "x-amz-date",
        "X-Amz-Security-Token",
    ]


def test_signing_the_same_request_again_replaces_the_signature():
    def pattern(module):
        first = module.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es", "old token")
        second = module.AWSRequestsAuth("SECOND", SECRET, HOST, REGION, "es", TOKEN)
        return list(second(first(prepared())).headers.items())

    headers = alike(pattern)
    assert len(headers) == 4
    assert dict(headers)["X-Amz-Security-Token"] == TOKEN
