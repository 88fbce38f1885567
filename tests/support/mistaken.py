"""A signer that makes mistakes, for tests of the plugin's explanations."""

from __future__ import annotations

import http.client

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

REGION = "us-east-1"
SERVICE = "execute-api"
TIMEOUT_SECONDS = 10
# The explanation of a mistake that several tests make.
ENCODED_ONCE = "the path was signed encoded once, and this service signs it encoded twice."


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
