# Examples in docs/cli.md: each line of another tool sends what the last line of its block sends.

from __future__ import annotations

import functools
import os
import pty
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.command import RSIGV4, environment
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET

DOCUMENT = Path(__file__).parents[2] / "docs" / "cli.md"
HOST = "vpc-logs.eu-west-1.es.amazonaws.com"
#: Added to lines that sign, since the URL's host, which is local, doesn't name them.
SCOPES = {
    "rsigv4": lambda line: f"{line} --region eu-west-1 --service es",
    "http": lambda line: line.replace("-a p=work", "-a p=work,r=eu-west-1,s=es"),
}
#: Options of the lines that need TLS.
TLS = ("-k", "--cacert", "--verify=no", "--verify=ca.pem", "REQUESTS_CA_BUNDLE=ca.pem")
JSON = "application/json"


def rows():
    """Return the lines of each block: one for each of the four tools."""
    text = DOCUMENT.read_text(encoding="utf-8").partition("## Coming from curl")[2]
    blocks = re.findall(r"```sh\n(.*?)```", text.partition("\n## ")[0], re.DOTALL)
    return [block.splitlines() for block in blocks]


def lines_of_others():
    """Return each line of another tool, with that of rsigv4."""
    return [(line, row[-1]) for row in rows() for line in row[:-1] if not is_impossible(line)]


def is_impossible(line):
    return re.fullmatch("# (curl|awscurl|HTTPie): not possible", line) is not None


def tool_of(line):
    return next(word for word in line.split() if "=" not in word)


def signs(line):
    return tool_of(line) in {"awscurl", "rsigv4"} or "KEY" in line or "work" in line


def needs_installed_tools(line):
    return tool_of(line) in {"awscurl", "http"}


@dataclass(frozen=True)
class Result:
    output: bytes
    method: str
    target: str
    content_type: str | None
    added: str | None
    sha256: str
    key: str | None

    def sent(self):
        return (self.method, self.target, self.added, self.sha256)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, authority):
    folder = tmp_path_factory.mktemp("habits")
    (folder / "bulk.ndjson").write_bytes(b'{"a":1}\n\n{"b":2}\r\n')
    (folder / "backup").write_bytes(bytes(range(256)))
    (folder / "ca.pem").write_bytes(authority.path.read_bytes())
    certificate, key = authority.client_certificate(folder)
    certificate.rename(folder / "cert.pem")
    key.rename(folder / "key.pem")
    # awscurl reads its files here, whatever the environment says.
    (folder / ".aws").mkdir()
    (folder / ".aws" / "credentials").write_text(
        f"[work]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET}\n"
    )
    # HTTPie would ask for a newer version of itself.
    (folder / "config.json").write_text('{"disable_update_warnings": true}')
    return folder


@pytest.fixture(scope="module")
def run(folder, authority, request):
    @functools.cache
    def run(line):
        """Run a line against a server of its own, and return the output and what arrived."""
        path = os.environ["PATH"]
        if needs_installed_tools(line):
            path = f"{request.getfixturevalue('installed_tools')}:{path}"
        tool = tool_of(line)
        is_tls = any(word in line.split() for word in TLS) or "HOST" in line
        name = HOST if "HOST" in line else "localhost"
        wants = "--cert " in line
        tls = authority.server_named(name, wants_client_certificate=wants) if is_tls else None
        anonymous = not signs(line)
        # HTTPie's plugin leaves x-amz-content-sha256 unsigned, as aws-requests-auth does.
        strict = tool != "http"
        with VerifyingServer(
            tls=tls, content=b"content", anonymous=anonymous, strict=strict
        ) as server:
            server.accept(ACCESS_KEY, SECRET)
            key = {} if "work" in line else {"AWS_ACCESS_KEY_ID": ACCESS_KEY}
            if key:
                key["AWS_SECRET_ACCESS_KEY"] = SECRET
            if "--region" not in line:
                line = SCOPES.get(tool, str)(line)
            line = line.replace("localhost:9243", f"localhost:{server.port}")
            words = {
                "HOST": HOST,
                "KEY": ACCESS_KEY,
                "SECRET": SECRET,
                "URL": server.url("/a", name="localhost"),
                "rsigv4": RSIGV4,
            }
            line = re.sub(rf"\b({'|'.join(words)})\b", lambda word: words[word[1]], line)
            output = on_terminal(line, folder, {**key, "PATH": path})
        (arrived,) = server.arrived
        head, copy = arrived.head, folder / "copy"
        if copy.exists():
            output = copy.read_bytes()
            copy.unlink()
        return Result(
            output,
            head.method,
            head.target.decode(),
            head.value("content-type"),
            head.value("x-a"),
            arrived.body.sha256,
            arrived.authorization and arrived.authorization.access_key_id,
        )

    return run


