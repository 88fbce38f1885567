"""Forms for browser uploads: compared with botocore, and sent to a server that verifies them."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re

import pytest
import requests
from botocore.auth import S3ExpressPostAuth, S3SigV4PostAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from rsigv4 import Credentials, ExpiredCredentialsError, InvalidRequestError, Signer
from support.oracles import clock_of_botocore
from support.servers.s3 import WRONG_SIGNATURE, Response
from support.signing import ACCESS_KEY, CREDENTIALS, MOMENT, SECRET, TEMPORARY, TOKEN

BUCKET = "https://bucket.s3.us-east-1.amazonaws.com/"
EXPRESS = "https://bucket--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com/"
SIZE = ["content-length-range", 1, 1024]


def policy_of(post):
    return json.loads(base64.b64decode(post.fields["policy"]))


def post_for(url=BUCKET, credentials=CREDENTIALS, **options):
    return Signer(credentials).presign_post(url, **{"key": "key", "time": MOMENT, **options})


OF_SIGNATURE = {
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-s3session-token",
    "x-amz-security-token",
}


def is_of_signature(condition):
    return isinstance(condition, dict) and OF_SIGNATURE & {name.lower() for name in condition}


def in_any_order(policy):
    return sorted(json.dumps(condition).lower() for condition in policy["conditions"])


def botocore_signs(url, credentials, ours):
    """Return botocore's fields for the same form, and its signature of our policy."""
    credentials = BotocoreCredentials(*credentials)
    if "s3express" in url:
        auth = S3ExpressPostAuth(credentials, "s3express", "us-east-1", identity_cache={})
    else:
        auth = S3SigV4PostAuth(credentials, "s3", "us-east-1")
    request = AWSRequest(method="POST", url=url)
    policy = policy_of(ours)
    policy["conditions"] = [found for found in policy["conditions"] if not is_of_signature(found)]
    own = {name: ours.fields[name] for name in ("key", "acl", "Content-Type")}
    request.context.update({"s3-presign-post-fields": own, "s3-presign-post-policy": policy})
    with clock_of_botocore(MOMENT):
        auth.add_auth(request)
    return request.context["s3-presign-post-fields"], auth.signature(ours.fields["policy"], request)


@pytest.mark.parametrize(("url", "token"), [(BUCKET, None), (BUCKET, TOKEN), (EXPRESS, TOKEN)])
def test_fields_policy_and_signature_equal_those_of_botocore(url, token):
    key = (ACCESS_KEY, SECRET, token)
    fields = {"acl": "private", "Content-Type": "text/plain"}
    ours = post_for(url, Credentials(*key), key="a/key", conditions=[SIZE], fields=fields)
    theirs, signature = botocore_signs(url, key, ours)

    assert ours.fields["x-amz-signature"] == signature
    their_policy = json.loads(base64.b64decode(theirs["policy"]))
    assert in_any_order(policy_of(ours)) == in_any_order(their_policy)
    # Field names are case-insensitive, and the order of conditions differs.
    theirs = {name.lower(): value for name, value in theirs.items()}
    of_policy = {name: theirs[name] for name in ("policy", "x-amz-signature")}
    assert {name.lower(): found for name, found in ours.fields.items()} | of_policy == theirs


