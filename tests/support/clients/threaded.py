"""Sessions of clients that block."""

from __future__ import annotations

import contextlib
import http.client
import mmap
import string
import urllib.error
import urllib.request
from urllib.parse import quote, urlsplit

import requests
import urllib3
from urllib3._collections import HTTPHeaderDict

import rsigv4.requests
import rsigv4.urllib
import rsigv4.urllib3
from rsigv4 import Signer
from rsigv4.aws_auth import AWSRequestsAuth
from support.clients.sessions import (
    TIMEOUT_SECONDS,
    Form,
    Json,
    Multipart,
    Reply,
    as_latin_1,
    body_of_httpx,
    body_of_requests,
    content_by_hand,
    httpx_options,
    is_old,
    joined,
    requests_session,
)

#: Percent-encodes only what can't be in a request line.
_WIRE_SAFE = string.punctuation


def _length(body):
    """Return how many bytes http.client will send."""
    if not hasattr(body, "seek") or isinstance(body, mmap.mmap):
        return memoryview(body).nbytes
    offset = body.tell()
    length = body.seek(0, 2) - offset
    body.seek(offset)
    return length


@contextlib.contextmanager
def of_drop_in(auth, authority):
    with requests_session(requests, authority) as session:

        def send(method, url, headers=(), body=None):
            headers = joined(headers)
            host = headers.get("Host", urlsplit(url).netloc.rpartition("@")[2])
            host = host.decode() if isinstance(host, bytes) else host
            signing = None
            if auth is not None:
                key = auth.credentials
                signing = AWSRequestsAuth(
                    key.access_key_id,
                    key.secret_access_key,
                    host,
                    auth.region,
                    auth.service,
                    key.session_token,
                )
                for name, value in auth.options.items():
                    setattr(signing, name, value)
            response = session.request(
                method, url, headers=headers, auth=signing, **body_of_requests(body)
            )
            return Reply(response.status_code, response.content)

        yield send


def of_requests(library, headers_of=lambda _url, headers: joined(headers)):
    @contextlib.contextmanager
    def factory(auth, authority):
        with requests_session(library, authority) as session:
            session.auth = auth and auth.of(rsigv4.requests.SigV4Auth)

            def send(method, url, headers=(), body=None):
                response = session.request(
                    method, url, headers=headers_of(url, headers), **body_of_requests(body)
                )
                return Reply(response.status_code, response.content)

            yield send

    return factory


def of_httpx(library, adapter):
    @contextlib.contextmanager
    def factory(auth, authority):
        with library.Client(**httpx_options(auth, authority, adapter)) as session:

            def send(method, url, headers=(), body=None):
                headers = [(name.encode(), value) for name, value in headers]
                response = session.request(method, url, headers=headers, **body_of_httpx(body))
                return Reply(response.status_code, response.content)

            yield send

    return factory


@contextlib.contextmanager
def of_urllib3(auth, authority):
    options = {"timeout": TIMEOUT_SECONDS}
    if authority is not None:
        options["ssl_context"] = context = authority.client
        # Otherwise, urllib3 1.26 can't connect to addresses; it checks their certificates, too.
        context.check_hostname = not is_old(urllib3)
    if auth is None:
        manager = urllib3.PoolManager(**options)
    else:
        manager = auth.of(rsigv4.urllib3.SigV4PoolManager, **options)
    with manager:

        def send(method, url, headers=(), body=None):
            arguments = {"body": body}
            if isinstance(body, Json) and is_old(urllib3):
                headers, body = content_by_hand(headers, body)
                arguments = {"body": body}
            elif isinstance(body, Json):
                arguments = {"json": body.value}
            elif isinstance(body, Form):
                arguments = {"fields": body.fields, "encode_multipart": False}
            elif isinstance(body, Multipart):
                arguments = {"fields": body.files}
            headers = HTTPHeaderDict(as_latin_1(headers))
            response = manager.request(method, url, headers=headers, **arguments)
            return Reply(response.status, response.data)

        yield send


@contextlib.contextmanager
def of_urllib(auth, authority):
    handlers = [urllib.request.ProxyHandler({})]
    if auth is not None:
        handlers.append(auth.of(rsigv4.urllib.SigV4Handler))
    if authority is not None:
        handlers.append(urllib.request.HTTPSHandler(context=authority.client))
    opener = urllib.request.build_opener(*handlers)

    def send(method, url, headers=(), body=None):
        headers, body = content_by_hand(headers, body)
        # http.client would look up userinfo as part of the host's name.
        userinfo = "".join(urlsplit(url).netloc.rpartition("@")[:2])
        request = urllib.request.Request(  # noqa: S310 - a server of the tests'
            quote(url.replace(userinfo, "", 1), safe=_WIRE_SAFE),
            body.encode() if isinstance(body, str) else body,
            dict(as_latin_1(joined(headers).items())),
            method=method,
        )
        try:
            with opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                return Reply(response.status, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.read())

    yield send


@contextlib.contextmanager
def of_http_client(auth, authority):
    del authority
    signer = auth and auth.of(Signer)

    def send(method, url, headers=(), body=None):
        headers, body = content_by_hand(headers, body)
        parts = urlsplit(url)
        target = quote(url[url.index(parts.netloc) + len(parts.netloc) :], safe=_WIRE_SAFE)
        if signer is not None:
            headers += [
                (name, value.encode())
                for name, value in signer.sign(method, url, headers, body).items()
            ]
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)
        try:
            names = {name.lower() for name, _ in headers}
            connection.putrequest(method, target, "host" in names, skip_accept_encoding=True)
            body = body.encode() if isinstance(body, str) else body
            if body is not None and "content-length" not in names:
                headers.append(("Content-Length", str(_length(body)).encode()))
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            return Reply(response.status, response.read())
        finally:
            connection.close()

    yield send
