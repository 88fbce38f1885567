# The known differences of docs/migrate/: what the original signs wrongly, rsigv4 signs.

from __future__ import annotations

import importlib
from functools import partial

import httpx
import pytest
import requests
from opensearchpy import OpenSearch, RequestsHttpConnection

import rsigv4.httpx
import rsigv4.opensearch
import rsigv4.requests
from rsigv4 import Credentials
from support.pages import REPOSITORY
from support.servers.stand_in import stand_in
from support.signing import ACCESS_KEY, SECRET

BUCKET = ("bucket.s3.eu-central-1.amazonaws.com", "s3")
DOMAIN = ("search-x.eu-central-1.es.amazonaws.com", "es")
KEY = Credentials(ACCESS_KEY, SECRET)
REGION = "eu-central-1"


def requests_aws4auth(service, parent=""):
    module = importlib.import_module(f"{parent}requests_aws4auth")
    return module.AWS4Auth(ACCESS_KEY, SECRET, REGION, service)


def requests_auth_aws_sigv4(service, parent=""):
    module = importlib.import_module(f"{parent}requests_auth_aws_sigv4")
    key = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET}
    return module.AWSSigV4(service, region=REGION, **key)


def httpx_auth(service, parent=""):
    module = importlib.import_module(f"{parent}httpx_auth")
    return module.AWS4Auth(ACCESS_KEY, SECRET, REGION, service)


def opensearchpy(service, parent=""):
    module = importlib.import_module(f"{parent}opensearchpy")
    credentials = importlib.import_module("botocore.credentials")
    return module.RequestsAWSV4SignerAuth(
        credentials.Credentials(ACCESS_KEY, SECRET), REGION, service
    )


def by_requests(url, auth, method="GET", **options):
    with requests.Session() as session:
        session.request(method, url, auth=auth, timeout=30, **options)


def by_httpx(url, auth, **options):
    with httpx.Client(auth=auth) as client:
        client.get(url, **options)


def by_opensearch(url, auth, query):
    client = OpenSearch(url, http_auth=auth, connection_class=RequestsHttpConnection, max_retries=0)
    client.search(q=query)


#: The original, the row of its page, the host, the path, and how it is sent.
CASES = [
    (requests_aws4auth, "| S3 keys with `//`, ", BUCKET, "/a//b", by_requests),
    (requests_aws4auth, "| `;` in the last segment of a path |", DOMAIN, "/a;b", by_requests),
    (
        requests_aws4auth,
        "| a signed header whose value has a space, and an apostrophe without its pair |",
        *(DOMAIN, "/", partial(by_requests, headers={"x-amz-meta-a": "'b c"})),
    ),
    (
        requests_aws4auth,
        "| a signed header whose value is not ASCII |",
        *(DOMAIN, "/", partial(by_requests, headers={"x-amz-meta-a": "é"})),
    ),
    (
        requests_aws4auth,
        "| a generator as a body |",
        *(DOMAIN, "/", lambda *args: by_requests(*args, "PUT", data=(part for part in [b"a"]))),
    ),
    (requests_auth_aws_sigv4, "| a path with spaces or ", DOMAIN, "/a%20b", by_requests),
    (requests_auth_aws_sigv4, "| a parameter without a value", DOMAIN, "/?pretty", by_requests),
    (requests_auth_aws_sigv4, "| a repeated parameter |", DOMAIN, "/?a=1&a=2", by_requests),
    (
        requests_auth_aws_sigv4,
        "| a GET with a body |",
        *(DOMAIN, "/", partial(by_requests, data=b"{}")),
    ),
    (httpx_auth, "| a path with spaces or ", DOMAIN, "/a%20b", by_httpx),
    (
        httpx_auth,
        "| several spaces within the value of a signed header |",
        *(DOMAIN, "/", partial(by_httpx, headers={"x-amz-meta-a": "b  c"})),
    ),
    (
        opensearchpy,
        "| a space in a query, ",
        *(DOMAIN, "", partial(by_opensearch, query="level:error AND host:web")),
    ),
]
PAGES = {
    requests_aws4auth: ("requests-aws4auth", rsigv4.requests.SigV4Auth),
    requests_auth_aws_sigv4: ("requests-auth-aws-sigv4", rsigv4.requests.SigV4Auth),
    httpx_auth: ("httpx-auth", rsigv4.httpx.SigV4Auth),
    opensearchpy: ("opensearch-py", rsigv4.opensearch.SigV4Auth),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].__name__} {case[1]}")
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_request_fails_before_and_succeeds_after(case, authority):
    original, row, (host, service), path, send = case
    pytest.importorskip(original.__name__)
    name, SigV4Auth = PAGES[original]  # noqa: N806 - a class
    page = (REPOSITORY / "docs" / "migrate" / f"{name}.md").read_text(encoding="utf-8")
    assert f"\n{row}" in page
    url = f"https://{host}{path}"
    with stand_in(authority, host) as server:
        server.accept(ACCESS_KEY, SECRET)
        try:
            send(url, original(service))
        except Exception:  # noqa: BLE001 - each original raises others
            refused = True
        else:
            refused = server.errors != []
        assert refused
        for auth in (SigV4Auth(KEY), original(service, "rsigv4.compat.")):
            server.arrived.clear()
            send(url, auth)
            assert server.arrived
            assert server.errors == []
