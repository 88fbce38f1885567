"""The drop-in for requests-aws4auth: names, arguments, errors, dates, and what users do with it."""

from __future__ import annotations

import copy
import datetime as dt
import io
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from types import SimpleNamespace

import httpx
import pytest
import requests
import requests_aws4auth
import time_machine
from botocore.credentials import Credentials, RefreshableCredentials

import rsigv4
from rsigv4.compat.requests_aws4auth import (
    AWS4Auth,
    AWS4SigningKey,
    DateMismatchError,
    NoSecretKeyError,
    PassiveAWS4Auth,
    RequestsAws4AuthException,
    StrictAWS4Auth,
    exceptions,
)
from support.servers.verifying import VerifyingServer
from support.signing import shown

NOON = dt.datetime(2026, 11, 30, 12, tzinfo=dt.timezone.utc)
URL = "https://example.com/path?a=b"
ARGUMENTS = ("AKID", "secret", "us-east-1", "es")
at_noon = time_machine.travel(NOON, tick=False)


def prepared(method="GET", url=URL, **parts):
    return requests.Request(method, url, **parts).prepare()


def signed_headers(request):
    return request.headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0]


def scope(request):
    return request.headers["Authorization"].partition("Credential=")[2].partition(",")[0]


@pytest.mark.parametrize("module", ["aws4auth", "aws4signingkey", "exceptions"])
def test_modules_have_the_classes_of_the_original(module):
    theirs = import_module(f"requests_aws4auth.{module}")
    ours = import_module(f"rsigv4.compat.requests_aws4auth.{module}")
    names = {name for name, value in vars(theirs).items() if isinstance(value, type)}
    assert names <= set(dir(ours))


def test_the_classes_have_the_attributes_of_the_original():
    for name in ("AWS4Auth", "StrictAWS4Auth", "PassiveAWS4Auth", "AWS4SigningKey"):
        theirs, ours = (
            getattr(requests_aws4auth, name),
            getattr(rsigv4.compat.requests_aws4auth, name),
        )
        assert set(dir(theirs)) <= set(dir(ours))
    theirs, ours = requests_aws4auth.AWS4Auth(*ARGUMENTS), AWS4Auth(*ARGUMENTS)
    assert vars(theirs).keys() <= vars(ours).keys()
    # Once an object has a session token, the original adds this for all.
    assert theirs.include_hdrs - {"x-amz-security-token"} == ours.include_hdrs
    assert vars(theirs.signing_key) == vars(ours.signing_key)


def test_errors_have_the_base_of_the_original():
    for name in ("DateMismatchError", "NoSecretKeyError", "DateFormatError"):
        assert issubclass(getattr(exceptions, name), RequestsAws4AuthException)


@pytest.mark.parametrize("count", [0, 1, 3, 6])
def test_other_numbers_of_arguments_are_errors(count):
    with pytest.raises(
        TypeError, match=rf"^AWS4Auth\(\) takes 2, 4 or 5 arguments, {count} given$"
    ):
        AWS4Auth(*(*ARGUMENTS, "20261130", "more")[:count])


def test_arguments_are_checked_like_in_the_original():
    with pytest.raises(TypeError) as caught:
        AWS4Auth("AKID", "hunter2")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ValueError, match="raise_invalid_date must be True or False"):
        AWS4Auth(*ARGUMENTS, raise_invalid_date="yes")
    for missing, other in (("service", "region"), ("region", "service")):
        with pytest.raises(TypeError, match=f"{missing} must be provided"):
            AWS4Auth(refreshable_credentials=Credentials("a", "b"), **{other: "x"})
    assert AWS4Auth(*ARGUMENTS, unknown=1).include_hdrs == AWS4Auth.default_include_headers


