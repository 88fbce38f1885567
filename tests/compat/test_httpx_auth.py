"""The drop-in for httpx-auth: names, arguments, errors, clients."""

from __future__ import annotations

import asyncio

import httpx
import httpx_auth
import pytest

import rsigv4
from rsigv4.compat import httpx_auth as our_httpx
from support.compat import (
    of_aws4auth,
    of_httpx,
)
from support.servers.verifying import VerifyingServer


def test_httpx_auth_has_the_names_of_the_original():
    arguments = ("AKID", "secret", "us-east-1", "es")
    theirs, ours = httpx_auth.AWS4Auth(*arguments), our_httpx.AWS4Auth(*arguments)
    assert vars(theirs) == vars(ours)
    assert ours.requires_request_body is True
    assert our_httpx.Basic is httpx_auth.Basic
    assert our_httpx.__version__ == httpx_auth.__version__
    with pytest.raises(Exception, match=r"^Secret key is mandatory\.$"):
        our_httpx.AWS4Auth("AKID", "", "us-east-1", "es")


@pytest.mark.parametrize(
    "content", [{"content": b"body"}, {"json": {"a": "b"}}, {"files": {"a": b"b"}}, {}], ids=str
)
@pytest.mark.parametrize("target", ["/a%20b:c", "//x/../y", "/?q=a%20b&q=%3D&q"])
def test_httpx_auth_signs_every_request(content, target, server):
    auth = of_httpx(include_headers={"*"})
    headers = {"X-Own": "a  b"}
    assert httpx.post(server.url(target), auth=auth, headers=headers, **content).status_code == 200
    assert "x-own" in server.arrived[0].authorization.signed_headers

    async def send():
        async with httpx.AsyncClient(auth=auth) as client:
            return await client.post(server.url(target), **content)

    assert asyncio.run(send()).status_code == 200
    assert server.errors == []


@pytest.mark.parametrize(
    "auth",
    [of_httpx("s3"), of_aws4auth("s3")],
    ids=["httpx_auth", "aws4auth"],
)
def test_httpx_sends_a_plus_that_s3_reads_as_one(auth, server):
    # S3 reads a raw plus in a path as a space.
    assert httpx.get(server.url("/a+b?c=d+e"), auth=auth).status_code == 200
    assert server.arrived[0].target == "/a%2Bb?c=d%20e"


@pytest.mark.parametrize("auth", [of_httpx(), of_aws4auth()], ids=["httpx_auth", "aws4auth"])
def test_requests_whose_headers_a_transport_copies_keep_the_signature(auth, server):
    class Transport(httpx.HTTPTransport):
        def handle_request(self, request):
            request.headers = httpx.Headers({**request.headers, "traceparent": "00-1-1-01"})
            return super().handle_request(request)

    with httpx.Client(transport=Transport(), auth=auth) as client:
        assert client.get(server.url()).status_code == 200


@pytest.mark.parametrize("make", [of_httpx, of_aws4auth])
def test_presigned_urls_are_sent_as_they_are(make):
    signer = rsigv4.Signer(rsigv4.Credentials("AKID", "secret", "token"), "us-east-1", "s3")
    url = signer.presign("GET", "https://example.com/a+b")
    auth, request = make("s3"), httpx.Request("GET", url)
    sent = next(auth.auth_flow(request)) if make is of_httpx else auth(request)
    assert sent.url == url
    assert set(sent.headers) == {"host"}


@pytest.mark.parametrize("include", [[], ["ACCEPT", "x-own", "absent"], {"*"}])
def test_httpx_auth_signs_the_headers_of_the_original(include):
    headers = {"X-Amz-Client-Context": "a", "X-Own": "b", "X-Amz-A": "c", "Content-Type": "d"}
    more = {"User-Agent": "e", "Connection": "f", "Authorization": "g", "TraceParent": "h"}

    def signed(module):
        request = httpx.Request("GET", "https://example.com/", headers={**headers, **more})
        auth = module.AWS4Auth("AKID", "secret", "us-east-1", "es", include_headers=include)
        authorization = next(auth.auth_flow(request)).headers["Authorization"]
        return authorization.partition("SignedHeaders=")[2].partition(",")[0]

    # In the original, it has no effect.
    added = {"x-own"} if "*" in include else set()
    expected = {*signed(httpx_auth).split(";"), *added}
    assert signed(our_httpx) == ";".join(sorted(expected))


def test_httpx_auth_signs_a_request_again(server):
    with httpx.Client(auth=of_httpx(include_headers=["*"])) as client:
        request = client.build_request("POST", server.url(), content=b"body")
        for _ in range(3):
            assert client.send(request).status_code == 200


def test_httpx_auth_composes_with_the_original(server):
    key = httpx_auth.HeaderApiKey("key", "X-Api-Key")
    for auth in (key & of_httpx(include_headers=["x-api-key"]), key + of_httpx()):
        assert httpx.post(server.url(), auth=auth, content=b"body").status_code == 200
    assert "x-api-key" in server.arrived[0].authorization.signed_headers


@pytest.mark.parametrize("comes_back", [False, True])
def test_httpx_auth_signs_nothing_after_a_redirect_to_another_origin(comes_back, server):
    with VerifyingServer(anonymous=comes_back) as other:
        server.redirects = {"/away": (307, other.url("/back"))}
        other.redirects = {"/back": (307, server.url("/"))} if comes_back else {}
        with httpx.Client(follow_redirects=True) as client:
            response = client.put(server.url("/away"), auth=of_httpx(), content=b"body")
        assert response.status_code == 403
        unsigned = [*other.arrived, *server.arrived[1:]]
        assert len(unsigned) == 1 + comes_back
        for arrived in unsigned:
            assert not {name for name in arrived.names() if name.startswith(("x-amz", "auth"))}


def test_httpx_auth_signs_redirects_again_and_leaks_nothing(server):
    with VerifyingServer(anonymous=True) as other, httpx.Client(follow_redirects=True) as client:
        server.redirects = {"/here": (307, "/there"), "/away": (307, other.url("/"))}
        for target in ("/here", "/away"):
            response = client.put(server.url(target), auth=of_httpx(), content=b"body")
            assert response.status_code == 200
        assert not {name for name in other.arrived[0].names() if name.startswith(("x-amz", "auth"))}
