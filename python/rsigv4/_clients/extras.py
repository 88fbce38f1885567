"""Imports of packages that extras install, or that a drop-in replaces."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

__all__ = ["Extra", "name_of_original"]


class Extra:
    """
    Raises an error that names the extra to install if an import inside the block fails.

        with Extra("httpx"):
            import httpx

    Args:
        name: The name of the extra, as in ``pip install 'rsigv4[name]'``.
        package: The package that it installs, if its name is another.
        module: The module that is imported, if its name is another.

    Raises:
        ModuleNotFoundError: The module is missing. If a dependency of it is missing, that error is
            raised unchanged.

    """

    def __init__(self, name: str, package: str | None = None, module: str | None = None) -> None:
        self._name = name
        self._package = package or name
        self._module = module or name

    def __enter__(self) -> None:
        pass

    def __exit__(self, _type: object, error: object, _traceback: object) -> None:
        if isinstance(error, ModuleNotFoundError) and error.name == self._module:
            raise ModuleNotFoundError(
                f"{self._package} is missing: install it with pip install 'rsigv4[{self._name}]'",
                name=self._module,
            ) from None


def name_of_original(module: str, name: str) -> Any:
    """
    Return a name of a module that a drop-in replaces, if it is installed.

    Raises:
        AttributeError: The module doesn't have it, or Python itself looks for it.

    """
    if name.startswith("__") and not name.startswith("__version"):
        raise AttributeError(name)
    return getattr(importlib.import_module(module), name)
