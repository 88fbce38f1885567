# rsigv4 explain: responses of a real server, saved and piped as users do.

from __future__ import annotations

import subprocess

import pexpect
import pytest

from support.command import RSIGV4, assert_mistake, environment, run
from support.servers.refusing import PREFIX, RefusingServer

MISSING_TOKEN = '{"message":"Missing Authentication Token"}'


@pytest.fixture(scope="module")
def bucket(swift):
    return swift.new_bucket()


def key_of(server, **changed):
    key = {"access_key_id": server.access_key_id, "secret_access_key": server.secret_access_key}
    return {f"AWS_{name.upper()}": value for name, value in {**key, **changed}.items()}


@pytest.fixture
def changed_on_the_way(swift, bucket, tmp_path):
    """Return files with a request as it was signed, and the response to a modified one."""
    target, headers = f"{bucket}/key", [("x-amz-meta-a", "b")]
    added = swift.signer().sign("PUT", f"{swift.endpoint}{target}?c=d", headers, b"body")
    arrived = [*added.items(), ("x-amz-meta-a", "b"), ("x-amz-meta-a", "c")]
    response = swift.send("PUT", f"{target}?c=e", arrived, b"body")
    assert response.status == 403
    request = tmp_path / "request.http"
    lines = [f"PUT {target}?c=d HTTP/1.1", f"Host: {swift.host}"]
    lines += [f"{name}: {value}" for name, value in (*headers, *added.items())]
    request.write_text("\r\n".join([*lines, "Content-Length: 4", "", "body"]))
    (tmp_path / "response.xml").write_bytes(response.body)
    return tmp_path / "response.xml", request


def test_differences_are_shown_side_by_side(changed_on_the_way):
    response, request = changed_on_the_way
    completed = run("explain", response, "--request", request, env={})
    assert (completed.returncode, completed.stderr) == (0, b"")
    lines = completed.stdout.decode().splitlines()
    assert "SignatureDoesNotMatch" in lines[0]
    shown = "\n".join(lines)
    assert "  canonical_query_string\n    signed:   c=d\n    expected: c=e\n" in shown
    assert "    signed:   x-amz-meta-a:b\n    expected: x-amz-meta-a:b,c\n" in shown
    assert any(line.startswith("Change: ") for line in lines)


def test_explanation_is_coloured_on_a_terminal(changed_on_the_way):
    response, request = changed_on_the_way
    child = pexpect.spawn(
        RSIGV4,
        ["explain", str(response), "--request", str(request)],
        env=environment(),
        encoding="utf-8",
        timeout=60,
    )
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "\x1b[31m    signed:   c=d\x1b[0m" in child.before
    assert "\x1b[32m    expected: c=e\x1b[0m" in child.before


