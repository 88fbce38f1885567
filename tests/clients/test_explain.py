# With `explain=True`, every client's auth logs an explanation of a refusal.

from __future__ import annotations

import logging

import pytest

from rsigv4 import Credentials
from support.clients import ADAPTERS, Auth
from support.servers.refusing import PREFIX, RefusingServer
from support.signing import ACCESS_KEY, SECRET, TEMPORARY, TOKEN

every_client = pytest.mark.parametrize("client", ADAPTERS, ids=str)


def logged(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "rsigv4"]


@every_client
@pytest.mark.parametrize("body", [None, b"body"], ids=["no-body", "body"])
def test_refusal_is_explained_once(client, body, server, caplog):
    wrong = Credentials(ACCESS_KEY, "another secret", TOKEN)
    with caplog.at_level(logging.WARNING, "rsigv4"):
        reply = client.send(
            Auth(wrong, options={"explain": True}), "PUT", server.url("/a?b=c"), (), body
        )

    assert reply.status == 403
    # The response can still be read.
    assert b"SignatureDoesNotMatch" in reply.content or b"signature" in reply.content
    (explanation,) = logged(caplog)
    assert "secret" in explanation
    for private in (SECRET, TOKEN, "another secret"):
        assert private not in explanation


@every_client
def test_refusal_with_status_401_is_explained(client, caplog):
    with RefusingServer(status=401) as refusing, caplog.at_level(logging.WARNING, "rsigv4"):
        url = f"{refusing.endpoint}{PREFIX}/index"
        reply = client.send(Auth(TEMPORARY, options={"explain": True}), "GET", url)

    assert reply.status == 401
    (explanation,) = logged(caplog)
    assert PREFIX in explanation


@every_client
@pytest.mark.parametrize("explain", [True, False])
def test_accepted_requests_and_explain_false_log_nothing(client, explain, server, caplog):
    credentials = TEMPORARY if explain else Credentials("AKIDOTHER", "secret")
    with caplog.at_level(logging.WARNING, "rsigv4"):
        client.send(Auth(credentials, options={"explain": explain}), "GET", server.url())

    assert logged(caplog) == []
