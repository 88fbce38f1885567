"""`sign_only`: of a request's own headers, exactly these are signed."""

from __future__ import annotations

import pickle

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from requests import Request
from requests_aws4auth import AWS4Auth

from rsigv4 import Credentials, InvalidRequestError, Signer
from support.clients import ADAPTERS, BY_NAME, Auth
from support.oracles import clock_of_botocore
from support.servers.verifying import VerifyingServer
from support.signing import (
    ACCESS_KEY,
    AMZ_DATE,
    MOMENT,
    SECRET,
    TEMPORARY,
    TOKEN,
    URL,
    check_message,
    signed_headers,
    signer_of,
)

HEADERS = {
    "Content-Type": "text/plain",
    "Range": "bytes=0-9",
    "User-Agent": "a",
    "X-Custom-One": "1",
    "X-Custom-Two": "2",
    "X-Amz-Meta-A": "b",
}
METHODS = ("sign", "canonical_request", "string_to_sign", "presign")


@pytest.mark.parametrize(
    ("sign_only", "signed"),
    [
        (["x-amz-meta-a"], "x-amz-meta-a"),
        (("X-Amz-*",), "x-amz-meta-a"),
        (("x-amz-*", "Range"), "range x-amz-meta-a"),
        (("x-amz-*", "x-custom-*"), "x-amz-meta-a x-custom-one x-custom-two"),
        (("x-*",), "x-amz-meta-a x-custom-one x-custom-two"),
        (("x-amz-*", "absent", "host", "authorization"), "x-amz-meta-a"),
        (("x-amz-*", "user-agent"), "user-agent x-amz-meta-a"),
        (("*",), "content-type range x-amz-meta-a x-custom-one x-custom-two"),
    ],
)
def test_signature_is_botocores_of_these_headers(sign_only, signed):
    expected = AWSRequest("GET", URL, {name: HEADERS[name.title()] for name in signed.split()})
    auth = SigV4Auth(BotocoreCredentials(ACCESS_KEY, SECRET, TOKEN), "execute-api", "us-east-1")
    # botocore never signs it.
    if "user-agent" not in sign_only:
        signer = signer_of(TEMPORARY, sign_only=sign_only, content_sha256_header=False)
        with clock_of_botocore(MOMENT):
            auth.add_auth(expected)
        added = signer.sign("GET", URL, HEADERS, time=MOMENT)
        assert added["Authorization"] == expected.headers["Authorization"]
    ours = signer_of(sign_only=iter(sign_only)).sign("GET", URL, HEADERS, time=MOMENT)
    always = ["host", "x-amz-content-sha256", "x-amz-date"]
    assert signed_headers(ours).split(";") == sorted([*signed.split(), *always])


def test_signature_is_that_of_requests_aws4auth_with_the_same_names():
    headers = {**HEADERS, "X-Amz-Date": AMZ_DATE}
    names = ["host", "range", "x-amz-*"]
    theirs = AWS4Auth(ACCESS_KEY, SECRET, "us-east-1", "execute-api", include_hdrs=names)
    request = Request("POST", URL, headers, data=b"body", auth=theirs).prepare()
    ours = signer_of(sign_only=names).sign("POST", URL, HEADERS, b"body", time=MOMENT)
    assert ours["Authorization"].replace(" ", "") == request.headers["Authorization"].replace(
        " ", ""
    )


@pytest.mark.parametrize("names", [("*",), ("authorization", "x-amz-*"), ("auth*",)])
@pytest.mark.parametrize("option", ["sign_only", "also_sign"])
def test_an_earlier_signature_is_not_signed(option, names):
    signer = signer_of(**{option: names})
    signed = signer.sign("GET", URL, {"Authorization": "a"}, time=MOMENT)
    assert signed_headers(signed) == "host;x-amz-content-sha256;x-amz-date"


def test_without_names_only_ours_are_signed():
    signer = signer_of(TEMPORARY, sign_only=())
    signed = signed_headers(signer.sign("GET", URL, {"Content-Type": "text/plain"}, time=MOMENT))
    assert signed == "host;x-amz-content-sha256;x-amz-date;x-amz-security-token"
    # Those that are signed again are ours, too.
    stale = signer.sign("GET", URL, time=0)
    assert signer.sign("GET", URL, stale, time=MOMENT) == signer.sign("GET", URL, time=MOMENT)


