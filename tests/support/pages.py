"""Pages of the documentation: their Python blocks, and what these print."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
# A Python block, and the text block after it. `test="skip"` marks code that another test runs.
BLOCK = re.compile(
    r'^```python(?P<skipped> \{test="skip"\})?\n(?P<code>.*?)^```$'
    r"(?:\n\n```text\n(?P<output>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)


def run(page):
    """Run a page's blocks in order; return them with what each prints, and what they define."""
    text = page.read_text(encoding="utf-8")
    namespace = {"__name__": "__main__"}
    printed = []
    for block in BLOCK.finditer(text):
        if block["skipped"] or ">>>" in block["code"]:
            continue
        # The line numbers of a traceback are those of the page.
        code = "\n" * text.count("\n", 0, block.start("code")) + block["code"]
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(compile(code, page, "exec"), namespace)  # noqa: S102 - our documentation
        printed.append((block, re.sub(r" +$", "", output.getvalue(), flags=re.MULTILINE)))
    return printed, namespace
