"""The drop-in's public interface, and the results that the original's tests expect."""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import hmac
import inspect
import pickle
import urllib.parse
import weakref
from unittest import mock

import pytest
import requests
import requests.auth

from rsigv4 import InvalidRequestError
from support.drop_in import (
    ACCESS_KEY,
    HOST,
    REGION,
    SECRET,
    TOKEN,
    clock_at,
    original,
    ours,
    signature_of,
)

ORIGINAL_NAMES = (
    "AWSRequestsAuth",
    "datetime",
    "getSignatureKey",
    "hashlib",
    "hmac",
    "quote",
    "requests",
    "sign",
    "urlparse",
)
METHODS = (
    "get_aws_request_headers_handler",
    "get_aws_request_headers",
    "get_canonical_path",
    "get_canonical_querystring",
)
EMPTY_HASH = hashlib.sha256(b"").hexdigest()


def new_auth(module=ours, **changes):
    arguments = {
        "aws_access_key": ACCESS_KEY,
        "aws_secret_access_key": SECRET,
        "aws_host": HOST,
        "aws_region": REGION,
        "aws_service": "es",
        "aws_token": None,
    }
    return module.AWSRequestsAuth(**{**arguments, **changes})


def new_request(method="GET", body=None):
    return requests.Request(method, f"https://{HOST}/index/_search?q=a", data=body).prepare()


def headers_now(auth, request=None):
    with clock_at():
        return auth.get_aws_request_headers_handler(request or new_request())


@pytest.mark.parametrize("name", ORIGINAL_NAMES)
def test_every_name_of_the_original_module_exists(name):
    assert hasattr(original, name)
    assert hasattr(ours, name)


def test_patched_modules_are_those_of_the_standard_library():
    assert (ours.datetime, ours.hashlib, ours.hmac) == (dt, hashlib, hmac)
    assert (ours.quote, ours.urlparse) == (urllib.parse.quote, urllib.parse.urlparse)
    assert ours.requests is requests


