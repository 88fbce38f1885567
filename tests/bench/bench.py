"""
Measure how long signing prepared requests takes, beside the original, in one run.

    make bench

Each round signs the same thousand requests with every candidate in turn, so that whatever else the
machine does falls on all alike; the least time of all rounds counts. Only the ratios travel.
"""

from __future__ import annotations

import platform
import sys
import time
import warnings
from datetime import datetime, timezone
from importlib.metadata import version

import requests
from aws_requests_auth.aws_auth import AWSRequestsAuth as OriginalAuth
from requests.auth import AuthBase

from rsigv4.aws_auth import AWSRequestsAuth

_ROUNDS = 15
_REQUESTS = 1_000

HOST = "abcdefghij.execute-api.us-east-1.amazonaws.com"
KEY = {
    "aws_access_key": "AKIDEXAMPLE",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "aws_host": HOST,
    "aws_region": "us-east-1",
    "aws_service": "execute-api",
}


class UnsignedAuth(AuthBase):
    """Sets the same three headers and signs nothing: no signer that sets them can take less."""

    def __call__(self, r):
        r.headers.update(
            {
                "Authorization": "x" * 200,
                "x-amz-date": "20130524T000000Z",
                "x-amz-content-sha256": "0" * 64,
            }
        )
        return r


def kinds_of_requests():
    """Yield a name, prepared requests and a session token for each kind of request."""
    with requests.Session() as session:

        def prepare(method, **arguments):
            # Each has a URL of its own, as in life; the original's parser remembers those it saw.
            return [
                session.prepare_request(
                    requests.Request(method, f"https://{HOST}/test/pets/{number}", **arguments)
                )
                for number in range(_REQUESTS)
            ]

        yield "GET", prepare("GET"), None
        query = {"limit": "10", "cursor": "abc", "expand": "owner"}
        yield "GET, three parameters", prepare("GET", params=query), None
        pet = {"name": "Rex", "kind": "dog"}
        yield "POST, session token", prepare("POST", json=pet), "T" * 400


def microseconds(candidates, prepared):
    """Return the least time of a call for each candidate."""
    best = dict.fromkeys(candidates, float("inf"))
    for _ in range(_ROUNDS):
        for name, auth in candidates.items():
            start = time.perf_counter()
            for request in prepared:
                auth(request)
            seconds = time.perf_counter() - start
            best[name] = min(best[name], seconds / len(prepared) * 1e6)
    return best


def main():
    """Print a table of times and ratios."""
    # utcnow() of the original, which Python 3.12 deprecates.
    warnings.simplefilter("ignore", DeprecationWarning)
    python = sys.version.split()[0]
    print(f"{datetime.now(timezone.utc):%Y-%m-%d}, {platform.machine()}, Python {python}")
    names = ("rsigv4", "aws-requests-auth", "requests")
    print(", ".join(f"{name} {version(name)}" for name in names))
    print(f"{'':23}{'no signature':>14}{'original':>12}{'rsigv4':>10}{'original / rsigv4':>20}")
    for kind, prepared, token in kinds_of_requests():
        best = microseconds(
            {
                "nothing": UnsignedAuth(),
                "original": OriginalAuth(**KEY, aws_token=token),
                "ours": AWSRequestsAuth(**KEY, aws_token=token),
            },
            prepared,
        )
        ratio = best["original"] / best["ours"]
        print(
            f"{kind:23}{best['nothing']:>11.2f} us{best['original']:>9.2f} us"
            f"{best['ours']:>7.2f} us{ratio:>20.1f}"
        )


if __name__ == "__main__":
    main()
