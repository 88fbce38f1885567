# Each pair of docs/migrate/: the script before and the one after sign the same request alike, or
# with the difference that the page describes.

from __future__ import annotations

import contextlib
import datetime as dt
import io
import re
from dataclasses import dataclass, field

import opensearchpy
import pytest
import time_machine

from rsigv4 import Credentials, Verifier
from support.pages import REPOSITORY, scripts
from support.servers.stand_in import stand_in
from support.signing import ACCESS_KEY

#: urllib3 warns about clocks that are years behind.
MOMENT = dt.datetime(2026, 11, 30, 12, tzinfo=dt.timezone.utc)
FOLDER = REPOSITORY / "docs" / "migrate"
SECRET = "secret"
API = "a1b2c3.execute-api.eu-central-1.amazonaws.com"
DOMAIN = "search-x.eu-central-1.es.amazonaws.com"
#: Headers that requests and opensearch-py set, and that opensearch-py's signers sign, too.
OF_CLIENT = {"accept", "accept-encoding", "connection", "content-length", "user-agent"}
#: Its signers leave x-amz-content-sha256 unsigned, and the async one may sign another body.
IS_OLD_OPENSEARCH = opensearchpy.VERSION < (3, 2)


@dataclass(frozen=True)
class Pair:
    """
    What the page says about a pair.

    Attributes:
        host: To which both scripts send a request.
        package: The original's, by the name of its module.
        no_longer: Headers that only the script before signs.
        also: Headers that only the script after signs.

    """

    host: str
    package: str
    no_longer: set[str] = field(default_factory=set)
    also: set[str] = field(default_factory=set)


PAIRS = {
    "aws-requests-auth": [
        Pair(API, "aws_requests_auth"),
        Pair(API, "aws_requests_auth", also={"x-amz-content-sha256"}),
    ],
    "botocore": [
        Pair(API, "botocore", also={"x-amz-content-sha256"}),
        Pair("api.example.com", "botocore", also={"x-amz-content-sha256"}),
    ],
    "httpx-auth": [Pair(API, "httpx_auth")] * 2,
    "opensearch-py": [
        Pair(DOMAIN, "opensearchpy"),
        Pair(DOMAIN, "opensearchpy", no_longer=OF_CLIENT),
        Pair(DOMAIN, "opensearchpy", no_longer=OF_CLIENT),
    ],
    "requests-auth-aws-sigv4": [Pair(API, "requests_auth_aws_sigv4")] * 3,
    "requests-aws4auth": [Pair(DOMAIN, "requests_aws4auth")] * 3,
}
#: Pairs that print a presigned URL instead, after the others of the page.
PRESIGNING = {"botocore": 1}
#: Pages of packages that have a drop-in.
COMPATIBLE = ["requests-aws4auth", "requests-auth-aws-sigv4", "httpx-auth", "opensearch-py"]


def pairs_of(name):
    """Return the pairs of scripts on a page."""
    found = scripts(FOLDER / f"{name}.md")
    return list(zip(found[::2], found[1::2]))


SENDING = [
    pytest.param(*scripts_, pair, id=f"{name}-{number}")
    for name, pairs in PAIRS.items()
    for number, (scripts_, pair) in enumerate(zip(pairs_of(name), pairs), start=1)
]


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


def run(script):
    """Run a script at a fixed time, and return what it prints."""
    with time_machine.travel(MOMENT, tick=False), contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(script, "migrate", "exec"), {"__name__": "__main__"})  # noqa: S102 - our docs
    return out.getvalue()


@pytest.mark.parametrize(("before", "after", "pair"), SENDING)
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_both_scripts_are_accepted_and_sign_alike(before, after, pair, authority):
    pytest.importorskip(pair.package)
    if pair.package == "opensearchpy" and IS_OLD_OPENSEARCH:
        pytest.skip("opensearch-py signs all headers since 3.2")
    # aws-requests-auth and its drop-in leave x-amz-content-sha256 unsigned.
    with stand_in(authority, pair.host, strict=False) as server:
        server.clock = MOMENT.timestamp
        server.accept(ACCESS_KEY, SECRET)
        run(before)
        run(after)
    assert server.errors == []
    old, new = server.arrived
    assert (old.head.method, old.target, old.body) == (new.head.method, new.target, new.body)
    assert old.authorization.scope == new.authorization.scope
    signed, signed_now = (set(each.authorization.signed_headers) for each in (old, new))
    assert signed - signed_now == pair.no_longer & signed
    assert signed_now - signed == pair.also
    if signed == signed_now:
        assert old.authorization.signature == new.authorization.signature
    else:
        assert pair.no_longer or pair.also


@pytest.mark.parametrize("name", COMPATIBLE)
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_scripts_work_if_only_their_import_changes(name, authority):
    pair = PAIRS[name][0]
    pytest.importorskip(pair.package)
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert f"`from rsigv4.compat.{pair.package} import " in text
    for before, _after in pairs_of(name)[: len(PAIRS[name])]:
        changed = before.replace(f"from {pair.package} ", f"from rsigv4.compat.{pair.package} ")
        assert changed != before
        with stand_in(authority, pair.host) as server:
            server.clock = MOMENT.timestamp
            server.accept(ACCESS_KEY, SECRET)
            if not (name == "opensearch-py" and IS_OLD_OPENSEARCH):
                run(before)
            run(changed)
        assert server.errors == []
        *old, new = server.arrived
        assert all(each.authorization == new.authorization for each in old)


@pytest.mark.parametrize("name", PRESIGNING)
def test_both_scripts_presign_the_same_url(name):
    key = Credentials(ACCESS_KEY, SECRET)
    for before, after in pairs_of(name)[-PRESIGNING[name] :]:
        url = run(before)
        assert url == run(after)
        host = re.search(r"https://([^/]+)", url)[1]
        Verifier({ACCESS_KEY: key}.get).verify("GET", url.strip(), {"Host": host}, b"", time=MOMENT)


def test_every_pair_is_run():
    names = {path.stem for path in FOLDER.glob("*.md")} - {"index"}
    pages = {name: len(pairs_of(name)) for name in names}
    expected = {name: len(pairs) + PRESIGNING.get(name, 0) for name, pairs in PAIRS.items()}
    # tests/cli/test_habits.py runs the lines of awscurl.
    assert pages == {**expected, "awscurl": 0}


def test_lines_of_awscurl_are_in_the_guide_to_the_command():
    text = (FOLDER / "awscurl.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)\n```", text, re.DOTALL)
    _install, before, after = (block.splitlines() for block in blocks)
    guide = (REPOSITORY / "docs" / "cli.md").read_text(encoding="utf-8")
    pairs = [block.splitlines() for block in re.findall(r"```sh\n(.*?)\n```", guide, re.DOTALL)]
    assert len(before) == len(after) == 3
    for line, ours in zip(before, after):
        assert [line in lines and lines[-1] == ours for lines in pairs].count(True) == 1
