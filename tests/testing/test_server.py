"""The plugin's fixtures, routes and refusals."""

from __future__ import annotations

import json
import os
import socket

import pytest
import requests
from freezegun import freeze_time

from rsigv4 import Credentials, InvalidRequestError, Signer
from rsigv4.aws_auth import AWSRequestsAuth
from rsigv4.boto_utils import BotoAWSRequestsAuth
from rsigv4.exceptions import MissingAuthenticationTokenError, SignatureMismatchError
from support.chunked_upload import CONTENT
from support.mistaken import REGION, SERVICE, TIMEOUT_SECONDS, Mistaken, key_of


def test_credentials_match_the_environment(aws_credentials):
    assert Credentials.from_env() == aws_credentials
    assert aws_credentials.session_token


def test_no_other_credentials_stay_in_the_environment(request, monkeypatch):
    others = {
        "AWS_PROFILE": "mine",
        "AWS_DEFAULT_PROFILE": "mine",
        "AWS_CREDENTIAL_EXPIRATION": "2020-02-29T12:00:00Z",
    }
    for name, value in others.items():
        monkeypatch.setenv(name, value)

    aws_credentials = request.getfixturevalue("aws_credentials")

    assert Credentials.from_env() == aws_credentials
    assert not others.keys() & os.environ.keys()


@pytest.fixture(scope="module")
def seen():
    return set()


@pytest.mark.parametrize("number", range(4))
def test_credentials_are_new_for_each_test(aws_credentials, seen, number):
    # Each pytest-xdist worker runs only some of these tests.
    new = {aws_credentials.access_key_id, aws_credentials.secret_access_key}
    assert seen.isdisjoint(new), number
    seen |= new


def test_every_request_is_accepted_without_routes(call):
    response = call("PATCH", "/any/path?a=b")
    assert (response.status_code, response.json()) == (200, {})


def test_routes(sigv4_server, call):
    sigv4_server.route("GET", "/pets", json=["cat"])
    sigv4_server.route("POST", "/pets", status=201, body="made", headers={"X-Id": "7"})
    sigv4_server.route("GET", "/pets/{id}", json={"name": "cat"})
    sigv4_server.route("ANY", "/files/{proxy+}", body=b"\0")
    assert call("GET", "/pets").json() == ["cat"]
    made = call("POST", "/pets")
    assert (made.status_code, made.text, made.headers["X-Id"]) == (201, "made", "7")
    assert call("GET", "/pets/a%20b").json() == {"name": "cat"}
    assert call("DELETE", "/files/a/b").content == b"\0"
    assert call("HEAD", "/files/a").status_code == 200


@pytest.mark.parametrize("status", [204, 304, 404, 499, 503])
def test_status_of_a_route(sigv4_server, call, status):
    sigv4_server.route("GET", "/", status=status)
    response = call("GET", "/")
    assert response.status_code == status
    assert response.content == (b"" if status in {204, 304} else b"{}")
    # https://www.rfc-editor.org/rfc/rfc9110#section-8.6 forbids a length with 204.
    assert ("Content-Length" in response.headers) == (status not in {204, 304})


