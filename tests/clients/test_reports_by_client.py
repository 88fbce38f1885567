"""Bug reports about other signers, tried with every client that could have the bug."""

from __future__ import annotations

import datetime as dt
import io
import time

import pytest
from freezegun import freeze_time

from rsigv4 import Credentials
from support.bodies import Pipe
from support.clients import ADAPTERS, ALL, Auth
from support.servers.verifying import VerifyingServer
from support.signing import SECRET, SIGNATURE, TEMPORARY

HOUR = 3600

#: Clients that take a file, and clients that take a file that can't seek.
FILES = [client for client in ALL if client.name not in {"httpx async", "httpx2 async"}]
PIPES = [client for client in FILES if client in ADAPTERS]
S3 = [client for client in ALL if client.name != "aws_auth"]
FOLLOWING = [client for client in ALL if client.follows]


def all_of(clients):
    return pytest.mark.parametrize("client", clients, ids=str)


def send(client, server, target, service="es", **request):
    """Send a request that must be accepted, and return it as it arrived."""
    server.strict = client.signs_all
    auth = Auth(TEMPORARY, service=service, options=request.pop("options", {}))
    method = "PUT" if "body" in request else "GET"

    reply = client.send(auth, method, server.url(target), **request)

    assert (reply.status, server.errors) == (200, []), reply.content
    return server.arrived[-1]


def signed_headers(arrived):
    return set(arrived.authorization.signed_headers)


@all_of(S3)
def test_requests_aws4auth_31_s3_keys_with_dots_and_slashes(client, server):
    """https://github.com/tedder/requests-aws4auth/issues/31."""
    for target in ("/bucket/a//b", "/bucket//a", "/bucket/a.b/..c/.d"):
        send(client, server, target, service="s3")


@all_of(ALL)
def test_awscurl_33_colon_in_a_path(client, server):
    """https://github.com/okigan/awscurl/issues/33."""
    send(client, server, "/prod/users/a:b", service="execute-api")


@all_of(S3)
def test_botocore_3214_s3_keys_are_encoded_once(client, server):
    """https://github.com/boto/botocore/issues/3214."""
    send(client, server, "/bucket/a%20b%2Bc%3D%25", service="s3")


@all_of(ALL)
def test_smithy_rs_1308_double_slash_is_normalized(client, server):
    """https://github.com/smithy-lang/smithy-rs/issues/1308."""
    send(client, server, "/a//b", service="execute-api")


@all_of(ALL)
def test_ai_review_40_bedrock_model_with_colon(client, server):
    """https://github.com/Nikita-Filonov/ai-review/issues/40."""
    target = "/model/anthropic.claude-3-5-sonnet-20240620-v1:0/invoke"

    send(client, server, target, service="bedrock", body=b"{}")


@all_of(S3)
def test_aws_sdk_js_853_escapes_are_encoded_again_but_for_s3(client, server):
    """https://github.com/aws/aws-sdk-js/issues/853."""
    send(client, server, "/a%2Ab", service="es")
    send(client, server, "/a%2Ab", service="s3")


@all_of(ALL)
def test_aws_requests_auth_40_space_in_a_query(client, server):
    """https://github.com/DavidMuller/aws-requests-auth/issues/40."""
    send(client, server, "/_search?q=a b")
    send(client, server, "/_search?q=a+b")
    send(client, server, "/_search?q=a%20b")


@all_of(ALL)
def test_aws_requests_auth_12_commas_in_a_query(client, server):
    """https://github.com/DavidMuller/aws-requests-auth/issues/12."""
    send(client, server, "/_search?filter_path=a,b%2Cc")


@all_of(ALL)
def test_aws_requests_auth_36_query_of_awis(client, server):
    """https://github.com/DavidMuller/aws-requests-auth/issues/36."""
    target = "/api?Action=UrlInfo&Count=10&ResponseGroup=Rank%2CLinksInCount&Start=1&Url=a.com/?b"

    send(client, server, target, service="awis")


@all_of(ALL)
def test_awscurl_216_escaped_equals_sign(client, server):
    """https://github.com/okigan/awscurl/issues/216."""
    send(client, server, "/a?next=abc%3D%3D&b==", service="execute-api")


@all_of(ALL)
def test_awscurl_138_colon_and_comma_in_a_query(client, server):
    """https://github.com/okigan/awscurl/issues/138."""
    send(client, server, "/a?time=2020-01-01T00:00:00Z,now", service="execute-api")


