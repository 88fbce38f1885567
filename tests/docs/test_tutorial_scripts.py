# The tutorial and its script, mostly run as processes.

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from unittest import mock

import pytest

import request_api
import tutorial
from rsigv4 import Credentials
from support.servers.ministack import EXAMPLES

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


@pytest.fixture(scope="module")
def api_url(ministack):
    with contextlib.closing(tutorial.client(ministack, "apigateway")) as client:
        api_id = tutorial.create_api(client, "scripts")
        tutorial.add_method(client, api_id, tutorial.root_id(client, api_id), "GET")
        client.create_deployment(restApiId=api_id, stageName=tutorial.STAGE)
    return tutorial.invoke_url(ministack, api_id)


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


def is_served(output):
    port = int(re.search(r"http://127\.0\.0\.1:(\d+)", output)[1])
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_tutorial_succeeds_and_cleans_up(play, ministack_program, temporary_folder):
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


def test_tutorial_fails_on_an_unexpected_status(play, ministack_program, temporary_folder):
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
    script = "import sys, signal, tutorial; tutorial.create_api = lambda *_: signal.pause(); "
    process = play("-c", script + "sys.exit(tutorial.main())", "--ministack", ministack_program)
    first_line = process.stdout.readline()
    while "accessKeys.csv" not in process.stdout.readline():
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
def test_host_equals_the_header_that_requests_sends(url, host):
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


def test_missing_csv_file_is_named(api_url, tmp_path):
    missing = tmp_path / "missing.csv"
    assert_one_line_says(run_request_api(api_url, "--csv", missing), str(missing))


@pytest.mark.parametrize("content", [b"", b"Access key ID,Secret access key\n", b"a,b\n1,2\n"])
def test_csv_file_without_an_access_key_is_named(api_url, csv, content):
    csv.write_bytes(content)
    assert_one_line_says(run_request_api(api_url, "--csv", csv), f"{csv} has no access key")


def test_csv_file_that_is_not_text_is_an_error(api_url, csv):
    csv.write_bytes(b"PK\x03\x04\xff\xfe")
    assert_one_line_says(run_request_api(api_url, "--csv", csv), "")


def test_invalid_region_is_an_error(api_url, csv):
    completed = run_request_api(api_url, "--csv", csv, "--region", "us-east-1\n")
    assert_one_line_says(completed, "region")


@pytest.mark.parametrize("unsigned", [[], ["--unsigned"]])
def test_url_without_a_server_is_an_error(csv, unsigned):
    with socket.socket() as unserved:
        # Bound to reserve the port, but not listening.
        unserved.bind(("127.0.0.1", 0))
        port = unserved.getsockname()[1]
        completed = run_request_api(f"http://127.0.0.1:{port}/", "--csv", csv, *unsigned)
    assert_one_line_says(completed, str(port))


@pytest.mark.parametrize("url", ["example.com/test", "ftp://example.com/", "https://[/", "http://"])
def test_invalid_url_is_an_error(csv, url):
    assert_one_line_says(run_request_api(url, "--csv", csv), "")
