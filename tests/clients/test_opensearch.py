"""Calls of opensearch-py through each of its connections, and a server that verifies."""

from __future__ import annotations

import asyncio
import copy
import io
import json
import logging
import pickle
import threading
import time

import opensearchpy
import pytest
from freezegun import freeze_time
from opensearchpy import (
    AsyncHttpConnection,
    AsyncOpenSearch,
    OpenSearch,
    RequestsHttpConnection,
    Urllib3HttpConnection,
)
from opensearchpy.exceptions import TransportError
from opensearchpy.helpers import async_bulk, bulk
from requests import Request

from rsigv4 import Credentials
from rsigv4.exceptions import InvalidCredentialsError, InvalidRequestError
from rsigv4.opensearch import SigV4AsyncHttpConnection, SigV4Auth
from support.signing import ACCESS_KEY, CREDENTIALS, MOMENT, SECRET, SIGNATURE, TEMPORARY, TOKEN

SYNC = [RequestsHttpConnection, Urllib3HttpConnection]
ASYNC = [AsyncHttpConnection, SigV4AsyncHttpConnection]
ODD_ID = "a b:c!@/%/é"
ODD_ID_ESCAPED = "a%20b%3Ac%21%40%2F%25%2F%C3%A9"


def auth(service="es", credentials=TEMPORARY, **options):
    return SigV4Auth(credentials, "us-east-1", service, **options)


def call(server, connection_class, calls, http_auth=None, **options):
    """Make calls with a client; each call is a function of the client."""
    options = {
        "hosts": [server.url("")],
        "http_auth": http_auth or auth(),
        "connection_class": connection_class,
        "max_retries": 0,
        **options,
    }
    # Urllib3HttpConnection adds headers after signing.
    server.strict = connection_class is not Urllib3HttpConnection
    if connection_class in SYNC:
        with OpenSearch(**options) as client:
            return [each(client) for each in calls]

    async def call_all():
        async with AsyncOpenSearch(**options) as client:
            return [await each(client) for each in calls]

    return asyncio.run(call_all())


def targets(server):
    return [(arrived.head.method, arrived.target) for arrived in server.arrived]


@pytest.mark.parametrize("connection_class", SYNC + ASYNC)
def test_calls_of_the_client_are_signed(server, connection_class):
    calls = [
        lambda client: client.index(index="i", id=ODD_ID, body={"a": "ü"}),
        lambda client: client.get(index="i", id=ODD_ID),
        lambda client: client.search(index="a,b*", body={"query": {"match_all": {}}}),
        lambda client: client.search(q="a b+c:(d OR é)&x=~*/", params={"routing": "k==,/?'"}),
        lambda client: client.exists(index="i", id=ODD_ID),
        lambda client: client.delete(index="i", id=ODD_ID),
        lambda client: client.indices.create(index="<logs-{now/d}>"),
        lambda client: client.cluster.health(params={"level": "indices"}),
    ]

    call(server, connection_class, calls)

    assert server.errors == []
    assert targets(server)[0] == ("PUT", f"/i/_doc/{ODD_ID_ESCAPED}")
    assert len(server.arrived) == len(calls)


@pytest.mark.parametrize("connection_class", SYNC + ASYNC)
@pytest.mark.parametrize("http_compress", [False, True])
def test_bulk_is_signed(server, connection_class, http_compress):
    actions = [{"_index": "i", "_id": f"{ODD_ID}{n}", "text": "ü" * n} for n in range(100)]
    helper = bulk if connection_class in SYNC else async_bulk

    indexed = [{"index": {"status": 201}}] * len(actions)
    server.content = json.dumps({"errors": False, "items": indexed}).encode()

    calls = [lambda client: helper(client, actions)]
    results = call(server, connection_class, calls, http_compress=http_compress)

    assert results == [(len(actions), [])]
    assert server.errors == []
    assert targets(server) == [("POST", "/_bulk")]
    assert server.arrived[0].body.length > 1000 or http_compress


@pytest.mark.parametrize("connection_class", SYNC + ASYNC)
def test_opensearch_py_833_document_id_with_colon(server, connection_class):
    """https://github.com/opensearch-project/opensearch-py/issues/833."""
    call(server, connection_class, [lambda client: client.get(index="i", id="a:b")])

    assert (server.errors, targets(server)) == ([], [("GET", "/i/_doc/a%3Ab")])


@pytest.mark.parametrize("connection_class", SYNC + ASYNC)
def test_opensearch_py_683_document_id_with_special_characters(server, connection_class):
    """https://github.com/opensearch-project/opensearch-py/issues/683."""
    call(server, connection_class, [lambda client: client.get(index="i", id="a!b@c")])

    assert (server.errors, targets(server)) == ([], [("GET", "/i/_doc/a%21b%40c")])


