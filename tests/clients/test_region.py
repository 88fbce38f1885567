"""The region and service that each client signs for if they aren't passed."""

from __future__ import annotations

import pytest

from support.clients import ADAPTERS, Auth
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, CREDENTIALS, SECRET

HOST = [("Host", b"search-x.eu-west-1.es.amazonaws.com")]

every_client = pytest.mark.parametrize("client", ADAPTERS, ids=str)


def scope_of(client, headers, service=None, **options):
    """Return the region and service of a request to a local server, which must accept it."""
    with VerifyingServer() as server:
        server.accept(ACCESS_KEY, SECRET)
        with client.session(Auth(CREDENTIALS, None, service, options)) as session:
            reply = session.send("GET", server.url("/a"), headers)
        (arrived,) = server.arrived
    assert reply.status == 200, reply.content
    return arrived.authorization.scope.region, arrived.authorization.scope.service


@every_client
def test_request_through_a_tunnel_is_signed_for_its_host_header(client, monkeypatch):
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    assert scope_of(client, HOST) == ("eu-west-1", "es")


@every_client
def test_host_header_of_s3_decides_how_a_plus_is_sent(client):
    host = [("Host", b"bucket.s3.eu-west-1.amazonaws.com")]
    with VerifyingServer() as server:
        server.accept(ACCESS_KEY, SECRET)
        with client.session(Auth(CREDENTIALS, None, None)) as session:
            assert session.send("GET", server.url("/a+b"), host).status == 200
        (arrived,) = server.arrived
    assert arrived.target == "/a%2Bb"


@every_client
def test_region_comes_from_the_environment(client, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    assert scope_of(client, [], "es") == ("us-west-2", "es")


@every_client
def test_default_region_is_an_option(client, monkeypatch):
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    assert scope_of(client, [], "es", default_region="eu-south-1") == ("eu-south-1", "es")