@all_of(ALL)
def test_httpx_auth_71_query_is_canonicalized(client, server):
    """https://github.com/Colin-b/httpx_auth/issues/71."""
    send(client, server, "/a?b=2&b=1&a-b=1&a=&c", service="execute-api")


@all_of(S3)
def test_botocore_1354_escaped_space_stays_one(client, server):
    """https://github.com/boto/botocore/issues/1354."""
    arrived = send(client, server, "/bucket?prefix=a%20b", service="s3")

    assert arrived.target == "/bucket?prefix=a%20b"


@all_of(S3)
def test_aws_sdk_rust_330_braces_in_a_prefix(client, server):
    """https://github.com/awslabs/aws-sdk-rust/issues/330."""
    send(client, server, "/bucket?prefix=a{b}~c", service="s3")


@all_of(S3)
def test_requests_auth_aws_sigv4_6_plus_for_s3(client, server):
    """https://github.com/andrewjroth/requests-auth-aws-sigv4/issues/6."""
    arrived = send(client, server, "/bucket?prefix=a+b", service="s3")

    # In this form, every server reads the same. Requests signed by hand are sent unchanged.
    expected = "a+b" if client.name == "http.client" else "a%20b"
    assert arrived.target == f"/bucket?prefix={expected}"


@all_of(ALL)
def test_requests_aws4auth_79_port_is_signed(client, server):
    """https://github.com/tedder/requests-aws4auth/issues/79."""
    assert send(client, server, "/").head.value("host") == server.host


@all_of(ALL)
def test_opensearch_go_370_host_behind_a_tunnel(client, server):
    """https://github.com/opensearch-project/opensearch-go/issues/370."""
    headers = [("Host", b"search-a.eu-central-1.es.amazonaws.com")]

    assert send(client, server, "/", headers=headers).head.value("host") == headers[0][1].decode()


@all_of(ALL)
def test_openai_python_3563_connection_is_not_signed(client, server):
    """https://github.com/openai/openai-python/issues/3563."""
    arrived = send(client, server, "/", headers=[("Connection", b"close")])

    assert "connection" not in signed_headers(arrived)


@all_of(ALL)
def test_mcp_proxy_for_aws_313_what_proxies_rewrite_is_not_signed(client, server):
    """https://github.com/aws/mcp-proxy-for-aws/issues/313."""
    headers = [("Accept", b"*/*"), ("Accept-Encoding", b"gzip"), ("User-Agent", b"a")]

    arrived = send(client, server, "/", headers=headers, body=b"body")

    rewritten = {"accept", "accept-encoding", "content-length", "user-agent"}
    assert rewritten <= arrived.names()
    assert not rewritten & signed_headers(arrived)


@all_of(S3)
def test_aws4_169_serverless_is_sent_the_hash_of_the_body(client, server):
    """https://github.com/mhart/aws4/issues/169."""
    arrived = send(client, server, "/", service="aoss", body=b"{}")

    assert arrived.head.value("x-amz-content-sha256") == arrived.body.sha256
    assert "x-amz-content-sha256" in signed_headers(arrived)


@all_of(FILES)
def test_aws_requests_auth_63_file_for_a_body(client, server, tmp_path):
    """https://github.com/DavidMuller/aws-requests-auth/issues/63."""
    path = tmp_path / "file"
    path.write_bytes(b"body" * 100_000)
    with path.open("rb") as file:
        arrived = send(client, server, "/", body=file)

    assert arrived.body.length == 400_000


@all_of(ADAPTERS)
def test_aws_requests_auth_45_unsigned_payload(client, server):
    """https://github.com/DavidMuller/aws-requests-auth/issues/45."""
    # Over http, an unsigned body has to be requested by this header, too.
    headers = [("X-Amz-Content-Sha256", b"UNSIGNED-PAYLOAD")]
    options = {"payload": "unsigned"}

    arrived = send(
        client, server, "/b/k", service="s3", headers=headers, body=b"b", options=options
    )

    assert arrived.head.value("x-amz-content-sha256") == "UNSIGNED-PAYLOAD"


