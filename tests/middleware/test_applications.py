# The example applications: FastAPI with uvicorn, and Flask with gunicorn.

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import shutil
import subprocess

import boto3
import pytest
import requests
from botocore.auth import S3SigV4Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as BotocoreCredentials
from botocore.httpsession import URLLib3Session
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from rsigv4.aws_auth import AWSRequestsAuth
from support.chunked_upload import CONTENT, chunked, put
from support.servers.applications import example_application

REGION = "us-east-1"
SERVICE = "execute-api"
MAX_BODY = 1024 * 1024

MISSING = (403, "MissingAuthenticationTokenException")
WRONG = (403, "InvalidSignatureException")
UNKNOWN = (403, "UnrecognizedClientException")

# Targets as clients encode them: once, more than once, and unusually.
TARGETS = [
    "/whoami",
    "/whoami?b=2&a=1&a=0",
    "/whoami?q=a%20b&empty=&=x&%C3%A9=%2B",
    "/files/a%20b/c%C3%A9",
    "/files/a%2520b",
    "/files/a:b@c;d=1",
]


@pytest.fixture(scope="module", params=["fastapi", "flask"])
def application(request):
    with example_application(request.param) as server:
        yield server


@pytest.fixture(scope="module")
def fastapi():
    with example_application("fastapi") as server:
        yield server


def refusal(response):
    """Check that a response is a refusal, and return the parts that identify it."""
    assert response.headers["content-type"] == "application/json"
    message = json.loads(getattr(response, "content", None) or response.body)["message"]
    assert message
    status = getattr(response, "status", None) or response.status_code
    return status, response.headers["x-amzn-errortype"]


def method_of(target):
    return "PUT" if target.startswith("/files/") else "GET"


def call(application, target="/whoami", body=b"", *, service=SERVICE, **changed):
    signer = application.signer(service=service, **changed)
    return application.call(method_of(target), target, body=body, signer=signer)


def identified(application, service=SERVICE):
    return {"access_key_id": application.access_key_id, "service": service}


