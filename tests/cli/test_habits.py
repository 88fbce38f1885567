# The table of docs/cli.md: each line of curl, beside what it becomes here, sends the same request.

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from support.command import RSIGV4, environment
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET

DOCUMENT = Path(__file__).parents[2] / "docs" / "cli.md"
HOST = "vpc-logs.eu-west-1.es.amazonaws.com"
SCOPE = "--region eu-west-1 --service es"

#: Options of the lines that need TLS.
TLS = ("-k", "--cacert")


def rows():
    """Return the lines of curl and of rsigv4, which stand in the first and the last column."""
    text = DOCUMENT.read_text(encoding="utf-8")
    table = re.findall(r"^\| (.*) \|$", text.partition("## Coming from curl")[2], re.MULTILINE)
    cells = [[cell.strip("` ") for cell in line.split("|")] for line in table if "rsigv4 " in line]
    return [(row[0], row[-1]) for row in cells]


@pytest.fixture
def folder(tmp_path, authority):
    (tmp_path / "bulk.ndjson").write_bytes(b'{"a":1}\n\n{"b":2}\r\n')
    (tmp_path / "backup").write_bytes(bytes(range(256)))
    (tmp_path / "ca.pem").write_bytes(authority.path.read_bytes())
    certificate, key = authority.client_certificate(tmp_path)
    certificate.rename(tmp_path / "cert.pem")
    key.rename(tmp_path / "key.pem")
    (tmp_path / "credentials").write_text(
        f"[work]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET}\n"
    )
    return tmp_path


@pytest.fixture
def run(folder, authority):
    def run(line):
        """Run a line against a server of its own, and return the output and what arrived."""
        (folder / "copy").unlink(missing_ok=True)
        is_tls = any(word in line.split() for word in TLS) or "HOST" in line
        name = HOST if "HOST" in line else "localhost"
        wants = "--cert " in line
        tls = authority.server_named(name, wants_client_certificate=wants) if is_tls else None
        with VerifyingServer(
            tls=tls, content=b"content", anonymous=line.startswith("curl")
        ) as server:
            server.accept(ACCESS_KEY, SECRET)
            line = line.replace("localhost:9243", f"localhost:{server.port}")
            line = re.sub(r"\bURL\b", server.url("/a", name="localhost"), line)
            line = line.replace("HOST", HOST)
            line = line.replace("KEY:SECRET", f"{ACCESS_KEY}:{SECRET}")
            if line.startswith("rsigv4 ") and "--region" not in line:
                line += f" {SCOPE}"
            environ = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
            if "--profile" in line:
                environ = {"AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials")}
            completed = subprocess.run(  # noqa: S603 - a line of the document
                ["bash", "-c", line.replace("rsigv4 ", f"{RSIGV4} ", 1)],  # noqa: S607
                cwd=folder,
                env=environment(NO_PROXY="*", **environ),
                capture_output=True,
                timeout=60,
                check=False,
            )
        assert completed.returncode == 0, completed.stderr
        (arrived,) = server.arrived
        head, copy = arrived.head, folder / "copy"
        sent = (head.method, head.target, head.value("content-type"), head.value("x-a"))
        output = copy.read_bytes() if copy.exists() else completed.stdout
        return output, (*sent, arrived.body.sha256), arrived.authorization

    return run


@pytest.mark.parametrize(("curl", "rsigv4"), rows())
def test_line_does_what_it_did(run, curl, rsigv4):
    output, sent, authorization = run(rsigv4)
    assert authorization.access_key_id == ACCESS_KEY
    if not curl:
        assert output == b"content"
        return
    expected_output, expected, _none = run(curl)
    assert sent == expected
    if " -i " in curl or " -I " in curl:
        assert output.splitlines()[0] == expected_output.splitlines()[0] == b"HTTP/1.1 200 OK"
        assert output.endswith(b"\r\n\r\n" if " -I " in curl else b"\r\n\r\ncontent")
    else:
        assert output == expected_output == b"content"


def test_table_has_all_options():
    lines = " ".join(line for _curl, line in rows()).split()
    options = ("-X", "-H", "-d", "--data-binary", "-i", "-I", "-o", "-v", "-k", "--cacert")
    options += ("--cert", "--key", "--connect-to", "--retry", "--max-time", "--profile")
    assert set(options) <= set(lines)
