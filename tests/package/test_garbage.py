# Our objects take part in garbage collection: reference cycles through them are freed.

from __future__ import annotations

import datetime as dt
import gc
import weakref

import pytest
import requests

import rsigv4.requests
from rsigv4 import Credentials, Signer, Verifier
from rsigv4._core import ResponseHook

URL = "https://sts.us-east-1.amazonaws.com/"
SEED = "a" * 64


class Secret(Credentials):
    """Credentials that can hold references; plain ones can't."""


class Holder:
    """Refers to the object that refers to it."""

    def find(self, access_key_id):
        raise LookupError(access_key_id)

    def provide(self):
        return Credentials("AKIDEXAMPLE", "secret")

    def get_frozen_credentials(self):
        return Credentials("AKIDEXAMPLE", "secret")


def verifier():
    holder = Holder()
    holder.held = Verifier(holder.find)
    return holder


def signer_of_function():
    holder = Holder()
    holder.held = Signer(holder.provide, "us-east-1", "sts")
    holder.held.sign("GET", URL)
    return holder


def signer_of_provider():
    holder = Holder()
    holder.held = Signer(holder, "us-east-1", "sts")
    holder.held.sign("GET", URL)
    return holder


def signer_of_credentials():
    credentials = Secret("AKIDEXAMPLE", "secret")
    credentials.held = Signer(credentials, "us-east-1", "sts")
    credentials.held.sign("GET", URL)
    return credentials


def signer_of_kept_credentials():
    """Return credentials that are in a cycle only because a signer caches them for a second."""
    credentials = Secret("AKIDEXAMPLE", "secret")

    class Refreshable:
        __slots__ = ()

        def refresh_needed(self):
            return False

        def get_frozen_credentials(self):
            return given.pop()

    given = [credentials]
    credentials.held = Signer(Refreshable(), "us-east-1", "sts")
    credentials.held.sign("GET", URL)
    assert given == []
    return credentials


def event_signer():
    holder = Holder()
    holder.held = Signer(holder.provide, "us-east-1", "transcribe").event_stream(SEED)
    return holder


def event_signer_of_credentials():
    credentials = Secret("AKIDEXAMPLE", "secret")
    credentials.held = Signer(lambda: credentials, "us-east-1", "transcribe").event_stream(SEED)
    return credentials


def event_signer_of_own_credentials():
    credentials = Secret("AKIDEXAMPLE", "secret")
    credentials.held = Signer(credentials, "us-east-1", "transcribe").event_stream(SEED)
    return credentials


def auth_of_function():
    holder = Holder()
    holder.held = rsigv4.requests.SigV4Auth(holder.provide, "us-east-1", "sts")
    holder.held(requests.Request("GET", URL).prepare())
    return holder


class OwnProvider(rsigv4.requests.SigV4Auth):
    def __init__(self):
        super().__init__(self, "us-east-1", "sts")

    def get_frozen_credentials(self):
        return Credentials("AKIDEXAMPLE", "secret")


def auth_that_is_its_own_provider():
    auth = OwnProvider()
    auth(requests.Request("GET", URL).prepare())
    # Only the native part of the auth still refers to the signer.
    del auth._signing  # noqa: SLF001
    return auth


def auth_with_its_last_request():
    auth = rsigv4.requests.SigV4Auth(Credentials("AKIDEXAMPLE", "secret"), "us-east-1", "sts")
    auth.last = auth(requests.Request("GET", URL).prepare())
    return auth


def response_hook():
    holder = Holder()
    holder.held = ResponseHook(holder)
    return holder


def presigned_post():
    signer = Signer(Credentials("AKIDEXAMPLE", "secret"), "us-east-1", "s3")
    form = signer.presign_post("https://bucket.s3.us-east-1.amazonaws.com/", key="key")
    holder = Holder()
    holder.held = form
    form.fields["holder"] = holder
    return holder


def slotted():
    class Slotted(Verifier):
        __slots__ = ()

    holder = Holder()
    holder.held = Slotted(holder.find)
    return holder


CYCLES = [
    verifier,
    signer_of_function,
    signer_of_provider,
    signer_of_credentials,
    signer_of_kept_credentials,
    event_signer,
    event_signer_of_credentials,
    event_signer_of_own_credentials,
    auth_of_function,
    auth_that_is_its_own_provider,
    auth_with_its_last_request,
    response_hook,
    presigned_post,
    slotted,
]


@pytest.fixture
def no_automatic_collection():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_automatic_collection")
@pytest.mark.parametrize("make", CYCLES, ids=lambda make: make.__name__)
def test_cycle_is_freed(make):
    holder = weakref.ref(make())
    gc.collect()
    assert holder() is None


@pytest.mark.parametrize("make", CYCLES, ids=lambda make: make.__name__)
def test_object_in_use_is_not_freed(make):
    holder = make()
    reference = weakref.ref(holder)
    gc.collect()
    assert reference() is holder
    held = getattr(holder, "held", holder)
    assert gc.is_tracked(held)
    if isinstance(held, Signer) and make is not signer_of_kept_credentials:
        assert held.sign("GET", URL, time=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc))
