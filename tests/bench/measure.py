"""
Times of several candidates, taken in turn, so that whatever else the machine does hits all.

What one core does is measured by the time that the processor spent on it, which leaves out most of
what else the machine did meanwhile; what several cores do, by the clock.
"""

from __future__ import annotations

import gc
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

__all__ = ["Candidate", "Effort", "each", "exists", "seconds"]


class Effort(NamedTuple):
    """How long to measure: a fraction of the full number of calls, and how often."""

    share: float
    rounds: int

    def count(self, full: int) -> int:
        """Return how many calls a round makes of one candidate."""
        return max(2, int(full * self.share))


class Candidate(NamedTuple):
    """One way to do something, and how many times a call of it does so."""

    run: Callable[[], object]
    count: int
    #: Called before each round, outside of what is timed.
    renew: Callable[[], object] = lambda: None


def each(
    function: Callable[[Any], object],
    arguments: Iterable[Any],
    copy: Callable[[Any], Any] | None = None,
) -> Candidate:
    """Return the candidate that calls *function* with each of the arguments, or of new copies."""
    arguments = list(arguments)
    passed = list(arguments)

    def renew() -> None:
        if copy is not None:
            passed[:] = map(copy, arguments)

    def run() -> None:
        for argument in passed:
            function(argument)

    return Candidate(run, len(arguments), renew)


def seconds(
    candidates: Mapping[str, Candidate],
    rounds: int,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, float]:
    """Return the least time of each candidate for doing it once, of all rounds."""
    least = dict.fromkeys(candidates, float("inf"))
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, (run, count, renew) in candidates.items():
                renew()
                start = clock()
                run()
                least[name] = min(least[name], (clock() - start) / count)
    finally:
        gc.enable()
    return least


def exists(module: str) -> bool:
    """Return whether this release has a module, without importing it."""
    return find_spec(module) is not None
