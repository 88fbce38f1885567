# docs/guides/uploads.md: how each client sends files, forms and streams, and an upload in parts.

from __future__ import annotations

import contextlib
import os
import re

import pytest

from rsigv4.exceptions import InvalidRequestError
from support.bodies import BODIES, CONTENT, Kind
from support.clients import BY_NAME, Auth
from support.pages import BLOCK, REPOSITORY, dedented, run_block
from support.signing import TEMPORARY

PAGE = REPOSITORY / "docs" / "guides" / "uploads.md"
TEXT = PAGE.read_text(encoding="utf-8")

#: The headings above the tables, and their clients.
CLIENTS = {
    "requests and niquests": ["requests", "niquests", "niquests async"],
    "httpx and httpx2": ["httpx", "httpx async", "httpx2", "httpx2 async"],
    "aiohttp": ["aiohttp"],
    "urllib3 and urllib": ["urllib3", "urllib"],
}
KINDS = {kind.name: kind for kind in BODIES}


@contextlib.contextmanager
def whole_file(path):
    path.write_bytes(CONTENT)
    with path.open("rb") as file:
        yield file


def kind_of(body, client):
    """Return a body of the table's first column, as this client takes it."""
    if body == "file":
        return Kind("file", whole_file)
    if body == "multipart form":
        return KINDS["multipart"]
    return KINDS["async iterator" if client.is_async else "generator"]


def cells():
    for heading, names in CLIENTS.items():
        section = re.search(rf"^### {heading}\n(.*?)^##", TEXT, re.MULTILINE | re.DOTALL)[1]
        head, *rows = re.findall(r"^\| (.+) \| (.+) \| (.+) \|$", section, re.MULTILINE)
        assert head == ("body", "to S3", "to other services")
        assert len(rows) == 4
        for body, *words in rows:
            for name in names:
                for service, word in zip(["s3", "es"], words):
                    yield pytest.param((name, body, service, word), id=f"{name}-{body}-{service}")


@pytest.mark.parametrize("cell", list(cells()))
def test_client_sends_a_body_as_the_table_says(cell, server, tmp_path):
    name, body, service, word = cell
    client = BY_NAME[name]
    kind = kind_of(body, client)
    has_length = "with `Content-Length`" in body or (body == "file" and "urllib" in name)
    headers = [("Content-Length", str(len(CONTENT)).encode())] if has_length else []
    # Only what the auth reads into memory has a limit.
    auth = Auth(TEMPORARY, service=service, options={"max_buffered_body": 1})
    with contextlib.ExitStack() as stack:
        if word == "in memory":
            stack.enter_context(pytest.raises(InvalidRequestError, match="max_buffered_body"))
        content = stack.enter_context(kind.made(tmp_path / "body"))
        client.send(auth, "PUT", server.url("/a"), headers, content)
    assert bool(server.arrived) == (word != "in memory")
    for arrived in server.arrived:
        assert arrived.error == ""
        assert arrived.head.value("content-length")
        assert bool(arrived.body.chunks) == (word == "in chunks")


def test_file_is_uploaded_in_parts(s3_server, bucket, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    content = os.urandom(11 * 1024 * 1024)
    (tmp_path / "backup.tar").write_bytes(content)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret_access_key)
    monkeypatch.setenv("NO_PROXY", "*")
    (block,) = [block for block in BLOCK.finditer(TEXT) if "uploadId" in block["code"]]

    def adapt(code):
        code = code.replace("64 * 1024", "5 * 1024")
        code = code.replace("SigV4Auth()", f"SigV4Auth(region={s3_server.region!r}, service='s3')")
        return code.replace(
            "https://bucket.s3.eu-central-1.amazonaws.com", s3_server.endpoint + bucket
        )

    assert run_block(PAGE, block, {"__name__": "__main__"}, adapt) == dedented(block, "output")
    assert s3_server.call("GET", f"{bucket}/backup.tar").body == content
