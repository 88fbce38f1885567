"""Requests that are sent by a pool of the manager."""

from __future__ import annotations

import io
import json
import time

import pytest
from urllib3.exceptions import HostChangedError

from rsigv4.exceptions import InvalidRequestError

HOUR = 3600


def test_pool_takes_the_arguments_of_the_base_by_position(manager, server):
    server.redirects["/from"] = 302, "/to"
    pool = manager().connection_from_url(server.url("/"))
    # Each list continues with `redirect`, `assert_same_host` and `timeout`.
    here = ["GET", "/from", None, {"A": "b"}, None]
    elsewhere = ["GET", "http://other.example/", None, {}, 0]

    for redirect, status in ((True, 200), (False, 302)):
        assert pool.urlopen(*here, redirect).status == status
    with pytest.raises(HostChangedError):
        pool.urlopen(*elsewhere, *[True, True])
    with pytest.raises(ValueError, match="timeout"):
        pool.urlopen(*here, *[True, True, -1])


def test_position_of_a_body_that_a_redirect_dropped_is_ignored(manager, server):
    # urllib3 before 2.8 passes it.
    pool = manager().connection_from_url(server.url("/"))

    assert pool.urlopen("GET", "/", None, {}, body_pos=8).status == 200


def test_headers_of_any_truth_value_are_sent(manager, server):
    class Falsy(dict):
        def __bool__(self):
            return False

    pool = manager().connection_from_url(server.url("/"))
    pool.urlopen("GET", "/", headers=Falsy({"X-Mine": "yes", "X-Amz-Own": "signed"}))

    assert {"x-mine", "x-amz-own"} <= server.arrived[0].names()
    assert server.arrived[0].status == 200


def test_pool_does_not_buffer_a_stream(manager, server):
    pool = manager().connection_from_url(server.url("/"))

    with pytest.raises(InvalidRequestError, match=r"^body can be read only once: "):
        pool.request("PUT", "/", body=iter([b"body"]))

    assert server.arrived == []


@pytest.mark.parametrize(("redirect", "status"), [(False, 302), (True, 200)])
def test_arguments_are_kept_when_the_clock_is_corrected(manager, server, redirect, status):
    server.clock = lambda: time.time() + HOUR
    server.redirects["/from"] = 302, "/to"
    pool = manager("s3").connection_from_url(server.url("/"))

    response = pool.urlopen(
        "get", "/from?a=b+c", None, {"A": "b"}, None, redirect, preload_content=False
    )

    assert response.status == status
    assert not response.closed
    assert {arrived.head.method for arrived in server.arrived} == {"GET"}
    assert [arrived.target for arrived in server.arrived[:2]] == ["/from?a=b%20c"] * 2


def test_pool_of_the_manager_sends_a_file_again_from_its_offset(manager, server):
    server.clock = lambda: time.time() + HOUR
    file = io.BytesIO(b"skipped|sent")
    file.seek(8)

    pool = manager().connection_from_url(server.url("/"))
    response = pool.request("PUT", "/", body=file)

    assert json.loads(response.data)["length"] == 4
