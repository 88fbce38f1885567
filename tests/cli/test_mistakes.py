# Usage errors, and options of the whole command.

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from importlib.metadata import version

import pytest

from support.command import KEY, RSIGV4, TEMPORARY_KEY, assert_mistake, environment, run
from support.servers.recording import RecordingServer
from support.signing import SECRET, TOKEN

URL = "https://id.execute-api.us-east-1.amazonaws.com/test"
COMMANDS = ("completion", "explain", "presign", "presign-many", "request", "verify")


def test_version_equals_that_of_the_package():
    expected = f"rsigv4 {version('rsigv4')}\n"
    assert run("--version").stdout.decode() == expected
    assert run("--version", program=(sys.executable, "-m", "rsigv4")).stdout.decode() == expected


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["request", "--help"]])
def test_heavy_modules_are_not_imported(arguments):
    # Each takes longer than everything else.
    program = (sys.executable, "-X", "importtime", "-m", "rsigv4")
    completed = run(*arguments, program=program)
    assert completed.returncode == 0
    imported = {line.rpartition(b"|")[2].strip() for line in completed.stderr.splitlines()}
    assert b"click" in imported
    assert not {b"botocore", b"httpx", b"rich", b"rich.console"} & imported


def test_without_arguments_it_shows_its_help():
    completed = run()
    assert completed.returncode == 0
    assert completed.stdout == run("--help").stdout
    for command in COMMANDS:
        assert f"\n  {command} ".encode() in completed.stdout


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_each_command_has_help_with_examples(command, option):
    completed = run(command, option)
    assert (completed.returncode, completed.stderr) == (0, b"")
    text = completed.stdout.decode()
    assert text.startswith(f"Usage: rsigv4 {command} ")
    assert "rsigv4" in text.partition("\nExamples:\n")[2]
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing"], ["no such command", "'nothing'", "rsigv4 --help"]),
        (["request"], ["URL is missing", "rsigv4 request --help"]),
        (["request", "GET"], ["URL is missing", "'GET'", "rsigv4 request --help"]),
        (["request", "notaurl"], ["URL is missing", "'notaurl'", "method", "https://"]),
        (["request", "localhost", "a=b"], ["'a=b' is not a URL"]),
        (["request", URL, "--nothing"], ["no such option --nothing"]),
        (["reqest", URL], ["no such command 'reqest'; did you mean request? See rsigv4 --help"]),
        ([URL], ["pass rsigv4 request URL"]),
        (
            ["request", URL, "--timout", "1"],
            ["no such option --timout; did you mean --timeout?"],
        ),
        (["request", URL, "-usecret:hunter2"], ["no such option -u; secrets don't belong"]),
        (
            ["request", URL, "--secret_key=hunter2"],
            ["no such option --secret_key; secrets don't belong"],
        ),
        (["request", URL, "--verify=no"], ["no such option --verify; pass -k, or --cacert FILE"]),
        (["request", URL, "--resolve", "a:1:b"], ["no such option --resolve; pass --connect-to"]),
        (["get", URL], ["no such command 'get': pass rsigv4 request GET URL"]),
        (["request", URL, "--data-raw", "@a"], ["no such option --data-raw;", "-d @-"]),
        (["request", URL, "--follow"], ["no such option --follow; pass -L"]),
        (["request", URL, "POST", "a=b"], ["METHOD goes before URL: pass POST URL"]),
        (["request", URL, "delete"], ["METHOD goes before URL: pass DELETE URL"]),
        (["request", URL, "--timeout", "soon"], ["--timeout", "'soon'"]),
        (["request", "example.com/test"], ["'example.com/test' is not a URL"]),
        (["request", "ftp://example.com/"], ["is not a URL"]),
        (["request", "https://"], ["is not a URL"]),
        (["request", "https://a:b/"], ["URL can't be read: invalid port"]),
        (["request", f"{URL}#a"], ["URL has a '#'", "%23"]),
        (["request", f"{URL}?a=b#c", "d==e"], ["URL has a '#'", "%23"]),
        (["request", f"{URL}#a", "--unsigned"], ["URL has a '#'", "%23"]),
        (["verify", f"{URL}#a", "--env"], ["URL has a '#'", "%23"]),
        (["request", "https://example.com/"], ["region is missing", "--region us-east-1"]),
        (
            ["request", "https://example.com/", "--region", "us-east-1"],
            ["service is missing", "--service"],
        ),
        (["request", URL, "--region", "us/east"], ["region"]),
        (["request", URL, "--dry-run", "--curl"], ["exclude each other"]),
        (["request", URL, "--csv", "a", "--env"], ["exclude each other"]),
        (["request", URL, "--csv", "/missing.csv"], ["/missing.csv", "No such file"]),
        (["request", URL, "--csv", "/dev/null"], ["/dev/null has no access key"]),
        (["request", URL, "--profile", "missing"], ["profile", "missing"]),
        (["completion", "csh"], ["'csh'", "bash"]),
    ],
)
def test_usage_error_is_one_line(arguments, words):
    completed = run(*arguments)
    assert_mistake(completed, *words)
    assert b"hunter2" not in completed.stderr


