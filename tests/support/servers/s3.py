"""An S3 server, and requests to it that are sent exactly as signed."""

from __future__ import annotations

import http.client
import re
import string
import uuid
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import quote

import pytest

from rsigv4 import Credentials, Signer

_TIMEOUT_SECONDS = 30

# Characters that http.client allows in a target.
_ASCII = string.punctuation


# The response of both servers to a wrong signature, as of S3.
WRONG_SIGNATURE = (403, "SignatureDoesNotMatch")


def by_server(*, juicefs, swift):
    """Parametrize a test with the response of each server."""
    return pytest.mark.parametrize(
        ("s3_server", "expected"),
        [("juicefs", juicefs), ("swift", swift)],
        indirect=["s3_server"],
        ids=["juicefs", "swift"],
    )


@dataclass(frozen=True)
class Response:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def code(self) -> str | None:
        """The error code of AWS's documentation, such as ``SignatureDoesNotMatch``."""
        return self.element("Code")

    @property
    def refusal(self) -> tuple[int, str | None]:
        """The parts that distinguish one refusal from another."""
        return self.status, self.code

    def element(self, name: str) -> str | None:
        """Return the text of the first XML element with this name, or None."""
        return next(iter(self.elements(name)), None)

    def elements(self, name: str) -> list[str]:
        """Return the texts of all XML elements with this name."""
        return [unescape(text) for text in re.findall(f"<{name}>([^<]*)</{name}>", self.text)]


@dataclass(frozen=True)
class S3Server:
    """A running server: its endpoint, and the key that it accepts."""

    endpoint: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str

    @property
    def host(self) -> str:
        """The value of ``Host`` that a client sends."""
        return self.endpoint.partition("//")[2]

    def signer(self, *, access_key_id=None, secret_access_key=None, **changed) -> Signer:
        credentials = Credentials(
            access_key_id or self.access_key_id, secret_access_key or self.secret_access_key
        )
        return Signer(credentials, **{"region": self.region, "service": "s3", **changed})

    def new_bucket(self) -> str:
        """Create a bucket, and return its path."""
        path = f"/bucket-{uuid.uuid4()}"
        response = self.call("PUT", path)
        assert response.status == http.HTTPStatus.OK, response.text
        return path

    def call(self, method, target, headers=(), body=b"", *, signer=None) -> Response:
        """Sign and send a request, with the target percent-encoded as browsers do."""
        headers = list(headers)
        signer = signer or self.signer()
        added = signer.sign(method, self.endpoint + target, headers, body)
        return self.send(method, target, [*headers, *added.items()], body)

    def send(self, method, target, headers=(), body=b"") -> Response:
        """
        Send a request exactly as given.

        Only controls, spaces and non-ASCII are percent-encoded in the target. ``Host`` is added,
        and ``Content-Length`` for a body of bytes. A body may also be an iterable of bytes, whose
        length is then in the headers.
        """
        connection = http.client.HTTPConnection(self.host, timeout=_TIMEOUT_SECONDS)
        try:
            connection.putrequest(method, quote(target, safe=_ASCII), skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if isinstance(body, bytes):
                connection.putheader("Content-Length", str(len(body)))
                connection.endheaders(body)
            else:
                connection.endheaders()
                for part in body:
                    connection.send(part)
            response = connection.getresponse()
            return Response(response.status, response.headers, response.read())
        finally:
            connection.close()
