# docs/explain.md has a table of all causes.
# To write it: UPDATE_DOCS=1 pytest tests/docs/test_causes.py

from __future__ import annotations

import os
import re

from rsigv4 import known_causes
from support.pages import REPOSITORY

PAGE = REPOSITORY / "docs" / "explain.md"
HEAD = "| cause, and its proof | what is wrong |\n|---|---|\n"


def row(cause):
    # A scope may be broken after each of its parts, so that the table is not too wide.
    summary = re.sub(r"(?<=\w)/(?=\w)", "/<wbr>", cause.summary)
    return f"| `{cause.code}`<br>{cause.proof} | {summary} |\n"


def table():
    return HEAD + "".join(map(row, known_causes()))


def test_page_has_a_table_of_all_causes():
    text = PAGE.read_text(encoding="utf-8")
    before, _, _ = text.partition(HEAD)
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(before + table(), encoding="utf-8")
    assert text == before + table()
