"""The other drop-ins: what they share, and AWSSigV4 of requests-auth-aws-sigv4."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import httpx
import pytest
import requests
import requests_auth_aws_sigv4
from botocore.credentials import Credentials, RefreshableCredentials

import rsigv4
from rsigv4.compat import opensearchpy as our_opensearch
from rsigv4.compat import requests_auth_aws_sigv4 as our_sigv4
from rsigv4.compat.httpx_auth import AWS4Auth as HttpxAWS4Auth
from rsigv4.compat.requests_aws4auth import AWS4Auth
from support.compat import (
    OPTIONS,
    of_aws4auth,
    of_httpx,
    of_opensearch,
    of_sigv4,
    prepared,
)
from support.locals import check_frames
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET, TOKEN

HTTPX_REQUEST = httpx.Request("GET", "https://example.com/")
SIGV4_MODULES = (requests_auth_aws_sigv4, our_sigv4)
clones = pytest.mark.parametrize(
    "clone",
    [copy.copy, copy.deepcopy, lambda auth: pickle.loads(pickle.dumps(auth))],  # noqa: S301
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
        of_opensearch("s3"),
        of_sigv4("s3"),
        of_aws4auth("s3"),
    ],
    ids=["opensearchpy", "sigv4", "aws4auth"],
)
def test_a_copy_of_a_signed_request_can_be_signed(auth, server):
    request = requests.Request("POST", server.url("/a+b"), data=b"body").prepare()
    with requests.Session() as session:
        assert session.send(auth(request), timeout=30).status_code == 200
        assert session.send(auth(request.copy()), timeout=30).status_code == 200


@pytest.mark.parametrize("auth", [of_opensearch("s3"), of_sigv4("s3")])
def test_presigned_urls_are_sent_as_they_are(auth):
    signer = rsigv4.Signer(rsigv4.Credentials("AKID", "secret", "token"), "us-east-1", "s3")
    url = signer.presign("GET", "https://example.com/a")
    stale = {"Authorization": "AWS4-HMAC-SHA256 a", "X-Amz-Date": "b"}
    request = requests.Request("GET", url, stale, auth=auth).prepare()
    assert (request.url, dict(request.headers)) == (url, {})


@clones
@pytest.mark.parametrize("auth", [of_opensearch(), of_sigv4()], ids=["opensearchpy", "sigv4"])
def test_copies_sign(auth, clone, server):
    prepared(auth)
    assert requests.get(server.url(), auth=clone(auth), timeout=30).status_code == 200


@pytest.mark.parametrize(
    ("make", "is_httpx"),
    [
        (of_aws4auth, False),
        (of_aws4auth, True),
        (of_opensearch, False),
        (of_sigv4, False),
        (of_httpx, True),
    ],
)
def test_no_body_is_signed_for_vpc_lattice(make, is_httpx):
    auth = make("vpc-lattice-svcs")
    if is_httpx:
        request = httpx.Request("POST", "https://example.com/", content=b"body")
        signed = next(auth.auth_flow(request)) if make is of_httpx else auth(request)
    else:
        signed = prepared(auth, "https://example.com/", data=b"body")
    assert signed.headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    verifier = rsigv4.Verifier(lambda _: rsigv4.Credentials("AKID", "secret", "token"))
    headers = {"host": "example.com", **signed.headers}
    assert verifier.verify("POST", "https://example.com/", headers, b"another body")


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
    request.url = "https://example.com/"
    getattr(auth, "signer", auth).region = 1
    getattr(auth, "signing_key", auth).region = 1
    with pytest.raises(rsigv4.InvalidRequestError, match="region must be str") as caught:
        auth(request)
    check_frames(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: AWS4Auth(ACCESS_KEY, SECRET),
        lambda: AWS4Auth(ACCESS_KEY, SECRET, "us-east-1"),
        lambda: AWS4Auth(ACCESS_KEY, SECRET, None, "es"),
        lambda: AWS4Auth(ACCESS_KEY, SECRET, "r", "es", session_token=TOKEN, raise_invalid_date=3),
        lambda: of_sigv4(aws_secret_access_key=SECRET, aws_session_token=TOKEN, session=1),
        lambda: HttpxAWS4Auth(ACCESS_KEY, SECRET, "r", "es", include_headers=3),
        lambda: next(HttpxAWS4Auth(ACCESS_KEY, SECRET, None, "es").auth_flow(HTTPX_REQUEST)),
        lambda: next(
            HttpxAWS4Auth(ACCESS_KEY, SECRET, "r", "es", security_token=f"{TOKEN}\n").auth_flow(
                HTTPX_REQUEST
            )
        ),
    ],
)
def test_no_traceback_of_wrong_arguments_has_the_secret_in_its_variables(call):
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    check_frames(caught.value)
    assert caught.value.__context__ is None


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
    for uses_boto3 in (True, False):
        monkeypatch.setattr(our_sigv4, "USE_BOTO3", uses_boto3)
        assert our_sigv4.AWSSigV4("es").region == "us-west-2"
    for name in ("AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, f"token of {name}")
        assert our_sigv4.AWSSigV4("es").aws_session_token == f"token of {name}"
    monkeypatch.setattr(our_sigv4, "USE_BOTO3", True)
    session = boto3.Session("AKIDSESSION", "secret", "token", region_name="us-east-2")
    auth = our_sigv4.AWSSigV4("es", session=session)
    assert (auth.region, auth.aws_access_key_id) == ("us-east-2", "AKIDSESSION")
    assert "AKIDSESSION/" in prepared(auth).headers["Authorization"]
    auth.aws_access_key_id = "AKIDOWN"
    assert "AKIDOWN/" in prepared(auth).headers["Authorization"]


def test_sigv4_keys_that_refresh_themselves_can_be_shared_and_copied(server):
    numbers = iter(range(1000))

    def metadata():
        name = f"AKID{next(numbers)}"
        server.accept(name, f"secret {name}", f"token {name}")
        ends = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=30)
        return {
            "access_key": name,
            "secret_key": f"secret {name}",
            "token": f"token {name}",
            "expiry_time": ends.isoformat(),
        }

    session = boto3.Session(region_name="us-east-1")
    session._session._credentials = RefreshableCredentials.create_from_metadata(  # noqa: SLF001
        metadata(), metadata, "tests"
    )
    auth = our_sigv4.AWSSigV4("es", session=session)

    def send(auth):
        return requests.post(server.url(), data=b"body", auth=auth, timeout=30).status_code

    copied = pickle.loads(pickle.dumps(auth))  # noqa: S301 - our own
    with ThreadPoolExecutor(32) as executor:
        auths = [auth, copied, copy.copy(auth), copy.deepcopy(auth)] * 8
        assert set(executor.map(send, auths)) == {200}


def test_sigv4_reads_the_region_of_a_profile(monkeypatch, tmp_path):
    (tmp_path / "config").write_text("[default]\nregion = eu-west-3\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    assert of_sigv4(region=None).region == "eu-west-3"


def test_sigv4_errors_are_those_of_the_original(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for session in ("text", None, type("Own", (boto3.Session,), {})()):
        with pytest.raises(ValueError, match=r"Session must be boto3\.Session"):
            of_sigv4(session=session)
    monkeypatch.setattr(our_sigv4, "USE_BOTO3", False)
    with pytest.raises(KeyError, match="AWS Access Key ID and Secret Access Key are required"):
        our_sigv4.AWSSigV4("es", region="us-east-1")
    with pytest.raises(KeyError, match="Region is required"):
        of_sigv4(region=None)


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_sigv4_sets_the_headers_of_the_original():
    theirs, ours = (prepared(module.AWSSigV4("es", **OPTIONS)) for module in SIGV4_MODULES)
    for name in ("Content-Type", "User-Agent"):
        assert ours.headers[name] == theirs.headers[name]
    assert set(theirs.headers) - set(ours.headers) == {"Host"}


def test_sigv4_sends_no_empty_token():
    assert "x-amz-security-token" not in prepared(of_sigv4(aws_session_token="")).headers


def test_sigv4_can_leave_bodies_unsigned():
    request = prepared(of_sigv4(payload_signing_enabled=False), data=b"body")
    assert request.headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
