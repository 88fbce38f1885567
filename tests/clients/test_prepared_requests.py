"""Prepared requests of requests and niquests that are kept, copied, redirected or sent again."""

from __future__ import annotations

import asyncio
import copy
import pickle
import time
from concurrent.futures import ThreadPoolExecutor

import niquests
import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

import rsigv4.requests
from rsigv4 import Credentials
from rsigv4.aws_auth import AWSRequestsAuth
from rsigv4.exceptions import InvalidRequestError
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET, SIGNATURE, TEMPORARY, TOKEN

SCOPE = ("us-east-1", "execute-api")


def of_drop_in(server):
    return AWSRequestsAuth(ACCESS_KEY, SECRET, server.host, *SCOPE, TOKEN)


def of_requests(_server):
    return rsigv4.requests.SigV4Auth(TEMPORARY, *SCOPE)


@pytest.fixture
def server():
    with VerifyingServer(strict=False) as server:
        server.accept(ACCESS_KEY, SECRET, TOKEN)
        server.redirects["/stay"] = 303, "/to?a=b"
        yield server


@pytest.fixture
def other(server):
    with VerifyingServer(anonymous=True) as other:
        server.redirects["/leave"] = 307, other.url("/to")
        yield other


@pytest.fixture(params=[requests, niquests], ids=["requests", "niquests"])
def library(request):
    return request.param


@pytest.fixture
def session(library):
    with library.Session() as session:
        # Ignore the machine's proxies and netrc.
        session.trust_env = False
        yield session


@pytest.fixture(params=[of_drop_in, of_requests])
def prepared(request, library, server):
    """Return a function that prepares a signed request."""
    return lambda path, **arguments: library.Request(
        "POST", server.url(path), data={"a": "b"}, auth=request.param(server), **arguments
    ).prepare()


def is_signed(arrived):
    return bool(SIGNATURE & arrived.names())


def statuses(server):
    assert server.errors == []
    return [arrived.status for arrived in server.arrived]


@pytest.mark.parametrize("path", ["/stay", "/leave"])
@pytest.mark.parametrize("arguments", [{}, {"allow_redirects": False}, {"stream": True}], ids=str)
def test_redirected_request_can_be_sent_again(  # noqa: PLR0913, PLR0917 - they are fixtures
    session, prepared, server, other, path, arguments
):
    request = prepared(path)
    headers = dict(request.headers)

    for _ in range(3):
        session.send(request, **arguments).close()
        assert dict(request.headers) == headers

    assert statuses(server).count(303 if path == "/stay" else 307) == 3
    assert all(is_signed(arrived) for arrived in server.arrived)
    assert not any(is_signed(arrived) for arrived in other.arrived)


@pytest.mark.parametrize("path", ["/stay", "/leave"])
def test_copy_of_a_redirected_request_can_be_sent_again(session, prepared, server, other, path):
    request = prepared(path)

    response = session.send(request, allow_redirects=False)
    for copied in (
        request.copy(),
        request.copy().copy(),
        response.request.copy(),
        copy.copy(request),
        copy.deepcopy(request),
        pickle.loads(pickle.dumps(request)),  # noqa: S301 - it was pickled here
    ):
        assert isinstance(copied, (requests.PreparedRequest, niquests.PreparedRequest))
        session.send(copied, allow_redirects=False).close()

    assert len(statuses(server)) == 7
    assert all(is_signed(arrived) for arrived in server.arrived)
    assert other.arrived == []


def test_redirect_can_be_followed_by_hand(session, prepared, server):
    request = prepared("/stay")

    response = session.send(request, allow_redirects=False)
    session.send(response.next).close()
    for redirected in (request, response.request):
        (followed,) = session.resolve_redirects(response, redirected)
        assert followed.status_code == 200

    assert statuses(server) == [303, 200, 200, 200]


