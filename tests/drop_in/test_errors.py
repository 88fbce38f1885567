"""Errors name the argument, show no secret, and don't modify the request."""

from __future__ import annotations

import traceback

import pytest
import requests

from rsigv4.exceptions import InvalidCredentialsError, InvalidRequestError, SigV4Error
from support.drop_in import ACCESS_KEY, HOST, REGION, SECRET, TOKEN, ours

ARGUMENTS = {
    "aws_access_key": ACCESS_KEY,
    "aws_secret_access_key": SECRET,
    "aws_host": HOST,
    "aws_region": REGION,
    "aws_service": "es",
    "aws_token": TOKEN,
}
CREDENTIALS = ("aws_access_key", "aws_secret_access_key", "aws_token")
LINE_ENDS = {"CR": "\r", "LF": "\n", "CRLF": "\r\nInjected: 1", "NUL": "\0"}


class NoBody:
    """An object that clients can't send."""


def new_request():
    return requests.Request(
        "POST", f"https://{HOST}/index", data=b"body", headers={"X-Mine": "1"}
    ).prepare()


def state(request):
    """Return everything that signing could change, and the identity of the body."""
    return (
        request.method,
        request.url,
        list(request.headers.items()),
        id(request.body),
        {event: list(hooks) for event, hooks in request.hooks.items()},
    )


def assert_refused(argument, *, request=None, cls=ours.AWSRequestsAuth, **changes):
    """Check that the error names this argument, and that nothing is modified."""
    request = request or new_request()
    auth = cls(**{**ARGUMENTS, **changes})
    before = state(request)
    with pytest.raises(SigV4Error) as caught:
        auth(request)
    expected = InvalidCredentialsError if argument in CREDENTIALS else InvalidRequestError
    assert type(caught.value) is expected
    assert isinstance(caught.value, ValueError)
    message = str(caught.value)
    assert message.split(maxsplit=1)[0] == argument
    assert len(message) > len(argument) + 10, "it says what is wrong"
    shown = "".join(traceback.format_exception_only(expected, caught.value))
    given = [text for text in (SECRET, TOKEN, *changes.values()) if text]
    for secret in given if argument in CREDENTIALS else (SECRET, TOKEN):
        assert str(secret) not in shown
    assert state(request) == before
    with pytest.raises(SigV4Error) as caught:
        auth.get_aws_request_headers_handler(request)
    assert str(caught.value) == message


def test_unmodified_request_can_be_signed():
    request = new_request()
    ours.AWSRequestsAuth(**ARGUMENTS)(request)
    assert "Authorization" in request.headers


@pytest.mark.parametrize("value", [None, b"credential bytes", 12345678], ids=repr)
@pytest.mark.parametrize("argument", ["aws_access_key", "aws_secret_access_key"])
def test_credentials_must_be_text(argument, value):
    assert_refused(argument, **{argument: value})


@pytest.mark.parametrize("value", [b"credential bytes", 12345678], ids=repr)
def test_token_must_be_text_or_none(value):
    assert_refused("aws_token", aws_token=value)


@pytest.mark.parametrize("value", [None, b"bytes", 5], ids=repr)
@pytest.mark.parametrize("argument", ["aws_host", "aws_region", "aws_service"])
def test_host_region_and_service_must_be_text(argument, value):
    assert_refused(argument, **{argument: value})


@pytest.mark.parametrize(
    "value", [HOST.upper(), f"{HOST}:9200", "[::1]", "[fe80::1]:80", "a_b.example.", "b\u00fccher"]
)
def test_any_possible_host_is_signed(value):
    request = new_request()
    ours.AWSRequestsAuth(**{**ARGUMENTS, "aws_host": value})(request)
    assert "Authorization" in request.headers


@pytest.mark.parametrize("line_end", LINE_ENDS.values(), ids=LINE_ENDS)
@pytest.mark.parametrize("place", ["in front", "inside", "at the end"])
@pytest.mark.parametrize(
    "argument", ["aws_access_key", "aws_host", "aws_region", "aws_service", "aws_token"]
)
def test_line_break_in_a_header_is_refused(argument, place, line_end):
    value = ARGUMENTS[argument]
    value = {
        "in front": f"{line_end}{value}",
        "inside": f"{value[:2]}{line_end}{value[2:]}",
        "at the end": f"{value}{line_end}",
    }[place]
    assert_refused(argument, **{argument: value})


@pytest.mark.parametrize("line_end", LINE_ENDS.values(), ids=LINE_ENDS)
@pytest.mark.parametrize("argument", ["method", "url"])
def test_line_break_in_method_and_url_is_refused(argument, line_end):
    request = new_request()
    setattr(request, argument, getattr(request, argument) + line_end)
    assert_refused(argument, request=request)


@pytest.mark.parametrize("value", [None, b"POST", 5], ids=repr)
def test_method_must_be_text(value):
    request = new_request()
    request.method = value
    assert_refused("method", request=request)


@pytest.mark.parametrize("value", [None, f"https://{HOST}/".encode(), 5], ids=repr)
def test_url_must_be_text(value):
    request = new_request()
    request.url = value
    assert_refused("url", request=request)


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_text_that_utf_8_can_not_encode_is_refused(argument):
    assert_refused(argument, **{argument: f"{ARGUMENTS[argument]}\ud800"})


@pytest.mark.parametrize("body", [5, 1.5, object(), NoBody()], ids=lambda body: type(body).__name__)
def test_error_of_an_unsupported_body_names_its_type(body):
    request = new_request()
    request.body = body
    assert_refused("body", request=request)
    with pytest.raises(InvalidRequestError, match=type(body).__name__):
        ours.AWSRequestsAuth(**ARGUMENTS)(request)


def test_str_body_that_utf_8_can_not_encode_is_refused():
    request = new_request()
    request.body = "\ud800"
    assert_refused("body", request=request)


def test_error_of_an_invalid_class_attribute_names_it():
    class Text(ours.AWSRequestsAuth):
        also_sign = "content-type"

    class Numbers(ours.AWSRequestsAuth):
        also_sign = (5,)

    assert_refused("also_sign", cls=Text)
    assert_refused("also_sign", cls=Numbers)
    with pytest.raises(InvalidRequestError, match=r'\("content-type",\), or \("\*",\) for all'):
        Text(**ARGUMENTS)(new_request())


def test_error_of_an_override_is_raised_unchanged():
    class Failing(ours.AWSRequestsAuth):
        def get_aws_request_headers_handler(self, _r):
            raise LookupError("no credentials today")

    request = new_request()
    before = state(request)
    with pytest.raises(LookupError, match="no credentials today"):
        Failing(**ARGUMENTS)(request)
    assert state(request) == before


def test_errors_are_value_errors_as_before():
    # Callers may catch ValueError for invalid input.
    for change in ({"aws_access_key": None}, {"aws_region": None}):
        with pytest.raises(ValueError, match=next(iter(change))):
            ours.AWSRequestsAuth(**{**ARGUMENTS, **change})(new_request())


def test_constructor_does_not_check_arguments():
    auth = ours.AWSRequestsAuth(None, None, None, None, None)
    for argument, value in ARGUMENTS.items():
        setattr(auth, "service" if argument == "aws_service" else argument, value)
    assert "Authorization" in auth(new_request()).headers
