"""`rsigv4 whoami`, and `--assume-role` of every command."""

from __future__ import annotations

import datetime as dt
import json
import os
from contextlib import closing
from dataclasses import dataclass
from unittest import mock

import httpx
import pytest

import tutorial
from rsigv4.cli import sts
from rsigv4.cli.failures import Failure
from support.command import KEY, assert_mistake, run
from support.servers.loopback import LoopbackServer
from support.servers.ministack import unique
from support.signing import ACCESS_KEY, CREDENTIALS, SECRET

TRUST = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
IDENTITY = """\
<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/ada</Arn>
<UserId>AIDAEXAMPLE</UserId><Account>123456789012</Account></GetCallerIdentityResult>
</GetCallerIdentityResponse>"""


class StsServer(LoopbackServer):
    """Responds with these texts, the last of which it repeats, and keeps what it gets."""

    def __init__(self, *responses, status=200):
        self.requests = []

        def respond(request):
            response = responses[min(len(self.requests), len(responses) - 1)]
            length = int(request.headers.get("Content-Length", 0))
            self.requests.append((request.headers["Authorization"], request.rfile.read(length)))
            request.send_response(status)
            request.send_header("Content-Length", str(len(response)))
            request.end_headers()
            request.wfile.write(response.encode())

        super().__init__(respond)

    def __enter__(self):
        super().__enter__()
        return self, self.requests


def assumed(**changed):
    """Return a response with the elements of both actions."""
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    elements = {name: f"{name}{'a' * 16}" for name in names}
    elements |= {"Expiration": "2999-01-01T00:00:00Z", **changed}
    added = "".join(f"<{name}>{value}</{name}>" for name, value in elements.items())
    return IDENTITY.replace("<UserId>", f"{added}<UserId>")


@dataclass(frozen=True)
class Account:
    """A user in MiniStack, and a role that it may assume."""

    environment: dict[str, str]
    user: str
    role: str
    csv: str
    secret: str

    def run(self, *arguments, **added):
        return run(*arguments, env={**self.environment, **added})


@pytest.fixture(scope="module")
def account(ministack, tmp_path_factory):
    name = unique("whoami")
    with mock.patch.dict(os.environ):
        tutorial.forget_own_aws_account()
        with closing(tutorial.client(ministack, "iam")) as iam:
            group = unique("whoami")
            allowed = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
            document = {"Version": "2012-10-17", "Statement": [allowed]}
            tutorial.create_group(iam, group, document)
            access_key = tutorial.create_user(iam, name, group)
            trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
            role = iam.create_role(RoleName=unique("whoami"), AssumeRolePolicyDocument=trust)
    path = tutorial.save_access_key(tmp_path_factory.mktemp("whoami") / "key.csv", access_key)
    environment = {"AWS_ENDPOINT_URL_STS": ministack.endpoint}
    secret = access_key["SecretAccessKey"]
    return Account(environment, name, role["Role"]["Arn"], str(path), secret)


def rows_of(completed):
    assert completed.returncode == 0, completed.stderr
    lines = completed.stdout.decode().splitlines()
    return dict(line.split(":", 1) for line in lines)


def test_user_is_shown(account):
    completed = account.run("whoami", "--csv", account.csv)
    rows = {name: value.strip() for name, value in rows_of(completed).items()}
    assert rows["arn"].endswith(f":user/{account.user}")
    assert rows["account"] == "000000000000"
    assert rows["found in"] == account.csv
    assert account.secret.encode() not in completed.stdout


def test_role_is_assumed(account):
    role = ("--assume-role", account.role, "--csv", account.csv)
    completed = account.run("whoami", *role, AWS_ROLE_SESSION_NAME="session-of-ada")
    rows = rows_of(completed)
    assert ":assumed-role/" in rows["arn"]
    assert rows["arn"].endswith("/session-of-ada")
    assert account.role in rows["found in"]
    assert account.csv in rows["found in"]
    presigned = account.run("presign", "https://b.s3.eu-west-1.amazonaws.com/k", *role)
    assert presigned.returncode == 0, presigned.stderr
    # Temporary credentials have a session token.
    assert b"X-Amz-Security-Token=" in presigned.stdout
    assert rows["access key id"].strip().startswith("ASIA")


