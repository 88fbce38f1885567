# The plugin's fixtures, and the mistakes of other clients that the server explains.

from __future__ import annotations

import http.client
import json
import os

import pytest
import requests
from aws_requests_auth.aws_auth import AWSRequestsAuth as OriginalAuth
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from freezegun import freeze_time

from rsigv4 import Credentials, InvalidRequestError, Signer
from rsigv4.aws_auth import AWSRequestsAuth
from rsigv4.boto_utils import BotoAWSRequestsAuth
from rsigv4.exceptions import MissingAuthenticationTokenError, SignatureMismatchError
from support.chunked_upload import CONTENT

REGION = "us-east-1"
SERVICE = "execute-api"
TIMEOUT_SECONDS = 10
# The explanation of a mistake that several tests make.
ENCODED_ONCE = "the path was signed encoded once, and this service signs it encoded twice."


@pytest.fixture
def call(sigv4_server):
    """Send a request, correctly signed by default."""

    def send(method, path, *, auth=None, **options):
        auth = auth or BotoAWSRequestsAuth(sigv4_server.host, REGION, SERVICE)
        return requests.request(
            method, sigv4_server.url + path, auth=auth, timeout=TIMEOUT_SECONDS, **options
        )

    return send


@pytest.fixture
def explained(sigv4_server, aws_credentials):
    """Return the message that the test would fail with."""

    def take():
        explanation = sigv4_server.take_explanation()
        assert explanation is not None
        assert aws_credentials.session_token not in explanation
        assert aws_credentials.secret_access_key not in explanation
        return explanation

    return take


def key_of(credentials, **changed):
    """Return arguments for the original and the drop-in."""
    return {
        "aws_access_key": credentials.access_key_id,
        "aws_secret_access_key": credentials.secret_access_key,
        "aws_token": credentials.session_token,
        "aws_region": REGION,
        "aws_service": SERVICE,
        **changed,
    }


class Mistaken(SigV4Auth):
    """botocore's signer, with one change to the canonical request."""

    def __init__(self, server, credentials, change, service=SERVICE):
        secret = credentials.secret_access_key
        known = BotocoreCredentials(credentials.access_key_id, secret, credentials.session_token)
        super().__init__(known, service, REGION)
        self.server = server
        self.change = change

    def canonical_request(self, request):
        text = super().canonical_request(request)
        changed = self.change(text)
        assert changed != text
        return changed

    def send(self, method, target, headers=(), body=None):
        request = AWSRequest(method, self.server.url + target, dict(headers), body)
        self.add_auth(request)
        prepared = request.prepare()
        connection = http.client.HTTPConnection(self.server.host, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, target, body, dict(prepared.headers))
            return connection.getresponse().status
        finally:
            connection.close()


def test_credentials_match_the_environment(aws_credentials):
    assert Credentials.from_env() == aws_credentials
    assert "AWS_PROFILE" not in os.environ
    assert aws_credentials.session_token


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
    answer = call("PATCH", "/any/path?a=b")
    assert (answer.status_code, answer.json()) == (200, {})


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
    answer = call("GET", "/")
    assert answer.status_code == status
    assert answer.content == (b"" if status in {204, 304} else b"{}")
    # https://www.rfc-editor.org/rfc/rfc9110#section-8.6 forbids a length with 204.
    assert ("Content-Length" in answer.headers) == (status not in {204, 304})


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
        answer = call(method, path)
        assert answer.status_code == 403
        assert answer.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
        assert answer.json() == {"message": "Missing Authentication Token"}
        assert "No route matches. The routes are: GET /pets, POST /pets/{id}." in explained()


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
    answer = requests.put(url, data=b"".join(body), headers=body.headers, timeout=TIMEOUT_SECONDS)
    assert answer.status_code == 200
    assert sigv4_server.requests[0].body == CONTENT


def test_refused_requests_are_recorded(sigv4_server):
    sigv4_server.allow_failures()
    assert requests.get(sigv4_server.url, timeout=TIMEOUT_SECONDS).status_code == 403
    (request,) = sigv4_server.requests
    assert request.identity is None
    assert isinstance(request.error, MissingAuthenticationTokenError)
    assert sigv4_server.take_explanation() is None


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
    assert "nor with a mistake that is known" in text


