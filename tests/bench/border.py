"""
Count how often typical tasks cross the border between Python and Rust, and parse a URL.

    python tests/bench/border.py            prints the counts
    python tests/bench/border.py --calls    also prints the calls in their order

It needs Python 3.12 or later, requests, httpx, pyarrow, click, rich, and rsigv4. A debug build will
do, since nothing is timed.

`sys.monitoring` reports calls from Python code to functions, methods and classes of `rsigv4._core`,
and to instances of these classes. It also reports Python functions that Rust calls back. It doesn't
see attributes of Rust objects, iteration over them, calls from pyarrow, or calls from Rust to
builtins such as `time.time`. Nor does it see URLs that Rust parses: `PARSES` lists the calls that
do so.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.server
import json
import os
import sys
import threading
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from unittest import mock
from urllib import parse

import httpx
import pyarrow as pa
import requests
from requests.adapters import HTTPAdapter

import rsigv4.httpx
import rsigv4.requests
from keys import ACCESS_KEY, REGION, SECRET, TOKEN
from rsigv4 import Credentials, Signer, explain
from rsigv4.asgi import SigV4Middleware
from rsigv4.aws_auth import AWSRequestsAuth
from rsigv4.cli import main

NATIVE = "rsigv4._core"
PACKAGE = str(Path(rsigv4.__file__).parent)
CREDENTIALS = Credentials(ACCESS_KEY, SECRET, TOKEN)
HOST = f"abcdefghij.execute-api.{REGION}.amazonaws.com"
URL = f"https://{HOST}/test/pets?kind=cat"
OBJECT = f"https://bucket.s3.{REGION}.amazonaws.com/key"

#: Calls that parse the request's URL once. `plan_body` does so only for a one-shot body, or if
#: the URL contains a plus. `presign_many` parses each of its URLs, which isn't counted.
PARSES = {
    "AWSRequestsAuthBase.__call__",
    "RequestsAuthBase.__call__",
    "Signer.canonical_request",
    "Signer.chunked",
    "Signer.presign",
    "Signer.sign",
    "Signer.string_to_sign",
    "Verifier.begin",
    "explain_response",
    "sign_request",
}
#: Python's parsers, which count if our code calls them.
PARSERS = {parse.urlsplit, parse.urlparse, httpx.URL}


@dataclass
class Crossings:
    """
    What happened on this thread during one task.

    Attributes:
        calls: Calls into Rust, in order.
        callbacks: Python functions that Rust called.
        parses: Functions that parsed a URL.

    """

    calls: list[str] = field(default_factory=list)
    callbacks: list[str] = field(default_factory=list)
    parses: list[str] = field(default_factory=list)


class Recorder:
    """Records calls of the thread that enters the context."""

    def __init__(self, *, plan_parses=False):
        self.found = Crossings()
        self._parses = PARSES | {"plan_body"} if plan_parses else PARSES
        self._thread = threading.get_ident()
        # The native calls that are under way, and how deep Python functions are nested in each.
        self._depths = []

    def __enter__(self):
        events = sys.monitoring.events
        handlers = {
            events.CALL: self._called,
            events.C_RETURN: self._returned,
            events.C_RAISE: self._returned,
            events.PY_START: self._started,
            events.PY_RESUME: self._started,
            events.PY_RETURN: self._ended,
            events.PY_YIELD: self._ended,
            events.PY_UNWIND: self._ended,
        }
        tool = sys.monitoring.PROFILER_ID
        sys.monitoring.use_tool_id(tool, "border")
        for event, handler in handlers.items():
            sys.monitoring.register_callback(tool, event, handler)
        sys.monitoring.set_events(tool, sum(handlers))
        return self.found

    def __exit__(self, *_exception):
        sys.monitoring.set_events(sys.monitoring.PROFILER_ID, 0)
        sys.monitoring.free_tool_id(sys.monitoring.PROFILER_ID)

    def _called(self, code, _offset, called, _first):
        if threading.get_ident() != self._thread:
            return
        name = native_name(called)
        if name is not None:
            self.found.calls.append(name)
            self._depths.append(0)
            if name in self._parses:
                self.found.parses.append(name)
        elif code.co_filename.startswith(PACKAGE) and is_parser(called):
            self.found.parses.append(called.__name__)

    def _returned(self, _code, _offset, called, _first):
        if threading.get_ident() == self._thread and native_name(called) is not None:
            self._depths.pop()

    def _started(self, code, _offset):
        if threading.get_ident() == self._thread and self._depths:
            if not self._depths[-1]:
                self.found.callbacks.append(code.co_qualname)
            self._depths[-1] += 1

    def _ended(self, _code, _offset, _value):
        if threading.get_ident() == self._thread and self._depths and self._depths[-1]:
            self._depths[-1] -= 1


def native_name(called):
    """Return the name of what is called if it is Rust, or None."""
    while isinstance(called, partial):
        called = called.func
    if isinstance(called, type):
        return called.__name__ if called.__module__ == NATIVE else None
    owner = getattr(called, "__objclass__", None)
    if owner is None and type(called).__name__ == "builtin_function_or_method":
        owner = called.__self__
        if getattr(owner, "__name__", None) == NATIVE or called.__module__ == NATIVE:
            return called.__name__
        owner = owner if isinstance(owner, type) else type(owner)
    if owner is not None:
        return f"{owner.__name__}.{called.__name__}" if owner.__module__ == NATIVE else None
    for cls in type(called).__mro__:
        if "__call__" in vars(cls):
            return f"{cls.__name__}.__call__" if cls.__module__ == NATIVE else None
    return None


def is_parser(called):
    try:
        return called in PARSERS
    except TypeError:
        # Not hashable.
        return False


class Answering(HTTPAdapter):
    """Responds to each request without sending it."""

    def send(self, request, **_options):
        response = requests.Response()
        response.status_code = 200
        response.request = request
        response.url = request.url
        return response


@contextlib.contextmanager
def session_with(auth):
    with requests.Session() as session:
        session.trust_env = False
        session.auth = auth
        session.mount("https://", Answering())
        yield lambda: session.get(URL, hooks=None)


def drop_in_get():
    return session_with(AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, "execute-api", TOKEN))


def requests_get():
    return session_with(rsigv4.requests.SigV4Auth(CREDENTIALS))


@contextlib.contextmanager
def httpx_stream():
    auth = rsigv4.httpx.SigV4Auth(CREDENTIALS)
    headers = {"Content-Length": "7"}

    async def content():
        yield b"content"

    async def respond(request):
        await request.aread()
        return httpx.Response(200)

    async def put():
        transport = httpx.MockTransport(respond)
        async with httpx.AsyncClient(auth=auth, transport=transport) as client:
            await client.put(OBJECT, content=content(), headers=headers)

    yield lambda: asyncio.run(put())


@contextlib.contextmanager
def asgi_verify():
    async def application(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    sent = []

    async def send(message):
        sent.append(message)

    headers = {"Host": HOST, **Signer(CREDENTIALS).sign("GET", URL)}
    middleware = SigV4Middleware(application, {ACCESS_KEY: CREDENTIALS}.get)
    target = parse.urlsplit(URL)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": target.path,
        "raw_path": target.path.encode(),
        "query_string": target.query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }

    def verify():
        asyncio.run(middleware(dict(scope), receive, send))
        if sent[-2]["status"] != 200:
            raise AssertionError(sent)

    yield verify


@contextlib.contextmanager
def presign_many():
    signer = Signer(CREDENTIALS)
    urls = pa.array([f"{OBJECT}/{number}" for number in range(1000)])
    yield lambda: pa.array(signer.presign_many("GET", urls))


@contextlib.contextmanager
def explain_refusal():
    signer = Signer(CREDENTIALS)
    headers = signer.sign("GET", URL)
    request = signer.canonical_request("GET", URL.replace("cat", "dog"))
    message = (
        "The request signature we calculated does not match the signature you provided. Check your "
        "AWS Secret Access Key and signing method. Consult the service documentation for details."
        f"\n\nThe Canonical String for this request should have been\n'{request}'\n"
    )
    response = requests.Response()
    response.status_code = 403
    response.headers["x-amzn-ErrorType"] = "InvalidSignatureException"
    response._content = json.dumps({"message": message}).encode()  # noqa: SLF001 - as if it was read
    response.request = requests.Request("GET", URL, headers=headers).prepare()
    yield lambda: str(explain(response, signer=signer))


@contextlib.contextmanager
def command_request():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/test/pets?kind=cat"
    arguments = ["rsigv4", "request", url, "--region", REGION, "--service", "execute-api"]
    environment = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": TOKEN,
        "NO_PROXY": "*",
    }

    def run():
        with contextlib.suppress(SystemExit):
            main()

    patches = (mock.patch.object(sys, "argv", arguments), mock.patch.dict(os.environ, environment))
    with patches[0], patches[1], server:
        yield run
        server.shutdown()


#: Name of the task -> what it runs, and whether `plan_body` parses its URL.
TASKS = {
    "GET by the drop-in": (drop_in_get, False),
    "GET by requests": (requests_get, False),
    "async stream to S3 by httpx": (httpx_stream, True),
    "ASGI request": (asgi_verify, False),
    "presign_many of 1000 URLs in Arrow": (presign_many, False),
    "explain": (explain_refusal, False),
    "rsigv4 request": (command_request, False),
}


def count(task, *, plan_parses):
    with task() as run:
        # The first run imports modules and fills caches.
        run()
        with Recorder(plan_parses=plan_parses) as found:
            run()
    return found


def report(*, shows_calls):
    print(f"{'task':36}{'into Rust':>10}{'callbacks':>10}{'crossings':>10}{'URL parses':>11}")
    for name, (task, plan_parses) in TASKS.items():
        found = count(task, plan_parses=plan_parses)
        calls, callbacks = len(found.calls), len(found.callbacks)
        crossings = calls + callbacks
        print(f"{name:36}{calls:10}{callbacks:10}{crossings:10}{len(found.parses):11}")
        if shows_calls:
            print(f"    into Rust: {', '.join(found.calls)}")
            print(f"    callbacks: {', '.join(found.callbacks)}")
            print(f"    URL parses: {', '.join(found.parses)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Count crossings between Python and Rust.")
    parser.add_argument("--calls", action="store_true", help="show the calls in their order")
    report(shows_calls=parser.parse_args().calls)