@pytest.mark.parametrize("connection_class", [RequestsHttpConnection, *ASYNC])
def test_opensearch_py_1006_host_header_is_signed(server, connection_class):
    """https://github.com/opensearch-project/opensearch-py/issues/1006."""
    if connection_class in ASYNC and opensearchpy.__version__ < (3, 1):
        pytest.skip("the connection adds the header after it was signed")
    headers = {"Host": "search.example.com"}

    call(server, connection_class, [lambda client: client.info(headers=headers)])

    assert server.errors == []
    assert server.arrived[0].head.value("host") == "search.example.com"


@pytest.mark.parametrize("connection_class", SYNC + ASYNC)
def test_opensearch_py_1047_connection_and_content_length_are_not_signed(server, connection_class):
    """https://github.com/opensearch-project/opensearch-py/issues/1047."""
    http_auth = auth("aoss")

    call(server, connection_class, [lambda client: client.index(index="i", body={})], http_auth)

    signed = set(server.arrived[0].authorization.signed_headers)
    assert signed - {"content-type"} == {"host", *(SIGNATURE - {"authorization"})}


@pytest.mark.parametrize("connection_class", SYNC + ASYNC)
def test_opensearch_py_1038_content_sha256_is_signed(server, connection_class):
    """https://github.com/opensearch-project/opensearch-py/issues/1038."""
    http_auth = auth("aoss")

    call(server, connection_class, [lambda client: client.index(index="i", body={})], http_auth)

    assert server.errors == []
    assert "x-amz-content-sha256" in server.arrived[0].authorization.signed_headers


def test_opensearch_py_410_refreshing_does_not_block_the_event_loop(server):
    """https://github.com/opensearch-project/opensearch-py/issues/410."""
    server.accept(ACCESS_KEY, SECRET)
    is_running = threading.Event()
    may_end = threading.Event()

    def refresh():
        is_running.set()
        assert may_end.wait(30)
        return CREDENTIALS

    async def send():
        async with AsyncOpenSearch(
            [server.url("")],
            http_auth=auth(credentials=refresh),
            connection_class=SigV4AsyncHttpConnection,
        ) as client:
            sending = asyncio.ensure_future(client.info())
            # It would never end if it blocked the event loop.
            await asyncio.get_running_loop().run_in_executor(None, is_running.wait)
            may_end.set()
            await sending

    asyncio.run(send())

    assert server.errors == []


@pytest.mark.parametrize("connection_class", SYNC + ASYNC)
def test_opensearch_py_423_credentials_are_frozen(server, connection_class):
    """https://github.com/opensearch-project/opensearch-py/issues/423."""
    for number in range(20):
        server.accept(f"AKID{number}", f"secret{number}")

    class Rotating:
        """Credentials that change each time they are read."""

        def __init__(self):
            self._numbers = iter(range(20))

        def get_frozen_credentials(self):
            number = next(self._numbers)
            return Credentials(f"AKID{number}", f"secret{number}")

    calls = [lambda client: client.info()] * 20

    call(server, connection_class, calls, auth(credentials=Rotating()))

    assert server.errors == []
    used = [arrived.authorization.access_key_id for arrived in server.arrived]
    assert used == [f"AKID{number}" for number in range(20)]


def test_opensearch_py_600_service_can_be_read():
    """https://github.com/opensearch-project/opensearch-py/issues/600."""
    assert auth("aoss").service == "aoss"


def test_coroutine_function_requires_the_async_connection(server):
    server.accept(ACCESS_KEY, SECRET)

    async def credentials():
        await asyncio.sleep(0)
        return CREDENTIALS

    http_auth = auth(credentials=credentials)

    call(server, SigV4AsyncHttpConnection, [lambda client: client.info()], http_auth)
    with pytest.raises(InvalidCredentialsError, match=r"^credentials are provided by the corou"):
        call(server, AsyncHttpConnection, [lambda client: client.info()], http_auth)

    assert server.errors == []


def test_async_connection_requires_our_auth():
    with pytest.raises(InvalidRequestError, match=r"^http_auth must be a SigV4Auth"):
        SigV4AsyncHttpConnection(http_auth=("user", "password"))


def test_another_auth_in_the_same_task_signs_with_its_own_key(server):
    other = auth(credentials=Credentials("AKIDOTHER", SECRET))

    async def send():
        async with AsyncOpenSearch(
            hosts=[server.url("")], http_auth=auth(), connection_class=SigV4AsyncHttpConnection
        ) as client:
            await client.info()
        return other("GET", server.url("/"))

    assert "Credential=AKIDOTHER/" in asyncio.run(send())["Authorization"]


