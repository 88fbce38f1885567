"""The drop-in signs odd requests, which AWS refuses, exactly like the original, and warns."""

from __future__ import annotations

import copy
import http.client
import io
import pickle
import re
import string
import sys
import warnings
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import assume, note, reject
from hypothesis import strategies as st

import rsigv4
from rsigv4.exceptions import InvalidRequestError, SigningWarning
from support.drop_in import (
    ACCESS_KEY,
    HOST,
    REGION,
    SECRET,
    TOKEN,
    clock_at,
    original,
    ours,
    prepared,
)
from support.strategies import ALPHANUMERIC, differential

#: urlsplit, which the original uses, took a scheme that starts with a digit.
IS_LENIENT = sys.version_info < (3, 11)
ARGUMENTS = {
    "aws_access_key": ACCESS_KEY,
    "aws_secret_access_key": SECRET,
    "aws_host": HOST,
    "aws_region": REGION,
    "aws_service": "es",
    "aws_token": TOKEN,
}
#: Such arguments, and the argument that the warning names.
REFUSED_BY_AWS = [
    *(
        ("aws_host", host)
        for host in (
            "",
            f"https://{HOST}",
            f"{HOST}/",
            f"{HOST}/index",
            f"{HOST}?a=b",
            f"{HOST}#a",
            f"user@{HOST}",
            "two words.example",
            "no-break\u00a0space.example",
        )
    ),
    *(
        ("aws_access_key", key)
        for key in (
            "",
            "<your key>",
            "A,B",
            " A ",
            "cl\u00e9",
            "\u043a\u043b\u044e\u0447",
            "A\x01\x7f",
        )
    ),
    *(("aws_secret_access_key", secret) for secret in ("", f"{SECRET}\n", f" {SECRET}")),
    *(("aws_region", region) for region in ("a/b", "us-east-1,eu-*", "*", " a ", "r\u00e9gion")),
    *(("aws_service", service) for service in ("a/b", "a,b", " es", "s\u00e9")),
]
UNSIGNABLE = pytest.mark.parametrize("line_end", ["\r", "\n", "\0"], ids=repr)


def headers_by(module, request=None, **changes):
    auth = module.AWSRequestsAuth(**{**ARGUMENTS, **changes})
    with clock_at():
        return list(auth.get_aws_request_headers_handler(request or prepared()).items())


def sign_twice(auth):
    """Sign two requests, and return the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        auth(prepared())
        auth(prepared())
    return caught


@pytest.mark.parametrize(("region", "service"), [("", "s3"), (REGION, ""), ("", "")])
def test_empty_region_or_service_is_signed_without_a_warning(region, service):
    changes = {"aws_region": region, "aws_service": service}
    headers = headers_by(ours, **changes)
    assert headers == headers_by(original, **changes)
    assert f"/{region}/{service}/aws4_request," in dict(headers)["Authorization"]


def test_botocore_signs_an_empty_region_identically():
    auth = pytest.importorskip("botocore.auth")
    awsrequest = pytest.importorskip("botocore.awsrequest")
    credentials = pytest.importorskip("botocore.credentials").Credentials(ACCESS_KEY, SECRET)
    headers = dict(headers_by(ours, aws_region="", aws_token=None))
    date = headers["x-amz-date"]
    request = awsrequest.AWSRequest(
        "GET", prepared().url, headers={"Host": HOST, "X-Amz-Date": date}
    )
    request.context["timestamp"] = date
    signer = auth.SigV4Auth(credentials, "es", "")
    text = signer.string_to_sign(request, signer.canonical_request(request))
    assert f"/{date[:8]}//es/aws4_request," in headers["Authorization"]
    assert headers["Authorization"].endswith(f"Signature={signer.signature(text, request)}")


@pytest.mark.parametrize(("argument", "value"), REFUSED_BY_AWS, ids=repr)
def test_odd_request_is_signed_like_the_original_with_one_warning(argument, value):
    changes = {argument: value}
    with pytest.warns(SigningWarning) as caught:
        headers = headers_by(ours, **changes)
    assert headers == headers_by(original, **changes)
    (warning,) = caught
    message = str(warning.message)
    assert message.split(maxsplit=1)[0] == argument
    assert "pass" in message, "it says what to do"
    assert "AWS will respond with 403, such as" in message
    for secret in (SECRET, TOKEN, *([value] if value and argument == "aws_access_key" else [])):
        assert secret not in message
    assert len(sign_twice(ours.AWSRequestsAuth(**{**ARGUMENTS, **changes}))) == 1


def test_one_warning_names_all_arguments():
    auth = ours.AWSRequestsAuth("", "", "http://localhost:9200", "a/b", "c/d")
    (warning,) = sign_twice(auth)
    message = str(warning.message)
    for argument in ("aws_access_key", "aws_secret_access_key", "aws_host", "aws_region"):
        assert argument in message
    assert "aws_service" in message


def test_local_server_without_credentials():
    arguments = ("", "", "localhost:9200", REGION, "es")
    with pytest.warns(SigningWarning, match="aws_access_key is empty"):
        headers = headers_by(ours, **dict(zip(ARGUMENTS, arguments)))
    assert headers == headers_by(original, **dict(zip(ARGUMENTS, arguments)))


@pytest.mark.parametrize("method", ["PO ST", "P\u00d6ST", "P\tT"])
def test_odd_method_is_signed(method):
    request = prepared()
    request.method = method
    with pytest.warns(SigningWarning, match="^method "):
        headers = headers_by(ours, request)
    assert headers == headers_by(original, request)


@UNSIGNABLE
@pytest.mark.parametrize("argument", ["aws_access_key", "aws_host", "aws_region", "aws_service"])
def test_line_break_is_an_error_among_odd_arguments(argument, line_end):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match=f"^{argument} "):
            headers_by(ours, **{argument: f"<a/b {line_end}c>"})


@UNSIGNABLE
def test_line_break_in_a_secret_is_signed(line_end):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        headers = headers_by(ours, aws_secret_access_key=f"a{line_end}")
    assert headers == headers_by(original, aws_secret_access_key=f"a{line_end}")


class Slots(ours.AWSRequestsAuth):
    """Equal to everything, not hashable, and with an `__init__` that doesn't call super."""

    __slots__ = ()
    __hash__ = None

    def __init__(self):
        pass

    def __eq__(self, other):
        return True

    aws_access_key, aws_secret_access_key, aws_token = "<your key>", SECRET, None
    aws_host, aws_region, service = HOST, REGION, "es"

    def __setattr__(self, name, value):
        raise AttributeError(name)


