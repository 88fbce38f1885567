"""Sources of `Credentials`: the environment, profiles, the console's file, botocore's chain."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from rsigv4 import (
    Credentials,
    InvalidCredentialsError,
    MissingCredentialsError,
    Signer,
    resolve_credentials,
)
from support.signing import ACCESS_KEY, MOMENT, SECRET, TOKEN, shown

KEY = Credentials(ACCESS_KEY, SECRET)
VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


class Own(Credentials):
    """A subclass."""


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """Hide this machine's credentials from every credential chain."""
    for name in os.environ:
        if name.startswith(("AWS_", "BOTO_")):
            monkeypatch.delenv(name)
    for name in VARIABLES:
        # Registered, so that what a test sets is undone.
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
def test_incomplete_key_in_the_environment_is_ignored(environment, values):
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
        f'"Access key ID", "Secret access key"\n"{ACCESS_KEY}", "{SECRET}"\n',
        f"ACCESS KEY ID,secret Access Key\n{ROW}\n",
        f"{NEW_HEADER}\n\n{ROW}\n",
        f"{NEW_HEADER}\n{ROW},more\n",
        f"{NEW_HEADER}\n{ROW}\nAKIDSECOND,other\n",
    ],
    ids=range(13),
)
def test_console_file_is_read(tmp_path, text):
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


def test_missing_file_is_a_file_not_found_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        Credentials.from_csv(tmp_path / "none.csv")


