# The tutorial's API, called through the drop-in. MiniStack accepts any region and service in the
# credential scope, so no test uses wrong ones.

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
from dataclasses import dataclass
from unittest import mock
from urllib.parse import urlsplit

import pytest
import requests
from freezegun import freeze_time

import tutorial
from rsigv4 import Credentials, aws_auth
from rsigv4.aws_auth import AWSRequestsAuth
from rsigv4.boto_utils import BotoAWSRequestsAuth
from support.servers.ministack import unique

UNSIGNED = "MissingAuthenticationTokenException"
UNKNOWN_KEY = "UnrecognizedClientException"
WRONG_SIGNATURE = "InvalidSignatureException"
NOT_ALLOWED = "AccessDeniedException"


@dataclass(frozen=True)
class Api:
    url: str
    host: str
    credentials: Credentials

    def auth(self, credentials=None, **changed):
        credentials = credentials or self.credentials
        arguments = {
            "aws_access_key": credentials.access_key_id,
            "aws_secret_access_key": credentials.secret_access_key,
            "aws_host": self.host,
            "aws_region": tutorial.REGION,
            "aws_service": "execute-api",
            "aws_token": credentials.session_token,
        }
        return AWSRequestsAuth(**{**arguments, **changed})

    def request(self, method="GET", path="", **arguments):
        return requests.request(method, self.url + path, timeout=30, **arguments)


@pytest.fixture(scope="module", autouse=True)
def no_aws_account():
    with mock.patch.dict(os.environ):
        tutorial.forget_own_aws_account()
        yield


@pytest.fixture(scope="module")
def iam(ministack):
    with contextlib.closing(tutorial.client(ministack, "iam")) as client:
        yield client


@pytest.fixture(scope="module")
def group(iam):
    name = unique("callers")
    tutorial.create_group(iam, name, tutorial.INVOKE_FULL_ACCESS)
    return name


@pytest.fixture(scope="module")
def api(ministack, iam, group):
    with contextlib.closing(tutorial.client(ministack, "apigateway")) as client:
        api_id = tutorial.create_api(client, "tests")
        root = tutorial.root_id(client, api_id)
        proxy = client.create_resource(restApiId=api_id, parentId=root, pathPart="{proxy+}")["id"]
        for resource, method in ((root, "GET"), (root, "POST"), (proxy, "GET")):
            tutorial.add_method(client, api_id, resource, method)
        client.create_deployment(restApiId=api_id, stageName=tutorial.STAGE)
    url = tutorial.invoke_url(ministack, api_id)
    return Api(url, urlsplit(url).netloc, create_user(iam, unique("caller"), group))


def create_user(iam, name, group=None):
    access_key = tutorial.create_user(iam, name, group)
    return Credentials(access_key["AccessKeyId"], access_key["SecretAccessKey"])


def refusal(response):
    assert response.status_code == 403
    return response.headers["x-amzn-ErrorType"]


def test_signed_request_is_accepted(api):
    response = api.request(auth=api.auth())
    assert response.status_code == 200
    assert response.json() == {"message": "hello from API Gateway"}


def test_unsigned_request_is_refused(api):
    response = api.request()
    assert refusal(response) == UNSIGNED
    assert response.json() == {"message": "Missing Authentication Token"}


@pytest.mark.parametrize(
    ("changed", "error_type"),
    [
        ({"aws_secret_access_key": "wrong"}, WRONG_SIGNATURE),
        ({"aws_access_key": "AKIAIOSFODNN7EXAMPLE"}, UNKNOWN_KEY),
        ({"aws_host": "127.0.0.1"}, WRONG_SIGNATURE),
    ],
)
def test_wrong_argument_is_refused(api, changed, error_type):
    assert refusal(api.request(auth=api.auth(**changed))) == error_type


def test_host_may_be_the_other_end_of_a_tunnel(api):
    api_id = urlsplit(api.url).path.split("/")[-2]
    host = f"{api_id}.execute-api.localhost:{urlsplit(api.url).port}"
    response = requests.get(
        f"http://{api.host}/{tutorial.STAGE}/",
        auth=api.auth(aws_host=host),
        headers={"Host": host},
        timeout=30,
    )
    assert response.status_code == 200


def test_attributes_may_change_between_requests(api):
    auth = api.auth(aws_secret_access_key="wrong")
    with requests.Session() as session:
        session.auth = auth
        assert session.get(api.url).status_code == 403
        auth.aws_secret_access_key = api.credentials.secret_access_key
        assert session.get(api.url).status_code == 200


# API Gateway allows five minutes.
@pytest.mark.parametrize(
    ("minutes", "message"),
    [(-6, "Signature expired"), (-4, None), (4, None), (6, "Signature not yet current")],
)
@pytest.mark.parametrize("by", ["freezegun", "mock"])
def test_clock_can_be_set(api, by, minutes, message):
    now = dt.datetime.now(dt.timezone.utc) + dt.timedelta(minutes=minutes)
    clock = freeze_time(now) if by == "freezegun" else mock.patch.object(aws_auth, "datetime")
    with clock as patched:
        if by == "mock":
            patched.datetime.utcnow.return_value = now
        request = requests.Request("GET", api.url, auth=api.auth()).prepare()
    with requests.Session() as session:
        response = session.send(request, timeout=30)
    if message is None:
        assert response.status_code == 200
    else:
        assert refusal(response) == WRONG_SIGNATURE
        assert response.json()["message"].startswith(message)


