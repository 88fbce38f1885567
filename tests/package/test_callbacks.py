"""The Python objects that the extension imports by name, which no type checker follows."""

from importlib import import_module

import pytest

from rsigv4 import VerificationError, exceptions
from rsigv4._core import CALLBACKS


@pytest.mark.parametrize(("module", "attribute"), CALLBACKS, ids=".".join)
def test_what_the_extension_imports_is_there(module, attribute):
    assert hasattr(import_module(module), attribute)


def test_each_refusal_of_the_verifier_is_an_exception_of_its_own():
    names = [name for module, name in CALLBACKS if module == "rsigv4.exceptions"]
    assert len(set(names)) == len(names)
    for name in names:
        assert issubclass(getattr(exceptions, name), VerificationError)
