"""Shows what the stub has as readers expect it: Griffe reads only what Python code has."""

from __future__ import annotations

import re
from typing import Any

import griffe


class Reference(griffe.Extension):
    """Adds constructors and overloaded methods, and gives private types their public names."""

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """Add an `__init__` with the parameters of `__new__`, and methods with overloads only."""
        new = cls.members.get("__new__")
        if isinstance(new, griffe.Function) and "__init__" not in cls.members:
            init = griffe.Function("__init__", parameters=new.parameters, lineno=new.lineno)
            cls.set_member("__init__", init)
        for name, overloads in cls.overloads.items():
            for function in overloads:
                _publish(function)
            if overloads and name not in cls.members:
                # The first has the docstring.
                first = overloads[0]
                first.overloads = overloads
                cls.set_member(name, first)
                cls.members = dict(sorted(cls.members.items(), key=_line))

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """Name the types of the parameters and the result."""
        _publish(func)

    def on_attribute(self, *, attr: griffe.Attribute, **_: Any) -> None:
        """Name the type."""
        _rename(attr.annotation)


def _line(item: tuple[str, griffe.Object | griffe.Alias]) -> int:
    return item[1].lineno or 0


def _publish(function: griffe.Function) -> None:
    _rename(*(parameter.annotation for parameter in function.parameters), function.returns)


def _rename(*annotations: griffe.Expr | str | None) -> None:
    """Name private types as docs/reference/types.md does, without an underscore."""
    for annotation in annotations:
        if isinstance(annotation, griffe.Expr):
            for part in annotation.iterate(flat=True):
                if isinstance(part, griffe.ExprName) and re.match("_[A-Z]", part.name):
                    part.name = part.name.removeprefix("_")
