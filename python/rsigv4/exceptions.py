"""
The errors and warnings of rsigv4.

    SigV4Error
    ├── CredentialsError
    │   ├── ExpiredCredentialsError
    │   ├── InvalidCredentialsError  (also a ValueError)
    │   └── MissingCredentialsError
    │       └── MissingBotocoreCredentialsError  (also an AttributeError)
    ├── InvalidRequestError          (also a ValueError)
    └── VerificationError
        ├── MissingAuthenticationTokenError
        ├── AmbiguousRequestError
        │   ├── MalformedRequestError
        │   ├── MultipleSignaturesError
        │   ├── OversizedFieldsError
        │   └── RepeatedFieldError
        ├── IncompleteSignatureError
        │   ├── MalformedAuthorizationError
        │   ├── MalformedCredentialError
        │   ├── MalformedDateError
        │   ├── MalformedLifetimeError
        │   ├── MalformedSignedHeadersError
        │   ├── MissingSignaturePartError
        │   └── UnsupportedAlgorithmError
        │       └── SignatureVersion2Error
        ├── InvalidSignatureError
        │   ├── HostNotSignedError
        │   ├── MissingSignedHeaderError
        │   ├── SignatureExpiredError
        │   ├── SignatureMismatchError
        │   ├── SignatureNotYetCurrentError
        │   ├── UnsignedHeaderError
        │   ├── WrongRegionError
        │   ├── WrongScopeDateError
        │   ├── WrongServiceError
        │   └── WrongTerminatorError
        ├── UnrecognizedClientError
        │   ├── InvalidTokenError
        │   └── UnknownAccessKeyError
        ├── ExpiredTokenError
        └── InvalidBodyError
            ├── BodyMismatchError
            ├── ChecksumMismatchError
            ├── ChunkMismatchError
            ├── IncompleteBodyError
            ├── MalformedChunkError
            ├── MalformedTrailerError
            │   └── UnsupportedChecksumError
            ├── MissingContentLengthError
            ├── OversizedChunkError
            ├── RequestTooLargeError
            └── UnsupportedPayloadError

    SigningWarning                   (a UserWarning)

A message names the argument at fault and says what to do; that of a VerificationError is AWS's
own. It never contains a secret, a token, a signature or the value of a header.
"""

from __future__ import annotations

__all__ = [
    "AmbiguousRequestError",
    "BodyMismatchError",
    "ChecksumMismatchError",
    "ChunkMismatchError",
    "CredentialsError",
    "ExpiredCredentialsError",
    "ExpiredTokenError",
    "HostNotSignedError",
    "IncompleteBodyError",
    "IncompleteSignatureError",
    "InvalidBodyError",
    "InvalidCredentialsError",
    "InvalidRequestError",
    "InvalidSignatureError",
    "InvalidTokenError",
    "MalformedAuthorizationError",
    "MalformedChunkError",
    "MalformedCredentialError",
    "MalformedDateError",
    "MalformedLifetimeError",
    "MalformedRequestError",
    "MalformedSignedHeadersError",
    "MalformedTrailerError",
    "MissingAuthenticationTokenError",
    "MissingBotocoreCredentialsError",
    "MissingContentLengthError",
    "MissingCredentialsError",
    "MissingSignaturePartError",
    "MissingSignedHeaderError",
    "MultipleSignaturesError",
    "OversizedChunkError",
    "OversizedFieldsError",
    "RepeatedFieldError",
    "RequestTooLargeError",
    "SigV4Error",
    "SignatureExpiredError",
    "SignatureMismatchError",
    "SignatureNotYetCurrentError",
    "SignatureVersion2Error",
    "SigningWarning",
    "UnknownAccessKeyError",
    "UnrecognizedClientError",
    "UnsignedHeaderError",
    "UnsupportedAlgorithmError",
    "UnsupportedChecksumError",
    "UnsupportedPayloadError",
    "VerificationError",
    "WrongRegionError",
    "WrongScopeDateError",
    "WrongServiceError",
    "WrongTerminatorError",
]


class SigV4Error(Exception):
    """The base class of all errors; raised itself only if the system has no random numbers."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message)


class CredentialsError(SigV4Error):
    """No usable credentials; never raised itself."""


class ExpiredCredentialsError(CredentialsError):
    """The credentials expire before the time of the signature."""


class InvalidCredentialsError(CredentialsError, ValueError):
    """A credential has the wrong type, is empty, or can't be sent in a header."""


class MissingCredentialsError(CredentialsError):
    """A provider, or the whole default chain, found no credentials."""


class MissingBotocoreCredentialsError(MissingCredentialsError, AttributeError):
    """botocore found no credentials; also an AttributeError, which the original's callers catch."""


class InvalidRequestError(SigV4Error, ValueError):
    """The request can't be signed; the message names the argument."""


class SigningWarning(UserWarning):
    """
    A drop-in signed what the original package signs, but AWS will refuse the request.

    Each auth object warns once. Servers that ignore signatures, such as HTTP mocks, accept the
    request. `Signer` and the other clients raise an error instead.
    """


class VerificationError(SigV4Error):
    """
    The base class of all reasons to refuse a request; never raised itself.

    The message is AWS's own.

    Attributes:
        code: AWS's error code, as in ``x-amzn-ErrorType``.
        status: The HTTP status of the response.

    """

    code: str = "AccessDeniedException"
    status: int = 403


class MissingAuthenticationTokenError(VerificationError):
    """The request has no signature."""

    code = "MissingAuthenticationTokenException"


