"""
Measure signing and its peers in one run of the release build.

    make bench          measures all of it and writes docs/benchmarks.md
    make bench-check    measures a little of it, and fails where a ratio has halved

Each topic has a file in this folder. All candidates of a comparison run in each round, so that
other load affects all of them; the minimum time of all rounds counts.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from measure import Effort
from report import markdown, text
from rsigv4 import _core

TOPICS = [
    "requests_auth",
    "core",
    "accounting",
    "clients",
    "presigning",
    "bodies",
    "sigv4a",
    "threads",
    "verifying",
    "imports",
]
#: How often a check measures a topic before it fails.
ATTEMPTS = 3
PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="measure little, fail at half a goal")
    parser.add_argument("topics", nargs="*", metavar="topic", help=f"some of {', '.join(TOPICS)}")
    arguments = parser.parse_args()
    unknown = set(arguments.topics) - set(TOPICS)
    if unknown:
        parser.error(f"unknown topics: {', '.join(sorted(unknown))}")
    if _core.DEBUG_BUILD:
        sys.exit("this is a debug build, whose times mean nothing: use `make bench`")

    names = arguments.topics or TOPICS
    if arguments.check:
        if found := "\n".join(far_off(names)):
            sys.exit(found)
        print("passed: nothing is far off, also where a goal is not met")
        return
    measured = []
    for name in names:
        for topic in import_module(name).measure(Effort(share=1, rounds=40)):
            print(text(topic), flush=True)
            measured.append(topic)
    if not arguments.topics:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(markdown(measured), encoding="utf-8")
        print(f"written to {PAGE}")


def far_off(names):
    """Yield the goals that are missed each time; a single miss may be the machine's fault."""
    for name in names:
        for _ in range(ATTEMPTS):
            topics = import_module(name).measure(Effort(share=0.1, rounds=7))
            goals = [goal for topic in topics for goal in topic.goals if goal.is_far_off]
            if not goals:
                break
        print(*map(text, topics), sep="\n", flush=True)
        for goal in goals:
            yield f"not half of what it should be: {goal.title}"


if __name__ == "__main__":
    main()
