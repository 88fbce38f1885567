"""Steps that need input or output, and what takes them for sync and async clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from typing import Any

__all__ = ["Wait", "run", "run_async"]


class Wait(NamedTuple):
    """A step that needs input or output: how a client does it, and how an async one does."""

    sync: Callable[[], Any]
    asynchronous: Callable[[], Awaitable[Any]]


def run(steps: Generator[Wait, Any, Any]) -> Any:
    """Do all steps for a client, and return what they return."""
    result = None
    while True:
        try:
            step = steps.send(result)
        except StopIteration as stop:
            return stop.value
        result = step.sync()


async def run_async(steps: Generator[Wait, Any, Any]) -> Any:
    """Do the same for an async client."""
    result = None
    while True:
        try:
            step = steps.send(result)
        except StopIteration as stop:
            return stop.value
        result = await step.asynchronous()
