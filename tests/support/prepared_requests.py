"""Auths that sign prepared requests, and what arrived of these."""

from __future__ import annotations

import rsigv4.requests
from rsigv4.aws_auth import AWSRequestsAuth
from support.signing import ACCESS_KEY, SECRET, SIGNATURE, TEMPORARY, TOKEN

SCOPE = ("us-east-1", "execute-api")


def of_drop_in(server):
    return AWSRequestsAuth(ACCESS_KEY, SECRET, server.host, *SCOPE, TOKEN)


def of_requests(_server):
    return rsigv4.requests.SigV4Auth(TEMPORARY, *SCOPE)


def is_signed(arrived):
    return bool(SIGNATURE & arrived.names())


def statuses(server):
    assert server.errors == []
    return [arrived.status for arrived in server.arrived]
