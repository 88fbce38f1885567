# The verifying server accepts what AWS's own clients sign, and refuses modified requests.

from __future__ import annotations

import hashlib
import http.client
import io
import json
import time
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as BotocoreCredentials

from rsigv4 import Credentials, Signer
from support.servers.verifying import VerifyingServer

KEY = ("AKIDEXAMPLE", "secret", "a token")
TIMEOUT_SECONDS = 30
CONTENT = b"0123456789" * 20_000


@pytest.fixture
def server():
    with VerifyingServer() as server:
        server.accept(*KEY)
        yield server


def signed_by_botocore(server, *, service="es", target="/a", key=KEY):
    """Return the target and the headers to send."""
    auth_class = S3SigV4Auth if service == "s3" else SigV4Auth
    request = AWSRequest(method="PUT", url=server.url(target), data=b"body")
    request.headers["X-Amz-Meta-A"] = "b   c"
    request.headers["Content-Type"] = "text/plain"
    auth_class(BotocoreCredentials(*key), service, "eu-central-1").add_auth(request)
    return target, dict(request.headers.items())


def send(server, target, headers, body=b"body", method="PUT"):
    connection = http.client.HTTPConnection(server.address, server.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("service", ["es", "s3"])
@pytest.mark.parametrize("key", [KEY, KEY[:2]], ids=["token", "no-token"])
def test_request_signed_by_botocore_is_accepted(server, service, key):
    server.accept(*key)
    target, headers = signed_by_botocore(server, service=service, target="/a%20b?c=d", key=key)
    status, _, content = send(server, target, headers)
    assert (status, server.errors) == (200, [])
    assert json.loads(content) == {
        "method": "PUT",
        "target": "/a%20b?c=d",
        "access_key_id": "AKIDEXAMPLE",
        "length": 4,
        "sha256": hashlib.sha256(b"body").hexdigest(),
    }


@pytest.mark.parametrize("service", ["es", "s3"])
@pytest.mark.parametrize(
    "change",
    [
        lambda target, headers, body: (target + "x", headers, body),
        lambda target, headers, body: (target + "?x", headers, body),
        lambda target, headers, body: (target, headers, body + b"x"),
        lambda target, headers, body: (target, {**headers, "X-Amz-Meta-A": "c"}, body),
        lambda target, headers, body: (target, {**headers, "X-Amz-Meta-B": "b"}, body),
        lambda target, headers, body: (target, {**headers, "Content-Type": "text/html"}, body),
        lambda target, headers, body: (target, {**headers, "X-Amz-Security-Token": "no"}, body),
        lambda target, headers, body: (target, {**headers, "Host": "other"}, body),
    ],
    ids=["path", "query", "body", "header", "one-more", "content-type", "token", "host"],
)
def test_modified_request_is_refused(server, service, change):
    target, headers = signed_by_botocore(server, service=service)
    status, _, _ = send(server, *change(target, headers, b"body"))
    assert status in {400, 403}
    assert len(server.errors) == 1


def test_unsigned_request_is_refused_unless_allowed(server):
    status, headers, _ = send(server, "/", {})
    assert (status, headers["x-amzn-ErrorType"]) == (403, "MissingAuthenticationTokenException")
    server.anonymous = True
    assert send(server, "/", {})[0] == 200
    assert send(server, "/", {"Authorization": "AWS4-HMAC-SHA256 x"})[0] == 400


def test_key_is_accepted_until_it_is_rejected(server):
    target, headers = signed_by_botocore(server)
    server.reject(KEY[0])
    status, received, _ = send(server, target, headers)
    assert (status, received["x-amzn-ErrorType"]) == (403, "UnrecognizedClientException")
    server.accept(KEY[0], "other", KEY[2])
    status, received, _ = send(server, target, headers)
    assert (status, received["x-amzn-ErrorType"]) == (403, "InvalidSignatureException")
    server.accept(*KEY)
    assert send(server, target, headers)[0] == 200


@pytest.mark.parametrize(
    ("offset", "error"),
    [(0, None), (290, None), (-290, None), (310, "expired"), (-310, "not yet current")],
)
def test_time_off_by_more_than_five_minutes_is_refused(server, offset, error):
    server.clock = lambda: time.time() + offset
    status, headers, content = send(server, *signed_by_botocore(server))
    assert status == (403 if error else 200)
    assert not error or error in json.loads(content)["message"]
    shown = parsedate_to_datetime(headers["Date"]).timestamp()
    assert abs(shown - time.time() - offset) < 10


def test_refusal_of_s3_is_xml(server):
    server.clock = lambda: time.time() + 3600
    _, _, content = send(server, *signed_by_botocore(server, service="s3"))
    assert b"<Code>RequestTimeTooSkewed</Code>" in content


def test_refusal_shows_the_expected_string_to_sign(server):
    target, headers = signed_by_botocore(server)
    _, _, content = send(server, target + "?a=b", headers)
    message = json.loads(content)["message"]
    assert "The Canonical String for this request should have been\n'PUT\n/a\na=b\n" in message
    assert "The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n" in message


def test_redirect_is_sent_only_to_accepted_requests(server):
    server.redirects["/a"] = 307, "/b"
    assert send(server, "/a", {})[0] == 403
    status, headers, _ = send(server, *signed_by_botocore(server))
    assert (status, headers["Location"]) == (307, "/b")


def chunked(server, **options):
    signer = Signer(Credentials(*KEY), "us-east-1", "s3")
    headers = {"x-amz-content-sha256": options.pop("mode")} if "mode" in options else None
    body = signer.chunked(
        "PUT", server.url("/a"), headers, io.BytesIO(CONTENT), length=len(CONTENT), **options
    )
    return body.headers, b"".join(body)


TRAILERS = [
    {},
    *({"trailer_checksum": name} for name in ("crc32", "crc32c", "crc64nvme", "sha1", "sha256")),
    {"trailer_checksum": "crc32", "signed": False, "mode": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
]


@pytest.mark.parametrize("options", TRAILERS)
def test_chunks_are_decoded_and_verified(server, options):
    headers, wire = chunked(server, **options)
    status, _, content = send(server, "/a", headers, wire)
    assert (status, server.errors) == (200, [])
    assert json.loads(content)["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert server.arrived[0].body.content == CONTENT


@pytest.mark.parametrize(
    ("old", "new"),
    # The last signature is the empty chunk's.
    [(b"0123456789", b"0123456780"), (b"0;chunk-signature=", b"0;chunk-signature=%064d" % 0)],
    ids=["content", "signature"],
)
def test_modified_chunk_is_refused(server, old, new):
    headers, wire = chunked(server)
    at = wire.rindex(old)
    changed = wire[:at] + new + wire[at + len(new) :]
    status, _, content = send(server, "/a", headers, changed)
    assert status == 403
    assert b"SignatureDoesNotMatch" in content


@pytest.mark.parametrize("mode", ["signed", "unsigned"])
def test_modified_trailer_is_refused(server, mode):
    options = TRAILERS[-1] if mode == "unsigned" else TRAILERS[1]
    headers, wire = chunked(server, **options)
    at = wire.rindex(b"x-amz-checksum-crc32:") + len(b"x-amz-checksum-crc32:")
    changed = wire[:at] + b"AAAAAA==" + wire[at + 8 :]
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        send(server, "/a", headers, changed)
    assert "trailers" in server.errors[0]


def test_upload_of_boto3_over_https_is_accepted(authority):
    with VerifyingServer(tls=authority.server) as server:
        server.accept(*KEY)
        server.content = b""
        client = boto3.client(
            "s3",
            endpoint_url=server.url(""),
            region_name="eu-central-1",
            aws_access_key_id=KEY[0],
            aws_secret_access_key=KEY[1],
            aws_session_token=KEY[2],
            verify=str(authority.path),
            config=Config(s3={"addressing_style": "path"}, proxies={}),
        )
        client.put_object(Bucket="bucket", Key="a key//+%/é", Body=io.BytesIO(CONTENT))
        client.close()
    (arrived,) = server.arrived
    assert (arrived.status, arrived.error) == (200, "")
    assert arrived.body.content == CONTENT
    assert arrived.body.trailers


def test_it_listens_on_ipv6():
    with VerifyingServer("::1") as server:
        server.accept(*KEY)
        assert urlsplit(server.url()).netloc == f"[::1]:{server.port}" == server.host
        assert send(server, *signed_by_botocore(server))[0] == 200


def test_repeated_headers_are_recorded_separately(server):
    connection = http.client.HTTPConnection(server.address, server.port, timeout=TIMEOUT_SECONDS)
    connection.putrequest("GET", "/")
    connection.putheader(
        "x-amz-meta-a",
        "1",
    )
    connection.putheader("x-amz-meta-a", "caf\u00e9".encode())
    connection.endheaders()
    assert connection.getresponse().read()
    connection.close()
    assert server.arrived[0].head.values("x-amz-meta-a") == [b"1", "caf\u00e9".encode()]
