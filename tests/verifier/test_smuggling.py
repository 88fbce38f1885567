"""
Ambiguous requests are refused with a class of their own.

Each is a correctly signed request with something smuggled into it.
"""

from __future__ import annotations

import pytest

from rsigv4 import Signer
from rsigv4.exceptions import (
    AmbiguousRequestError,
    HostNotSignedError,
    MalformedAuthorizationError,
    MalformedDateError,
    MalformedRequestError,
    MalformedSignedHeadersError,
    MissingContentLengthError,
    MultipleSignaturesError,
    OversizedFieldsError,
    RepeatedFieldError,
    SignatureMismatchError,
    VerificationError,
)
from support.signing import AMZ_DATE, MOMENT, SECRET, TOKEN, shown
from support.verifying import TEMPORARY_KEY, arrived

URL = "https://example.com/path?a=b"


def signed(headers=(), key=TEMPORARY_KEY, service="es", url=URL):
    headers = dict(headers)
    added = Signer(key, "us-east-1", service).sign("GET", url, headers, time=MOMENT)
    return arrived("GET", url, headers, added=added)


def presigned(key=TEMPORARY_KEY, service="es", **options):
    return arrived(
        "GET", Signer(key, "us-east-1", service).presign("GET", URL, time=MOMENT, **options)
    )


def and_header(request, name, value=None):
    """Add a header next to those of its name; without a value, repeat the existing one."""
    value = request.header(name) if value is None else value
    return request.but(headers=[*request.headers, (name, value)])


def and_query(request, query):
    separator = "&" if "?" in request.url else "?"
    return request.but(url=f"{request.url}{separator}{query}")


def authorization(request, old, new):
    value = request.header("Authorization")
    assert old in value
    return request.with_header("Authorization", value.replace(old, new, 1))


def test_unmodified_requests_pass():
    assert signed().verified().payload == "signed"
    assert presigned().verified().payload == "signed"


REPEATED = {
    "Authorization": lambda: and_header(signed(), "Authorization"),
    "Authorization, first another": lambda: signed().but(
        headers=[("authorization", "AWS4-HMAC-SHA256 a"), *signed().headers]
    ),
    "X-Amz-Date": lambda: and_header(signed(), "X-Amz-Date"),
    "X-Amz-Date, another": lambda: and_header(signed(), "x-amz-date", "20150830T123601Z"),
    "Date, without X-Amz-Date": lambda: and_header(
        signed().without_header("X-Amz-Date").with_header("Date", AMZ_DATE), "Date", AMZ_DATE
    ),
    "Host": lambda: and_header(signed(), "Host"),
    "Host, another": lambda: and_header(signed(), "host", "evil.example"),
    "X-Amz-Content-Sha256": lambda: and_header(
        signed(), "X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"
    ),
    "X-Amz-Security-Token": lambda: and_header(signed(), "X-Amz-Security-Token"),
    "X-Amz-Region-Set": lambda: and_header(
        signed().with_header("X-Amz-Region-Set", "*"), "X-Amz-Region-Set", "*"
    ),
    "Credential": lambda: authorization(
        signed(), " Credential=", " Credential=a/b/c/d/e, Credential="
    ),
    "SignedHeaders": lambda: authorization(
        signed(), "Signature=", "SignedHeaders=host, Signature="
    ),
    "Signature": lambda: authorization(signed(), "Signature=", "Signature=00, Signature="),
    **{
        f"parameter {name}": lambda name=name: and_query(presigned(), f"{name}=1")
        for name in (
            "X-Amz-Algorithm",
            "X-Amz-Credential",
            "X-Amz-Date",
            "X-Amz-Expires",
            "X-Amz-SignedHeaders",
            "X-Amz-Signature",
            "X-Amz-Security-Token",
            # With any spelling of its name.
            "X%2DAmz-Expires",
            "%58-Amz-Signature",
        )
    },
    "date in the query and in a header": lambda: and_header(presigned(), "X-Amz-Date", AMZ_DATE),
    "token in the query and in a header": lambda: and_header(
        presigned(), "X-Amz-Security-Token", TOKEN
    ),
    "hash in the query and in a header": lambda: and_header(
        and_query(presigned(service="s3"), "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD"),
        "X-Amz-Content-Sha256",
        "0" * 64,
    ),
}