@pytest.mark.parametrize("option", [[], ["--env"]])
def test_missing_access_key_is_a_usage_error(option):
    assert_mistake(run("request", URL, *option, env={}), "AWS_ACCESS_KEY_ID")


def test_invalid_access_key_is_a_usage_error_and_not_shown():
    key = {**KEY, "AWS_ACCESS_KEY_ID": "hunter2 hunter2"}
    completed = run("request", URL, env=key)
    assert_mistake(completed, "access_key_id")
    assert b"hunter2" not in completed.stderr


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("sso", ["SSO session has expired", "aws sso login --profile sso"]),
        ("process", ["botocore", "custom-process"]),
        ("role", ["botocore", "missing"]),
    ],
)
def test_profile_without_credentials_is_a_usage_error(tmp_path, profile, words):
    configuration = tmp_path / "config"
    configuration.write_text(
        "[profile sso]\nsso_start_url = https://example.awsapps.com/start\nsso_region = us-east-1\n"
        "sso_account_id = 123456789012\nsso_role_name = role\n"
        "[profile process]\ncredential_process = /bin/false\n"
        "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = missing\n"
    )
    env = {"AWS_CONFIG_FILE": str(configuration)}
    assert_mistake(run("presign", URL, "--profile", profile, env=env), *words)


@pytest.mark.parametrize(
    ("env", "words"),
    [
        (
            {"SSL_CERT_FILE": "/missing"},
            ["SSL_CERT_FILE /missing: No such file", "pass a PEM file"],
        ),
        ({"SSL_CERT_FILE": os.devnull}, [f"SSL_CERT_FILE {os.devnull} has no certificates: pass"]),
        ({"HTTPS_PROXY": "ftp://example.com"}, ["HTTPS_PROXY is not the URL of a proxy: set one"]),
        ({"all_proxy": "http://a:secret"}, ["all_proxy is not the URL of a proxy: set one"]),
        ({"HTTPS_PROXY": "socks5://example.com"}, ["HTTPS_PROXY", "pip install httpx[socks]"]),
    ],
)
def test_invalid_environment_is_a_usage_error(env, words):
    completed = run("request", URL, env={**KEY, **env})
    assert_mistake(completed, *words)
    assert b"secret" not in completed.stderr


def test_profile_without_a_key_needs_botocore(tmp_path):
    script = "import sys; sys.modules['botocore'] = None; import rsigv4.cli as c; c.main()"
    configuration = tmp_path / "config"
    configuration.write_text("[profile a]\nrole_arn = arn:aws:iam::123456789012:role/a\n")
    arguments = ("presign", URL, "--profile", "a")
    env = {"AWS_CONFIG_FILE": str(configuration)}
    completed = run(*arguments, program=(sys.executable, "-c", script), env=env)
    assert_mistake(completed, "profile 'a'", "install botocore", "pip install 'rsigv4[botocore]'")


@pytest.mark.parametrize("command", [("request", URL), ("whoami",)])
@pytest.mark.parametrize("password", ["hun#ter2", "hun/ter2", "hun?ter2"])
def test_password_of_a_proxy_is_not_shown(command, password):
    env = {**KEY, "HTTPS_PROXY": f"http://user:{password}@proxy.example:80"}
    completed = run(*command, env=env)
    assert_mistake(completed, "HTTPS_PROXY")
    assert b"hun" not in completed.stderr


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "HTTPS_PROXY"])
def test_environment_that_sts_can_not_use_is_a_usage_error(variable):
    completed = run("whoami", env={**KEY, variable: "foo://missing"})
    assert_mistake(completed, "proxy" if variable == "HTTPS_PROXY" else variable)


@pytest.mark.parametrize("seconds", ["2.5", "1000000"])
def test_curl_connects_in_the_same_way(seconds):
    options = (
        *("--connect-to", "example.com:443:[::1]:9243", "--retry", "3", "--max-time", seconds),
        *("--insecure", "--cacert", "my ca.pem", "--cert", "a.pem", "--key", "b.pem"),
    )
    completed = run("request", URL, "--region", "a", "--service", "b", "--curl", *options)
    assert completed.returncode == 0, completed.stderr
    words = shlex.split(completed.stdout.decode().replace("\\\n", ""))
    start = words.index("--connect-to")
    printed = words[start:]
    assert sorted(printed) == sorted(options)


