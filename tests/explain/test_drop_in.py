# The drop-in explains, and is explained with, whatever its attributes are.

from __future__ import annotations

import logging

import pytest
import requests

from rsigv4 import explain
from rsigv4.aws_auth import AWSRequestsAuth
from support.refusals import ES, HOST, SHORT, canonical, signed_as
from support.servers.refusing import PREFIX, RefusingServer
from support.signing import ACCESS_KEY, SECRET

REQUEST = ("GET", f"{ES}/a%20b", signed_as(canonical("/a%20b")), b"")


def drop_in(**changed):
    arguments = {
        "aws_access_key": ACCESS_KEY,
        "aws_secret_access_key": SECRET,
        "aws_host": HOST,
        "aws_region": "us-east-1",
        "aws_service": "es",
    }
    return AWSRequestsAuth(**{**arguments, **changed})


def test_drop_in_proves_as_its_signer_does():
    cause = explain(SHORT, signer=drop_in(), request=REQUEST).cause

    assert (cause.code, cause.certain) == ("path_encoded_once", True)


@pytest.mark.parametrize(
    "changed",
    [
        {"aws_region": "es", "aws_service": "us-east-1"},
        {"aws_region": "a region"},
        {"aws_service": ""},
    ],
)
def test_drop_in_proves_though_no_signer_takes_its_scope(changed):
    cause = explain(SHORT, signer=drop_in(**changed), request=REQUEST).cause

    assert (cause.code, cause.certain) == ("path_encoded_once", True)


@pytest.mark.parametrize("changed", [{"aws_access_key": ""}, {"aws_secret_access_key": ""}])
def test_drop_in_without_a_key_is_done_without(changed):
    explanation = explain(SHORT, signer=drop_in(**changed), request=REQUEST)

    assert not explanation.cause.certain


def test_drop_in_whose_subclass_has_a_signer_of_its_own():
    class Signing(AWSRequestsAuth):
        signer = "of another kind"

    auth = Signing(ACCESS_KEY, SECRET, HOST, "us-east-1", "es")

    assert explain(SHORT, signer=auth, request=REQUEST).cause.certain
    auth.signer = object()
    assert explain(SHORT, signer=auth, request=REQUEST).cause.certain


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("explaining", [True, False])
def test_drop_in_explains_a_refusal_where_it_is_asked_to(status, explaining, caplog):
    with RefusingServer(status=status) as server, caplog.at_level(logging.WARNING, "rsigv4"):
        auth = drop_in(aws_host=server.endpoint.partition("//")[2])
        if explaining:
            auth.explain = True
        response = requests.get(f"{server.endpoint}{PREFIX}/index", auth=auth, timeout=30)

    assert response.status_code == status
    assert response.content
    logged = [record.getMessage() for record in caplog.records if record.name == "rsigv4"]
    assert len(logged) == explaining
    assert not explaining or PREFIX in logged[0]


def test_drop_in_whose_subclass_has_a_method_of_this_name(caplog):
    class Explaining(AWSRequestsAuth):
        def explain(self):
            raise AssertionError

    with RefusingServer() as server, caplog.at_level(logging.WARNING, "rsigv4"):
        auth = Explaining(ACCESS_KEY, SECRET, HOST, "us-east-1", "es")
        requests.get(f"{server.endpoint}{PREFIX}/index", auth=auth, timeout=30)

    assert not [record for record in caplog.records if record.name == "rsigv4"]
