"""Redirects that urllib3 follows."""

from __future__ import annotations

import io
import json

import pytest
from urllib3.util import Retry

from rsigv4.exceptions import InvalidRequestError
from support.signing import SIGNATURE

REDIRECTS = [301, 302, 303, 307, 308]


class FalsyRetry(Retry):
    """urllib3 compares retries with None, so an object of any truth value works."""

    def __bool__(self):
        return False


def test_buffered_stream_is_sent_again_for_a_redirect(manager, server):
    server.redirects["/from"] = 307, "/to"

    response = manager().request("PUT", server.url("/from"), body=iter([b"by", b"tes"]))

    assert json.loads(response.data)["length"] == 5


@pytest.mark.parametrize("status", REDIRECTS)
def test_redirect_to_the_same_origin_is_signed_again(manager, server, status):
    server.redirects["/from"] = status, "/to?a=b+c"

    response = manager("s3").request("POST", server.url("/from"), body=b"body")

    assert response.status == 200, response.data
    assert json.loads(response.data)["method"] == ("GET" if status == 303 else "POST")
    assert json.loads(response.data)["length"] == (0 if status == 303 else 4)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"], ids=["other host", "other port"])
@pytest.mark.parametrize("status", REDIRECTS)
def test_redirect_to_another_origin_is_sent_without_a_signature(
    manager, server, other, status, name
):
    server.redirects["/from"] = status, other.url("/to", name=name)

    # urllib3 itself would keep these headers.
    for retries in (None, Retry(remove_headers_on_redirect=[]), FalsyRetry(3)):
        manager("s3").request("PUT", server.url("/from"), body=b"body", retries=retries)

    assert [arrived.status for arrived in other.arrived] == [200, 200, 200]
    assert not any(SIGNATURE & arrived.names() for arrived in other.arrived)


def test_redirect_to_another_origin_loses_a_header_named_in_bytes(manager, server, other):
    server.redirects["/from"] = 302, other.url("/to")
    own = {b"Authorization": "Basic mine", b"X-Mine": "yes"}

    manager().request("GET", server.url("/from"), headers=own)

    assert "authorization" not in other.arrived[0].names()
    assert "x-mine" in other.arrived[0].names()


def test_redirect_back_to_the_origin_is_not_signed(manager, server, other):
    server.anonymous = True
    server.redirects["/from"] = 302, other.url("/back")
    other.redirects["/back"] = 302, server.url("/to")

    assert manager().request("GET", server.url("/from")).status == 200
    assert [bool(SIGNATURE & arrived.names()) for arrived in server.arrived] == [True, False]


def test_unsigned_redirect_keeps_headers_of_the_caller(manager, server, other):
    server.redirects["/from"] = 307, other.url("/to")

    manager().request("GET", server.url("/from"), headers={"X-Mine": "yes"})

    assert "x-mine" in other.arrived[0].names()


def test_redirect_can_be_refused(manager, server):
    server.redirects["/from"] = 302, "/to"

    assert manager().request("GET", server.url("/from"), redirect=False).status == 302
    assert manager().request("GET", server.url("/from"), retries=False).status == 302


def test_retries_count_for_unsigned_requests_too(manager, server, other):
    server.redirects["/from"] = 302, other.url("/to")
    other.redirects["/to"] = 302, "/further"
    retries = Retry(redirect=1, raise_on_redirect=False)

    assert manager().request("GET", server.url("/from"), retries=retries).status == 302
    assert [arrived.target for arrived in other.arrived] == ["/to"]
    presigned = other.url("/to?X-Amz-Signature=0")
    assert manager().request("GET", presigned, retries=False).status == 302


def test_redirect_of_a_stream_that_was_not_buffered_is_refused(manager, server):
    server.redirects["/from"] = 307, "/to"
    headers = {"Content-Length": "1"}

    with pytest.raises(InvalidRequestError, match=r"^body can be read only once, and was sent"):
        manager("s3").request("PUT", server.url("/from"), body=iter([b"x"]), headers=headers)


def test_file_is_rewound_for_a_redirect(manager, server):
    server.redirects["/from"] = 307, "/to"
    file = io.BytesIO(b"skipped|sent")
    file.seek(8)

    response = manager().request("PUT", server.url("/from"), body=file)

    assert response.status == 200, response.data
    assert json.loads(response.data)["length"] == 4


def test_redirect_that_drops_a_file_is_followed(manager, server):
    server.redirects["/from"] = 303, "/to"

    response = manager().request("POST", server.url("/from"), body=io.BytesIO(b"bytes"))

    assert json.loads(response.data)["method"] == "GET"


@pytest.mark.parametrize("status", REDIRECTS)
def test_pool_of_the_manager_signs_its_redirects(manager, server, status):
    server.redirects["/from"] = status, "/to"

    pool = manager("s3").connection_from_url(server.url("/"))
    response = pool.request("POST", "/from", body=b"body")

    assert response.status == 200, response.data
