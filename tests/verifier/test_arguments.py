"""Arguments of every type: only documented errors are raised."""

from __future__ import annotations

import array
import asyncio
import contextlib
import datetime as dt
import io

import pytest

from rsigv4 import Verifier
from rsigv4.asgi import SigV4Middleware
from rsigv4.exceptions import InvalidCredentialsError, InvalidRequestError, VerificationError
from support.signing import CREDENTIALS, MOMENT, check_message
from support.verifying import KEYS, URL, signed, verifier

SKEWS = [
    "x",
    "300",
    b"300",
    300.0,
    float("nan"),
    True,
    None,
    -1,
    2**32,
    10**30,
    [],
    dt.timedelta(1),
]


@pytest.mark.parametrize("skew", SKEWS, ids=repr)
def test_clock_skew_is_a_whole_number_of_seconds(skew):
    with pytest.raises(InvalidRequestError) as caught:
        Verifier(KEYS.get, max_clock_skew=skew)
    check_message(caught.value, "max_clock_skew")
    with pytest.raises(InvalidRequestError, match=r"^max_clock_skew "):
        SigV4Middleware(None, KEYS.get, max_clock_skew=skew)


class Index:
    def __index__(self):
        return 60


def test_clock_skew_may_be_any_integer_type():
    for skew, expected in [(0, 0), (2**32 - 1, 2**32 - 1), (Index(), 60)]:
        assert Verifier(KEYS.get, max_clock_skew=skew).max_clock_skew == expected


class Reads:
    """A file whose read doesn't return bytes."""

    def __init__(self, piece):
        self.read = lambda _=-1: piece


class NotRead:
    """An object that is not a file."""

    read = 3


class NotIterable:
    """An object that declares itself not iterable."""

    __iter__ = None


def released():
    view = memoryview(b"abc")
    view.release()
    return view


BODIES = {
    "surrogate": lambda: "\ud800",
    "int": lambda: 3,
    "float": lambda: 3.5,
    "object": object,
    "class": lambda: bytes,
    "class of files": lambda: io.BytesIO,
    "list of text": lambda: ["text"],
    "list of numbers": lambda: [3],
    "list of None": lambda: [None],
    "dict": lambda: {"a": 1},
    "set of numbers": lambda: {3},
    "file of text": lambda: io.StringIO("text"),
    "file of numbers": lambda: Reads(3),
    "file without data": lambda: Reads(None),
    "file that is not one": lambda: Reads("text"),
    "released view": released,
    "other content": lambda: array.array("d", [1.0, 2.0]),
    "other content, with gaps": lambda: memoryview(b"abcdef")[::2],
    "bytes, then text": lambda: iter([b"a", "b"]),
    "released view in a list": lambda: [released()],
    "attribute that is not a method": NotRead,
    "not iterable": NotIterable,
}


@pytest.mark.parametrize("make", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("hash_header", [True, False])
def test_body_of_any_type_fails_as_documented(hash_header, make):
    call = ("GET", URL, signed(content_sha256_header=hash_header).headers)
    with pytest.raises((InvalidRequestError, VerificationError)):
        verifier().verify(*call, make(), time=MOMENT)
    with pytest.raises((InvalidRequestError, VerificationError)):
        asyncio.run(verifier().verify_async(*call, make(), time=MOMENT))


@pytest.mark.parametrize("body", ["\ud800", 3, ["text"], [3], {"a": b"1"}, bytes, bytearray(b"a")])
def test_body_of_identify_fails_as_documented(body):
    verification = verifier().begin("GET", URL, signed().headers, time=MOMENT)
    with pytest.raises(InvalidRequestError, match=r"^body "):
        verification.identify(CREDENTIALS, body)
    assert verification.identify(CREDENTIALS, "").payload == "signed"
    assert verification.identify(CREDENTIALS, [b"", b""]).payload == "signed"


@pytest.mark.parametrize(
    ("body", "argument"),
    [("\ud800", "body"), (3, "body"), (["text"], "body"), (released(), "body"), (Reads(3), "body")],
)
def test_body_of_a_wrong_type_is_named(body, argument):
    with pytest.raises(InvalidRequestError) as caught:
        verifier().verify("GET", URL, signed().headers, body, time=MOMENT)
    check_message(caught.value, argument)


@pytest.mark.parametrize(
    "body",
    [
        b"abcd",
        bytearray(b"abcd"),
        memoryview(b"abcd"),
        memoryview(b"aXbXcXdX")[::2],
        array.array("H", memoryview(b"abcd").cast("H")),
        io.BytesIO(b"abcd"),
        [b"ab", bytearray(b"c"), memoryview(b"d")],
        "abcd",
    ],
    ids=lambda body: type(body).__name__,
)
def test_body_of_a_supported_type_is_read(body):
    request = signed(body=b"abcd")
    assert verifier().verify("GET", URL, request.headers, body, time=MOMENT).payload == "signed"


ODD = [None, 3, 3.5, True, "", "text", "\ud800", "\0", b"", b"\xff", [], {}, object(), dict, len]
ODD += [[None], [("a",)], [("a", "b", "c")], [("a", None)], [(None, "a")], ["ab"], [b"ab"], {1: 2}]
ODD += [{"a": ["b"]}, iter([("a", "b")]), float("nan"), 10**400, dt.date(2015, 8, 30), MOMENT]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
@pytest.mark.parametrize("argument", ["method", "url", "headers", "time"])
def test_argument_of_any_type_fails_as_documented(argument, odd):
    good = {"method": "GET", "url": URL, "headers": signed().headers, "time": MOMENT}
    call = {**good, argument: odd}
    for run in (
        lambda: verifier().begin(**call),
        lambda: verifier().verify(**call),
        lambda: asyncio.run(verifier().verify_async(**call)),
    ):
        with contextlib.suppress(VerificationError, InvalidRequestError):
            run()


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
def test_credentials_and_data_of_any_type_fail_as_documented(odd):
    verification = verifier().begin("GET", URL, signed().headers, time=MOMENT)
    if odd is not None:
        with pytest.raises(InvalidCredentialsError):
            verification.check(odd)
        with pytest.raises(InvalidCredentialsError):
            verification.identify(odd, b"")
    with pytest.raises((VerificationError, InvalidCredentialsError)):
        verifier_of(odd).verify("GET", URL, signed().headers, time=MOMENT)
    if not isinstance(odd, bytes):
        body = verification.check(CREDENTIALS)
        with pytest.raises(InvalidRequestError, match=r"^data must be bytes"):
            body.feed(odd)
    if not isinstance(odd, str) and odd is not None:
        with pytest.raises(InvalidRequestError, match=r"^body_sha256 "):
            verification.check(CREDENTIALS, odd)


def verifier_of(found):
    return Verifier(lambda _: found)


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
@pytest.mark.parametrize("option", ["lookup", "region", "service", "max_clock_skew"])
def test_option_of_any_type_fails_as_documented(option, odd):
    options = {"lookup": KEYS.get, "region": "us-east-1", "service": "execute-api"}
    try:
        made = Verifier(**{**options, option: odd})
    except InvalidRequestError as error:
        check_message(error, option)
    else:
        assert made.max_clock_skew >= 0
