# The examples that send requests, against a server that verifies them in place of AWS.

from __future__ import annotations

import json
import logging
import re
import socket

import pytest

from support.pages import BLOCK, REPOSITORY, dedented, run_block
from support.servers.verifying import VerifyingServer

DOCS = REPOSITORY / "docs"
PAGES = [
    DOCS / "index.md",
    DOCS / "explain.md",
    DOCS / "start" / "quickstart.md",
    DOCS / "guides" / "credentials.md",
    DOCS / "guides" / "uploads.md",
    *sorted((DOCS / "clients").glob("*.md")),
]
EXAMPLES = [
    pytest.param(page, block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(BLOCK.finditer(page.read_text(encoding="utf-8")))
    # test_uploads.py has the upload in parts, which needs a server that stores them.
    if block["skipped"] and "uploadId" not in block["code"]
]
AWS_HOST = re.compile(r"https://([\w.-]+\.amazonaws\.com)")
KEY = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
}
#: What API Gateway and OpenSearch respond in these examples.
CONTENT = {"message": "hello from API Gateway"}
FOUND = {"hits": {"total": {"value": 2}}}


@pytest.fixture(autouse=True)
def files(monkeypatch, tmp_path):
    """Write the files that the examples read to the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    access_key_id, secret = KEY.values()
    (tmp_path / "accessKeys.csv").write_text(
        f"Access key ID,Secret access key\n{access_key_id},{secret}\n", encoding="utf-8-sig"
    )
    (tmp_path / "credentials").write_text(
        f"[work]\naws_access_key_id = {access_key_id}\naws_secret_access_key = {secret}\n"
    )
    (tmp_path / "backup.tar").write_bytes(b"backup" * 100_000)


@pytest.fixture
def server(monkeypatch):
    """Return a server to which all host names lead."""
    for name, value in {**KEY, "NO_PROXY": "*", "no_proxy": "*"}.items():
        monkeypatch.setenv(name, value)
    look_up = socket.getaddrinfo

    def look_up_loopback(_host, *arguments, **options):
        return look_up("127.0.0.1", *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up_loopback)
    # The client of Elasticsearch requires the second header.
    headers = {"Content-Type": "application/json", "X-Elastic-Product": "Elasticsearch"}
    with VerifyingServer(headers=headers) as server:
        server.accept(KEY["AWS_ACCESS_KEY_ID"], KEY["AWS_SECRET_ACCESS_KEY"])
        yield server


def adapt(code, port):
    """Send to our server, which has no certificate for these names."""
    code = code.replace("HTTPSConnection(", "HTTPConnection(")
    return AWS_HOST.sub(rf"http://\1:{port}", code)


def is_refused(block):
    return "explain" in block["code"]


@pytest.mark.parametrize(
    ("page", "block"), [example for example in EXAMPLES if not is_refused(example.values[1])]
)
def test_example_sends_signed_requests(page, block, server):
    searches = "Elasticsearch" in block["code"] or "OpenSearch" in block["code"]
    server.content = json.dumps(FOUND if searches else CONTENT).encode()
    printed = run_block(
        page, block, {"__name__": "__main__"}, lambda code: adapt(code, server.port)
    )
    assert printed == dedented(block, "output")
    assert server.errors == []
    check_signed_for_the_host(server)


@pytest.mark.parametrize(
    ("page", "block"), [example for example in EXAMPLES if is_refused(example.values[1])]
)
def test_example_explains_a_refusal(page, block, server, caplog):
    server.accept(KEY["AWS_ACCESS_KEY_ID"], "another secret")
    caplog.set_level(logging.WARNING, logger="rsigv4")
    printed = run_block(
        page, block, {"__name__": "__main__"}, lambda code: adapt(code, server.port)
    )
    logged = [record.getMessage() + "\n" for record in caplog.records if record.name == "rsigv4"]
    assert "".join(logged) + printed == dedented(block, "output")
    check_signed_for_the_host(server)


def test_each_client_explains_a_refusal():
    refused = {
        page.stem for page, block in (example.values for example in EXAMPLES) if is_refused(block)
    }
    assert refused == {"explain", *(path.stem for path in (DOCS / "clients").glob("[!i]*.md"))}


def check_signed_for_the_host(server):
    assert server.arrived
    for arrived in server.arrived:
        assert AWS_HOST.search(f"https://{arrived.head.value('host')}")
        assert "/eu-central-1/" in arrived.head.value("authorization")