def test_role_that_may_not_be_assumed_is_explained(account):
    missing = "arn:aws:iam::000000000000:role/missing"
    url = "https://b.s3.eu-west-1.amazonaws.com/k"
    completed = account.run("request", url, "--assume-role", missing, "--csv", account.csv)
    assert completed.returncode == 22
    assert b"STS responded to AssumeRole with 403" in completed.stderr
    assert b"sts:AssumeRole" in completed.stderr
    assert b"Change: " in completed.stderr


@pytest.mark.parametrize(
    ("arguments", "env", "source"),
    [
        ((), KEY, "the environment"),
        (("--env",), KEY, "the environment"),
        ((), {}, "the profile default"),
        ((), {"AWS_ACCESS_KEY_ID": "AKIDHALF"}, "the profile default"),
        ((), {"AWS_PROFILE": "work"}, "the profile work"),
        (("--profile", "work"), KEY, "the profile work"),
        (("--profile", "process"), KEY, "custom-process, by botocore"),
    ],
    ids=str,
)
def test_source_of_the_key_is_named(tmp_path, arguments, env, source):
    key = f"aws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET}\n"
    document = {"Version": 1, "AccessKeyId": ACCESS_KEY, "SecretAccessKey": SECRET}
    (tmp_path / "process.json").write_text(json.dumps(document))
    process = f"credential_process = cat {tmp_path}/process.json\n"
    (tmp_path / "config").write_text(
        f"[default]\n{key}[profile work]\n{key}[profile process]\n{process}"
    )
    with StsServer(IDENTITY) as (server, _bodies):
        files = {
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_ENDPOINT_URL": server.url(),
        }
        rows = rows_of(run("whoami", *arguments, env={**env, **files}))
    assert rows["found in"].strip() == source
    assert rows["access key id"].strip() == ACCESS_KEY


@pytest.mark.parametrize("region", [None, "eu-west-1"])
def test_sts_is_asked_in_the_configured_region(region):
    with StsServer(IDENTITY) as (server, requests):
        env = {**KEY, "AWS_ENDPOINT_URL_STS": server.url()}
        rows_of(run("whoami", env=env if region is None else {**env, "AWS_REGION": region}))
    ((authorization, body),) = requests
    assert f"/{region or 'us-east-1'}/sts/aws4_request" in authorization
    assert b"Action=GetCallerIdentity" in body


def test_key_of_a_role_is_asked_for_once():
    with StsServer(assumed(Expiration="2999-01-01T00:00:00.123456789Z")) as (server, requests):
        env = {**KEY, "AWS_ENDPOINT_URL_STS": server.url()}
        rows = rows_of(run("whoami", "--assume-role", "arn:aws:iam::1:role/a", env=env))
    actions = [body.partition(b"&")[0] for _authorization, body in requests]
    assert actions == [b"Action=AssumeRole", b"Action=GetCallerIdentity"]
    assert f"AccessKeyId{'a' * 16}" in requests[1][0]
    assert rows["access key id"].strip() == f"AccessKeyId{'a' * 16}"


@pytest.mark.parametrize("expiry", ["soon", "2999-01-01T00:00:00"])
def test_expiry_that_is_not_a_time_is_named(expiry):
    with StsServer(assumed(Expiration=expiry)) as (server, _):
        env = {**KEY, "AWS_ENDPOINT_URL_STS": server.url()}
        completed = run("whoami", "--assume-role", "arn:aws:iam::1:role/a", env=env)
    assert_mistake(completed, "correct AWS_ENDPOINT_URL_STS", status=1)