def test_include_hdrs_takes_any_iterable():
    assert AWS4Auth(*ARGUMENTS, include_hdrs=(name for name in ["host"])).include_hdrs == {"host"}
    assert AWS4Auth(*ARGUMENTS, include_hdrs=3).include_hdrs == AWS4Auth.default_include_headers
    before = set(AWS4Auth.default_include_headers)
    assert "x-amz-security-token" in AWS4Auth(*ARGUMENTS, session_token="t").include_hdrs
    # The original adds it for all objects.
    assert AWS4Auth.default_include_headers == before


def test_headers_that_are_not_included_are_sent_unsigned():
    request = prepared(
        headers={"X-Amz-Meta-A": "b"}, auth=AWS4Auth(*ARGUMENTS, include_hdrs=["host"])
    )
    assert signed_headers(request) == "host"
    request = prepared(headers={"X-Amz-Client-Context": "b"}, auth=AWS4Auth(*ARGUMENTS))
    assert "client-context" not in signed_headers(request)


@at_noon
def test_key_without_its_secret():
    key = AWS4SigningKey("secret", "us-east-1", "es", "20261130", False)  # noqa: FBT003
    assert (key.secret_key, key.scope) == (None, "20261130/us-east-1/es/aws4_request")
    auth = AWS4Auth("AKID", key)
    assert prepared(auth=auth).headers == prepared(auth=AWS4Auth(*ARGUMENTS)).headers
    tomorrow = {"X-Amz-Date": "20261201T000000Z"}
    with pytest.raises(NoSecretKeyError):
        prepared(headers=tomorrow, auth=auth)
    with pytest.raises(DateMismatchError):
        prepared(headers=tomorrow, auth=StrictAWS4Auth("AKID", key))
    assert scope(prepared(headers=tomorrow, auth=PassiveAWS4Auth("AKID", key))).startswith(
        "AKID/20261130/"
    )
    auth.regenerate_signing_key(secret_key="secret", date="20261201", region="eu-west-1")
    assert (auth.date, auth.region, auth.signing_key.secret_key) == ("20261201", "eu-west-1", None)
    with pytest.warns(DeprecationWarning, match="read date") as caught:
        assert key.amz_date == key.date
    assert caught[0].filename == __file__
    arguments = ("secret", "us-east-1", "es", "20261130")
    theirs = requests_aws4auth.AWS4SigningKey.generate_key(*arguments, intermediates=True)
    assert AWS4SigningKey.generate_key(*arguments, intermediates=True) == theirs


@pytest.mark.parametrize(
    "date",
    [
        "Tue, 01 Dec 2026 10:11:12 GMT",
        "Tuesday, 01-Dec-26 10:11:12 GMT",
        "Tue Dec 1 10:11:12 2026",
        "20261201T101112Z",
        "2026-12-01T09:11:12.13-01:00",
    ],
)
@pytest.mark.parametrize("name", ["Date", "X-Amz-Date"])
@at_noon
def test_the_date_of_the_request_is_signed(date, name):
    assert AWS4Auth.parse_date(date) == requests_aws4auth.AWS4Auth.parse_date(date) == "2026-12-01"
    request = prepared(headers={name: date}, auth=AWS4Auth(*ARGUMENTS))
    assert request.headers["X-Amz-Date"] == "20261201T101112Z"
    assert scope(request) == "AKID/20261201/us-east-1/es/aws4_request"


@at_noon
def test_dates_that_can_not_be_read_are_replaced():
    for text in ("yesterday", "Tue, 41 Dec 2026 10:11:12 GMT", "Tue, 01 Foo 2026 10:11:12 GMT"):
        request = prepared(headers={"Date": text, "X-Amz-Date": text}, auth=AWS4Auth(*ARGUMENTS))
        assert "Date" not in request.headers
        assert request.headers["X-Amz-Date"] == "20261130T120000Z"
    with pytest.raises(exceptions.DateFormatError):
        AWS4Auth.parse_date("yesterday")