def test_redirect_to_another_origin_can_be_followed_by_hand(session, prepared, server, other):
    request = prepared("/leave")

    response = session.send(request, allow_redirects=False)
    session.send(response.next).close()
    for redirected in (request, response.request, copy.copy(request), request.copy()):
        (followed,) = session.resolve_redirects(response, redirected)
        assert followed.status_code == 200

    assert statuses(server) == [307]
    assert [is_signed(arrived) for arrived in other.arrived] == [False] * 5


def test_later_response_does_not_change_an_earlier_redirect(session, prepared, server, other):
    request = prepared("/leave")

    leaving = session.send(request, allow_redirects=False)
    server.redirects["/leave"] = 307, "/to"
    session.send(request).close()
    list(session.resolve_redirects(leaving, request))

    assert statuses(server) == [307, 307, 200]
    assert [is_signed(arrived) for arrived in other.arrived] == [False]


def test_copy_follows_the_response_before_it(session, prepared, server):
    request = prepared("/stay")
    session.send(request, allow_redirects=False)
    copied = request.copy()
    server.redirects["/stay"] = 303, "/elsewhere"
    session.send(request, allow_redirects=False)
    copied.url, copied.method, copied.body = server.url("/to?a=b"), "GET", None
    del copied.headers["Content-Length"]
    session.send(copied).close()
    assert statuses(server) == [303, 303, 200]


def test_redirect_does_not_send_an_earlier_token(session, library, server):
    auth = of_drop_in(server)
    request = library.Request("GET", server.url("/stay"), auth=auth).prepare()
    session.send(request).close()
    auth.aws_token = None
    session.send(request).close()

    has_token = ["x-amz-security-token" in arrived.names() for arrived in server.arrived]
    assert has_token == [True, True, True, False]


def test_copy_for_another_origin_is_unsigned_before_a_response(prepared, other):
    # Like a multiplexing session of niquests.
    copied = prepared("/").copy()

    copied.url = other.url("/")

    assert SIGNATURE.isdisjoint(name.lower() for name in copied.headers)


class Copying(HTTPAdapter):
    """Sends a copy of the session's request."""

    def send(self, request, **kwargs):
        copied = request.copy()
        copied.headers["X-Trace"] = "1"
        return super().send(copied, **kwargs)


@pytest.mark.parametrize("library", [requests], indirect=True)
def test_adapter_may_send_a_copy(session, prepared, server, other):
    session.mount("http://", Copying())

    session.send(prepared("/leave")).close()

    assert [is_signed(arrived) for arrived in server.arrived] == [True]
    assert [is_signed(arrived) for arrived in other.arrived] == [False]


@pytest.mark.parametrize("is_copied", [False, True], ids=["same", "copy"])
def test_hook_may_send_a_request_again(session, prepared, server, other, is_copied):
    def send_again(response, **kwargs):
        request = response.request
        return response.connection.send(request.copy() if is_copied else request, **kwargs)

    request = prepared("/leave", hooks={"response": send_again})
    session.send(request).close()

    assert [is_signed(arrived) for arrived in server.arrived] == [True] * 2
    assert not any(is_signed(arrived) for arrived in other.arrived)


@pytest.mark.parametrize(
    "hooks",
    [{"response": []}, {"response": [lambda _, **__: None]}],
    ids=["cleared", "replaced"],
)
def test_hooks_of_a_request_may_be_removed(session, prepared, other, hooks):
    request = prepared("/leave")
    request.hooks = hooks

    session.send(request).close()

    assert [is_signed(arrived) for arrived in other.arrived] == [False]


@pytest.mark.parametrize("path", ["/stay", "/stay?a=b+c"])
def test_copy_that_is_signed_again_is_sent_as_signed(session, prepared, server, path):
    copied = prepared(path).copy()

    session.send(of_requests(server)(copied)).close()

    assert statuses(server) == [303, 200]


