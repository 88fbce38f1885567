"""`Signer` compared with AWS's printed examples."""

from __future__ import annotations

import datetime as dt
import string
from dataclasses import dataclass, field
from typing import Any

import pytest

from rsigv4 import Credentials, Signer
from support.signing import ACCESS_KEY, CREDENTIALS, MOMENT, SECRET

EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

UNRESERVED = "-._~" + string.digits + string.ascii_uppercase + string.ascii_lowercase


# The example of "Create a signed AWS API request", stage by stage.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
LIST_USERS = (
    "GET",
    "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
    {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
)
IAM_SIGNER = Signer(CREDENTIALS, "us-east-1", "iam", content_sha256_header=False)


def test_canonical_request_of_the_list_users_example():
    assert IAM_SIGNER.canonical_request(*LIST_USERS, time=MOMENT) == (
        "GET\n"
        "/\n"
        "Action=ListUsers&Version=2010-05-08\n"
        "content-type:application/x-www-form-urlencoded; charset=utf-8\n"
        "host:iam.amazonaws.com\n"
        "x-amz-date:20150830T123600Z\n"
        "\n"
        "content-type;host;x-amz-date\n"
        f"{EMPTY_HASH}"
    )


def test_string_to_sign_of_the_list_users_example():
    assert IAM_SIGNER.string_to_sign(*LIST_USERS, time=MOMENT) == (
        "AWS4-HMAC-SHA256\n"
        "20150830T123600Z\n"
        "20150830/us-east-1/iam/aws4_request\n"
        "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59"
    )


def test_headers_of_the_list_users_example():
    assert IAM_SIGNER.sign(*LIST_USERS, time=MOMENT) == {
        "Authorization": (
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date, "
            "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        ),
        "X-Amz-Date": "20150830T123600Z",
    }


@dataclass(frozen=True)
class S3Example:
    """A request of "Examples: Signature Calculations", and its printed results."""

    method: str
    target: str
    hashed_canonical_request: str
    signature: str
    canonical_uri: str = "/"
    canonical_query_string: str = ""
    hashed_payload: str = EMPTY_HASH
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


# https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
S3_EXAMPLES = {
    "get object": S3Example(
        "GET",
        "/test.txt",
        "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        canonical_uri="/test.txt",
        headers={"Range": "bytes=0-9"},
    ),
    "put object": S3Example(
        "PUT",
        "/test$file.text",
        "9e0e90d9c76de8fa5b200d8c849cd5b8dc7a3be3951ddb7f6a76b4158342019d",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        canonical_uri="/test%24file.text",
        hashed_payload="44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        headers={
            "Date": "Fri, 24 May 2013 00:00:00 GMT",
            "x-amz-storage-class": "REDUCED_REDUNDANCY",
        },
        body=b"Welcome to Amazon S3.",
    ),
    "get bucket lifecycle": S3Example(
        "GET",
        "/?lifecycle",
        "9766c798316ff2757b517bc739a67f6213b4ab36dd5da2f94eaebf79c77395ca",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        canonical_query_string="lifecycle=",
    ),
    "list objects": S3Example(
        "GET",
        "/?max-keys=2&prefix=J",
        "df57d21db20da04d7fa30298dd4488ba3a2b47ca3a489c74750e0f1e7df1b9b7",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        canonical_query_string="max-keys=2&prefix=J",
    ),
}


@pytest.mark.parametrize("example", S3_EXAMPLES.values(), ids=S3_EXAMPLES)
def test_every_stage_of_the_s3_examples(example):
    signer = Signer(
        Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        "us-east-1",
        "s3",
        also_sign=("date", "range"),
    )
    url = f"https://examplebucket.s3.amazonaws.com{example.target}"
    request = (example.method, url, example.headers, example.body)
    moment = dt.datetime(2013, 5, 24, tzinfo=dt.timezone.utc)
    headers = {
        **{name.lower(): value for name, value in example.headers.items()},
        "host": "examplebucket.s3.amazonaws.com",
        "x-amz-content-sha256": example.hashed_payload,
        "x-amz-date": "20130524T000000Z",
    }
    assert signer.canonical_request(*request, time=moment).split("\n") == [
        example.method,
        example.canonical_uri,
        example.canonical_query_string,
        *(f"{name}:{headers[name]}" for name in sorted(headers)),
        "",
        ";".join(sorted(headers)),
        example.hashed_payload,
    ]
    assert signer.string_to_sign(*request, time=moment) == (
        "AWS4-HMAC-SHA256\n"
        "20130524T000000Z\n"
        "20130524/us-east-1/s3/aws4_request\n"
        f"{example.hashed_canonical_request}"
    )
    signed = signer.sign(*request, time=moment)
    assert signed["Authorization"].endswith(f", Signature={example.signature}")
    assert signed["X-Amz-Content-Sha256"] == example.hashed_payload


@dataclass(frozen=True)
class Vector:
    """A case of AWS's Signature Version 4 test suite, and the signature in its ``.authz`` file."""

    name: str
    signature: str
    target: str = "/"
    headers: Any = None
    method: str = "GET"
    body: bytes = b""
    token: str | None = None
    double_encode_path: bool | None = None


TEST_SUITE = (
    Vector("get-vanilla", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    Vector(
        "get-vanilla-query-order-key",
        "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1",
        "/?Param1=value2&Param1=Value1",
    ),
    Vector(
        "get-vanilla-query-order-value",
        "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694",
        "/?Param1=value2&Param1=value1",
    ),
    Vector(
        "get-vanilla-query-unreserved",
        "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
        f"/?{UNRESERVED}={UNRESERVED}",
    ),
    Vector(
        "get-vanilla-utf8-query",
        "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
        "/?\u1234=bar",
    ),
    Vector(
        "get-unreserved",
        "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
        f"/{UNRESERVED}",
    ),
    # The suite has these two paths unencoded, and encodes them once.
    Vector(
        "get-utf8",
        "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
        "/\u1234",
        double_encode_path=False,
    ),
    Vector(
        "get-space",
        "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
        "/example space/",
        double_encode_path=False,
    ),
    Vector(
        "get-slashes",
        "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
        "//example//",
    ),
    Vector(
        "get-slash-pointless-dot",
        "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
        "/./example",
    ),
    Vector(
        "get-relative-relative",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        "/example1/example2/../..",
    ),
    Vector(
        "get-header-value-trim",
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        headers=[("My-Header1", " value1"), ("My-Header2", ' "a   b   c"')],
    ),
    Vector(
        "post-vanilla",
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        method="POST",
    ),
    Vector(
        "post-header-key-sort",
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
        headers={"My-Header1": "value1"},
        method="POST",
    ),
    Vector(
        "post-x-www-form-urlencoded",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        method="POST",
        body=b"Param1=value1",
    ),
    Vector(
        "post-sts-header-before",
        "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
        method="POST",
        token=(
            "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMic"
            "RXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKs"
            "burEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0"
            "iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
        ),
    ),
)


@pytest.mark.parametrize("vector", TEST_SUITE, ids=lambda vector: vector.name)
def test_signature_equals_that_of_the_test_suite(vector):
    signer = Signer(
        Credentials(ACCESS_KEY, SECRET, vector.token),
        "us-east-1",
        "service",
        content_sha256_header=False,
        double_encode_path=vector.double_encode_path,
        also_sign=("*",),
    )
    url = f"https://example.amazonaws.com{vector.target}"
    signed = signer.sign(vector.method, url, vector.headers, vector.body, time=MOMENT)
    assert signed["Authorization"].endswith(f", Signature={vector.signature}")
