"""Figures and goals, as text and as the page `docs/benchmarks.md`."""

from __future__ import annotations

import os
import platform
import ssl
import sys
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

__all__ = ["Goal", "Topic", "format_time", "markdown", "text"]

#: A check fails if a ratio is worse by more than this, which exceeds noise.
LOOSE = 2

PACKAGES = [
    "rsigv4",
    "aiohttp",
    "aiohttp-aws-auth",
    "asigv4",
    "aws-requests-auth",
    "awscrt",
    "boto3",
    "botocore",
    "httpx",
    "httpx-auth",
    "httpx-aws-auth",
    "minio",
    "obstore",
    "opensearch-py",
    "polars",
    "pyarrow",
    "requests",
    "requests-aws4auth",
    "urllib3",
]


INTRODUCTION = """\
# Benchmarks

`make bench` measures all of this in one run of the release build, and writes this page. Candidates
take turns in many rounds, so that other load on the machine affects all of them; only those that
are asynchronous are measured after the others. The minimum of all rounds counts: processor time, or
elapsed time for threads, cores, blocks of SHA-256 and the Rust program. Nothing is sent over a
network.

Times depend on the machine, so compare ratios: `a / b` says how many times as long *a* takes as
*b* or, for rates such as URLs per second, how many times as many *a* reaches. Another run may
differ by a tenth, and the same candidate may take longer in another table, beside other candidates.
"""


@dataclass(frozen=True)
class Goal:
    """A ratio or another figure, and its bound."""

    title: str
    figure: float
    bound: float
    at_least: bool
    unit: str = "times"
    #: The value reached so far, if the goal is not reached yet.
    reached: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the figure is within the bound."""
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound

    @property
    def is_far_off(self) -> bool:
        """Whether it misses half of the goal, or of the value reached so far."""
        if self.unit == "us":
            # A slow machine takes longer. The ratios to peers don't depend on it.
            return False
        expected = self.bound if self.reached is None else self.reached
        if self.at_least:
            return self.figure < expected / LOOSE
        return self.figure > expected * LOOSE

    @property
    def measured(self) -> str:
        """The figure with its unit."""
        return f"{_number(self.figure)} {self.unit}"

    def verdict(self) -> str:
        """Return the goal, and whether it is met."""
        bound = f"at {'least' if self.at_least else 'most'} {_number(self.bound)} {self.unit}"
        return f"{bound}: {'yes' if self.is_met else 'no'}"


@dataclass
class Topic:
    """The results of one file: figures, goals, and missing peers."""

    title: str
    #: The text before the figures.
    note: str = ""
    figures: list[tuple[str, str]] = field(default_factory=list)
    #: Ratios without a goal.
    ratios: list[tuple[str, str]] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def times(self, least: dict[str, float]) -> None:
        """Add the times of candidates by their names."""
        self.figures += [(name, format_time(seconds)) for name, seconds in least.items()]

    def ratio(self, title: str, figure: float) -> None:
        """Add a ratio that has no goal."""
        self.ratios.append((title, f"{_number(figure)} times"))

    def at_least(
        self,
        title: str,
        figure: float,
        bound: float,
        unit: str = "times",
        *,
        reached: float | None = None,
    ) -> None:
        """Add a lower bound."""
        self.goals.append(Goal(title, figure, bound, at_least=True, unit=unit, reached=reached))

    def at_most(self, title: str, figure: float, bound: float, unit: str = "times") -> None:
        """Add an upper bound."""
        self.goals.append(Goal(title, figure, bound, at_least=False, unit=unit))


def format_time(seconds: float) -> str:
    """Return a time in a readable unit."""
    for unit, scale in (("s", 1), ("ms", 1e3)):
        if seconds * scale >= 1:
            return f"{_number(seconds * scale)} {unit}"
    return f"{_number(seconds * 1e6)} us"


def text(topic: Topic) -> str:
    """Return a topic as text."""
    lines = [topic.title, *(f"  {name:58}{figure:>14}" for name, figure in topic.figures)]
    lines += [f"  {name:58}{figure:>18}" for name, figure in topic.ratios]
    lines += [f"  {each.title:58}{each.measured:>18}  {each.verdict()}" for each in topic.goals]
    lines += [f"  {missing}: not there" for missing in topic.missing]
    return "\n".join(lines)


def markdown(topics: list[Topic]) -> str:
    """Return all topics as a Markdown page, without the goals, which only `--check` needs."""
    python = sys.version.split()[0]
    lines = [
        INTRODUCTION,
        f"- {datetime.now(timezone.utc):%Y-%m-%d}, {_machine()}, Python {python}",
        f"- {ssl.OPENSSL_VERSION}",
        f"- {', '.join(f'{name} {version(name)}' for name in PACKAGES)}",
    ]
    for topic in topics:
        lines += ["", f"## {topic.title}"]
        if topic.note:
            lines += ["", topic.note]
        if topic.figures:
            lines += _table("candidate", topic.figures)
        shown = {name for name, _ in topic.figures}
        compared = [(goal.title, goal.measured) for goal in topic.goals if goal.title not in shown]
        compared = topic.ratios + compared
        if compared:
            lines += _table("comparison", compared)
        if topic.missing:
            lines += ["", *(f"- {missing}: not there" for missing in topic.missing)]
    return "\n".join(lines) + "\n"


def _table(title: str, rows: list[tuple[str, str]]) -> list[str]:
    lines = ["", f"| {title} | measured |", "|---|--:|"]
    return lines + [f"| {name} | {figure} |" for name, figure in rows]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _machine() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor()
    return f"{processor}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
