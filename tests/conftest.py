from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.servers.certificates import Authority
from support.servers.juicefs import juicefs_gateway
from support.servers.ministack import LocalAwsError, local_aws
from support.servers.processes import ServerError
from support.servers.swift import swift_s3api
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET, TOKEN

REPOSITORY = Path(__file__).parents[1]
MINISTACK = REPOSITORY / ".venv-ministack" / "bin" / "ministack"
JUICEFS = REPOSITORY / ".venv-juicefs" / "bin" / "juicefs"
SWIFT = REPOSITORY / ".venv-swift" / "bin"
TOOLS = REPOSITORY / ".venv-habits" / "bin"
NODE = REPOSITORY / ".venv-node" / "node_modules" / ".bin"

# A test that uses one of these fixtures, directly or indirectly, needs a server.
SERVER_FIXTURES = {"juicefs", "ministack_program", "s3_server", "swift"}


def pytest_configure():
    """Hide this machine's AWS settings from all tests and the processes that they start."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull


# Background jobs of a shell ignore Ctrl-C, and so would what the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption("--ministack", metavar="PATH", default=MINISTACK, help="MiniStack's program")
    parser.addoption("--juicefs", metavar="PATH", default=JUICEFS, help="JuiceFS's program")
    parser.addoption("--swift", metavar="FOLDER", default=SWIFT, help="where Swift's programs are")


def pytest_collection_modifyitems(items):
    for item in items:
        if not SERVER_FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker("servers")


@contextmanager
def failing_loudly():
    """Fail the tests with the server's log if it doesn't start."""
    try:
        yield
    except (LocalAwsError, ServerError) as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def ministack_program(request):
    return Path(request.config.getoption("--ministack")).absolute()


@pytest.fixture(scope="session")
def ministack(ministack_program):
    with failing_loudly(), local_aws(ministack_program) as server:
        yield server


def program_of_node(name):
    program = NODE / name
    if not program.exists():
        pytest.skip(f"{name} is not installed: `make test` does it if there is npm")
    return program


@pytest.fixture(scope="session")
def newman():
    """Return the path of Postman's runner."""
    return program_of_node("newman")


@pytest.fixture(scope="session")
def pyright():
    return program_of_node("pyright")


@pytest.fixture(scope="session")
def installed_tools():
    """Return the folder with awscurl and HTTPie."""
    if not (TOOLS / "awscurl").exists():
        pytest.fail("awscurl and HTTPie are not installed: `make test` does it", pytrace=False)
    return TOOLS


@pytest.fixture(scope="session")
def juicefs(request):
    with failing_loudly(), juicefs_gateway(request.config.getoption("--juicefs")) as server:
        yield server


@pytest.fixture(scope="session")
def swift(request):
    with failing_loudly(), swift_s3api(request.config.getoption("--swift")) as server:
        yield server


@pytest.fixture(scope="session", params=["juicefs", "swift"])
def s3_server(request):
    """Return each server that verifies S3 signatures in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def bucket(s3_server):
    """Return the path of a new, empty bucket on that server."""
    return s3_server.new_bucket()


@pytest.fixture
def server():
    """Return a server that verifies signatures of one access key and its token."""
    with VerifyingServer() as server:
        server.accept(ACCESS_KEY, SECRET, TOKEN)
        yield server


@pytest.fixture
def other():
    """Return a server at another origin, which accepts unsigned requests."""
    with VerifyingServer(anonymous=True) as server:
        yield server


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """Return a certificate authority for https on the loopback."""
    return Authority(tmp_path_factory.mktemp("authority"))