def test_user_without_a_policy_is_refused(api, iam):
    response = api.request(auth=api.auth(create_user(iam, "without-policy")))
    assert refusal(response) == NOT_ALLOWED
    assert "is not authorized to perform: execute-api:Invoke" in response.text


def test_method_can_be_denied(api, iam, group):
    credentials = create_user(iam, "without-post", group)
    iam.put_user_policy(
        UserName="without-post",
        PolicyName="no-post",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Action": "execute-api:Invoke",
                        "Resource": "arn:aws:execute-api:*:*:*/*/POST/*",
                    }
                ],
            }
        ),
    )
    assert api.request("GET", auth=api.auth(credentials)).status_code == 200
    response = api.request("POST", auth=api.auth(credentials))
    assert refusal(response) == NOT_ALLOWED
    assert "explicit deny" in response.text


@pytest.mark.parametrize(
    "query",
    [
        "a=b c",
        "a=b+c",
        "a=b%20c",
        "a=b%2Bc",
        "a=/x/y",
        "a=%2fx%2Fy",
        "a=2&a=1&a=",
        "b=&a=",
        "b&a",
        "a=b=c",
        "B=1&a=2&A=3",
        "a-b=1&a=2&a.b=3&a%20b=4",
        "na\u00efve=caf\u00e9 \u20ac",
        "a=%E2%82%AC",
        "a=-._~",
        "a=!*'()",
        "a=:@,;$",
        "a=%25",
        'a={"b":[1]}',
    ],
)
def test_queries_are_signed_as_sent(api, query):
    assert api.request(path=f"?{query}", auth=api.auth()).status_code == 200


def test_queries_in_params_are_signed(api):
    params = {"a": ["b c", "", "b+c"], "\u20ac": "x/y", "empty": ""}
    assert api.request(params=params, auth=api.auth()).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/a b",
        "/a%20b",
        "/a+b",
        "/a%2Bb",
        "/a%2Fb",
        "/a%2fb",
        "/a:b@c",
        "/a;b=c,d",
        "/a=b&c$d!",
        "/(a)*'b'",
        "/-._~",
        "/100%25",
        "/a//b",
        "/a/./b/../c",
        "/a/",
        "/caf\u00e9/\u20ac",
    ],
)
def test_paths_are_signed_as_sent(api, path):
    assert api.request(path=path, auth=api.auth()).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"json": {"name": "caf\u00e9", "list": [1, 2]}},
        {"data": '{"name": "caf\u00e9"}'.encode()},
        {"data": "caf\u00e9"},
        {"data": {"form": ["1", "2"], "a b": "c+d"}},
        {"files": {"file": ("a.txt", b"text")}},
        {"data": b""},
    ],
    ids=["json", "bytes", "str", "form", "multipart", "empty"],
)
def test_bodies_are_signed(api, body):
    assert api.request("POST", auth=api.auth(), **body).status_code == 200


def test_files_are_signed_and_sent_whole(api):
    assert api.request("POST", auth=api.auth(), data=io.BytesIO(b"text")).status_code == 200


def test_generators_are_signed(api):
    chunks = (chunk for chunk in (b"one", b"two"))
    assert api.request("POST", auth=api.auth(), data=chunks).status_code == 200


@pytest.mark.parametrize(("sent", "status"), [(b'{"n": 1}', 200), (b'{"n": 9}', 403)])
def test_body_changed_after_signing_is_refused(api, sent, status):
    request = requests.Request("POST", api.url, data=b'{"n": 1}', auth=api.auth()).prepare()
    request.body = sent
    # MiniStack trusts this header; AWS compares it with the body.
    del request.headers["x-amz-content-sha256"]
    with requests.Session() as session:
        assert session.send(request, timeout=30).status_code == status


@pytest.fixture(scope="module")
def temporary_credentials(ministack, iam):
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
    name = unique("caller")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    iam.put_role_policy(
        RoleName=name,
        PolicyName="invoke",
        PolicyDocument=json.dumps(tutorial.INVOKE_FULL_ACCESS),
    )
    with contextlib.closing(tutorial.client(ministack, "sts")) as sts:
        assumed = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="tests")["Credentials"]
    return Credentials(assumed["AccessKeyId"], assumed["SecretAccessKey"], assumed["SessionToken"])


def test_temporary_credentials_are_sent_with_their_token(api, temporary_credentials):
    assert api.request(auth=api.auth(temporary_credentials)).status_code == 200


@pytest.mark.parametrize("token", [None, "another"])
def test_temporary_credentials_are_refused_without_their_token(api, temporary_credentials, token):
    response = api.request(auth=api.auth(temporary_credentials, aws_token=token))
    assert refusal(response) == UNKNOWN_KEY


def test_credentials_found_by_botocore_are_accepted(api, temporary_credentials, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", temporary_credentials.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", temporary_credentials.secret_access_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", temporary_credentials.session_token)
    auth = BotoAWSRequestsAuth(api.host, tutorial.REGION, "execute-api")
    assert api.request(auth=auth).status_code == 200


def test_wrong_credentials_found_by_botocore_are_refused(api, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", api.credentials.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    auth = BotoAWSRequestsAuth(api.host, tutorial.REGION, "execute-api")
    assert refusal(api.request(auth=auth)) == WRONG_SIGNATURE