def test_hook_may_copy_the_request(session, prepared, server, other):
    def copy_it(response, **_):
        response.request.copy()
        request.copy()

    request = prepared("/leave", hooks={"response": copy_it})

    session.send(request).close()

    assert (len(server.arrived), len(other.arrived)) == (1, 1)
    assert not is_signed(other.arrived[0])


def test_response_has_the_request_that_was_sent(session, prepared, other):
    request = prepared("/leave")

    response = session.send(request)

    assert response.history[0].request is request
    assert other.arrived


@pytest.mark.parametrize("path", ["/", "/stay", "/leave"])
def test_request_can_be_sent_again_after_a_clock_correction(session, library, server, other, path):
    server.clock = lambda: time.time() + 3600
    auth = of_requests(server)
    request = library.Request("GET", server.url(path), auth=auth).prepare()
    headers = dict(request.headers)

    for _ in range(2):
        response = session.send(request)
        assert response.status_code == 200
        assert dict(request.headers) == headers

    expected = {"/": [403, 200], "/stay": [403, 303, 200], "/leave": [403, 307]}[path]
    assert [arrived.status for arrived in server.arrived] == expected * 2
    assert not any(is_signed(arrived) for arrived in other.arrived)


def test_history_has_the_refused_request(session, library, server):
    server.clock = lambda: time.time() + 3600
    request = library.Request("GET", server.url("/"), auth=of_requests(server)).prepare()

    response = session.send(request)

    assert response.history[0].request is request
    assert response.request.headers["X-Amz-Date"] > request.headers["X-Amz-Date"]


@pytest.mark.parametrize("path", ["/stay", "/leave"])
def test_threads_may_share_a_request(session, prepared, other, path):
    request = prepared(path)

    def send(_):
        session.send(request).close()

    with ThreadPoolExecutor(8) as executor:
        list(executor.map(send, range(40)))

    assert not any(is_signed(arrived) for arrived in other.arrived)
    assert len(other.arrived) == (40 if path == "/leave" else 0)


def test_headers_in_a_dict_lose_the_signature(session, prepared, server, other):
    request = prepared("/leave")
    request.headers = {
        name.lower() if name.startswith("X-") else name: value
        for name, value in request.headers.items()
    }

    session.send(request).close()

    assert statuses(server) == [307]
    assert not is_signed(other.arrived[0])


def test_request_behind_a_proxy_object_is_signed_again(server, other):
    class Double:
        def __init__(self, request):
            self._request = request

        def __getattr__(self, name):
            return getattr(self._request, name)

    class Adapter(HTTPAdapter):
        def send(self, request, **kwargs):
            response = super().send(request, **kwargs)
            response.request = Double(request)
            return response

    server.redirects["/stay"] = 303, "/leave"
    request = requests.Request("GET", server.url("/stay"), auth=of_requests(server)).prepare()
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", Adapter())
        session.send(request).close()
        session.send(request).close()

    assert statuses(server) == [303, 307] * 2
    assert [is_signed(arrived) for arrived in other.arrived] == [False] * 2


@pytest.mark.parametrize(
    "location", ["http://other.example:99999/", "http://127.0.0.1:99999/", "http://[a]:b/"]
)
def test_client_refuses_an_invalid_location(session, library, prepared, server, location):
    server.redirects["/"] = 302, location
    plain = library.Request("POST", server.url("/"), data=b"body").prepare()

    def outcome(request, **arguments):
        try:
            return session.send(request, **arguments).status_code
        except (ValueError, library.RequestException) as error:
            return type(error), str(error)

    server.anonymous = True
    for arguments in ({}, {"allow_redirects": False}):
        assert outcome(prepared("/"), **arguments) == outcome(plain, **arguments)


