# docs/reference/cli.md has the help of each command.
# To write it: UPDATE_DOCS=1 pytest tests/docs/test_cli_reference.py

from __future__ import annotations

import inspect
import os
import re

import click

from rsigv4.cli.application import rsigv4
from support.pages import REPOSITORY

PAGE = REPOSITORY / "docs" / "reference" / "cli.md"
INTRODUCTION = """\
# Command reference

This is the help of each command. The guide to the [command line](../cli.md) shows how to use them.
"""


def commands():
    """Return each command with its context; the first is the one that contains the others."""
    context = context_of(rsigv4, "rsigv4")
    yield context
    for name in rsigv4.list_commands(context):
        yield context_of(rsigv4.get_command(context, name), name, context)


def context_of(command, name, parent=None):
    return command.context_class(command, info_name=name, parent=parent, **command.context_settings)


def escaped(text):
    return re.sub(r"([*_<|])", r"\\\1", " ".join(text.split()))


def block(language, text):
    return f"```{language}\n{text}\n```"


def description(command):
    """Return the paragraphs of a help; those that click doesn't wrap contain a list."""
    for paragraph in inspect.cleandoc(command.help).split("\n\n"):
        if paragraph.startswith("\b"):
            _, first, *rows = paragraph.splitlines()
            yield f"{escaped(first)}:"
            terms = [re.split(" {2,}", row.strip(), maxsplit=1) for row in rows]
            yield table("item", [(f"`{term}`", text) for term, text in terms])
        else:
            yield escaped(paragraph)


def table(head, rows):
    lines = [f"| {term} | {escaped(text)} |" for term, text in rows]
    return "\n".join([f"| {head} | meaning |", "|---|---|", *lines])


def section(context):
    command = context.command
    # click 8.1, the last for Python 3.9, shows an optional command like a required one.
    usage = command.get_usage(context).replace("[OPTIONS] COMMAND ", "[OPTIONS] [COMMAND] ")
    parts = [f"## {context.command_path}"]
    parts += [block("text", " ".join(usage.split()).removeprefix("Usage: "))]
    parts += description(command)
    if isinstance(command, click.Group):
        names = [
            (name, command.get_command(context, name)) for name in command.list_commands(context)
        ]
        parts.append(
            table("command", [(f"`{name}`", each.get_short_help_str(200)) for name, each in names])
        )
    options = [each for each in command.get_params(context) if isinstance(each, click.Option)]
    records = filter(None, [option.get_help_record(context) for option in options])
    parts.append(table("option", [(f"`{term}`", text) for term, text in records]))
    parts += ["Examples:", block("sh", command.examples)]
    return "\n\n".join(parts)


def test_page_has_the_help_of_each_command():
    sections = [section(context) for context in commands()]
    assert len(sections) > 5
    page = "\n".join([INTRODUCTION, "\n\n".join(sections), ""])
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page
