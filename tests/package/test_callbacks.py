"""The Python objects that the extension imports by name, which no type checker follows."""

from __future__ import annotations

import subprocess
import sys
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


FAILS_ONCE = """
import sys, requests
from rsigv4 import Credentials
from rsigv4.requests import SigV4Auth

auth = SigV4Auth(Credentials("AKID", "s" * 20), "us-east-1", "es")
name = "rsigv4._clients.prepared_request"
module = sys.modules[name]
for found in (None, module):
    sys.modules[name] = found
    request = requests.Request("GET", "https://example.com/").prepare()
    try:
        auth(request)
    except ImportError as error:
        assert name in str(error) and "halted" in str(error), error
    else:
        assert found is module
        print(*request.headers)
"""


def test_failed_import_is_tried_again():
    command = [sys.executable, "-c", FAILS_ONCE]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    assert "Authorization" in output


@pytest.mark.parametrize("name", sorted(set(exceptions.__all__) - {"SignatureMismatchError"}))
def test_exception_can_be_raised_without_a_message(name):
    raised = getattr(exceptions, name)
    assert str(raised()) == ""
