# The pages of the site: each is in the navigation, and their links lead to each other.

from __future__ import annotations

import re

import pytest

from support.pages import PAGES, REPOSITORY

DOCS = REPOSITORY / "docs"
ON_SITE = [page for page in PAGES if page.is_relative_to(DOCS)]


def name(page):
    return page.relative_to(REPOSITORY).as_posix()


def test_navigation_has_every_page_once_by_its_first_heading():
    settings = (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8")
    # An entry with a name of its own, "name: page.md", hides the heading.
    in_navigation = re.findall(r"^ +- (.+\.md)$", settings, re.MULTILINE)
    assert sorted(in_navigation) == sorted(page.relative_to(DOCS).as_posix() for page in ON_SITE)


def test_first_headings_differ():
    found = [re.search("^# (.+)", page.read_text("utf-8"), re.MULTILINE) for page in ON_SITE]
    headings = [heading[1] for heading in found if heading]
    assert len(headings) == len(ON_SITE) - 1, "only the changelog's heading is in another file"
    assert len(set(headings)) == len(headings)


@pytest.mark.parametrize("page", ON_SITE, ids=name)
def test_links_lead_to_pages_of_the_site(page):
    prose = re.sub(r"^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    # What is outside this folder is not on the site.
    for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", re.sub(r"`[^`\n]*`", "", prose)):
        linked = (page.parent / target).resolve()
        assert linked.is_file(), target
        assert linked.is_relative_to(DOCS), target


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_readers_copy_runs(page):
    text = page.read_text("utf-8")
    assert ">>>" not in text
    assert "<BLANKLINE>" not in text
