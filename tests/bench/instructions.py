"""
Count the instructions of calls under callgrind, which a busy machine doesn't change.

    make bench-instructions BASE=main    compares the working tree with a commit, main by default

It fails if a call takes 3 % more instructions than in that commit. Callgrind's processor has no
instructions for SHA, so hashing counts far more than it takes: the numbers are for comparing, not
for estimating time.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import re
import subprocess
import sys
from types import SimpleNamespace

from keys import ACCESS_KEY, REGION, SECRET

__all__ = ["TASKS"]

HOST = f"abcdefghij.execute-api.{REGION}.amazonaws.com"
SERVICE = "execute-api"
#: How many times a call is made. The difference has no start of Python, no imports, no first calls.
FEW, MANY = 100, 600
TOLERANCE = 1.03
URLS = [f"https://{HOST}/test/pets/{number}" for number in range(MANY)]


def drop_in():
    from rsigv4.aws_auth import AWSRequestsAuth

    return _prepared(AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, REGION, SERVICE))


def requests():
    from rsigv4.requests import SigV4Auth

    return _prepared(SigV4Auth(_key(), REGION, SERVICE))


def _prepared(auth):
    from requests import Request

    prepared = [Request("GET", url).prepare() for url in URLS]
    return lambda number: auth(prepared[number])


def httpx():
    from httpx import Request

    from rsigv4.httpx import SigV4Auth

    auth = SigV4Auth(_key(), REGION, SERVICE)
    prepared = [Request("GET", url) for url in URLS]
    return lambda number: next(auth.sync_auth_flow(prepared[number]))


def aiohttp():
    from rsigv4.aiohttp import SigV4Middleware

    return _through(SigV4Middleware(_key(), REGION, SERVICE))


def _through(middleware):
    """Return a call of a client's middleware, with a request that is not sent."""
    import asyncio

    from aiohttp import ClientSession

    prepared = []

    async def keep(request, _send):
        prepared.append(request)
        raise NotImplementedError

    async def prepare():
        async with ClientSession(middlewares=[keep]) as session:
            for url in URLS:
                with contextlib.suppress(NotImplementedError):
                    await session.get(url)

    response = SimpleNamespace(status=200, headers={})

    async def answer(_request):
        return response

    asyncio.run(prepare())
    return lambda number: _run_to_end(middleware(prepared[number], answer))


def urllib3():
    from rsigv4.urllib3 import SigV4PoolManager

    return _sent_by(SigV4PoolManager(_key(), REGION, SERVICE))


def _sent_by(manager):
    """Return a request of a pool manager whose connection responds at once."""
    from urllib3 import HTTPResponse
    from urllib3.connection import HTTPConnection

    class Answering(HTTPConnection):
        def connect(self):
            pass

        def request(self, *_args, **_kwargs):
            pass

        def getresponse(self):
            return HTTPResponse(b"", status=200, preload_content=False)

    # Over https, each call would warn that the certificate wasn't verified.
    urls = [url.replace("https:", "http:") for url in URLS]
    manager.connection_from_url(urls[0]).ConnectionCls = Answering
    return lambda number: manager.request("GET", urls[number])


def sign():
    signer = _signer()
    return lambda number: signer.sign("GET", URLS[number])


def presign():
    signer = _signer()
    return lambda number: signer.presign("GET", URLS[number])


def verify():
    headers = [{"Host": HOST, **_signer().sign("GET", url)} for url in URLS]
    verifier = _verifier()
    return lambda number: verifier.verify("GET", URLS[number], headers[number], b"")