def test_overridden_methods_are_used():
    class Own(AWS4Auth):
        def get_request_date(self, req):  # noqa: ARG002 - as in the original
            return dt.date(2030, 1, 1)

        def amz_cano_path(self, path):
            return super().amz_cano_path(path).replace("%", "%25")

        def handle_date_mismatch(self, req):
            self.seen = req
            super().handle_date_mismatch(req)

    auth = Own(*ARGUMENTS)
    request = prepared(auth=auth)
    assert auth.seen is request
    assert auth.date == "20300101"


def test_subclass_with_other_arguments():
    class Own(AWS4Auth):
        def __init__(self, profile):
            super().__init__(*ARGUMENTS, session_token=profile)

    assert prepared(auth=Own("token")).headers["x-amz-security-token"] == "token"


@pytest.mark.parametrize(
    "clone",
    [copy.copy, copy.deepcopy, lambda auth: pickle.loads(pickle.dumps(auth))],  # noqa: S301
)
@at_noon
def test_copies_sign_alike(clone):
    auth = AWS4Auth(*ARGUMENTS, session_token="token")
    first = prepared(auth=auth)
    assert prepared(auth=clone(auth)).headers == first.headers


def test_refreshable_credentials_are_read_for_each_request():
    keys = iter(["one", "one", "two"])

    class Provider:
        def get_frozen_credentials(self):
            name = next(keys)
            return Credentials(name, f"secret {name}", f"token {name}").get_frozen_credentials()

    auth = AWS4Auth(refreshable_credentials=Provider(), region="us-east-1", service="es")
    sent = []
    for _ in range(3):
        request = prepared(auth=auth)
        sent.append((scope(request).partition("/")[0], request.headers["x-amz-security-token"]))
    assert sent == [("one", "token one"), ("one", "token one"), ("two", "token two")]


def test_threads_share_an_auth():
    calls = []

    def metadata():
        number = len(calls)
        calls.append(number)
        ends = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=30)
        name = f"AKID{number}"
        return {
            "access_key": name,
            "secret_key": f"secret {name}",
            "token": f"token {name}",
            "expiry_time": ends.isoformat(),
        }

    credentials = RefreshableCredentials.create_from_metadata(metadata(), metadata, "tests")
    auth = AWS4Auth(refreshable_credentials=credentials, region="us-east-1", service="es")
    barrier = threading.Barrier(32)
    with VerifyingServer() as server:
        for number in range(1000):
            name = f"AKID{number}"
            server.accept(name, f"secret {name}", f"token {name}")

        def send(_):
            barrier.wait(30)
            return requests.post(
                server.url("/a b"), data=b"body", auth=auth, timeout=30
            ).status_code

        with ThreadPoolExecutor(32) as executor:
            assert set(executor.map(send, range(64))) == {200}
        assert server.errors == []


@pytest.mark.parametrize(
    "body", ["text", b"bytes", {"a": "b"}, io.BytesIO(b"file"), (piece for piece in [b"a", b"b"])]
)
def test_every_body_and_path_is_accepted(body):
    with VerifyingServer() as server, requests.Session() as session:
        server.accept("AKID", "secret", "token")
        session.auth = AWS4Auth(*ARGUMENTS, session_token="token")
        for target in ("/", "/a;b/c;d", "/a%20b?q=a+b", "//x/../y"):
            if hasattr(body, "seek"):
                body.seek(0)
            data = body if target == "/" or not hasattr(body, "send") else b"a"
            assert session.post(server.url(target), data=data, timeout=30).status_code == 200
        assert server.errors == []


def test_redirects_are_signed_again_and_leak_nothing():
    with VerifyingServer() as server, VerifyingServer(anonymous=True) as other:
        server.accept("AKID", "secret", "token")
        server.redirects = {"/here": (307, "/there"), "/away": (307, other.url("/"))}
        auth = AWS4Auth(*ARGUMENTS, session_token="token")
        assert (
            requests.put(server.url("/here"), data=b"body", auth=auth, timeout=30).status_code
            == 200
        )
        assert requests.get(server.url("/away"), auth=auth, timeout=30).status_code == 200
        assert server.errors == []
        assert not {name for name in other.arrived[0].names() if name.startswith(("x-amz", "auth"))}