class Dict(ours.AWSRequestsAuth, dict):
    """A base class with its own memory layout."""


@pytest.mark.parametrize("cls", [ours.AWSRequestsAuth, Slots, Dict])
def test_each_object_of_any_class_warns_once(cls):
    arguments = {} if cls is Slots else {**ARGUMENTS, "aws_access_key": "<your key>"}
    one, other = cls(**arguments), cls(**arguments)
    assert len(sign_twice(one)) == 1
    assert len(sign_twice(one)) == 0
    assert len(sign_twice(other)) == 1
    assert vars(one) == vars(other)


def unpickled(auth):
    return pickle.loads(pickle.dumps(auth))  # noqa: S301 - it was pickled here


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, unpickled])
def test_copy_warns_again(copied):
    auth = ours.AWSRequestsAuth(**{**ARGUMENTS, "aws_host": f"https://{HOST}"})
    assert len(sign_twice(auth)) == 1
    assert len(sign_twice(copied(auth))) == 1


def test_warning_as_an_error_is_raised_each_time_and_changes_nothing():
    auth = ours.AWSRequestsAuth(**{**ARGUMENTS, "aws_host": f"https://{HOST}"})
    for body in (b"body", iter([b"body"])):
        request = prepared("POST", data=body)
        before = list(request.headers.items()), request.body, repr(request.hooks)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(SigningWarning):
                auth(request)
        assert (list(request.headers.items()), request.body, repr(request.hooks)) == before


def test_warning_points_at_the_caller_of_the_client():
    class Adapter(requests.adapters.BaseAdapter):
        def send(self, request, **_arguments):
            response = requests.Response()
            response.status_code, response.request, response.url = 200, request, request.url
            response.raw = io.BytesIO()
            return response

        def close(self):
            pass

    def new_auth():
        return ours.AWSRequestsAuth(**{**ARGUMENTS, "aws_host": f"https://{HOST}"})

    with requests.Session() as session:
        session.mount("https://", Adapter())
        for call in (
            lambda: session.get(f"https://{HOST}/", auth=new_auth()),
            lambda: new_auth()(prepared()),
            lambda: new_auth().get_aws_request_headers_handler(prepared()),
        ):
            with pytest.warns(SigningWarning) as caught:
                call()
            assert caught[0].filename == __file__


def test_warning_is_a_user_warning_exported_by_the_package():
    assert issubclass(SigningWarning, UserWarning)
    assert rsigv4.SigningWarning is SigningWarning


