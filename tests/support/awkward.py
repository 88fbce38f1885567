"""Requests that signers often get wrong, as a user would pass them to a client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from support.clients import Form, Json, Multipart

__all__ = ["AWKWARD", "Awkward"]


@dataclass(frozen=True)
class Awkward:
    """
    One request.

    Attributes:
        target: The URL, starting with its path.
        headers: With their values as sent on the wire.
        body: As passed to the client.
        userinfo: The part of the URL before the host.
        address: The address that the server listens on.

    """

    name: str
    target: str = "/"
    method: str = "GET"
    headers: tuple[tuple[str, bytes], ...] = ()
    body: Any = None
    userinfo: str = ""
    address: str = "127.0.0.1"

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def _path(name: str, path: str) -> Awkward:
    return Awkward(f"path: {name}", path)


def _query(name: str, query: str) -> Awkward:
    return Awkward(f"query: {name}", f"/index/_search?{query}")


def _header(name: str, *headers: tuple[str, bytes], body: bytes | None = None) -> Awkward:
    return Awkward(f"header: {name}", "/a", "GET" if body is None else "PUT", headers, body)


def _body(name: str, body: Any) -> Awkward:
    return Awkward(f"body: {name}", "/a", "POST", (), body)


AWKWARD = [
    _path("double slashes", "/a//b//c"),
    _path("dot segments", "/a/./b/../c"),
    _path("parameters", "/a;b=1/c;d;e=2"),
    _path("colon", "/index/_doc/a:b@c!"),
    _path("encoded slash", "/index/_doc/a%2Fb"),
    _path("space", "/a b/c d"),
    _path("UTF-8", "/caf\u00e9/\u4e2d\U0001f600"),
    _path("already escaped", "/caf%C3%A9%20x%3Ay"),
    _path("escaped percent sign", "/100%25/%2541"),
    _path("trailing slash", "/a/b/"),
    _path("none", ""),
    _path("reserved characters", "/a!$&'()*+,=~@b"),
    _query("plus", "q=a+b"),
    _query("escaped space", "q=a%20b"),
    _query("repeats", "a=2&a=1&a=2&b=1"),
    _query("empty values", "a=&b"),
    _query("equals signs in values", "k==&t=a=b"),
    _query("names that start alike", "q=1&q2=2&q-x=3&q.y=4"),
    _query("reserved characters", "q=:/,;*'()@$!?"),
    _query("UTF-8", "q=caf\u00e9&\u4e2d=1"),
    _query("empty name", "=v&a=1"),
    _query("lowercase digits", "q=%c3%a9%2f"),
    _query("empty pairs", "a=1&&b=2&"),
    _query("only a mark", ""),
    _header("inner spaces", ("x-amz-meta-a", b"a   b  c")),
    _header("quotes", ("x-amz-meta-a", b"'a  \"b   c")),
    _header("UTF-8", ("x-amz-meta-a", "caf\u00e9".encode())),
    _header("repeats", ("x-amz-meta-a", b"2"), ("x-amz-meta-a", b"1")),
    _header("canned ACL", ("x-amz-acl", b"public-read"), body=b"body"),
    _header("character set", ("Content-Type", b"text/plain;  charset=utf-8"), body=b"body"),
    _header("empty value", ("x-amz-meta-a", b"")),
    _header("Host of a tunnel", ("Host", b"search-a.eu-central-1.es.amazonaws.com")),
    Awkward("host: IPv6", "/a?b=c", address="::1"),
    Awkward("host: userinfo", "/a?b=c", userinfo="user:pass%40word@"),
    _body("JSON", Json({"query": {"match": {"name": "caf\u00e9 %"}}})),
    _body("form", Form({"Action": "List Users", "a+b": "c&d=\u00e9"})),
    _body("multipart", Multipart({"file": ("a b.bin", bytes(range(256)))})),
    _body("none", None),
]
