from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
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

_Provided: TypeAlias = Credentials | _FrozenCredentials | _RefreshableCredentials
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

CALLBACKS: Final[tuple[tuple[str, str], ...]]
CLOCK_ERRORS: Final[frozenset[str]]
DEBUG_BUILD: Final[bool]
MAX_BUFFERED_BODY: Final[int]
SIGNATURE_HEADERS: Final[frozenset[str]]
SIGNER_OPTIONS: Final[frozenset[str]]
UNSIGNED_PAYLOAD: Final[PayloadHash]

class AWSRequestsAuthBase:
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
    ) -> dict[str, str]: ...
    @classmethod
    def get_canonical_path(cls, r: Any) -> str: ...
    @classmethod
    def get_canonical_querystring(cls, r: Any) -> str: ...

@disjoint_base
class Credentials:
    def __new__(
        cls,
        access_key_id: str,
        secret_access_key: str,
        session_token: str | None = None,
        *,
        expires_at: _Time | None = None,
    ) -> Self: ...
    @property
    def access_key_id(self) -> str: ...
    @property
    def secret_access_key(self) -> str: ...
    @property
    def session_token(self) -> str | None: ...
    @property
    def expires_at(self) -> datetime | None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs_ex__(self) -> tuple[tuple[str, str, str | None], dict[str, Any]]: ...

@final
class Cause:
    @property
    def code(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def advice(self) -> str: ...
    @property
    def certain(self) -> bool: ...
    @property
    def proof(self) -> str: ...

@final
class ChunkedEncoder:
    def encode(self, chunk: bytes) -> bytes: ...
    def finish(self) -> bytes: ...

@final
class EventSigner:
    def sign(self, message: Buffer, *, time: _Time | None = None) -> bytes: ...
    @staticmethod
    def encode(headers: dict[str, str | bytes], payload: Buffer) -> bytes: ...

@final
class Explanation:
    @property
    def causes(self) -> list[Cause]: ...
    @property
    def cause(self) -> Cause: ...
    @property
    def status(self) -> int | None: ...
    @property
    def error_code(self) -> str | None: ...
    @property
    def message(self) -> str | None: ...
    @property
    def canonical_request_diff(self) -> list[LinePair]: ...
    @property
    def string_to_sign_diff(self) -> list[LinePair]: ...

@final
class LinePair:
    @property
    def part(self) -> str: ...
    @property
    def ours(self) -> str | None: ...
    @property
    def theirs(self) -> str | None: ...
    @property
    def column(self) -> int | None: ...

@final
class PresignedArray:
    def __len__(self) -> int: ...
    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]: ...

@final
class PresignedChunkedArray:
    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...

@final
class PresignedPost:
    @property
    def url(self) -> str: ...
    @property
    def fields(self) -> dict[str, str]: ...

@final
class PayloadHash:
    def __new__(cls, value: str) -> PayloadHash: ...
    @property
    def value(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[str]: ...

@final
class ResponseHook:
    def __new__(cls, auth: Any = None) -> Self: ...
    def __call__(self, response: Any, **kwargs: Any) -> Any: ...
    def __reduce__(self) -> tuple[type[ResponseHook], tuple[()]]: ...

@disjoint_base
class RequestsAuthBase:
    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self: ...
    def __call__(self, r: Any) -> Any: ...
    def _sign_by(self, r: Any, signer: Signer) -> bool: ...

@final
class Signer:
    def __new__(
        cls,
        credentials: _Provider | None = None,
        region: str | None = None,
        service: str | None = None,
        *,
        algorithm: str = "AWS4-HMAC-SHA256",
        double_encode_path: bool | None = None,
        normalize_path: bool | None = None,
        content_sha256_header: bool | None = None,
        sign_session_token: bool = True,
        also_sign: Iterable[str] = (),
    ) -> Signer: ...
    clock_offset: int
    @property
    def credentials(self) -> Any: ...
    @property
    def region(self) -> str | None: ...
    @property
    def service(self) -> str | None: ...
    def sign(
        self,
        method: str,
        url: str,
        headers: _Headers | None = None,
        body: _Body | None = None,
        *,
        time: _Time | None = None,
    ) -> dict[str, str]: ...
    def canonical_request(
        self,
        method: str,
        url: str,
        headers: _Headers | None = None,
        body: _Body | None = None,
        *,
        time: _Time | None = None,
    ) -> str: ...
    def string_to_sign(
        self,
        method: str,
        url: str,
        headers: _Headers | None = None,
        body: _Body | None = None,
        *,
        time: _Time | None = None,
    ) -> str: ...
    def presign(
        self,
        method: str,
        url: str,
        *,
        expires_in: int = 3600,
        headers: _Headers | None = None,
        body: _Body | None = None,
        time: _Time | None = None,
    ) -> str: ...
    @overload
    def presign_many(
        self,
        method: str,
        urls: _ArrowArray,
        *,
        expires_in: int = 3600,
        headers: _Headers | None = None,
        time: _Time | None = None,
    ) -> PresignedArray: ...
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
    ) -> PresignedPost: ...
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
    ) -> ChunkedBody: ...
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
    def with_credentials(self, credentials: _Provider) -> Signer: ...
    def event_stream(self, seed_signature: str) -> EventSigner: ...
    def __getnewargs_ex__(self) -> tuple[tuple[Any, str | None, str | None], dict[str, Any]]: ...

