"""Prepared requests with hooks, adapters, retries and corrected clocks."""

from __future__ import annotations

import io
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.util import Retry

import rsigv4.requests
from rsigv4 import Credentials
from rsigv4.exceptions import InvalidRequestError
from support.prepared_requests import is_signed, of_requests, statuses
from support.signing import ACCESS_KEY, SECRET, TEMPORARY


class Copying(HTTPAdapter):
    """Sends a copy of the session's request."""

    def send(self, request, **kwargs):
        copied = request.copy()
        copied.headers["X-Trace"] = "1"
        return super().send(copied, **kwargs)


class Answering(BaseAdapter):
    """Returns a response without its request, as a mock may."""

    def __init__(self, status):
        super().__init__()
        self.status = status

    def send(self, request, **_):
        response = requests.Response()
        response.status_code = self.status
        response.url = request.url
        response.raw = io.BytesIO()
        return response

    def close(self):
        pass


@pytest.mark.parametrize("explains", [False, True], ids=["", "explained"])
@pytest.mark.parametrize("status", [200, 403])
def test_adapter_may_respond_without_the_request(status, explains):
    auth = rsigv4.requests.SigV4Auth(TEMPORARY, "us-east-1", "execute-api", explain=explains)
    with requests.Session() as session:
        session.mount("https://", Answering(status))

        assert session.get("https://example.com/", auth=auth).status_code == status


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

    # The retry ends after its head, which the server may have read.
    assert [arrived.status for arrived in server.arrived if arrived.status] == [403]


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
