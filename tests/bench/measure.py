"""
Times of several candidates, measured in turn, so that other load affects all of them.

Work on one core is measured in CPU time, which excludes most other load; work on several cores in
wall time.
"""

from __future__ import annotations

import gc
import hashlib
import random
import threading
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

__all__ = ["Candidate", "Effort", "each", "exists", "in_threads", "seconds", "seconds_of_a_block"]


_BLOCK_BYTES = 64


class Effort(NamedTuple):
    """How long to measure: a fraction of the full number of calls, and a number of rounds."""

    share: float
    rounds: int

    def count(self, full: int) -> int:
        """Return how many calls of a candidate a round makes."""
        return max(2, int(full * self.share))


class Candidate(NamedTuple):
    """A function to measure, and how many operations a call performs."""

    run: Callable[[], object]
    count: int
    #: Called before each round, outside of the measured time.
    renew: Callable[[], object] = lambda: None


def each(
    function: Callable[[Any], object],
    arguments: Iterable[Any],
    copy: Callable[[Any], Any] | None = None,
) -> Candidate:
    """Return a candidate that calls *function* with each of the arguments, or with new copies."""
    arguments = list(arguments)
    passed = list(arguments)

    def renew() -> None:
        if copy is not None:
            passed[:] = map(copy, arguments)

    def run() -> None:
        for argument in passed:
            function(argument)

    return Candidate(run, len(arguments), renew)


def in_threads(functions: Iterable[Callable[[], object]]) -> None:
    """Call each function in a thread of its own, and wait for all of them."""
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def seconds(
    candidates: Mapping[str, Candidate],
    rounds: int,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, float]:
    """Return the minimum time per operation of each candidate, over all rounds."""
    least = dict.fromkeys(candidates, float("inf"))
    in_turn = list(candidates.items())
    shuffle = random.Random(rounds).shuffle  # noqa: S311 - no secret
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            # A candidate may take longer after one than after another.
            shuffle(in_turn)
            for name, (run, count, renew) in in_turn:
                renew()
                start = clock()
                run()
                least[name] = min(least[name], (clock() - start) / count)
    finally:
        gc.enable()
    return least


def seconds_of_a_block(effort: Effort) -> float:
    """Return the time of SHA-256 for another 64 bytes."""
    few, many = bytes(_BLOCK_BYTES), bytes(1001 * _BLOCK_BYTES)
    least = seconds(
        {
            name: Candidate(lambda body=body: hashlib.sha256(body), 1)
            for name, body in {"few": few, "many": many}.items()
        },
        100 * effort.rounds,
        time.perf_counter,
    )
    return (least["many"] - least["few"]) / 1000


def exists(module: str) -> bool:
    """Return whether this release contains a module, without importing it."""
    return find_spec(module) is not None
