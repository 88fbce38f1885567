from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from datetime import date as _date
from datetime import datetime
from typing import Any, Final, Protocol, TypeAlias, final, overload

from typing_extensions import Buffer, Self, disjoint_base

from rsigv4.chunked import AsyncChunkedBody, ChunkedBody

class _FrozenCredentials(Protocol):
    @property
    def access_key(self) -> str: ...
    @property
    def secret_key(self) -> str: ...
    @property
    def token(self) -> str | None: ...

class _RefreshableCredentials(Protocol):
    def get_frozen_credentials(self) -> Any: ...

class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...

class _ReadableFile(_Readable, Protocol):
    def seek(self, offset: int, /) -> Any: ...
    def tell(self) -> int: ...

class _ArrowArray(Protocol):
    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]: ...

class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...

_Provided: TypeAlias = Credentials | SigningKey | _FrozenCredentials | _RefreshableCredentials
_Provider: TypeAlias = _Provided | Callable[[], _Provided]
_HeaderText: TypeAlias = str | bytes
_Headers: TypeAlias = (
    Mapping[str, str]
    | Mapping[str, bytes]
    | Mapping[bytes, bytes]
    | Iterable[tuple[_HeaderText, _HeaderText]]
)
_Body: TypeAlias = str | Buffer | _ReadableFile | PayloadHash
_Time: TypeAlias = datetime | float
_Lookup: TypeAlias = Callable[[str], _Provided | Awaitable[_Provided | None] | None]

__version__: Final[str]
CALLBACKS: Final[tuple[tuple[str, str], ...]]
CLOCK_ERRORS: Final[frozenset[str]]
DEBUG_BUILD: Final[bool]
MAX_BUFFERED_BODY: Final[int]
SIGNATURE_HEADERS: Final[frozenset[str]]
SIGNER_OPTIONS: Final[frozenset[str]]
UNSIGNED_PAYLOAD: Final[PayloadHash]
X_AMZ_CONTENT_SHA256: Final[str]
X_AMZ_DATE: Final[str]
X_AMZ_SECURITY_TOKEN: Final[str]

class AWSRequestsAuthBase:
    """The native base class of `rsigv4.aws_auth.AWSRequestsAuth`."""

    also_sign: Iterable[str]
    max_buffered_body: int
    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self: ...
    def __call__(self, r: Any) -> Any: ...
    def get_aws_request_headers(
        self,
        r: Any,
        aws_access_key: str | None,
        aws_secret_access_key: str | None,
        aws_token: str | None,
    ) -> dict[str, str]:
        """Return the headers that sign this request with these credentials."""
    @classmethod
    def get_canonical_path(cls, r: Any) -> str:
        """Return the canonical path of the request, for all services except the S3 family."""
    @classmethod
    def get_canonical_querystring(cls, r: Any) -> str:
        """Return the canonical query of the request."""

@disjoint_base
class Credentials:
    """
    An access key: id and secret, and for temporary credentials the session token and the expiry.

    The secret is wiped from memory when the object is deleted. No repr or error shows the secret or the
    token. Pickles contain both.
    """
    def __new__(
        cls,
        access_key_id: str,
        secret_access_key: str,
        session_token: str | None = None,
        *,
        expires_at: _Time | None = None,
    ) -> Self: ...
    @property
    def access_key_id(self) -> str:
        """The public half of the key."""
    @property
    def secret_access_key(self) -> str:
        """The secret half of the key."""
    @property
    def session_token(self) -> str | None:
        """The token of temporary credentials."""
    @property
    def expires_at(self) -> datetime | None:
        """When temporary credentials expire, to the second."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs_ex__(self) -> tuple[tuple[str, str, str | None], dict[str, Any]]: ...

@final
class SigningKey:
    """
    A derived key, which signs for one UTC day, region and service without the secret.

    Pass it in the place of credentials, which then need no region and service. It is wiped from memory
    when the object is deleted. No repr or error shows the key or the token. Pickles contain both.

    Args:
        access_key_id: The public half of the access key.
        key: The derived key, 32 bytes.
        date: The UTC day that the key is valid for: a `datetime.date`, or text such as `"20261130"`.
        region: The region that the key is valid for.
        service: The signing name of the service that the key is valid for.
        session_token: The token of temporary credentials; None or empty for a user's own key.

    Raises:
        InvalidCredentialsError: *access_key_id*, *key*, *date* or *session_token* is not valid.
        InvalidRequestError: *region* or *service* is not valid.
    """
    def __new__(
        cls,
        access_key_id: str,
        key: Buffer,
        date: _date | str,
        region: str,
        service: str,
        session_token: str | None = None,
    ) -> Self: ...
    @staticmethod
    def derive(
        credentials: Credentials | _FrozenCredentials | _RefreshableCredentials,
        date: _date | str,
        region: str,
        service: str,
    ) -> SigningKey:
        """
        Derive the key of a UTC day, region and service from an access key.

        Args:
            credentials: `Credentials`, or an object with `get_frozen_credentials()` such as botocore's.
            date: A `datetime.date`, or text such as `"20261130"`.
            region: Such as `"eu-central-1"`.
            service: The service's signing name, such as `"execute-api"`.

        Raises:
            InvalidCredentialsError: *credentials* have no secret, or *date* is not valid.
            InvalidRequestError: *region* or *service* is not valid.
        """
    @property
    def access_key_id(self) -> str:
        """The public half of the access key."""
    @property
    def key(self) -> bytes:
        """The derived key."""
    @property
    def date(self) -> str:
        """The UTC day that the key is valid for, such as `"20261130"`."""
    @property
    def region(self) -> str:
        """The region that the key is valid for."""
    @property
    def service(self) -> str:
        """The service that the key is valid for."""
    @property
    def session_token(self) -> str | None:
        """The token of temporary credentials."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[str, bytes, str, str, str, str | None]: ...

