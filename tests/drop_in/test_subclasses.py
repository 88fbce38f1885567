"""
Usage patterns of published code, compared with the original.

Each pattern is a function of the module, so that it runs with both. Results must be byte-identical.
"""

from __future__ import annotations

from collections import namedtuple
from types import SimpleNamespace

import pytest
import requests
import requests.auth

from support.drop_in import (
    ACCESS_KEY,
    HOST,
    REGION,
    SECRET,
    TOKEN,
    URL,
    alike,
    botocore_request,
    botocore_signature,
    clock_at,
    ours,
    sent_headers,
    signature_of,
)


def test_subclass_with_read_only_properties_may_skip_super_init():
    def pattern(module):
        class Refreshable(module.AWSRequestsAuth):
            def __init__(self, refreshable_credentials, host, *, region, service="es"):
                self.refreshable_credentials = refreshable_credentials
                self.aws_host = host
                self.aws_region = region
                self.service = service

            @property
            def aws_access_key(self):
                return self.refreshable_credentials.access_key

            @property
            def aws_secret_access_key(self):
                return self.refreshable_credentials.secret_key

            @property
            def aws_token(self):
                return self.refreshable_credentials.token

        credentials = SimpleNamespace(access_key=ACCESS_KEY, secret_key=SECRET, token=TOKEN)
        auth = Refreshable(credentials, HOST, region=REGION)
        first = sent_headers(auth)
        credentials.access_key = "ROTATED"
        with pytest.raises(AttributeError):
            auth.aws_access_key = "set"
        return first, sent_headers(auth)

    first, second = alike(pattern)
    assert f"Credential={ACCESS_KEY}/" in dict(first)["Authorization"]
    assert "Credential=ROTATED/" in dict(second)["Authorization"]


def test_fake_that_takes_any_arguments_and_does_not_sign():
    def pattern(module):
        class Fake(module.AWSRequestsAuth):
            def __init__(self, *args, **kwargs):
                pass

            def get_aws_request_headers_handler(self, _r):
                return {}

        return sent_headers(Fake(1, 2, anything=3)), vars(Fake("x"))

    headers, attributes = alike(pattern)
    assert "Authorization" not in dict(headers)
    assert attributes == {}


def test_subclass_with_computed_attributes():
    def pattern(module):
        auth = module.AWSRequestsAuth(None, None, HOST, REGION, "es")
        return auth.aws_host, auth.aws_region, auth.service, auth.aws_secret_access_key

    assert alike(pattern) == (HOST, REGION, "es", None)


def test_subclass_that_fetches_credentials_in_the_handler():
    def pattern(module):
        class Fetching(module.AWSRequestsAuth):
            def __init__(self, host, region, service):
                super().__init__(None, None, host, region, service)
                self.fetched = 0

            def get_aws_request_headers_handler(self, r):
                self.fetched += 1
                credentials = {
                    "aws_access_key": ACCESS_KEY,
                    "aws_secret_access_key": SECRET,
                    "aws_token": TOKEN,
                }
                return self.get_aws_request_headers(r, **credentials)

        auth = Fetching(HOST, REGION, "es")
        return sent_headers(auth), auth.fetched

    headers, fetched = alike(pattern)
    assert dict(headers)["X-Amz-Security-Token"] == TOKEN
    assert fetched == 1


def test_subclass_that_works_before_super_init():
    def pattern(module):
        class Early(module.AWSRequestsAuth):
            def __init__(self, profile):
                self.profile = profile
                access_key, secret = self.look_up()
                super().__init__(access_key, secret, HOST, REGION, "es")

            def look_up(self):
                return f"{ACCESS_KEY}{self.profile}", SECRET

        return sent_headers(Early("P"))

    assert f"Credential={ACCESS_KEY}P/" in dict(alike(pattern))["Authorization"]


def test_subclass_with_a_mixin_class_attributes_and_a_direct_init_call():
    def pattern(module):
        class Mixin:
            aws_token = TOKEN

        class Mixed(Mixin, module.AWSRequestsAuth):
            service = "execute-api"

            def __init__(self):
                module.AWSRequestsAuth.__init__(self, ACCESS_KEY, SECRET, HOST, REGION, "es")
                del self.service, self.aws_token

        return sent_headers(Mixed())

    headers = dict(alike(pattern))
    assert headers["X-Amz-Security-Token"] == TOKEN
    assert "/execute-api/aws4_request" in headers["Authorization"]


NamedRequest = namedtuple("NamedRequest", "url body method")  # noqa: PYI024 - as callers write it


