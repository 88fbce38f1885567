# Responses and requests of real clients, from a server that refuses.

from __future__ import annotations

import asyncio
import http.client
import io
import tracemalloc
import urllib.error
import urllib.request
from types import SimpleNamespace

import aiohttp
import httpx
import niquests
import pytest
import requests
import urllib3
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session

from rsigv4 import InvalidRequestError, Signer, explain
from support.servers.refusing import MOVED, PREFIX, RefusingServer
from support.signing import ACCESS_KEY, CREDENTIALS, SECRET

BODY = b'{"a": 1}'
SIGNER = Signer(CREDENTIALS, "us-east-1", "es")


@pytest.fixture(scope="module")
def server():
    with RefusingServer() as server:
        yield server


@pytest.fixture
def url(server):
    return f"{server.endpoint}{PREFIX}/index/_doc/a%20b?q=a%20b"


def signed(url):
    headers = {"Content-Type": "application/json"}
    return {**headers, **SIGNER.sign("POST", url, headers, BODY)}


def check(explanation):
    assert explanation.status == 403
    assert explanation.error_code == "InvalidSignatureException"
    assert explanation.cause.code == "path_prefix"
    assert PREFIX in explanation.cause.summary
    differing = [pair for pair in explanation.canonical_request_diff if pair.column is not None]
    assert [pair.part for pair in differing] == ["canonical_uri"]
    assert differing[0].ours == f"{PREFIX}/index/_doc/a%2520b"
    assert differing[0].theirs == "/index/_doc/a%2520b"


@pytest.mark.parametrize("client", [requests, niquests])
def test_requests(client, url):
    response = client.post(url, data=BODY, headers=signed(url), timeout=30)

    check(explain(response))
    check(explain(response, signer=SIGNER))
    check(explain(response, request=response.request))
    with pytest.raises(client.exceptions.HTTPError) as caught:
        response.raise_for_status()
    check(explain(caught.value))


@pytest.mark.parametrize("signer", [SIGNER, None], ids=["with the signer", "without"])
@pytest.mark.parametrize("client", [requests, niquests, httpx])
def test_redirect_that_kept_the_signature(server, client, signer):
    """mhart/aws4fetch#51."""
    url = f"{server.endpoint}{MOVED}/path"
    arguments = {"data": BODY}
    if client is httpx:
        arguments = {"content": BODY, "follow_redirects": True, "trust_env": False}
    response = client.post(url, headers=signed(url), timeout=30, **arguments)

    assert explain(response, signer=signer).cause.code == "redirected"
    given = explain(response, signer=signer, request=response.request)
    assert given.cause.code == "redirected"


def test_unprepared_request_of_requests(url):
    response = requests.post(url, data=BODY, headers=signed(url), timeout=30)
    base, _, query = url.partition("?q=")
    request = requests.Request(
        "POST", base, signed(url), data=BODY, params={"q": query.replace("%20", " ")}
    )

    check(explain(response, request=request))


def test_httpx(url):
    with httpx.Client(trust_env=False) as client:
        response = client.post(url, content=BODY, headers=signed(url))
        check(explain(response))
        check(explain(response, signer=SIGNER, request=response.request))
        with pytest.raises(httpx.HTTPStatusError) as caught:
            response.raise_for_status()
        check(explain(caught.value))


def test_httpx_before_the_body_is_read(url):
    with (
        httpx.Client(trust_env=False) as client,
        client.stream("POST", url, content=BODY, headers=signed(url)) as response,
    ):
        # The headers contain the code, so the body is not read.
        explanation = explain(response)
        assert explanation.error_code == "InvalidSignatureException"
        assert not response.is_stream_consumed
        response.read()
        check(explain(response))


def test_httpx_async(url):
    async def call():
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.post(url, content=BODY, headers=signed(url))

    check(explain(asyncio.run(call())))


def test_aiohttp(url):
    async def call():
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=BODY, headers=signed(url)) as response,
        ):
            before = explain(response)
            await response.read()
            return before, explain(response), explain(response, request=response.request_info)

    before, *explanations = asyncio.run(call())

    # The headers contain the code before the body is read.
    assert before.error_code == "InvalidSignatureException"
    assert before.canonical_request_diff == []
    for explanation in explanations:
        check(explanation)


def test_urllib3(url):
    with urllib3.PoolManager() as pool:
        headers = signed(url)
        response = pool.request("POST", url, body=BODY, headers=headers)

    check(explain(response, request=("POST", url, headers, BODY)))
    # urllib3 doesn't keep the request, so there is nothing to compare.
    alone = explain(response)
    assert alone.canonical_request_diff == []
    assert not alone.cause.certain


def test_urllib(url):
    request = urllib.request.Request(url, BODY, signed(url), method="POST")  # noqa: S310 - http
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with pytest.raises(urllib.error.HTTPError) as caught:
        opener.open(request, timeout=30)

    with caught.value as error:
        check(explain(error, request=request))


def test_http_client(server, url):
    connection = http.client.HTTPConnection(server.endpoint.partition("//")[2], timeout=30)
    try:
        headers = signed(url)
        connection.request("POST", url.removeprefix(server.endpoint), BODY, headers)
        check(explain(connection.getresponse(), request=("POST", url, headers, BODY)))
    finally:
        connection.close()


def test_mapping_as_a_request(url):
    headers = signed(url)
    response = requests.post(url, data=BODY, headers=headers, timeout=30)

    check(
        explain(response, request={"method": "POST", "url": url, "headers": headers, "body": BODY})
    )


