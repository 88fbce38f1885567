"""
Everything that rsigv4 raises of its own.

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

A message names the argument at fault and the way out; that of a VerificationError is what AWS
answers. It never holds a secret, a token, a signature or a header's value.
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
    """
    The base of all errors of this package.

    Never raised itself.
    """


class CredentialsError(SigV4Error):
    """
    There are no credentials that could sign.

    Never raised itself.
    """


class ExpiredCredentialsError(CredentialsError):
    """The credentials end before the time of the signature."""


class InvalidCredentialsError(CredentialsError, ValueError):
    """A credential is of the wrong type, empty, or can't be sent in a header."""


class MissingCredentialsError(CredentialsError):
    """A provider, or the whole default chain, has no credentials to give."""


class MissingBotocoreCredentialsError(MissingCredentialsError, AttributeError):
    """
    botocore finds no credentials for `rsigv4.boto_utils`.

    It is an AttributeError too, since that is what callers of ``aws_requests_auth.boto_utils``
    catch.
    """


class InvalidRequestError(SigV4Error, ValueError):
    """The request can't be signed as it is; the message names the argument."""


class SigningWarning(UserWarning):
    """
    A drop-in signed what the package that it replaces signs, though AWS will refuse the request.

    Each auth object warns once. Servers that ignore signatures, as local ones and HTTP mocks often
    do, accept the request. `Signer` and the other clients raise an error instead.
    """


class VerificationError(SigV4Error):
    """
    A request is refused, since it is not what its signature says or has none.

    Never raised itself. The message is the text that AWS answers.

    Attributes:
        code: AWS's error code, as in ``x-amzn-ErrorType``.
        status: The HTTP status to answer with.

    """

    code = "AccessDeniedException"
    status = 403


class MissingAuthenticationTokenError(VerificationError):
    """The request has no signature."""

    code = "MissingAuthenticationTokenException"


class AmbiguousRequestError(VerificationError):
    """
    Two readers could take the request for two different ones.

    Never raised itself.
    """

    code = "InvalidRequest"
    status = 400


class MalformedRequestError(AmbiguousRequestError):
    """HTTP would not carry the request like this; a header has a line break, for one."""


class MultipleSignaturesError(AmbiguousRequestError):
    """There is a signature in the header, and one in the query."""

    code = "InvalidArgument"


class OversizedFieldsError(AmbiguousRequestError):
    """The URL and the headers have more than 64 KiB, or there are more than 256 headers."""

    code = "RequestHeaderSectionTooLarge"


class RepeatedFieldError(AmbiguousRequestError):
    """A header or a parameter that may be there once is there more than once."""


class IncompleteSignatureError(VerificationError):
    """
    The signature can't be read.

    Never raised itself.
    """

    code = "IncompleteSignatureException"


class MalformedAuthorizationError(IncompleteSignatureError):
    """``Authorization`` is not that of AWS, or has a part that is none."""


class MalformedCredentialError(IncompleteSignatureError):
    """``Credential`` does not have its parts: five, or four for SigV4a."""


class MalformedDateError(IncompleteSignatureError):
    """The date is not one, or not in the form that AWS wants."""


class MalformedLifetimeError(IncompleteSignatureError):
    """``X-Amz-Expires`` is not from 1 to 604,800 seconds."""


class MalformedSignedHeadersError(IncompleteSignatureError):
    """``SignedHeaders`` is not a sorted list of lowercase names, each once."""


class MissingSignaturePartError(IncompleteSignatureError):
    """A part of the signature, or its date, is not there."""


class UnsupportedAlgorithmError(IncompleteSignatureError):
    """The request is signed neither with SigV4 nor with SigV4a."""


class SignatureVersion2Error(UnsupportedAlgorithmError):
    """The request is signed with Signature Version 2; its sender has to use SigV4."""

    code = "InvalidRequest"
    status = 400


class InvalidSignatureError(VerificationError):
    """
    The signature is not good for this request, here and now.

    Never raised itself.
    """

    code = "InvalidSignatureException"


class HostNotSignedError(InvalidSignatureError):
    """The signature does not cover ``Host``."""


class MissingSignedHeaderError(InvalidSignatureError):
    """A header that the signature covers did not arrive."""


class SignatureExpiredError(InvalidSignatureError):
    """The request is too old, or its presigned URL has ended."""


class SignatureMismatchError(InvalidSignatureError):
    """
    The signature is not that of the request: another secret, or something was changed.

    Attributes:
        canonical_request: That of the request as it arrived, with ``***`` for a session token.
        string_to_sign: What had to be signed.

    """

    def __init__(self, message: str, canonical_request: str = "", string_to_sign: str = "") -> None:
        super().__init__(message)
        self.canonical_request = canonical_request
        self.string_to_sign = string_to_sign


class SignatureNotYetCurrentError(InvalidSignatureError):
    """The request was signed in the future."""


class UnsignedHeaderError(InvalidSignatureError):
    """A header ``x-amz-*`` is there that the signature does not cover."""


class WrongRegionError(InvalidSignatureError):
    """The request is signed for another region."""


class WrongScopeDateError(InvalidSignatureError):
    """The credential scope is of another day than the request."""


class WrongServiceError(InvalidSignatureError):
    """The request is signed for another service."""


class WrongTerminatorError(InvalidSignatureError):
    """The credential scope does not end with ``aws4_request``."""


class UnrecognizedClientError(VerificationError):
    """
    The key or its token is not known. AWS answers alike for both.

    Never raised itself.
    """

    code = "UnrecognizedClientException"


class InvalidTokenError(UnrecognizedClientError):
    """The session token is not the one that goes with the key."""


class UnknownAccessKeyError(UnrecognizedClientError):
    """Nobody has this access key."""


class ExpiredTokenError(VerificationError):
    """The credentials have ended."""

    code = "ExpiredTokenException"


class InvalidBodyError(VerificationError):
    """
    The body is not the one that was signed.

    Never raised itself.
    """

    status = 400


class BodyMismatchError(InvalidBodyError):
    """The body has another hash than the one that was signed."""

    code = "XAmzContentSHA256Mismatch"


class ChecksumMismatchError(InvalidBodyError):
    """The checksum in the trailer is that of another body."""

    code = "BadDigest"


class ChunkMismatchError(InvalidBodyError):
    """A chunk, or the trailer, is not the one that was signed."""

    code = "SignatureDoesNotMatch"
    status = 403


class IncompleteBodyError(InvalidBodyError):
    """The body is shorter or longer than was announced."""

    code = "IncompleteBody"


class MalformedChunkError(InvalidBodyError):
    """The body is not framed in chunks as was announced."""

    code = "InvalidRequest"


class MalformedTrailerError(InvalidBodyError):
    """The trailer is not the one that was announced."""

    code = "MalformedTrailerError"


class UnsupportedChecksumError(MalformedTrailerError):
    """``x-amz-trailer`` announces a checksum that is not supported here."""

    code = "InvalidRequest"


class MissingContentLengthError(InvalidBodyError):
    """The request does not say how long the body in its chunks is."""

    code = "MissingContentLength"
    status = 411


class OversizedChunkError(InvalidBodyError):
    """A chunk is larger than is kept in memory."""

    code = "InvalidChunkSizeError"


class RequestTooLargeError(InvalidBodyError):
    """The body is longer than the middleware lets through."""

    code = "RequestTooLargeException"
    status = 413


class UnsupportedPayloadError(InvalidBodyError):
    """``x-amz-content-sha256`` is neither a hash nor a literal that is supported here."""

    code = "NotImplemented"
    status = 501
