"""Requests of other signers are verified: botocore, AWS's C runtime, requests-aws4auth, boto3."""

from __future__ import annotations

import datetime as dt
import io

import boto3
import pytest
import requests
from awscrt.auth import AwsSigningAlgorithm
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as BotocoreCredentials
from requests_aws4auth import AWS4Auth

from rsigv4 import Credentials, Verifier
from rsigv4.exceptions import VerificationError
from support.oracles import (
    clock_of_botocore,
    presigned_by_awscrt,
    presigned_by_botocore,
    signed_by_awscrt,
)
from support.signing import ACCESS_KEY, MOMENT, SECRET
from support.strategies import differential, presignable_requests
from support.verifying import KEYS, TEMPORARY_KEY, arrived, feed_all, verifier

SERVICES = ["es", "execute-api", "iot", "s3"]


def verifier_of(request):
    key = Credentials(*request.key)
    return Verifier({key.access_key_id: key}.get, region=request.region, service=request.service)


def check(request, sent):
    """Check that the request is verified, and refused with another method."""
    ours = verifier_of(request)
    assert sent.verified(ours).access_key_id == request.key[0]
    with pytest.raises(VerificationError):
        sent.but(method="TRACE").verified(ours)


@differential(300, presignable_requests(SERVICES))
def test_header_of_botocore(request_):
    auth_class = S3SigV4Auth if request_.is_s3 else SigV4Auth
    credentials = BotocoreCredentials(*request_.key)
    signed = AWSRequest(method=request_.method, url=request_.url, data=b"body")
    for name, value in request_.headers:
        signed.headers[name] = value
    with clock_of_botocore(request_.moment):
        auth_class(credentials, request_.service, request_.region).add_auth(signed)
    sent = arrived(
        request_.method, request_.url, signed.headers.items(), b"body", time=request_.moment
    )
    check(request_, sent)


def test_date_header_of_botocore():
    signed = AWSRequest(method="GET", url="https://example.com/", headers={"Date": "then"})
    with clock_of_botocore(MOMENT):
        SigV4Auth(BotocoreCredentials(ACCESS_KEY, SECRET), "es", "us-east-1").add_auth(signed)
    request = arrived("GET", signed.url, signed.headers.items())
    assert "X-Amz-Date" not in signed.headers
    assert request.verified().signed_at == MOMENT
    with pytest.raises(VerificationError):
        request.with_header("Date", "Sun, 30 Aug 2015 12:36:01 -0000").verified()


@differential(300, presignable_requests(SERVICES))
def test_url_of_botocore(request_):
    url = presigned_by_botocore(request_)
    check(request_, arrived(request_.method, url, request_.headers, time=request_.moment))


@differential(300, presignable_requests(SERVICES))
def test_header_of_awscrt(request_):
    added = signed_by_awscrt(request_)
    sent = arrived(
        request_.method, request_.url, request_.headers, added=added, time=request_.moment
    )
    check(request_, sent)


@differential(300, presignable_requests(SERVICES))
def test_url_of_awscrt(request_):
    url = presigned_by_awscrt(request_)
    check(request_, arrived(request_.method, url, request_.headers, time=request_.moment))


@differential(300, presignable_requests(SERVICES))
def test_sigv4a_of_awscrt(request_):
    algorithm = AwsSigningAlgorithm.V4_ASYMMETRIC
    added = signed_by_awscrt(request_, algorithm=algorithm)
    url = presigned_by_awscrt(request_, algorithm=algorithm)
    call = {"headers": request_.headers, "time": request_.moment}
    check(request_, arrived(request_.method, request_.url, added=added, **call))
    check(request_, arrived(request_.method, url, **call))


@differential(300, presignable_requests(["iotdevicegateway"]))
def test_token_added_by_awscrt_after_signing(request_):
    url = presigned_by_awscrt(request_, omit_session_token=True)
    check(request_, arrived(request_.method, url, request_.headers, time=request_.moment))


