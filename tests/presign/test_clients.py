"""Presigned URLs with every character, sent by every client with its own escaping."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from rsigv4 import InvalidRequestError, Signer
from support.clients import ALL, BY_NAME
from support.servers import reference
from support.servers.reference import ArrivedRequest, Scope
from support.servers.verifying import VerifyingServer
from support.signing import CREDENTIALS, SECRET, check_message

#: Characters of RFC 3986, and a percent sign only before two hexadecimal digits.
VALID = re.compile(r"(?:[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=]|%[0-9A-F]{2})+")
PRINTABLE = [chr(code) for code in range(0x20, 0x7F)]
CHARACTERS = [*PRINTABLE, "\u00e9", "\u4e16", "\U0001f600"]
OTHERS = [
    '/report.pdf?response-content-disposition=attachment; filename="a b.pdf"',
    "/100%?q=100%",
    "/100%zz%4?q=%zz&%=%4",
    "/%e4%f6?q=%e4%f6",
    "//a//b/?&&a&=b&",
    "/a|b/{c}/[d]/<e>?f[0]={g}&h=<i>|`j`^\\k",
]


def targets():
    for character in CHARACTERS:
        escape = "".join(f"%{byte:02x}" for byte in character.encode())
        raw = "" if character == "#" else character
        in_path = "" if character == "?" else raw
        yield f"/a{in_path}b/c{escape}d{escape.upper()}?a{raw}={raw}&b{escape}={escape.upper()}"
    yield from OTHERS


def signature_of(arrived: ArrivedRequest) -> str:
    """Return the expected signature, computed from the request that arrived."""
    parameters = {name: values[0] for name, values in parse_qs(arrived.query.decode()).items()}
    _, date, region, service, _ = parameters["X-Amz-Credential"].split("/")
    scope = Scope(parameters["X-Amz-Date"], date, region, service)
    unsigned = re.sub(rb"&X-Amz-Signature=\w+", b"", arrived.target)
    canonical = reference.canonical_request(
        ArrivedRequest(arrived.method, unsigned, arrived.headers),
        service=service,
        signed_headers=tuple(parameters["X-Amz-SignedHeaders"].split(";")),
        hashed_payload="UNSIGNED-PAYLOAD" if scope.is_s3 else reference.EMPTY_HASH,
    )
    return reference.signature(SECRET, scope, reference.string_to_sign(scope, canonical))


def refused(client, service, targets):
    """Return the targets whose presigned URLs don't verify after this client sent them."""
    signer = Signer(CREDENTIALS, "eu-central-1", service)
    found = []
    with VerifyingServer(anonymous=True) as server, client.session() as session:
        for target in targets:
            url = signer.presign("GET", server.url(target))
            session.send("GET", url)
            arrived = server.arrived.pop().head
            if f"&X-Amz-Signature={signature_of(arrived)}" not in arrived.target.decode():
                found.append(target)
    return found


@pytest.mark.parametrize("service", ["s3", "es"])
@pytest.mark.parametrize("client", [c for c in ALL if c.name != "aws_auth"], ids=str)
def test_every_client_sends_what_was_signed(client, service):
    if (client.name, service) == ("requests", "s3") and requests.__version__ < "2.33":
        pytest.skip("requests removes a slash after signing")
    found = refused(client, service, targets())
    # aiohttp decodes escapes of these in a path, unless it is given yarl.URL(url, encoded=True).
    decoded = "!$&'()*,:;=@" if (client.name, service) == ("aiohttp", "es") else ""
    assert [target[2] for target in found] == list(decoded)


DOTS = [
    "/a/../b",
    "/a/./b",
    "/..",
    "/.",
    "/../a",
    "/%2e%2e/a",
    "/.%2e/a/",
    "/a/.../b",
    "/a/.",
    "/a/b/..",
    "/a//../b",
    "/a/%2E",
    "/.%2F../a",
]


@pytest.mark.parametrize("client", ["requests", "niquests", "httpx", "urllib3", "urllib"])
def test_dot_segments_are_part_of_an_s3_key(client):
    assert refused(BY_NAME[client], "s3", DOTS) == []


@pytest.mark.parametrize("client", [c for c in ALL if c.name != "aws_auth"], ids=str)
def test_dot_segments_are_removed_for_other_services(client):
    assert refused(client, "es", DOTS) == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        # The examples of RFC 3986, section 5.2.4.
        ("/a/b/c/./../../g", "/a/g"),
        ("/a/..", "/"),
        ("/a/.", "/a/"),
        ("/a/b/%2E%2e/", "/a/"),
        ("/a//../b", "/a/b"),
        ("/../..", "/"),
        ("/...", "/..."),
    ],
)
def test_path_without_its_dot_segments(path, expected):
    presigned = Signer(CREDENTIALS, "eu-central-1", "es").presign("GET", f"https://h.com{path}")
    assert urlsplit(presigned).path == expected
    (one_of_many,) = Signer(CREDENTIALS, "eu-central-1", "es").presign_many(
        "GET", [f"https://h.com{path}"]
    )
    assert urlsplit(one_of_many).path == expected


@pytest.mark.parametrize("before", ["u@p@", "u:[p]@", "u:%@", "u:%4@", "u:%zz@", "%zz"])
def test_invalid_authority_is_refused(before):
    signer = Signer(CREDENTIALS, "eu-central-1", "es")
    with pytest.raises(InvalidRequestError) as caught:
        signer.presign("GET", f"https://{before}example.com/")
    check_message(caught.value, "url")


@pytest.mark.parametrize("service", ["s3", "es"])
@pytest.mark.parametrize("target", list(targets()))
def test_url_is_valid(service, target):
    url = f"https://user:password@example.com{target}"
    signer = Signer(CREDENTIALS, "eu-central-1", service)
    presigned = signer.presign("GET", url)
    assert VALID.fullmatch(presigned)
    (one_of_many,) = signer.presign_many("GET", [url])
    assert one_of_many.partition("&X-Amz-")[0] == presigned.partition("&X-Amz-")[0]
    assert urlsplit(presigned).netloc == "user:password@example.com"
