"""Checks that the local variables of an error's frames hold no secret."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

import rsigv4
from rsigv4 import CredentialsError
from support.signing import SECRET, TOKEN

PACKAGE = str(Path(rsigv4.__file__).parent)


def check_frames(error):
    """Check that no local variable of ours is shown with a secret."""
    shown = []
    errors = [error]
    while errors:
        error = errors.pop()
        errors += [cause for cause in (error.__cause__, error.__context__) if cause is not None]
        shown += [
            f"{frame.f_code.co_filename}:{line}: {name} = {value!r}"
            for frame, line in traceback.walk_tb(error.__traceback__)
            if frame.f_code.co_filename.startswith(PACKAGE)
            for name, value in frame.f_locals.items()
        ]
    assert [text for text in shown if SECRET in text or TOKEN in text] == []


def check_locals(call, raised=CredentialsError):
    with pytest.raises(raised) as caught:
        call()
    check_frames(caught.value)
    # A traceback also shows the context of an error.
    assert caught.value.__context__ is None
    return caught.value
