"""The lookup is called only with possible access key ids."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rsigv4 import Credentials, Verifier
from rsigv4.asgi import SigV4Middleware
from rsigv4.exceptions import (
    InvalidCredentialsError,
    MalformedAuthorizationError,
    MalformedCredentialError,
    UnknownAccessKeyError,
    VerificationError,
)
from support.signing import ACCESS_KEY, CREDENTIALS, MOMENT
from support.verifying import authorization, presigned, query, signed

LONGEST = 1024


def is_access_key_id(text):
    try:
        return Credentials(text, "secret").access_key_id == text
    except InvalidCredentialsError:
        return False


def asked_for(request):
    """Return the ids that the lookup was called with, and the refusal."""
    asked = []
    with pytest.raises(VerificationError) as caught:
        request.verified(Verifier(asked.append))
    return asked, caught.value


def with_key(request, access_key_id):
    return query(request, f"Credential={ACCESS_KEY}", f"Credential={quote(access_key_id, safe='')}")


IMPOSSIBLE = {
    "NUL": "AKID\0",
    "line break": "AKID\r\nX-Injected: 1",
    "escape": "\x1b[31mAKID",
    "delete": "AKID\x7f",
    "blank": "AK ID",
    "comma": "AKID,SignedHeaders=host",
    "no ASCII": "AKID\u00e9",
    "right to left": "\u202eAKID",
    "too long": "A" * (LONGEST + 1),
    "very long": "A" * 60_000,
}


@pytest.mark.parametrize("text", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_lookup_is_not_called_with_an_impossible_id(text):
    asked, error = asked_for(with_key(presigned(), text))
    assert (asked, type(error)) == ([], UnknownAccessKeyError)
    assert (error.code, error.status) == ("UnrecognizedClientException", 403)
    with pytest.raises(InvalidCredentialsError, match=r"^access_key_id "):
        Credentials(text, "secret")


@pytest.mark.parametrize("text", ["AK ID", "A" * (LONGEST + 1), "AKID\t", "AKID\u00e9", ""])
def test_lookup_is_not_called_with_an_impossible_id_of_a_header(text):
    asked, error = asked_for(authorization(signed(), f"={ACCESS_KEY}/", f"={text}/"))
    assert asked == []
    assert type(error) in {
        UnknownAccessKeyError,
        MalformedCredentialError,
        MalformedAuthorizationError,
    }


def test_credential_without_an_id_is_malformed():
    asked, error = asked_for(with_key(presigned(), ""))
    assert (asked, type(error)) == ([], MalformedCredentialError)


@pytest.mark.parametrize(
    "text", ["test:tester", "<your-key>", "a", "A" * LONGEST, "a@b.example", "~%"]
)
def test_lookup_is_called_with_ids_of_other_servers(text):
    asked, error = asked_for(with_key(presigned(), text))
    assert (asked, type(error)) == ([text], UnknownAccessKeyError)


@given(st.text(st.characters(exclude_characters="/", codec="utf-8"), max_size=12))
@example("")
def test_lookup_is_called_with_every_id_of_credentials(text):
    asked, _ = asked_for(with_key(presigned(), text))
    assert asked == ([text] if is_access_key_id(text) else [])


class _Own(Verifier):
    begun = 0

    def begin(self, *args, **kwargs):
        self.begun += 1
        return super().begin(*args, **kwargs)

    def lookup(self, access_key_id):
        return {ACCESS_KEY: CREDENTIALS}.get(access_key_id)


def test_subclass_may_override_lookup_and_begin():
    verifier, request = _Own({}.get), signed()
    arguments = (request.method, request.url, request.headers, request.body)

    assert verifier.verify(*arguments, time=MOMENT).access_key_id == ACCESS_KEY
    identity = asyncio.run(verifier.verify_async(*arguments, time=MOMENT))
    assert identity.access_key_id == ACCESS_KEY
    assert verifier.begun == 2


def test_async_lookup_and_middleware_are_not_called_with_an_impossible_id():
    asked = []

    async def lookup(access_key_id):
        asked.append(access_key_id)

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    request = with_key(presigned(), "AKID\n")
    with pytest.raises(UnknownAccessKeyError):
        asyncio.run(Verifier(lookup).verify_async("GET", request.url, request.headers, time=MOMENT))
    sent = []
    path, _, query_string = request.url.partition("https://example.com")[2].partition("?")
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query_string.encode(),
        "headers": [(b"host", b"example.com")],
        "scheme": "https",
    }
    asyncio.run(SigV4Middleware(None, lookup)(scope, receive, send))
    assert sent[0]["status"] == 403
    assert asked == []
