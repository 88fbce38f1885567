"""The fixtures, and the hook that fails a test; the server is imported when it is used."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING

import pytest

from rsigv4.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import Any

    from rsigv4.testing.server import SigV4Server

__all__ = ["aws_credentials", "pytest_runtest_call", "sigv4_server"]

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_SERVER = pytest.StashKey["SigV4Server"]()


@pytest.fixture
def aws_credentials(monkeypatch: pytest.MonkeyPatch) -> Credentials:
    """
    Return temporary credentials that give access to nothing, new for each test.

    They also replace the credentials in the environment, where most clients look for them, so that
    no test signs with real credentials.
    """
    # They have a session token, like those of roles, so that clients that forget it fail here.
    credentials = Credentials(
        "ASIA" + "".join(secrets.choice(_BASE32) for _ in range(16)),
        _base64_of(30),
        _base64_of(120),
    )
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", credentials.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", credentials.session_token or "")
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CREDENTIAL_EXPIRATION"):
        monkeypatch.delenv(name, raising=False)
    return credentials


@pytest.fixture
def sigv4_server(request: pytest.FixtureRequest, aws_credentials: Any) -> Iterator[SigV4Server]:
    """
    Return a local server that responds like API Gateway to requests signed with `aws_credentials`.

    If it refuses a request, the test fails and shows what the client signed and what it should have
    signed, unless the test calls `SigV4Server.allow_failures`.
    """
    try:
        from rsigv4.testing.server import SigV4Server  # noqa: PLC0415 - only tests that use it need it
    except ModuleNotFoundError as error:
        pytest.fail(str(error), pytrace=False)
    # Many test suites have their own fixture of that name, which only sets the environment.
    is_ours = isinstance(aws_credentials, Credentials)
    credentials = aws_credentials if is_ours else Credentials.from_env()
    with SigV4Server(credentials) as server:
        request.node.stash[_SERVER] = server
        yield server
    # Requests that other fixtures sent after the test.
    explanation = server.take_explanation()
    if explanation is not None:
        pytest.fail(explanation, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail the test rather than its teardown, or add the explanation to a failed test."""
    has_failed = True
    try:
        yield
        has_failed = False
    finally:
        server = item.stash.get(_SERVER, None)
        explanation = None if server is None else server.take_explanation()
        if explanation is not None and has_failed:
            item.add_report_section("call", "sigv4_server", explanation)
    if explanation is not None:
        pytest.fail(explanation, pytrace=False)


def _base64_of(length: int) -> str:
    return base64.b64encode(secrets.token_bytes(length)).decode()
