# Presigned URLs of API Gateway, which MiniStack verifies like signed headers. It accepts them for
# five minutes, whatever X-Amz-Expires says.

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
from unittest import mock

import pytest
import requests

import tutorial
from rsigv4 import Credentials, Signer
from support.servers.ministack import unique

ACCOUNT = "000000000000"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture(scope="module", autouse=True)
def no_aws_account():
    with mock.patch.dict(os.environ):
        tutorial.forget_own_aws_account()
        yield


@pytest.fixture(scope="module")
def url(ministack):
    with contextlib.closing(tutorial.client(ministack, "apigateway")) as client:
        api_id = tutorial.create_api(client, "presigned")
        root = tutorial.root_id(client, api_id)
        for method in ("GET", "POST"):
            tutorial.add_method(client, api_id, root, method)
        client.create_deployment(restApiId=api_id, stageName=tutorial.STAGE)
    return tutorial.invoke_url(ministack, api_id)


@pytest.fixture(scope="module", params=["user", "role"])
def credentials(request, ministack):
    """Credentials of an IAM user, and of a role with a session token."""
    with contextlib.closing(tutorial.client(ministack, "iam")) as iam:
        if request.param == "user":
            group = unique("presigners")
            tutorial.create_group(iam, group, tutorial.INVOKE_FULL_ACCESS)
            key = tutorial.create_user(iam, unique("presigner"), group)
            return Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        name = unique("presigner")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.put_role_policy(
            RoleName=name,
            PolicyName="invoke",
            PolicyDocument=json.dumps(tutorial.INVOKE_FULL_ACCESS),
        )
    with contextlib.closing(tutorial.client(ministack, "sts")) as sts:
        role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        key = sts.assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
    return Credentials(
        key["AccessKeyId"],
        key["SecretAccessKey"],
        key["SessionToken"],
        expires_at=key["Expiration"],
    )


def presign(credentials, url, method="GET", **options):
    signer = Signer(credentials, tutorial.REGION, "execute-api")
    return signer.presign(method, url, **{"expires_in": 60, **options})


def send(url, method="GET", **options):
    return requests.request(method, url, timeout=30, **options)


@pytest.mark.parametrize("query", ["", "?a=1&b=", "?b=2&a=1&a=0", "?a=b%20c+d%2Be/"])
def test_url_is_accepted(credentials, url, query):
    response = send(presign(credentials, url + query))
    assert response.status_code == 200, response.text


def test_url_of_presign_many_is_accepted(credentials, url):
    signer = Signer(credentials, tutorial.REGION, "execute-api")
    many = signer.presign_many("GET", [f"{url}?a={number}" for number in range(3)], expires_in=60)
    assert [send(signed).status_code for signed in many] == [200] * 3


def test_body_and_headers_are_signed(credentials, url):
    headers = {"Content-Type": "application/json", "x-amz-meta-a": "1"}
    signed = presign(credentials, url, "POST", headers=headers, body=b"{}")
    assert send(signed, "POST", headers=headers, data=b"{}").status_code == 200
    assert send(signed, "POST", headers=headers, data=b"[]").status_code == 403
    assert (
        send(signed, "POST", headers={**headers, "x-amz-meta-a": "2"}, data=b"{}").status_code
        == 403
    )


def test_tampered_url_is_refused(credentials, url):
    signed = presign(credentials, f"{url}?a=1")
    for tampered in (
        signed.replace("a=1", "a=2"),
        signed.replace("X-Amz-Expires=60", "X-Amz-Expires=61"),
        signed[:-1] + ("1" if signed[-1] == "0" else "0"),
        signed + "&b=1",
        presign(Credentials(credentials.access_key_id, "wrong", credentials.session_token), url),
    ):
        assert tampered != signed
        assert send(tampered).status_code == 403
    assert send(signed, "POST").status_code == 403


def test_expired_url_is_refused(credentials, url):
    before = dt.datetime.now(dt.timezone.utc) - dt.timedelta(minutes=6)
    assert send(presign(credentials, url, time=before)).status_code == 403


def test_session_token_of_the_key_is_required(credentials, url):
    if credentials.session_token is None:
        return
    without = Credentials(credentials.access_key_id, credentials.secret_access_key)
    assert send(presign(without, url)).status_code == 403