def authorize(
    method: str,
    url: str,
    headers: _Headers,
    signed_headers: str,
    hashed_payload: str,
    access_key_id: str,
    secret_access_key: str,
    region: str,
    service: str,
    amz_date: str,
) -> str:
    """
    Return the `Authorization` of a request with these headers.

    Args:
        method: As sent.
        url: As sent.
        headers: The pairs that will be sent.
        signed_headers: The lowercase names of those to sign, sorted and joined with semicolons.
        hashed_payload: The last line of the canonical request.
        access_key_id: Even one that AWS will refuse.
        secret_access_key: Likewise.
        region: Likewise; it may be empty.
        service: Likewise.
        amz_date: The time of the signature, such as `"20261130T120000Z"`.
    """

def canonical_query_string(query: str) -> str:
    """Return the canonical form of a query as sent."""

def canonical_uri(path: str, service: str) -> str:
    """Return the canonical form of a path as sent."""

def is_rewritten(name: str) -> bool:
    """Return whether clients and proxies may set, remove or rewrite the header of this name."""

def hash_body(body: Any, service: str) -> str | None:
    """
    Return the SHA-256 of a body, or `UNSIGNED-PAYLOAD` if the service wants no other; None if the body
    can be read only once.
    """

def refusals(access_key_id: str, secret_access_key: str, region: str, service: str) -> str:
    """Return why AWS will refuse what is signed with these, or an empty text."""

def watch_responses(auth: Any, r: Any) -> None:
    """
    Add the response hook, and let copies of the request lose their signature with their URL.

    Requests without hooks are not changed.
    """

def wire_url(url: str, service: str) -> str:
    """Return the URL to send, which all servers read in the same way. It has the same signature."""

@final
class Cause:
    """One thing that is wrong, or may be."""
    @property
    def code(self) -> str:
        """Names the cause, such as `"wrong_region"`; stable."""
    @property
    def summary(self) -> str:
        """What is wrong."""
    @property
    def advice(self) -> str:
        """What to change."""
    @property
    def certain(self) -> bool:
        """Whether it is proved, rather than only possible."""
    @property
    def proof(self) -> str:
        """
        What makes it certain: `"words"` of the server, the `"signature"` made again with the secret,
        `"words or signature"`, or `"nothing"`.
        """

@final
class ChunkedEncoder:
    """Encodes a body as `aws-chunked`, for `rsigv4.ChunkedBody`."""
    def encode(self, data: bytes, start: int, end: int) -> bytes:
        """Return the next chunk as bytes to send: the bytes of *data* from *start* to *end*."""
    def finish(self) -> bytes:
        """Return the end of the body as bytes to send."""

@final
class EventSigner:
    """Signs the messages of one event stream in order."""
    def sign(self, message: Buffer, *, time: _Time | None = None) -> bytes:
        """
        Return a signed message as bytes, with an encoded message as its payload.

        Args:
            message: The result of `encode` or any buffer. An empty one ends the stream.
            time: An aware datetime or seconds since the epoch; None reads the clock.

        Raises:
            InvalidRequestError: The message is too long, or is not bytes or a buffer.
        """
    @staticmethod
    def encode(headers: dict[str, str | bytes], payload: Buffer) -> bytes:
        """
        Return an event stream message as bytes, not yet signed.

        Args:
            headers: A dict of names such as `":event-type"`, and values as text or bytes.
            payload: Bytes or any buffer, at most 24 MiB.

        Raises:
            InvalidRequestError: A header or the payload is too long, or of the wrong type.
        """