def stored(name, content):
    return {
        "name": name,
        "length": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


@pytest.mark.parametrize("target", TARGETS)
def test_signer(application, target):
    response = call(application, target, body=b"" if method_of(target) == "GET" else b"content")
    assert response.status == 200, response.text


@pytest.mark.parametrize("target", TARGETS[:5])
@pytest.mark.parametrize("auth_class", [SigV4Auth, S3SigV4Auth])
def test_signer_of_botocore(application, target, auth_class):
    credentials = BotocoreCredentials(application.access_key_id, application.secret_access_key)
    service = "s3" if auth_class is S3SigV4Auth else SERVICE
    request = AWSRequest(
        method_of(target),
        application.endpoint + target,
        data=b"content" if method_of(target) == "PUT" else None,
        headers={"X-Amz-Meta-Name": " two  spaces "},
    )
    auth_class(credentials, service, REGION).add_auth(request)
    with contextlib.closing(URLLib3Session(timeout=10)) as session:
        response = session.send(request.prepare())
    assert response.status_code == 200, response.text


def test_presigned_by_boto3(application):
    client = boto3.client(
        "s3",
        endpoint_url=application.endpoint,
        region_name=REGION,
        aws_access_key_id=application.access_key_id,
        aws_secret_access_key=application.secret_access_key,
        config=Config(signature_version="s3v4"),
    )
    with contextlib.closing(client):
        url = client.generate_presigned_url("put_object", {"Bucket": "files", "Key": "a b/c+d"})
    response = requests.put(url, data=CONTENT, timeout=10)
    assert response.json() == stored("a b/c+d", CONTENT)


def test_presigned_by_botocore(application):
    credentials = BotocoreCredentials(application.access_key_id, application.secret_access_key)
    request = AWSRequest("GET", f"{application.endpoint}/whoami?a=b%20c")
    SigV4QueryAuth(credentials, SERVICE, REGION, expires=60).add_auth(request)
    response = requests.get(request.url, timeout=10)
    assert response.json() == identified(application)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.parametrize(
    "arguments",
    [[], ["--data-binary", '{"a": 1}', "-H", "Content-Type: application/json", "-X", "PUT"]],
)
def test_curl(application, arguments):
    target = "/files/name" if arguments else "/whoami"
    completed = subprocess.run(  # noqa: S603 - the caller's curl
        [
            *("curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "10"),
            *("--aws-sigv4", f"aws:amz:{REGION}:{SERVICE}"),
            *("--user", f"{application.access_key_id}:{application.secret_access_key}"),
            *arguments,
            application.endpoint + target,
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    expected = stored("name", b'{"a": 1}') if arguments else identified(application)
    assert json.loads(completed.stdout) == expected


def test_drop_in(application):
    auth = AWSRequestsAuth(
        aws_access_key=application.access_key_id,
        aws_secret_access_key=application.secret_access_key,
        aws_host=application.host,
        aws_region=REGION,
        aws_service=SERVICE,
    )
    url = f"{application.endpoint}/files/a%20b"
    response = requests.put(url, params={"q": "a b"}, data=b"content", auth=auth, timeout=10)
    assert response.json() == stored("a b", b"content")


def test_exempt_path(application):
    assert application.send("GET", "/health").status == 200


@pytest.mark.parametrize("target", ["/health/", "/Health", "/health?x", "/%68ealth", "//health"])
def test_paths_like_an_exempt_one(application, target):
    # The application sees the decoded path without the query, so these two are exempt.
    is_exempt = target in {"/health?x", "/%68ealth"}
    response = application.send("GET", target)
    assert (response.status == 200) if is_exempt else (refusal(response) == MISSING)


def test_unsigned(application):
    assert refusal(application.send("GET", "/whoami")) == MISSING


def test_wrong_secret(application):
    response = call(application, secret_access_key="wrong")
    assert refusal(response) == WRONG
    # Shown only in debug mode.
    assert "Canonical String" not in response.text


def test_unknown_key(application):
    assert refusal(call(application, access_key_id="AKIDUNKNOWN")) == UNKNOWN


def test_wrong_region(application):
    response = call(application, region="eu-central-1")
    assert refusal(response) == WRONG
    assert "valid region" in response.text


@pytest.mark.parametrize(("minutes", "words"), [(-6, "expired"), (6, "not yet current")])
def test_stale_date(application, minutes, words):
    time = dt.datetime.now(dt.timezone.utc) + dt.timedelta(minutes=minutes)
    headers = application.signer(service=SERVICE).sign(
        "GET", f"{application.endpoint}/whoami", time=time
    )
    response = application.send("GET", "/whoami", headers.items())
    assert refusal(response) == WRONG
    assert words in response.text


@pytest.mark.parametrize("service", [SERVICE, "s3"])
def test_tampered_body(application, service):
    url = f"{application.endpoint}/files/name"
    headers = application.signer(service=service).sign("PUT", url, body=b"content")
    response = application.send("PUT", "/files/name", headers.items(), b"contenu")
    assert refusal(response)[0] in {400, 403}


@pytest.mark.parametrize("service", [SERVICE, "s3"])
@pytest.mark.parametrize("size", [0, 1, 65536, 300_000, MAX_BODY])
def test_body(application, service, size):
    content = (CONTENT * 3)[:size]
    response = call(application, "/files/name", content, service=service)
    assert json.loads(response.text) == stored("name", content)


@pytest.mark.parametrize("service", [SERVICE, "s3"])
def test_body_that_is_too_large(application, service):
    body = bytes(MAX_BODY + 1)
    url = f"{application.endpoint}/files/name"
    headers = application.signer(service=service).sign("PUT", url, body=body)
    # The response comes before the body is sent.
    headers["Content-Length"] = str(len(body))
    response = application.send("PUT", "/files/name", headers.items(), [])
    assert refusal(response) == (413, "RequestTooLargeException")


@pytest.mark.parametrize("service", [SERVICE, "s3"])
def test_body_of_unknown_length_that_is_too_large(application, service):
    body = bytes(MAX_BODY + 1)
    url = f"{application.endpoint}/files/name"
    headers = application.signer(service=service).sign("PUT", url, body=body)
    headers["Transfer-Encoding"] = "chunked"
    wire = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    response = application.send("PUT", "/files/name", headers.items(), [wire])
    assert refusal(response) == (413, "RequestTooLargeException")


@pytest.mark.parametrize("service", [SERVICE, "s3"])
def test_body_of_unknown_length(application, service):
    url = f"{application.endpoint}/files/name"
    headers = application.signer(service=service).sign("PUT", url, body=b"content")
    headers["Transfer-Encoding"] = "chunked"
    wire = [b"3\r\ncon\r\n", b"4\r\ntent\r\n", b"0\r\n\r\n"]
    response = application.send("PUT", "/files/name", headers.items(), wire)
    assert json.loads(response.text) == stored("name", b"content")


@pytest.mark.parametrize("size", [0, 1, 8192, 360_000])
@pytest.mark.parametrize(
    "options", [{}, {"trailer_checksum": "crc32"}, {"trailer_checksum": "crc32", "signed": False}]
)
def test_chunks(application, size, options):
    content = CONTENT[:size]
    response = put(
        application, "/files/name", chunked(application, "/files/name", content, **options)
    )
    assert json.loads(response.text) == stored("name", content)


@pytest.mark.parametrize("options", [{}, {"trailer_checksum": "crc32"}])
@pytest.mark.parametrize("place", ["first", "middle", "last data", "last signature"])
def test_chunks_with_one_wrong_byte(application, options, place):
    body = chunked(application, "/files/name", CONTENT, **options)
    wire = bytearray(b"".join(body))
    offset = {
        "first": wire.index(b"\r\n") + 2,
        "middle": wire.index(CONTENT[:36], len(wire) // 2),
        "last data": wire.rindex(b"z\r\n0;"),
        "last signature": wire.rindex(b"signature") + len("signature:"),
    }[place]
    wire[offset] ^= 1
    response = put(application, "/files/name", body, wire=bytes(wire))
    assert refusal(response)[0] in {400, 403}


def test_chunks_that_end_early(application):
    body = chunked(application, "/files/name", CONTENT)
    wire = b"".join(body)
    body.headers["Content-Length"] = str(wire.rindex(b"\r\n0;") + 2)
    response = put(application, "/files/name", body, wire=wire[: wire.rindex(b"\r\n0;") + 2])
    assert refusal(response)[0] in {400, 403}


def test_chunks_that_are_too_large(application):
    content = bytes(MAX_BODY + 1)
    body = chunked(application, "/files/name", content)
    headers = {**body.headers}
    response = application.send("PUT", "/files/name", headers.items(), [])
    assert refusal(response) == (413, "RequestTooLargeException")


def test_presigned(application):
    url = application.signer(service=SERVICE).presign("GET", f"{application.endpoint}/whoami?a=1")
    assert requests.get(url, timeout=10).json() == identified(application)
    assert refusal(requests.get(f"{url}&b=2", timeout=10)) == WRONG
    assert refusal(requests.get(url.replace("a=1", "a=2"), timeout=10)) == WRONG


def test_presigned_upload_of_an_unsigned_body(application):
    url = application.signer(service="s3").presign("PUT", f"{application.endpoint}/files/name")
    response = requests.put(url, data=CONTENT, timeout=10)
    assert response.json() == stored("name", CONTENT)


def test_expired_presigned_url(application):
    time = dt.datetime.now(dt.timezone.utc) - dt.timedelta(seconds=2)
    signer = application.signer(service=SERVICE)
    url = signer.presign("GET", f"{application.endpoint}/whoami", expires_in=1, time=time)
    assert refusal(requests.get(url, timeout=10)) == WRONG


def test_websocket(fastapi):
    url = f"{fastapi.endpoint}/echo"
    headers = fastapi.signer(service=SERVICE).sign("GET", url)
    with connect(url.replace("http", "ws", 1), additional_headers=headers, proxy=None) as websocket:
        websocket.send("hello")
        assert websocket.recv(timeout=10) == "hello"


def test_presigned_websocket(fastapi):
    url = fastapi.signer(service=SERVICE).presign("GET", f"{fastapi.endpoint}/echo")
    with connect(url.replace("http", "ws", 1), proxy=None) as websocket:
        websocket.send("hello")
        assert websocket.recv(timeout=10) == "hello"


def test_unsigned_websocket(fastapi):
    url = f"{fastapi.endpoint}/echo".replace("http", "ws", 1)
    with pytest.raises(InvalidStatus) as caught, connect(url, proxy=None):
        pass
    response = caught.value.response
    assert response.status_code == 403
    assert response.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