def test_constructor_has_the_signature_of_the_original():
    def shape(function):
        return [
            (p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()
        ]

    assert shape(ours.AWSRequestsAuth.__init__) == shape(original.AWSRequestsAuth.__init__)
    assert shape(ours.AWSRequestsAuth) == shape(original.AWSRequestsAuth)


@pytest.mark.parametrize("name", METHODS)
def test_methods_have_the_argument_names_of_the_original(name):
    expected = inspect.signature(getattr(original.AWSRequestsAuth, name)).parameters
    assert list(inspect.signature(getattr(ours.AWSRequestsAuth, name)).parameters) == list(expected)


@pytest.mark.parametrize("name", ["sign", "getSignatureKey"])
def test_functions_have_the_argument_names_of_the_original(name):
    expected = inspect.signature(getattr(original, name)).parameters
    assert list(inspect.signature(getattr(ours, name)).parameters) == list(expected)


def test_all_methods_can_be_called_with_keywords():
    auth, request = new_auth(aws_token=TOKEN), new_request()
    with clock_at():
        headers = auth.get_aws_request_headers(
            r=request, aws_access_key=ACCESS_KEY, aws_secret_access_key=SECRET, aws_token=TOKEN
        )
        assert auth.get_aws_request_headers_handler(r=request) == headers
        assert auth.__call__(r=request) is request
    assert ours.AWSRequestsAuth.get_canonical_path(r=request) == "/index/_search"
    assert ours.AWSRequestsAuth.get_canonical_querystring(r=request) == "q=a"


def test_sign_and_get_signature_key_return_the_same_bytes_as_the_original():
    arguments = {
        "key": "sécret",
        "dateStamp": "20160618",
        "regionName": REGION,
        "serviceName": "es",
    }
    expected = original.getSignatureKey(**arguments)
    assert (
        ours.getSignatureKey(**arguments) == ours.getSignatureKey(*arguments.values()) == expected
    )
    assert ours.sign(key=b"key", msg="mèssage") == original.sign(key=b"key", msg="mèssage")
    assert ours.sign(b"", "") == original.sign(b"", "")


@pytest.mark.parametrize("name", ["dateStamp", "regionName", "serviceName"])
def test_scope_that_is_not_text_is_an_error_that_names_the_argument(name):
    scope = {"dateStamp": "20160618", "regionName": REGION, "serviceName": "es", name: None}
    with pytest.raises(InvalidRequestError, match=f"^{name} must be str, not NoneType"):
        ours.getSignatureKey("secret", **scope)


def test_attributes_equal_those_of_the_original():
    auth = new_auth(aws_token=TOKEN)
    assert vars(auth) == vars(new_auth(original, aws_token=TOKEN))
    assert vars(auth)["service"] == "es"
    assert "aws_service" not in vars(auth)


def test_arguments_can_be_positional():
    positional = ours.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es", TOKEN)
    assert vars(positional) == vars(new_auth(aws_token=TOKEN))


@pytest.mark.parametrize("token", [None, "", TOKEN])
def test_headers_are_a_dict_with_the_keys_and_order_of_the_original(token):
    headers = headers_now(new_auth(aws_token=token))
    keys = ["Authorization", "x-amz-date", "x-amz-content-sha256"]
    assert type(headers) is dict
    assert list(headers) == keys + (["X-Amz-Security-Token"] if token else [])
    assert list(headers.items()) == list(headers_now(new_auth(original, aws_token=token)).items())


def test_clients_recognise_it_as_an_auth():
    assert issubclass(ours.AWSRequestsAuth, requests.auth.AuthBase)
    assert isinstance(new_auth(), requests.auth.AuthBase)


def test_call_returns_its_request():
    request = new_request()
    assert new_auth()(request) is request


def test_requests_signs_while_it_prepares():
    with clock_at():
        request = requests.Request("GET", f"https://{HOST}/a", auth=new_auth()).prepare()
    expected = headers_now(new_auth(original), request)
    assert {name: request.headers[name] for name in expected} == expected


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_unpickled_auth_signs_the_same(protocol):
    auth = new_auth(aws_token=TOKEN)
    unpickled = pickle.loads(pickle.dumps(auth, protocol))  # noqa: S301 - it was pickled here
    assert type(unpickled) is ours.AWSRequestsAuth
    assert vars(unpickled) == vars(auth)
    assert headers_now(unpickled) == headers_now(auth)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_copy_signs_the_same_and_is_independent(copied):
    auth = new_auth(aws_token=TOKEN)
    other = copied(auth)
    assert headers_now(other) == headers_now(auth)
    other.aws_access_key = "ANOTHER"
    assert auth.aws_access_key == ACCESS_KEY


def test_auth_is_equal_only_to_itself_hashable_and_weakly_referencable():
    auth = new_auth()
    assert auth != new_auth()
    assert {auth: 1}[auth] == 1
    assert weakref.ref(auth)() is auth


def test_repr_is_the_default_and_shows_no_secret():
    auth = new_auth(aws_token=TOKEN)
    for text in (repr(auth), str(auth), f"{auth}"):
        assert text.startswith("<rsigv4.aws_auth.AWSRequestsAuth object at 0x")
        assert SECRET not in text
        assert TOKEN not in text


@pytest.mark.parametrize("host", [HOST.upper(), f"{HOST}:443", f"{HOST}:9200", "tunnelled.example"])
def test_host_argument_is_signed_verbatim_with_any_url(host):
    signed = headers_now(new_auth(aws_host=host))
    assert signed == headers_now(new_auth(original, aws_host=host))
    assert signed != headers_now(new_auth())


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("aws_access_key", "ANOTHERKEY"),
        ("aws_secret_access_key", "another secret"),
        ("aws_host", "another.example"),
        ("aws_region", "eu-west-1"),
        ("service", "execute-api"),
        ("aws_token", TOKEN),
    ],
)
def test_attributes_are_read_at_each_request(attribute, value):
    auth, reference = new_auth(), new_auth(original)
    before = headers_now(auth)
    setattr(auth, attribute, value)
    setattr(reference, attribute, value)
    assert headers_now(auth) == headers_now(reference)
    assert headers_now(auth) != before


