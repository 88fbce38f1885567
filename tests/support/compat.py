"""Auth objects of the drop-ins, for one access key."""

from __future__ import annotations

import requests
from botocore.credentials import Credentials

from rsigv4.compat.httpx_auth import AWS4Auth as HttpxAWS4Auth
from rsigv4.compat.opensearchpy import RequestsAWSV4SignerAuth
from rsigv4.compat.requests_auth_aws_sigv4 import AWSSigV4
from rsigv4.compat.requests_aws4auth import AWS4Auth

__all__ = [
    "CREDENTIALS",
    "OPTIONS",
    "of_aws4auth",
    "of_httpx",
    "of_opensearch",
    "of_sigv4",
    "prepared",
]

CREDENTIALS = Credentials("AKID", "secret", "token")
OPTIONS = {
    "region": "us-east-1",
    "aws_access_key_id": "AKID",
    "aws_secret_access_key": "secret",
    "aws_session_token": "token",
}


def of_aws4auth(service="es"):
    return AWS4Auth("AKID", "secret", "us-east-1", service, session_token="token")


def of_opensearch(service="es"):
    return RequestsAWSV4SignerAuth(CREDENTIALS, "us-east-1", service)


def of_sigv4(service="es", **changed):
    return AWSSigV4(service, **{**OPTIONS, **changed})


def of_httpx(service="es", **changed):
    return HttpxAWS4Auth("AKID", "secret", "us-east-1", service, security_token="token", **changed)


def prepared(auth, url="https://example.com/a?b=c", **parts):
    """Return a signed request."""
    return requests.Request("POST", url, auth=auth, **parts).prepare()
