# The tutorial's API, called through the drop-in, and the tutorial itself.
#
# MiniStack takes region and service as the credential scope names them and can't tell wrong ones.
# So no test here signs with those.

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from dataclasses import dataclass
from unittest import mock
from urllib.parse import urlsplit

import pytest
import requests
from freezegun import freeze_time

import request_api
import tutorial
from rsigv4 import Credentials, aws_auth
from rsigv4.aws_auth import AWSRequestsAuth
from rsigv4.boto_utils import BotoAWSRequestsAuth
from servers.ministack import EXAMPLES

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
def api(ministack, iam):
    tutorial.create_group(iam, "callers", tutorial.INVOKE_FULL_ACCESS)
    with contextlib.closing(tutorial.client(ministack, "apigateway")) as client:
        api_id = tutorial.create_api(client, "tests")
        root = tutorial.root_id(client, api_id)
        proxy = client.create_resource(restApiId=api_id, parentId=root, pathPart="{proxy+}")["id"]
        for resource, method in ((root, "GET"), (root, "POST"), (proxy, "GET")):
            tutorial.add_method(client, api_id, resource, method)
        client.create_deployment(restApiId=api_id, stageName=tutorial.STAGE)
    url = tutorial.invoke_url(ministack, api_id)
    return Api(url, urlsplit(url).netloc, create_user(iam, "caller", "callers"))


def create_user(iam, name, group=None):
    access_key = tutorial.create_user(iam, name, group)
    return Credentials(access_key["AccessKeyId"], access_key["SecretAccessKey"])


def refusal(response):
    assert response.status_code == 403
    return response.headers["x-amzn-ErrorType"]


def test_a_signed_request_is_answered(api):
    response = api.request(auth=api.auth())
    assert response.status_code == 200
    assert response.json() == {"message": "hello from API Gateway"}


def test_an_unsigned_request_is_refused(api):
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
def test_a_wrong_argument_is_refused(api, changed, error_type):
    assert refusal(api.request(auth=api.auth(**changed))) == error_type


def test_the_host_may_be_that_at_the_other_end_of_a_tunnel(api):
    api_id = urlsplit(api.url).path.split("/")[-2]
    host = f"{api_id}.execute-api.localhost:{urlsplit(api.url).port}"
    response = requests.get(
        f"http://{api.host}/{tutorial.STAGE}/",
        auth=api.auth(aws_host=host),
        headers={"Host": host},
        timeout=30,
    )
    assert response.status_code == 200


def test_attributes_may_change_between_two_requests(api):
    auth = api.auth(aws_secret_access_key="wrong")
    with requests.Session() as session:
        session.auth = auth
        assert session.get(api.url).status_code == 403
        auth.aws_secret_access_key = api.credentials.secret_access_key
        assert session.get(api.url).status_code == 200


# Five minutes is what API Gateway allows.
@pytest.mark.parametrize(
    ("minutes", "message"),
    [(-6, "Signature expired"), (-4, None), (4, None), (6, "Signature not yet current")],
)
@pytest.mark.parametrize("by", ["freezegun", "mock"])
def test_the_clock_can_be_set(api, by, minutes, message):
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


def test_a_user_without_a_policy_is_refused(api, iam):
    response = api.request(auth=api.auth(create_user(iam, "without-policy")))
    assert refusal(response) == NOT_ALLOWED
    assert "is not authorized to perform: execute-api:Invoke" in response.text


def test_a_method_can_be_denied(api, iam):
    credentials = create_user(iam, "without-post", "callers")
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
def test_queries_are_signed_as_they_are_sent(api, query):
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
def test_paths_are_signed_as_they_are_sent(api, path):
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
def test_a_body_changed_after_signing_is_refused(api, sent, status):
    request = requests.Request("POST", api.url, data=b'{"n": 1}', auth=api.auth()).prepare()
    request.body = sent
    # MiniStack believes this header, where AWS compares it with the body.
    del request.headers["x-amz-content-sha256"]
    with requests.Session() as session:
        assert session.send(request, timeout=30).status_code == status


