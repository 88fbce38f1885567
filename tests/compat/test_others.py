"""The other drop-ins: names, arguments, errors, and what users do with them."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import boto3
import httpx
import httpx_auth
import opensearchpy
import pytest
import requests
import requests_auth_aws_sigv4
import time_machine
from botocore.credentials import Credentials, RefreshableCredentials

import rsigv4
from rsigv4.compat import httpx_auth as our_httpx
from rsigv4.compat import opensearchpy as our_opensearch
from rsigv4.compat import requests_auth_aws_sigv4 as our_sigv4
from rsigv4.compat.opensearchpy import helpers
from rsigv4.compat.opensearchpy.helpers import asyncsigner, signer
from rsigv4.compat.requests_aws4auth import AWS4Auth
from support.locals import check_frames
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET, TOKEN

HOUR = 3600
CREDENTIALS = Credentials("AKID", "secret", "token")
OPTIONS = {
    "region": "us-east-1",
    "aws_access_key_id": "AKID",
    "aws_secret_access_key": "secret",
    "aws_session_token": "token",
}
clones = pytest.mark.parametrize(
    "clone",
    [copy.copy, copy.deepcopy, lambda auth: pickle.loads(pickle.dumps(auth))],  # noqa: S301
)


@pytest.fixture
def server():
    with VerifyingServer() as server:
        server.accept("AKID", "secret", "token")
        yield server


def prepared(auth, url="https://example.com/a?b=c", **parts):
    return requests.Request("POST", url, auth=auth, **parts).prepare()


def of_opensearch(**changed):
    return our_opensearch.RequestsAWSV4SignerAuth(CREDENTIALS, "us-east-1", **changed)


def of_sigv4(**changed):
    return our_sigv4.AWSSigV4("es", **{**OPTIONS, **changed})


def of_httpx(service="es", **changed):
    return our_httpx.AWS4Auth(
        "AKID", "secret", "us-east-1", service, security_token="token", **changed
    )


@pytest.mark.parametrize("auth", [of_opensearch(), of_sigv4()], ids=["opensearchpy", "sigv4"])
def test_what_the_originals_sign_wrongly_is_accepted(auth, server):
    with VerifyingServer(anonymous=True) as other, requests.Session() as session:
        session.auth = auth
        server.redirects = {"/here": (307, "/there"), "/away": (307, other.url("/"))}
        for target in ("/here", "/away", "/a%20b;c", "//x/../y", "/?q=a+b&q=%3D&q", "/?a=x=="):
            for body in (b"body", "text", {"a": "b"}, iter([b"a", b"b"])):
                # A generator can't be sent twice.
                if target not in {"/here", "/away"} or isinstance(body, (bytes, str)):
                    assert (
                        session.post(server.url(target), data=body, timeout=30).status_code == 200
                    )
        assert session.get(server.url("/"), data=b"body", timeout=30).status_code == 200
        assert server.errors == []
        assert not {name for name in other.arrived[0].names() if name.startswith(("x-amz", "auth"))}


@pytest.mark.parametrize("auth", [of_opensearch(), of_sigv4()], ids=["opensearchpy", "sigv4"])
def test_threads_share_an_auth(auth, server):
    barrier = threading.Barrier(32)

    def send(number):
        barrier.wait(30)
        url = server.url(f"/{number}?q={number}")
        return requests.post(url, data=str(number), auth=auth, timeout=30).status_code

    with ThreadPoolExecutor(32) as executor:
        assert set(executor.map(send, range(64))) == {200}
    assert server.errors == []


@pytest.mark.parametrize(
    "auth",
    [
        of_opensearch(service="s3"),
        our_sigv4.AWSSigV4("s3", **OPTIONS),
        AWS4Auth("AKID", "secret", "us-east-1", "s3", session_token="token"),
    ],
    ids=["opensearchpy", "sigv4", "aws4auth"],
)
def test_a_copy_of_a_signed_request_can_be_signed(auth, server):
    request = requests.Request("POST", server.url("/a+b"), data=b"body").prepare()
    with requests.Session() as session:
        assert session.send(auth(request), timeout=30).status_code == 200
        assert session.send(auth(request.copy()), timeout=30).status_code == 200


@clones
@pytest.mark.parametrize("auth", [of_opensearch(), of_sigv4()], ids=["opensearchpy", "sigv4"])
def test_copies_sign(auth, clone, server):
    prepared(auth)
    assert requests.get(server.url(), auth=clone(auth), timeout=30).status_code == 200


# opensearchpy


def test_opensearchpy_has_the_names_of_the_original():
    for name in our_opensearch.__all__:
        theirs, ours = getattr(opensearchpy, name), getattr(our_opensearch, name)
        assert vars(theirs(CREDENTIALS, "r")).keys() <= vars(ours(CREDENTIALS, "r")).keys()
    assert signer.AWSV4SignerAuth is our_opensearch.AWSV4SignerAuth
    assert asyncsigner.AWSV4SignerAsyncAuth is our_opensearch.AWSV4SignerAsyncAuth
    for name in opensearchpy.helpers.__all__:
        assert (getattr(helpers, name) is getattr(opensearchpy.helpers, name)) == (
            name not in our_opensearch.__all__
        )
    assert helpers.AWSV4SignerAuth is our_opensearch.AWSV4SignerAuth
    for name in ("OpenSearch", "VERSION", "__version__", "__versionstr__"):
        assert getattr(our_opensearch, name) is getattr(opensearchpy, name)
    for module in (our_opensearch, helpers):
        for name in ("Missing", "__missing__"):
            with pytest.raises(AttributeError, match=name):
                getattr(module, name)


@pytest.mark.parametrize("name", [*our_opensearch.__all__])
def test_opensearchpy_refuses_empty_arguments(name):
    auth = getattr(our_opensearch, name)
    for arguments, message in [
        ((None, "r", "es"), "Credentials cannot be empty"),
        ((CREDENTIALS, "", "es"), "Region cannot be empty"),
        ((CREDENTIALS, "r", ""), "Service name cannot be empty"),
    ]:
        with pytest.raises(ValueError, match=f"^{message}$"):
            auth(*arguments)
    own = auth(CREDENTIALS, "r")
    assert (own.signer.credentials, own.signer.region, own.signer.service) == (
        CREDENTIALS,
        "r",
        "es",
    )
    assert own.service == "es"


@pytest.mark.skipif(
    opensearchpy.VERSION < (3, 2), reason="it doesn't pass the headers to the signature"
)
def test_opensearchpy_keeps_a_content_hash_and_signs_the_host_of_a_tunnel():
    headers = {"x-amz-content-sha256": "UNSIGNED-PAYLOAD", "Host": "a.us-east-1.es.amazonaws.com"}
    sign = (CREDENTIALS, "us-east-1")
    expected = opensearchpy.Urllib3AWSV4SignerAuth(*sign)(
        "GET", "https://localhost:9200/", None, headers
    )
    ours = our_opensearch.Urllib3AWSV4SignerAuth(*sign)(
        "GET", "https://localhost:9200/", None, headers
    )
    assert ours.keys() == expected.keys()
    assert ours["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"


@pytest.mark.parametrize("body", [None, {}, "", b"", {"a": ["b", "c d"]}, "text"])
def test_opensearchpy_hashes_every_body_of_the_original(body):
    arguments = ("POST", "https://example.com/", body)
    expected = opensearchpy.AWSV4SignerAsyncAuth(CREDENTIALS, "us-east-1")(*arguments)
    ours = our_opensearch.AWSV4SignerAsyncAuth(CREDENTIALS, "us-east-1")(*arguments)
    assert ours["X-Amz-Content-SHA256"] == expected["X-Amz-Content-SHA256"]


@pytest.mark.parametrize("body", [None, b"body", "body"])
@pytest.mark.parametrize("query", ["", "q=a"])
def test_async_signature_for_an_old_connection_covers_the_body(query, body):
    sign = our_opensearch.AWSV4SignerAsyncAuth(CREDENTIALS, "us-east-1")
    with time_machine.travel(0, tick=False):
        signed = sign("POST", f"https://example.com/?{query}".rstrip("?"), query, body)
        assert signed == sign("POST", f"https://example.com/?{query}".rstrip("?"), body)


def test_opensearch_serverless_gets_no_signed_content_length():
    auth = of_opensearch(service="aoss")
    assert "content-length" not in prepared(auth, data=b"body").headers["Authorization"]
    assert "content-length" in prepared(of_opensearch(), data=b"body").headers["Authorization"]


def test_opensearchpy_subclass_of_the_signer_is_used():
    class Own(our_opensearch.RequestsAWSV4SignerAuth):
        def _sign_request(self, prepared_request):
            prepared_request.headers["X-Own"] = "a"
            return super()._sign_request(prepared_request)

    assert "x-own" in prepared(Own(CREDENTIALS, "us-east-1")).headers["Authorization"]
    with mock.patch.object(signer.AWSV4Signer, "sign", return_value={"Authorization": "mocked"}):
        assert prepared(of_opensearch()).headers["Authorization"] == "mocked"


@pytest.mark.parametrize("name", ["aws4auth", "opensearchpy", "sigv4", "httpx", "aws4auth httpx"])
def test_no_body_is_signed_for_vpc_lattice(name):
    service = "vpc-lattice-svcs"
    of_aws4auth = AWS4Auth("AKID", "secret", "us-east-1", service, session_token="token")
    of_sigv4 = our_sigv4.AWSSigV4(service, **OPTIONS)
    if "httpx" in name:
        auth = of_aws4auth if "aws4auth" in name else of_httpx(service=service)
        request = httpx.Request("POST", "https://example.com/", content=b"body")
        signed = auth(request) if auth is of_aws4auth else next(auth.auth_flow(request))
    else:
        auths = {"aws4auth": of_aws4auth, "sigv4": of_sigv4}
        auth = auths.get(name) or of_opensearch(service=service)
        signed = prepared(auth, "https://example.com/", data=b"body")
    assert signed.headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    verifier = rsigv4.Verifier(lambda _: rsigv4.Credentials("AKID", "secret", "token"))
    headers = {"host": "example.com", **signed.headers}
    assert verifier.verify("POST", "https://example.com/", headers, b"another body")


def test_async_credentials_are_asked_off_the_loop():
    threads = []

    class Provider:
        def get_frozen_credentials(self):
            threads.append(threading.current_thread())
            return CREDENTIALS.get_frozen_credentials()

    async def sign():
        return our_opensearch.AWSV4SignerAsyncAuth(Provider(), "us-east-1")("GET", "https://a.b/")

    assert "Authorization" in asyncio.run(sign())
    assert threading.main_thread() not in threads


def test_async_refresh_does_not_block_the_loop_while_credentials_are_valid():
    started, go_on = threading.Event(), threading.Event()

    def metadata(name="AKID", seconds=10 * 60):
        ends = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=seconds)
        key = {"access_key": name, "secret_key": "secret", "token": "token"}
        return {**key, "expiry_time": ends.isoformat()}

    def refresh():
        started.set()
        assert go_on.wait(30)
        return metadata("AKIDNEW", HOUR)

    # botocore refreshes fifteen minutes before the end, and waits for it in the last ten.
    credentials = RefreshableCredentials.create_from_metadata(metadata(), refresh, "tests")
    auth = our_opensearch.AWSV4SignerAsyncAuth(credentials, "us-east-1")
    go_on.set()
    auth.signer._last = credentials._frozen_credentials  # noqa: SLF001 - as after an hour
    go_on.clear()
    started.clear()
    assert "AKID/" in auth("GET", "https://a.b/")["Authorization"]
    assert started.wait(30)
    go_on.set()
    auth.signer._pending.result(30)  # noqa: SLF001
    assert "AKIDNEW/" in auth("GET", "https://a.b/")["Authorization"]


# requests_auth_aws_sigv4


# The original uses utcnow(), which Python 3.12 deprecates.
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_sigv4_has_the_names_of_the_original():
    theirs, ours = requests_auth_aws_sigv4.AWSSigV4("es", **OPTIONS), of_sigv4()
    prepared(theirs)
    prepared(ours)
    assert vars(theirs).keys() <= vars(ours).keys()
    assert our_sigv4.sign_msg(b"key", "text") == requests_auth_aws_sigv4.sign_msg(b"key", "text")
    assert our_sigv4.__version__ == requests_auth_aws_sigv4.__version__


def test_sigv4_reads_the_environment_and_boto3(monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    for uses_boto3 in (False, True):
        monkeypatch.setattr(our_sigv4, "USE_BOTO3", uses_boto3)
        auth = our_sigv4.AWSSigV4("es")
        assert (auth.region, auth.aws_access_key_id) == ("eu-west-1", "AKIDENV")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    assert our_sigv4.AWSSigV4("es").region == "us-west-2"
    session = boto3.Session("AKIDSESSION", "secret", "token", region_name="us-east-2")
    auth = our_sigv4.AWSSigV4("es", session=session)
    assert (auth.region, auth.aws_access_key_id) == ("us-east-2", "AKIDSESSION")
    assert "AKIDSESSION/" in prepared(auth).headers["Authorization"]
    auth.aws_access_key_id = "AKIDOWN"
    assert "AKIDOWN/" in prepared(auth).headers["Authorization"]


def test_sigv4_errors_are_those_of_the_original(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValueError, match=r"Session must be boto3\.Session"):
        of_sigv4(session="text")
    monkeypatch.setattr(our_sigv4, "USE_BOTO3", False)
    with pytest.raises(KeyError, match="AWS Access Key ID and Secret Access Key are required"):
        our_sigv4.AWSSigV4("es", region="us-east-1")
    with pytest.raises(KeyError, match="Region is required"):
        of_sigv4(region=None)


def test_sigv4_can_leave_bodies_unsigned():
    request = prepared(of_sigv4(payload_signing_enabled=False), data=b"body")
    assert request.headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"


# httpx_auth


def test_httpx_auth_has_the_names_of_the_original():
    arguments = ("AKID", "secret", "us-east-1", "es")
    theirs, ours = httpx_auth.AWS4Auth(*arguments), our_httpx.AWS4Auth(*arguments)
    assert vars(theirs) == vars(ours)
    assert ours.requires_request_body is True
    assert our_httpx.Basic is httpx_auth.Basic
    assert our_httpx.__version__ == httpx_auth.__version__
    with pytest.raises(Exception, match=r"^Secret key is mandatory\.$"):
        our_httpx.AWS4Auth("AKID", "", "us-east-1", "es")


@pytest.mark.parametrize(
    "content", [{"content": b"body"}, {"json": {"a": "b"}}, {"files": {"a": b"b"}}, {}], ids=str
)
@pytest.mark.parametrize("target", ["/a%20b:c", "//x/../y", "/?q=a%20b&q=%3D&q"])
def test_httpx_auth_signs_every_request(content, target, server):
    auth = of_httpx(include_headers={"*"})
    headers = {"X-Own": "a  b"}
    assert httpx.post(server.url(target), auth=auth, headers=headers, **content).status_code == 200
    assert "x-own" in server.arrived[0].authorization.signed_headers

    async def send():
        async with httpx.AsyncClient(auth=auth) as client:
            return await client.post(server.url(target), **content)

    assert asyncio.run(send()).status_code == 200
    assert server.errors == []


@pytest.mark.parametrize(
    "auth",
    [of_httpx(service="s3"), AWS4Auth("AKID", "secret", "us-east-1", "s3", session_token="token")],
    ids=["httpx_auth", "aws4auth"],
)
def test_httpx_sends_a_plus_that_s3_reads_as_one(auth, server):
    # S3 reads a raw plus in a path as a space.
    assert httpx.get(server.url("/a+b?c=d+e"), auth=auth).status_code == 200
    assert server.arrived[0].target == "/a%2Bb?c=d%20e"


def test_httpx_auth_composes_with_the_original(server):
    key = httpx_auth.HeaderApiKey("key", "X-Api-Key")
    for auth in (key & of_httpx(include_headers=["x-api-key"]), key + of_httpx()):
        assert httpx.post(server.url(), auth=auth, content=b"body").status_code == 200
    assert "x-api-key" in server.arrived[0].authorization.signed_headers


def test_httpx_auth_signs_redirects_again_and_leaks_nothing(server):
    with VerifyingServer(anonymous=True) as other, httpx.Client(follow_redirects=True) as client:
        server.redirects = {"/here": (307, "/there"), "/away": (307, other.url("/"))}
        for target in ("/here", "/away"):
            response = client.put(server.url(target), auth=of_httpx(), content=b"body")
            assert response.status_code == 200
        assert not {name for name in other.arrived[0].names() if name.startswith(("x-amz", "auth"))}


@pytest.mark.parametrize("make", [of_opensearch, of_sigv4, of_httpx])
def test_what_aws_refuses_is_signed_with_a_warning(make):
    auth = make()
    for holder in (auth, getattr(auth, "signer", auth)):
        for name in ("region", "service"):
            if hasattr(holder, name):
                setattr(holder, name, "a/b")
    sign = prepared
    if make is of_httpx:
        sign = lambda auth: next(auth.auth_flow(httpx.Request("GET", "https://example.com/")))  # noqa: E731
    with pytest.warns(rsigv4.SigningWarning, match="region has white space, a slash"):
        sign(auth)


@pytest.mark.parametrize(
    "auth",
    [
        our_opensearch.RequestsAWSV4SignerAuth(Credentials(ACCESS_KEY, SECRET, TOKEN), "us-east-1"),
        of_sigv4(aws_secret_access_key=SECRET, aws_session_token=TOKEN),
        AWS4Auth(ACCESS_KEY, SECRET, "us-east-1", "es", session_token=TOKEN),
    ],
    ids=["opensearchpy", "sigv4", "aws4auth"],
)
def test_no_traceback_has_the_secret_in_its_variables(auth):
    request = prepared(None)
    request.url = "https://[::1/"
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its frames matter
        auth(request)
    check_frames(caught.value)