def test_role_alone_names_the_key_that_explains(account):
    missing = "arn:aws:iam::000000000000:role/missing"
    completed = run(
        "explain", "--assume-role", missing, "--region", "eu-west-1", "--service", "s3",
        env={**account.environment, **KEY}, stdin=b"<Code>SignatureDoesNotMatch</Code>",
    )  # fmt: skip
    assert completed.returncode == 22
    assert b"STS responded to AssumeRole" in completed.stderr


def test_region_of_the_profile_is_signed(tmp_path):
    key = f"aws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET}\n"
    (tmp_path / "config").write_text(f"[profile work]\nregion = eu-south-1\n{key}")
    arguments = ("presign", "https://example.com/", "--service", "s3", "--profile", "work")
    files = {"AWS_CONFIG_FILE": str(tmp_path / "config")}
    assert b"%2Feu-south-1%2Fs3%2F" in run(*arguments, env=files).stdout
    (tmp_path / "config").write_text(f"[default]\nregion = eu-north-1\n[profile work]\n{key}")
    # The region of another profile isn't used.
    assert_mistake(run(*arguments, env=files), "region is missing")
    (tmp_path / "config").write_text(f"[profile work]\nregion = eu-south-1\n{key}")
    assert (
        b"%2Feu-west-1%2Fs3%2F" in run(*arguments, env={**files, "AWS_REGION": "eu-west-1"}).stdout
    )


@pytest.mark.parametrize(
    "response", ["", "<html>", "<Account>1</Account>", IDENTITY.replace("AIDAEXAMPLE", "")]
)
@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"])
def test_what_is_not_sts_is_named(response, variable):
    with StsServer(response) as (server, _requests):
        completed = run("whoami", env={**KEY, variable: server.url()})
    assert_mistake(completed, "GetCallerIdentity", f"correct {variable}", status=1)


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"])
@pytest.mark.parametrize(
    "url",
    [
        "localhost:4566",
        "secret",
        "http://",
        "ftp://localhost",
        "http://localhost:secret",
        "http://localhost:70000",
        "http://[secret",
        "http://secret host/",
    ],
)
def test_endpoint_that_is_not_a_url_is_a_usage_error(variable, url):
    completed = run("whoami", env={**KEY, variable: url})
    words = f"{variable} is not the URL of a server: set one such as http://localhost:4566"
    assert_mistake(completed, words, "unset it")
    assert b"secret" not in completed.stderr


@pytest.mark.parametrize(
    ("url", "words", "status"),
    [
        ("http://localhost:1", "can't connect to localhost:1", 7),
        ("http://unknown.invalid", "can't resolve the host unknown.invalid", 6),
    ],
)
def test_endpoint_that_can_not_be_reached_is_named(url, words, status):
    completed = run("whoami", env={**KEY, "AWS_ENDPOINT_URL_STS": url})
    assert_mistake(completed, words, "correct or unset AWS_ENDPOINT_URL_STS", status=status)


def test_aws_itself_is_not_to_be_corrected(monkeypatch):
    asked = []

    def respond(request):
        asked.append(str(request.url))
        return httpx.Response(200, text="<html>")

    def new_client(_connection):
        return httpx.Client(transport=httpx.MockTransport(respond))

    monkeypatch.setattr(sts, "new_client", new_client)
    with pytest.raises(Failure, match="is not one of STS: try again later"):
        sts.caller_identity(CREDENTIALS, ("cn-north-1", ".amazonaws.com.cn"))
    assert asked == ["https://sts.cn-north-1.amazonaws.com.cn/"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AccessKeyId", ""),
        ("AccessKeyId", "a\nb"),
        ("SecretAccessKey", " "),
        ("SessionToken", ""),
        ("SessionToken", "a\nb"),
        ("Expiration", ""),
    ],
)
def test_key_that_sts_leaves_empty_is_not_the_fault_of_the_user(name, value):
    with StsServer(assumed(**{name: value})) as (server, _requests):
        env = {**KEY, "AWS_ENDPOINT_URL_STS": server.url()}
        completed = run("whoami", "--assume-role", "arn:aws:iam::1:role/a", env=env)
    assert_mistake(completed, "the response to AssumeRole is not one of STS", status=1)


