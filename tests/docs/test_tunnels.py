# The recipes of docs/guides/tunnels.md, against a server whose name doesn't resolve.

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import aiohttp
import httpx
import pytest
import requests

import rsigv4.aiohttp
import rsigv4.httpx
import rsigv4.requests
from support.pages import run
from support.servers.verifying import VerifyingServer

DOCUMENT = Path(__file__).parents[2] / "docs" / "guides" / "tunnels.md"
HOST = "vpc-logs.eu-central-1.es.amazonaws.com"


@pytest.fixture
def recipes():
    """Return the names that the document's examples define."""
    return run(DOCUMENT)[1]


@pytest.fixture
def other_name():
    return HOST


@pytest.fixture
def tunnel(recipes, authority, other_name):
    with VerifyingServer(tls=authority.server_named(other_name)) as server:
        server.accept(recipes["key"].access_key_id, "secret")
        recipes["url"] = server.url("/_search", name="localhost")
        yield server


def search_with_requests(recipes, authority):
    with requests.Session() as session:
        session.auth = rsigv4.requests.SigV4Auth(recipes["key"])
        # The environment may name other authorities.
        session.trust_env = False
        session.verify = str(authority.path)
        return recipes["search_with_requests"](session).status_code


def search_with_httpx(recipes, authority):
    auth = rsigv4.httpx.SigV4Auth(recipes["key"])
    with httpx.Client(auth=auth, verify=authority.client) as client:
        return recipes["search_with_httpx"](client).status_code


def search_with_aiohttp(recipes, authority):
    async def search():
        middleware = rsigv4.aiohttp.SigV4Middleware(recipes["key"])
        connector = aiohttp.TCPConnector(ssl=authority.client)
        async with aiohttp.ClientSession(connector=connector, middlewares=[middleware]) as session:
            status, _body = await recipes["search_with_aiohttp"](session)
            return status

    return asyncio.run(search())


def search_with_urllib3(recipes, authority):
    return recipes["search_with_urllib3"](ca_certs=str(authority.path), retries=False).status


def search_with_urllib(recipes, authority):
    context = recipes["TunnelContext"](ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority.path)
    with recipes["search_with_urllib"](context) as response:
        return response.status


SEARCHES = [
    search_with_requests,
    search_with_httpx,
    search_with_aiohttp,
    search_with_urllib3,
    search_with_urllib,
]


@pytest.mark.parametrize("search", SEARCHES)
def test_recipe_checks_the_certificate_of_the_signed_host(search, recipes, authority, tunnel):
    assert search(recipes, authority) == 200
    (arrived,) = tunnel.arrived
    assert arrived.head.value("host") == HOST
    assert arrived.error == ""
    assert "/eu-central-1/es/" in arrived.head.value("authorization")


@pytest.mark.parametrize("other_name", ["localhost"])
@pytest.mark.parametrize("search", SEARCHES)
def test_recipe_refuses_another_certificate(search, recipes, authority, tunnel):
    with pytest.raises(Exception, match=r"(?i)certificate|hostname"):
        search(recipes, authority)
    assert tunnel.arrived == []
