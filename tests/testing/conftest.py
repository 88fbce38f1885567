"""Calls of the plugin's server."""

from __future__ import annotations

import pytest
import requests

from rsigv4.boto_utils import BotoAWSRequestsAuth
from support.mistaken import REGION, SERVICE, TIMEOUT_SECONDS


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
