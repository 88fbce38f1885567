"""elasticsearch 8 or 9 with its requests node, and a server that verifies."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from elastic_transport import HttpxAsyncHttpNode
from elasticsearch import ApiError, AsyncElasticsearch, Elasticsearch
from elasticsearch.helpers import bulk

import rsigv4.httpx
from rsigv4.requests import SigV4Auth
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET, SIGNATURE, TEMPORARY, TOKEN

ODD_ID = "a b:c!@/%/é"
ODD_ID_ESCAPED = "a%20b%3Ac%21%40%2F%25%2F%C3%A9"
HOUR = 3600


@pytest.fixture
def server():
    # The client requires this header.
    with VerifyingServer(headers={"X-Elastic-Product": "Elasticsearch"}) as server:
        server.accept(ACCESS_KEY, SECRET, TOKEN)
        yield server


@pytest.fixture
def client(server):
    auth = SigV4Auth(TEMPORARY, "us-east-1", "es")
    with Elasticsearch(server.url(""), http_auth=auth, node_class="requests") as client:
        yield client


def test_calls_of_the_client_are_signed(server, client):
    client.index(index="i", id=ODD_ID, document={"a": "ü"})
    client.get(index="i", id=ODD_ID)
    client.search(index="a,b*", query={"match_all": {}})
    client.search(q="a b+c:(d OR é)&x=~*/", routing="k==,/?'")
    client.exists(index="i", id=ODD_ID)
    client.delete(index="i", id=ODD_ID)
    client.indices.create(index="<logs-{now/d}>")
    client.cluster.health(timeout="5s")

    assert server.errors == []
    assert len(server.arrived) == 8
    assert server.arrived[0].target == f"/i/_doc/{ODD_ID_ESCAPED}"


@pytest.mark.parametrize("http_compress", [False, True])
def test_bulk_is_signed(server, http_compress):
    actions = [{"_index": "i", "_id": f"{ODD_ID}{n}", "text": "ü" * n} for n in range(100)]
    indexed = [{"index": {"status": 201}}] * len(actions)
    server.content = json.dumps({"errors": False, "items": indexed}).encode()
    auth = SigV4Auth(TEMPORARY, "us-east-1", "es")

    with Elasticsearch(
        server.url(""), http_auth=auth, node_class="requests", http_compress=http_compress
    ) as client:
        assert bulk(client, actions) == (len(actions), [])

    assert server.errors == []
    assert [arrived.target for arrived in server.arrived] == ["/_bulk"]


def test_wrong_clock_is_corrected_once_and_remembered(server, client):
    server.clock = lambda: time.time() + HOUR

    client.index(index="i", document={})
    client.info()

    assert [arrived.status for arrived in server.arrived] == [403, 200, 200]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_to_another_origin_is_sent_without_a_signature(server, client, status):
    with VerifyingServer(anonymous=True, headers=server.headers) as other:
        server.redirects = {
            "/a/_search": (status, "/b"),
            "/c/_search": (status, other.url("/d")),
        }
        client.search(index="a")
        client.search(index="c")

    assert server.errors == []
    assert [arrived.target for arrived in server.arrived] == ["/a/_search", "/b", "/c/_search"]
    assert not SIGNATURE & other.arrived[0].names()


def test_refusal_is_an_error_of_the_client(server, client):
    server.reject(ACCESS_KEY)

    with pytest.raises(ApiError) as caught:
        client.info()

    assert caught.value.status_code == 403


def test_elasticsearch_py_2933_httpx_signs_for_the_async_client(server):
    """https://github.com/elastic/elasticsearch-py/issues/2933."""

    class SigV4Node(HttpxAsyncHttpNode):
        def __init__(self, config):
            super().__init__(config)
            self.client.auth = rsigv4.httpx.SigV4Auth(TEMPORARY, "us-east-1", "es")

    async def call():
        async with AsyncElasticsearch(server.url(""), node_class=SigV4Node) as client:
            await client.index(index="i", id=ODD_ID, document={"a": "ü"})
            await client.search(q="a b+c:(d OR é)&x=~*/", routing="k==,/?'")

    asyncio.run(call())

    assert server.errors == []
    assert server.arrived[0].target == f"/i/_doc/{ODD_ID_ESCAPED}"
