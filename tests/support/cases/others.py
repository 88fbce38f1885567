"""Refusals that are easily taken for something else."""

from __future__ import annotations

import json

from support.cases.refusal import Refusal, said, signed, signer
from support.refusals import ES, HOST, S3, s3

__all__ = ["OTHERS"]

_API = "https://abc123.execute-api.us-east-1.amazonaws.com"
_HTML = "Content-Type: text/html\r\n\r\n"

OTHERS = [
    Refusal(
        "a JWT that has expired, to an API with its own authorizer",
        '{"message":"The incoming token has expired"}',
        "unknown",
        alone="unknown",
        beside_request="unsigned",
        with_signer="unsigned",
        request=("GET", f"{_API}/prod/pets", {"Accept": "*/*"}, b""),
    ),
    Refusal(
        "a page of a website of S3",
        "HTTP/1.1 403 Forbidden\r\nServer: AmazonS3\r\nContent-Type: text/html\r\n\r\n"
        "<html><head><title>403 Forbidden</title></head><body><ul><li>Code: AccessDenied</li>"
        "</ul></body></html>",
        "access_denied forbidden",
        alone="forbidden",
        beside_request="forbidden",
        with_signer="forbidden",
    ),
    Refusal(
        "a Content-MD5 that is wrong itself",
        s3("BadDigest", "The Content-MD5 you specified did not match what we received.", 400),
        "body_changed",
        alone="body_changed",
        beside_request="body_changed",
        with_signer="body_changed",
        request=signed(f"{S3}/", "PUT", "s3"),
        signer=signer("s3"),
    ),
    Refusal(
        "a clock that is off, either way",
        s3("RequestTimeTooSkewed", "The difference between the request time and the current time"),
        "clock_ahead clock_behind",
        alone="clock_behind",
        beside_request="clock_behind",
        with_signer="clock_behind",
        request=signed(f"{S3}/", "GET", "s3"),
        signer=signer("s3"),
    ),
    Refusal(
        "a cluster of Elasticsearch without IAM",
        json.dumps(
            {
                "error": {
                    "type": "security_exception",
                    "reason": "missing authentication credentials for REST request [/]",
                },
                "status": 401,
            }
        ),
        "opensearch_role",
        alone="opensearch_role",
        beside_request="opensearch_role",
        with_signer="opensearch_role",
        request=signed(ES, "GET", "es"),
        signer=signer(),
    ),
    said(
        "a Lambda that authorizes and denies",
        '{"Message":"User is not authorized to access this resource with an explicit deny"}',
        "explicit_deny",
        request=("GET", f"{_API}/prod/pets", {"Authorization": "Bearer abc"}, b""),
    ),
    said(
        "a page of a proxy",
        "HTTP/1.1 403 Forbidden\r\nServer: squid/6.1\r\nContent-Type: text/html\r\n\r\n"
        "<!DOCTYPE html><html><body>Access Denied</body></html>",
        "not_from_aws",
        request=signed(ES),
    ),
    said(
        "a response that refuses nothing",
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nHost: {HOST}\r\n\r\n"
        '{"took": 3, "timed_out": false}',
        "not_refused",
        request=signed(ES),
    ),
]