@pytest.mark.parametrize("key", KEYS.values(), ids=["own key", "temporary key"])
@pytest.mark.parametrize("service", ["es", "execute-api", "s3"])
@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "https://example.com:8443/a/b%20c?a=1&b=%2F",
        "https://example.com/~user/%C3%A9?é=ü",
    ],
)
def test_header_of_requests_aws4auth(service, url, key):
    auth = AWS4Auth(
        key.access_key_id,
        key.secret_access_key,
        "us-east-1",
        service,
        session_token=key.session_token,
    )
    headers = {"Content-Type": "text/plain", "X-Amz-Meta-A": "a  b", "User-Agent": "a"}
    sent = requests.Request("PUT", url, headers, data=b"body", auth=auth).prepare()
    request = arrived("PUT", sent.url, sent.headers, b"body", time=dt.datetime.now(dt.timezone.utc))
    assert request.verified().payload == "signed"
    with pytest.raises(VerificationError):
        request.but(body=b"bodx").verified()


class Captured(Exception):  # noqa: N818 - it is not an error
    """Contains the request that boto3 would send."""


def capture(client, operation, **arguments):
    """Return the request that a boto3 client sends for an operation."""

    def stop(request, **_):
        raise Captured(request)

    client.meta.events.register("before-send", stop)
    with pytest.raises(Captured) as captured:
        getattr(client, operation)(**arguments)
    (request,) = captured.value.args
    body = request.body
    body = body.read() if hasattr(body, "read") else body
    body = body.encode() if isinstance(body, str) else body or b""
    headers = [
        (name, value.decode() if isinstance(value, bytes) else value)
        for name, value in request.headers.items()
    ]
    return arrived(
        request.method, request.url, headers, body, time=dt.datetime.now(dt.timezone.utc)
    )


def client_of(service, key=TEMPORARY_KEY, endpoint=None, **config):
    return boto3.client(
        service,
        "us-east-1",
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        aws_session_token=key.session_token,
        endpoint_url=endpoint,
        config=Config(**config),
    )


OPERATIONS = [
    ("dynamodb", "put_item", {"TableName": "t", "Item": {"a": {"S": "é"}}}),
    ("sts", "get_caller_identity", {}),
    ("sqs", "list_queues", {"QueueNamePrefix": "a b"}),
    ("apigateway", "get_rest_apis", {"limit": 5}),
    ("lambda", "invoke", {"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:f"}),
    ("s3", "list_objects_v2", {"Bucket": "bucket", "Prefix": "a b+c/é"}),
    ("s3", "get_object", {"Bucket": "bucket", "Key": "a b+c//../é.txt"}),
    (
        "s3",
        "put_object",
        {"Bucket": "bucket", "Key": "key", "Body": b"body", "Metadata": {"a": "b"}},
    ),
    ("s3", "delete_object", {"Bucket": "bucket", "Key": "key"}),
]


@pytest.mark.parametrize("key", KEYS.values(), ids=["own key", "temporary key"])
@pytest.mark.parametrize(
    ("service", "operation", "arguments"), OPERATIONS, ids=[call[1] for call in OPERATIONS]
)
def test_requests_of_the_aws_cli_and_boto3(service, operation, arguments, key):
    request = capture(client_of(service, key), operation, **arguments)
    identity = request.verified(verifier(region="us-east-1"))
    assert identity.access_key_id == key.access_key_id
    with pytest.raises(VerificationError):
        request.but(url=request.url + "x").verified()


#: Checksums in S3's model except MD5, which botocore doesn't implement.
CHECKSUMS = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256", "sha512"]
CHECKSUMS += ["xxhash64", "xxhash3", "xxhash128"]


@pytest.mark.parametrize("checksum", CHECKSUMS)
def test_chunked_body_of_boto3(checksum):
    content = b"some content" * 10_000
    call = {"Bucket": "bucket", "Key": "key", "Body": io.BytesIO(content)}
    request = capture(client_of("s3"), "put_object", **call, ChecksumAlgorithm=checksum.upper())
    assert request.header("x-amz-trailer") == f"x-amz-checksum-{checksum}"
    assert request.header("x-amz-content-sha256") == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    assert feed_all(request, [request.body]) == content
    assert request.verified().payload == "unsigned"


def test_presigned_url_of_boto3():
    for addressing in ("path", "virtual"):
        client = client_of("s3", signature_version="s3v4", s3={"addressing_style": addressing})
        url = client.generate_presigned_url(
            "get_object", {"Bucket": "bucket", "Key": "a b+c/é"}, ExpiresIn=60
        )
        request = arrived("GET", url, time=dt.datetime.now(dt.timezone.utc))
        assert request.verified().payload == "unsigned"
        with pytest.raises(VerificationError):
            arrived("GET", url.replace("bucket", "backet"), time=request.time).verified()
