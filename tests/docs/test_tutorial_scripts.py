# The tutorial, run as a process, and its script.

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from unittest import mock

import pytest
import requests
from freezegun import freeze_time

import tutorial
from rsigv4 import Credentials
from support.pages import BLOCK, REPOSITORY
from support.servers.ministack import EXAMPLES

SCRIPT = EXAMPLES / "request_api.py"
# Plays the tutorial, and prints the secret access key to standard error.
SHOWING_SECRET = """
import sys, tutorial
write = tutorial.write_script
def write_script(path, url, key):
    print(key["SecretAccessKey"], file=sys.stderr)
    return write(path, url, key)
tutorial.write_script = write_script
sys.exit(tutorial.main())
"""
# The tutorial would fail if it read any of these.
OWN_SETTINGS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wrong",
    "AWS_PROFILE": "missing",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "http_proxy": "http://127.0.0.1:1",
}


@pytest.fixture(scope="module", autouse=True)
def no_aws_account():
    with mock.patch.dict(os.environ):
        tutorial.forget_own_aws_account()
        yield


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
            # Only needed if a test fails.
            stack.callback(process.terminate)
            return process

        yield start


@contextlib.contextmanager
def responses_of_anything():
    """Answer each request of requests, and collect its headers."""
    sent = []

    def send(_adapter, request, **_arguments):
        sent.append(request.headers)
        response = requests.Response()
        response.status_code = 200
        response.request = request
        response.raw = io.BytesIO()
        return response

    with mock.patch.object(requests.adapters.HTTPAdapter, "send", send):
        yield sent


def is_served(output):
    port = int(re.search(r"http://127\.0\.0\.1:(\d+)", output)[1])
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_tutorial_succeeds_and_cleans_up(play, ministack_program, newman, temporary_folder):
    process = play("tutorial.py", "--ministack", ministack_program, "--newman", newman)
    output, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    steps = [part.partition("\n") for part in output.split("\nStep ")[1:]]
    assert [title for title, _, _ in steps] == [
        "1: Create a REST API in API Gateway, with IAM authorization",
        "2: Create an IAM group that may call the API",
        "3: Create an IAM user in the group, and an access key",
        "4: Call the API from Postman, without a signature: 403",
        "5: Call the API from Postman, with the authorization AWS Signature: 200",
        "6: Call the API from a script: 200",
    ]
    api, group, user, unsigned, signed, script = (text for _, _, text in steps)
    assert "boto3: apigateway.create_rest_api(name='tutorial'" in api
    assert "boto3: iam.create_group(GroupName='api-callers')" in group
    assert "boto3: iam.create_access_key(UserName='api-caller')" in user
    assert "newman run postman_collection.json" in unsigned
    assert "[403 Forbidden" in unsigned
    assert "[200 OK" in signed
    assert '\n    200 {"message": "hello from API Gateway"}\n' in script
    assert output.endswith("\nTo try it by hand, run: make demo KEEP=1\n")
    assert not is_served(output)
    assert list(temporary_folder.iterdir()) == []


def test_tutorial_shows_the_script_and_marks_the_changed_line(play, ministack_program):
    process = play("tutorial.py", "--ministack", ministack_program, "--newman", "missing")
    output, _ = process.communicate(timeout=120)
    lines = SCRIPT.read_text().splitlines()
    start = output.index(f"    {lines[0]}\n")
    printed = output[start:].splitlines()[: len(lines)]
    assert [line[4:] for line in printed] == lines
    (marked,) = (line for line in printed if line.startswith("  > "))
    assert "from rsigv4.aws_auth import AWSRequestsAuth" in marked


def test_command_replaces_postman_if_its_runner_is_missing(play, ministack_program):
    process = play("tutorial.py", "--ministack", ministack_program, "--newman", "missing")
    output, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    unsigned, signed = output.partition("Step 4")[2].split("Step 5")
    assert "Postman's runner is not installed" in unsigned
    assert "the server responded with 403 Forbidden" in unsigned
    assert "hello from API Gateway" in signed.partition("Step 6")[0]


def test_secrets_are_not_printed(play, ministack_program):
    process = play("-c", SHOWING_SECRET, "--ministack", ministack_program, "--newman", "missing")
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0
    (secret,) = errors.split()
    assert len(secret) > 20
    assert secret not in output


