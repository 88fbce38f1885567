"""
Sign the requests of httpx2, for a `Client` or an `AsyncClient`.

    from rsigv4.httpx2 import SigV4Auth

    client = httpx2.Client(auth=SigV4Auth())
"""

from __future__ import annotations

from rsigv4._clients.extras import Extra
from rsigv4._clients.httpx import SigV4Flow, Stream
from rsigv4._clients.httpx_headers import SignedHeaders, SignedRequest

with Extra("httpx2"):
    import httpx2

__all__ = ["SigV4Auth"]


class _Stream(Stream, httpx2.SyncByteStream, httpx2.AsyncByteStream):
    pass


class _SignedHeaders(SignedHeaders, httpx2.Headers):
    _Headers = httpx2.Headers


class _SignedRequest(SignedRequest, httpx2.Request):
    pass


class SigV4Auth(SigV4Flow, httpx2.Auth):
    """
    Sign each request with AWS Signature Version 4, as it will be sent.

    A redirect to the same origin is signed again; one to another origin is sent without a
    signature. If a response says that the timestamp was the problem, the request is signed with the
    server's time and sent once more.

    Args:
        credentials: `Credentials`, an object with `get_frozen_credentials()` such as botocore's,
            or a function or coroutine function that returns either. None uses
            `resolve_credentials`.
        region: Such as ``"eu-central-1"``. None reads it from the URL's host.
        service: The service's signing name, such as ``"execute-api"``. None reads it from the
            host.
        payload: ``"unsigned"`` does not sign bodies.
        max_buffered_body: Largest one-shot body, in bytes, that is buffered in order to sign it:
            16 MiB. S3 gets them in chunks, unbuffered, if the request has a ``Content-Length``.
        explain: Log why a request was refused, as `rsigv4.explain` explains it.
        options: The other arguments of `Signer`, such as *algorithm* and *also_sign*.

    """

    _httpx = httpx2
    _Stream = _Stream
    _SignedHeaders = _SignedHeaders
    _SignedRequest = _SignedRequest
