"""The interface of all clients: what they take, and what they return."""

from __future__ import annotations

import asyncio
import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import urllib3

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from support.servers.certificates import Authority

TIMEOUT_SECONDS = 60
THREADS = 32


@dataclass(frozen=True)
class Reply:
    status: int
    content: bytes


@dataclass(frozen=True)
class Form:
    fields: dict[str, str]


@dataclass(frozen=True)
class Json:
    value: Any


@dataclass(frozen=True)
class Multipart:
    """Names and contents of files, by the names of their fields."""

    files: dict[str, tuple[str, Any]]


@dataclass(frozen=True)
class Auth:
    """Arguments that every auth takes."""

    credentials: Any
    region: str | None = "eu-central-1"
    service: str | None = "es"
    options: dict[str, Any] = field(default_factory=dict)

    def of(self, auth_class: Callable[..., Any], **more: Any) -> Any:
        return auth_class(self.credentials, self.region, self.service, **self.options, **more)


@dataclass(frozen=True)
class Client:
    """
    One client.

    Attributes:
        name: As in the documentation's tables.
        factory: Takes an auth and the CA to trust, and returns a context manager that yields a
            function which sends a request.
        is_async: Whether the context manager and the function are asynchronous.
        repeats: Whether it takes two headers with the same name.
        has_auth: Whether our auth signs; else the caller signs with `Signer`.
        follows: Whether it follows redirects.
        signs_all: Whether it signs all headers that a service may require to be signed.

    """

    name: str
    factory: Callable[[Auth | None, Authority | None], Any]
    is_async: bool = False
    repeats: bool = True
    has_auth: bool = True
    follows: bool = True
    signs_all: bool = True

    def __str__(self) -> str:
        return self.name.replace(" ", "-")

    @contextlib.contextmanager
    def session(
        self, auth: Auth | None = None, *, authority: Authority | None = None
    ) -> Iterator[_Threaded | _Looped]:
        """Open a session with this auth, or without one."""
        if not self.is_async:
            with self.factory(auth, authority) as send:
                yield _Threaded(send)
            return
        with _event_loop() as loop:
            manager = self.factory(auth, authority)
            send = loop.run_until_complete(manager.__aenter__())
            try:
                yield _Looped(loop, send)
            finally:
                loop.run_until_complete(manager.__aexit__(None, None, None))

    def send(
        self, auth: Auth | None, method: str, url: str, headers: Any = (), body: Any = None
    ) -> Reply:
        """Send one request in a session of its own."""
        with self.session(auth) as session:
            return session.send(method, url, headers, body)


@dataclass(frozen=True)
class _Threaded:
    """A session of a client that blocks."""

    send: Callable[..., Reply]

    def send_many(self, count: int, *request: Any) -> list[Reply]:
        """Send a request repeatedly, from many threads."""
        with ThreadPoolExecutor(THREADS) as executor:
            return list(executor.map(lambda _: self.send(*request), range(count)))


@dataclass(frozen=True)
class _Looped:
    """A session of an async client."""

    loop: asyncio.AbstractEventLoop
    send_async: Callable[..., Awaitable[Reply]]

    def send(self, *request: Any) -> Reply:
        return self.loop.run_until_complete(self.send_async(*request))

    def send_many(self, count: int, *request: Any) -> list[Reply]:
        """Send a request repeatedly, each time from its own task."""

        async def send_all():
            return await asyncio.gather(*(self.send_async(*request) for _ in range(count)))

        return self.loop.run_until_complete(send_all())


@contextlib.contextmanager
def _event_loop():
    loop = asyncio.new_event_loop()
    try:
        yield loop
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def joined(headers):
    """Return headers as a mapping that has each name once."""
    values = {}
    for name, value in headers:
        values[name] = values[name] + b", " + value if name in values else value
    return values


def headers_of_niquests(url, headers):
    """Return headers as a mapping, with the `Host` that niquests gets wrong."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    # Without this header, niquests sends an IPv6 address without its brackets.
    told = {"Host": host.encode()} if host.startswith("[") else {}
    return {**told, **joined(headers)}


def as_latin_1(headers):
    """Return headers as text that http.client encodes as these bytes."""
    return [(name, value.decode("latin-1")) for name, value in headers]


def body_of_requests(body):
    if isinstance(body, Form):
        return {"data": body.fields}
    if isinstance(body, Json):
        return {"json": body.value}
    if isinstance(body, Multipart):
        return {"files": body.files}
    return {"data": body}


def body_of_httpx(body):
    arguments = body_of_requests(body)
    # requests' `data` is httpx's `content`, except for forms.
    return arguments if isinstance(body, (Form, Json, Multipart)) else {"content": body}


def is_old(urllib3):
    """Return whether this is urllib3 1.26, the last version for botocore on Python 3.9."""
    return urllib3.__version__.startswith("1.")


def content_by_hand(headers, body):
    """Return headers and body for a client that doesn't encode forms or JSON."""
    if isinstance(body, Form):
        content_type, body = "application/x-www-form-urlencoded", urlencode(body.fields).encode()
    elif isinstance(body, Json):
        content_type, body = "application/json", json.dumps(body.value).encode()
    elif isinstance(body, Multipart):
        body, content_type = urllib3.encode_multipart_formdata(body.files)
    else:
        return list(headers), body
    return [*headers, ("Content-Type", content_type.encode())], body


@contextlib.contextmanager
def requests_session(library, authority):
    with library.Session() as session:
        # Ignore the machine's proxies and netrc.
        session.trust_env = False
        if authority is not None:
            session.verify = str(authority.path)
        yield session


def httpx_options(auth, authority, adapter):
    return {
        "auth": auth and auth.of(adapter.SigV4Auth),
        "follow_redirects": True,
        "timeout": TIMEOUT_SECONDS,
        "trust_env": False,
        "verify": True if authority is None else authority.client,
    }