def test_1000_tasks_share_a_client_while_keys_rotate(server):
    for number in range(50):
        server.accept(f"AKID{number}", SECRET)
    numbers = iter(range(10_000))

    async def rotate():
        await asyncio.sleep(0)
        return Credentials(f"AKID{next(numbers) % 50}", SECRET)

    async def search_all():
        async with AsyncOpenSearch(
            [server.url("")],
            http_auth=auth(credentials=rotate),
            connection_class=SigV4AsyncHttpConnection,
            timeout=120,
        ) as client:
            await asyncio.gather(*(client.get(index="i", id=n) for n in range(1000)))

    asyncio.run(search_all())

    assert len(server.arrived) == 1000
    assert server.errors == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_requests_redirects_are_signed_for_the_same_origin_only(server, other, status):
    server.redirects = {"/a/_search": (status, "/b"), "/c/_search": (status, other.url("/d"))}
    calls = [lambda client: client.search(index="a"), lambda client: client.search(index="c")]

    call(server, RequestsHttpConnection, calls)

    assert server.errors == []
    assert [arrived.target for arrived in server.arrived] == ["/a/_search", "/b", "/c/_search"]
    assert not SIGNATURE & other.arrived[0].names()


@pytest.mark.parametrize("connection_class", [Urllib3HttpConnection, SigV4AsyncHttpConnection])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_other_connections_follow_no_redirects(server, other, connection_class, status):
    server.redirects["/c/_search"] = status, other.url("/d")

    with pytest.raises(TransportError) as caught:
        call(server, connection_class, [lambda client: client.search(index="c")])

    assert caught.value.status_code == status
    assert other.arrived == []


def test_requests_clock_is_corrected(server):
    server.clock = lambda: time.time() + 3600
    call(server, RequestsHttpConnection, [lambda client: client.info()] * 2)
    assert [arrived.status for arrived in server.arrived] == [403, 200, 200]


def test_requests_refusal_is_explained(server, caplog):
    wrong = auth(credentials=Credentials(ACCESS_KEY, "another secret", TOKEN), explain=True)
    with pytest.raises(TransportError), caplog.at_level(logging.WARNING, "rsigv4"):
        call(server, RequestsHttpConnection, [lambda client: client.info()], wrong)
    (explanation,) = (record.message for record in caplog.records if record.name == "rsigv4")
    assert "secret" in explanation
    assert "another secret" not in explanation


def test_existing_headers_are_replaced_in_any_case():
    own = {"x-amz-date": "20010101T000000Z", "Content-Type": "application/json"}

    added = auth()("GET", "https://example.com/", headers=own)

    assert {"x-amz-date", "Authorization"} <= set(added)
    assert added["x-amz-date"] != own["x-amz-date"]
    assert "X-Amz-Date" not in added
    assert "Content-Type" not in added


@freeze_time(MOMENT)
def test_connections_before_3_1_pass_the_query_too():
    url = "https://example.com/_search?q=a"

    old = auth()("POST", url, "q=a", b"body")
    new = auth()(method="POST", url=url, body=b"body", headers={})

    assert old == new


def test_stream_in_a_prepared_request_is_buffered():
    def prepare(body):
        request = Request("POST", "https://example.com/_bulk", data=body)
        return request.prepare()

    prepared = auth()(prepare(iter([b"by", b"tes"])))

    assert prepared.body == b"bytes"
    assert prepared.headers["Content-Length"] == "5"
    with pytest.raises(InvalidRequestError, match=r"^body can be read only once and is longer"):
        auth(max_buffered_body=4)(prepare(iter([b"by", b"tes"])))
    assert auth()(prepare(io.BytesIO(b"bytes"))).headers["Authorization"]


@pytest.mark.parametrize("connection_class", SYNC)
def test_copy_signs(server, connection_class):
    original = auth()
    pickled = pickle.loads(pickle.dumps(original))  # noqa: S301 - it was pickled right here
    for http_auth in (copy.copy(original), copy.deepcopy(original), pickled):
        call(server, connection_class, [lambda client: client.info()], http_auth)

    assert server.errors == []


def test_nothing_is_added_to_a_presigned_url():
    url = "https://abc.eu-west-1.es.amazonaws.com/_search?X-Amz-Signature=0"
    assert SigV4Auth(TEMPORARY)("GET", url, headers={"Content-Type": "a/b"}) == {}


def test_regions_and_services_are_read_from_the_host():
    added = SigV4Auth(TEMPORARY)("GET", "https://abc.eu-west-1.es.amazonaws.com/_search")
    assert "/eu-west-1/es/aws4_request" in added["Authorization"]

    added = SigV4Auth(TEMPORARY)("GET", "https://abc.eu-west-1.aoss.amazonaws.com/_search")
    assert "/eu-west-1/aoss/aws4_request" in added["Authorization"]