def test_request_of_botocore(url):
    headers = signed(url)
    response = requests.post(url, data=BODY, headers=headers, timeout=30)
    base, _, _ = url.partition("?")
    request = AWSRequest("POST", base, headers, BODY, {"q": "a b"})

    check(explain(response, request=request))
    check(explain(response, request=request.prepare()))


@pytest.fixture
def client_error(server):
    """Return the error of botocore's S3 client, and the request that it sent."""
    client = Session().create_client(
        "s3",
        region_name="us-east-1",
        endpoint_url=server.endpoint + PREFIX,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET,
        config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
    )
    sent = []
    client.meta.events.register("before-send.s3", lambda request, **_: sent.append(request))
    with pytest.raises(ClientError) as caught:
        client.get_object(Bucket="bucket", Key="a key")
    client.close()
    return caught.value, sent[0]


def test_client_error_of_botocore(client_error):
    error, request = client_error
    signer = Signer(CREDENTIALS, "us-east-1", "s3")

    for response in (error, error.response):
        explanation = explain(response, signer=signer, request=request)

        assert explanation.status == 403
        assert explanation.error_code == "SignatureDoesNotMatch"
        assert explanation.cause.code == "path_prefix"
        part = next(p for p in explanation.canonical_request_diff if p.part == "canonical_uri")
        assert (part.ours, part.theirs) == (f"{PREFIX}/bucket/a%20key", "/bucket/a%20key")


def test_request_of_a_client_is_not_signed_by_explain(url):
    """If the caller forgot to sign it, it stays unsigned."""
    response = '{"message":"Missing Authentication Token"}'
    request = requests.Request("GET", url).prepare()

    assert explain(response, signer=SIGNER, request=request).cause.code == "unsigned"
    assert explain(response, signer=SIGNER, request=("GET", url)).cause.code == "unknown_path"


def test_error_of_aiohttp(url):
    async def call():
        async with (
            aiohttp.ClientSession(raise_for_status=True) as session,
            session.post(url, data=BODY, headers=signed(url)),
        ):
            pass

    with pytest.raises(aiohttp.ClientResponseError) as caught:
        asyncio.run(call())

    # aiohttp's error has the headers, but not the body.
    assert explain(caught.value).error_code == "InvalidSignatureException"


def test_text_of_a_client_error(client_error):
    error, _ = client_error

    assert explain(str(error)).error_code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    "response",
    [
        {"Error": None},
        {"Error": {"Code": None}},
        {"Error": {}, "ResponseMetadata": None},
        {"Error": {}, "ResponseMetadata": {"HTTPHeaders": None, "HTTPStatusCode": "403"}},
        SimpleNamespace(status_code=-1, headers={}, content=b""),
        SimpleNamespace(status_code=70_000, headers={}, content=b""),
    ],
    ids=repr,
)
def test_answers_of_mocks_without_all_parts(response):
    explanation = explain(response)

    assert explanation.status is None
    assert explanation.cause.code == "unknown"


def test_other_exceptions_are_read_as_text():
    error = RuntimeError('TransportError(403, \'{"message":"Missing Authentication Token"}\')')

    assert explain(error).cause.code == "unknown_path"


TEXT = '{"message":"The security token included in the request is expired"}'


def test_texts_and_files(tmp_path):
    path = tmp_path / "response.json"
    path.write_text(TEXT, encoding="utf-8")
    sources = [TEXT, TEXT.encode(), bytearray(TEXT.encode()), memoryview(TEXT.encode()), path]
    sources += [io.StringIO(TEXT), io.BytesIO(TEXT.encode())]
    for source in sources:
        assert explain(source).cause.code == "session_token_expired"


def test_reads_64_kib_of_a_body_and_takes_1_mib():
    class Response:
        status = 403

        def __init__(self, body):
            self.headers = {}
            self.read = io.BytesIO(body).read

    def body(length):
        return b" " * (length - len(TEXT)) + TEXT.encode()

    assert explain(Response(body(64 * 1024))).cause.code == "session_token_expired"
    assert explain(Response(body(64 * 1024 + len(TEXT)))).cause.code == "access_denied"
    assert explain(body(1024 * 1024)).cause.code == "session_token_expired"
    assert explain(body(1024 * 1024 + len(TEXT))).cause.code == "unknown"


@pytest.mark.parametrize("is_path", [True, False])
def test_large_file_is_read_in_part(tmp_path, is_path):
    path = tmp_path / "response.txt"
    with path.open("w+b") as file:
        file.truncate(64 * 1024 * 1024)
        tracemalloc.start()
        try:
            explain(path if is_path else file)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < 16 * 1024 * 1024


@pytest.mark.parametrize("source", [None, 403, object(), [], {}, {"a": 1}, str, type(None)])
def test_invalid_response_is_an_error(source):
    with pytest.raises(InvalidRequestError, match=r"^response_or_text must be a response"):
        explain(source)


@pytest.mark.parametrize(
    "request_",
    ["GET", 1, object(), (), ("GET",), ("GET", "no url"), ("GET", "https://x", {}, b"", 1), {}],
)
def test_invalid_request_is_an_error(request_):
    with pytest.raises(InvalidRequestError):
        explain(TEXT, request=request_)


def test_invalid_signer_is_an_error():
    with pytest.raises(InvalidRequestError, match=r"^signer must be a Signer"):
        explain(TEXT, signer=CREDENTIALS)


@pytest.mark.parametrize(
    "response",
    [{"Error": "AccessDenied"}, {"Error": {"Code": "a"}, "ResponseMetadata": "x"}, {"Error": None}],
)
def test_response_of_botocore_with_parts_of_other_types(response):
    assert explain(response).causes
