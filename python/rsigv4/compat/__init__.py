"""Drop-ins for other signers: packages with their names. Change the import, and nothing else."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

__all__ = ["name_of_original"]


def name_of_original(module: str, name: str) -> Any:
    """
    Return a name of a module that a drop-in replaces, if it is installed.

    Raises:
        AttributeError: The module doesn't have it, or Python itself looks for it.

    """
    if name.startswith("__") and not name.startswith("__version"):
        raise AttributeError(name)
    return getattr(importlib.import_module(module), name)