@pytest.mark.parametrize(
    "content", [{}, {"content": b"body"}, {"json": {"a": "b"}}, {"files": {"a": b"b"}}]
)
def test_httpx_requests_are_signed(content):
    with VerifyingServer() as server:
        server.accept("AKID", "secret")
        for target in ("", "/a%20b?q=a%20b"):
            url = server.url(target)
            assert httpx.post(url, auth=AWS4Auth(*ARGUMENTS), **content).status_code == 200
        assert server.errors == []


def test_httpx_redirects_leak_nothing():
    with VerifyingServer() as server, VerifyingServer(anonymous=True) as other:
        server.accept("AKID", "secret", "token")
        server.redirects = {"/away": (307, other.url("/"))}
        auth = AWS4Auth(*ARGUMENTS, session_token="token")
        with httpx.Client(auth=auth, follow_redirects=True) as client:
            assert client.get(server.url("/away")).status_code == 200
        assert server.errors == []
        assert not {name for name in other.arrived[0].names() if name.startswith(("x-amz", "auth"))}


def test_what_aws_refuses_is_signed_with_a_warning():
    auth = AWS4Auth("AKID with spaces", "secret", "", "es")
    with pytest.warns(rsigv4.SigningWarning, match="access_key_id has white space"):
        request = prepared(auth=auth)
    assert request.headers["Authorization"].startswith(
        "AWS4-HMAC-SHA256 Credential=AKID with spaces/"
    )


def test_presigned_urls_are_sent_as_they_are():
    url = rsigv4.Signer(rsigv4.Credentials("AKID", "secret"), "us-east-1", "s3").presign("GET", URL)
    assert "Authorization" not in prepared(url=url, auth=AWS4Auth(*ARGUMENTS)).headers


def test_no_traceback_shows_the_secret():
    with pytest.raises(TypeError) as caught:
        AWS4Auth("AKID", "hunter2", "us-east-1")
    assert "hunter2" not in shown(caught.value)


def test_raise_invalid_date_of_none_is_an_error():
    with pytest.raises(ValueError, match="raise_invalid_date must be True or False"):
        AWS4Auth(*ARGUMENTS, raise_invalid_date=None)


def test_refreshable_credentials_select_the_header_of_the_token():
    options = {
        "refreshable_credentials": Credentials("a", "b"),
        "region": "us-east-1",
        "service": "es",
    }
    expected = requests_aws4auth.AWS4Auth(**options).include_hdrs
    assert AWS4Auth(**options).include_hdrs == expected


def test_the_date_of_an_auth_is_that_of_its_key():
    for auth in (
        AWS4Auth(*ARGUMENTS, "20200101"),
        AWS4Auth("AKID", AWS4SigningKey("secret", "us-east-1", "es", "20200101")),
    ):
        auth.regenerate_signing_key(region="eu-west-1")
        assert (auth.date, auth.signing_key.date) == ("20200101", "20200101")
        assert auth.region == auth.signing_key.region == "eu-west-1"


def test_threads_take_turns_to_change_the_key():
    inside, at_once = [], []

    class Own(PassiveAWS4Auth):
        def get_canonical_request(self, *arguments):
            inside.append(1)
            time.sleep(0.01)
            at_once.append(len(inside))
            inside.pop()
            return super().get_canonical_request(*arguments)

    auth = Own(*ARGUMENTS)
    with ThreadPoolExecutor(8) as executor:
        list(executor.map(lambda _: prepared(auth=auth), range(8)))
    assert set(at_once) == {1}


def test_values_of_names_that_differ_by_case_are_sorted():
    request = SimpleNamespace(headers={"ZOO": "b", "zoo": "a", " Foo": "c", "host": "example.com"})
    for include in (["ZOO", " foo", "foo", "Host"], ["*"]):
        ours = AWS4Auth.get_canonical_headers(request, include)
        assert ours == requests_aws4auth.AWS4Auth.get_canonical_headers(request, include)
