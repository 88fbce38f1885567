"""Invalid input: the error is one of ours, names the argument, and doesn't show its value."""

from __future__ import annotations

import datetime as dt
import io

import pytest

from rsigv4 import (
    CredentialsError,
    ExpiredCredentialsError,
    InvalidCredentialsError,
    InvalidRequestError,
    MissingCredentialsError,
    PayloadHash,
    Signer,
    SigV4Error,
)
from support.signing import METHODS, PRIVATE, TEMPORARY, call, check_message, signer_of

#: Characters that can't be in a header or in a line of the canonical request.
CONTROLS = ("\r", "\n", "\r\n", "\0")


def generator():
    yield b"chunk"


async def async_generator():
    yield b"chunk"


class OneWay(io.RawIOBase):
    """A pipe."""

    def readable(self):
        return True


class NonBlocking(io.BytesIO):
    """A non-blocking socket without data."""

    def read(self, _size=-1):
        return None


def closed():
    file = io.BytesIO(b"body")
    file.close()
    return file


BAD_URLS = (
    None,
    b"https://example.com/",
    3,
    "",
    "example.com",
    "/path",
    "//example.com/",
    "://example.com/",
    "https:/example.com",
    "https://",
    "https:///path",
    "https://?q=1",
    "https://:443/",
    f"https://user:{PRIVATE}@/",
    "https://ex\u00e4mple.com/",
    f"https://user:{PRIVATE}@exa mple.com/",
    "https://example.com\\@example.org/",
    "https://example.com:port/",
    "https://example.com:-1/",
    "https://[::1/",
    "https://example.com/\ud800",
    *(f"https://example.com/{PRIVATE}{control}" for control in (*CONTROLS, "\t", "\x7f")),
    *(f"https://exam{control}ple.com/" for control in CONTROLS),
)
BAD_HEADERS = (
    3,
    PRIVATE,
    PRIVATE.encode(),
    [PRIVATE],
    ["ab"],
    [("x-a",)],
    [("x-a", "b", "c")],
    [3],
    [None],
    {None: "a"},
    {3: "a"},
    {"": "a"},
    {b"": b"a"},
    {"x a": "a"},
    {"x:a": "a"},
    {" x-a": "a"},
    {"x-\u00e4": "a"},
    {"x-\u00e4".encode(): "a"},
    {b"x-\xff": "a"},
    {"x-\ud800": "a"},
    {"x-a": None},
    {"x-a": 3},
    {"x-a": [PRIVATE]},
    {"x-a": bytearray(PRIVATE.encode())},
    {"x-a": f"{PRIVATE}\ud800"},
    *({f"x-a{control}b": "a"} for control in CONTROLS),
    *({"x-a": f"{PRIVATE}{control}b"} for control in CONTROLS),
    *({"accept": f"{PRIVATE}{control}b".encode()} for control in CONTROLS),
    {"Host": f"{PRIVATE}\n"},
    {"Host": b"\xff"},
    [("Host", "a.example"), ("host", "b.example")],
    {"x-amz-content-sha256": PRIVATE},
    {"x-amz-content-sha256": ""},
    {"x-amz-content-sha256": b"\xff"},
    {"x-amz-content-sha256": "AB" * 32},
    # Contradicting hashes of the body.
    [("x-amz-content-sha256", "ab" * 32), ("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")],
)
BAD_ARGUMENTS = [
    *(("url", url) for url in BAD_URLS),
    *(("headers", headers) for headers in BAD_HEADERS),
    *(("method", method) for method in (None, b"GET", 3, "", "GE T", "G\u00c9T", "GET\ud800")),
    *(("method", f"GET{control}") for control in (*CONTROLS, " ", "\t")),
    ("time", dt.datetime(2015, 8, 30, 12, 36)),  # noqa: DTZ001 - naive is what is wrong with it
    ("time", dt.date(2015, 8, 30)),
    ("time", dt.timedelta(1)),
    ("time", "20150830T123600Z"),
    ("time", b"0"),
    ("time", object()),
    ("time", float("nan")),
    ("time", float("inf")),
    ("time", 1e300),
    ("time", 10**400),
    ("time", 253_402_300_800),
    ("time", -62_167_219_201),
    ("body", 3),
    ("body", object()),
    ("body", {"a": PRIVATE}),
    ("body", [PRIVATE.encode()]),
    ("body", {b"a"}),
    ("body", iter([b"a"])),
    ("body", map(bytes, [b"a"])),
    ("body", "\ud800"),
    ("body", memoryview(b"abcd")[::2]),
    ("body", OneWay()),
    ("body", NonBlocking()),
    ("body", closed()),
    ("body", async_generator),
]


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(
    ("argument", "value"),
    BAD_ARGUMENTS,
    ids=[f"{argument}-{number}" for number, (argument, _) in enumerate(BAD_ARGUMENTS)],
)
def test_invalid_argument_of_a_request_is_named(name, argument, value):
    with pytest.raises(InvalidRequestError) as caught:
        call(name, **{argument: value})
    check_message(caught.value, argument)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("make", [generator, async_generator])