@pytest.mark.parametrize("make", REPEATED.values(), ids=REPEATED)
def test_repeated_unique_part_is_refused(make):
    check(make(), RepeatedFieldError, "InvalidRequest")


BOTH = {
    "query beside a header": lambda: signed().but(url=presigned().url),
    "header beside a query": lambda: and_header(
        presigned(), "Authorization", signed().header("Authorization")
    ),
    "another scheme beside a query": lambda: and_header(presigned(), "Authorization", "Basic abc"),
    "empty header beside a query": lambda: and_header(presigned(), "Authorization", ""),
    **{
        f"{name} beside a header": lambda name=name: and_query(signed(), f"{name}=1")
        for name in ("X-Amz-Signature", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires")
    },
}


@pytest.mark.parametrize("make", BOTH.values(), ids=BOTH)
def test_two_signatures_are_refused(make):
    check(make(), MultipleSignaturesError, "InvalidArgument")


MALFORMED = {
    "folded line": lambda: signed({"content-type": "a"}).with_header("content-type", "a\r\n b"),
    "line feed in a header": lambda: and_header(signed(), "a", "b\nAuthorization: c"),
    "NUL in a header": lambda: and_header(signed(), "a", "b\0"),
    "blank in a name": lambda: and_header(signed(), "X-Amz-Date ", AMZ_DATE),
    "colon in a name": lambda: and_header(signed(), "a:b", "c"),
    "empty name": lambda: and_header(signed(), "", "c"),
    "name that is not ASCII": lambda: and_header(signed(), "x-amz-dat\u0117", "c"),
    "fragment": lambda: signed().but(url=URL + "#x"),
    "fragment before the query": lambda: signed().but(url=URL.replace("?", "#?")),
    "line break in the path": lambda: signed().but(url=URL.replace("path", "path\n")),
    "tab in the query": lambda: signed().but(url=URL + "\t"),
    "blank in the method": lambda: signed().but(method="GET /other"),
    "line break in the method": lambda: signed().but(method="GET\n/"),
    "path in Host": lambda: signed().with_header("Host", "example.com/a"),
    "query in Host": lambda: signed().with_header("Host", "example.com?a"),
    "userinfo in Host": lambda: signed().with_header("Host", "a@example.com"),
    "list in Host": lambda: signed().with_header("Host", "example.com, evil.example"),
    "empty Host": lambda: signed().with_header("Host", " "),
    "Host that is not ASCII": lambda: signed().with_header("Host", "ex\u00e4mple.com"),
    "parameter in lowercase": lambda: presigned().but(
        url=presigned().url.replace("X-Amz-Expires", "x-amz-expires")
    ),
    "parameter in lowercase beside it": lambda: and_query(presigned(), "x-amz-signature=1"),
}


@pytest.mark.parametrize("make", MALFORMED.values(), ids=MALFORMED)
def test_malformed_request_is_refused(make):
    check(make(), MalformedRequestError, "InvalidRequest")


OVERSIZED = {
    "header": lambda: and_header(signed(), "a", "b" * 65536),
    "signature": lambda: authorization(signed(), "Signature=", "Signature=" + "0" * 65536),
    "names": lambda: authorization(signed(), "=host;", f"=host;{';'.join(['i'] * 40_000)};"),
    "url": lambda: signed().but(url=URL + "b" * 65536),
    "token": lambda: signed().with_header("X-Amz-Security-Token", "b" * 65536),
    "many headers": lambda: signed().but(headers=signed().headers + [("a", "b")] * 256),
    "many bytes in small headers": lambda: signed().but(
        headers=signed().headers + [("a" * 200, "b" * 200)] * 200
    ),
}


@pytest.mark.parametrize("make", OVERSIZED.values(), ids=OVERSIZED)
def test_oversized_request_is_refused(make):
    check(make(), OversizedFieldsError, "RequestHeaderSectionTooLarge")


def test_large_request_is_accepted():
    request = and_header(signed({"x-amz-meta-a": "b" * 16_000}), "cookie", "c" * 16_000)
    assert request.verified().payload == "signed"
    request = presigned().but(headers=[*presigned().headers, *[(f"a{n}", "b") for n in range(200)]])
    assert request.verified().payload == "signed"


@pytest.mark.parametrize(
    "names",
    [
        "x-amz-date;host",
        "host;host;x-amz-date",
        "Host;x-amz-date",
        "host;X-Amz-Date",
        "host;;x-amz-date",
        ";host",
        "host;",
        "host; x-amz-date",
        "authorization;host",
        "*;host",
        "host,x-amz-date",
    ],
)
def test_signed_headers_must_be_sorted_lowercase_and_unique(names):
    kind = MalformedAuthorizationError if "," in names else MalformedSignedHeadersError
    old = signed().header("Authorization").partition("SignedHeaders=")[2].partition(",")[0]
    check(authorization(signed(), old, names), kind, "IncompleteSignatureException")
    if "," not in names:
        url = presigned().url.replace("SignedHeaders=host", f"SignedHeaders={names}")
        check(presigned().but(url=url), MalformedSignedHeadersError, "IncompleteSignatureException")


def test_host_must_be_signed_under_its_own_name():
    request = authorization(signed(), "=host;", "=host2;").with_header("host2", "example.com")
    check(request, HostNotSignedError, "InvalidSignatureException")


# Python's int() and many others accept these digits.
@pytest.mark.parametrize("zero", ["\u0660", "\u0966", "\uff10", "\U0001d7ce"])
def test_non_ascii_digits_are_refused(zero):
    date = "".join(chr(ord(zero) + int(char)) if char.isdigit() else char for char in AMZ_DATE)
    assert int(date[:8]) == 20150830
    request = signed().with_header("X-Amz-Date", date)
    check(request, MalformedDateError, "IncompleteSignatureException")
    request = presigned().but(url=presigned().url.replace(AMZ_DATE, date))
    check(request, MalformedDateError, "IncompleteSignatureException")
    headers = {
        "x-amz-decoded-content-length": chr(ord(zero) + 1),
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    }
    check(signed(headers, service="s3"), MissingContentLengthError, "MissingContentLength")
    check(
        authorization(signed(), "Signature=", f"Signature={zero}"),
        MalformedAuthorizationError,
        "IncompleteSignatureException",
    )


@pytest.mark.parametrize(
    "date",
    [
        "20150830T123600",
        "20150830T123600z",
        "20150830 123600Z",
        "+0150830T123600Z",
        "20150830T1236 0Z",
        "20150832T123600Z",
        "20150830T243600Z",
        "20150830T123600Z,20150830T123600Z",
        "Sun, 30 Aug 2015",
        "1440938160",
        "",
    ],
)
def test_date_in_another_format_is_refused(date):
    check(
        signed().with_header("X-Amz-Date", date), MalformedDateError, "IncompleteSignatureException"
    )


def test_fields_of_authorization_may_be_separated_only_by_spaces():
    for separator in (",", ",  ", " , "):
        request = signed()
        value = request.header("Authorization").replace(", ", separator)
        assert request.with_header("Authorization", value).verified().payload == "signed"
    for separator in (",\t", ";", " ", ", ,", ",\u00a0"):
        value = request.header("Authorization").replace(", ", separator)
        with pytest.raises(VerificationError):
            request.with_header("Authorization", value).verified()


def test_signature_in_uppercase_is_refused():
    request = signed()
    head, _, signature = request.header("Authorization").rpartition("=")
    request = request.with_header("Authorization", f"{head}={signature.upper()}")
    check(request, SignatureMismatchError, "InvalidSignatureException")


def check(request, kind, code):
    with pytest.raises(VerificationError) as caught:
        request.verified()
    error = caught.value
    assert (type(error), error.code) == (kind, code)
    assert isinstance(error, AmbiguousRequestError) == (
        error.status == 400 and "Length" not in code
    )
    for private in (SECRET, TOKEN, TEMPORARY_KEY.secret_access_key):
        assert private not in shown(error)