@final
class Explanation:
    """
    Why a request was refused, and what to change.

    Its text is what a person reads. Values with the names of secrets are redacted in all of it, and the
    control characters of a response or a request are escaped.
    """
    @property
    def causes(self) -> list[Cause]:
        """What is wrong, the most likely first; never empty."""
    @property
    def cause(self) -> Cause:
        """The most likely cause."""
    @property
    def status(self) -> int | None:
        """The status of the response, such as 403; None where it isn't known."""
    @property
    def error_code(self) -> str | None:
        """AWS's error code, such as `"SignatureDoesNotMatch"`."""
    @property
    def message(self) -> str | None:
        """What the server said in words."""
    @property
    def canonical_request_diff(self) -> list[LinePair]:
        """
        What was signed beside what the server expected, line by line.

        Empty where the request or the server's canonical request isn't known.
        """
    @property
    def string_to_sign_diff(self) -> list[LinePair]:
        """The lines of both strings to sign; empty unless both are known."""

@final
class LinePair:
    """One line of what was signed beside the same line of what the server expected."""
    @property
    def part(self) -> str:
        """AWS's name of the line's part, such as `"canonical_uri"` or `"canonical_headers host"`."""
    @property
    def ours(self) -> str | None:
        """What was signed; None if the line is missing."""
    @property
    def theirs(self) -> str | None:
        """What the server expected; None if the line is missing."""
    @property
    def column(self) -> int | None:
        """Where the two begin to differ, in characters; None where they are alike."""

@final
class PresignedArray:
    """
    Presigned URLs as one Arrow array of type `large_string`.

    Pass it to a library that accepts Arrow data: `pyarrow.array`, `polars.Series`.
    """
    def __len__(self) -> int: ...
    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]: ...

@final
class PresignedChunkedArray:
    """
    Presigned URLs as a chunked Arrow array of type `large_string`.

    Pass it to a library that accepts Arrow streams: `pyarrow.chunked_array`, `polars.Series`.
    """
    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...

@final
class PresignedPost:
    """
    A form that uploads a file to S3.

    Send it as `multipart/form-data`: first the fields, then the file in a field named `file`.
    """
    @property
    def url(self) -> str:
        """The URL to which the form is sent."""
    @property
    def fields(self) -> dict[str, str]:
        """The fields of the form, as a dict of str."""

