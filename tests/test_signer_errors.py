"""Bad input: one of our own errors that names the argument, and never what was in it."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import traceback

import pytest
from botocore.credentials import Credentials as BotocoreCredentials
from botocore.credentials import ReadOnlyCredentials

from rsigv4 import (
    Credentials,
    CredentialsError,
    ExpiredCredentialsError,
    InvalidCredentialsError,
    InvalidRequestError,
    MissingCredentialsError,
    PayloadHash,
    Signer,
    SigV4Error,
)

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "session//token+of/temporary=credentials=="
#: Stands in values that no message may show.
PRIVATE = "hunter2"
CREDENTIALS = Credentials("AKIDEXAMPLE", SECRET, TOKEN)
URL = "https://example.com/"
MOMENT = dt.datetime(2015, 8, 30, 12, 36, tzinfo=dt.timezone.utc)
METHODS = ("sign", "canonical_request", "string_to_sign")

#: What can't be in anything that reaches a header or a line of the canonical request.
CONTROLS = ("\r", "\n", "\r\n", "\0")


def signer_of(credentials=CREDENTIALS, **options):
    return Signer(credentials, "us-east-1", "execute-api", **options)


def call(name="sign", signer=None, **changed):
    """Call a method of a signer with one good request, changed in some arguments."""
    arguments = {"method": "GET", "url": URL, "headers": None, "body": None, "time": MOMENT}
    return getattr(signer or signer_of(), name)(**{**arguments, **changed})


def check_message(error, argument):
    message = str(error)
    assert message.startswith(f"{argument} ")
    assert len(message) > len(argument) + 5
    assert "\n" not in message
    shown = "".join(traceback.format_exception(type(error), error, None))
    for private in (PRIVATE, SECRET, TOKEN):
        assert private not in shown


def generator():
    yield b"chunk"


async def async_generator():
    yield b"chunk"


class OneWay(io.RawIOBase):
    """A pipe."""

    def readable(self):
        return True


class NonBlocking(io.BytesIO):
    """A socket that has nothing at the moment."""

    def read(self, _size=-1):
        return None


def closed():
    file = io.BytesIO(b"body")
    file.close()
    return file


BAD_URLS = (
    None,
    URL.encode(),
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
    # Only one of the two could be what stands for the body.
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
def test_bad_argument_of_a_request_is_named(name, argument, value):
    with pytest.raises(InvalidRequestError) as caught:
        call(name, **{argument: value})
    check_message(caught.value, argument)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("make", [generator, async_generator])
def test_body_that_can_be_read_only_once_is_not_read(make):
    body = make()
    with pytest.raises(InvalidRequestError) as caught:
        call(body=body)
    check_message(caught.value, "body")
    if make is generator:
        assert next(body) == b"chunk"


def test_message_about_a_single_pass_body_names_the_ways_out():
    with pytest.raises(InvalidRequestError, match=r"bytes.*seekable file.*UNSIGNED_PAYLOAD"):
        call(body=generator())


@pytest.mark.parametrize("body", [{"a": "b"}, ["a"], ("a",), {"a"}])
def test_container_is_not_taken_for_a_stream(body):
    with pytest.raises(InvalidRequestError, match=f"^body .*not {type(body).__name__}"):
        call(body=body)


def test_text_file_is_refused_and_put_back(tmp_path):
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
def test_payload_hash_that_is_none_is_refused(value):
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
def test_bad_option_of_a_signer_is_named(option, value):
    with pytest.raises(InvalidRequestError) as caught:
        Signer(CREDENTIALS, **{option: value})
    check_message(caught.value, option)


@pytest.mark.parametrize(
    "option",
    ["double_encode_path", "normalize_path", "content_sha256_header", "sign_session_token"],
)
@pytest.mark.parametrize("value", ["yes", 1, b""])
def test_switch_that_is_no_bool_is_a_type_error(option, value):
    with pytest.raises(TypeError):
        signer_of(**{option: value})


@pytest.mark.parametrize(
    ("missing", "given"), [("region", {"service": "es"}), ("service", {"region": "us-east-1"})]
)
@pytest.mark.parametrize("name", METHODS)
def test_missing_part_of_the_scope_is_named(name, missing, given):
    with pytest.raises(InvalidRequestError, match="is missing") as caught:
        call(name, Signer(CREDENTIALS, **given))
    check_message(caught.value, missing)


@pytest.mark.parametrize(
    "credentials",
    [3, SECRET, SECRET.encode(), object(), Credentials, ("AKIDEXAMPLE", SECRET)],
    ids=["int", "str", "bytes", "object", "class", "tuple"],
)
def test_what_can_not_provide_credentials_is_refused_at_once(credentials):
    with pytest.raises(InvalidCredentialsError) as caught:
        signer_of(credentials)
    check_message(caught.value, "credentials")
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    "returned",
    [3, SECRET, object(), {"secret": SECRET}, Credentials],
    ids=["int", "str", "object", "dict", "class"],
)
@pytest.mark.parametrize("name", METHODS)
def test_callable_that_returns_no_credentials_is_refused(name, returned):
    with pytest.raises(InvalidCredentialsError) as caught:
        call(name, signer_of(lambda: returned))
    check_message(caught.value, "credentials")


def test_callable_that_has_to_be_awaited_is_refused():
    async def provide():
        return CREDENTIALS

    coroutine = provide()
    with pytest.raises(InvalidCredentialsError, match="coroutine") as caught:
        call(signer=signer_of(lambda: coroutine))
    check_message(caught.value, "credentials")
    assert asyncio.run(coroutine) is CREDENTIALS


def test_callable_that_found_no_credentials_is_told_apart():
    with pytest.raises(MissingCredentialsError, match="provider returned None"):
        call(signer=signer_of(lambda: None))


class Frozen:
    def __init__(self, frozen):
        self._frozen = frozen

    def get_frozen_credentials(self):
        return self._frozen


@pytest.mark.parametrize(
    "frozen",
    [None, 3, SECRET, object(), {"secret_key": SECRET}, ReadOnlyCredentials],
    ids=["None", "int", "str", "object", "dict", "class"],
)
@pytest.mark.parametrize(
    "wrap",
    [lambda provider: provider, lambda provider: lambda: provider],
    ids=["provider", "callable"],
)
def test_get_frozen_credentials_that_returns_none_or_junk_is_refused(wrap, frozen):
    with pytest.raises(CredentialsError) as caught:
        call(signer=signer_of(wrap(Frozen(frozen))))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("argument", "key"),
    [
        ("access_key_id", (None, SECRET, None)),
        ("access_key_id", ("", SECRET, None)),
        ("access_key_id", ("AKID EXAMPLE", SECRET, None)),
        ("access_key_id", ("AKID\r\nX-Evil: 1", SECRET, None)),
        ("secret_access_key", ("AKIDEXAMPLE", None, None)),
        ("secret_access_key", ("AKIDEXAMPLE", SECRET.encode(), None)),
        ("secret_access_key", ("AKIDEXAMPLE", "", TOKEN)),
        ("session_token", ("AKIDEXAMPLE", SECRET, TOKEN.encode())),
        ("session_token", ("AKIDEXAMPLE", SECRET, f"{TOKEN}\n")),
    ],
)
def test_unusable_key_of_a_provider_is_named(argument, key):
    for provider in (Frozen(ReadOnlyCredentials(*key)), lambda: ReadOnlyCredentials(*key)):
        with pytest.raises(InvalidCredentialsError) as caught:
            call(signer=signer_of(provider))
        check_message(caught.value, argument)


def test_botocore_credentials_without_a_secret_are_refused():
    provider = BotocoreCredentials("AKIDEXAMPLE", SECRET)
    signer = signer_of(provider)
    provider.secret_key = None
    with pytest.raises(InvalidCredentialsError, match=r"^secret_access_key "):
        call(signer=signer)


@pytest.mark.parametrize("seconds", [0, 1, 86_400])
def test_expired_credentials_do_not_sign(seconds):
    credentials = Credentials("AKIDEXAMPLE", SECRET, TOKEN, expires_at=MOMENT)
    with pytest.raises(ExpiredCredentialsError) as caught:
        call(signer=signer_of(credentials), time=MOMENT + dt.timedelta(seconds=seconds))
    check_message(caught.value, "the credentials have expired")


class OwnError(Exception):
    """An error of the caller's."""


