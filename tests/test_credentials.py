"""`Credentials`, and where `resolve_credentials` finds them."""

from __future__ import annotations

import copy
import datetime as dt
import os
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from rsigv4 import (
    Credentials,
    InvalidCredentialsError,
    MissingCredentialsError,
    Signer,
    resolve_credentials,
)

ACCESS_KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "session//token+of/temporary=credentials=="
MOMENT = dt.datetime(2015, 8, 30, 12, 36, tzinfo=dt.timezone.utc)
KEY = Credentials(ACCESS_KEY, SECRET)
TEMPORARY = Credentials(ACCESS_KEY, SECRET, TOKEN, expires_at=MOMENT)


def shown(error):
    """Return all that a traceback shows of an error and of what led to it."""
    return "".join(traceback.format_exception(type(error), error, None))


def test_attributes_are_what_was_passed():
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


def test_equal_credentials_are_one_key_of_a_dictionary():
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
    """A subclass of a caller's, which pickle finds by its name."""


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
def test_expiry_is_kept_to_the_second_in_utc(expires_at):
    kept = Credentials(ACCESS_KEY, SECRET, expires_at=expires_at).expires_at
    assert kept == MOMENT
    assert kept.tzinfo is dt.timezone.utc


@pytest.mark.parametrize(
    "expires_at",
    [MOMENT.replace(tzinfo=None), "2015-08-30", b"0", object(), float("nan"), 1e300, 10**15],
)
def test_unusable_expiry_is_named(expires_at):
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
        ("secret_access_key", (ACCESS_KEY, f"{SECRET}\ud800")),
        ("session_token", (ACCESS_KEY, SECRET, TOKEN.encode())),
        ("session_token", (ACCESS_KEY, SECRET, 3)),
        ("session_token", (ACCESS_KEY, SECRET, f"{TOKEN}\r\nX-Evil: 1")),
        ("session_token", (ACCESS_KEY, SECRET, f"{TOKEN}\n")),
        ("session_token", (ACCESS_KEY, SECRET, f"{TOKEN}\0")),
        ("session_token", (ACCESS_KEY, SECRET, f"{TOKEN}\ud800")),
    ],
    ids=range(21),
)
def test_unusable_part_is_named_and_not_shown(argument, key):
    with pytest.raises(InvalidCredentialsError) as caught:
        Credentials(*key)
    assert str(caught.value).startswith(f"{argument} ")
    assert SECRET not in shown(caught.value)
    assert TOKEN not in shown(caught.value)


VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """Leave nothing of this machine for any credentials chain to find."""
    for name in os.environ:
        if name.startswith(("AWS_", "BOTO_")):
            monkeypatch.delenv(name)
    for name in VARIABLES:
        # So that what a test sets is taken back.
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("BOTO_CONFIG", str(tmp_path / "boto.cfg"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((ACCESS_KEY, SECRET), KEY),
        ((ACCESS_KEY, SECRET, ""), KEY),
        ((ACCESS_KEY, SECRET, TOKEN), Credentials(ACCESS_KEY, SECRET, TOKEN)),
    ],
    ids=["key", "empty token", "token"],
)
def test_environment_is_read(environment, values, expected):
    for name, value in zip(VARIABLES, values):
        environment.setenv(name, value)
    assert Credentials.from_env() == expected
    assert resolve_credentials() == expected
    assert type(Own.from_env()) is Own


@pytest.mark.parametrize(
    "values",
    [{}, {VARIABLES[0]: ACCESS_KEY}, {VARIABLES[1]: SECRET}, dict.fromkeys(VARIABLES, "")],
    ids=["nothing", "no secret", "no id", "all empty"],
)
def test_environment_without_a_whole_key_has_none(environment, values):
    for name, value in values.items():
        environment.setenv(name, value)
    with pytest.raises(MissingCredentialsError) as caught:
        Credentials.from_env()
    assert all(name in str(caught.value) for name in VARIABLES[:2])
    assert SECRET not in shown(caught.value)


NEW_HEADER = "Access key ID,Secret access key"
OLD_HEADER = "User name,Password,Access key ID,Secret access key,Console login link"
ROW = f"{ACCESS_KEY},{SECRET}"
OLD_ROW = f"somebody,,{ROW},https://123456789012.signin.aws.amazon.com/console"


@pytest.mark.parametrize(
    "text",
    [
        f"{NEW_HEADER}\n{ROW}\n",
        f"{NEW_HEADER}\n{ROW}",
        f"{NEW_HEADER}\r\n{ROW}\r\n",
        f"\ufeff{NEW_HEADER}\r\n{ROW}\r\n",
        f"{OLD_HEADER}\n{OLD_ROW}\n",
        f"\ufeff{OLD_HEADER}\r\n{OLD_ROW}",
        f" Access key ID , Secret access key \n {ACCESS_KEY} , {SECRET} \n",
        f'"Access key ID","Secret access key"\n"{ACCESS_KEY}","{SECRET}"\n',
        f"ACCESS KEY ID,secret Access Key\n{ROW}\n",
        f"{NEW_HEADER}\n\n{ROW}\n",
        f"{NEW_HEADER}\n{ROW},more\n",
        f"{NEW_HEADER}\n{ROW}\nAKIDSECOND,other\n",
    ],
    ids=range(12),
)
def test_file_of_the_console_is_read(tmp_path, text):
    path = tmp_path / "accessKeys.csv"
    path.write_bytes(text.encode())
    assert Credentials.from_csv(path) == KEY
    assert Credentials.from_csv(str(path)) == KEY
    assert type(Own.from_csv(path)) is Own


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\xef\xbb\xbf",
        NEW_HEADER.encode(),
        f"{NEW_HEADER}\n,\n".encode(),
        f"{NEW_HEADER}\n{ACCESS_KEY}\n".encode(),
        f"{NEW_HEADER}\n,{SECRET}\n".encode(),
        f"Access key ID\n{ROW}\n".encode(),
        f"id,secret\n{ROW}\n".encode(),
        f"{ROW}\n".encode(),
        f"{NEW_HEADER}\n{ROW}\n".encode("utf-16"),
        f"{NEW_HEADER}\n{ROW}".encode() + b"\xff\n",
        f"{NEW_HEADER}\n{ACCESS_KEY},".encode() + b"a" * 200_000,
        f'{NEW_HEADER}\n{ACCESS_KEY},"{SECRET}"" '.encode() + b"a" * 200_000,
    ],
    ids=range(14),
)
def test_file_without_a_key_is_named_and_not_shown(tmp_path, data):
    path = tmp_path / "accessKeys.csv"
    path.write_bytes(data)
    with pytest.raises(MissingCredentialsError) as caught:
        Credentials.from_csv(path)
    assert str(path) in str(caught.value)
    assert SECRET not in shown(caught.value)
    assert ACCESS_KEY not in shown(caught.value)


