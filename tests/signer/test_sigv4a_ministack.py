# SigV4a verified by MiniStack, with the public key of an IAM user's access key. It treats a region
# set of one region as that region, unless a bucket is in another one.

from __future__ import annotations

import contextlib
import os
import re
from unittest import mock
from urllib.parse import urlsplit

import pytest

import tutorial
from rsigv4 import Credentials, Signer
from support.servers.ministack import unique
from support.servers.s3 import S3Server
from support.sigv4a import ALGORITHM

EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["execute-api:*", "s3:*"], "Resource": "*"},
    ],
}
COVERING = ["us-east-1", "*", "us-*", "eu-west-1,us-east-1"]
OTHERS = ["eu-west-1", "eu-*,ap-*"]


@pytest.fixture(scope="module", autouse=True)
def no_aws_account():
    with mock.patch.dict(os.environ):
        tutorial.forget_own_aws_account()
        yield


@pytest.fixture(scope="module")
def server(ministack):
    with contextlib.closing(tutorial.client(ministack, "iam")) as iam:
        group = unique("sigv4a")
        tutorial.create_group(iam, group, EVERYTHING)
        key = tutorial.create_user(iam, unique("sigv4a"), group)
    return S3Server(ministack.endpoint, key["AccessKeyId"], key["SecretAccessKey"], tutorial.REGION)


@pytest.fixture(scope="module")
def path(ministack):
    with contextlib.closing(tutorial.client(ministack, "apigateway")) as client:
        api_id = tutorial.create_api(client, "sigv4a")
        tutorial.add_method(client, api_id, tutorial.root_id(client, api_id), "GET")
        client.create_deployment(restApiId=api_id, stageName=tutorial.STAGE)
    return urlsplit(tutorial.invoke_url(ministack, api_id)).path


@pytest.fixture(scope="module")
def object_path(server):
    bucket = server.new_bucket()
    assert server.call("PUT", f"{bucket}/key", body=b"content").status == 200
    return f"{bucket}/key"


def signer_of(server, region_set, service, **changed):
    credentials = {
        "access_key_id": server.access_key_id,
        "secret_access_key": server.secret_access_key,
    }
    return Signer(
        Credentials(**{**credentials, **changed}), region_set, service, algorithm=ALGORITHM
    )


@pytest.mark.parametrize("region_set", COVERING)
def test_request_to_an_api_is_accepted(server, path, region_set):
    response = server.call("GET", path, signer=signer_of(server, region_set, "execute-api"))
    assert response.status == 200, response.text


def test_request_for_other_regions_is_refused(server, path):
    response = server.call("GET", path, signer=signer_of(server, "eu-*,ap-*", "execute-api"))
    assert response.status == 403


@pytest.mark.parametrize(
    ("changed", "error_type"),
    [
        ({"secret_access_key": "wrong"}, "InvalidSignatureException"),
        ({"access_key_id": "AKIAIOSFODNN7EXAMPLE"}, "UnrecognizedClientException"),
    ],
)
def test_request_with_a_wrong_key_is_refused(server, path, changed, error_type):
    signer = signer_of(server, "*", "execute-api", **changed)
    response = server.call("GET", path, signer=signer)
    assert (response.status, response.headers["x-amzn-ErrorType"]) == (403, error_type)


def test_query_of_an_api_is_signed(server, path):
    signer = signer_of(server, "*", "execute-api")
    added = signer.sign("GET", f"{server.endpoint}{path}?b=2&a=1&a=0")
    assert server.send("GET", f"{path}?b=2&a=1&a=0", added.items()).status == 200
    assert server.send("GET", f"{path}?b=2&a=1&a=1", added.items()).status == 403


@pytest.mark.parametrize("region_set", COVERING)
def test_object_is_uploaded_and_downloaded(server, object_path, region_set):
    signer = signer_of(server, region_set, "s3")
    target, content = f"{object_path}-{COVERING.index(region_set)}", bytes(range(256))
    assert server.call("PUT", target, body=content, signer=signer).status == 200
    assert server.call("GET", target, signer=signer).body == content


def presigned(server, target, region_set="*", **changed):
    signer = signer_of(server, region_set, "s3", **changed)
    return signer.presign("GET", server.endpoint + target)[len(server.endpoint) :]


@pytest.mark.parametrize("region_set", COVERING)
def test_presigned_url_is_accepted(server, object_path, region_set):
    response = server.send("GET", presigned(server, object_path, region_set))
    assert (response.status, response.body) == (200, b"content")


@pytest.mark.parametrize("region_set", OTHERS)
def test_presigned_url_for_other_regions_is_refused(server, object_path, region_set):
    response = server.send("GET", presigned(server, object_path, region_set))
    assert response.code == "RegionSetMismatch"


def test_tampered_presigned_url_is_refused(server, object_path):
    good = presigned(server, object_path)
    for tampered in (
        good.replace("X-Amz-Expires=3600", "X-Amz-Expires=3601"),
        good.replace("X-Amz-Region-Set=%2A", "X-Amz-Region-Set=us-east-1"),
        # The last digit is part of a number; the first ones are DER framing.
        re.sub("[0-9a-f]$", lambda match: "01"[match[0] == "0"], good),
        presigned(server, object_path, secret_access_key="wrong"),
    ):
        assert tampered != good
        assert server.send("GET", tampered).code == "SignatureDoesNotMatch"
