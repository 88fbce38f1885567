# Requests on the wire match the signature: plus signs, methods, and bodies that a service doesn't
# sign.

from __future__ import annotations

import pytest

from support.bodies import BODIES, CONTENT, is_sent_unbuffered
from support.clients import ALL, Auth
from support.redirects import is_signed_when_refused
from support.signing import TEMPORARY

#: With `Signer`, the caller chooses what is sent.
SENDING = [client for client in ALL if client.has_auth]
S3_FAMILY = ["s3", "s3express", "s3-object-lambda", "s3-outposts"]

every_client = pytest.mark.parametrize("client", SENDING, ids=str)


def send(client, server, *request, service="es", **options):
    server.strict = client.signs_all
    reply = client.send(Auth(TEMPORARY, service=service, options=options), *request)
    assert server.errors == []
    assert reply.status == 200
    return server.arrived[-1]


@every_client
@pytest.mark.parametrize("service", S3_FAMILY)
def test_plus_is_sent_to_s3_in_an_unambiguous_form(client, server, service):
    arrived = send(client, server, "GET", server.url("/b/a+b%2Bc?d+e=f+g"), service=service)

    assert arrived.target == "/b/a%2Bb%2Bc?d%20e=f%20g"


@every_client
def test_plus_is_sent_to_other_services_unchanged(client, server):
    assert send(client, server, "GET", server.url("/a+b?c+d=e+f")).target == "/a+b?c+d=e+f"


@every_client
def test_plus_of_a_redirect_is_sent_to_s3_in_an_unambiguous_form(client, server):
    if is_signed_when_refused(client):
        pytest.skip("it follows redirects by itself, unsigned")
    server.redirects["/first"] = 307, "/b/a+b?c=d+e"

    arrived = send(client, server, "GET", server.url("/first"), service="s3")

    assert arrived.target == "/b/a%2Bb?c=d%20e"


@every_client
@pytest.mark.parametrize("method", ["get", "Post", "delete"])
def test_method_is_sent_as_signed(client, server, method):
    body = b"body" if method == "Post" else None

    assert send(client, server, method, server.url("/a"), [], body).head.method == method.upper()


@every_client
def test_vpc_lattice_does_not_sign_bodies_even_over_http(client, server):
    headers = [("Content-Type", b"text/plain")]
    arrived = send(
        client, server, "POST", server.url("/a"), headers, b"body", service="vpc-lattice-svcs"
    )

    assert arrived.body.content == b"body"
    assert arrived.head.value("x-amz-content-sha256") == "UNSIGNED-PAYLOAD"
    # The drop-in signs only the original's headers.
    is_signed = "x-amz-content-sha256" in arrived.authorization.signed_headers
    assert is_signed is client.signs_all


@every_client
@pytest.mark.parametrize("kind", [kind for kind in BODIES if kind.single_pass], ids=str)
def test_body_for_vpc_lattice_is_not_buffered(client, server, kind, tmp_path):
    if not is_sent_unbuffered(client, kind):
        pytest.skip("the client sends no such body")
    with kind.made(tmp_path / "body") as body:
        request = ("POST", server.url("/a"), [], body)
        options = {"service": "vpc-lattice-svcs", "max_buffered_body": 0}
        arrived = send(client, server, *request, **options)

    assert arrived.body.content == CONTENT
    assert arrived.head.value("x-amz-content-sha256") == "UNSIGNED-PAYLOAD"