def test_kept_server_can_be_used_by_hand(play, ministack_program, newman, temporary_folder):
    program = ("tutorial.py", "--ministack", ministack_program, "--newman", newman, "--keep")
    process = play(*program)
    printed = ""
    while "press Ctrl-C" not in printed:
        printed += process.stdout.readline()
        assert process.poll() is None
    by_hand = printed.partition("Try it by hand")[2]
    commands = re.findall(r"^    \$ (.*)$", by_hand, re.MULTILINE)
    outputs = [
        subprocess.run(  # noqa: S602 - they are for a shell
            command,
            shell=True,
            cwd=EXAMPLES,
            env={**os.environ, "NO_PROXY": "*"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        for command in commands
    ]
    assert [("hello" in each.stdout, "403 F" in each.stdout + each.stderr) for each in outputs] == [
        (True, False),  # the script
        (False, True),  # curl
        (True, False),
        (False, True),  # the command
        (True, False),
    ]
    collection, environment = re.findall(r"^    (\S+\.json)$", by_hand, re.MULTILINE)
    completed = subprocess.run(  # noqa: S603 - Postman's runner
        [newman, "run", collection, "--environment", environment],
        cwd=EXAMPLES,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert completed.returncode == 0
    assert f"kill {process.pid}\n" in by_hand
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert not is_served(printed)
    assert list(temporary_folder.iterdir()) == []


@pytest.mark.parametrize("runner", ["newman", "missing"])
def test_tutorial_fails_on_an_unexpected_status(
    play, request, ministack_program, temporary_folder, runner
):
    script = (
        "import sys, tutorial; "
        "tutorial.INVOKE_FULL_ACCESS['Statement'][0]['Effect'] = 'Deny'; "
        "sys.exit(tutorial.main())"
    )
    if runner == "newman":
        runner = request.getfixturevalue("newman")
    process = play("-c", script, "--ministack", ministack_program, "--newman", runner)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "tutorial failed: expected exit status 0" in errors
    assert "the end of the server's log:" in errors
    assert "tutorial failed" not in output
    assert not is_served(output)
    assert list(temporary_folder.iterdir()) == []


def test_tutorial_fails_if_the_script_is_refused(play, ministack_program):
    script = (
        "import sys, tutorial; write = tutorial.write_script; "
        "tutorial.write_script = lambda path, url, key: "
        "write(path, url, {**key, 'SecretAccessKey': 'wrong'}); "
        "sys.exit(tutorial.main())"
    )
    process = play("-c", script, "--ministack", ministack_program, "--newman", "missing")
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "tutorial failed: expected status 200 in the output of request_api.py" in errors


def test_tutorial_shows_why_its_server_does_not_start(play, tmp_path, temporary_folder):
    broken = tmp_path / "ministack"
    broken.write_text("#!/bin/sh\necho no memory\nexit 3\n")
    broken.chmod(0o700)
    process = play("tutorial.py", "--ministack", broken)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "MiniStack ended with status 3" in errors
    assert "no memory" in errors
    assert list(temporary_folder.iterdir()) == []


def test_tutorial_says_how_to_install_its_server(play, tmp_path):
    process = play("tutorial.py", "--ministack", tmp_path / "ministack")
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "`make demo`" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_tutorial_cleans_up_when_interrupted(play, ministack_program, temporary_folder, number):
    # Otherwise it would go on, and might end first.
    script = "import sys, signal, tutorial; tutorial.create_user = lambda *_: signal.pause(); "
    process = play("-c", script + "sys.exit(tutorial.main())", "--ministack", ministack_program)
    first_line = process.stdout.readline()
    while "Step 3" not in process.stdout.readline():
        assert process.poll() is None
    assert is_served(first_line)
    process.send_signal(number)
    _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (128 + number, "")
    assert not is_served(first_line)
    assert list(temporary_folder.iterdir()) == []


def test_access_key_is_saved_in_the_consoles_format(tmp_path):
    access_key = {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "se/cr+et"}
    path = tutorial.save_access_key(tmp_path / "accessKeys.csv", access_key)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfAccess key ID,Secret access key\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    credentials = Credentials.from_csv(path)
    assert credentials.access_key_id == "AKIDEXAMPLE"
    assert credentials.secret_access_key == "se/cr+et"


def test_script_is_short_and_begins_with_its_constants():
    tree = ast.parse(SCRIPT.read_text())
    _docstring, *statements = tree.body
    lines = [line for line in SCRIPT.read_text().splitlines()[1:] if line]
    assert len(lines) == 15
    assert [type(each).__name__ for each in statements] == [
        *("Import", "ImportFrom"),
        *("Assign",) * 4,
        *("Assign", "Assign", "Expr"),
    ]
    constants = {each.targets[0].id: each.value.value for each in statements[2:6]}
    assert list(constants) == ["URL", "REGION", "ACCESS_KEY", "SECRET_KEY"]


@pytest.mark.parametrize("page", ["tutorial.md", "tutorial.ja.md"])
def test_page_shows_the_script(page):
    text = (REPOSITORY / "docs" / "start" / page).read_text(encoding="utf-8")
    (shown,) = (match["code"] for match in BLOCK.finditer(text))
    assert shown == SCRIPT.read_text()


def test_script_works_with_the_original_package():
    changed, count = re.subn(
        r"from rsigv4.aws_auth import AWSRequestsAuth  # was: .*",
        "from aws_requests_auth.aws_auth import AWSRequestsAuth",
        SCRIPT.read_text(),
    )
    assert count == 1
    headers = []
    for script in (SCRIPT.read_text(), changed):
        with freeze_time("2026-11-30"), responses_of_anything() as sent:
            exec(compile(script, "request_api.py", "exec"), {})  # noqa: S102 - our script
        headers.append(sent[0]["Authorization"])
    assert headers[0] == headers[1]
    assert "Credential=AKIDEXAMPLE/20261130/eu-central-1/execute-api/aws4_request," in headers[0]