def upstream_request(method, body, headers):
    return mock.Mock(url=f"http://{HOST}:80/", method=method, body=body, headers=headers)


@pytest.mark.parametrize("module", [original, ours], ids=["original", "ours"])
@pytest.mark.parametrize(
    ("method", "body", "signature"),
    [
        ("GET", None, "ca0a856286efce2a4bd96a978ca6c8966057e53184776c0685169d08abd74739"),
        ("POST", b"foo=bar", "a6fd88e5f5c43e005482894001d9b05b43f6710e96be6098bcfcfccdeb8ed812"),
        ("POST", "foo=bar", "a6fd88e5f5c43e005482894001d9b05b43f6710e96be6098bcfcfccdeb8ed812"),
        ("POST", "foo=bar\xc3", "0836dae4bce95c1bcdbd3751c84c0c7e589ba7c81331bab92d0e1acb94adcdd9"),
    ],
    ids=["get", "post-bytes", "post-str", "post-not-ascii"],
)
def test_signatures_of_the_tests_of_the_original(module, method, body, signature):
    sent = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    request = upstream_request(method, body, dict(sent))
    auth = module.AWSRequestsAuth(
        aws_access_key="YOURKEY",
        aws_secret_access_key="YOURSECRET",
        aws_host=HOST,
        aws_region="us-east-1",
        aws_service="es",
    )
    moment = dt.datetime(2016, 6, 18, 22, 4, 5)  # noqa: DTZ001 - utcnow() is naive
    with mock.patch("datetime.datetime") as patched:
        patched.utcnow.return_value = moment
        assert auth(request) is request
    raw = body.encode() if isinstance(body, str) else body or b""
    assert request.headers == {
        **sent,
        "Authorization": "AWS4-HMAC-SHA256 "
        "Credential=YOURKEY/20160618/us-east-1/es/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}",
        "x-amz-date": "20160618T220405Z",
        "x-amz-content-sha256": hashlib.sha256(raw).hexdigest(),
    }


@pytest.mark.parametrize("module", [original, ours], ids=["original", "ours"])
@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/", "/", ""),
        ("/+foo.*/_stats", "/%2Bfoo.%2A/_stats", ""),
        ("/my_index/?pretty=True", "/my_index/", "pretty=True"),
        (
            "/index/type/_search?scroll=5m&search_type=scan",
            "/index/type/_search",
            "scroll=5m&search_type=scan",
        ),
        ("/index/type/1/_update?version=1", "/index/type/1/_update", "version=1"),
        ("", "/", ""),
        ("/a%20b?flag&c=%2B&c=%C3%A9", "/a%2520b", "c=%2B&c=%C3%A9&flag="),
    ],
)
def test_canonical_path_and_query_of_the_tests_of_the_original(module, target, path, query):
    # They can be called on the class and on an instance, and read only the URL.
    request = mock.Mock(spec=["url"], url=f"http://{HOST}:80{target}")
    for owner in (module.AWSRequestsAuth, new_auth(module)):
        assert owner.get_canonical_path(request) == path
        assert owner.get_canonical_querystring(request) == query


@pytest.mark.parametrize("body", [None, "", b"", bytearray(), 0, False, [], (), {}], ids=repr)
def test_falsy_body_is_treated_as_empty_and_not_modified(body):
    request = new_request()
    request.body = body
    headers = headers_now(new_auth(), request)
    assert headers["x-amz-content-sha256"] == EMPTY_HASH
    assert headers == headers_now(new_auth(original), request)
    assert request.body is body


def test_method_is_signed_unchanged():
    upper, lower = new_request(), new_request()
    lower.method = "get"
    assert headers_now(new_auth(), lower) == headers_now(new_auth(original), lower)
    assert signature_of(headers_now(new_auth(), lower)["Authorization"]) != signature_of(
        headers_now(new_auth(), upper)["Authorization"]
    )