def test_curl_follows_redirects_in_the_same_way():
    arguments = ("request", URL, "-L", "--curl")
    assert b" \\\n  --location\n" in run(*arguments).stdout
    plain = run("request", URL, "--curl", "-m", "0").stdout
    assert b"--location" not in plain
    assert b"--max-time" not in plain
    # curl would send it to each server on the way.
    assert_mistake(run(*arguments, env=TEMPORARY_KEY), "--curl", "-L", "session token")
    presigned = run("presign", URL, env=TEMPORARY_KEY).stdout.decode().strip()
    completed = run("request", presigned, "-L", "--curl", env=TEMPORARY_KEY)
    assert completed.stdout.endswith(b" \\\n  --location\n")


def test_unknown_profile_is_a_usage_error():
    assert_mistake(run("presign", URL, "--profile", "nobody"), "can't find the profile 'nobody'")


@pytest.mark.parametrize("missing", ["click", "httpx", "rich"])
def test_without_the_extra_the_error_says_what_to_install(missing):
    script = f"import sys; sys.modules[{missing!r}] = None; import rsigv4.cli as c; c.main()"
    completed = run(program=(sys.executable, "-c", script))
    assert_mistake(completed, missing, "pip install 'rsigv4[cli]'", status=1)


def test_token_is_never_shown():
    with RecordingServer() as server:
        scope = ("--region", "us-east-1", "--service", "execute-api")
        url = server.url("/?X-Amz-Security-Token=hunter2&a=b")
        secrets = ("Cookie:hunter2", "X-Api-Key:hunter2")
        verbose = run("request", url, *secrets, *scope, "-v", env=TEMPORARY_KEY)
        dry_run = run("request", url, *scope, "--dry-run", env=TEMPORARY_KEY)
    assert verbose.returncode == dry_run.returncode == 0
    (arrived,) = server.arrived
    assert arrived.headers["X-Amz-Security-Token"] == TOKEN
    signature = arrived.headers["Authorization"].rpartition("=")[2]
    for secret in (SECRET, TOKEN, signature):
        assert secret not in verbose.stderr.decode()
        assert secret not in dry_run.stdout.decode()
    assert b"hunter2" not in verbose.stderr
    assert b"> X-Amz-Security-Token: ***\n" in verbose.stderr
    assert b"\nx-amz-security-token:***\n" in dry_run.stdout


def test_region_and_service_are_read_from_the_host():
    completed = run("request", URL.replace("us-east-1", "ap-northeast-1"), "--dry-run")
    assert b"/ap-northeast-1/execute-api/aws4_request\n" in completed.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["rsigv4", ""], ["request", "presign", "presign-many", "explain", "verify"]),
        (["rsigv4", "pre"], ["presign", "presign-many"]),
        (["rsigv4", "request", "--dr"], ["--dry-run"]),
        (["rsigv4", "completion", ""], ["bash", "fish", "zsh"]),
    ],
)
def test_shell_completes_commands_and_options(words, expected):
    # Called like bash does.
    completed = run(
        env={
            "COMP_CWORD": str(len(words) - 1),
            "COMP_WORDS": " ".join(words),
            "_RSIGV4_COMPLETE": "bash_complete",
        }
    )
    found = [line.partition(",")[2] for line in completed.stdout.decode().splitlines()]
    assert set(expected) <= set(found)


def test_bash_accepts_the_completion():
    script = 'eval "$("$0" completion bash)" && complete -p rsigv4'
    completed = run(program=("bash", "-c", script, RSIGV4))
    assert (completed.returncode, completed.stderr) == (0, b"")
    assert completed.stdout.startswith(b"complete ")


@pytest.mark.parametrize("shell", ["fish", "zsh"])
def test_other_shells_have_a_completion(shell):
    assert b"_RSIGV4_COMPLETE" in run("completion", shell).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["request", URL, b"a=\xff"],
        ["request", URL, b"A:\xff"],
        ["request", URL, b"a==\xff"],
        ["request", URL, "-d", b"\xff"],
        ["request", URL, "-d", b"@\xff"],
        ["request", URL, b"--\xff"],
        ["verify", b"\xff"],
        ["whoami", "--assume-role", b"\xff"],
    ],
)
def test_text_that_is_not_utf_8_is_a_mistake(arguments):
    # `run` would make text of the bytes.
    completed = subprocess.run(  # noqa: S603 - the command
        [RSIGV4, *arguments], env=environment(**KEY), capture_output=True, timeout=60, check=False
    )
    assert_mistake(completed)


def test_closed_streams_do_not_print_a_traceback():
    completed = subprocess.run(  # noqa: S603 - the command
        ["bash", "-c", '"$0" --version >&-; "$0" presign-many <&-', RSIGV4],  # noqa: S607
        env=environment(**KEY),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"Traceback" not in completed.stderr