def test_mistake_in_a_presigned_url_is_named(sigv4_server, aws_credentials, explained):
    signer = Signer(aws_credentials, REGION, SERVICE, double_encode_path=False)
    url = signer.presign("GET", f"{sigv4_server.url}/a%20b?c=d")
    assert requests.get(url, timeout=TIMEOUT_SECONDS).status_code == 403
    assert f"Why: {ENCODED_ONCE}" in explained()


def test_mistake_with_sigv4a(sigv4_server, aws_credentials, explained):
    options = {"algorithm": "AWS4-ECDSA-P256-SHA256", "double_encode_path": False}
    signer = Signer(aws_credentials, "*", SERVICE, **options)
    url = f"{sigv4_server.url}/a%20b"
    headers = signer.sign("GET", url)
    assert requests.get(url, headers=headers, timeout=TIMEOUT_SECONDS).status_code == 403
    text = explained()
    assert f"Why: {ENCODED_ONCE}" in text
    assert "\n- /a%20b\n+ /a%2520b\n" in text


def test_unknown_mistake_with_sigv4a(sigv4_server, aws_credentials, explained):
    signer = Signer(aws_credentials, "*", SERVICE, algorithm="AWS4-ECDSA-P256-SHA256")
    headers = signer.sign("GET", f"{sigv4_server.url}/other")
    url = f"{sigv4_server.url}/path"
    assert requests.get(url, headers=headers, timeout=TIMEOUT_SECONDS).status_code == 403
    assert "\nGET\n/path\n" in explained()


def test_clock_may_be_frozen(sigv4_server, call):
    with freeze_time("2020-02-29T12:00:00Z"):
        assert call("GET", "/").status_code == 200
    assert sigv4_server.requests[0].identity.signed_at.year == 2020


def test_unsigned(sigv4_server, explained):
    requests.get(sigv4_server.url, timeout=TIMEOUT_SECONDS)
    assert "Why: the request is not signed." in explained()


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
        (b'{"a":1}', "the same JSON as the one that was signed, and is written otherwise"),
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
    assert "Why: the body that arrived is not the one that was signed." in text


@pytest.mark.parametrize(
    "headers", [{"X-Amz-Content-Sha256": "none"}, {"Host": "\xe4"}, {"Authorization": "Basic x"}]
)
def test_malformed_request_is_explained(sigv4_server, aws_credentials, explained, headers):
    signed = Signer(aws_credentials, REGION, "s3").sign("GET", sigv4_server.url)
    answer = requests.get(sigv4_server.url, headers={**signed, **headers}, timeout=TIMEOUT_SECONDS)
    assert answer.status_code >= 400
    assert explained().startswith("sigv4_server refused GET /\nwith ")


def test_unsigned_header(sigv4_server, aws_credentials, explained):
    headers = Signer(aws_credentials, REGION, "s3").sign("GET", sigv4_server.url)
    headers["X-Amz-Acl"] = "public-read"
    requests.get(sigv4_server.url, headers=headers, timeout=TIMEOUT_SECONDS)
    assert "headers that have to be signed are not: x-amz-acl." in explained()


def line(number, old, new):
    """Return a function that changes one line of a canonical request."""

    def change(text):
        lines = text.split("\n")
        lines[number] = lines[number].replace(old, new)
        return "\n".join(lines)

    return change


EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
MISTAKES = [
    (line(0, "PUT", "put"), ["the method put arrived as PUT"], "put"),
    (line(0, "PUT", "POST"), ["the method POST arrived as PUT"], "POST"),
    (line(1, "%25", "%"), [ENCODED_ONCE], "/a%20b"),
    (line(1, "%2520", " "), ["the path was signed decoded"], "/a b"),
    (line(2, "%20", "+"), ["a space of the query was signed as `+`"], "a=&b=2+1&b-c=3"),
    (line(2, "a=&", "a&"), ["a parameter without a value has its `=`"], "a&b=2%201&b-c=3"),
    (line(2, "a=&b=2%201&b-c=3", ""), ["not in the one that was signed: a, b, b-c."], ""),
    (
        line(2, "b=2%201&b-c=3", "b-c=3&b=2%201"),
        ["signed in another order", "not `name=value` as one text"],
        "a=&b-c=3&b=2%201",
    ),
    (
        line(3, "application/json", "text/plain"),
        ["the signed header content-type did not arrive as it was signed"],
        "content-type:text/plain",
    ),
    (
        line(4, "127.0.0.1", "localhost"),
        ["Why: localhost:", "called 127.0.0.1:"],
        "host:localhost:",
    ),
    (
        lambda text: text.rpartition("\n")[0] + "\n" + EMPTY,
        ["a body arrived, and the signature covers none"],
        EMPTY,
    ),
    (
        lambda text: text.rpartition("\n")[0] + "\nUNSIGNED-PAYLOAD",
        ["UNSIGNED-PAYLOAD was signed, and this service wants the hash of the body"],
        "UNSIGNED-PAYLOAD",
    ),
    (
        lambda text: line(1, "%25", "%")(line(0, "PUT", "put")(text)),
        ["Why: the method put arrived as PUT", f"Why: {ENCODED_ONCE}"],
        "put",
    ),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=[words[0] for _, words, _ in MISTAKES])
