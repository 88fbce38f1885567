# docs/reference/cli.md has the help of each command.
# To write it: UPDATE_DOCS=1 pytest tests/docs/test_cli_reference.py

from __future__ import annotations

import os
import re

from support.command import run
from support.pages import REPOSITORY

PAGE = REPOSITORY / "docs" / "reference" / "cli.md"
INTRODUCTION = """\
# Command reference

This is the help of each command. The guide to the [command line](../cli.md) shows how to use them.
"""


def help_of(*command):
    """Return the help of a command, as it is printed on a terminal of 80 columns."""
    shown = run(*command, "--help").stdout.decode()
    # click 8.1, the last for Python 3.9, shows an optional command like a required one.
    return shown.replace("[OPTIONS] COMMAND ", "[OPTIONS] [COMMAND] ")


def section(*command):
    name = " ".join(["rsigv4", *command])
    return f"\n## {name}\n\n```console\n$ {name} --help\n{help_of(*command)}```\n"


def test_page_has_the_help_of_each_command():
    commands = help_of().partition("\nCommands:\n")[2].partition("\n\n")[0]
    names = re.findall(r"^  (\S+)", commands, re.MULTILINE)
    assert len(names) > 5
    page = "".join([INTRODUCTION, section(), *map(section, names)])
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page
