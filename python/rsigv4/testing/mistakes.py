"""What clients sign by mistake: each known mistake is made, until the signature is theirs."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import itertools
import json
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus

from rsigv4._core import getSignatureKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from rsigv4.testing.server import RecordedRequest

    #: What a person is told, and the parts of the canonical request that are other ones.
    Mistake = tuple[str, dict[str, Any]]

__all__ = ["CanonicalText", "find_mistakes", "name_of_hash"]

_UNRESERVED = "-_.~"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_CONTENT_TYPES = (
    "",
    "application/json",
    "application/json; charset=utf-8",
    "application/octet-stream",
    "application/x-amz-json-1.0",
    "application/x-amz-json-1.1",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-8",
    "text/plain",
    "text/plain; charset=utf-8",
)


@dataclass(frozen=True)
class CanonicalText:
    """A canonical request by its parts."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    signed_headers: str
    payload: str

    @classmethod
    def parse(cls, text: str) -> CanonicalText:
        """Take the text of one apart."""
        method, path, query, *headers, _, signed_headers, payload = text.split("\n")
        pairs = (header.partition(":") for header in headers)
        return cls(
            method,
            path,
            query,
            tuple((name, value) for name, _, value in pairs),
            signed_headers,
            payload,
        )

    def __str__(self) -> str:
        headers = "".join(f"{name}:{value}\n" for name, value in self.headers)
        return (
            f"{self.method}\n{self.path}\n{self.query}\n{headers}\n"
            f"{self.signed_headers}\n{self.payload}"
        )


def find_mistakes(
    request: RecordedRequest,
    expected: CanonicalText,
    string_to_sign: str,
    secret: str,
    signature: str,
) -> tuple[list[str], CanonicalText] | None:
    """
    Return the mistakes that lead to the client's signature, and what the client has signed.

    Args:
        request: As it arrived.
        expected: What the client should have signed.
        string_to_sign: What it should have signed of that.
        secret: The client's.
        signature: What it has sent.

    """
    parts = [
        list(mistakes)
        for mistakes in (
            _of_method(expected),
            _of_path(request, expected),
            _of_query(request, expected),
            _of_headers(request, expected),
            _of_payload(request, expected),
        )
    ]
    singles = [(mistake,) for mistake in itertools.chain.from_iterable(parts)]
    pairs = [
        pair
        for one, other in itertools.combinations(parts, 2)
        for pair in itertools.product(one, other)
    ]
    attempts = itertools.chain(
        ((secret, None, made) for made in singles),
        ((other, why, ()) for why, other in _of_secret(secret)),
        ((secret, None, made) for made in pairs),
        ((other, why, made) for why, other in _of_secret(secret) for made in singles),
    )
    for key, why, made in attempts:
        changed = {name: value for _, changes in made for name, value in changes.items()}
        signed = dataclasses.replace(expected, **changed)
        if _signature(signed, string_to_sign, key) == signature:
            causes = [] if why is None else [why]
            return [*causes, *(cause for cause, _ in made)], signed
    return None


def name_of_hash(payload: str, body: bytes) -> str | None:
    """Return what a hash is of that isn't the body's, if that can be told."""
    return next((name for name, known in _payloads(body) if known == payload), None)


def _signature(signed: CanonicalText, string_to_sign: str, secret: str) -> str:
    beginning, _, _ = string_to_sign.rpartition("\n")
    date, region, service, _ = beginning.rpartition("\n")[2].split("/")
    digest = hashlib.sha256(str(signed).encode()).hexdigest()
    key = getSignatureKey(secret, date, region, service)
    return hmac.new(key, f"{beginning}\n{digest}".encode(), hashlib.sha256).hexdigest()


def _of_secret(secret: str) -> Iterator[tuple[str, str]]:
    yield "the secret is used with a line end after it", f"{secret}\n"
    yield "the secret is used with a line end after it", f"{secret}\r\n"
    yield "the secret is used with a space after it", f"{secret} "
    yield "the secret is used with a space before it", f" {secret}"
    yield "the secret is used with quotes around it", f'"{secret}"'
    yield "the secret is used with quotes around it", f"'{secret}'"
    yield "the secret is percent-encoded", quote(secret, "")
    yield "the secret is decoded as if it were part of a URL", unquote_plus(secret)


def _of_method(expected: CanonicalText) -> Iterator[Mistake]:
    for method in (expected.method.lower(), *_METHODS):
        if method != expected.method:
            yield f"the method is signed as {method}", {"method": method}


def _of_path(request: RecordedRequest, expected: CanonicalText) -> Iterator[Mistake]:
    paths = list(_paths(request.path))
    wanted = next((how for how, path in paths if path == expected.path), None)
    should_be = "" if wanted is None else f", and should be {wanted}"
    for how, path in paths:
        if path != expected.path:
            yield f"the path is signed {how}{should_be}", {"path": path}


