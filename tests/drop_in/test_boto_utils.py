"""The drop-in for ``aws_requests_auth.boto_utils``."""

from __future__ import annotations

import datetime as dt
import hashlib
import inspect
import json
import pickle
from types import SimpleNamespace
from unittest import mock

import botocore.session
import pytest
import requests
from aws_requests_auth import boto_utils as original
from botocore.credentials import Credentials, ReadOnlyCredentials, RefreshableCredentials

from rsigv4 import boto_utils as ours
from rsigv4.exceptions import MissingCredentialsError, SigV4Error
from support.drop_in import HOST, REGION, clock_at, signature_of
from support.drop_in import ours as aws_auth

BOTH = pytest.mark.parametrize("module", [original, ours], ids=["original", "ours"])


@pytest.fixture(autouse=True)
def nothing_to_find(monkeypatch, tmp_path):
    """Hide this machine's credentials and network from botocore."""
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SECURITY_TOKEN",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "BOTO_CONFIG",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def environment(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, f"test-{name}")


def new_request():
    return requests.Request("GET", f"https://{HOST}/").prepare()


def headers_now(auth):
    with clock_at():
        return auth.get_aws_request_headers_handler(new_request())


class Rotating:
    """Credentials that change each time they are frozen."""

    def __init__(self):
        self.freezes = 0

    def get_frozen_credentials(self):
        self.freezes += 1
        number = self.freezes
        return ReadOnlyCredentials(f"KEY{number}", f"secret {number}", f"token {number}")


@BOTH
@pytest.mark.usefixtures("environment")
def test_credentials_come_from_the_environment(module):
    assert module.get_credentials() == {
        "aws_access_key": "test-AWS_ACCESS_KEY_ID",
        "aws_secret_access_key": "test-AWS_SECRET_ACCESS_KEY",
        "aws_token": "test-AWS_SESSION_TOKEN",
    }


