"""Mistakes of other clients that the plugin's server explains."""

from __future__ import annotations

import pytest
import requests
from aws_requests_auth.aws_auth import AWSRequestsAuth as OriginalAuth
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from rsigv4 import Signer
from support.mistaken import ENCODED_ONCE, REGION, SERVICE, TIMEOUT_SECONDS, Mistaken, key_of


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
        ["Why: localhost:", "was signed instead of 127.0.0.1:"],
        "host:localhost:",
    ),
    (
        lambda text: text.rpartition("\n")[0] + "\n" + EMPTY,
        ["a body arrived, and the signature covers none"],
        EMPTY,
    ),
    (
        lambda text: text.rpartition("\n")[0] + "\nUNSIGNED-PAYLOAD",
        ["UNSIGNED-PAYLOAD was signed, and the server expects the hash of the body instead"],
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
    assert "Perhaps: this secret does not give the signature that was sent" in text
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
