from __future__ import annotations

from pathlib import Path

import pytest

from servers.ministack import LocalAwsError, local_aws

MINISTACK = Path(__file__).parents[1] / ".venv-ministack" / "bin" / "ministack"


def pytest_addoption(parser):
    parser.addoption("--ministack", metavar="PATH", default=MINISTACK, help="MiniStack's program")


@pytest.fixture(scope="session")
def ministack_program(request):
    return Path(request.config.getoption("--ministack")).absolute()


@pytest.fixture(scope="session")
def ministack(ministack_program):
    try:
        with local_aws(ministack_program) as server:
            yield server
    except LocalAwsError as error:
        pytest.fail(str(error), pytrace=False)
