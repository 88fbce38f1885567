"""Redirects: signed again for the same origin, without a signature for another."""

from __future__ import annotations

import io
import os
import pickle

import niquests
import pytest
import requests

from support.drop_in import ACCESS_KEY, REGION, SECRET, TOKEN, is_signed_right, ours
from support.servers.recording import RecordingServer

SERVICE = "execute-api"
SIGNATURE_HEADERS = {
    "authorization",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
}
STATUS_CODES = (301, 302, 303, 307, 308)
KEEPING = (307, 308)


@pytest.fixture
def server():
    with RecordingServer() as server:
        yield server


@pytest.fixture
def other():
    with RecordingServer() as server:
        yield server


@pytest.fixture(params=[requests.Session, niquests.Session], ids=["requests", "niquests"])
def session(request):
    with request.param() as session:
        # Ignore the machine's proxies and netrc.
        session.trust_env = False
        yield session


@pytest.fixture
def requests_session():
    with requests.Session() as session:
        session.trust_env = False
        yield session


def new_auth(server, token=TOKEN):
    return ours.AWSRequestsAuth(ACCESS_KEY, SECRET, server.host, REGION, SERVICE, token)


def is_unsigned(arrived):
    return not (arrived.names() & SIGNATURE_HEADERS)


def follow(session, server, method="GET", path="/first", token=TOKEN, **arguments):
    with session.request(
        method, server.url(path), auth=new_auth(server, token), **arguments
    ) as response:
        assert response.status_code == 200
        return response


