"""Patches of `datetime.datetime` do not change what the first signature of a process looks up."""

from __future__ import annotations

import subprocess
import sys

import pytest

SETUP = """
import datetime as dt
import sys
from unittest import mock
import freezegun
import requests
"""
SIGNER = """
from rsigv4 import Credentials, Signer
signer = Signer(Credentials("AKIDEXAMPLE", "secret"), "us-east-1", "es")
moment = dt.datetime(2015, 8, 30, 12, 36, tzinfo=dt.timezone.utc)
with PATCH:
    headers = signer.sign("GET", "https://example.com/", time=moment)
assert headers["X-Amz-Date"] == "20150830T123600Z", headers
assert signer.sign("GET", "https://example.com/", time=moment) == headers
"""
DROP_IN = """
with PATCH:
    from rsigv4.aws_auth import AWSRequestsAuth
auth = AWSRequestsAuth("AKIDEXAMPLE", "secret", "example.com", "us-east-1", "es")
request = requests.Request("GET", "https://example.com/").prepare()
# `datetime.utcnow`, which would be deprecated, is called only if it is patched.
with mock.patch("time.time", return_value=1440938160.0):
    signed = auth(request).headers["x-amz-date"]
assert signed == EXPECTED, signed
"""
PATCHES = {
    "a mock": 'mock.patch("datetime.datetime")',
    "freezegun": 'freezegun.freeze_time("2020-01-01")',
}


def run(script):
    command = [sys.executable, "-W", "error::DeprecationWarning:rsigv4", "-c", script]
    completed = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    assert completed.returncode == 0, completed.stderr


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES)
def test_first_signature_at_a_time_that_is_passed(patch):
    run(SETUP + SIGNER.replace("PATCH", patch))


def test_drop_in_that_is_imported_while_time_is_frozen():
    script = DROP_IN.replace("PATCH", PATCHES["freezegun"])
    run(SETUP + script.replace("EXPECTED", '"20150830T123600Z"'))