def test_policy_contains_the_conditions():
    post = post_for(
        key="user/${filename}",
        conditions=[
            SIZE,
            ["starts-with", "$Content-Type", "image/"],
            {"success_action_status": "201"},
        ],
        fields={"acl": "private"},
        expires_in=600,
    )
    assert post.url == BUCKET
    assert policy_of(post) == {
        "expiration": "2015-08-30T12:46:00.000Z",
        "conditions": [
            {"bucket": "bucket"},
            ["starts-with", "$key", "user/"],
            {"acl": "private"},
            {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
            {"x-amz-credential": f"{ACCESS_KEY}/20150830/us-east-1/s3/aws4_request"},
            {"x-amz-date": "20150830T123600Z"},
            SIZE,
            ["starts-with", "$Content-Type", "image/"],
            {"success_action_status": "201"},
        ],
    }
    assert list(post.fields)[:2] == ["key", "acl"]
    assert post.fields["key"] == "user/${filename}"


@pytest.mark.parametrize(
    ("url", "bucket"),
    [
        ("https://bucket.s3.amazonaws.com/", "bucket"),
        ("https://dotted.s3.bucket.s3.eu-west-1.amazonaws.com", "dotted.s3.bucket"),
        ("https://bucket.s3.dualstack.eu-west-1.amazonaws.com/", "bucket"),
        ("https://bucket.s3-eu-west-1.amazonaws.com/", "bucket"),
        ("https://s3.eu-west-1.amazonaws.com/bucket", "bucket"),
        ("https://s3.eu-west-1.amazonaws.com/bucket/", "bucket"),
        ("https://bucket.s3-accelerate.amazonaws.com/", "bucket"),
        (EXPRESS, "bucket--use1-az4--x-s3"),
        ("https://bucket.vpce-0f-1a.s3.us-east-1.vpce.amazonaws.com/b", "b"),
        ("https://b.bucket.vpce-0f-1a.s3.us-east-1.vpce.amazonaws.com/", "b"),
        ("http://localhost:9000/bucket/", "bucket"),
    ],
)
def test_bucket_is_read_from_the_url(url, bucket):
    signer = Signer(CREDENTIALS, "us-east-1", "s3")
    assert policy_of(signer.presign_post(url, key="key"))["conditions"][0] == {"bucket": bucket}


@pytest.mark.parametrize("condition", [{"bucket": "mine"}, ["starts-with", "$bucket", "m"]])
def test_caller_may_pass_a_bucket_condition(condition):
    signer = Signer(CREDENTIALS, "us-east-1", "s3")
    for url in ("https://uploads.example.com/", BUCKET):
        post = signer.presign_post(url, key="key", conditions=[condition])
        assert [found for found in policy_of(post)["conditions"] if "bucket" in str(found)] == [
            condition
        ]


def test_form_expires_with_the_credentials():
    credentials = Credentials(
        ACCESS_KEY, SECRET, TOKEN, expires_at=MOMENT + dt.timedelta(minutes=1)
    )
    assert policy_of(post_for(credentials=credentials))["expiration"] == "2015-08-30T12:37:00.000Z"
    with pytest.raises(ExpiredCredentialsError):
        post_for(credentials=credentials, time=MOMENT + dt.timedelta(minutes=1))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"key": None}, "key must be str"),
        ({"expires_in": 0}, "expires_in must be from 1 to 604800 seconds"),
        ({"conditions": 1}, "conditions must be a list of conditions"),
        ({"conditions": "content-length-range"}, "conditions must be a list of conditions"),
        ({"conditions": SIZE}, "conditions must be a list of conditions"),
        ({"conditions": {"acl": "private"}}, "conditions must be a list of conditions"),
        ({"conditions": [{"acl": b"private"}]}, "conditions can't be written as JSON"),
        ({"fields": [("acl", "private")]}, "fields must be a dict of text"),
        ({"fields": {"acl": 1}}, "fields must be str, not int"),
        ({"fields": {"key": "another"}}, "fields have key, which signing adds"),
        ({"fields": {"Policy": ""}}, "fields have Policy, which signing adds"),
        ({"fields": {"X-Amz-Date": ""}}, "fields have X-Amz-Date, which signing adds"),
        ({"url": "https://uploads.s3.example.com/"}, "region is missing"),
        (
            {"url": "https://s3.us-east-1.amazonaws.com/"},
            "url does not tell the bucket: add .*bucket",
        ),
        (
            {"url": "https://a.execute-api.us-east-1.amazonaws.com/b"},
            "service is not of the S3 family",
        ),
    ],
)
def test_form_that_servers_would_refuse_is_an_error(changed, message):
    with pytest.raises(InvalidRequestError, match=f"^{message}"):
        post_for(**changed)


def test_repr_shows_neither_token_nor_signature():
    post = post_for(credentials=TEMPORARY)
    assert repr(post) == f"PresignedPost(url='{BUCKET}', fields=***)"


def send(post, content, **changed):
    """Send the form as a browser does."""
    response = requests.post(
        post.url, data={**post.fields, **changed}, files={"file": ("name.txt", content)}, timeout=30
    )
    return Response(response.status_code, response.headers, response.content)