@pytest.mark.parametrize("token", [None, TOKEN], ids=["no-token", "token"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status_code", STATUS_CODES)
def test_redirect_to_the_same_origin_is_signed_again(session, server, status_code, method, token):
    server.redirect("/first", status_code, "/second/a%20b;c?q=1&q2=a%2Fb")
    follow(session, server, method, token=token, data=b"body" if method == "POST" else None)
    first, second = server.arrived
    keeps = method == "GET" or status_code in KEEPING
    assert second.method == (method if keeps else "GET")
    assert second.body == (first.body if keeps else b"")
    assert second.target == "/second/a%20b;c?q=1&q2=a%2Fb"
    for arrived in (first, second):
        assert is_signed_right(arrived, SERVICE)
        assert arrived.headers.get_all("X-Amz-Security-Token", []) == ([token] if token else [])


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize("status_code", STATUS_CODES)
def test_method_after_a_redirect_is_signed(session, server, status_code, method):
    server.redirect("/first", status_code, "/second")
    follow(session, server, method, allow_redirects=True)
    assert all(is_signed_right(arrived, SERVICE) for arrived in server.arrived)
    # Only 302 and 303 change these methods to GET.
    keeps = method == "HEAD" or status_code not in {302, 303}
    assert server.arrived[1].method == (method if keeps else "GET")


@pytest.mark.parametrize(
    "location",
    ["//{host}/second", "http://{host}/second", "second", "/s?q=a b", "/s\u00e9cond", "/#part"],
    ids=["no-scheme", "absolute", "relative", "space", "not-ascii", "fragment"],
)
def test_every_form_of_location_is_signed_as_followed(requests_session, server, location):
    # The server encodes headers as Latin-1, and requests decodes them as UTF-8.
    location = location.format(host=server.host).encode().decode("latin-1")
    server.redirect("/dir/first", 307, location)
    follow(requests_session, server, "POST", "/dir/first", data=b"body")
    assert len(server.arrived) == 2
    assert all(is_signed_right(arrived, SERVICE) for arrived in server.arrived)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status_code", STATUS_CODES)
def test_another_port_receives_no_signature(session, server, other, status_code, method):
    server.redirect("/first", status_code, other.url("/second"))
    follow(session, server, method, data=b"body" if method == "POST" else None)
    (first,), (second,) = server.arrived, other.arrived
    assert is_signed_right(first, SERVICE)
    assert is_unsigned(second)


def test_another_host_name_receives_no_signature(session, server):
    server.redirect("/first", 307, server.url("/second", name="localhost"))
    follow(session, server)
    first, second = server.arrived
    assert is_signed_right(first, SERVICE)
    assert second.headers["Host"].startswith("localhost:")
    assert is_unsigned(second)


def test_redirects_after_another_origin_are_not_signed(session, server, other):
    server.redirect("/first", 302, other.url("/elsewhere"))
    other.redirect("/elsewhere", 302, server.url("/back"))
    server.redirect("/back", 302, "/further")
    follow(session, server)
    first, back, further = server.arrived
    (elsewhere,) = other.arrived
    assert is_signed_right(first, SERVICE)
    assert [is_unsigned(arrived) for arrived in (elsewhere, back, further)] == [True] * 3


def test_chain_is_signed_at_each_step_on_the_same_origin(session, server, other):
    server.redirect("/first", 307, "/second")
    server.redirect("/second", 302, "/third?a=1")
    server.redirect("/third", 301, other.url("/elsewhere"))
    follow(session, server, "POST", data=b"body")
    assert [arrived.method for arrived in server.arrived] == ["POST", "POST", "GET"]
    assert all(is_signed_right(arrived, SERVICE) for arrived in server.arrived)
    assert is_unsigned(other.arrived[0])


def test_subclass_with_its_own_credentials_signs_the_redirect_with_them(requests_session, server):
    class Fetching(ours.AWSRequestsAuth):
        fetched = 0

        def get_aws_request_headers_handler(self, r):
            self.fetched += 1
            return self.get_aws_request_headers(r, ACCESS_KEY, SECRET, f"token {self.fetched}")

    server.redirect("/first", 307, "/second")
    auth = Fetching(None, None, server.host, REGION, SERVICE)
    requests_session.post(server.url("/first"), data=b"body", auth=auth).close()
    assert [arrived.headers["X-Amz-Security-Token"] for arrived in server.arrived] == [
        "token 1",
        "token 2",
    ]
    assert all(is_signed_right(arrived, SERVICE) for arrived in server.arrived)


def test_auth_of_a_session_signs_redirects(session, server, other):
    server.redirect("/first", 302, "/second")
    server.redirect("/away", 302, other.url("/elsewhere"))
    session.auth = new_auth(server)
    session.get(server.url("/first")).close()
    session.get(server.url("/away")).close()
    assert [is_signed_right(arrived, SERVICE) for arrived in server.arrived] == [True] * 3
    assert is_unsigned(other.arrived[0])


@pytest.mark.parametrize("status_code", KEEPING)
def test_file_is_sent_again_from_its_offset(requests_session, server, status_code):
    content = b"0123456789" * 100_000
    file = io.BytesIO(content)
    file.seek(7)
    server.redirect("/first", status_code, "/second")
    follow(requests_session, server, "PUT", data=file)
    for arrived in server.arrived:
        assert arrived.body == content[7:]
        assert is_signed_right(arrived, SERVICE)
    assert len(server.arrived) == 2


def test_file_is_not_read_again_for_a_redirect_without_a_body(requests_session, server):
    server.redirect("/first", 303, "/second")
    follow(requests_session, server, "PUT", data=io.BytesIO(b"body"))
    first, second = server.arrived
    assert (first.body, second.body) == (b"body", b"")
    assert is_signed_right(second, SERVICE)


def test_generator_is_sent_again_whole(requests_session, server):
    server.redirect("/first", 307, "/second")
    follow(requests_session, server, "PUT", data=(chunk for chunk in (b"one", b"two")))
    for arrived in server.arrived:
        assert arrived.body == b"onetwo"
        assert is_signed_right(arrived, SERVICE)
    assert len(server.arrived) == 2


def test_pipe_is_sent_again_whole(requests_session, server):
    reading, writing = os.pipe()
    os.write(writing, b"from a pipe")
    os.close(writing)
    server.redirect("/first", 307, "/second")
    with open(reading, "rb") as body:  # noqa: PTH123 - a descriptor has no path
        follow(requests_session, server, "PUT", data=body)
    for arrived in server.arrived:
        assert arrived.body == b"from a pipe"
        assert is_signed_right(arrived, SERVICE)
    assert len(server.arrived) == 2


def test_history_contains_each_request_as_sent(requests_session, server, other):
    server.redirect("/first", 307, "/second")
    server.redirect("/second", 307, other.url("/elsewhere"))
    response = follow(requests_session, server, "POST", data=b"body")
    sent = [*(step.request for step in response.history), response.request]
    for request, arrived in zip(sent, [*server.arrived, *other.arrived]):
        assert request.url == arrived.url
        for name in SIGNATURE_HEADERS:
            assert request.headers.get(name) == arrived.headers[name]
    assert len(sent) == 3


def test_request_after_an_unfollowed_redirect_is_signed(requests_session, server):
    server.redirect("/first", 307, "/second")
    with requests_session.post(
        server.url("/first"), data=b"body", auth=new_auth(server), allow_redirects=False
    ) as response:
        assert response.status_code == 307
    with requests_session.send(response.next) as followed:
        assert followed.status_code == 200
    first, second = server.arrived
    assert second.target == "/second"
    assert is_signed_right(first, SERVICE)
    assert is_signed_right(second, SERVICE)


def test_another_origin_after_an_unfollowed_redirect_receives_no_signature(
    requests_session, server, other
):
    server.redirect("/first", 307, other.url("/second"))
    with requests_session.get(
        server.url("/first"), auth=new_auth(server), allow_redirects=False
    ) as response:
        names = {name.lower() for name in response.next.headers}
    assert not names & SIGNATURE_HEADERS


def test_hooks_and_headers_of_the_caller_survive_a_redirect(requests_session, server):
    seen = []
    server.redirect("/first", 307, "/second")
    follow(
        requests_session,
        server,
        headers={"X-Mine": "1"},
        hooks={"response": lambda response, **_: seen.append(response.status_code)},
    )
    assert seen == [307, 200]
    assert [arrived.headers["X-Mine"] for arrived in server.arrived] == ["1", "1"]


def test_other_authorization_is_handled_by_requests(requests_session, server):
    class Replacing(ours.AWSRequestsAuth):
        def get_aws_request_headers_handler(self, _r):
            return {"Authorization": "Bearer mine"}

    server.redirect("/first", 302, "/second")
    auth = Replacing(ACCESS_KEY, SECRET, server.host, REGION, SERVICE)
    requests_session.get(server.url("/first"), auth=auth).close()
    assert [arrived.headers["Authorization"] for arrived in server.arrived] == ["Bearer mine"] * 2


def test_hooks_do_not_accumulate_on_a_session_or_a_request(requests_session, server):
    auth = new_auth(server)
    request = requests.Request("GET", server.url("/first"), auth=auth).prepare()
    hooks = len(request.hooks["response"])
    auth(request)
    assert len(request.hooks["response"]) == hooks
    follow(requests_session, server)
    assert requests_session.hooks == {"response": []}


def test_second_auth_of_a_request_signs_redirects(requests_session, server):
    class Wrong(ours.AWSRequestsAuth):
        def get_aws_request_headers_handler(self, _r):
            return {"Authorization": "AWS4-HMAC-SHA256 of the first"}

    server.redirect("/first", 302, "/second")
    first = Wrong(ACCESS_KEY, SECRET, server.host, REGION, SERVICE)
    request = requests.Request("GET", server.url("/first"), auth=first).prepare()
    requests_session.send(new_auth(server)(request)).close()
    assert [is_signed_right(arrived, SERVICE) for arrived in server.arrived] == [True, True]


def test_pickled_prepared_request_contains_only_its_headers(server):
    request = requests.Request("GET", server.url("/first"), auth=new_auth(server)).prepare()
    assert SECRET.encode() not in pickle.dumps(request)
    del request.headers["X-Amz-Security-Token"]
    assert TOKEN.encode() not in pickle.dumps(request)


def test_pickled_response_contains_no_secret(requests_session, server, other):
    server.redirect("/first", 307, "/second")
    server.redirect("/second", 307, other.url("/elsewhere"))
    response = follow(requests_session, server)
    assert len(response.history) == 2
    assert SECRET.encode() not in pickle.dumps(response)
    assert TOKEN.encode() not in pickle.dumps(response.request)


def test_redirect_of_an_unpickled_request_loses_the_signature(requests_session, server, other):
    server.redirect("/first", 307, other.url("/second"))
    request = requests.Request("GET", server.url("/first"), auth=new_auth(server)).prepare()
    unpickled = pickle.loads(pickle.dumps(request))  # noqa: S301 - it was pickled here
    requests_session.send(unpickled).close()
    assert is_signed_right(server.arrived[0], SERVICE)
    assert is_unsigned(other.arrived[0])


def test_redirects_of_an_unpickled_request_that_is_signed_again_are_signed(
    requests_session, server
):
    server.redirect("/first", 307, "/second")
    request = requests.Request("GET", server.url("/first"), auth=new_auth(server)).prepare()
    unpickled = pickle.loads(pickle.dumps(request))  # noqa: S301 - it was pickled here
    requests_session.send(new_auth(server)(unpickled)).close()
    assert [is_signed_right(arrived, SERVICE) for arrived in server.arrived] == [True, True]
