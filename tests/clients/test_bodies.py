# Every kind of body, sent by every client to a server that verifies.

from __future__ import annotations

import asyncio
import hashlib
import socket
import sys
import time
import urllib.request

import httpx
import niquests
import pytest
import requests
import urllib3

import rsigv4.httpx
import rsigv4.requests
import rsigv4.urllib
from rsigv4.exceptions import InvalidRequestError
from support.bodies import (
    BODIES,
    CONTENT,
    generator,
    goes_in_chunks,
    is_not_sent_by_the_client,
    is_refused,
    is_sent,
)
from support.clients import ALL, Auth
from support.clients.httpx_kinds import every_library
from support.clients.sessions import is_old
from support.signing import TEMPORARY, signed_headers


def cells(chosen):
    """Return the cells of the documentation's table."""
    return [
        pytest.param(client, kind, id=f"{client}-{kind}")
        for client in ALL
        for kind in BODIES
        if chosen(client, kind)
    ]


def headers_for(client, kind, service):
    # S3 requires the length of a body that is signed in chunks, and httpx computes the length of a
    # file from its start.
    needed = kind.single_pass or (kind.name == "file" and "httpx" in client.name)
    if needed and service == "s3":
        return [("Content-Length", str(len(kind.content)).encode())]
    return []


@pytest.mark.parametrize("service", ["es", "s3"])
@pytest.mark.parametrize(("client", "kind"), cells(is_sent))
def test_body_arrives_as_signed(client, kind, service, server, tmp_path):
    if kind.name == "str" and client.name in {"aws_auth", "requests"} and is_old(urllib3):
        pytest.skip("requests can't send this text with urllib3 1.26")
    if kind.name == "memoryview" and "niquests" in client.name and sys.version_info < (3, 10):
        pytest.skip("niquests can't send it on Python 3.9")
    server.strict = client.signs_all
    auth = Auth(TEMPORARY, service=service)
    with kind.made(tmp_path / "body") as body:
        headers = headers_for(client, kind, service)
        reply = client.send(auth, "PUT", server.url("/a"), headers, body)

    (arrived,) = server.arrived
    assert (reply.status, arrived.error) == (200, "")
    assert kind.content is None or arrived.body.content == kind.content
    assert bool(arrived.body.length) == (kind.name != "None")
    # No body is unsigned, and only one-shot bodies for S3 are signed in chunks.
    announced = arrived.head.value("x-amz-content-sha256")
    in_chunks = goes_in_chunks(client, kind, service)
    assert bool(arrived.body.chunks) == in_chunks
    assert announced == ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD" if in_chunks else arrived.body.sha256)


@pytest.mark.parametrize("service", ["es", "s3"])
@pytest.mark.parametrize(("client", "kind"), cells(is_refused))
def test_body_that_can_not_be_signed_is_refused_before_sending(
    client, kind, service, server, tmp_path
):
    headers = headers_for(client, kind, service)
    with (
        kind.made(tmp_path) as body,
        pytest.raises(InvalidRequestError, match="async" if kind.only_async else "only once"),
    ):
        client.send(Auth(TEMPORARY, service=service), "PUT", server.url(), headers, body)

    assert server.arrived == []


@pytest.mark.parametrize(("client", "kind"), cells(is_not_sent_by_the_client))
def test_client_does_not_send_an_unsupported_body(client, kind, server, tmp_path):
    server.anonymous = True
    with (
        kind.made(tmp_path / "body") as body,
        pytest.raises((AttributeError, RuntimeError, TypeError)),
    ):
        client.send(None, "PUT", server.url(), [], body)

    assert all(arrived.body.content != kind.content for arrived in server.arrived)


@pytest.mark.parametrize("library", [requests, niquests])
@pytest.mark.parametrize("is_corrected", [False, True], ids=["", "corrected clock"])
def test_stream_is_signed_with_the_host_and_headers_that_are_sent(
    library, is_corrected, server, monkeypatch
):
    # Some resolvers don't know localhost with a trailing dot.
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _host, *rest, **kwargs: resolve("127.0.0.1", *rest, **kwargs)
    )
    auth = rsigv4.requests.SigV4Auth(TEMPORARY, "us-east-1", "s3")
    url = server.url("/a+b").replace("127.0.0.1", "localhost.")
    if is_corrected:
        server.clock = lambda: time.time() + 3600
        library.get(url, auth=auth)
        server.arrived.clear()
    headers = {
        "Content-Encoding": "gzip",
        "Content-Length": str(len(CONTENT)),
        "x-amz-meta-a": "caf\u00e9",
    }

    response = library.put(url, data=generator(), headers=headers, auth=auth)

    (arrived,) = server.arrived
    assert (response.status_code, arrived.error) == (200, "")
    assert arrived.head.target == b"/a%2Bb"
    assert arrived.head.value("content-encoding") == "aws-chunked,gzip"
    assert arrived.head.value("transfer-encoding") is None
    assert arrived.body.chunks


def is_buffered(client, kind):
    return kind.single_pass and is_sent(client, kind)


@pytest.mark.parametrize(("client", "kind"), cells(is_buffered))
def test_body_over_the_limit_is_refused_before_sending(client, kind, server, tmp_path):
    server.strict = client.signs_all
    auth = Auth(TEMPORARY, options={"max_buffered_body": len(CONTENT) - 1})
    with (
        kind.made(tmp_path / "body") as body,
        pytest.raises(InvalidRequestError, match="larger max_buffered_body"),
    ):
        client.send(auth, "PUT", server.url("/a"), [], body)
    assert server.arrived == []

    auth.options["max_buffered_body"] = len(CONTENT)
    with kind.made(tmp_path / "body") as body:
        assert client.send(auth, "PUT", server.url("/a"), [], body).status == 200