class AmbiguousRequestError(VerificationError):
    """Two readers could understand the request differently; never raised itself."""

    code = "InvalidRequest"
    status = 400


class MalformedRequestError(AmbiguousRequestError):
    """The request is not valid HTTP; a header has a line break, for example."""


class MultipleSignaturesError(AmbiguousRequestError):
    """The header and the query both have a signature."""

    code = "InvalidArgument"


class OversizedFieldsError(AmbiguousRequestError):
    """The URL and the headers are larger than 64 KiB, or there are more than 256 headers."""

    code = "RequestHeaderSectionTooLarge"


class RepeatedFieldError(AmbiguousRequestError):
    """A header or parameter that must not repeat appears more than once."""


class IncompleteSignatureError(VerificationError):
    """The signature can't be parsed; never raised itself."""

    code = "IncompleteSignatureException"


class MalformedAuthorizationError(IncompleteSignatureError):
    """``Authorization`` is not in AWS's format, or has an unknown part."""


class MalformedCredentialError(IncompleteSignatureError):
    """``Credential`` does not have five parts, or four for SigV4a."""


class MalformedDateError(IncompleteSignatureError):
    """The date is not a date in AWS's format."""


class MalformedLifetimeError(IncompleteSignatureError):
    """``X-Amz-Expires`` is not between 1 and 604,800 seconds."""


class MalformedSignedHeadersError(IncompleteSignatureError):
    """``SignedHeaders`` is not a sorted list of unique lowercase names."""


class MissingSignaturePartError(IncompleteSignatureError):
    """A part of the signature, or its date, is missing."""


class UnsupportedAlgorithmError(IncompleteSignatureError):
    """The request is signed with neither SigV4 nor SigV4a."""


class SignatureVersion2Error(UnsupportedAlgorithmError):
    """The request is signed with Signature Version 2; its sender has to use SigV4."""

    code = "InvalidRequest"
    status = 400


class InvalidSignatureError(VerificationError):
    """The signature is not valid for this request, here and now; never raised itself."""

    code = "InvalidSignatureException"


class HostNotSignedError(InvalidSignatureError):
    """The signature does not cover ``Host``."""


class MissingSignedHeaderError(InvalidSignatureError):
    """A header that the signature covers did not arrive."""


class SignatureExpiredError(InvalidSignatureError):
    """The request is too old, or its presigned URL has expired."""


class SignatureMismatchError(InvalidSignatureError):
    """
    The signature is not that of the request: the secret is wrong, or something was changed.

    Attributes:
        canonical_request: That of the request as it arrived, with ``***`` for a session token.
        string_to_sign: What the client should have signed.

    """

    def __init__(self, message: str, canonical_request: str = "", string_to_sign: str = "") -> None:
        super().__init__(message)
        self.canonical_request: str = canonical_request
        self.string_to_sign: str = string_to_sign


class SignatureNotYetCurrentError(InvalidSignatureError):
    """The time of the signature is in the future."""


class UnsignedHeaderError(InvalidSignatureError):
    """The request has a header ``x-amz-*`` that the signature does not cover."""


class WrongRegionError(InvalidSignatureError):
    """The request is signed for another region."""


class WrongScopeDateError(InvalidSignatureError):
    """The credential scope has another date than the request."""


class WrongServiceError(InvalidSignatureError):
    """The request is signed for another service."""


class WrongTerminatorError(InvalidSignatureError):
    """The credential scope does not end with ``aws4_request``."""


class UnrecognizedClientError(VerificationError):
    """AWS does not know the access key or its token, and doesn't say which; never raised itself."""

    code = "UnrecognizedClientException"


class InvalidTokenError(UnrecognizedClientError):
    """The session token does not belong to the access key."""


class UnknownAccessKeyError(UnrecognizedClientError):
    """The access key is unknown."""


class ExpiredTokenError(VerificationError):
    """The credentials have expired."""

    code = "ExpiredTokenException"


class InvalidBodyError(VerificationError):
    """The body is not the one that was signed; never raised itself."""

    status = 400


class BodyMismatchError(InvalidBodyError):
    """The hash of the body is not the one that was signed."""

    code = "XAmzContentSHA256Mismatch"


class ChecksumMismatchError(InvalidBodyError):
    """The checksum in the trailer is not that of the body."""

    code = "BadDigest"


class ChunkMismatchError(InvalidBodyError):
    """A chunk, or the trailer, is not the one that was signed."""

    code = "SignatureDoesNotMatch"
    status = 403


class IncompleteBodyError(InvalidBodyError):
    """The body is shorter or longer than announced."""

    code = "IncompleteBody"


class MalformedChunkError(InvalidBodyError):
    """The body is not framed in chunks as announced."""

    code = "InvalidRequest"


class MalformedTrailerError(InvalidBodyError):
    """The trailer is not the one that was announced."""

    code = "MalformedTrailerError"


class UnsupportedChecksumError(MalformedTrailerError):
    """``x-amz-trailer`` announces a checksum that is not supported here."""

    code = "InvalidRequest"


class MissingContentLengthError(InvalidBodyError):
    """The request does not state the length of its chunked body."""

    code = "MissingContentLength"
    status = 411


class OversizedChunkError(InvalidBodyError):
    """A chunk is too large to keep in memory."""

    code = "InvalidChunkSizeError"


class RequestTooLargeError(InvalidBodyError):
    """The body is larger than the middleware accepts."""

    code = "RequestTooLargeException"
    status = 413


class UnsupportedPayloadError(InvalidBodyError):
    """``x-amz-content-sha256`` is neither a hash nor a literal that is supported here."""

    code = "NotImplemented"
    status = 501