def test_mistake_is_named(sigv4_server, aws_credentials, explained, mistake):
    change, words, signed = mistake
    client = Mistaken(sigv4_server, aws_credentials, change)
    headers = {"Content-Type": "application/json"}
    assert client.send("PUT", "/a%20b?b=2%201&a=&b-c=3", headers, b'{"a": 1}') == 403
    text = explained()
    assert all(part in text for part in words), text
    assert "--- what the client signed\n+++ what it should have signed\n" in text
    assert f"\n- {signed}" in text
    assert "\n+ " in text
    # The whole canonical request is shown, including equal lines.
    assert "\n  x-amz-security-token:***\n  \n  content-type;host;" in text


def test_unknown_mistake(sigv4_server, aws_credentials, explained):
    client = Mistaken(sigv4_server, aws_credentials, lambda text: text + "0")
    assert client.send("GET", "/") == 403
    text = explained()
    assert "nor with a mistake that is known" in text
    # The server's canonical request is shown for comparison.
    assert f"\nhost:{sigv4_server.host}\n" in text


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{}\n", "with a line end after it"),
        ('"{}"', "with quotes around it"),
        ("{} ", "with a space after it"),
    ],
)
def test_wrong_secret(sigv4_server, aws_credentials, explained, template, words):
    credentials = BotocoreCredentials(
        aws_credentials.access_key_id,
        template.format(aws_credentials.secret_access_key),
        aws_credentials.session_token,
    )
    request = AWSRequest("GET", sigv4_server.url)
    SigV4Auth(credentials, SERVICE, REGION).add_auth(request)
    headers = dict(request.headers)
    requests.get(sigv4_server.url, headers=headers, timeout=TIMEOUT_SECONDS)
    text = explained()
    assert f"Why: the secret was used {words}." in text
    # The canonical requests are equal.
    assert "---" not in text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/a?q=a+b", "a space of the query was signed as `+`"),
        ("/a?b=1&b-c=2", "not `name=value` as one text"),
        ("/a;b=1", "what follows the `;` in the path was left out of the signature"),
        ("/a?q=x,y", "the query was signed with other escapes than AWS's"),
    ],
)
# The original uses utcnow(), which Python 3.12 deprecates.
@pytest.mark.filterwarnings("ignore::DeprecationWarning:aws_requests_auth")
def test_mistakes_of_aws_requests_auth(sigv4_server, aws_credentials, explained, path, words):
    auth = OriginalAuth(aws_host=sigv4_server.host, **key_of(aws_credentials))
    requests.get(sigv4_server.url + path, auth=auth, timeout=TIMEOUT_SECONDS)
    assert words in explained()


def test_response_equals_that_of_api_gateway(sigv4_server, aws_credentials):
    sigv4_server.allow_failures()
    client = Mistaken(sigv4_server, aws_credentials, lambda text: text + "0")
    assert client.send("GET", "/") == 403
    error = sigv4_server.requests[0].error
    assert isinstance(error, SignatureMismatchError)


def test_response_shows_the_canonical_string(sigv4_server, call):
    sigv4_server.allow_failures()
    answer = call("GET", "/", auth=BotoAWSRequestsAuth("wrong", REGION, SERVICE))
    message = json.loads(answer.content)["message"]
    assert f"should have been\n'GET\n/\n\nhost:{sigv4_server.host}\n" in message
