# Each client has a page in docs/clients, whose tables match what the tests of clients expect.

from __future__ import annotations

import re
import sys
from itertools import groupby

import pytest

from support.bodies import (
    BODIES,
    goes_in_chunks,
    is_not_sent_by_the_client,
    is_refused,
)
from support.clients import ALL, BY_NAME
from support.pages import REPOSITORY
from support.redirects import STATUS_CODES, is_followed, is_signed_when_refused

FOLDER = REPOSITORY / "docs" / "clients"

#: Pages, and the columns of their tables of bodies: the clients that a column is about.
COLUMNS = {
    "requests": {"SigV4Auth": ["requests"], "AWSRequestsAuth": ["aws_auth"]},
    "niquests": {"Session": ["niquests"], "AsyncSession": ["niquests async"]},
    "httpx": {"Client": ["httpx", "httpx2"], "AsyncClient": ["httpx async", "httpx2 async"]},
    "aiohttp": {"how it is sent": ["aiohttp"]},
    "urllib3": {"how it is sent": ["urllib3"]},
    "urllib": {"how it is sent": ["urllib"]},
    "others": {"how it is sent": ["http.client"]},
}

is_new_enough = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="its urllib doesn't follow 308"
)


def body_cell(client, kind):
    if is_not_sent_by_the_client(client, kind):
        return "not supported"
    if is_refused(client, kind):
        return "refused"
    if goes_in_chunks(client, kind, "s3"):
        return "streamed"
    return "buffered" if kind.single_pass else "hashed"


def redirect_cell(client):
    if not all(is_followed(client, status_code, "GET") for status_code in STATUS_CODES):
        return "not followed"
    return "when refused" if is_signed_when_refused(client) else "signed"


def table(*rows):
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def body_table(columns):
    """Return a table in which kinds of bodies that are sent in the same way share a row."""

    def cells(kind):
        found = [{body_cell(BY_NAME[name], kind) for name in names} for names in columns.values()]
        return [cell for (cell,) in found]

    rows = [
        [", ".join(kind.name for kind in kinds), *row] for row, kinds in groupby(BODIES, key=cells)
    ]
    return table(["body", *columns], *rows)


def redirect_table():
    rows = [[client.name, redirect_cell(client)] for client in ALL]
    return table(["client", "same origin"], *rows)


def read(page):
    return (FOLDER / f"{page}.md").read_text(encoding="utf-8")


def test_every_client_has_a_page():
    shown = [name for columns in COLUMNS.values() for names in columns.values() for name in names]
    assert sorted(shown) == sorted(BY_NAME)


@pytest.mark.parametrize("page", COLUMNS)
def test_table_of_bodies_matches_the_tests(page):
    assert body_table(COLUMNS[page]) in read(page)


@is_new_enough
def test_table_of_redirects_matches_the_tests():
    assert redirect_table() in read("index")


def test_every_page_is_listed():
    pages = {path.name for path in FOLDER.glob("*.md")} - {"index.md"}
    assert set(re.findall(r"^\| \[\S+\]\((\S+\.md)\)", read("index"), re.MULTILINE)) == pages


@pytest.mark.parametrize("page", sorted(path.stem for path in FOLDER.glob("[!i]*.md")))
def test_page_has_an_install_line_and_an_example(page):
    text = read(page)
    assert text.startswith(f"# {'Other clients' if page == 'others' else page}\n")
    assert re.search(r"^```sh\npip install '?rsigv4", text, re.MULTILINE)
    assert '```python {test="skip"}\n' in text
    assert "## What is signed" in text or page == "others"
