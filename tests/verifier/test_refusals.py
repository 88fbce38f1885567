"""Each refusal has its own class, and AWS's code, status and message."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest

from rsigv4 import Credentials, Signer, exceptions
from rsigv4.exceptions import (
    BodyMismatchError,
    HostNotSignedError,
    InvalidTokenError,
    MalformedAuthorizationError,
    MalformedCredentialError,
    MalformedDateError,
    MalformedSignedHeadersError,
    MissingAuthenticationTokenError,
    MissingSignaturePartError,
    MissingSignedHeaderError,
    SignatureExpiredError,
    SignatureMismatchError,
    SignatureNotYetCurrentError,
    UnknownAccessKeyError,
    UnsignedHeaderError,
    UnsupportedAlgorithmError,
    UnsupportedPayloadError,
    VerificationError,
    WrongRegionError,
    WrongScopeDateError,
    WrongServiceError,
    WrongTerminatorError,
)
from support.signing import ACCESS_KEY, AMZ_DATE, CREDENTIALS, MOMENT, SECRET, TOKEN, check_message
from support.verifying import (
    SIGV4A,
    TEMPORARY_KEY,
    URL,
    Arrived,
    authorization,
    gateway,
    presigned,
    query,
    refused,
    signed,
    without_signature,
)

INCOMPLETE = "IncompleteSignatureException"
INVALID = "InvalidSignatureException"


def test_valid_request_passes_all_checks():
    for request in (signed(), signed(TEMPORARY_KEY), presigned(), signed(algorithm=SIGV4A)):
        assert request.verified(gateway()).service == "execute-api"


REFUSALS = {
    "no signature": (
        lambda: Arrived(headers=[("Host", "example.com")]),
        MissingAuthenticationTokenError,
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    ),
    "another scheme": (
        lambda: signed().with_header("Authorization", "Bearer hunter2"),
        MalformedAuthorizationError,
        INCOMPLETE,
        "'***' not a valid key=value pair (missing equal-sign) in Authorization header: '***'.",
    ),
    "a part without a value": (
        lambda: authorization(signed(), "Signature=", "Signature"),
        MalformedAuthorizationError,
        INCOMPLETE,
        "'***' not a valid key=value pair (missing equal-sign) in Authorization header: '***'.",
    ),
    "another algorithm": (
        lambda: authorization(signed(), "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
        UnsupportedAlgorithmError,
        INCOMPLETE,
        "Unsupported AWS 'algorithm': it must be 'AWS4-HMAC-SHA256' or 'AWS4-ECDSA-P256-SHA256'.",
    ),
    "no parts": (
        lambda: (
            signed().without_header("X-Amz-Date").with_header("Authorization", "AWS4-HMAC-SHA256")
        ),
        MissingSignaturePartError,
        INCOMPLETE,
        (
            "Authorization header requires 'Credential' parameter. "
            "Authorization header requires 'Signature' parameter. "
            "Authorization header requires 'SignedHeaders' parameter. "
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
            "Authorization=***"
        ),
    ),
    "no region set": (
        lambda: signed(algorithm=SIGV4A).without_header("X-Amz-Region-Set"),
        MissingSignaturePartError,
        INCOMPLETE,
        "Authorization header requires existence of a 'X-Amz-Region-Set' header. Authorization=***",
    ),
    "no lifetime": (
        lambda: query(presigned(), "&X-Amz-Expires=3600", ""),
        MissingSignaturePartError,
        INCOMPLETE,
        (
            "AWS query-string parameters must include 'X-Amz-Expires'. "
            "Re-examine the query-string parameters."
        ),
    ),
    "host not signed": (
        lambda: authorization(signed(), "host;", ""),
        HostNotSignedError,
        INVALID,
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    ),
    "a date in another form": (
        lambda: signed().with_header("X-Amz-Date", "2015-08-30T12:36:00Z"),
        MalformedDateError,
        INCOMPLETE,
        "Date must be in ISO-8601 'basic format'. See http://en.wikipedia.org/wiki/ISO_8601",
    ),
    "too old": (
        lambda: signed().but(time=MOMENT + dt.timedelta(seconds=301)),
        SignatureExpiredError,
        INVALID,
        (
            "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z "
            "(20150830T124101Z - 5 min.)"
        ),
    ),
    "of the future": (
        lambda: signed().but(time=MOMENT - dt.timedelta(seconds=301)),
        SignatureNotYetCurrentError,
        INVALID,
        (
            "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z "
            "(20150830T123059Z + 5 min.)"
        ),
    ),
    "four parts": (
        lambda: authorization(signed(), "/us-east-1", ""),
        MalformedCredentialError,
        INCOMPLETE,
        (
            "Credential must have exactly 5 slash-delimited elements, "
            "e.g. keyid/date/region/service/term"
        ),
    ),
    "six parts": (
        lambda: authorization(signed(), f"{ACCESS_KEY}/", f"{ACCESS_KEY}//"),
        MalformedCredentialError,
        INCOMPLETE,
        (
            "Credential must have exactly 5 slash-delimited elements, "
            "e.g. keyid/date/region/service/term"
        ),
    ),
    "five parts of SigV4a": (
        lambda: authorization(signed(algorithm=SIGV4A), "/execute-api", "/us-east-1/execute-api"),
        MalformedCredentialError,
        INCOMPLETE,
        "Credential must have exactly 4 slash-delimited elements, e.g. keyid/date/service/term",
    ),
    "another region": (
        lambda: authorization(signed(), "us-east-1", "us-east-2"),
        WrongRegionError,
        INVALID,
        "Credential should be scoped to a valid region.",
    ),
    "another set of regions": (
        lambda: signed(algorithm=SIGV4A).with_header("X-Amz-Region-Set", "us-west-*,eu-*"),
        WrongRegionError,
        INVALID,
        "Credential should be scoped to a valid region.",
    ),
    "another service": (
        lambda: authorization(signed(), "/execute-api/", "/es/"),
        WrongServiceError,
        INVALID,
        "Credential should be scoped to correct service: 'execute-api'. ",
    ),
    "another terminator": (
        lambda: authorization(signed(), "aws4_request", "aws5_request"),
        WrongTerminatorError,
        INVALID,
        "Credential should be scoped with a valid terminator: 'aws4_request'.",
    ),
    "another day": (
        lambda: authorization(signed(), "/20150830/", "/20150829/"),
        WrongScopeDateError,
        INVALID,
        (
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            "HTTP: '20150829' != '20150830', from '20150830T123600Z'."
        ),
    ),
    "an unknown key": (
        lambda: signed(Credentials("AKIDOTHER", SECRET)),
        UnknownAccessKeyError,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    ),
    "another token": (
        lambda: signed(Credentials(TEMPORARY_KEY.access_key_id, "secret", TOKEN + "x")),
        InvalidTokenError,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    ),
    "no token": (
        lambda: signed(Credentials(TEMPORARY_KEY.access_key_id, TEMPORARY_KEY.secret_access_key)),
        InvalidTokenError,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    ),
    "a token of a key that has none": (
        lambda: signed(Credentials(ACCESS_KEY, SECRET, TOKEN)),
        InvalidTokenError,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    ),
    "another secret": (
        lambda: signed(Credentials(ACCESS_KEY, "guessed")),
        SignatureMismatchError,
        INVALID,
        (
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method. "
            "Consult the service documentation for details."
        ),
    ),
    "another path": (
        lambda: signed().but(url="https://example.com/other?a=b"),
        SignatureMismatchError,
        INVALID,
        (
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method. "
            "Consult the service documentation for details."
        ),
    ),
    "a signed header that did not arrive": (
        lambda: signed(headers={"content-type": "a"}).without_header("content-type"),
        MissingSignedHeaderError,
        INVALID,
        "A header that 'SignedHeaders' names is not in the request.",
    ),
    "a header of AWS's that was added": (
        lambda: signed().with_header("X-Amz-Acl", "public-read"),
        UnsignedHeaderError,
        INVALID,
        "There were headers present in the request which were not signed",
    ),
    "names in uppercase": (
        lambda: authorization(signed(), "=host;", "=Host;"),
        MalformedSignedHeadersError,
        INCOMPLETE,
        (
            "'SignedHeaders' must be lowercase names of headers, each once, sorted and joined "
            "with semicolons."
        ),
    ),
}


@pytest.mark.parametrize(("make", "kind", "code", "text"), REFUSALS.values(), ids=REFUSALS)
def test_refusal_has_a_class_and_the_code_and_message_of_aws(make, kind, code, text):
    error = refused(make())
    assert type(error) is kind
    assert (error.code, error.status, str(error)) == (code, 403, text)


def test_another_body_is_refused_after_the_signature():
    error = refused(signed(body=b"body").but(body=b"bodx"))
    assert type(error) is BodyMismatchError
    assert (error.code, error.status) == ("XAmzContentSHA256Mismatch", 400)
    # Without a payload header, the signature covers the body.
    unstated = signed(body=b"body", content_sha256_header=False)
    assert type(refused(unstated.but(body=b"bodx"))) is SignatureMismatchError


# Two faults: the one that AWS checks first is reported.
ORDER = [
    (MissingAuthenticationTokenError, lambda request: request.without_header("Authorization")),
    (
        MalformedAuthorizationError,
        lambda request: authorization(request, "SignedHeaders=", "SignedHeaders"),
    ),
    (MissingSignaturePartError, without_signature),
    (HostNotSignedError, lambda request: authorization(request, "host;", "")),
    (MalformedDateError, lambda request: request.with_header("X-Amz-Date", "now")),
    (SignatureExpiredError, lambda request: request.with_header("X-Amz-Date", "20150830T120000Z")),
    (MalformedCredentialError, lambda request: authorization(request, "/aws4", "/x/aws4")),
    (WrongRegionError, lambda request: authorization(request, "/us-east-1/", "/us-east-2/")),
    (WrongServiceError, lambda request: authorization(request, "/execute-api/", "/es/")),
    (WrongTerminatorError, lambda request: authorization(request, "/aws4_request", "/aws4_reques")),
    (WrongScopeDateError, lambda request: authorization(request, "/20150830/", "/20150829/")),
    (UnknownAccessKeyError, lambda request: authorization(request, f"={ACCESS_KEY}/", "=AKIDX/")),
    (SignatureMismatchError, lambda request: request.but(method="PUT")),
    (UnsignedHeaderError, lambda request: request.with_header("X-Amz-Acl", "public-read")),
    (BodyMismatchError, lambda request: request.but(body=b"another")),
]


def test_checks_have_the_order_of_aws():
    request = signed()
    request.verified(gateway())
    for kind, spoil in reversed(ORDER):
        request = spoil(request)
        assert type(refused(request)) is kind


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512", UnsupportedAlgorithmError),
        (AMZ_DATE, "20150830T123600", MalformedDateError),
        ("=host&", "=hosts&", HostNotSignedError),
        ("%2F20150830", "%2F20150831", WrongScopeDateError),
        ("us-east-1", "us-west-1", WrongRegionError),
        ("execute-api", "es", WrongServiceError),
        ("aws4_request", "aws4", WrongTerminatorError),
        (ACCESS_KEY, "AKIDOTHER", UnknownAccessKeyError),
        ("a=b", "a=c", SignatureMismatchError),
        ("&X-Amz-SignedHeaders=host", "", MissingSignaturePartError),
    ],
)
def test_presigned_urls_have_the_same_checks(old, new, kind):
    assert type(refused(query(presigned(), old, new))) is kind


def test_mismatch_shows_the_received_request_without_the_token():
    signer = Signer(TEMPORARY_KEY, "us-east-1", "execute-api")
    headers = {"x-amz-meta-a": "b"}
    canonical_request = signer.canonical_request("PUT", URL, headers, time=MOMENT)
    error = refused(signed(TEMPORARY_KEY, headers=headers).but(method="PUT"))
    assert error.canonical_request == canonical_request.replace(TOKEN, "***")
    assert "x-amz-security-token:***\n" in error.canonical_request
    string_to_sign = signer.string_to_sign("PUT", URL, headers, time=MOMENT)
    assert error.string_to_sign == string_to_sign
    # The client hashes its canonical request including the token.
    assert string_to_sign.endswith(hashlib.sha256(canonical_request.encode()).hexdigest())


def test_mismatch_of_a_presigned_url_does_not_show_the_token():
    error = refused(presigned(TEMPORARY_KEY).but(method="PUT"))
    assert "&X-Amz-Security-Token=***&" in error.canonical_request
    assert "X-Amz-Signature" not in error.canonical_request


@pytest.mark.parametrize(
    "payload",
    [
        "STREAMING-AWS4-HMAC-SHA256-EVENTS",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        hashlib.sha256(b"").hexdigest().upper(),
        "unsigned-payload",
        "",
    ],
)
def test_unsupported_payload_mode_is_refused(payload):
    error = refused(signed().with_header("X-Amz-Content-Sha256", payload))
    assert type(error) is UnsupportedPayloadError
    assert (error.code, error.status) == ("NotImplemented", 501)


def test_every_class_has_a_code_and_a_status():
    kinds = [getattr(exceptions, name) for name in exceptions.__all__]
    kinds = [kind for kind in kinds if issubclass(kind, VerificationError)]
    assert len(kinds) > 30
    assert all(kind.code and 400 <= kind.status < 600 for kind in kinds)
    assert set(kinds) == {VerificationError, *subclasses(VerificationError)}


def subclasses(kind):
    for subclass in kind.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


def test_arguments_of_another_type_are_errors_of_the_caller():
    for arguments, argument in [
        ((3, URL, []), "method"),
        (("GET", b"https://example.com/", []), "url"),
        (("GET", URL, 3), "headers"),
        (("GET", URL, [("a", 3)]), "headers"),
    ]:
        with pytest.raises(exceptions.InvalidRequestError) as caught:
            gateway().begin(*arguments)
        check_message(caught.value, argument)
    verification = gateway().begin(
        "GET", URL, signed(content_sha256_header=False).headers, time=MOMENT
    )
    assert verification.needs_body_hash
    for digits in (None, "x", "UNSIGNED-PAYLOAD"):
        with pytest.raises(exceptions.InvalidRequestError, match="body_sha256"):
            verification.check(CREDENTIALS, digits)
