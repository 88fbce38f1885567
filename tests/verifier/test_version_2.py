"""Requests with Signature Version 2 are refused with an error that names SigV4."""

from __future__ import annotations

import pytest
from botocore.auth import HmacV1Auth, HmacV1QueryAuth, SigV2Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from rsigv4 import Signer
from rsigv4.exceptions import (
    MissingAuthenticationTokenError,
    MultipleSignaturesError,
    SignatureVersion2Error,
    UnsupportedAlgorithmError,
)
from support.signing import ACCESS_KEY, CREDENTIALS, MOMENT, SECRET
from support.verifying import Arrived, arrived, presigned, refused, verifier

URL = "https://bucket.s3.amazonaws.com/key"


def signed_by(auth_class, method="GET", url=URL, token=None):
    """Return a request that botocore signs."""
    request = AWSRequest(method=method, url=url)
    auth_class(BotocoreCredentials(ACCESS_KEY, SECRET, token)).add_auth(request)
    prepared = request.prepare()
    return arrived(method, prepared.url, prepared.headers.items())


SIGNED = {
    "S3, header": lambda: signed_by(HmacV1Auth),
    "S3, header, token": lambda: signed_by(HmacV1Auth, token="token"),
    "S3, query": lambda: signed_by(HmacV1QueryAuth),
    "S3, query, token": lambda: signed_by(HmacV1QueryAuth, token="token"),
    "query service": lambda: signed_by(SigV2Auth, url="https://sdb.amazonaws.com/?Action=A"),
}


@pytest.mark.parametrize("make", SIGNED.values(), ids=SIGNED)
def test_error_of_signature_version_2_names_sigv4(make):
    error = refused(make(), verifier())
    assert type(error) is SignatureVersion2Error
    assert isinstance(error, UnsupportedAlgorithmError)
    assert (error.code, error.status) == ("InvalidRequest", 400)
    assert str(error) == (
        "The authorization mechanism you have provided is not supported. "
        "Please use AWS4-HMAC-SHA256."
    )


def test_similar_requests_have_other_errors():
    for query in ("AWSAccessKeyId=a", "Signature=a", "SignatureVersion=2&Expires=1"):
        request = Arrived(url=f"{URL}?{query}", headers=[("Host", "bucket.s3.amazonaws.com")])
        assert type(refused(request)) is MissingAuthenticationTokenError
    both = presigned().with_header("Authorization", f"AWS {ACCESS_KEY}:c2lnbmF0dXJl")
    assert type(refused(both)) is MultipleSignaturesError


def test_parameters_of_an_application_are_ignored():
    url = f"{URL}?AWSAccessKeyId=a&Signature=b&SignatureVersion=2"
    added = Signer(CREDENTIALS, "us-east-1", "s3").sign("GET", url, time=MOMENT)
    assert arrived("GET", url, added=added).verified().access_key_id == ACCESS_KEY
