"""
Sign the requests of httpx, for a `Client` or an `AsyncClient`.

    from rsigv4.httpx import SigV4Auth

    client = httpx.Client(auth=SigV4Auth())
"""

from __future__ import annotations

from rsigv4._clients.extras import Extra
from rsigv4._clients.httpx import SigV4Flow, Stream
from rsigv4._clients.httpx_headers import SignedHeaders, SignedRequest

with Extra("httpx"):
    import httpx

__all__ = ["SigV4Auth"]


class _Stream(Stream, httpx.SyncByteStream, httpx.AsyncByteStream):
    pass


class _SignedHeaders(SignedHeaders, httpx.Headers):
    _Headers = httpx.Headers


class _SignedRequest(SignedRequest, httpx.Request):
    pass


class SigV4Auth(SigV4Flow, httpx.Auth):
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

    _httpx = httpx
    _Stream = _Stream
    _SignedHeaders = _SignedHeaders
    _SignedRequest = _SignedRequest
