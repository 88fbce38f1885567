"""
Every client that we sign for, behind one interface.

A session is the client's own, created as a user would, with our auth. It passes URLs, headers and
bodies to the client unchanged.
"""

from __future__ import annotations

import httpx
import httpx2
import niquests
import requests

import rsigv4.httpx
import rsigv4.httpx2
from support.clients import looped, threaded
from support.clients.sessions import (
    THREADS,
    Auth,
    Client,
    Form,
    Json,
    Multipart,
    Reply,
    headers_of_niquests,
)

__all__ = [
    "ADAPTERS",
    "ALL",
    "BY_NAME",
    "THREADS",
    "Auth",
    "Client",
    "Form",
    "Json",
    "Multipart",
    "Reply",
]

ALL = [
    Client("aws_auth", threaded.of_drop_in, repeats=False, signs_all=False),
    Client("requests", threaded.of_requests(requests), repeats=False),
    Client("niquests", threaded.of_requests(niquests, headers_of_niquests), repeats=False),
    Client("niquests async", looped.of_niquests, is_async=True, repeats=False),
    Client("httpx", threaded.of_httpx(httpx, rsigv4.httpx)),
    Client("httpx async", looped.of_httpx(httpx, rsigv4.httpx), is_async=True),
    Client("httpx2", threaded.of_httpx(httpx2, rsigv4.httpx2)),
    Client("httpx2 async", looped.of_httpx(httpx2, rsigv4.httpx2), is_async=True),
    Client("aiohttp", looped.of_aiohttp, is_async=True),
    Client("urllib3", threaded.of_urllib3),
    Client("urllib", threaded.of_urllib, repeats=False),
    Client("http.client", threaded.of_http_client, has_auth=False, follows=False),
]
#: The drop-in has only the original's arguments, and `Signer` alone doesn't see responses.
ADAPTERS = [client for client in ALL if client.has_auth and client.name != "aws_auth"]
BY_NAME = {client.name: client for client in ALL}
