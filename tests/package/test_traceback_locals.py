"""Local variables, which error trackers and `pytest --showlocals` show, contain no secret."""

from __future__ import annotations

import asyncio
import socket
import time

import httpx
import httpx2
import pytest
import requests

import rsigv4
import rsigv4.aws_auth
import rsigv4.boto_utils
import rsigv4.httpx
import rsigv4.httpx2
import rsigv4.requests
from rsigv4 import Credentials, Signer, Verifier, resolve_credentials
from support.auths import AUTHS
from support.clients import ADAPTERS, ALL, Auth
from support.locals import check_frames, check_locals
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET, TEMPORARY, TOKEN

#: AWS refuses this key.
BAD_KEY = "AKID EXAMPLE"
#: This key can't be sent. The drop-in refuses it, too.
BROKEN_KEY = "AKID\nEXAMPLE"
HOST = "example.com"
URL = f"https://{HOST}/"
SCOPE = ("us-east-1", "es")


def prepared():
    return requests.Request("GET", URL).prepare()


def drop_in():
    return rsigv4.aws_auth.AWSRequestsAuth(BROKEN_KEY, SECRET, HOST, *SCOPE, TOKEN)


@pytest.mark.parametrize("key_id", [BAD_KEY, ""])
def test_environment(monkeypatch, key_id):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)

    check_locals(Credentials.from_env)


@pytest.mark.parametrize(
    "text",
    [
        f"Access key ID,Secret access key\n{BAD_KEY},{SECRET}\n",
        f"Access key ID,Secret access key\n,{SECRET}\n",
        f"ID,Secret access key\n{BAD_KEY},{SECRET}\n",
        f'Access key ID,Secret access key\n{BAD_KEY},"{SECRET}"{"a" * 200_000}\n',
    ],
    ids=["bad id", "no id", "no column", "no CSV"],
)
def test_file_of_the_console(tmp_path, text):
    path = tmp_path / "accessKeys.csv"
    path.write_text(text)

    check_locals(lambda: Credentials.from_csv(path))


@pytest.mark.parametrize(
    "call",
    [
        lambda: Credentials(BROKEN_KEY, SECRET, TOKEN),
        resolve_credentials,
        lambda: drop_in()(prepared()),
        lambda: drop_in().get_aws_request_headers_handler(prepared()),
        lambda: rsigv4.boto_utils.BotoAWSRequestsAuth(HOST, *SCOPE)(prepared()),
        lambda: rsigv4.requests.SigV4Auth(None, *SCOPE)(prepared()),
    ],
    ids=["Credentials", "resolve_credentials", "aws_auth", "hooks", "boto_utils", "requests"],
)
def test_key_that_can_not_be_sent(monkeypatch, call):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", BROKEN_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)

    check_locals(call)


@pytest.mark.parametrize(
    "returned",
    [
        {"AccessKeyId": "AKID", "SecretAccessKey": SECRET, "SessionToken": TOKEN},
        ("AKID", SECRET, TOKEN),
    ],
    ids=["response of STS", "tuple"],
)
def test_function_that_returns_something_else(returned):
    check_locals(lambda: Signer(lambda: returned, *SCOPE).sign("GET", URL))


@pytest.mark.parametrize("is_async", [False, True])
def test_lookup_that_returns_something_else(is_async):
    added = Signer(Credentials("AKID", SECRET), *SCOPE).sign("GET", URL)
    verifier = Verifier(lambda _: ("AKID", SECRET, TOKEN))

    def call():
        if is_async:
            return asyncio.run(verifier.verify_async("GET", URL, added))
        return verifier.verify("GET", URL, added)

    check_locals(call)


CLIENTS = pytest.mark.parametrize("client", AUTHS)


@CLIENTS
@pytest.mark.parametrize(
    "credentials",
    [("AKID", SECRET, TOKEN), ["AKID", SECRET], {"SecretAccessKey": SECRET}, SECRET.encode()],
    ids=lambda credentials: type(credentials).__name__,
)
def test_credentials_that_are_a_collection(client, credentials):
    kind = type(credentials).__name__

    error = check_locals(lambda: client(credentials, *SCOPE))

    assert str(error).startswith(f"credentials must be one object, not {kind}: pass Credentials(")


@CLIENTS
@pytest.mark.parametrize("arguments", [SCOPE, SCOPE[:1], ()])
def test_arguments_in_the_order_of_another_package(client, arguments):
    # The argument order of requests-aws4auth, from which users may migrate.
    error = check_locals(lambda: client("AKID", SECRET, *arguments, session_token=TOKEN))

    assert str(error).startswith("credentials must be one object, not str: pass Credentials(")


@pytest.mark.parametrize("service", ["es", "s3express"])
@pytest.mark.parametrize("client", ALL, ids=str)
@pytest.mark.parametrize("body", [None, b"body"], ids=["no body", "body"])
def test_connection_that_fails(client, service, body):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    with (
        client.session(Auth(TEMPORARY, service=service)) as session,
        pytest.raises(Exception) as caught,  # noqa: PT011 - each client has its own
    ):
        session.send("PUT", url, [("X-Mine", b"shown")], body)

    check_frames(caught.value)


@pytest.mark.parametrize("client", ADAPTERS, ids=str)
def test_connection_that_fails_after_a_refusal_for_the_clock(client):
    times = iter([time.time() + 3600])

    def clock():
        # The server closes the connection instead of responding to the second request.
        try:
            return next(times)
        except StopIteration:
            raise OSError from None

    with VerifyingServer(clock=clock) as server:
        server.accept(ACCESS_KEY, SECRET, TOKEN)
        with (
            client.session(Auth(TEMPORARY)) as session,
            pytest.raises(Exception) as caught,  # noqa: PT011 - each client has its own
        ):
            session.send("PUT", server.url(), [], b"body")

    assert [arrived.status for arrived in server.arrived] == [403]
    check_frames(caught.value)


@pytest.mark.parametrize("service", ["es", "s3express"])
@pytest.mark.parametrize(
    ("client", "adapter"), [(httpx, rsigv4.httpx), (httpx2, rsigv4.httpx2)], ids=["httpx", "httpx2"]
)
def test_headers_of_a_request_of_httpx(client, adapter, service):
    auth = adapter.SigV4Auth(TEMPORARY, "us-east-1", service)
    transport = client.MockTransport(lambda _request: client.Response(200))
    with client.Client(auth=auth, transport=transport) as session:
        headers = session.get(URL, headers={"X-Mine": "shown"}).request.headers

    assert TOKEN in headers.values()
    shown = repr(headers)
    assert TOKEN not in shown
    assert "Signature=***" in shown
    assert "'x-amz-s" in shown
    assert "[secure]" not in shown
    assert "'x-mine': 'shown'" in shown