SMALL = {"max_buffered_body": 1500}


def refused_by_requests():
    request = requests.Request("PUT", "http://127.0.0.1/", data=generator()).prepare()
    with pytest.raises(InvalidRequestError):
        rsigv4.requests.SigV4Auth(TEMPORARY, "eu-central-1", "es", **SMALL)(request)
    assert "Authorization" not in request.headers
    return request.body


def refused_by_httpx():
    auth = rsigv4.httpx.SigV4Auth(TEMPORARY, "eu-central-1", "es", **SMALL)
    with httpx.Client(auth=auth, trust_env=False) as client:
        request = client.build_request("PUT", "http://127.0.0.1/", content=generator())
        with pytest.raises(InvalidRequestError):
            client.send(request)
    assert "Authorization" not in request.headers
    return request.stream


def refused_by_urllib():
    handler = rsigv4.urllib.SigV4Handler(TEMPORARY, "eu-central-1", "es", **SMALL)
    opener = urllib.request.build_opener(handler, urllib.request.ProxyHandler({}))
    request = urllib.request.Request("http://127.0.0.1/", generator(), method="PUT")
    with pytest.raises(InvalidRequestError):
        opener.open(request)
    assert not request.has_header("Authorization")
    return request.data


@pytest.mark.parametrize(
    "refused",
    [refused_by_requests, refused_by_httpx, refused_by_urllib],
    ids=["requests", "httpx", "urllib"],
)
def test_refused_body_can_still_be_read_in_full(refused):
    assert b"".join(refused()) == CONTENT


async def async_generator():
    for piece in generator():
        yield piece


async def refused_by_async_niquests():
    auth = rsigv4.requests.AsyncSigV4Auth(TEMPORARY, "eu-central-1", "es", **SMALL)
    request = niquests.Request("PUT", "http://127.0.0.1/", data=async_generator()).prepare()
    with pytest.raises(InvalidRequestError):
        await auth(request)
    return request.body


async def refused_by_async_httpx():
    auth = rsigv4.httpx.SigV4Auth(TEMPORARY, "eu-central-1", "es", **SMALL)
    async with httpx.AsyncClient(auth=auth, trust_env=False) as client:
        request = client.build_request("PUT", "http://127.0.0.1/", content=async_generator())
        with pytest.raises(InvalidRequestError):
            await client.send(request)
    return request.stream


@pytest.mark.parametrize(
    "refused", [refused_by_async_niquests, refused_by_async_httpx], ids=["niquests", "httpx"]
)
def test_refused_async_body_can_still_be_read_in_full(refused):
    async def read():
        return b"".join([piece async for piece in await refused()])

    assert asyncio.run(read()) == CONTENT


#: aiohttp and async httpx don't accept generators, the drop-in sets the hash itself, and with the
#: raw signer the caller sets it.
STATING = [
    client
    for client in ALL
    if client.name not in {"aiohttp", "aws_auth", "http.client", "httpx async", "httpx2 async"}
]


@pytest.mark.parametrize("service", ["es", "s3"])
@pytest.mark.parametrize("client", STATING, ids=str)
def test_body_with_a_precomputed_hash_is_sent_unchanged(client, service, server):
    server.strict = client.signs_all
    headers = [
        ("x-amz-content-sha256", hashlib.sha256(CONTENT).hexdigest().encode()),
        ("Content-Length", str(len(CONTENT)).encode()),
    ]
    auth = Auth(TEMPORARY, service=service)
    reply = client.send(auth, "PUT", server.url("/a"), headers, generator())

    assert reply.status == 200, server.errors
    (arrived,) = server.arrived
    assert arrived.body.content == CONTENT


@every_library
def test_length_of_a_buffered_body_can_be_signed(kind):
    request = kind.library.Request("PUT", "https://example.com/", content=iter([b"body"]))
    auth = kind.auth(TEMPORARY, "us-east-1", "execute-api", also_sign=["content-length"])
    next(auth.sync_auth_flow(request))

    assert signed_headers(request.headers).startswith("content-length;host;")


@every_library
def test_body_in_chunks_of_known_length_has_no_transfer_encoding(kind):
    own = {"Content-Length": "4", "Transfer-Encoding": "chunked"}
    url = "https://bucket.s3.us-east-1.amazonaws.com/key"
    request = kind.library.Request("PUT", url, headers=own, content=iter([b"body"]))
    next(kind.auth(TEMPORARY).sync_auth_flow(request))

    assert request.headers["X-Amz-Decoded-Content-Length"] == "4"
    assert "Transfer-Encoding" not in request.headers


@every_library
def test_body_of_a_length_that_is_repeated_is_sent_in_chunks(kind):
    own = [("Content-Length", "4"), ("Content-Length", "4")]
    url = "https://bucket.s3.us-east-1.amazonaws.com/key"
    request = kind.library.Request("PUT", url, headers=own, content=iter([b"body"]))
    next(kind.auth(TEMPORARY).sync_auth_flow(request))

    assert request.headers["X-Amz-Decoded-Content-Length"] == "4"
