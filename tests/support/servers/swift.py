"""OpenStack Swift with s3api, which returns what it expected if a signature is wrong."""

from __future__ import annotations

import secrets
import socket
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from support.servers.processes import HOST, Program, free_ports
from support.servers.s3 import S3Server

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

_REGION = "us-east-1"

# Clients talk to the proxy, which uses these three.
_STORAGE = ("account", "container", "object")

_DEFAULT = """
[DEFAULT]
bind_ip = {host}
bind_port = {port}
swift_dir = {folder}
devices = {folder}/devices
# The device is a folder, not a disk of its own.
mount_check = false
fallocate_reserve = 0
# All is done by the process that is started, so that nothing is left of the server when that ends.
workers = 0
log_udp_host = {host}
log_udp_port = {syslog_port}
"""

_STORAGE_PIPELINE = """
[pipeline:main]
pipeline = healthcheck {name}-server

[app:{name}-server]
use = egg:swift#{name}

[filter:healthcheck]
use = egg:swift#healthcheck
"""

# No `cache`: it would use a memcached that happens to run on this machine.
_PROXY_PIPELINE = """
[pipeline:main]
pipeline = healthcheck catch_errors gatekeeper listing_formats bulk s3api tempauth slo dlo \
proxy-logging proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true

[filter:s3api]
use = egg:swift#s3api
location = {region}
s3_acl = false
allowable_clock_skew = 900

[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = {secret} .admin

[filter:healthcheck]
use = egg:swift#healthcheck

[filter:catch_errors]
use = egg:swift#catch_errors

[filter:gatekeeper]
use = egg:swift#gatekeeper

[filter:listing_formats]
use = egg:swift#listing_formats

[filter:bulk]
use = egg:swift#bulk

[filter:slo]
use = egg:swift#slo

[filter:dlo]
use = egg:swift#dlo

[filter:proxy-logging]
use = egg:swift#proxy_logging
"""


@contextmanager
def swift_s3api(executables: str | os.PathLike[str]) -> Iterator[S3Server]:
    """
    Run the four servers of Swift for the duration of the context.

    They write only below a temporary folder, which is removed at the end.

    Args:
        executables: The folder of ``swift-proxy-server`` and its like.

    Raises:
        ServerError: A program is missing, ends at once, or doesn't respond within a minute.

    """
    secret_access_key = secrets.token_hex()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="swift-")))
        # They require a system log. Nothing reads this one: the same lines are on their standard
        # error.
        syslog = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        syslog.bind((HOST, 0))
        names = (*_STORAGE, "proxy")
        ports = dict(zip(names, free_ports(len(names))))
        _write_configuration(folder, ports, syslog.getsockname()[1], secret_access_key)
        _build_rings(executables, folder, ports)
        servers = [
            stack.enter_context(
                Program.found(Path(executables, f"swift-{name}-server"), folder).serve(
                    *(folder / f"{name}.conf", "--verbose"),
                    port=port,
                    health_path="/healthcheck",
                )
            )
            for name, port in ports.items()
        ]
        for server in servers:
            server.wait_until_healthy()
        yield S3Server(f"http://{HOST}:{ports['proxy']}", "test:tester", secret_access_key, _REGION)


def _write_configuration(
    folder: Path, ports: dict[str, int], syslog_port: int, secret_access_key: str
) -> None:
    (folder / "devices" / "device").mkdir(parents=True)
    (folder / "swift.conf").write_text("[swift-hash]\nswift_hash_path_suffix = tests\n")
    for name, port in ports.items():
        template = _PROXY_PIPELINE if name == "proxy" else _STORAGE_PIPELINE
        configuration = (_DEFAULT + template).format(
            folder=folder,
            host=HOST,
            name=name,
            port=port,
            region=_REGION,
            secret=secret_access_key,
            syslog_port=syslog_port,
        )
        (folder / f"{name}.conf").write_text(configuration)


def _build_rings(executables: str | os.PathLike[str], folder: Path, ports: dict[str, int]) -> None:
    ring_builder = Program.found(Path(executables, "swift-ring-builder"), folder)

    def build(name: str) -> None:
        builder = f"{name}.builder"
        # A ring with one partition and one replica.
        ring_builder.run(builder, "create", "0", "1", "0")
        ring_builder.run(builder, "add", f"r1z1-{HOST}:{ports[name]}/device", "1")
        ring_builder.run(builder, "rebalance")

    with ThreadPoolExecutor() as executor:
        # Consumed, so that errors are raised.
        list(executor.map(build, _STORAGE))
