"""Shows what a native class takes: Griffe reads only `__init__`, and these have `__new__`."""

from typing import Any

import griffe


class Constructors(griffe.Extension):
    """Adds an `__init__` with the parameters of `__new__`."""

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """Add it to *cls*."""
        new = cls.members.get("__new__")
        if isinstance(new, griffe.Function) and "__init__" not in cls.members:
            init = griffe.Function("__init__", parameters=new.parameters, lineno=new.lineno)
            cls.set_member("__init__", init)