@pytest.fixture(scope="module")
def temporary_credentials(ministack, iam):
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
    role = iam.create_role(RoleName="caller", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    iam.put_role_policy(
        RoleName="caller",
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


def test_credentials_that_botocore_finds(api, temporary_credentials, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", temporary_credentials.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", temporary_credentials.secret_access_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", temporary_credentials.session_token)
    auth = BotoAWSRequestsAuth(api.host, tutorial.REGION, "execute-api")
    assert api.request(auth=auth).status_code == 200


def test_wrong_credentials_that_botocore_finds(api, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", api.credentials.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    auth = BotoAWSRequestsAuth(api.host, tutorial.REGION, "execute-api")
    assert refusal(api.request(auth=auth)) == WRONG_SIGNATURE


# The tutorial would fail if it read any of these.
OWN_SETTINGS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wrong",
    "AWS_PROFILE": "missing",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "http_proxy": "http://127.0.0.1:1",
}


@pytest.fixture
def temporary_folder(tmp_path):
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def play(temporary_folder):
    with contextlib.ExitStack() as stack:

        def start(*command):
            process = subprocess.Popen(  # noqa: S603 - the tutorial
                [sys.executable, *command],
                cwd=EXAMPLES,
                env={**os.environ, **OWN_SETTINGS, "TMPDIR": str(temporary_folder)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(process)
            # Of use only where a test fails; a process that has ended is left alone.
            stack.callback(process.terminate)
            return process

        yield start


def is_served(output):
    port = int(re.search(r"http://127\.0\.0\.1:(\d+)", output)[1])
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_tutorial_ends_well_and_leaves_nothing(play, ministack_program, temporary_folder):
    process = play("tutorial.py", "--ministack", ministack_program)
    output, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    assert re.findall(r"response status: \d+", output) == [
        "response status: 403",
        "response status: 403",
        "response status: 200",
    ]
    assert "Missing Authentication Token" in output
    assert "hello from API Gateway" in output
    assert not is_served(output)
    assert list(temporary_folder.iterdir()) == []


def test_the_tutorial_fails_on_an_unexpected_status(play, ministack_program, temporary_folder):
    script = (
        "import sys, tutorial; "
        "tutorial.INVOKE_FULL_ACCESS['Statement'][0]['Effect'] = 'Deny'; "
        "sys.exit(tutorial.main())"
    )
    process = play("-c", script, "--ministack", ministack_program)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "expected 'response status: 200', got 'response status: 403'" in errors
    assert "the end of the server's log:" in errors
    assert "tutorial failed" not in output
    assert not is_served(output)
    assert list(temporary_folder.iterdir()) == []


def test_the_tutorial_shows_why_its_server_does_not_start(play, tmp_path, temporary_folder):
    broken = tmp_path / "ministack"
    broken.write_text("#!/bin/sh\necho no memory\nexit 3\n")
    broken.chmod(0o700)
    process = play("tutorial.py", "--ministack", broken)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "MiniStack ended with status 3" in errors
    assert "no memory" in errors
    assert list(temporary_folder.iterdir()) == []


def test_the_tutorial_says_what_installs_its_server(play, tmp_path):
    process = play("tutorial.py", "--ministack", tmp_path / "ministack")
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "`make demo`" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_tutorial_leaves_nothing_when_it_is_stopped(
    play, ministack_program, temporary_folder, number
):
    process = play("tutorial.py", "--ministack", ministack_program)
    first_line = process.stdout.readline()
    while "accessKeys.csv" not in process.stdout.readline():
        assert process.poll() is None
    assert is_served(first_line)
    process.send_signal(number)
    _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (128 + number, "")
    assert not is_served(first_line)
    assert list(temporary_folder.iterdir()) == []


def test_the_access_key_is_saved_as_the_console_does(tmp_path):
    access_key = {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "se/cr+et"}
    path = tutorial.save_access_key(tmp_path / "accessKeys.csv", access_key)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfAccess key ID,Secret access key\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    credentials = Credentials.from_csv(path)
    assert credentials.access_key_id == "AKIDEXAMPLE"
    assert credentials.secret_access_key == "se/cr+et"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (
            "https://id.execute-api.us-east-1.amazonaws.com/test",
            "id.execute-api.us-east-1.amazonaws.com",
        ),
        ("https://EXAMPLE.com:443/", "example.com"),
        ("http://example.com:80", "example.com"),
        ("https://example.com:80/?a=:443", "example.com:80"),
        ("http://127.0.0.1:4566/_aws", "127.0.0.1:4566"),
        ("http://[::1]:80/", "[::1]"),
        ("https://name:password@example.com/", "example.com"),
    ],
)
def test_the_host_is_the_header_that_requests_sends(url, host):
    assert request_api.host(url) == host


@pytest.fixture
def csv(tmp_path):
    access_key = {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "se/cr+et"}
    return tutorial.save_access_key(tmp_path / "accessKeys.csv", access_key)


def run_request_api(*arguments):
    return subprocess.run(  # noqa: S603 - the script
        [sys.executable, EXAMPLES / "request_api.py", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_one_line_says(completed, words):
    assert completed.returncode == 2
    assert completed.stdout == ""
    (line,) = completed.stderr.splitlines()
    assert line.startswith("request_api.py: error: ")
    assert words in line
    assert "se/cr+et" not in line


def test_a_missing_csv_file_is_named(api, tmp_path):
    missing = tmp_path / "missing.csv"
    assert_one_line_says(run_request_api(api.url, "--csv", missing), str(missing))


@pytest.mark.parametrize("content", [b"", b"Access key ID,Secret access key\n", b"a,b\n1,2\n"])
def test_a_csv_file_without_an_access_key_is_named(api, csv, content):
    csv.write_bytes(content)
    assert_one_line_says(run_request_api(api.url, "--csv", csv), f"{csv} has no access key")


def test_a_csv_file_that_is_no_text_is_an_error(api, csv):
    csv.write_bytes(b"PK\x03\x04\xff\xfe")
    assert_one_line_says(run_request_api(api.url, "--csv", csv), "")


def test_a_region_that_cannot_be_signed_is_an_error(api, csv):
    completed = run_request_api(api.url, "--csv", csv, "--region", "us/east")
    assert_one_line_says(completed, "region")


@pytest.mark.parametrize("unsigned", [[], ["--unsigned"]])
def test_a_url_that_nobody_serves_is_an_error(csv, unsigned):
    with socket.socket() as unserved:
        # Bound, so that nobody else can take it, but not listening.
        unserved.bind(("127.0.0.1", 0))
        port = unserved.getsockname()[1]
        completed = run_request_api(f"http://127.0.0.1:{port}/", "--csv", csv, *unsigned)
    assert_one_line_says(completed, str(port))


@pytest.mark.parametrize("url", ["example.com/test", "ftp://example.com/", "https://[/", "http://"])
def test_what_is_no_url_is_an_error(csv, url):
    assert_one_line_says(run_request_api(url, "--csv", csv), "")
