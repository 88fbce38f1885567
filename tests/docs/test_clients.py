# The tables of docs/clients.md match what the tests of clients expect.

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support.bodies import (
    BODIES,
    goes_in_chunks,
    is_not_sent_by_the_client,
    is_refused,
)
from support.clients import ALL
from support.redirects import STATUS_CODES, is_followed, is_signed_when_refused

DOCUMENT = Path(__file__).parents[2] / "docs" / "clients.md"

#: Kinds of redirects, and whether the next request is signed.
REDIRECTS = {
    "same origin": True,
    "other port": False,
    "other host": False,
    "https to http": False,
    "back to the first origin": False,
}


def body_cell(client, kind):
    if is_not_sent_by_the_client(client, kind):
        return "no"
    if is_refused(client, kind):
        return "error"
    if goes_in_chunks(client, kind, "s3"):
        return "stream"
    return "memory" if kind.single_pass else "signed"


def redirect_cell(client, is_signed):
    if not all(is_followed(client, status_code, "GET") for status_code in STATUS_CODES):
        return "no"
    if not is_signed:
        return "unsigned"
    return "when refused" if is_signed_when_refused(client) else "signed"


def table(*rows):
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


NAMES = [client.name for client in ALL]
TABLES = {
    "bodies": table(
        ["body", *NAMES],
        *([kind.name, *(body_cell(client, kind) for client in ALL)] for kind in BODIES),
    ),
    "redirects": table(
        ["redirect", *NAMES],
        *(
            [kind, *(redirect_cell(client, is_signed) for client in ALL)]
            for kind, is_signed in REDIRECTS.items()
        ),
    ),
}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="its urllib doesn't follow 308")
@pytest.mark.parametrize("expected", TABLES.values(), ids=TABLES)
def test_table_matches_the_tests(expected):
    assert expected in DOCUMENT.read_text()


def test_every_client_has_a_column():
    text = DOCUMENT.read_text()
    modules = ["requests", "httpx", "aiohttp", "urllib3", "urllib"]
    assert all(f"rsigv4.{module}." in text for module in modules)