@all_of(PIPES)
def test_boto3_751_stream_to_s3_as_it_comes(client, server):
    """https://github.com/boto/boto3/issues/751."""
    headers = [("Content-Length", b"100000")]
    pipe = io.BufferedReader(Pipe(b"x" * 100_000))

    arrived = send(client, server, "/b/k", service="s3", headers=headers, body=pipe)

    assert arrived.body.length == 100_000
    assert len(arrived.body.chunks) == 3


@all_of(PIPES)
def test_botocore_3651_stream_that_cannot_seek(client, server):
    """https://github.com/boto/botocore/issues/3651."""
    pipe = io.BufferedReader(Pipe(b"x" * 100_000))

    assert send(client, server, "/", body=pipe).body.length == 100_000


@all_of(FOLLOWING)
def test_aws_sdk_go_v2_3247_token_is_kept_from_another_host(client, server):
    """https://github.com/aws/aws-sdk-go-v2/issues/3247."""
    with VerifyingServer(anonymous=True) as other:
        server.redirects["/from"] = 307, other.url("/to", name="localhost")
        server.strict = client.signs_all
        client.send(Auth(TEMPORARY), "GET", server.url("/from"))

    assert server.errors == []
    assert not SIGNATURE & other.arrived[0].names()


@all_of(FOLLOWING)
@pytest.mark.parametrize("status", [301, 307])
def test_aws_sdk_go_4800_redirect_is_signed_again(client, server, status):
    """https://github.com/aws/aws-sdk-go/issues/4800."""
    server.redirects["/from"] = status, "/to?a=b"
    server.strict = client.signs_all

    # httpx follows redirects without calling the auth, which signs after a refusal.
    assert client.send(Auth(TEMPORARY), "GET", server.url("/from")).status == 200

    assert server.arrived[-1].target == "/to?a=b"
    assert server.arrived[-1].authorization is not None


@all_of(ADAPTERS)
def test_aws_requests_auth_27_credentials_are_asked_for_again(client, server):
    """https://github.com/DavidMuller/aws-requests-auth/issues/27."""
    keys = iter([Credentials("AKIDONE", SECRET), Credentials("AKIDTWO", SECRET)])
    for name in ("AKIDONE", "AKIDTWO"):
        server.accept(name, SECRET)

    with client.session(Auth(lambda: next(keys))) as session:
        for _ in range(2):
            session.send("GET", server.url("/"))

    used = [arrived.authorization.access_key_id for arrived in server.arrived]
    assert (server.errors, used) == ([], ["AKIDONE", "AKIDTWO"])


@all_of(ALL)
def test_requests_auth_aws_sigv4_12_one_auth_in_many_threads(client, server):
    """https://github.com/andrewjroth/requests-auth-aws-sigv4/issues/12."""
    server.strict = client.signs_all
    with client.session(Auth(TEMPORARY)) as session:
        replies = session.send_many(100, "PUT", server.url("/"), (), b"body")

    assert {reply.status for reply in replies} == {200}
    assert server.errors == []


@all_of(ADAPTERS)
def test_boto3_1252_wrong_clock_is_corrected(client, server):
    """https://github.com/boto/boto3/issues/1252."""
    server.clock = lambda: time.time() + HOUR
    with client.session(Auth(TEMPORARY)) as session:
        assert session.send("GET", server.url("/")).status == 200
        assert session.send("GET", server.url("/")).status == 200

    assert [arrived.status for arrived in server.arrived] == [403, 200, 200]


@all_of(ALL)
def test_requests_aws4auth_10_day_changes_between_two_requests(client, server):
    """https://github.com/tedder/requests-aws4auth/issues/10."""
    # Only the clock that signs is frozen; asyncio needs a running one.
    server.strict = client.signs_all
    dates = []
    with client.session(Auth(TEMPORARY)) as session:
        for moment in ("2030-01-01T23:59:59Z", "2030-01-02T00:00:01Z"):
            frozen = dt.datetime.fromisoformat(moment.replace("Z", "+00:00"))
            server.clock = frozen.timestamp
            with freeze_time(frozen, real_asyncio=True):
                assert session.send("GET", server.url("/")).status == 200
            dates.append(server.arrived[-1].authorization.scope.date)

    assert dates == ["20300101", "20300102"]


@all_of(ALL)
def test_aws_requests_auth_19_text_that_is_not_ascii(client, server):
    """https://github.com/DavidMuller/aws-requests-auth/issues/19."""
    send(client, server, "/é/中?q=é", body="{é}".encode())