def _paths(sent: str) -> Iterator[tuple[str, str]]:
    for how, path in (
        ("encoded once", quote(unquote(sent), f"/{_UNRESERVED}")),
        ("encoded twice", quote(sent, f"/{_UNRESERVED}")),
        ("as it was sent", sent),
        ("decoded", unquote(sent)),
        ("cut off at its semicolon", sent.partition(";")[0]),
        ("without a slash at its end", sent.rstrip("/")),
        ("with a slash at its end", f"{sent}/"),
        ("empty", ""),
    ):
        yield how, path
        resolved = _resolved(path)
        if resolved != path:
            yield f"{how}, with '.', '..' and '//' resolved", resolved


def _resolved(path: str) -> str:
    # Two slashes at the start mean something to POSIX.
    resolved = posixpath.normpath(f"/{path.lstrip('/')}")
    return f"{resolved}/" if path.endswith("/") and resolved != "/" else resolved


def _of_query(request: RecordedRequest, expected: CanonicalText) -> Iterator[Mistake]:
    # The signature isn't under itself.
    raw = [part for part in request.query.split("&") if not part.startswith("X-Amz-Signature=")]
    pairs = [part.partition("=")[::2] for part in raw if part]
    decoded = [(unquote_plus(name), unquote_plus(value)) for name, value in pairs]
    for how, query in (
        ("not sorted", _joined(decoded)),
        ("sorted by its text rather than by name and then value", _joined_then_sorted(decoded)),
        ("encoded twice", _joined(_sorted(pairs))),
        ("with its + as %2B", _joined(_sorted([(unquote(n), unquote(v)) for n, v in pairs]))),
        ("with its spaces as +", _joined(_sorted(decoded), quote_plus)),
        ("with its slashes not encoded", _joined(_sorted(decoded), quote)),
        ("with no = after names without a value", expected.query.replace("=&", "&").rstrip("=")),
        ("without the names that have no value", _joined(_sorted(parse_qsl(request.query)))),
        ("with only the last of repeated names", _joined(_sorted([*dict(decoded).items()]))),
        (
            "with only the first of repeated names",
            _joined(_sorted([*dict(reversed(decoded)).items()])),
        ),
        ("as it was sent, neither encoded nor sorted", "&".join(raw)),
        ("as it was sent, only sorted", "&".join(sorted(raw))),
        ("decoded", "&".join(f"{name}={value}" for name, value in _sorted(decoded))),
        ("empty", ""),
    ):
        if query != expected.query:
            yield f"the query is signed {how}", {"query": query}


def _encoded(text: str) -> str:
    return quote(text, _UNRESERVED)


def _joined(pairs: list[tuple[str, str]], encode: Any = _encoded) -> str:
    return "&".join(f"{encode(name)}={encode(value)}" for name, value in pairs)


def _sorted(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(pairs, key=lambda pair: (_encoded(pair[0]), _encoded(pair[1])))


def _joined_then_sorted(pairs: list[tuple[str, str]]) -> str:
    return "&".join(sorted(_joined([pair]) for pair in pairs))


def _of_headers(request: RecordedRequest, expected: CanonicalText) -> Iterator[Mistake]:
    for number, (name, value) in enumerate(expected.headers):
        for how, other in _values(name, value, request.headers.get(name, value)):
            if other != value:
                headers = list(expected.headers)
                headers[number] = (name, other)
                yield f"the header {name} is signed {how}", {"headers": tuple(headers)}


def _values(name: str, value: str, sent: str) -> Iterator[tuple[str, str]]:
    if name == "host":
        host, _, port = value.rpartition(":")
        yield "without its port", host
        for other in ("localhost", "127.0.0.1"):
            yield f"as {other}, which isn't where the request went", f"{other}:{port}"
            yield f"as {other}, which isn't where the request went", other
    elif name == "content-type":
        for content_type in _CONTENT_TYPES:
            yield f"as {content_type!r}, and was changed afterwards", content_type
    elif name == "content-length":
        yield "as '0', and was changed afterwards", "0"
    yield "with its inner spaces not folded", sent
    yield "in lowercase", value.lower()
    yield "empty", ""


def _of_payload(request: RecordedRequest, expected: CanonicalText) -> Iterator[Mistake]:
    for name, payload in _payloads(request.body):
        if payload != expected.payload:
            yield f"the hash of the body is that of {name}", {"payload": payload}
    if expected.payload != "UNSIGNED-PAYLOAD":
        cause = "the body is signed as UNSIGNED-PAYLOAD, and no x-amz-content-sha256 says so"
        yield cause, {"payload": "UNSIGNED-PAYLOAD"}


def _payloads(body: bytes) -> Iterator[tuple[str, str]]:
    bodies = [
        ("no body at all", b""),
        ("the body that was sent", body),
        ("the body with a line end after it", body + b"\n"),
        ("the body without the spaces around it", body.strip()),
    ]
    try:
        value = json.loads(body)
    except ValueError:
        pass
    else:
        for separators, ascii_only, in_order in itertools.product(
            [(",", ":"), (", ", ": ")], [True, False], [True, False]
        ):
            text = json.dumps(
                value, separators=separators, ensure_ascii=ascii_only, sort_keys=in_order
            )
            bodies.append(("the same JSON, written another way", text.encode()))
    for name, content in bodies:
        yield name, hashlib.sha256(content).hexdigest()
