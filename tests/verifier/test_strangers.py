# If a request is refused independently of its body, the body is not read.

from __future__ import annotations

import pytest

from rsigv4 import Credentials, Verifier
from rsigv4.exceptions import (
    ExpiredTokenError,
    InvalidCredentialsError,
    InvalidTokenError,
    UnknownAccessKeyError,
    UnsignedHeaderError,
)
from support.signing import ACCESS_KEY, CREDENTIALS, MOMENT, SECRET
from support.verifying import signed

OTHER_TOKEN = Credentials(ACCESS_KEY, SECRET, "token")
EXPIRED = Credentials(ACCESS_KEY, SECRET, expires_at=MOMENT)
ADDED = {"X-Amz-Acl": "public-read"}


@pytest.mark.parametrize("is_hash_stated", [True, False])
@pytest.mark.parametrize(
    ("found", "added", "kind"),
    [
        (None, {}, UnknownAccessKeyError),
        (OTHER_TOKEN, {}, InvalidTokenError),
        (EXPIRED, {}, ExpiredTokenError),
        (CREDENTIALS, ADDED, UnsignedHeaderError),
        # Errors of the key take precedence.
        (None, ADDED, UnknownAccessKeyError),
    ],
)
def test_body_is_not_read(is_hash_stated, found, added, kind):
    read = []
    request = signed(content_sha256_header=is_hash_stated)
    headers = [*request.headers, *added.items()]
    verifier = Verifier({ACCESS_KEY: found}.get)
    with pytest.raises(kind):
        verifier.verify("GET", request.url, headers, map(read.append, [b"content"]), time=MOMENT)
    assert read == []

    verification = verifier.begin("GET", request.url, headers, time=MOMENT)
    with pytest.raises(kind):
        verification.check_credentials(found)


def test_valid_credentials_pass_before_the_signature_is_checked():
    request = signed(content_sha256_header=False)
    verification = Verifier(lambda _: CREDENTIALS).begin(
        "PUT", request.url, request.headers, time=MOMENT
    )
    assert verification.needs_body_hash
    verification.check_credentials(CREDENTIALS)
    with pytest.raises(InvalidCredentialsError, match=r"^credentials "):
        verification.check_credentials(Credentials("AKIDOTHER", SECRET))