@pytest.mark.parametrize(
    "make",
    [
        lambda: NamedRequest(URL, b"{}", "POST"),
        lambda: NamedRequest(URL, "", "GET"),
        lambda: SimpleNamespace(method="GET", url=URL, body=""),
        lambda: SimpleNamespace(method="", url=URL, body=None),
    ],
    ids=["namedtuple-body", "namedtuple-empty", "object-empty", "object-no-method"],
)
def test_object_with_only_method_url_and_body_can_be_signed(make):
    def pattern(module):
        auth = module.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es", TOKEN)
        request = make()
        return (
            list(auth.get_aws_request_headers_handler(request).items()),
            list(auth.get_aws_request_headers(request, ACCESS_KEY, SECRET, None).items()),
            request == make(),
        )

    with_token, without_token, is_unchanged = alike(pattern)
    assert len(with_token) == len(without_token) + 1
    assert is_unchanged


def test_unprepared_request_with_an_empty_method():
    def pattern(module):
        auth = module.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es")
        request = requests.Request(method="", url=URL)
        request.body = ""
        returned = auth(request)
        return returned is request, list(request.headers.items())

    is_same, headers = alike(pattern)
    assert is_same
    assert [name for name, _ in headers] == ["Authorization", "x-amz-date", "x-amz-content-sha256"]


def test_subclass_that_signs_with_functions_of_the_module():
    def pattern(module):
        class Own(module.AWSRequestsAuth):
            def get_aws_request_headers(self, r, aws_access_key, aws_secret_access_key, aws_token):
                key = module.getSignatureKey(
                    aws_secret_access_key, "20160618", self.aws_region, self.service
                )
                path = module.AWSRequestsAuth.get_canonical_path(r)
                query = module.AWSRequestsAuth.get_canonical_querystring(r)
                signature = module.sign(key, f"{r.method} {path}?{query}").hex()
                return {"Authorization": f"{aws_access_key} {signature}", "Token": aws_token}

        return sent_headers(Own(ACCESS_KEY, SECRET, HOST, REGION, "es", TOKEN))

    headers = dict(alike(pattern))
    assert headers["Token"] == TOKEN
    assert "x-amz-date" not in headers


def test_override_that_adds_headers():
    def pattern(module):
        class More(module.AWSRequestsAuth):
            def get_aws_request_headers(self, *args, **kwargs):
                headers = super().get_aws_request_headers(*args, **kwargs)
                headers["x-more"] = "1"
                return headers

            def get_aws_request_headers_handler(self, r):
                return {**super().get_aws_request_headers_handler(r), "x-most": "2"}

            def __call__(self, r):
                r.headers["x-first"] = "0"
                return super().__call__(r)

        return sent_headers(More(ACCESS_KEY, SECRET, HOST, REGION, "es"))

    names = [name for name, _ in alike(pattern)]
    assert names == [
        "x-first",
        "Authorization",
        "x-amz-date",
        "x-amz-content-sha256",
        "x-more",
        "x-most",
    ]


def test_handler_may_pass_arguments_as_keywords():
    def pattern(module):
        class Spy(module.AWSRequestsAuth):
            def get_aws_request_headers(self, *args, **kwargs):
                return {"x-args": str(len(args)), "x-names": ",".join(kwargs)}

        return sent_headers(Spy(ACCESS_KEY, SECRET, HOST, REGION, "es", TOKEN))

    headers = dict(alike(pattern))
    assert headers["x-args"] == "0"
    assert headers["x-names"] == "r,aws_access_key,aws_secret_access_key,aws_token"


def test_override_of_the_canonical_path_and_query_is_not_used():
    def pattern(module):
        class Overriding(module.AWSRequestsAuth):
            @classmethod
            def get_canonical_path(cls, _r):
                return "/overridden"

            @classmethod
            def get_canonical_querystring(cls, _r):
                return "overridden="

        arguments = (ACCESS_KEY, SECRET, HOST, REGION, "es")
        return sent_headers(Overriding(*arguments)), sent_headers(
            module.AWSRequestsAuth(*arguments)
        )

    overriding, plain = alike(pattern)
    assert overriding == plain


def test_client_that_requires_auth_base_accepts_it():
    def http_auth(given):
        # elasticsearch treats everything else as a name and a password.
        return (
            given
            if isinstance(given, requests.auth.AuthBase)
            else requests.auth.HTTPBasicAuth(*given)
        )

    auth = ours.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es")
    assert http_auth(auth) is auth


def test_patterns_are_signed_correctly():
    with clock_at():
        headers = dict(sent_headers(ours.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "es")))
    request = botocore_request(
        method="GET", url=URL, body=b"", host=HOST, amz_date=headers["x-amz-date"]
    )
    assert signature_of(headers["Authorization"]) == botocore_signature(request, "es")
