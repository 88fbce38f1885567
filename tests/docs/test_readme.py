# The README is short, and what it shows works. Other tests run its other blocks.

from __future__ import annotations

import io
import re
from importlib.metadata import metadata
from unittest import mock

import pytest
import requests

from rsigv4 import Credentials, Verifier
from support.pages import BLOCK, REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)[^\n]*\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
# The block that test_examples.py skips.
SCRIPTS = [match["code"] for match in BLOCK.finditer(README) if match["skipped"]]
SIGNING = re.findall(r"^\| [^|]+ \| `(from rsigv4[^`]+)`<br>`", README, re.MULTILINE)


def test_it_is_read_in_two_minutes():
    prose = re.sub(r"^(```.*?^```|\|.*?)$", "", README, flags=re.MULTILINE | re.DOTALL)
    assert len(prose.split()) < 400
    assert len(README.splitlines()) < 130


def test_every_block_is_run():
    for language, text in BLOCKS:
        assert language in {"python", "text", "console", "sh"}
        if language == "sh":
            assert re.fullmatch(r"pip install 'rsigv4\[\w+\]'\n", text)
    assert len(SCRIPTS) == 1


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_sign_what_they_send(script):
    verifier = Verifier(
        {CREDENTIALS.access_key_id: CREDENTIALS}.get, region="eu-central-1", service="execute-api"
    )
    verified = []

    def send(_adapter, request, **_arguments):
        body = request.body or b""
        verified.append(verifier.verify(request.method, request.url, request.headers, body))
        response = requests.Response()
        response.status_code = 200
        response.url = request.url
        response.raw = io.BytesIO()
        return response

    with mock.patch.object(requests.adapters.HTTPAdapter, "send", send):
        exec(compile(script, "README.md", "exec"), {})  # noqa: S102 - our README
    assert len(verified) == 1


@pytest.mark.parametrize("statement", SIGNING)
def test_table_of_clients_imports_what_exists(statement):
    try:
        exec(statement, {})  # noqa: S102 - our README
    except ModuleNotFoundError as error:
        if error.name.startswith("rsigv4"):
            raise
        pytest.skip(str(error))


def test_table_of_clients_has_all():
    rows = re.findall(r"^\| [^|]+ \| `.*<br>`", README, re.MULTILINE)
    assert len(SIGNING) == len(rows) == 9


def test_extras_exist():
    named = set(re.findall(r"rsigv4\[(\w+)\]", README))
    assert named
    assert named <= set(metadata("rsigv4").get_all("Provides-Extra"))


def test_links_lead_to_files():
    targets = re.findall(r"\]\((?!https://)([^)]+)\)", README)
    assert len(targets) > 10
    assert [target for target in targets if not (REPOSITORY / target).exists()] == []


def test_every_command_of_make_exists():
    makefile = (REPOSITORY / "Makefile").read_text()
    goals = re.findall(r"`make ([a-z-]+)", README)
    assert set(goals) == {"demo", "test"}
    assert all(re.search(rf"^{goal}:", makefile, re.MULTILINE) for goal in goals)
