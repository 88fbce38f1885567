# The public attribute `signer` of every client's auth and of the drop-in.

from __future__ import annotations

import pytest
from requests.structures import CaseInsensitiveDict

import rsigv4.aws_auth
import rsigv4.boto_utils
from rsigv4 import Credentials, InvalidRequestError, Signer, explain
from support.auths import AUTHS
from support.drop_in import HOST, prepared
from support.signing import ACCESS_KEY, CREDENTIALS, SECRET, TEMPORARY, TOKEN

URL = f"https://{HOST}/"
REQUEST = Signer(CREDENTIALS, "us-east-1", "es").canonical_request("GET", URL, time=0)
RESPONSE = (
    "<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does "
    f"not match</Message><CanonicalRequest>{REQUEST}</CanonicalRequest></Error>"
)


@pytest.mark.parametrize("auth_class", AUTHS)
def test_explain_takes_the_auth_of_every_client(auth_class):
    auth = auth_class(CREDENTIALS, "us-east-1", "es")

    assert isinstance(auth.signer, Signer)
    assert (auth.signer.region, auth.signer.service) == ("us-east-1", "es")
    # With the secret, the explanation is more precise.
    other = Signer(Credentials(ACCESS_KEY, "other"), "us-east-1", "es")
    request = ("GET", URL, other.sign("GET", URL, time=0))
    shown = [
        str(explain(RESPONSE, signer=signer, request=request))
        for signer in (auth, auth.signer, None)
    ]
    assert shown[0] == shown[1] != shown[2]


@pytest.mark.parametrize("value", ["signer", 1, CREDENTIALS, object(), Signer])
def test_explain_refuses_an_object_without_a_signer(value):
    with pytest.raises(
        InvalidRequestError,
        match=r"^signer must be a Signer or an auth of rsigv4, not .*: pass Signer",
    ):
        explain(RESPONSE, signer=value)


def drop_in(**changed):
    auth = rsigv4.aws_auth.AWSRequestsAuth(ACCESS_KEY, SECRET, HOST, "us-east-1", "es", TOKEN)
    for name, value in changed.items():
        setattr(auth, name, value)
    return auth


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"aws_access_key": "ROTATED", "aws_token": None},
        {"aws_region": "eu-central-1", "service": "execute-api"},
        {"also_sign": ("x-amz-acl",)},
    ],
)
def test_signer_of_the_drop_in_uses_its_current_attributes(changed, time_machine):
    time_machine.move_to(0, tick=False)
    auth = drop_in()
    assert auth.signer.region == "us-east-1"
    for name, value in changed.items():
        setattr(auth, name, value)
    request = prepared(headers={"x-amz-acl": "private"} if "also_sign" in changed else None)
    url, method, headers, body = request.url, request.method, dict(request.headers), request.body
    by_signer = CaseInsensitiveDict(auth.signer.sign(method, url, headers, body))

    assert by_signer["Authorization"] == auth(request).headers["Authorization"]
    assert str(explain(RESPONSE, signer=auth)) == str(explain(RESPONSE, signer=auth.signer))


def test_signer_of_the_drop_in_reads_an_empty_region_from_the_host():
    signer = drop_in(aws_region="", service="").signer

    assert (signer.region, signer.service) == (None, None)


def test_subclass_of_the_drop_in_may_override_signer():
    class OfObject(rsigv4.aws_auth.AWSRequestsAuth):
        def __init__(self, signer):
            super().__init__(ACCESS_KEY, SECRET, HOST, "us-east-1", "es")
            self.signer = signer

    class OfClass(rsigv4.aws_auth.AWSRequestsAuth):
        signer = "class"

    class OfProperty(rsigv4.aws_auth.AWSRequestsAuth):
        @property
        def signer(self):
            return "property"

    arguments = (ACCESS_KEY, SECRET, HOST, "us-east-1", "es")
    assert OfObject("own").signer == "own"
    assert OfClass(*arguments).signer == "class"
    assert OfProperty(*arguments).signer == "property"
    for auth in (OfObject("own"), OfClass(*arguments), OfProperty(*arguments)):
        assert "Authorization" in auth(prepared()).headers
    assert not hasattr(rsigv4.aws_auth.AWSRequestsAuth, "signer")


def test_signer_of_the_drop_in_with_botocore(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    auth = rsigv4.boto_utils.BotoAWSRequestsAuth(HOST, "us-east-1", "es")

    expected = Signer(TEMPORARY, "us-east-1", "es", content_sha256_header=False)
    assert auth.signer.sign("GET", URL, time=0) == expected.sign("GET", URL, time=0)


def test_signer_of_the_drop_in_with_botocore_keeps_the_credentials_of_the_auth(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    auth = rsigv4.boto_utils.BotoAWSRequestsAuth(HOST, "us-east-1", "es")
    # A signer without credentials would use these.
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "other")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other")
    monkeypatch.delenv("AWS_SESSION_TOKEN")

    expected = Signer(TEMPORARY, "us-east-1", "es", content_sha256_header=False)
    assert auth.signer.sign("GET", URL, time=0) == expected.sign("GET", URL, time=0)
