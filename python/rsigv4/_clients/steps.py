"""Steps that need I/O, and functions that run them for sync and async clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from typing import Any

__all__ = ["Wait", "run", "run_async"]


class Wait(NamedTuple):
    """A step that needs I/O, for sync clients and for async clients."""

    sync: Callable[[], Any]
    asynchronous: Callable[[], Awaitable[Any]]


def run(steps: Generator[Wait, Any, Any]) -> Any:
    """Run all steps for a sync client, and return their result."""
    result = None
    while True:
        try:
            step = steps.send(result)
        except StopIteration as stop:
            return stop.value
        result = step.sync()


async def run_async(steps: Generator[Wait, Any, Any]) -> Any:
    """Run all steps for an async client, and return their result."""
    result = None
    while True:
        try:
            step = steps.send(result)
        except StopIteration as stop:
            return stop.value
        result = await step.asynchronous()
