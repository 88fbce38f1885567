"""Patches of the drop-in's module and class, and other forms of requests and headers."""

from __future__ import annotations

import copy
import subprocess
import sys
from types import SimpleNamespace
from unittest import mock

import pytest
import requests

from support.drop_in import (
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
def test_patch_of_the_base_class_is_used_and_undone(name, url):
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


@pytest.mark.parametrize("name", ["get_canonical_path", "get_canonical_querystring"])
def test_replaced_class_of_the_module_is_used(name):
    def pattern(module):
        class Replacement(module.AWSRequestsAuth):
            pass

        setattr(Replacement, name, lambda _r: "/replaced")
        auth = module.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es")
        of_subclass = Replacement(ACCESS_KEY, SECRET, HOST, REGION, "es")
        plain = sent_headers(auth)
        with mock.patch.object(module, "AWSRequestsAuth", Replacement):
            replaced = sent_headers(auth), sent_headers(of_subclass)
        assert sent_headers(auth) == plain
        return replaced, plain

    replaced, plain = alike(pattern)
    assert replaced[0] == replaced[1] != plain


def test_patch_of_get_signature_key_is_used_and_undone():
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


def test_patch_of_class_methods_is_used():
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


@pytest.mark.parametrize("name", ["get_aws_request_headers_handler", "get_aws_request_headers"])
def test_autospec_of_a_method_is_called_with_self(name):
    def pattern(module):
        auth = module.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es")
        request = prepared()
        cls = module.AWSRequestsAuth
        with mock.patch.object(cls, name, autospec=True, return_value={"x-a": "1"}) as spy:
            patched = sent_headers(auth, request)
        (call,) = spy.call_args_list
        self, *positional = call.args
        assert self is auth
        assert [*positional, call.kwargs.get("r")][0] is request
        return patched, len(positional), list(call.kwargs), sent_headers(auth)

    assert alike(pattern)[0] == [("x-a", "1")]


#: Patches before a process's first signature.
EARLY_PATCHES = {
    "handler": 'cls, "get_aws_request_headers_handler", return_value={"x-a": "1"}',
    "headers": 'cls, "get_aws_request_headers", return_value={"x-a": "1"}',
    "call": 'cls, "__call__", lambda _self, r: r',
    "path": 'cls, "get_canonical_path", return_value="/patched"',
    "query": 'cls, "get_canonical_querystring", return_value="patched=1"',
    "key": 'module, "getSignatureKey", return_value=b"k" * 32',
    "class": 'module, "AWSRequestsAuth", type("Other", (cls,), {})',
    "headers-class": 'structures, "CaseInsensitiveDict"',
}
EARLY = """
from unittest import mock
from requests import structures
from support.drop_in import *
def sign(module):
    cls = module.AWSRequestsAuth
    auth = cls(ACCESS_KEY, SECRET, HOST, REGION, "es")
    request = prepared()
    with mock.patch.object({patch}):
        patched = sent_headers(auth, request)
    return patched, sent_headers(auth)
print(alike(sign))
"""


@pytest.mark.parametrize("patch", EARLY_PATCHES.values(), ids=EARLY_PATCHES)
def test_patch_before_the_first_signature_of_a_process_is_used_and_undone(patch):
    code = f"import sys; sys.path[:] = {sys.path!r}\n{EARLY.format(patch=patch)}"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)  # noqa: S603


RELOADED = """
import importlib
from support.drop_in import *
importlib.reload(ours)
def sign(module):
    auth = module.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "s3")
    return sent_headers(auth, prepared(url=URL + "&b=1"))
alike(sign)
with clock_at():
    auth = ours.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "s3")
    spaced = prepared(url=f"https://{HOST}/a%20b")
    signed = dict(sent_headers(auth, spaced))
    request = botocore_request(
        method="GET", url=spaced.url, body=b"", host=HOST, amz_date=signed["x-amz-date"]
    )
assert signature_of(signed["Authorization"]) == botocore_signature(request, "s3")
"""


def test_reload_of_the_module_does_not_change_s3_paths():
    code = f"import sys; sys.path[:] = {sys.path!r}\n{RELOADED}"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)  # noqa: S603


def test_copy_of_an_object_is_not_taken_for_a_patch():
    auth = ours.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es")
    copy.copy(auth)
    called = []
    sys.setprofile(lambda frame, event, _: event == "call" and called.append(frame.f_code.co_name))
    try:
        auth(prepared())
    finally:
        sys.setprofile(None)
    # These methods are called only if one of them may have been replaced.
    assert "get_aws_request_headers" not in called
    assert "prepare" in called


def test_methods_set_on_the_object_are_used():
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


def test_attributes_may_be_set_in_any_order():
    def pattern(module):
        auth = module.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es", TOKEN)
        attributes = dict(vars(auth))
        vars(auth).clear()
        for name in reversed(attributes):
            setattr(auth, name, attributes[name])
        return sent_headers(auth)

    assert len(alike(pattern)) == 4


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


def test_dict_headers_have_the_items_and_order_of_the_original():
    def pattern(module):
        auth = module.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es", TOKEN)
        request = SimpleNamespace(method="GET", url=URL, body=None, headers={"Accept": "*/*"})
        auth(request)
        auth(request)
        return type(request.headers), list(request.headers.items())

    kind, items = alike(pattern)
    assert kind is dict
    assert len(items) == 5


def test_dict_headers_never_contain_a_name_in_two_cases():
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


def test_signing_a_request_again_replaces_the_signature():
    def pattern(module):
        first = module.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es", "old token")
        second = module.AWSRequestsAuth("SECOND", SECRET, HOST, REGION, "es", TOKEN)
        return list(second(first(prepared())).headers.items())

    headers = alike(pattern)
    assert len(headers) == 4
    assert dict(headers)["X-Amz-Security-Token"] == TOKEN
