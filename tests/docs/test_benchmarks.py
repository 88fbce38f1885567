# docs/benchmarks.md shows what was measured, without the goals of this project.

from __future__ import annotations

import importlib
import re

import pytest

from support.pages import PAGES, REPOSITORY

PAGE = REPOSITORY / "docs" / "benchmarks.md"


@pytest.fixture
def report(monkeypatch):
    """Return the module that writes the page."""
    monkeypatch.syspath_prepend(REPOSITORY / "tests" / "bench")
    report = importlib.import_module("report")
    # The peers are installed for the benchmark only.
    monkeypatch.setattr(report, "PACKAGES", ["rsigv4"])
    return report


def test_page_has_no_goals(report):
    topic = report.Topic("Signing", "A note.")
    topic.times({"ours": 1e-6, "theirs": 2e-6})
    topic.at_least("theirs / ours", 2, 25)
    topic.at_least("ours", 1, 25)
    page = report.markdown([topic])
    section = page.partition("## Signing\n")[2].split("\n\n")
    assert section == [
        "\nA note.",
        "| candidate | measured |\n|---|--:|\n| ours | 1 us |\n| theirs | 2 us |",
        "| comparison | measured |\n|---|--:|\n| theirs / ours | 2 times |\n",
    ]
    assert "at least 25 times: no" in report.text(topic)


def test_page_is_what_the_benchmark_writes(report):
    page = PAGE.read_text(encoding="utf-8")
    assert page.startswith(report.INTRODUCTION)
    tables = set(re.findall(r"^(\|.*)\n\|---", page, re.MULTILINE))
    assert tables == {"| candidate | measured |", "| comparison | measured |"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_tables_have_headers(page):
    for header in re.findall(r"^(\|.*)\n\|---", page.read_text(encoding="utf-8"), re.MULTILINE):
        assert re.search(r"\w", header)