def test_one_shot_body_is_not_read(make):
    body = make()
    with pytest.raises(InvalidRequestError) as caught:
        call(body=body)
    check_message(caught.value, "body")
    if make is generator:
        assert next(body) == b"chunk"


def test_message_about_a_one_shot_body_names_the_alternatives():
    with pytest.raises(InvalidRequestError, match=r"bytes.*seekable file.*UNSIGNED_PAYLOAD"):
        call(body=generator())


@pytest.mark.parametrize("body", [{"a": "b"}, ["a"], ("a",), {"a"}])
def test_container_is_not_treated_as_a_stream(body):
    with pytest.raises(InvalidRequestError, match=f"^body .*not {type(body).__name__}"):
        call(body=body)


def test_text_file_is_refused_and_restored(tmp_path):
    path = tmp_path / "body.txt"
    path.write_text("some text", encoding="utf-8")
    with path.open(encoding="utf-8") as file:
        file.seek(5)
        with pytest.raises(InvalidRequestError, match=r"^body .*binary mode"):
            call(body=file)
        assert file.tell() == 5
    text = io.StringIO("some text")
    text.seek(5)
    with pytest.raises(InvalidRequestError, match=r"^body .*binary mode"):
        call(body=text)
    assert text.tell() == 5


@pytest.mark.parametrize(
    "value", [None, b"a" * 64, 3, "", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "unsigned-payload"]
)
def test_invalid_payload_hash_is_refused(value):
    with pytest.raises(InvalidRequestError) as caught:
        PayloadHash(value)
    check_message(caught.value, "value")


BAD_SCOPE_PARTS = (
    b"us-east-1",
    3,
    "",
    "us east",
    "us/east",
    "us,east",
    "\u00fcs-east",
    "us-\ud800",
    *(f"us{control}east" for control in CONTROLS),
)
BAD_OPTIONS = [
    *(("region", part) for part in BAD_SCOPE_PARTS),
    *(("service", part) for part in BAD_SCOPE_PARTS),
    ("also_sign", "range"),
    ("sign_only", "range"),
    ("sign_only", [3]),
    ("also_sign", b"range"),
    ("also_sign", 3),
    ("also_sign", [3]),
    ("also_sign", [None]),
    ("also_sign", [""]),
    ("also_sign", ["range", "if match"]),
    ("also_sign", ["x-\u00e4"]),
    *(("also_sign", [f"x-a{control}"]) for control in CONTROLS),
]


@pytest.mark.parametrize(
    ("option", "value"),
    BAD_OPTIONS,
    ids=[f"{option}-{number}" for number, (option, _) in enumerate(BAD_OPTIONS)],
)
def test_invalid_option_of_a_signer_is_named(option, value):
    with pytest.raises(InvalidRequestError) as caught:
        Signer(TEMPORARY, **{option: value})
    check_message(caught.value, option)


@pytest.mark.parametrize(
    "option",
    ["double_encode_path", "normalize_path", "content_sha256_header", "sign_session_token"],
)
@pytest.mark.parametrize("value", ["yes", 1, b""])
def test_flag_that_is_not_a_bool_is_a_type_error(option, value):
    with pytest.raises(TypeError, match=f"^{option} must be bool, not {type(value).__name__}: "):
        signer_of(TEMPORARY, **{option: value})


@pytest.mark.parametrize(
    ("missing", "given"), [("region", {"service": "es"}), ("service", {"region": "us-east-1"})]
)
@pytest.mark.parametrize("name", METHODS)
def test_missing_part_of_the_scope_is_named(name, missing, given):
    with pytest.raises(InvalidRequestError, match="is missing") as caught:
        call(name, Signer(TEMPORARY, **given))
    check_message(caught.value, missing)


@pytest.mark.parametrize(
    ("error", "bases"),
    [
        (InvalidRequestError, (SigV4Error, ValueError)),
        (InvalidCredentialsError, (CredentialsError, ValueError)),
        (ExpiredCredentialsError, (CredentialsError,)),
        (MissingCredentialsError, (CredentialsError,)),
        (CredentialsError, (SigV4Error,)),
    ],
)
def test_errors_are_caught_by_their_bases(error, bases):
    assert all(issubclass(error, base) for base in (*bases, SigV4Error))
