# The function of docs/guides/credentials.md that assumes a role, with the STS of a local AWS.

from __future__ import annotations

import contextlib
import datetime as dt
import json

import boto3
import pytest

from support.pages import REPOSITORY, run

PAGE = REPOSITORY / "docs" / "guides" / "credentials.md"


@pytest.fixture
def sts(ministack, monkeypatch):
    for name, value in {
        # MiniStack takes an account's number for the key of its root user.
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": ministack.endpoint,
        "NO_PROXY": "*",
    }.items():
        monkeypatch.setenv(name, value)
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    with contextlib.closing(boto3.client("iam")) as iam:
        iam.create_role(RoleName="reports", AssumeRolePolicyDocument=document)


@pytest.mark.usefixtures("sts")
def test_role_is_assumed_until_its_credentials_expire():
    credentials = run(PAGE)[1]["assume_role"]()
    assert credentials.access_key_id.startswith("ASIA")
    assert credentials.session_token
    assert credentials.expires_at > dt.datetime.now(dt.timezone.utc)
