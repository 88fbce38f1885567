# The plugin in a user's project.

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

DOCUMENTATION = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
CLIENT, TEST = re.findall(r"```python[^\n]*\n(# \w+\.py\n.*?)```", DOCUMENTATION, re.DOTALL)
RIGHT_CALL = "pets(sigv4_server.url, sigv4_server.host)"
# It signs the host without its port, but sends to the port.
WRONG_CALL = 'pets(sigv4_server.url, "127.0.0.1")'
EXPLANATION = [
    "sigv4_server refused GET /pets?kind=cat",
    "with 403 InvalidSignatureException: *",
    "Why: the port is part of the host on one side only: 127.0.0.1 was signed and 127.0.0.1:*",
    "Change: sign the Host that is sent: with its port unless *",
    "--- what the client signed",
    "+++ what it should have signed",
    "- host:127.0.0.1",
    "+ host:127.0.0.1:*",
]
#: Plugins of this environment that take longer to start than the rest.
WITHOUT_OTHERS = [f"-pno:{name}" for name in ("anyio", "hypothesispytest", "randomly")]


@pytest.fixture
def project(pytester):
    pytester.makepyfile(client=CLIENT)
    # Without environment variables of coverage and other tools.
    pytester.makeini("[pytest]\nfilterwarnings = error")

    def run(test, *arguments):
        pytester.makepyfile(test_client=test)
        return pytester.runpytest_subprocess(*WITHOUT_OTHERS, *arguments)

    return run


def test_correct_client_passes(project):
    result = project(TEST)
    result.assert_outcomes(passed=1)


def test_explanation_is_added_to_a_failing_test(project):
    result = project(TEST.replace(RIGHT_CALL, WRONG_CALL))
    # Once, and as a failure, not an error.
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E * assert *", "*Captured sigv4_server call*", *EXPLANATION])


def test_passing_test_with_a_refused_request_fails(project):
    result = project(TEST.replace(f"assert {RIGHT_CALL} == ", f"assert {WRONG_CALL} != "))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(EXPLANATION)
    result.stdout.fnmatch_lines(["FAILED test_client.py::test_pets - * sigv4_server refused GET *"])


def test_failure_matches_the_documentation(project):
    result = project(TEST.replace(RIGHT_CALL, WRONG_CALL))
    documented = re.search(r"```text\n(.*?)```", DOCUMENTATION, re.DOTALL)[1]
    # Except for ports and dates.
    assert re.sub(r"\d+", "0", documented) in re.sub(r"\d+", "0", result.stdout.str())


def test_refusals_can_be_expected(project):
    result = project(f"""
        from client import pets


        def test_pets(sigv4_server):
            sigv4_server.allow_failures()
            assert "does not match" in {WRONG_CALL}["message"]
    """)
    result.assert_outcomes(passed=1)


def test_refusal_after_the_test_is_explained(project):
    result = project(f"""
        import pytest

        from client import pets


        @pytest.fixture
        def last_call(sigv4_server):
            yield
            {WRONG_CALL}


        def test_pets(last_call):
            pass
    """)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(EXPLANATION)


def test_expected_failures_and_skips_are_unchanged(project):
    result = project(f"""
        import pytest

        from client import pets


        @pytest.mark.xfail(strict=True)
        def test_expected(sigv4_server):
            {WRONG_CALL}


        def test_skipped(sigv4_server):
            {WRONG_CALL}
            pytest.skip("for a reason")
    """)
    result.assert_outcomes(xfailed=1, skipped=1)


def test_users_fixture_may_override_aws_credentials(project):
    result = project("""
        import pytest

        from client import pets


        @pytest.fixture
        def aws_credentials(monkeypatch):
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
            monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)


        def test_pets(sigv4_server):
            assert pets(sigv4_server.url, sigv4_server.host) == {}
            assert sigv4_server.requests[0].identity.access_key_id == "testing"
    """)
    result.assert_outcomes(passed=1)


def test_each_xdist_worker_has_its_own_server(project):
    result = project(
        """
        import pytest

        from client import pets


        @pytest.mark.parametrize("number", range(8))
        def test_pets(sigv4_server, number):
            sigv4_server.route("GET", "/pets", json=[number])
            assert pets(sigv4_server.url, sigv4_server.host) == [number]
            assert len(sigv4_server.requests) == 1


        def test_wrong(sigv4_server):
            pets(sigv4_server.url, "127.0.0.1")
        """,
        *("-n", "2"),
    )
    result.assert_outcomes(passed=8, failed=1)
    result.stdout.fnmatch_lines(EXPLANATION)


def test_heavy_modules_are_imported_only_by_a_fixture():
    heavy = {"asyncio", "botocore", "boto3", "requests", "werkzeug", "http.server", "flask"}
    script = (
        "import sys, pytest; before = set(sys.modules); import rsigv4.testing; "
        f"print(sorted(({heavy!r} & set(sys.modules)) - before))"
    )
    completed = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert completed.stdout == "[]\n"
