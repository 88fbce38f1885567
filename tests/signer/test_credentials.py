"""`Credentials`: attributes, copies, and that no secret is shown."""

from __future__ import annotations

import copy
import datetime as dt
import pickle

import pytest

from rsigv4 import Credentials, InvalidCredentialsError
from support.signing import ACCESS_KEY, MOMENT, SECRET, TOKEN, shown

KEY = Credentials(ACCESS_KEY, SECRET)
TEMPORARY = Credentials(ACCESS_KEY, SECRET, TOKEN, expires_at=MOMENT)


def test_attributes_are_the_arguments():
    key = (KEY.access_key_id, KEY.secret_access_key, KEY.session_token, KEY.expires_at)
    assert key == (ACCESS_KEY, SECRET, None, None)
    assert (TEMPORARY.session_token, TEMPORARY.expires_at) == (TOKEN, MOMENT)
    by_name = Credentials(
        access_key_id=ACCESS_KEY, secret_access_key=SECRET, session_token=TOKEN, expires_at=MOMENT
    )
    assert by_name == TEMPORARY


@pytest.mark.parametrize("name", ["access_key_id", "secret_access_key", "session_token", "other"])
def test_credentials_can_not_be_changed(name):
    with pytest.raises(AttributeError):
        setattr(KEY, name, "changed")


@pytest.mark.parametrize(
    "other",
    [
        Credentials("AKIDOTHER", SECRET, TOKEN, expires_at=MOMENT),
        Credentials(ACCESS_KEY, "other", TOKEN, expires_at=MOMENT),
        Credentials(ACCESS_KEY, SECRET, "other", expires_at=MOMENT),
        Credentials(ACCESS_KEY, SECRET, TOKEN, expires_at=0),
        Credentials(ACCESS_KEY, SECRET, TOKEN),
        KEY,
        (ACCESS_KEY, SECRET, TOKEN),
        None,
    ],
    ids=range(8),
)
def test_credentials_differ_by_every_part(other):
    assert other != TEMPORARY


def test_equal_credentials_have_equal_hashes():
    again = Credentials(ACCESS_KEY, SECRET, TOKEN, expires_at=MOMENT)
    assert again == TEMPORARY
    assert {TEMPORARY: 1}[again] == 1
    assert len({TEMPORARY, again, KEY}) == 2


def test_empty_token_is_none():
    assert Credentials(ACCESS_KEY, SECRET, "") == KEY
    assert Credentials(ACCESS_KEY, SECRET, "").session_token is None


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r}".format])
def test_nothing_shows_the_secret_or_the_token(show):
    assert show(KEY) == "Credentials(access_key_id='AKIDEXAMPLE', secret_access_key=***)"
    assert show(TEMPORARY) == (
        "Credentials(access_key_id='AKIDEXAMPLE', secret_access_key=***, session_token=***, "
        "expires_at=20150830T123600Z)"
    )


class Own(Credentials):
    """A subclass, which pickle finds by its name."""


@pytest.mark.parametrize("credentials", [KEY, TEMPORARY, Own(ACCESS_KEY, SECRET)], ids=range(3))
@pytest.mark.parametrize(
    "clone",
    [
        copy.copy,
        copy.deepcopy,
        *(
            lambda credentials, protocol=protocol: pickle.loads(  # noqa: S301 - our own
                pickle.dumps(credentials, protocol)
            )
            for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
        ),
    ],
)
def test_copies_are_equal(clone, credentials):
    cloned = clone(credentials)
    assert cloned == credentials
    assert type(cloned) is type(credentials)
    assert cloned.expires_at == credentials.expires_at


def test_subclass_shows_its_own_name_and_no_secret():
    assert repr(Own(ACCESS_KEY, SECRET)) == (
        "Own(access_key_id='AKIDEXAMPLE', secret_access_key=***)"
    )


@pytest.mark.parametrize(
    "expires_at",
    [
        MOMENT,
        MOMENT.astimezone(dt.timezone(dt.timedelta(hours=9))),
        MOMENT.replace(microsecond=500_000),
        1_440_938_160,
        1_440_938_160.5,
    ],
)
def test_expiry_is_stored_in_utc_with_whole_seconds(expires_at):
    kept = Credentials(ACCESS_KEY, SECRET, expires_at=expires_at).expires_at
    assert kept == MOMENT
    assert kept.tzinfo is dt.timezone.utc


@pytest.mark.parametrize(
    "expires_at",
    [MOMENT.replace(tzinfo=None), "2015-08-30", b"0", object(), float("nan"), 1e300, 10**15],
)
def test_invalid_expiry_is_named(expires_at):
    with pytest.raises(ValueError, match=r"^expires_at ") as caught:
        Credentials(ACCESS_KEY, SECRET, expires_at=expires_at)
    assert isinstance(caught.value, InvalidCredentialsError)


@pytest.mark.parametrize(
    ("argument", "key"),
    [
        ("access_key_id", (None, SECRET)),
        ("access_key_id", (ACCESS_KEY.encode(), SECRET)),
        ("access_key_id", (3, SECRET)),
        ("access_key_id", ("", SECRET)),
        ("access_key_id", (" ", SECRET)),
        ("access_key_id", (f"{ACCESS_KEY}\n", SECRET)),
        ("access_key_id", ("AKID,EXAMPLE", SECRET)),
        ("access_key_id", ("AKID\u00c9XAMPLE", SECRET)),
        ("access_key_id", ("AKID\0EXAMPLE", SECRET)),
        ("access_key_id", ("AKID\ud800", SECRET)),
        ("secret_access_key", (ACCESS_KEY, None)),
        ("secret_access_key", (ACCESS_KEY, SECRET.encode())),
        ("secret_access_key", (ACCESS_KEY, [SECRET])),
        ("secret_access_key", (ACCESS_KEY, "")),
        ("secret_access_key", (ACCESS_KEY, f"{SECRET}\n")),
        ("secret_access_key", (ACCESS_KEY, f" {SECRET}")),
        ("secret_access_key", (ACCESS_KEY, f"{SECRET}\u00a0")),
        ("secret_access_key", (ACCESS_KEY, f"{SECRET}\ud800")),
        ("session_token", (ACCESS_KEY, SECRET, TOKEN.encode())),
        ("session_token", (ACCESS_KEY, SECRET, 3)),
        ("session_token", (ACCESS_KEY, SECRET, f"{TOKEN}\r\nX-Evil: 1")),
        ("session_token", (ACCESS_KEY, SECRET, f"{TOKEN}\n")),
        ("session_token", (ACCESS_KEY, SECRET, f"{TOKEN}\0")),
        ("session_token", (ACCESS_KEY, SECRET, f"{TOKEN}\ud800")),
    ],
    ids=range(24),
)
def test_invalid_argument_is_named_and_not_shown(argument, key):
    with pytest.raises(InvalidCredentialsError) as caught:
        Credentials(*key)
    assert str(caught.value).startswith(f"{argument} ")
    assert SECRET not in shown(caught.value)
    assert TOKEN not in shown(caught.value)