def test_signer_is_strict():
    for region, service in (("", "es"), (REGION, "")):
        with pytest.raises(InvalidRequestError):
            rsigv4.Signer(rsigv4.Credentials(ACCESS_KEY, SECRET), region, service).sign(
                "GET", f"https://{HOST}/"
            )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/_search?q=1",
        "/",
        "?q=1",
        "path/without/slash",
        "example.com/path",
        "localhost:9200/x",
        "//host/x?b=1&a=2",
        "https://",
        "https:///path",
        "https://?q=a",
        "https://:443/",
        "https://example.com:port/",
        "https://exa mple.com/",
        "https://ex\u00e4mple.com/",
        "http:/one-slash",
        "s3://bucket/key",
        pytest.param("1st:/x", marks=pytest.mark.skipif(IS_LENIENT, reason="urlsplit is lenient")),
        "/a:b/c",
        "/path#fragment?no=query",
        " https://example.com/x",
        "https://user:password@example.com/x",
        "https://example.com\\x/y",
    ],
    ids=repr,
)
@pytest.mark.parametrize("service", ["es", "s3"])
def test_any_url_is_signed_since_the_host_is_an_argument(url, service):
    request = SimpleNamespace(method="GET", url=url, body=None)
    headers = headers_by(ours, request, aws_service=service)
    assert headers == headers_by(original, request, aws_service=service)
    for name in ("get_canonical_path", "get_canonical_querystring"):
        expected = getattr(original.AWSRequestsAuth, name)(request)
        assert getattr(ours.AWSRequestsAuth, name)(request) == expected


#: All characters that http.client sends in a header, without surrounding white space.
SENDABLE = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=12)
#: All characters that http.client sends in a target, without known differences.
TARGET = st.text(alphabet=ALPHANUMERIC + "-_~:@", max_size=6)


def can_be_sent(name, value):
    """Return whether http.client accepts this header."""
    connection = http.client.HTTPConnection("localhost")
    connection.putrequest("GET", "/")
    try:
        connection.putheader(name, value)
    except (ValueError, UnicodeError):
        return False
    return True


@st.composite
def odd_urls(draw):
    scheme = draw(st.sampled_from(["", "https:", "localhost:", "9200:", ":", "s3:", "h+t-p.1:"]))
    authority = draw(st.one_of(st.just(""), TARGET.map("//{}".format)))
    path = "/".join(
        draw(st.lists(TARGET, max_size=3, unique=True).map(lambda p: [*filter(None, p)]))
    )
    slash = draw(st.sampled_from(["", "/"]))
    query = draw(st.sampled_from(["", "?", "?a=1&b=", "?b&a=1", "?q=%20"]))
    return scheme + authority + slash + path + query + draw(st.sampled_from(["", "#", "#a?b"]))


@st.composite
def odd_cases(draw):
    arguments = {
        "aws_access_key": draw(st.one_of(SENDABLE, st.text(max_size=8))),
        "aws_secret_access_key": draw(st.text(max_size=12)),
        # White space in a host is a known difference.
        "aws_host": draw(st.text(max_size=12).map(lambda host: "".join(host.split()))),
        "aws_region": draw(SENDABLE),
        "aws_service": draw(SENDABLE.filter(lambda service: not service.startswith("s3"))),
        "aws_token": draw(st.one_of(st.none(), st.just(""), st.text(ALPHANUMERIC, max_size=8))),
    }
    method = draw(
        st.text(alphabet=string.printable.replace("\r", "").replace("\n", ""), max_size=6)
    )
    request = SimpleNamespace(method=method, url=draw(odd_urls()), body=draw(st.binary(max_size=4)))
    return arguments, request


@differential(500, odd_cases())
def test_everything_that_can_be_sent_is_signed_like_the_original(case):
    arguments, request = case
    assume(not (IS_LENIENT and re.match(r"\d+:", request.url)))
    note(f"{arguments} {request}")
    auth = original.AWSRequestsAuth(**arguments)
    with clock_at():
        try:
            expected = list(auth.get_aws_request_headers_handler(request).items())
        except ValueError:
            # Brackets without an IPv6 address, or a lone surrogate.
            reject()
    assume(all(can_be_sent(*header) for header in expected))
    # Empty segments are a known difference.
    assume("//" not in urlsplit(request.url).path)
    # CR, LF and NUL are refused in anything that is sent.
    sent = "".join(map(str, {**arguments, "aws_secret_access_key": ""}.values()))
    assume(not any(char in sent for char in "\r\n\0"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SigningWarning)
        assert headers_by(ours, request, **arguments) == expected