def asgi():
    from rsigv4.asgi import SigV4Middleware

    async def application(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["status"] != 200:
            raise AssertionError(message)

    middleware = SigV4Middleware(application, {ACCESS_KEY: _key()}.get, region=REGION)
    scopes = [
        {
            "type": "http",
            "method": "GET",
            "scheme": "https",
            "path": f"/test/pets/{number}",
            "raw_path": f"/test/pets/{number}".encode(),
            "query_string": b"",
            "headers": [
                (name.lower().encode(), value.encode())
                for name, value in {"Host": HOST, **_signer().sign("GET", url)}.items()
            ],
        }
        for number, url in enumerate(URLS)
    ]

    return lambda number: _run_to_end(middleware(scopes[number], receive, send))


def _run_to_end(coroutine):
    # Nothing waits, so no event loop is needed, which would take longer than the middleware.
    with contextlib.suppress(StopIteration):
        coroutine.send(None)


def wsgi():
    import io

    from rsigv4.wsgi import SigV4Middleware

    def application(_environ, start_response):
        start_response("200 OK", [])
        return []

    def start_response(status, _headers, _error=None):
        if status != "200 OK":
            raise AssertionError(status)

    middleware = SigV4Middleware(application, {ACCESS_KEY: _key()}.get, region=REGION)
    environs = []
    for number, url in enumerate(URLS):
        signed = {"Host": HOST, **_signer().sign("GET", url)}
        environs.append(
            {
                "REQUEST_METHOD": "GET",
                "SCRIPT_NAME": "",
                "PATH_INFO": f"/test/pets/{number}",
                "QUERY_STRING": "",
                "RAW_URI": f"/test/pets/{number}",
                "wsgi.url_scheme": "https",
                "wsgi.input": io.BytesIO(),
                **{
                    f"HTTP_{name.upper().replace('-', '_')}": value
                    for name, value in signed.items()
                },
            }
        )
    # Servers make a new environment for each request.
    return lambda number: list(middleware(environs[number].copy(), start_response))


#: Functions that prepare a call, and return it; it takes the number of the call.
TASKS = {
    task.__name__: task
    for task in (drop_in, requests, httpx, aiohttp, urllib3, sign, presign, verify, asgi, wsgi)
}


def _key():
    from rsigv4 import Credentials

    return Credentials(ACCESS_KEY, SECRET)


def _signer():
    from rsigv4 import Signer

    return Signer(_key(), REGION, SERVICE)


def _verifier():
    from rsigv4 import Verifier

    return Verifier({ACCESS_KEY: _key()}.get, region=REGION, service=SERVICE)


def compare(base, new):
    """Print the counts of two installations; return the tasks that take too many more."""
    worse = []
    print(f"{'instructions of a call':24}{'before':>10}{'now':>10}{'ratio':>8}")
    for name in TASKS:
        before, now = count(name, base), count(name, new)
        print(f"{name:24}{before:10.0f}{now:10.0f}{now / before:8.3f}", flush=True)
        if now > before * TOLERANCE:
            worse.append(name)
    return worse


def count(name, folder):
    """Return the instructions of one call, with the package that is installed in a folder."""
    few, many = (_collected(name, calls, folder) for calls in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def _collected(name, calls, folder):
    command = [
        *("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"),
        *(sys.executable, __file__, "--run", name, str(calls)),
    ]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": folder}
    result = subprocess.run(  # noqa: S603 - this script
        command, env=environment, stderr=subprocess.PIPE, text=True, check=True
    )
    return int(re.search(r"Collected : (\d+)", result.stderr)[1])


def run(name, calls):
    """Make the calls, and end before Python deletes what they made."""
    gc.disable()
    call = TASKS[name]()
    for number in range(int(calls)):
        call(number)
    os._exit(0)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folders", nargs="*", metavar="BASE NEW", help="folders with the package")
    parser.add_argument("--run", nargs=2, metavar=("TASK", "CALLS"), help="make the calls")
    arguments = parser.parse_args()
    if arguments.run:
        run(*arguments.run)
    worse = compare(*arguments.folders)
    if worse:
        sys.exit(f"more than {TOLERANCE - 1:.0%} slower: {', '.join(worse)}")


if __name__ == "__main__":
    main()