def content_length(headers: Any) -> int | None: ...
def explain_answer(
    status: int | None,
    headers: list[tuple[str, str]] | None,
    body: str,
    *,
    request: tuple[str, str, Any, Any, bool] | None = None,
    signer: Signer | None = None,
    sign_request: bool = False,
    for_command: bool = False,
) -> Explanation: ...
def known_causes() -> list[Cause]: ...
def is_presigned(url: str) -> bool: ...
def is_single_pass(body: Any) -> bool: ...
def plan_request(
    signer: Signer, url: str, headers: Any, body: Any, unsigned: bool
) -> tuple[str, str, int | None]: ...
def redact_canonical_request(text: str) -> str: ...
def redact_header(name: str, value: str) -> str: ...
def redact_text(text: str) -> str: ...
def redact_url(url: str) -> str: ...

@disjoint_base
class Verifier:
    def __new__(
        cls,
        lookup: _Lookup,
        *,
        region: str | None = None,
        service: str | None = None,
        max_clock_skew: int = 300,
    ) -> Self: ...
    @property
    def lookup(self) -> _Lookup: ...
    @property
    def region(self) -> str | None: ...
    @property
    def service(self) -> str | None: ...
    @property
    def max_clock_skew(self) -> int: ...
    def begin(
        self, method: str, url: str, headers: _Headers, *, time: _Time | None = None
    ) -> Verification: ...

@final
class Verification:
    @property
    def access_key_id(self) -> str: ...
    @property
    def needs_body_hash(self) -> bool: ...
    @property
    def normalizes_path(self) -> bool: ...
    def check_credentials(self, credentials: _Provided | None) -> None: ...
    def check(
        self, credentials: _Provided | None, body_sha256: str | None = None
    ) -> BodyVerifier: ...
    def identify(
        self, credentials: _Provided | None, body: bytes | str | Iterable[bytes]
    ) -> VerifiedIdentity: ...

@final
class BodyVerifier:
    @property
    def identity(self) -> VerifiedIdentity: ...
    @property
    def is_streamed(self) -> bool: ...
    def feed(self, data: bytes) -> bytes: ...
    def finish(self) -> bytes: ...

@final
class VerifiedIdentity:
    @property
    def access_key_id(self) -> str: ...
    @property
    def algorithm(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def service(self) -> str: ...
    @property
    def signed_at(self) -> datetime: ...
    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def signed_headers(self) -> tuple[str, ...]: ...
    @property
    def payload(self) -> str: ...
    @property
    def string_to_sign_sha256(self) -> str: ...

def getSignatureKey(  # noqa: N802 - the original's name
    key: str,
    dateStamp: str,  # noqa: N803 - the original's names
    regionName: str,  # noqa: N803
    serviceName: str,  # noqa: N803
) -> bytes: ...
def record_originals(module: dict[str, Any]) -> None: ...
def sign(key: bytes, msg: str) -> bytes: ...
