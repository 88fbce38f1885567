"""Pages of the documentation: their Python blocks, and what these print."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
# A Python block, and the text block after it; both are indented in a tab. `test="skip"` marks code
# that another test runs.
BLOCK = re.compile(
    r'^(?P<indent> *)```python(?P<skipped> \{test="skip"\})?\n(?P<code>.*?)^(?P=indent)```$'
    r"(?:\n\n(?P=indent)```text\n(?P<output>.*?)^(?P=indent)```$)?",
    re.MULTILINE | re.DOTALL,
)


def run(page):
    """Run a page's blocks in order; return them with what each prints, and what they define."""
    namespace = {"__name__": "__main__"}
    printed = []
    for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
        if block["skipped"] or ">>>" in block["code"]:
            continue
        printed.append((block, run_block(page, block, namespace)))
    return printed, namespace


def run_block(page, block, namespace, adapt=str):
    """Run a block, changed by `adapt`; return what it prints, without trailing spaces."""
    # The line numbers of a traceback are those of the page.
    code = "\n" * block.string.count("\n", 0, block.start("code")) + adapt(dedented(block, "code"))
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(compile(code, page, "exec"), namespace)  # noqa: S102 - our documentation
    return re.sub(r" +$", "", output.getvalue(), flags=re.MULTILINE)


def dedented(block, group):
    """Return the code or the output of a block; an empty string if it has none."""
    return re.sub(rf"^{block['indent']}", "", block[group] or "", flags=re.MULTILINE)


def scripts(page):
    """Return the blocks that only other tests run, each a script by itself."""
    text = page.read_text(encoding="utf-8")
    return [dedented(block, "code") for block in BLOCK.finditer(text) if block["skipped"]]