@pytest.mark.parametrize("method", METHODS)
def test_to_leave_out_an_amz_header_is_an_error(method):
    signer = signer_of(TEMPORARY, sign_only=("range",))
    with pytest.raises(InvalidRequestError, match="X-Amz-Meta-A") as caught:
        getattr(signer, method)("GET", URL, headers={"X-Amz-Meta-A": "hunter2"}, time=MOMENT)
    check_message(caught.value, "sign_only")


@pytest.mark.parametrize("many", [False, True])
def test_presigned_header_must_be_named(many):
    def presign(sign_only, headers):
        signer = signer_of(sign_only=sign_only)
        if many:
            return signer.presign_many("GET", [URL], headers=headers, time=MOMENT)[0]
        return signer.presign("GET", URL, headers=headers, time=MOMENT)

    headers = {"Host": "other.example", "Range": "bytes=0-9"}
    assert "X-Amz-SignedHeaders=host%3Brange&" in presign(["range"], headers)
    with pytest.raises(InvalidRequestError, match=r"(?i)range") as caught:
        presign(["x-amz-*"], headers)
    check_message(caught.value, "sign_only")


def test_also_sign_beside_it_is_an_error():
    with pytest.raises(InvalidRequestError) as caught:
        signer_of(also_sign=("range",), sign_only=("range",))
    check_message(caught.value, "sign_only")
    signer_of(also_sign=(), sign_only=("range",))
    signer_of(also_sign=("range",), sign_only=None)


@pytest.mark.parametrize(
    "names", ["range", [b"range"], ["a b"], 1, ["*-a"], ["range", "x-*-a"], ["**"]]
)
@pytest.mark.parametrize("option", ["sign_only", "also_sign"])
def test_names_are_checked(names, option):
    with pytest.raises(InvalidRequestError) as caught:
        signer_of(**{option: names})
    check_message(caught.value, option)


def test_prefix_works_in_also_sign():
    signed = signer_of(also_sign=("X-Custom-*",)).sign("GET", URL, HEADERS, time=MOMENT)
    assert "x-custom-one;x-custom-two" in signed_headers(signed)


def test_headers_of_chunks_are_signed():
    signer = Signer(TEMPORARY, "us-east-1", "s3", sign_only=())
    chunked = signer.chunked(
        "PUT",
        "https://bucket.example/",
        {},
        [b"a"],
        length=1,
        trailer_checksum="crc32",
        time=MOMENT,
    )
    signed = signed_headers(chunked.headers).split(";")
    assert {"x-amz-decoded-content-length", "x-amz-trailer"} <= set(signed)
    assert "content-encoding" not in signed


def test_copies_sign_alike():
    signer = signer_of(sign_only=("x-amz-*", "range"))
    copied = pickle.loads(pickle.dumps(signer))  # noqa: S301 - our own
    assert copied.sign("GET", URL, HEADERS, time=0) == signer.sign("GET", URL, HEADERS, time=0)


@pytest.mark.parametrize("client", [*ADAPTERS, BY_NAME["http.client"]], ids=str)
def test_every_client_takes_it(client):
    auth = Auth(Credentials(ACCESS_KEY, SECRET, TOKEN), options={"sign_only": ("x-custom",)})
    headers = [("X-Custom", b"a"), ("Content-Type", b"text/plain")]
    with VerifyingServer() as server:
        server.accept(ACCESS_KEY, SECRET, TOKEN)
        assert client.send(auth, "POST", server.url(), headers, b"body").status == 200
        signed = server.arrived[0].authorization.signed_headers
        expected = [
            "host",
            "x-amz-content-sha256",
            "x-amz-date",
            "x-amz-security-token",
            "x-custom",
        ]
        assert list(signed) == expected
        with pytest.raises(InvalidRequestError, match="sign_only"):
            client.send(auth, "GET", server.url(), [("X-Amz-Meta-A", b"b")])
        assert len(server.arrived) == 1