def in_fresh_interpreter(program, **environment):
    """Run a program in a new interpreter, and return its output."""
    done = subprocess.run(  # noqa: S603 - the program is in this file
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.usefixtures("profiles")
def test_environment_is_found_without_importing_botocore():
    program = (
        "import sys, rsigv4\n"
        "assert type(rsigv4.resolve_credentials()) is rsigv4.Credentials\n"
        "print(sorted({'botocore', 'boto3', 'requests'} & sys.modules.keys()))\n"
        "rsigv4.resolve_credentials('work')\n"
        "print('botocore' in sys.modules)\n"
        "rsigv4.resolve_credentials('process')\n"
        "print('botocore' in sys.modules)\n"
    )
    key = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    assert in_fresh_interpreter(program, **key) == "[]\nFalse\nTrue"


#: A program for credential_process.
PROCESS = """\
print('{"Version": 1, "AccessKeyId": "AKIDPROCESS", "SecretAccessKey": "process"}')
"""

PROFILES = f"""\
[default]
aws_access_key_id = AKIDDEFAULT
aws_secret_access_key = default

[profile work]
aws_access_key_id = {ACCESS_KEY}
aws_secret_access_key = {SECRET}
aws_session_token = {TOKEN}

[profile process]
aws_access_key_id = AKIDSTATIC
aws_secret_access_key = static
credential_process = {sys.executable} process.py

[profile sso]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1
sso_account_id = 123456789012
sso_role_name = role
"""


@pytest.fixture
def profiles(environment, tmp_path):
    (tmp_path / "config").write_text(PROFILES, encoding="utf-8")
    (tmp_path / "process.py").write_text(PROCESS, encoding="utf-8")
    environment.chdir(tmp_path)
    return environment


def signed_by(provider):
    signer = Signer(provider, "us-east-1", "execute-api")
    return signer.sign("GET", "https://example.com/", time=MOMENT)


def test_named_profile_is_found_and_signs(profiles):
    # An explicit profile takes precedence over the environment.
    profiles.setenv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT")
    profiles.setenv("AWS_SECRET_ACCESS_KEY", "environment")
    expected = signed_by(Credentials(ACCESS_KEY, SECRET, TOKEN))
    assert signed_by(resolve_credentials("work")) == expected
    assert signed_by(resolve_credentials(profile="work")) == expected


@pytest.mark.usefixtures("profiles")
def test_default_profile_is_found_and_signs():
    expected = signed_by(Credentials("AKIDDEFAULT", "default"))
    assert signed_by(resolve_credentials()) == expected
    # A signer without credentials uses the same chain.
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
def test_error_without_credentials_says_what_to_do(resolve):
    with pytest.raises(MissingCredentialsError, match=r"AWS_ACCESS_KEY_ID.*profile"):
        resolve()


@pytest.mark.parametrize("name", VARIABLES[:2])
def test_half_a_key_in_the_environment_is_ignored(environment, name):
    environment.setenv(name, SECRET)
    with pytest.raises(MissingCredentialsError) as caught:
        resolve_credentials()
    assert SECRET not in shown(caught.value)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("config", ["[default", "[default]\naws_access_key_id = AKIDEXAMPLE\n"])
def test_unusable_profile_counts_as_missing(tmp_path, config):
    (tmp_path / "config").write_text(config, encoding="utf-8")
    with pytest.raises(MissingCredentialsError):
        resolve_credentials()


@pytest.fixture
def without_botocore(profiles):
    # Importing a module that is None fails as if it were not installed.
    for name in [name for name in sys.modules if name.partition(".")[0] == "botocore"]:
        profiles.delitem(sys.modules, name)
    profiles.setitem(sys.modules, "botocore", None)
    return profiles


@pytest.mark.parametrize("profile", ["process", "sso"])
def test_without_botocore_the_message_says_what_it_adds(without_botocore, profile):
    with pytest.raises(MissingCredentialsError, match=f"{profile}.*install botocore.*pip install"):
        resolve_credentials(profile)
    without_botocore.setenv("AWS_CONFIG_FILE", os.devnull)
    with pytest.raises(MissingCredentialsError, match=r"AWS_ACCESS_KEY_ID.*install botocore"):
        resolve_credentials()


@pytest.mark.usefixtures("without_botocore")
def test_key_of_a_profile_needs_no_botocore(tmp_path):
    assert resolve_credentials() == Credentials("AKIDDEFAULT", "default")
    assert resolve_credentials("work") == Credentials(ACCESS_KEY, SECRET, TOKEN)
    text = "[work]\naws_access_key_id = AKIDFILE\naws_secret_access_key = file\n"
    (tmp_path / "credentials").write_text(text, encoding="utf-8")
    # Not with the token of the other key.
    assert resolve_credentials("work") == Credentials("AKIDFILE", "file")


@pytest.mark.usefixtures("without_botocore")
def test_profile_that_does_not_exist_is_named():
    with pytest.raises(MissingCredentialsError, match=r"profile 'nobody'.*AWS_CONFIG_FILE"):
        resolve_credentials("nobody")


@pytest.mark.usefixtures("profiles")
def test_better_credentials_of_a_profile_precede_its_key():
    assert signed_by(resolve_credentials("process")) == signed_by(
        Credentials("AKIDPROCESS", "process")
    )


@pytest.mark.usefixtures("without_botocore")
@pytest.mark.parametrize(
    "setting", ["role_arn", "sso_session", "sso_account_id", "credential_source", "login_session"]
)
def test_key_of_a_profile_is_not_taken_for_its_role(tmp_path, setting):
    text = PROFILES.replace("[profile work]", f"[profile work]\n{setting} = a")
    (tmp_path / "config").write_text(text, encoding="utf-8")
    with pytest.raises(MissingCredentialsError, match=r"work.*install botocore"):
        resolve_credentials("work")


def test_home_folder_and_repeated_sections_are_read_as_botocore_does(profiles, tmp_path):
    key = f"aws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET}\n"
    (tmp_path / "own").write_text(f"[default]\nregion = a\n[default]\n{key}", encoding="utf-8")
    profiles.setenv("AWS_CONFIG_FILE", "~/own")
    assert resolve_credentials() == KEY


def test_web_identity_of_the_environment_precedes_profiles(without_botocore):
    # As in a pod, whose role counts and not a key in its image.
    without_botocore.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", os.devnull)
    with pytest.raises(MissingCredentialsError, match="install botocore"):
        resolve_credentials()
    assert resolve_credentials("work").access_key_id == ACCESS_KEY


@pytest.mark.usefixtures("profiles")
def test_sso_session_that_has_expired_says_how_to_log_in():
    with pytest.raises(MissingCredentialsError, match="run aws sso login --profile sso"):
        resolve_credentials("sso")


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize("text", [f"aws_secret_access_key = {SECRET}", f"[default]\n{SECRET}"])
def test_broken_file_is_named_and_not_shown(tmp_path, text):
    (tmp_path / "config").write_text(text, encoding="utf-8")
    with pytest.raises(MissingCredentialsError, match="config is not a valid") as caught:
        resolve_credentials()
    assert SECRET not in shown(caught.value)


@pytest.mark.usefixtures("profiles")
def test_mistaken_key_of_a_profile_is_not_shown(tmp_path):
    text = PROFILES.replace(f"= {ACCESS_KEY}", f"= {ACCESS_KEY} {SECRET}")
    (tmp_path / "config").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidCredentialsError, match="access_key_id") as caught:
        resolve_credentials("work")
    assert SECRET not in shown(caught.value)


def test_without_botocore_the_environment_is_enough(environment):
    environment.setitem(sys.modules, "botocore", None)
    environment.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    environment.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert resolve_credentials() == KEY
