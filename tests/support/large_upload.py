"""Send a large file with one client to services in turn, and print the memory it took, in KiB."""

from __future__ import annotations

import hashlib
import json
import resource
import sys
from pathlib import Path

from rsigv4 import Credentials
from support.clients import BY_NAME, Auth


def main(name: str, services: list[str], key: list[str], url: str, path: str) -> None:
    json.dump([_measured(name, service, key, url, path) for service in services], sys.stdout)


def _measured(name, service, key, url, path):
    auth = Auth(Credentials(*key), service=service)
    headers = []
    if "httpx" in name and service != "s3":
        # httpx passes a file on as a stream, so its hash has to be passed, too.
        with Path(path).open("rb") as file:
            headers = [("X-Amz-Content-Sha256", _sha256(file).encode())]
    with BY_NAME[name].session(auth) as session:
        # The first request is not measured: it includes imports and setup.
        assert session.send("PUT", url, [], b"body").status == 200
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with Path(path).open("rb") as file:
            status = session.send("PUT", url, headers, file).status
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"status": status, "kib": after - before}


def _sha256(file):
    hashed = hashlib.sha256()
    while piece := file.read(1 << 16):
        hashed.update(piece)
    return hashed.hexdigest()


if __name__ == "__main__":
    main(*json.loads(sys.argv[1]))