# Swift's s3api doesn't support forms.
@pytest.mark.parametrize("s3_server", ["juicefs"], indirect=True)
class TestOnServer:
    def post(self, server, bucket, **options):
        url = f"{server.endpoint}{bucket}"
        return server.signer().presign_post(url, **{"key": "a key+", **options})

    @pytest.mark.parametrize("content", [b"a", b"content" * 100])
    def test_file_is_stored(self, s3_server, bucket, content):
        response = send(self.post(s3_server, bucket, conditions=[SIZE]), content)
        assert response.status == 204, response.text
        assert s3_server.call("GET", f"{bucket}/a key%2B").body == content

    def test_file_is_stored_under_its_name(self, s3_server, bucket):
        response = send(self.post(s3_server, bucket, key="user/${filename}"), b"content")
        assert response.status == 204, response.text
        assert s3_server.call("GET", f"{bucket}/user/name.txt").body == b"content"

    def test_fields_are_stored_with_the_object(self, s3_server, bucket):
        fields = {"Content-Type": "text/plain", "x-amz-meta-a": "1"}
        response = send(self.post(s3_server, bucket, fields=fields), b"content")
        assert response.status == 204, response.text
        headers = s3_server.call("HEAD", f"{bucket}/a key%2B").headers
        assert (headers["Content-Type"], headers["x-amz-meta-a"]) == ("text/plain", "1")

    @pytest.mark.parametrize("content", [b"", b"a" * 1025])
    def test_size_out_of_range_is_refused(self, s3_server, bucket, content):
        response = send(self.post(s3_server, bucket, conditions=[SIZE]), content)
        assert response.code in {"EntityTooSmall", "EntityTooLarge"}

    @pytest.mark.parametrize(
        "changed",
        [{"key": "another"}, {"x-amz-meta-b": "2"}, {"x-amz-date": "20150830T123600Z"}],
        ids=str,
    )
    def test_field_that_the_policy_does_not_allow_is_refused(self, s3_server, bucket, changed):
        response = send(self.post(s3_server, bucket), b"content", **changed)
        assert response.status in {400, 403}, response.text
        assert s3_server.call("GET", f"{bucket}/a key%2B").refusal == (404, "NoSuchKey")

    def test_tampered_policy_or_signature_is_refused(self, s3_server, bucket):
        post = self.post(s3_server, bucket)
        other = self.post(s3_server, bucket, conditions=[SIZE])
        signature = re.sub("^.", lambda m: "01"[m[0] == "0"], post.fields["x-amz-signature"])
        for changed in ({"policy": other.fields["policy"]}, {"x-amz-signature": signature}):
            assert send(post, b"content", **changed).refusal == WRONG_SIGNATURE

    def test_expired_form_is_refused(self, s3_server, bucket):
        before = dt.datetime.now(dt.timezone.utc) - dt.timedelta(minutes=2)
        response = send(self.post(s3_server, bucket, expires_in=60, time=before), b"content")
        assert response.status == 403
        assert "expired" in response.text


@pytest.mark.parametrize(
    "condition",
    [
        {"acl": "public-read"},
        {"ACL": "public-read"},
        ["eq", "$acl", "public-read"],
        ("starts-with", "$Acl", "public"),
    ],
)
def test_field_that_contradicts_a_condition_is_an_error(condition):
    with pytest.raises(InvalidRequestError, match=r"^fields have acl with a value that "):
        post_for(conditions=[condition], fields={"acl": "private"})


@pytest.mark.parametrize("condition", [{"key": "b"}, ["starts-with", "$key", "user/"]])
def test_key_that_contradicts_a_condition_is_an_error(condition):
    with pytest.raises(InvalidRequestError, match=r"^key contradicts one of the conditions"):
        post_for(conditions=[condition])


def test_field_that_meets_its_conditions_is_accepted():
    conditions = [
        {"acl": "private"},
        ["eq", "$acl", "private"],
        ["starts-with", "$acl", "p"],
        ["starts-with", "$acl", ""],
        ["starts-with", "$key", "user/7"],
        ["starts-with", "$Content-Type", "image/"],
        ["content-length-range", 1, 1024],
    ]
    post_for(key="user/${filename}", conditions=conditions, fields={"acl": "private"})
