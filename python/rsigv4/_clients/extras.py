"""What optional extras install, and the error where that is missing."""

from __future__ import annotations

__all__ = ["Extra"]


class Extra:
    """
    Imports of what an extra installs: if it isn't there, the error says what to install.

        with Extra("httpx"):
            import httpx

    Args:
        name: The extra's, as in ``pip install 'rsigv4[name]'``.
        package: What it installs, if that has another name.
        module: What of that is imported, if that has another name.

    Raises:
        ModuleNotFoundError: The module is missing. Where one that it needs is, that error is left
            as it is.

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
