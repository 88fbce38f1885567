"""Prepared requests that are redirected, copied and sent again."""

from __future__ import annotations

import copy
import pickle

import niquests
import pytest
import requests

from support.prepared_requests import is_signed, of_drop_in, statuses
from support.signing import SIGNATURE


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