def test_file_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        Credentials.from_csv(tmp_path / "none.csv")


def in_fresh_interpreter(program, **environment):
    """Run a program where nothing is imported yet, and return what it prints."""
    done = subprocess.run(  # noqa: S603 - the program is in this file
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.usefixtures("environment")
def test_environment_is_found_without_importing_botocore():
    program = (
        "import sys, rsigv4\n"
        "assert type(rsigv4.resolve_credentials()) is rsigv4.Credentials\n"
        "print(sorted({'botocore', 'boto3', 'requests'} & sys.modules.keys()))\n"
        "rsigv4.resolve_credentials('work')\n"
        "print('botocore' in sys.modules)\n"
    )
    Path(os.environ["AWS_CONFIG_FILE"]).write_text(PROFILES, encoding="utf-8")
    key = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    assert in_fresh_interpreter(program, **key) == "[]\nTrue"


PROFILES = f"""\
[default]
aws_access_key_id = AKIDDEFAULT
aws_secret_access_key = default

[profile work]
aws_access_key_id = {ACCESS_KEY}
aws_secret_access_key = {SECRET}
aws_session_token = {TOKEN}
"""


@pytest.fixture
def profiles(environment, tmp_path):
    (tmp_path / "config").write_text(PROFILES, encoding="utf-8")
    return environment


def signed_by(provider):
    signer = Signer(provider, "us-east-1", "execute-api")
    return signer.sign("GET", "https://example.com/", time=MOMENT)


def test_named_profile_is_found_and_signs(profiles):
    # A profile that is asked for goes before the environment.
    profiles.setenv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT")
    profiles.setenv("AWS_SECRET_ACCESS_KEY", "environment")
    expected = signed_by(Credentials(ACCESS_KEY, SECRET, TOKEN))
    assert signed_by(resolve_credentials("work")) == expected
    assert signed_by(resolve_credentials(profile="work")) == expected


@pytest.mark.usefixtures("profiles")
def test_default_profile_is_found_and_signs():
    expected = signed_by(Credentials("AKIDDEFAULT", "default"))
    assert signed_by(resolve_credentials()) == expected
    # A signer without credentials asks the same chain.
    assert signed_by(None) == expected


def test_profile_of_the_environment_is_found(profiles):
    profiles.setenv("AWS_PROFILE", "work")
    assert signed_by(resolve_credentials()) == signed_by(Credentials(ACCESS_KEY, SECRET, TOKEN))


@pytest.mark.usefixtures("profiles")
def test_unknown_profile_is_named():
    with pytest.raises(MissingCredentialsError, match="home"):
        resolve_credentials("home")


def test_unknown_profile_of_the_environment_is_named(profiles):
    profiles.setenv("AWS_PROFILE", "home")
    with pytest.raises(MissingCredentialsError, match=r"'?home'?"):
        resolve_credentials()


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("resolve", [resolve_credentials, lambda: Signer(None, "us-east-1", "s3")])
def test_nothing_found_says_what_to_do(resolve):
    with pytest.raises(MissingCredentialsError, match=r"AWS_ACCESS_KEY_ID.*profile"):
        resolve()


@pytest.mark.parametrize("name", VARIABLES[:2])
def test_half_a_key_in_the_environment_is_no_key(environment, name):
    environment.setenv(name, SECRET)
    with pytest.raises(MissingCredentialsError) as caught:
        resolve_credentials()
    assert SECRET not in shown(caught.value)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("config", ["[default", "[default]\naws_access_key_id = AKIDEXAMPLE\n"])
def test_unusable_profile_is_no_key(tmp_path, config):
    (tmp_path / "config").write_text(config, encoding="utf-8")
    with pytest.raises(MissingCredentialsError):
        resolve_credentials()


@pytest.mark.parametrize("profile", [None, "work"])
def test_without_botocore_the_message_says_what_it_adds(environment, profile):
    # An import of a module that is None fails as that of one that is not installed.
    for name in [name for name in sys.modules if name.partition(".")[0] == "botocore"]:
        environment.delitem(sys.modules, name)
    environment.setitem(sys.modules, "botocore", None)
    with pytest.raises(MissingCredentialsError, match="install botocore"):
        resolve_credentials(profile)


def test_without_botocore_the_environment_is_enough(environment):
    environment.setitem(sys.modules, "botocore", None)
    environment.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    environment.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert resolve_credentials() == KEY