@pytest.mark.parametrize("first", [of_drop_in, of_requests])
@pytest.mark.parametrize("second", [of_drop_in, of_requests])
def test_second_auth_of_a_request_decides(session, library, server, first, second):
    """As if a session has an auth and the caller also signs the prepared request."""
    request = library.Request("POST", server.url("/stay"), data=b"body", auth=second(server))
    once = len(request.prepare().hooks["response"])
    request.auth = with_other_key(first(server))
    request = second(server)(request.prepare())

    assert len(request.hooks["response"]) == once
    assert session.send(request).status_code == 200
    assert statuses(server) == [303, 200]
    assert all(is_signed(arrived) for arrived in server.arrived)


def with_other_key(auth):
    if isinstance(auth, AWSRequestsAuth):
        auth.aws_access_key = "OTHER"
        return auth
    return rsigv4.requests.SigV4Auth(Credentials("OTHER", SECRET), *SCOPE)


def test_second_auth_of_an_async_request_decides(server):
    async def send():
        async with niquests.AsyncSession() as session:
            session.trust_env = False
            auths = [
                rsigv4.requests.AsyncSigV4Auth(credentials, *SCOPE)
                for credentials in (Credentials("OTHER", SECRET), TEMPORARY)
            ]
            request = niquests.Request("POST", server.url("/stay"), data=b"body").prepare()
            for auth in auths:
                await auth(request)
            hooks = request.hooks["response"]
            return len(hooks), (await session.send(request)).status_code

    assert asyncio.run(send()) == (1, 200)
    assert statuses(server) == [303, 200]
    assert all(is_signed(arrived) for arrived in server.arrived)


@pytest.mark.parametrize("make", [of_drop_in, of_requests])
def test_header_text_is_signed_as_the_bytes_sent(session, library, server, make):
    auth = make(server)
    auth.also_sign = ("x-amz-meta-a",)
    request = library.Request("POST", server.url("/to"), {"x-amz-meta-a": "caf\u00e9"}, auth=auth)

    session.send(request.prepare())

    assert statuses(server) == [200]
    (arrived,) = server.arrived
    assert "x-amz-meta-a" in arrived.authorization.signed_headers


def test_async_session_does_not_modify_the_request(server, other):
    async def send():
        async with niquests.AsyncSession() as session:
            session.trust_env = False
            auth = rsigv4.requests.AsyncSigV4Auth(TEMPORARY, *SCOPE)
            for path in ("/stay", "/leave"):
                first = await session.get(server.url(path), auth=auth, allow_redirects=False)
                await session.send(first.next)
                await session.send(first.request)

    asyncio.run(send())

    assert statuses(server) == [303, 200, 303, 200, 307, 307]
    assert all(is_signed(arrived) for arrived in server.arrived)
    assert [is_signed(arrived) for arrived in other.arrived] == [False] * 2


def test_retry_of_a_sent_stream_is_refused(server):
    wrong = Credentials("AKIDUNKNOWN", SECRET)
    auth = rsigv4.requests.SigV4Auth(wrong, "us-east-1", "s3")
    retries = Retry(1, status_forcelist=[403], allowed_methods=None)
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", HTTPAdapter(max_retries=retries))
        with pytest.raises(InvalidRequestError, match="was sent before"):
            session.put(
                server.url("/"),
                data=iter([b"body"]),
                headers={"Content-Length": "4"},
                auth=auth,
                timeout=5,
            )

    assert [arrived.status for arrived in server.arrived] == [403]


@pytest.mark.parametrize("explains", [False, True], ids=["", "explained"])
def test_refusal_is_read_only_if_that_can_help(server, session, explains):
    server.reject(ACCESS_KEY)
    auth = rsigv4.requests.SigV4Auth(TEMPORARY, "us-east-1", "s3", explain=explains)
    headers = {"Content-Length": "4"}

    response = session.put(
        server.url("/"), data=iter([b"body"]), headers=headers, auth=auth, stream=True
    )

    assert response.status_code == 403
    # A body that can be read only once can't be sent again with a corrected time.
    assert bool(response.raw.read()) is not explains