@final
class PayloadHash:
    """
    A payload hash, to pass instead of a body.

    Use `PayloadHash(hashlib.sha256(body).hexdigest())` if you already have the hash, and
    `UNSIGNED_PAYLOAD` to leave the body unsigned.
    """
    def __new__(cls, value: str) -> PayloadHash: ...
    @property
    def value(self) -> str:
        """The lowercase hexadecimal digits, or a name such as `UNSIGNED-PAYLOAD`."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[str]: ...

@final
class ResponseHook:
    """
    A response hook that calls the auth of a signed request.

    Pickling a response pickles its hooks. This class leaves the auth out, so that no secret is pickled:
    an unpickled hook doesn't sign, but still removes the signature on redirects to other origins.
    """
    def __new__(cls, auth: Any = None) -> Self: ...
    def __call__(self, response: Any, **kwargs: Any) -> Any: ...
    def __reduce__(self) -> tuple[type[ResponseHook], tuple[()]]: ...

@disjoint_base
class RequestsAuthBase:
    """The native base class of `rsigv4.requests.SigV4Auth`."""
    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self: ...
    def __call__(self, r: Any) -> Any: ...
    def _sign_by(self, r: Any, signer: Signer) -> bool:
        """Sign the request with this signer, whose credentials are available."""

@final
class Signer:
    """
    Signs requests for one region and service.

    A signer may be shared between threads, tasks and requests. A pickled signer contains its credentials.

    Args:
        credentials: `Credentials`, an object with `get_frozen_credentials()` such as botocore's,
            or a callable that returns either. Read for each signature, or once a second for botocore
            credentials that refresh themselves. A `SigningKey` signs for its region and service only;
            pass both beside a callable that returns one.
            None calls `resolve_credentials` once.
        region: For example `"eu-central-1"`; for SigV4a a region set, such as `"us-east-1,eu-*"` or
            `"*"`. None reads it from the `Host` header if that is an AWS host, or else from the URL's
            host.
        service: The service's signing name, such as `"execute-api"`. None reads it from the same host.
        default_region: The region for hosts that don't contain one. None reads `AWS_REGION`,
            `AWS_DEFAULT_REGION`, then the profile that `AWS_PROFILE` names (or `default`), when the
            signer is created. SigV4a doesn't use it.
        algorithm: `"AWS4-ECDSA-P256-SHA256"` for SigV4a.
        double_encode_path: Encode the path as sent again. None: for all services except the S3 family.
        normalize_path: Resolve `.`, `..` and `//` in the signed path. None: for all services except the
            S3 family.
        content_sha256_header: Send and sign `x-amz-content-sha256`. None: as the service requires.
        sign_session_token: False adds the session token's header without signing it.
        also_sign: Names of more headers to sign. `"*"` selects all headers except those that clients
            and proxies rewrite: hop-by-hop headers, `Expect`, `User-Agent`, `Sec-WebSocket-*`, and
            tracing headers. Those are signed only if you pass their names. `"x-a-*"` is a prefix.
        sign_only: Names or prefixes as for *also_sign*, of which headers of the request are signed and
            no others; `Host` and all headers that signing adds always are. None: those that proxies
            don't rewrite. It has to select every `x-amz-*` header of the request.

    Raises:
        InvalidCredentialsError: *credentials* can't provide credentials.
        InvalidRequestError: *region*, *service*, *also_sign* or *sign_only* is not valid.
    """
    def __new__(
        cls,
        credentials: _Provider | None = None,
        region: str | None = None,
        service: str | None = None,
        *,
        default_region: str | None = None,
        algorithm: str = "AWS4-HMAC-SHA256",
        double_encode_path: bool | None = None,
        normalize_path: bool | None = None,
        content_sha256_header: bool | None = None,
        sign_session_token: bool = True,
        also_sign: Iterable[str] = (),
        sign_only: Iterable[str] | None = None,
    ) -> Signer: ...
    clock_offset: int
    """
    Seconds to add to this machine's clock if no `time` is passed; 0 unless you set it.

    Set it if this machine's clock is known to be wrong. Clients learn the offsets of their servers
    themselves, and never change it.
    """
    @property
    def credentials(self) -> Any:
        """The credentials or the provider that this signer uses."""
    @property
    def region(self) -> str | None:
        """The region that was passed to this signer or is that of its `SigningKey`, or None."""
    @property
    def service(self) -> str | None:
        """The service that was passed to this signer or is that of its `SigningKey`, or None."""
    def sign(
        self,
        method: str,
        url: str,
        headers: _Headers | None = None,
        body: _Body | None = None,
        *,
        time: _Time | None = None,
    ) -> dict[str, str]:
        """
        Return the headers that sign this request.

        The request itself is not changed. Replace headers of the same names.

        Args:
            method: Such as `"GET"`. It is signed in uppercase, so send it in uppercase.
            url: The whole URL, as sent: percent-encoded, except spaces and non-ASCII characters. Write
                `%23` for a `#`: a raw one is refused. To S3, send `%2B` for a plus in the path: S3 reads
                a raw one as a space.
            headers: A mapping or an iterable of pairs; a `Host` here is signed instead of the URL's.
            body: None, str (sent as UTF-8), bytes, a buffer, a seekable binary file (hashed from its
                current offset, to which it then returns), a `PayloadHash` or `UNSIGNED_PAYLOAD`.
            time: An aware datetime or seconds since the epoch; None reads the clock.

        Returns:
            A dict with `Authorization`, `X-Amz-Date`, and if needed `X-Amz-Content-Sha256` and
            `X-Amz-Security-Token`.

        Raises:
            InvalidRequestError: An argument can't be signed; the message names it.
            CredentialsError: The credentials are missing or have expired.
        """
    def canonical_request(
        self,
        method: str,
        url: str,
        headers: _Headers | None = None,
        body: _Body | None = None,
        *,
        time: _Time | None = None,
    ) -> str:
        """
        Return the canonical request that `sign` hashes, to compare it with the server's.

        Takes the arguments of `sign`. The result contains the session token if it is signed.
        """
    def string_to_sign(
        self,
        method: str,
        url: str,
        headers: _Headers | None = None,
        body: _Body | None = None,
        *,
        time: _Time | None = None,
    ) -> str:
        """
        Return the string to sign that `sign` signs, to compare it with the server's.

        Takes the arguments of `sign`.
        """
    def presign(
        self,
        method: str,
        url: str,
        *,
        expires_in: int = 3600,
        headers: _Headers | None = None,
        body: _Body | None = None,
        time: _Time | None = None,
    ) -> str:
        """
        Return a presigned URL, which has the signature in its query. Anyone can use it until it expires.

        The URL's own query is kept. For the S3 family the body is not signed, unless one is passed:
        then it must be sent with its hash as `x-amz-content-sha256`.

        Args:
            method: The only method that the URL is valid for.
            url: As for `sign`.
            expires_in: How long the URL is valid, from 1 to 604,800 seconds (seven days); less if the
                credentials are known to expire earlier.
            headers: Headers that the request must be sent with, with the same values. All of them are
                signed, whatever `also_sign` says. `sign_only` has to select all of them.
            body: As for `sign`. Don't pass the body of an upload to S3: its hash would have to be sent as
                `x-amz-content-sha256`, which S3 and servers like it refuse with a presigned URL. Sign
                `Content-MD5` or `x-amz-checksum-sha256` in *headers* instead.
            time: When its validity begins, as for `sign`.

        Raises:
            InvalidRequestError: An argument can't be signed; the message names it. `Authorization` and
                headers that clients and proxies rewrite, such as `User-Agent`, can't be signed.
            CredentialsError: The credentials are missing or have expired.
        """
    @overload
    def presign_many(
        self,
        method: str,
        urls: _ArrowArray,
        *,
        expires_in: int = 3600,
        headers: _Headers | None = None,
        time: _Time | None = None,
    ) -> PresignedArray:
        """
        Return presigned URLs for many URLs, in the same order.

        All cores share the work, without the GIL. Apart from the input and the result, memory does not
        grow with the number of URLs.

        Args:
            method: As for `presign`, for all of them.
            urls: A list or any iterable of URLs; or a column of them as Arrow data, of type `string`,
                `large_string` or `string_view`, such as a pyarrow array, a polars series, or
                a DuckDB query with one column.
            expires_in: As for `presign`, for all of them.
            headers: As for `presign`: each of the requests must be sent with all of them.
            time: As for `presign`, for all of them.

        Returns:
            A list of str. For Arrow data, Arrow data of type `large_string` with the same nulls: pass it
            to `pyarrow.chunked_array` or `polars.Series`, or, if *urls* was one array, to
            `pyarrow.array`.

        Raises:
            InvalidRequestError: An argument or one of the URLs can't be signed; the message has the
                index of the first such URL, and no URL is returned.
            CredentialsError: The credentials are missing or have expired.
        """
    @overload
    def presign_many(
        self,
        method: str,
        urls: _ArrowStream,
        *,
        expires_in: int = 3600,
        headers: _Headers | None = None,
        time: _Time | None = None,
    ) -> PresignedChunkedArray: ...
    @overload
    def presign_many(
        self,
        method: str,
        urls: Iterable[str],
        *,
        expires_in: int = 3600,
        headers: _Headers | None = None,
        time: _Time | None = None,
    ) -> list[str]: ...
    def presign_post(
        self,
        url: str,
        *,
        key: str,
        conditions: Iterable[Any] = (),
        fields: dict[str, str] | None = None,
        expires_in: int = 3600,
        time: _Time | None = None,
    ) -> PresignedPost:
        """
        Return a form with which a browser uploads a file to S3.

        The policy is signed, the file is not: any file that meets the conditions is accepted.

        Args:
            url: The URL of the bucket, such as `"https://BUCKET.s3.eu-central-1.amazonaws.com/"`. If it
                doesn't contain the bucket, a condition must: `{"bucket": "BUCKET"}`.
            key: The object's key; `"folder/${filename}"` leaves the name to the user who uploads.
            conditions: More conditions of the policy, such as `["content-length-range", 1, 1048576]`
                or `["starts-with", "$Content-Type", "image/"]`.
            fields: More fields of the form, such as `{"acl": "private"}`; each is a condition too.
            expires_in: How long the form is valid, from 1 to 604,800 seconds; less if the credentials
                are known to expire earlier.
            time: When its validity begins, as for `sign`.

        Raises:
            InvalidRequestError: An argument can't be signed; the message names it.
            CredentialsError: The credentials are missing or have expired.
        """
    @overload
    def chunked(
        self,
        method: str,
        url: str,
        headers: _Headers | None,
        stream: _Readable | Iterable[bytes] | Buffer,
        *,
        length: int,
        trailer_checksum: str | None = None,
        chunk_size: int = 65536,
        signed: bool = True,
        time: _Time | None = None,
    ) -> ChunkedBody:
        """
        Return a body for S3 that is signed chunk by chunk while it is sent, and the headers to send.

        At most one chunk is in memory at once, and the length on the wire is known beforehand.

        Args:
            method: As for `sign`.
            url: As for `sign`.
            headers: As for `sign`; replace them with those of the result.
            stream: A binary file, an iterable of bytes, or an async iterable of bytes.
            length: The length of the stream in bytes.
            trailer_checksum: A checksum to send after the body: `"crc32"`, `"crc32c"`, `"crc64nvme"`,
                `"md5"`, `"sha1"`, `"sha256"`, `"sha512"`, `"xxhash64"`, `"xxhash3"` or `"xxhash128"`.
            chunk_size: How many bytes are signed at once, at least 8,192.
            signed: False signs only the request; the body then needs a checksum and https. SigV4a needs
                False, because its chunks can't be signed.
            time: As for `sign`.

        Returns:
            A `ChunkedBody`, or for an async iterable an `AsyncChunkedBody`: iterate over it, or pass it
            to a client as the body.

        Raises:
            InvalidRequestError: An argument can't be signed. During iteration: the stream is shorter or
                longer than its length.
            CredentialsError: The credentials are missing or have expired.
        """
    @overload
    def chunked(
        self,
        method: str,
        url: str,
        headers: _Headers | None,
        stream: AsyncIterable[bytes],
        *,
        length: int,
        trailer_checksum: str | None = None,
        chunk_size: int = 65536,
        signed: bool = True,
        time: _Time | None = None,
    ) -> AsyncChunkedBody: ...
    def with_credentials(self, credentials: _Provider) -> Signer:
        """
        Return a signer with other credentials. Both share their derived keys and `clock_offset`.

        Raises:
            InvalidCredentialsError: *credentials* can't provide credentials.
            InvalidRequestError: They are a `SigningKey` of another region or service.
        """
    def event_stream(self, seed_signature: str) -> EventSigner:
        """
        Return a signer for the messages of an event stream, which follow the request that opens it.

        Args:
            seed_signature: The signature of that request: the end of its `Authorization`, or the
                `X-Amz-Signature` of its presigned URL.

        Raises:
            InvalidRequestError: It is not a SigV4 signature, or this signer was created without region
                or service.
            CredentialsError: The credentials are missing.
        """
    def __getnewargs_ex__(self) -> tuple[tuple[Any, str | None, str | None], dict[str, Any]]: ...

def content_length(headers: Any) -> int | None:
    """
    Return the value of `Content-Length`, or None if it is missing or not a number.

    Args:
        headers: The headers that a client will send.
    """

def explain_response(
    status: int | None,
    headers: list[tuple[str, str]] | None,
    body: str,
    *,
    request: tuple[str, str, Any, Any, bool] | None = None,
    signer: Signer | None = None,
    sign_request: bool = False,
    for_command: bool = False,
) -> Explanation:
    """
    Explain a response whose parts have been read.

    `status` and `headers` are None where `body` is all the text there is. `request` is a tuple of method,
    URL, headers, body (`...` where it isn't available) and whether it was redirected. A request that
    isn't signed yet is signed by `signer` where `sign_request` says so. `for_command` words advice for the
    command line.
    """

def known_causes() -> list[Cause]:
    """Return every cause that there is, in words that fit any case."""

def is_presigned(url: str) -> bool:
    """Return whether a URL is presigned, so that its request must be sent unchanged."""

def region_and_suffix(region: str | None, arn: str | None) -> tuple[str, str]:
    """
    Return the region in which to call a service for an account, and the suffix of the service's host.

    Args:
        region: The one to use; None for the one of the partition's global services.
        arn: An ARN of the account. A region of another partition is not used.

    """

def is_single_pass(body: Any) -> bool:
    """Return whether a body can be read only once, so that hashing it would use it up."""

@final
class SignedRequest:
    """
    What a client has to send instead of its own URL, headers and body.

    Its repr hides the headers, which may contain a session token.
    """
    def __new__(cls, url: str, headers: Mapping[str, str], body: Any) -> Self: ...
    @property
    def url(self) -> str:
        """
        The URL to send. For the S3 family, each `+` is replaced: with `%2B` in the path, and with `%20`
        in the query.
        """
    @property
    def headers(self) -> Mapping[str, str]:
        """They replace headers with the same names."""
    @property
    def body(self) -> Any:
        """The body, or if it is signed in chunks, what encodes it."""

def plan_body(signer: Signer, url: str, headers: Any, body: Any, unsigned: bool) -> str:
    """
    Return how a request's body is signed.

    - `"as is"`: `Signer.sign` takes the body as it is. A one-shot body is then not read.
    - `"chunked"`: the body is signed chunk by chunk while it is sent.
    - `"buffered"`: the body must be read into memory first.
    - `"unsigned"`: the caller doesn't want the body signed.
    - `"presigned"`: the URL is presigned, so the request must be sent unchanged.

    Args:
        signer: Its region and service take precedence over those of the URL.
        url: The URL as the client would send it.
        headers: The pairs that will be sent.
        body: A body that `Signer.sign` accepts, or a one-shot body.
        unsigned: Whether to leave the body unsigned.

    Raises:
        InvalidRequestError: The request can't be signed; the message names the argument.
    """

def sign_request(
    signer: Signer,
    method: str,
    url: str,
    headers: Any,
    body: Any,
    unsigned: bool,
    time: _Time | None,
) -> SignedRequest | None:
    """
    Sign a client's request, and return what to send; None if its URL is presigned.

    Its body is signed as `plan_body` says. A body that has to be buffered is an error here.

    Args:
        signer: One that has the credentials to use.
        method: As for `Signer.sign`.
        url: The URL as the client would send it.
        headers: The pairs that will be sent.
        body: The body, or its bytes if it was read into memory.
        unsigned: Whether to leave the body unsigned.
        time: As for `Signer.sign`.

    Raises:
        CredentialsError: The credentials are missing or have expired.
        InvalidRequestError: The request can't be signed; the message names the argument.
    """

def redact_canonical_request(text: str) -> str:
    """Return a canonical request without the secrets in its query and headers."""

def redact_header(name: str, value: str) -> str:
    """Return the value of a header without what is secret in it."""

def redact_text(text: str) -> str:
    """Return a message without the values whose names say that they are secret."""

def redact_url(url: str) -> str:
    """Return a URL, or the target of a request, without user information and secret parameters."""

@disjoint_base
class Verifier:
    """The native base class of `rsigv4.Verifier`, which adds async lookups."""
    def __new__(
        cls,
        lookup: _Lookup,
        *,
        region: str | None = None,
        service: str | None = None,
        max_clock_skew: int = 300,
    ) -> Self: ...
    @property
    def lookup(self) -> _Lookup:
        """The callable that returns the credentials of an access key id."""
    @property
    def region(self) -> str | None:
        """The region that is accepted, or None for all."""
    @property
    def service(self) -> str | None:
        """The service that is accepted, or None for all."""
    @property
    def max_clock_skew(self) -> int:
        """The greatest accepted difference between a request's time and the clock, in seconds."""
    def verify(
        self,
        method: str,
        url: str,
        headers: _Headers,
        body: str | Buffer | Iterable[bytes] | None = None,
        *,
        time: _Time | None = None,
    ) -> VerifiedIdentity:
        """
        Return who signed this request.

        Args:
            method: The method as it arrived.
            url: The whole URL, with the path and the query as they arrived.
            headers: The pairs as they arrived, with repeats; str is encoded as UTF-8.
            body: None, str (UTF-8), bytes, a buffer, a binary file or an iterable of bytes. It is
                read once, and its content is dropped; use `begin` to keep it.
            time: The time at which to verify: an aware datetime or seconds since the epoch; None reads
                the clock.

        Raises:
            VerificationError: The request is refused; the class says why.
            InvalidRequestError: An argument has the wrong type.
            InvalidCredentialsError: *lookup* is async, or returned something else.
        """
    def begin(
        self, method: str, url: str, headers: _Headers, *, time: _Time | None = None
    ) -> Verification:
        """
        Make the checks that don't need a key, and return a `Verification` for the others.

        This doesn't read the body or call the lookup, so a server can wait for both as it likes.

        Args:
            method: The method as received.
            url: The absolute URL, with the path and the query as received.
            headers: The pairs as received, with repeats. Text is encoded as UTF-8.
            time: The time for which to verify the signature: an aware datetime or seconds since the
                epoch; None reads the clock.

        Raises:
            VerificationError: The request is refused; the class of the error says why.
            InvalidRequestError: An argument is of the wrong type.
        """
    def begin_received(
        self,
        method: str,
        scheme: str,
        target: bytes | None,
        path: bytes,
        query: bytes,
        headers: _Headers,
    ) -> Verification:
        """
        Make the checks of `begin` for a request that a server passes on.

        Args:
            method: The method as received.
            scheme: The scheme of the URL.
            target: The request target as it was sent. None if the server doesn't provide it; the path is
                then encoded as most clients encode it.
            path: The path that the application gets, decoded.
            query: The query that the application gets, still encoded.
            headers: The pairs as received, with repeats.

        Raises:
            VerificationError: The request is refused; the class of the error says why. That includes a
                request whose path or query the application would get differently.
            InvalidRequestError: *headers* are of the wrong type.
        """

@final
class Verification:
    """A request that passed all checks that don't need the key."""
    @property
    def access_key_id(self) -> str:
        """The id of the access key to look up."""
    @property
    def needs_body_hash(self) -> bool:
        """Whether the request doesn't state the hash of its body, so that `check` needs it."""
    @property
    def declared_length(self) -> int | None:
        """The length of the decoded body that the headers declare, or None. It is not verified yet."""
    def check_credentials(self, credentials: _Provided | None) -> None:
        """
        Make the checks that don't need the body: an unknown or expired key, a wrong session token or an
        unsigned `x-amz-*` header is refused.

        Call this before you read the body for `check`, so that strangers can't make you read or store
        one. Refusing an unknown key takes as long as in `check`.

        Args:
            credentials: As for `check`.

        Raises:
            VerificationError: The request is refused; the class of the error says why.
            InvalidCredentialsError: *credentials* are not credentials, or belong to another key.
        """
    def check(self, credentials: _Provided | None, body_sha256: str | None = None) -> BodyVerifier:
        """
        Verify token, key and signature, and return a `BodyVerifier` for the body.

        Args:
            credentials: `Credentials`, or botocore's; None for an unknown key, which takes as long to
                refuse as a wrong signature.
            body_sha256: The body's SHA-256 in lowercase hexadecimal digits, if `needs_body_hash`.

        Raises:
            VerificationError: The request is refused; the class of the error says why.
            InvalidCredentialsError: *credentials* are not credentials, or belong to another key.
            InvalidRequestError: *body_sha256* is missing, or is not a hash.
        """
    def identify(
        self, credentials: _Provided | None, body: bytes | str | Iterable[bytes]
    ) -> VerifiedIdentity:
        """
        Verify the request and its body, and return the `VerifiedIdentity` of who signed it.

        Args:
            credentials: As for `check`.
            body: The whole body as bytes or str (UTF-8), or an iterable of bytes, which is read once. It
                is not read if the request is refused without it.

        Raises:
            VerificationError: The request is refused; the class of the error says why.
            InvalidCredentialsError: *credentials* are not credentials, or belong to another key.
            InvalidRequestError: *body* is of the wrong type.
        """

def encoded_path(path: bytes) -> str:
    """Return a decoded path as most clients encode it."""

def environ_headers(environ: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    """
    Return the headers of a WSGI environment, with lowercase names.

    Args:
        environ: The environment. Servers decode the values of headers as Latin-1.

    Raises:
        InvalidRequestError: The value of a header is not Latin-1.
    """

@final
class BodyVerifier:
    """Verifies the body of a request as it is read, and keeps at most one chunk of it."""
    @property
    def identity(self) -> VerifiedIdentity:
        """Who signed the request."""
    @property
    def is_streamed(self) -> bool:
        """Whether the body is aws-chunked. If so, `feed` returns the decoded chunks."""
    def feed(self, data: bytes) -> bytes:
        """
        Read the next piece of the body, and return the decoded bytes.

        The bytes of signed chunks are verified. Those of other bodies are returned at once, and are
        verified only when `finish` returns.

        Raises:
            VerificationError: A chunk is malformed or has a wrong signature. Don't feed more.
            InvalidRequestError: *data* is not bytes, or the body has already ended.
        """
    def finish(self) -> bytes:
        """
        Verify the body after its last piece, and return the rest of it as bytes.

        Raises:
            VerificationError: The body is not the signed one, or is incomplete.
        """

@final
class VerifiedIdentity:
    """Who signed a request, and which parts of it."""
    @property
    def access_key_id(self) -> str:
        """The id of the access key that signed it."""
    @property
    def algorithm(self) -> str:
        """The algorithm: `"AWS4-HMAC-SHA256"`, or `"AWS4-ECDSA-P256-SHA256"` for SigV4a."""
    @property
    def region(self) -> str:
        """The region that it is signed for, or the region set of SigV4a."""
    @property
    def service(self) -> str:
        """The service that it is signed for."""
    @property
    def signed_at(self) -> datetime:
        """The time of the signature, as an aware datetime."""
    @property
    def expires_at(self) -> datetime | None:
        """The time at which a presigned URL expires, as an aware datetime; None for other requests."""
    @property
    def signed_headers(self) -> tuple[str, ...]:
        """The lowercase names of the signed headers, sorted."""
    @property
    def payload(self) -> str:
        """How the body is signed: `"signed"`, `"streaming"` (chunk by chunk) or `"unsigned"`."""
    @property
    def string_to_sign_sha256(self) -> str:
        """
        The SHA-256 of the string to sign, in lowercase hexadecimal digits.

        To refuse replays, store it with `access_key_id`. Don't store the signature instead: anyone who
        sees a SigV4a signature can make another one for the same request.
        """

def getSignatureKey(  # noqa: N802 - the original's name
    key: str,
    dateStamp: str,  # noqa: N803 - the original's names
    regionName: str,  # noqa: N803
    serviceName: str,  # noqa: N803
) -> bytes:
    """Return the signing key of a day (`YYYYMMDD`), region and service: 32 bytes."""

def record_originals(module: dict[str, Any]) -> None:
    """Record the contents of the drop-in's module at import. Later differences are patches."""

def sign(key: bytes, msg: str) -> bytes:
    """Return the HMAC-SHA256 of a message: 32 bytes."""