@pytest.mark.parametrize("options", [["-i"], ["-v"], []])
def test_output_of_curl_may_be_piped_in(swift, bucket, options):
    scope = ("--region", "us-east-1", "--service", "s3")
    wrong = key_of(swift, secret_access_key="wrong")
    url = f"{swift.endpoint}{bucket}/a%20b?c=d"
    printed = run("request", "PUT", url, "-d", "x", *scope, "--curl", env=wrong)
    assert printed.returncode == 0
    # Standard output and standard error, as in a terminal.
    command = f"{printed.stdout.decode().strip()} {' '.join(options)} 2>&1 | {RSIGV4} explain --env"
    completed = subprocess.run(  # noqa: S603 - the command that was printed
        ["bash", "-c", command],  # noqa: S607
        env=environment(NO_PROXY="*", **wrong),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (completed.returncode, completed.stderr) == (0, "")
    assert "SignatureDoesNotMatch" in completed.stdout
    assert "secret" in completed.stdout


def test_refused_request_is_explained(swift, bucket):
    scope = ("--region", "us-east-1", "--service", "s3")
    wrong = key_of(swift, secret_access_key="wrong")
    completed = run("request", f"{swift.endpoint}{bucket}/key", *scope, env=wrong)
    assert completed.returncode == 22
    errors = completed.stderr.decode()
    assert errors.startswith("rsigv4: error: the server responded with 403 Forbidden\n\n403 ")
    assert "secret" in errors
    assert b"<Code>SignatureDoesNotMatch</Code>" in completed.stdout


def test_wrong_region_with_another_status_is_explained(swift, bucket):
    scope = ("--region", "eu-west-1", "--service", "s3")
    completed = run("request", f"{swift.endpoint}{bucket}/key", *scope, env=key_of(swift))
    assert completed.returncode == 22
    assert b"400 Bad Request" in completed.stderr
    assert b"it has to be us-east-1" in completed.stderr


def test_response_with_status_401_is_explained():
    scope = ("--region", "us-east-1", "--service", "es")
    with RefusingServer(status=401) as server:
        completed = run("request", f"{server.endpoint}{PREFIX}/index", *scope)
    assert completed.returncode == 22
    errors = completed.stderr.decode()
    assert "401 Unauthorized" in errors
    assert PREFIX in errors


def test_response_may_come_from_a_file_or_a_pipe(tmp_path):
    file = tmp_path / "response.json"
    file.write_text(MISSING_TOKEN)
    from_file = run("explain", file, env={})
    from_pipe = run("explain", stdin=MISSING_TOKEN.encode(), env={})
    assert from_file.returncode == 0
    assert b"Change: " in from_file.stdout
    assert from_pipe.stdout == from_file.stdout


def test_file_of_powershell():
    response = f"HTTP/1.1 403 Forbidden\r\n\r\n{MISSING_TOKEN}".encode("utf-16")
    completed = run("explain", stdin=response, env={})
    assert completed.returncode == 0
    assert completed.stdout.startswith(b"403 - perhaps: the API does not have this path")


def test_last_exchange_of_curl_is_explained():
    # As `curl -v -L` shows a redirect.
    lines = [
        *(
            "> GET /first HTTP/1.1",
            "> Host: example.com",
            "> ",
            "< HTTP/1.1 302 Found",
        ),
        *("< Location: /second", "< ", "> GET /second HTTP/1.1", "> Host: example.com", "> "),
        *("< HTTP/1.1 403 Forbidden", "< x-amzn-ErrorType: MissingAuthenticationTokenException"),
        *("< ", MISSING_TOKEN),
    ]
    completed = run("explain", stdin="\n".join(lines).encode(), env={})
    assert completed.returncode == 0
    assert completed.stdout.startswith(b"403 MissingAuthenticationTokenException - ")


def test_unknown_text_exits_with_1_and_says_what_was_looked_for():
    completed = run("explain", stdin=b"\xff\0 not a response at all", env={})
    assert (completed.returncode, completed.stderr) == (1, b"")
    assert b"looked for and not found were an error code" in completed.stdout


def test_a_success_is_not_a_refusal():
    completed = run("explain", stdin=b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: 1\r\n\r\n{}", env={})
    assert (completed.returncode, completed.stderr) == (0, b"")
    assert completed.stdout.startswith(b"200 - AWS has not refused the request: the status is 200.")


def test_advice_names_options_rather_than_arguments():
    completed = run("explain", stdin=b"<Error><Code>SignatureDoesNotMatch</Code></Error>", env={})
    advice = completed.stdout.decode()
    assert "--request FILE" in advice
    assert "--profile NAME" in advice
    assert "explain()" not in advice


@pytest.mark.parametrize(
    ("request_text", "words"),
    [
        ("", "not begin with a line such as"),
        ("hello", "not begin with a line such as"),
        ("GET / HTTP/1.1\n\n", "no header Host"),
        ("GET / HTTP/1.1\nnothing\n\n", "no colon"),
        ("GET / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n", "chunked"),
        ("POST / HTTP/1.1\nHost: a\nContent-Length: 9\n\nabc", "6 bytes shorter"),
        ("GET / HTTP/1.1\n" + "A: b\n" * 100_000, "head is longer"),
    ],
)
def test_malformed_request_is_a_usage_error(tmp_path, request_text, words):
    request = tmp_path / "request.http"
    request.write_text(request_text)
    completed = run("explain", "--request", request, stdin=MISSING_TOKEN.encode())
    assert_mistake(completed, words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "no response to explain"),
        (["/missing"], "/missing"),
        (["/dev/null"], "no response to explain"),
        (["--csv", "/missing"], "/missing"),
    ],
)
def test_usage_error_is_one_line(arguments, words):
    stdin = MISSING_TOKEN.encode() if "--csv" in arguments else b""
    assert_mistake(run("explain", *arguments, stdin=stdin), words)