@pytest.mark.parametrize("is_signed", [True, False])
def test_head_has_no_body(sigv4_server, aws_credentials, is_signed):
    sigv4_server.allow_failures()
    signer = Signer(aws_credentials, REGION, SERVICE)
    headers = signer.sign("HEAD", sigv4_server.url) if is_signed else {}
    lines = ["HEAD / HTTP/1.1", f"Host: {sigv4_server.host}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]

    host, _, port = sigv4_server.host.partition(":")
    with socket.create_connection((host, int(port)), TIMEOUT_SECONDS) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        with connection.makefile("rb") as file:
            head, _, body = file.read().partition(b"\r\n\r\n")

    assert (b"200 OK" in head) is is_signed
    assert body == b""


def test_last_declared_route_is_used(sigv4_server, call):
    sigv4_server.route("GET", "/pets", status=500)
    assert call("GET", "/pets").status_code == 500
    sigv4_server.route("GET", "/pets", json=[])
    assert call("GET", "/pets").json() == []


def test_route_without_a_slash(sigv4_server):
    with pytest.raises(InvalidRequestError, match=r"^path "):
        sigv4_server.route("GET", "pets")


def test_unknown_route(sigv4_server, call, explained):
    sigv4_server.route("GET", "/pets")
    sigv4_server.route("POST", "/pets/{id}")
    for method, path in [("GET", "/pet"), ("POST", "/pets"), ("POST", "/pets/1/2")]:
        response = call(method, path)
        assert response.status_code == 403
        assert response.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
        assert response.json() == {"message": "Missing Authentication Token"}
        assert "No route matches. The routes are: GET /pets, POST /pets/{id}." in explained()


def test_route_is_compared_with_any_decoded_path(sigv4_server, call):
    sigv4_server.route("GET", "/files/{proxy+}")
    assert call("GET", "/files/a%0Ab").status_code == 200
    # Not UTF-8.
    assert call("GET", "/files/%FF").status_code == 200


def test_requests_are_recorded(sigv4_server, call):
    call("POST", "/a%20b?c=d%20e", json={"f": 1}, headers={"X-Trace": "g"})
    (request,) = sigv4_server.requests
    assert (request.method, request.path, request.query) == ("POST", "/a%20b", "c=d%20e")
    assert request.headers["x-trace"] == "g"
    assert (request.body, request.json) == (b'{"f": 1}', {"f": 1})
    assert (request.identity.region, request.identity.service) == (REGION, SERVICE)
    assert request.error is None


def test_chunks_are_recorded_decoded(sigv4_server, aws_credentials):
    url = f"{sigv4_server.url}/name"
    signer = Signer(aws_credentials, REGION, "s3")
    body = signer.chunked("PUT", url, {}, CONTENT, length=len(CONTENT))
    response = requests.put(url, data=b"".join(body), headers=body.headers, timeout=TIMEOUT_SECONDS)
    assert response.status_code == 200
    assert sigv4_server.requests[0].body == CONTENT


def test_refused_requests_are_recorded(sigv4_server):
    sigv4_server.allow_failures()
    assert requests.get(sigv4_server.url, timeout=TIMEOUT_SECONDS).status_code == 403
    (request,) = sigv4_server.requests
    assert request.identity is None
    assert isinstance(request.error, MissingAuthenticationTokenError)
    assert sigv4_server.take_explanation() is None


def test_refusal_of_a_long_body_names_the_limit(call, explained):
    body = bytes(10 * 1024 * 1024 + 1)
    assert call("POST", "/", data=body).status_code == 413
    assert explained().splitlines()[1:4] == [
        "with 413 RequestTooLargeException: Request Too Long",
        "",
        "The body has 10485761 bytes; API Gateway accepts at most 10 MiB.",
    ]


def test_other_credentials_can_be_accepted(sigv4_server, call):
    own = Credentials("AKIDEXAMPLE", "secret")
    sigv4_server.add_credentials(own)
    auth = AWSRequestsAuth("AKIDEXAMPLE", "secret", sigv4_server.host, REGION, SERVICE)
    assert call("GET", "/", auth=auth).status_code == 200


def test_region_and_service_can_be_required(sigv4_server, call, explained):
    sigv4_server.expect(region=REGION, service=SERVICE)
    assert call("GET", "/").status_code == 200
    sigv4_server.expect(region="eu-central-1")
    assert call("GET", "/").status_code == 403
    assert "for the region us-east-1, and it has to be eu-central-1." in explained()
    sigv4_server.expect(service="es")
    assert call("GET", "/").status_code == 403
    assert "for the service execute-api, and it has to be es." in explained()


def test_presigned(sigv4_server, aws_credentials, explained):
    url = Signer(aws_credentials, REGION, SERVICE).presign("GET", f"{sigv4_server.url}/a?b=c")
    assert requests.get(url, timeout=TIMEOUT_SECONDS).status_code == 200
    wrong = url.replace("b=c", "b=d")
    assert requests.get(wrong, timeout=TIMEOUT_SECONDS).status_code == 403
    text = explained()
    assert "X-Amz-Signature=***" in text
    assert "Perhaps: this secret does not give the signature that was sent" in text


def test_clock_may_be_frozen(sigv4_server, call):
    with freeze_time("2020-02-29T12:00:00Z"):
        assert call("GET", "/").status_code == 200
    assert sigv4_server.requests[0].identity.signed_at.year == 2020


def test_unsigned(sigv4_server, explained):
    requests.get(sigv4_server.url, timeout=TIMEOUT_SECONDS)
    assert "Perhaps: the request arrived without a signature." in explained()


def test_unknown_key(sigv4_server, call, explained, aws_credentials):
    auth = AWSRequestsAuth("AKIDOTHER", "secret", sigv4_server.host, REGION, SERVICE)
    assert call("GET", "/", auth=auth).status_code == 403
    expected = f"signed with AKIDOTHER. The server knows {aws_credentials.access_key_id}."
    assert expected in explained()


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (None, "is temporary, and its session token was not sent."),
        ("another", "the session token is not one of this access key"),
    ],
)
def test_session_token(sigv4_server, explained, aws_credentials, token, words):
    key = key_of(aws_credentials, aws_token=token)
    auth = AWSRequestsAuth(aws_host=sigv4_server.host, **key)
    requests.get(sigv4_server.url, auth=auth, timeout=TIMEOUT_SECONDS)
    assert words in explained()


