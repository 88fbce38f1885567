"""Errors of the caller's own objects are raised unchanged, and the arguments are not modified."""

from __future__ import annotations

import datetime as dt
import io

import pytest

from rsigv4 import SigV4Error
from support.signing import MOMENT, PRIVATE, TEMPORARY, call, signer_of


class OwnError(Exception):
    """The caller's own error."""


OWN_ERROR = OwnError("the caller's own")


def raise_own_error(*_arguments, **_keywords):
    raise OWN_ERROR


class FailingZone(dt.tzinfo):
    utcoffset = raise_own_error


class FailingFile(io.BytesIO):
    read = raise_own_error


class UnseekableFile(io.BytesIO):
    seek = raise_own_error


FAILING_FREEZE = type("Failing", (), {"get_frozen_credentials": raise_own_error})()
FAILING_HEADERS = type("Failing", (dict,), {"items": raise_own_error})()


def failing_generator():
    yield ("x-a", "b")
    raise OWN_ERROR


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"signer": signer_of(raise_own_error)}, id="provider"),
        pytest.param({"signer": signer_of(FAILING_FREEZE)}, id="get_frozen_credentials"),
        pytest.param({"signer": signer_of(lambda: FAILING_FREEZE)}, id="callable to a provider"),
        pytest.param({"headers": FAILING_HEADERS}, id="items() of the headers"),
        pytest.param({"headers": failing_generator()}, id="iterator of the headers"),
        pytest.param({"body": FailingFile(b"body")}, id="read() of the body"),
        pytest.param({"body": UnseekableFile(b"body")}, id="seek() of the body"),
        pytest.param({"time": MOMENT.replace(tzinfo=FailingZone())}, id="time zone"),
    ],
)
def test_errors_of_the_callers_objects_are_raised_unchanged(changed):
    with pytest.raises(OwnError) as caught:
        call(**changed)
    assert caught.value is OWN_ERROR


def test_error_of_the_callers_header_names_is_raised_unchanged():
    with pytest.raises(OwnError):
        signer_of(TEMPORARY, also_sign=failing_names())


def failing_names():
    yield "range"
    raise OWN_ERROR


def test_failed_request_is_not_modified():
    headers, file = {"x-a": f"{PRIVATE}\n"}, io.BytesIO(b"0123456789")
    file.seek(3)
    for changed in ({"headers": headers}, {"signer": signer_of(lambda: None)}):
        with pytest.raises(SigV4Error):
            call(body=file, **changed)
        assert file.tell() == 3
    assert headers == {"x-a": f"{PRIVATE}\n"}
