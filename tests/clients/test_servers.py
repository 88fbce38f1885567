# Every client with third-party servers that verify signatures.

from __future__ import annotations

import contextlib
import io
import os
from unittest import mock

import pytest

import tutorial
from rsigv4 import Credentials
from support.bodies import generator
from support.clients import ALL, Auth
from support.servers.ministack import unique

CONTENT = b"0123456789abcdefghijklmnopqrstuvwxyz" * 500
CONTENT_LENGTH = [("Content-Length", str(len(CONTENT)).encode())]

KEYS = {
    "plain": "plain.txt",
    "space": "a b",
    "UTF-8": "caf\u00e9/\u4e2d",
    "escaped": "caf%C3%A9%20x",
    "plus and colon": "a+b:c@d",
    "parameters": "a;b=1",
    "parentheses": "a(b)'c!*",
    "percent": "100%25",
}

#: Swift refuses unsigned headers, and the drop-in signs only the original's.
SIGNING_ALL = [client for client in ALL if client.signs_all]

every_client = pytest.mark.parametrize("client", ALL, ids=str)


def auth_of(server, client):
    key = Credentials(server.access_key_id, server.secret_access_key)
    options = {} if client.signs_all else {"also_sign": ("*",)}
    return Auth(key, server.region, "s3", options)


@every_client
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_object_with_an_odd_key_is_uploaded_and_downloaded(client, key, s3_server, bucket):
    url = f"{s3_server.endpoint}{bucket}/{key}"
    headers = [("x-amz-meta-a", b"b   c"), ("Content-Type", b"text/plain; charset=utf-8")]
    with client.session(auth_of(s3_server, client)) as session:
        put = session.send("PUT", url, headers, CONTENT)
        assert put.status == 200, put.content
        got = session.send("GET", url)
        assert (got.status, got.content) == (200, CONTENT)
        listed = session.send("GET", f"{s3_server.endpoint}{bucket}?prefix={key[:1]}&max-keys=2")
        assert listed.status == 200, listed.content


@pytest.mark.parametrize(
    "client",
    [client for client in SIGNING_ALL if client.name not in {"http.client", "aiohttp"}],
    ids=str,
)
def test_generator_is_uploaded_in_chunks(client, s3_server, bucket):
    url = f"{s3_server.endpoint}{bucket}/a b"
    with client.session(auth_of(s3_server, client)) as session:
        put = session.send("PUT", url, CONTENT_LENGTH, generator(CONTENT))
        assert put.status == 200, put.content
        assert session.send("GET", url).content == CONTENT


@every_client
def test_file_is_uploaded(client, s3_server, bucket):
    url = f"{s3_server.endpoint}{bucket}/file"
    with client.session(auth_of(s3_server, client)) as session:
        # urllib3 and urllib use chunked transfer encoding for a file unless its length is passed.
        put = session.send("PUT", url, CONTENT_LENGTH, io.BytesIO(CONTENT))
        assert put.status == 200, put.content
        assert session.send("GET", url).content == CONTENT


@pytest.fixture(scope="module")
def api(ministack):
    """Return the tutorial's URL, and a user who may call it."""
    with mock.patch.dict(os.environ):
        tutorial.forget_own_aws_account()
        with contextlib.closing(tutorial.client(ministack, "iam")) as iam:
            group = unique("clients")
            tutorial.create_group(iam, group, tutorial.INVOKE_FULL_ACCESS)
            key = tutorial.create_user(iam, unique("client"), group)
        with contextlib.closing(tutorial.client(ministack, "apigateway")) as apigateway:
            api_id = tutorial.create_api(apigateway, "clients")
            root = tutorial.root_id(apigateway, api_id)
            tutorial.add_method(apigateway, api_id, root, "GET")
            apigateway.create_deployment(restApiId=api_id, stageName=tutorial.STAGE)
        credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        yield tutorial.invoke_url(ministack, api_id), credentials


@every_client
def test_api_of_the_tutorial_accepts_the_user(client, api):
    url, credentials = api
    auth = Auth(credentials, tutorial.REGION, "execute-api")
    reply = client.send(auth, "GET", f"{url}?a=b c&a=%2B")
    assert (reply.status, reply.content) == (200, b'{"message": "hello from API Gateway"}')


@every_client
def test_api_of_the_tutorial_refuses_another_secret(client, api):
    url, credentials = api
    wrong = Credentials(credentials.access_key_id, "another secret")
    reply = client.send(Auth(wrong, tutorial.REGION, "execute-api"), "GET", url)
    assert reply.status == 403
    assert b"does not match" in reply.content