@BOTH
def test_credentials_come_from_a_profile(module, monkeypatch, tmp_path):
    (tmp_path / "credentials").write_text(
        "[mine]\naws_access_key_id = PROFILEKEY\naws_secret_access_key = profile secret\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "mine")
    assert list(module.get_credentials().items()) == [
        ("aws_access_key", "PROFILEKEY"),
        ("aws_secret_access_key", "profile secret"),
        ("aws_token", None),
    ]


@BOTH
@pytest.mark.parametrize("token", [None, "token"])
def test_credentials_come_from_an_object_that_is_frozen_once(module, token):
    given = mock.Mock(wraps=Credentials("KEY", "secret", token))
    for credentials in (
        module.get_credentials(given),
        module.get_credentials(credentials_obj=given),
    ):
        assert list(credentials.items()) == [
            ("aws_access_key", "KEY"),
            ("aws_secret_access_key", "secret"),
            ("aws_token", token),
        ]
    assert given.get_frozen_credentials.call_count == 2


@BOTH
@pytest.mark.usefixtures("environment")
def test_result_is_keyword_arguments_of_the_auth_class(module):
    auth = module.AWSRequestsAuth(
        aws_host=HOST, aws_region=REGION, aws_service="es", **module.get_credentials()
    )
    assert auth.aws_access_key == "test-AWS_ACCESS_KEY_ID"
    assert headers_now(auth)["X-Amz-Security-Token"] == "test-AWS_SESSION_TOKEN"


def test_every_name_of_the_original_module_exists():
    assert ours.Session is botocore.session.Session
    assert ours.AWSRequestsAuth is aws_auth.AWSRequestsAuth
    assert issubclass(ours.BotoAWSRequestsAuth, aws_auth.AWSRequestsAuth)


@pytest.mark.parametrize("name", ["get_credentials", "BotoAWSRequestsAuth"])
def test_arguments_and_defaults_equal_those_of_the_original(name):
    def shape(module):
        parameters = inspect.signature(getattr(module, name)).parameters.values()
        return [(p.name, p.kind, p.default) for p in parameters]

    assert shape(ours) == shape(original)


@BOTH
@pytest.mark.usefixtures("environment")
def test_signature_of_the_tests_of_the_original(module):
    auth = module.BotoAWSRequestsAuth(aws_host=HOST, aws_region="us-east-1", aws_service="es")
    request = mock.Mock(url=f"http://{HOST}:80/", method="GET", body=None, headers={})
    moment = dt.datetime(2016, 6, 18, 22, 4, 5)  # noqa: DTZ001 - utcnow() is naive
    with mock.patch("datetime.datetime") as patched:
        patched.utcnow.return_value = moment
        assert auth(request) is request
    assert request.headers == {
        "Authorization": "AWS4-HMAC-SHA256 "
        "Credential=test-AWS_ACCESS_KEY_ID/20160618/us-east-1/es/aws4_request, "
        "SignedHeaders=host;x-amz-date;x-amz-security-token, "
        "Signature=9d35f096395c7aa5061e69aca897417dd41bb8fb01a465bb78343624f8f123bf",
        "x-amz-date": "20160618T220405Z",
        "X-Amz-Security-Token": "test-AWS_SESSION_TOKEN",
        "x-amz-content-sha256": hashlib.sha256(b"").hexdigest(),
    }


@BOTH
@pytest.mark.usefixtures("environment")
def test_credential_attributes_stay_none(module):
    auth = module.BotoAWSRequestsAuth(HOST, REGION, "es")
    headers_now(auth)
    attributes = dict(vars(auth))
    assert attributes.pop("_refreshable_credentials") is not None
    assert attributes == {
        "aws_access_key": None,
        "aws_secret_access_key": None,
        "aws_host": HOST,
        "aws_region": REGION,
        "service": "es",
        "aws_token": None,
    }


@BOTH
def test_patched_session_is_called_once_at_construction(module, monkeypatch):
    credentials = Rotating()
    session = mock.Mock(return_value=SimpleNamespace(get_credentials=lambda: credentials))
    monkeypatch.setattr(module, "Session", session)
    auth = module.BotoAWSRequestsAuth(HOST, REGION, "es")
    assert session.call_count == 1
    assert headers_now(auth)["X-Amz-Security-Token"] == "token 1"
    assert headers_now(auth)["X-Amz-Security-Token"] == "token 2"
    assert session.call_count == 1


def test_credentials_are_frozen_once_for_each_request(monkeypatch):
    for module in (original, ours):
        session = SimpleNamespace(get_credentials=Rotating)
        monkeypatch.setattr(module, "Session", lambda session=session: session)
    theirs = original.BotoAWSRequestsAuth(HOST, REGION, "es")
    auth = ours.BotoAWSRequestsAuth(HOST, REGION, "es")
    seen = []
    for number in (1, 2, 3):
        headers = headers_now(auth)
        assert headers == headers_now(theirs)
        assert f"Credential=KEY{number}/" in headers["Authorization"]
        seen.append(signature_of(headers["Authorization"]))
    assert len(set(seen)) == 3


def test_expiring_credentials_are_refreshed(monkeypatch):
    refreshes = []

    def refresh():
        refreshes.append(f"FRESH{len(refreshes) + 1}")
        # botocore refreshes credentials that expire in less than ten minutes.
        soon = dt.datetime.now(dt.timezone.utc) + dt.timedelta(minutes=1)
        return {
            "access_key": refreshes[-1],
            "secret_key": "fresh secret",
            "token": "fresh token",
            "expiry_time": soon.isoformat(),
        }

    credentials = RefreshableCredentials.create_from_metadata(
        refresh(), refresh_using=refresh, method="test"
    )
    session = SimpleNamespace(get_credentials=lambda: credentials)
    monkeypatch.setattr(ours, "Session", lambda: session)
    auth = ours.BotoAWSRequestsAuth(HOST, REGION, "es")
    for expected in ("FRESH2", "FRESH3"):
        assert f"Credential={expected}/" in headers_now(auth)["Authorization"]


@BOTH
@pytest.mark.usefixtures("environment")
def test_patch_of_get_credentials_is_used(module, monkeypatch):
    auth = module.BotoAWSRequestsAuth(HOST, REGION, "es")
    patched = {"aws_access_key": "PATCHED", "aws_secret_access_key": "s", "aws_token": None}
    monkeypatch.setattr(module, "get_credentials", lambda _credentials: patched)
    headers = headers_now(auth)
    assert "Credential=PATCHED/" in headers["Authorization"]
    assert "X-Amz-Security-Token" not in headers


def test_error_without_credentials_says_what_to_do():
    with pytest.raises(MissingCredentialsError, match="AWS_ACCESS_KEY_ID") as caught:
        ours.get_credentials()
    assert isinstance(caught.value, SigV4Error)


@BOTH
def test_error_without_credentials_is_an_attribute_error(module):
    # earthkit-data and climetlab catch it.
    with pytest.raises(AttributeError):
        module.get_credentials()
    with pytest.raises(AttributeError):
        module.BotoAWSRequestsAuth(HOST, REGION, "es")(new_request())


def test_without_credentials_only_signing_fails_and_the_request_is_unchanged(monkeypatch):
    auth = ours.BotoAWSRequestsAuth(HOST, REGION, "es")
    request = new_request()
    before = list(request.headers.items()), request.body, dict(request.hooks)
    with pytest.raises(MissingCredentialsError):
        auth(request)
    assert (list(request.headers.items()), request.body, dict(request.hooks)) == before
    # Like the original, later credentials are found.
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "LATER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "later secret")
    assert "Credential=LATER/" in auth(request).headers["Authorization"]


@pytest.mark.usefixtures("environment")
def test_repr_shows_no_secret():
    auth = ours.BotoAWSRequestsAuth(HOST, REGION, "es")
    assert repr(auth).startswith("<rsigv4.boto_utils.BotoAWSRequestsAuth object at 0x")
    with pytest.raises(TypeError):
        json.dumps(auth)


@pytest.mark.usefixtures("environment")
def test_auth_pickles_if_its_credentials_do():
    auth = ours.BotoAWSRequestsAuth(HOST, REGION, "es")
    unpickled = pickle.loads(pickle.dumps(auth))  # noqa: S301 - it was pickled here
    assert headers_now(unpickled) == headers_now(auth)
