"""Prepared requests of requests and niquests, and servers that redirect them."""

from __future__ import annotations

import niquests
import pytest
import requests

from support.prepared_requests import of_drop_in, of_requests
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET, TOKEN


@pytest.fixture
def server():
    with VerifyingServer(strict=False) as server:
        server.accept(ACCESS_KEY, SECRET, TOKEN)
        server.redirects["/stay"] = 303, "/to?a=b"
        yield server


@pytest.fixture
def other(server):
    with VerifyingServer(anonymous=True) as other:
        server.redirects["/leave"] = 307, other.url("/to")
        yield other


@pytest.fixture(params=[requests, niquests], ids=["requests", "niquests"])
def library(request):
    return request.param


@pytest.fixture
def session(library):
    with library.Session() as session:
        # Ignore the machine's proxies and netrc.
        session.trust_env = False
        yield session


@pytest.fixture(params=[of_drop_in, of_requests])
def prepared(request, library, server):
    """Return a function that prepares a signed request."""
    return lambda path, **arguments: library.Request(
        "POST", server.url(path), data={"a": "b"}, auth=request.param(server), **arguments
    ).prepare()