def test_session_token_of_other_credentials(sigv4_server, explained):
    sigv4_server.add_credentials(Credentials("AKIDEXAMPLE", "secret"))
    auth = AWSRequestsAuth(
        "AKIDEXAMPLE", "secret", sigv4_server.host, REGION, SERVICE, aws_token="another"
    )
    requests.get(sigv4_server.url, auth=auth, timeout=TIMEOUT_SECONDS)
    assert "a session token of other credentials was sent with it" in explained()


@pytest.mark.parametrize(
    ("signed", "words"),
    [
        (b'{"a":1}', "says the same as the one that was signed, and is written otherwise"),
        (b'{"a": 1}\n', "in the white space around it"),
        (b"", "a body arrived, and the signature covers none"),
        (b'{"a": 2}', "the body that arrived is not the one that was signed"),
    ],
)
def test_body_with_another_hash(sigv4_server, aws_credentials, explained, signed, words):
    signer = Signer(aws_credentials, REGION, "s3")
    headers = signer.sign("PUT", sigv4_server.url, body=signed)
    requests.put(sigv4_server.url, data=b'{"a": 1}', headers=headers, timeout=TIMEOUT_SECONDS)
    text = explained()
    assert words in text
    assert "The body that was sent has 8 bytes." in text


def test_modified_chunk(sigv4_server, aws_credentials, explained):
    url = f"{sigv4_server.url}/name"
    body = Signer(aws_credentials, REGION, "s3").chunked(
        "PUT", url, {}, CONTENT, length=len(CONTENT)
    )
    data = b"".join(body).replace(CONTENT[:8], CONTENT[:8][::-1], 1)
    requests.put(url, data=data, headers=body.headers, timeout=TIMEOUT_SECONDS)
    text = explained()
    assert "The chunk signature we calculated does not match" in text
    assert "Perhaps: the body that arrived is not the one that was signed." in text


@pytest.mark.parametrize(
    "headers", [{"X-Amz-Content-Sha256": "none"}, {"Host": "\xe4"}, {"Authorization": "Basic x"}]
)
def test_malformed_request_is_explained(sigv4_server, aws_credentials, explained, headers):
    signed = Signer(aws_credentials, REGION, "s3").sign("GET", sigv4_server.url)
    response = requests.get(
        sigv4_server.url, headers={**signed, **headers}, timeout=TIMEOUT_SECONDS
    )
    assert response.status_code >= 400
    assert explained().startswith("sigv4_server refused GET /\nwith ")


def test_unsigned_header(sigv4_server, aws_credentials, explained):
    headers = Signer(aws_credentials, REGION, "s3").sign("GET", sigv4_server.url)
    headers["X-Amz-Acl"] = "public-read"
    requests.get(sigv4_server.url, headers=headers, timeout=TIMEOUT_SECONDS)
    assert "headers that have to be signed are not: x-amz-acl." in explained()


def test_response_equals_that_of_api_gateway(sigv4_server, aws_credentials):
    sigv4_server.allow_failures()
    client = Mistaken(sigv4_server, aws_credentials, lambda text: text + "0")
    assert client.send("GET", "/") == 403
    error = sigv4_server.requests[0].error
    assert isinstance(error, SignatureMismatchError)


def test_response_shows_the_canonical_string(sigv4_server, call):
    sigv4_server.allow_failures()
    response = call("GET", "/", auth=BotoAWSRequestsAuth("wrong", REGION, SERVICE))
    message = json.loads(response.content)["message"]
    assert f"should have been\n'GET\n/\n\nhost:{sigv4_server.host}\n" in message