def on_terminal(line, folder, env):
    """Run a line as one that is typed, and return its output, which a pipe takes."""
    ours, terminal = pty.openpty()
    try:
        completed = subprocess.run(  # noqa: S603 - a line of the document
            ["bash", "-c", line],  # noqa: S607
            cwd=folder,
            env={
                **environment(HOME=str(folder), HTTPIE_CONFIG_DIR=str(folder), NO_PROXY="*"),
                "AWS_SHARED_CREDENTIALS_FILE": str(folder / ".aws" / "credentials"),
                **env,
            },
            stdin=terminal,
            capture_output=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(terminal)
    assert completed.returncode == 0, (line, completed.stdout, completed.stderr)
    return completed.stdout


def check(theirs, ours, line):
    assert theirs.key == (ACCESS_KEY if signs(line) else None)
    assert ours.key == ACCESS_KEY
    assert theirs.sent() == ours.sent()
    content_type = theirs.content_type and theirs.content_type.partition(";")[0]
    # As the document says, awscurl and HTTPie take more for JSON.
    is_taken_for_json = ours.content_type is None and content_type == JSON
    assert content_type == ours.content_type or (is_taken_for_json and tool_of(line) != "curl")
    if ours.method == "HEAD" or " -i " in line or " -p hb " in line:
        assert ours.output.startswith(b"HTTP/1.1 200 OK\r\n")
        # awscurl shows headers as Python's, without the status.
        assert theirs.output.startswith(b"{'" if tool_of(line) == "awscurl" else b"HTTP/1.1 200 OK")
        assert b"Content-Length" in theirs.output
        assert b"Content-Length" in ours.output
    else:
        assert ours.output == b"content"
    if ours.method == "HEAD":
        assert ours.output.endswith(b"\r\n\r\n")
    else:
        assert theirs.output.endswith(b"content")
        assert ours.output.endswith(b"content")


@pytest.mark.parametrize(
    ("line", "rsigv4"),
    [
        pytest.param(
            line, rsigv4, marks=[pytest.mark.servers] if needs_installed_tools(line) else []
        )
        for line, rsigv4 in lines_of_others()
    ],
)
def test_line_does_what_it_did(run, line, rsigv4):
    check(run(line), run(rsigv4), line)


@pytest.mark.parametrize("line", [row[-1] for row in rows()])
def test_line_is_possible_here(run, line):
    assert run(line).key == ACCESS_KEY


def test_each_block_has_a_line_for_each_tool():
    tools = ["curl", "awscurl", "http", "rsigv4"]
    for row in rows():
        assert len(row) == len(tools)
        for tool, line in zip(tools, row):
            assert is_impossible(line) or tool_of(line) == tool


def test_blocks_have_all_options():
    lines = " ".join(row[-1] for row in rows()).split()
    options = ("-X", "-H", "-d", "--data-binary", "-i", "-I", "-o", "-v", "-k", "--cacert")
    options += ("--cert", "--key", "--connect-to", "--retry", "--max-time", "--profile")
    assert set(options) <= set(lines)