def test_words_of_sts_are_shown_if_the_cause_is_unknown():
    refusal = (
        "<ErrorResponse><Error><Code>ValidationError</Code>"
        "<Message>Invalid RoleArn: nonsense</Message></Error></ErrorResponse>"
    )
    with StsServer(refusal, status=400) as (server, _requests):
        env = {**KEY, "AWS_ENDPOINT_URL_STS": server.url()}
        completed = run("whoami", "--assume-role", "nonsense", env=env)
    assert_mistake(completed, "400", "Invalid RoleArn: nonsense", status=22)


def test_key_that_has_expired_already_is_a_matter_of_the_clock():
    with StsServer(assumed(Expiration="2001-01-01T00:00:00Z")) as (server, _requests):
        env = {**KEY, "AWS_ENDPOINT_URL_STS": server.url()}
        completed = run("whoami", "--assume-role", "arn:aws:iam::1:role/a", env=env)
    assert_mistake(completed, "expired already", "clock", status=1)


def test_role_that_can_not_be_renewed_is_named():
    expiry = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=200)
    # Each signature asks for another key, and may use this one if there is none.
    responses = [assumed(Expiration=expiry.isoformat()), "<html>", IDENTITY]
    with StsServer(*responses) as (server, _requests):
        env = {**KEY, "AWS_ENDPOINT_URL_STS": server.url()}
        completed = run("whoami", "--assume-role", "arn:aws:iam::1:role/a", env=env)
    assert completed.returncode == 0, completed.stderr
    assert completed.stderr.startswith(b"--assume-role can't refresh the credentials ")


@pytest.mark.parametrize(
    ("region", "options", "host"),
    [
        (None, [], "us-east-1.amazonaws.com"),
        ("eu-west-1", [], "eu-west-1.amazonaws.com"),
        ("cn-north-1", [], "cn-north-1.amazonaws.com.cn"),
        ("eu-west-1", ["--region", "us-gov-east-1"], "us-gov-east-1.amazonaws.com"),
        (None, ["--region", "us-iso-west-1"], "us-iso-west-1.c2s.ic.gov"),
        (None, ["--assume-role", "arn:aws-cn:iam::1:role/a"], "cn-northwest-1.amazonaws.com.cn"),
        ("eu-west-1", ["--assume-role", "arn:aws-us-gov:iam::1:role/a"], "us-gov-west-1.amazon"),
        ("cn-north-1", ["--assume-role", "arn:aws-cn:iam::1:role/a"], "cn-north-1.amazonaws"),
        # What is passed is used.
        (None, ["--assume-role", "arn:aws-cn:iam::1:role/a", "--region", "a-b-1"], "a-b-1.amazon"),
    ],
)
def test_host_of_each_partition_is_asked(region, options, host):
    # A proxy that doesn't exist fails before anything is sent, and the message has the host.
    env = {**KEY, "HTTPS_PROXY": "http://127.0.0.1:9"}
    completed = run(
        "whoami", *options, env=env if region is None else {**env, "AWS_REGION": region}
    )
    assert completed.returncode == 7
    assert f" sts.{host}".encode() in completed.stderr


def test_region_of_the_options_is_signed_by_both_calls():
    with StsServer(assumed()) as (server, requests):
        env = {**KEY, "AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL_STS": server.url()}
        role = ("--assume-role", "arn:aws:iam::1:role/a", "--region", "us-gov-west-1")
        run("whoami", *role, env=env)
    assert ["/us-gov-west-1/sts/" in authorization for authorization, _body in requests] == [
        True
    ] * 2


def test_role_of_another_partition_is_used_there():
    with StsServer(assumed()) as (server, requests):
        env = {**KEY, "AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL_STS": server.url()}
        run("whoami", "--assume-role", "arn:aws-cn:iam::1:role/a", env=env)
    assert ["/cn-northwest-1/sts/" in authorization for authorization, _ in requests] == [True] * 2