OWN_ERROR = OwnError("the caller's own")


def raise_own_error(*_arguments, **_keywords):
    raise OWN_ERROR


class FailingZone(dt.tzinfo):
    utcoffset = raise_own_error


class FailingFile(io.BytesIO):
    read = raise_own_error


class UnseekableFile(io.BytesIO):
    seek = raise_own_error


FAILING_FREEZE = type("Failing", (), {"get_frozen_credentials": raise_own_error})()
FAILING_HEADERS = type("Failing", (dict,), {"items": raise_own_error})()


def failing_generator():
    yield ("x-a", "b")
    raise OWN_ERROR


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"signer": signer_of(raise_own_error)}, id="provider"),
        pytest.param({"signer": signer_of(FAILING_FREEZE)}, id="get_frozen_credentials"),
        pytest.param({"signer": signer_of(lambda: FAILING_FREEZE)}, id="callable to a provider"),
        pytest.param({"headers": FAILING_HEADERS}, id="items() of the headers"),
        pytest.param({"headers": failing_generator()}, id="iterator of the headers"),
        pytest.param({"body": FailingFile(b"body")}, id="read() of the body"),
        pytest.param({"body": UnseekableFile(b"body")}, id="seek() of the body"),
        pytest.param({"time": MOMENT.replace(tzinfo=FailingZone())}, id="time zone"),
    ],
)
def test_errors_of_the_callers_own_objects_are_raised_as_they_are(changed):
    with pytest.raises(OwnError) as caught:
        call(**changed)
    assert caught.value is OWN_ERROR


def test_error_of_the_callers_own_names_is_raised_as_it_is():
    with pytest.raises(OwnError):
        signer_of(also_sign=failing_names())


def failing_names():
    yield "range"
    raise OWN_ERROR


def test_failed_request_is_left_as_it_was():
    headers, file = {"x-a": f"{PRIVATE}\n"}, io.BytesIO(b"0123456789")
    file.seek(3)
    for changed in ({"headers": headers}, {"signer": signer_of(lambda: None)}):
        with pytest.raises(SigV4Error):
            call(body=file, **changed)
        assert file.tell() == 3
    assert headers == {"x-a": f"{PRIVATE}\n"}


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
