# Runs the commands in docs/cli.md and other pages in order, in one folder, against local servers.

from __future__ import annotations

import contextlib
import doctest
import os
import re
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

import tutorial
from support.command import KEY, RSIGV4, environment, run
from support.servers.ministack import unique

DOCUMENT = Path(__file__).parents[2] / "docs" / "cli.md"
README = Path(__file__).parents[2] / "README.md"
PRESIGNING = DOCUMENT.parent / "guides" / "presigning.md"
TUTORIALS = [DOCUMENT.parent / "start" / name for name in ("tutorial.md", "tutorial.ja.md")]
API = "https://a1b2c3.execute-api.eu-central-1.amazonaws.com/test"
OBJECT = "https://bucket.s3.eu-central-1.amazonaws.com/backup.tar"

# Replaces the command: it substitutes the URL and the key of a local server for those of AWS.
STAND_IN = """#!{python}
import os, sys
arguments = sys.argv[1:]
for url, (local_url, scope, key) in {hosts}.items():
    if url in arguments:
        arguments[arguments.index(url)] = local_url
        arguments += scope
        os.environ.update(key)
os.execv({command!r}, [{command!r}, *arguments])
"""


def commands(document=DOCUMENT):
    """Return the commands of a document with their output."""
    text = document.read_text(encoding="utf-8")
    blocks = "".join(re.findall(r"```console\n(.*?)```", text, re.DOTALL))
    return [part.partition("\n")[::2] for part in re.split(r"^\$ ", blocks, flags=re.MULTILINE)[1:]]


@pytest.fixture(scope="module")
def api(ministack, tmp_path_factory):
    """Return the URL of an API, and a folder with a key that may call it."""
    folder = tmp_path_factory.mktemp("docs")
    with mock.patch.dict(os.environ):
        tutorial.forget_own_aws_account()
        with contextlib.closing(tutorial.client(ministack, "iam")) as iam:
            group = unique("docs")
            tutorial.create_group(iam, group, tutorial.INVOKE_FULL_ACCESS)
            access_key = tutorial.create_user(iam, unique("docs"), group)
        with contextlib.closing(tutorial.client(ministack, "apigateway")) as client:
            api_id = tutorial.create_api(client, "docs")
            root = tutorial.root_id(client, api_id)
            for method in ("GET", "POST"):
                tutorial.add_method(client, api_id, root, method)
            client.create_deployment(restApiId=api_id, stageName=tutorial.STAGE)
    tutorial.save_access_key(folder / "accessKeys.csv", access_key)
    key = {
        "AWS_ACCESS_KEY_ID": access_key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": access_key["SecretAccessKey"],
    }
    return tutorial.invoke_url(ministack, api_id), folder, key


@pytest.fixture(scope="module")
def folder(api, juicefs, swift):
    """Return a folder with the files that the commands need."""
    api_url, folder, api_key = api
    (folder / "backup.tar").write_bytes(os.urandom(3_000_000))
    refuse(swift, folder)
    s3_key = {
        "AWS_ACCESS_KEY_ID": juicefs.access_key_id,
        "AWS_SECRET_ACCESS_KEY": juicefs.secret_access_key,
    }
    scope = ["--region", "us-east-1", "--service"]
    hosts = {
        API: (api_url, [*scope, "execute-api"], api_key),
        OBJECT: (f"{juicefs.endpoint}{juicefs.new_bucket()}/object", [*scope, "s3"], s3_key),
    }
    stand_in = folder / "bin" / "rsigv4"
    stand_in.parent.mkdir()
    stand_in.write_text(STAND_IN.format(python=sys.executable, hosts=hosts, command=RSIGV4))
    stand_in.chmod(0o700)
    return folder


def refuse(swift, folder):
    """Save a request as it was signed, and the response to a modified one."""
    bucket = swift.new_bucket()
    added = swift.signer().sign("GET", f"{swift.endpoint}{bucket}?prefix=photos")
    response = swift.send("GET", f"{bucket}?prefix=photos/", added.items())
    (folder / "response.xml").write_bytes(response.body)
    head = [f"GET {bucket}?prefix=photos HTTP/1.1", f"Host: {swift.host}"]
    head += [f"{name}: {value}" for name, value in added.items()]
    (folder / "request.http").write_text("\n".join([*head, "", ""]))


def test_document_shows_every_command():
    shown = " ".join(command for command, _output in commands())
    for name in ("completion", "explain", "presign", "presign-many", "request", "verify"):
        assert f"rsigv4 {name} " in shown


def test_help_shows_every_item():
    text = DOCUMENT.read_text(encoding="utf-8").partition("| Item | Meaning |")[2]
    column = re.findall(r"^\|([^|]+)\|", text.partition("\n\n")[0], re.MULTILINE)
    items = re.findall(r"`([^`]+)`", "".join(column))
    shown = run("request", "--help").stdout.decode()
    assert len(items) == 9
    assert [item for item in items if item not in shown] == []


def test_help_shows_every_transcript():
    shown = " ".join(run("explain", "--help").stdout.decode().split())
    text = DOCUMENT.read_text(encoding="utf-8").partition("`explain` reads")[2]
    names = re.findall(r"`([^`]+)`", text.partition("console")[0])
    assert len(names) == 5
    assert [name for name in names if name not in shown] == []


def test_commands_print_what_the_document_says(folder):
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    # One test, since some commands need files that earlier ones wrote.
    others = [each for page in (README, PRESIGNING, *TUTORIALS) for each in commands(page)]
    for command, expected in [*commands(), *others]:
        completed = subprocess.run(  # noqa: S603 - a command of the document
            ["bash", "-c", command],  # noqa: S607
            cwd=folder,
            env=environment(**{**KEY, "NO_PROXY": "*", "PATH": path}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        shown = f"{command}\n{completed.stdout}"
        assert doctest.OutputChecker().check_output(expected, completed.stdout, flags), shown
