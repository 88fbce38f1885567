"""Unusable credentials: the error says what is wrong, and shows no secret."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from botocore.credentials import Credentials as BotocoreCredentials
from botocore.credentials import ReadOnlyCredentials

from rsigv4 import (
    Credentials,
    CredentialsError,
    ExpiredCredentialsError,
    InvalidCredentialsError,
    MissingCredentialsError,
)
from support.signing import (
    METHODS,
    MOMENT,
    SECRET,
    TEMPORARY,
    TOKEN,
    call,
    check_message,
    signer_of,
)


@pytest.mark.parametrize(
    "credentials",
    [3, SECRET, SECRET.encode(), object(), Credentials, ("AKIDEXAMPLE", SECRET)],
    ids=["int", "str", "bytes", "object", "class", "tuple"],
)
def test_invalid_provider_is_refused_at_once(credentials):
    with pytest.raises(InvalidCredentialsError) as caught:
        signer_of(credentials)
    check_message(caught.value, "credentials")
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    "returned",
    [3, SECRET, object(), {"secret": SECRET}, Credentials],
    ids=["int", "str", "object", "dict", "class"],
)
@pytest.mark.parametrize("name", METHODS)
def test_callable_that_returns_something_else_is_refused(name, returned):
    with pytest.raises(InvalidCredentialsError) as caught:
        call(name, signer_of(lambda: returned))
    check_message(caught.value, "credentials")


def test_callable_that_has_to_be_awaited_is_refused():
    async def provide():
        return TEMPORARY

    coroutine = provide()
    with pytest.raises(InvalidCredentialsError, match="coroutine") as caught:
        call(signer=signer_of(lambda: coroutine))
    check_message(caught.value, "credentials")
    assert asyncio.run(coroutine) is TEMPORARY


def test_callable_that_returns_none_has_its_own_error():
    with pytest.raises(MissingCredentialsError, match="provider returned None"):
        call(signer=signer_of(lambda: None))


class Frozen:
    def __init__(self, frozen):
        self._frozen = frozen

    def get_frozen_credentials(self):
        return self._frozen


@pytest.mark.parametrize(
    "frozen",
    [None, 3, SECRET, object(), {"secret_key": SECRET}, ReadOnlyCredentials],
    ids=["None", "int", "str", "object", "dict", "class"],
)
@pytest.mark.parametrize(
    "wrap",
    [lambda provider: provider, lambda provider: lambda: provider],
    ids=["provider", "callable"],
)
def test_get_frozen_credentials_that_returns_something_else_is_refused(wrap, frozen):
    with pytest.raises(CredentialsError) as caught:
        call(signer=signer_of(wrap(Frozen(frozen))))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("argument", "key"),
    [
        ("access_key_id", (None, SECRET, None)),
        ("access_key_id", ("", SECRET, None)),
        ("access_key_id", ("AKID EXAMPLE", SECRET, None)),
        ("access_key_id", ("AKID\r\nX-Evil: 1", SECRET, None)),
        ("secret_access_key", ("AKIDEXAMPLE", None, None)),
        ("secret_access_key", ("AKIDEXAMPLE", SECRET.encode(), None)),
        ("secret_access_key", ("AKIDEXAMPLE", "", TOKEN)),
        ("session_token", ("AKIDEXAMPLE", SECRET, TOKEN.encode())),
        ("session_token", ("AKIDEXAMPLE", SECRET, f"{TOKEN}\n")),
    ],
)
def test_invalid_key_of_a_provider_is_named(argument, key):
    for provider in (Frozen(ReadOnlyCredentials(*key)), lambda: ReadOnlyCredentials(*key)):
        with pytest.raises(InvalidCredentialsError) as caught:
            call(signer=signer_of(provider))
        check_message(caught.value, argument)


def test_botocore_credentials_without_a_secret_are_refused():
    provider = BotocoreCredentials("AKIDEXAMPLE", SECRET)
    signer = signer_of(provider)
    provider.secret_key = None
    with pytest.raises(InvalidCredentialsError, match=r"^secret_access_key "):
        call(signer=signer)


@pytest.mark.parametrize("seconds", [0, 1, 86_400])
def test_expired_credentials_do_not_sign(seconds):
    credentials = Credentials("AKIDEXAMPLE", SECRET, TOKEN, expires_at=MOMENT)
    with pytest.raises(ExpiredCredentialsError) as caught:
        call(signer=signer_of(credentials), time=MOMENT + dt.timedelta(seconds=seconds))
    check_message(caught.value, "the credentials have expired")
