# Each page's Python blocks run in order, in one namespace, and print the text block after them.
# To write into the pages what they print: UPDATE_DOCS=1 pytest tests/docs/test_examples.py

from __future__ import annotations

import os
import textwrap

import pytest

from support.pages import PAGES, REPOSITORY, dedented, run


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_blocks_print_what_the_page_shows(page):
    printed, _ = run(page)
    if os.environ.get("UPDATE_DOCS"):
        update(page, printed)
    shown = [dedented(block, "output") for block, _ in printed]
    assert [output for _, output in printed] == shown


def update(page, printed):
    """Replace what a page shows; the test still fails, so that nobody updates unknowingly."""
    text = page.read_text(encoding="utf-8")
    for block, output in reversed(printed):
        shown = f"\n\n```text\n{output}```" if output else ""
        new = f"```python\n{dedented(block, 'code')}```{shown}"
        new = textwrap.indent(new, block["indent"])
        text = f"{text[: block.start()]}{new}{text[block.end() :]}"
    page.write_text(text, encoding="utf-8")
