# The tutorial's Postman steps, with the command.

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from unittest import mock
from urllib.parse import urlsplit

import pytest

import tutorial
from rsigv4 import Credentials
from support.command import environment, run
from support.servers.ministack import unique

RESPONSE = {"message": "hello from API Gateway"}
SCOPE = ("--region", tutorial.REGION, "--service", "execute-api")


@dataclass(frozen=True)
class Api:
    url: str
    folder: str
    credentials: Credentials

    def request(self, *arguments, **options):
        """Run the command in the folder of the console's file, without another access key."""
        return run(*("request", *arguments), *SCOPE, **{"cwd": self.folder, "env": {}, **options})


@pytest.fixture(scope="module")
def api(ministack, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tutorial")
    with mock.patch.dict(os.environ):
        tutorial.forget_own_aws_account()
        with contextlib.closing(tutorial.client(ministack, "iam")) as iam:
            group = unique("command")
            tutorial.create_group(iam, group, tutorial.INVOKE_FULL_ACCESS)
            access_key = tutorial.create_user(iam, unique("command"), group)
            stranger = tutorial.create_user(iam, unique("stranger"))
        with contextlib.closing(tutorial.client(ministack, "apigateway")) as client:
            api_id = tutorial.create_api(client, "command")
            root = tutorial.root_id(client, api_id)
            for method in ("GET", "POST"):
                tutorial.add_method(client, api_id, root, method)
            client.create_deployment(restApiId=api_id, stageName=tutorial.STAGE)
    tutorial.save_access_key(folder / "accessKeys.csv", access_key)
    tutorial.save_access_key(folder / "stranger.csv", stranger)
    wrong = {**access_key, "SecretAccessKey": "wrong"}
    tutorial.save_access_key(folder / "wrong.csv", wrong)
    credentials = Credentials(access_key["AccessKeyId"], access_key["SecretAccessKey"])
    return Api(tutorial.invoke_url(ministack, api_id), str(folder), credentials)


def assert_answered(completed):
    assert (completed.returncode, completed.stderr) == (0, b"")
    assert json.loads(completed.stdout) == RESPONSE


def assert_refused(completed, *words):
    assert completed.returncode == 22
    errors = completed.stderr.decode()
    assert errors.startswith("rsigv4: error: the server responded with 403 Forbidden\n")
    for word in words:
        assert word in errors


def test_unsigned_request_is_refused(api):
    completed = api.request(api.url, "--unsigned")
    assert_refused(completed)
    assert json.loads(completed.stdout) == {"message": "Missing Authentication Token"}


def test_signed_request_is_accepted(api):
    assert_answered(api.request(api.url, "--csv", "accessKeys.csv"))


def test_wrong_secret_is_refused(api):
    assert_refused(api.request(api.url, "--csv", "wrong.csv"))


def test_user_without_a_policy_is_refused(api):
    completed = api.request(api.url, "--csv", "stranger.csv")
    assert_refused(completed)
    assert b"not authorized to perform: execute-api:Invoke" in completed.stdout


def test_key_may_be_in_the_environment(api):
    key = {
        "AWS_ACCESS_KEY_ID": api.credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": api.credentials.secret_access_key,
    }
    assert_answered(api.request(api.url, env=key))
    assert_answered(api.request(api.url, "--env", env=key))


def test_key_may_be_in_a_profile(api, tmp_path):
    configuration = tmp_path / "credentials"
    configuration.write_text(
        f"[tutorial]\naws_access_key_id = {api.credentials.access_key_id}\n"
        f"aws_secret_access_key = {api.credentials.secret_access_key}\n"
    )
    files = {"AWS_SHARED_CREDENTIALS_FILE": str(configuration)}
    assert_answered(api.request(api.url, "--profile", "tutorial", env=files))


def test_post_is_accepted(api):
    completed = api.request(api.url, "name=Ada", "age:=36", "--csv", "accessKeys.csv")
    assert_answered(completed)


def test_sigv4a_signature_is_accepted(api):
    scope = ("--region", "*", "--service", "execute-api", "--sigv4a", "--csv", "accessKeys.csv")
    assert_answered(run("request", api.url, *scope, cwd=api.folder, env={}))


def test_host_may_be_the_other_end_of_a_tunnel(api):
    parts = urlsplit(api.url)
    api_id = parts.path.split("/")[-2]
    url = f"http://{parts.netloc}/{tutorial.STAGE}"
    host = f"Host:{api_id}.execute-api.localhost:{parts.port}"
    assert_answered(api.request(url, host, "--csv", "accessKeys.csv"))


def test_module_runs_the_command(api):
    program = (sys.executable, "-m", "rsigv4")
    assert_answered(api.request(api.url, "--csv", "accessKeys.csv", program=program))


@pytest.mark.parametrize(
    "items", [[], ["name=Ada"], ["a=it's", "b=$HOME"], ["X-Amz-Meta-A:b", "q==x y&z"]]
)
def test_printed_curl_command_is_accepted(api, items):
    printed = api.request(api.url, *items, "--curl", "--csv", "accessKeys.csv")
    assert printed.returncode == 0
    assert b"5 minutes" in printed.stderr
    completed = subprocess.run(  # noqa: S603 - the command that was printed
        ["bash", "-c", printed.stdout.decode().strip() + " --silent --fail"],  # noqa: S607
        env=environment(NO_PROXY="*"),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert_answered(completed)


def test_exchange_is_shown_without_secrets(api):
    completed = api.request(api.url, "a=b", "-v", "--csv", "accessKeys.csv")
    shown = completed.stderr.decode()
    assert completed.returncode == 0
    assert f"> POST {urlsplit(api.url).path} HTTP/1.1\n" in shown
    assert "Signature=***\n" in shown
    assert '> {"a": "b"}\n' in shown
    assert "< HTTP/1.1 200 OK\n" in shown
    assert api.credentials.access_key_id in shown
    assert api.credentials.secret_access_key not in shown


def test_dry_run_shows_what_would_be_signed(api):
    completed = api.request(api.url, "--dry-run", "--csv", "accessKeys.csv")
    assert (completed.returncode, completed.stderr) == (0, b"")
    lines = completed.stdout.decode().splitlines()
    assert lines[:3] == ["--- canonical request ---", "GET", urlsplit(api.url).path]
    assert "--- string to sign ---" in lines
    assert "/us-east-1/execute-api/aws4_request" in lines[-2]
