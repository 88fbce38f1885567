//! `Signer`: signs any request by its parts.

#![expect(clippy::too_many_arguments, reason = "public methods have them")]

mod call;
mod chunked;
mod options;
mod plan;
mod presign_many;
mod presigned_post;
mod signed_request;
mod streams;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use self::call::headers_to_add;
pub(super) use self::call::{Arguments, Call, method, signed_pairs};
pub(super) use self::chunked::Stream;
use self::options::Options;
pub(super) use self::options::option_names;
pub(super) use self::plan::{Plan, PlannedBody, is_presigned, plan_body, region_and_suffix};
pub(super) use self::presign_many::{PresignedArray, PresignedChunkedArray};
use self::presigned_post::Form;
pub(super) use self::presigned_post::PresignedPost;
pub(super) use self::signed_request::{SignedRequest, sign_request};
pub(super) use self::streams::{ChunkedEncoder, EventSigner};
use super::arguments::{chunk_size, expires_in, flag, length, sign_session_token, signed, text};
use super::callbacks;
use super::credentials::Provider;
use crate::sigv4::chunked::DEFAULT_CHUNK_SIZE;
use crate::sigv4::{self, SigningKeyCache, SigningTime, StringToSign};

/// How many derived keys one signer keeps: today's and yesterday's for a few rotating credentials.
const KEYS: usize = 8;

/// Signs requests for one region and service.
///
/// A signer may be shared between threads, tasks and requests. A pickled signer contains its credentials.
///
/// Args:
///     credentials: `Credentials`, an object with `get_frozen_credentials()` such as botocore's,
///         or a callable that returns either. Read for each signature, or once a second for botocore
///         credentials that refresh themselves. A `SigningKey` signs for its region and service only;
///         pass both beside a callable that returns one.
///         None calls `resolve_credentials` once.
///     region: For example `"eu-central-1"`; for SigV4a a region set, such as `"us-east-1,eu-*"` or
///         `"*"`. None reads it from the `Host` header if that is an AWS host, or else from the URL's
///         host.
///     service: The service's signing name, such as `"execute-api"`. None reads it from the same host.
///     default_region: The region for hosts that don't contain one. None reads `AWS_REGION`,
///         `AWS_DEFAULT_REGION`, then the profile that `AWS_PROFILE` names (or `default`), when the
///         signer is created. SigV4a doesn't use it.
///     algorithm: `"AWS4-ECDSA-P256-SHA256"` for SigV4a.
///     double_encode_path: Encode the path as sent again. None: for all services except the S3 family.
///     normalize_path: Resolve `.`, `..` and `//` in the signed path. None: for all services except the
///         S3 family.
///     content_sha256_header: Send and sign `x-amz-content-sha256`. None: as the service requires.
///     sign_session_token: False adds the session token's header without signing it.
///     also_sign: Names of more headers to sign. `"*"` selects all headers except those that clients
///         and proxies rewrite: hop-by-hop headers, `Expect`, `User-Agent`, `Sec-WebSocket-*`, and
///         tracing headers. Those are signed only if you pass their names. `"x-a-*"` is a prefix.
///     sign_only: Names or prefixes as for *also_sign*, of which headers of the request are signed and
///         no others; `Host` and all headers that signing adds always are. None: those that proxies
///         don't rewrite. It has to select every `x-amz-*` header of the request.
///
/// Raises:
///     InvalidCredentialsError: *credentials* can't provide credentials.
///     InvalidRequestError: *region*, *service*, *also_sign* or *sign_only* is not valid.
#[pyclass(frozen, module = "rsigv4._core")]
pub(super) struct Signer {
    provider: Provider,
    options: Options,
    keys: Arc<SigningKeyCache>,
    /// Seconds to add to this machine's clock.
    clock_offset: Arc<AtomicI64>,
}

#[pymethods]
impl Signer {
    #[new]
    #[pyo3(signature = (
        credentials=None, region=None, service=None, *, default_region=None, algorithm=None,
        double_encode_path=None, normalize_path=None, content_sha256_header=None,
        sign_session_token=true, also_sign=None, sign_only=None,
    ))]
    #[pyo3(text_signature = "(credentials=None, region=None, service=None, *, \
        default_region=None, algorithm='AWS4-HMAC-SHA256', double_encode_path=None, normalize_path=None, \
        content_sha256_header=None, sign_session_token=True, also_sign=(), sign_only=None)")]
    fn new(
        py: Python<'_>,
        credentials: Option<Bound<'_, PyAny>>,
        region: Option<&Bound<'_, PyAny>>,
        service: Option<&Bound<'_, PyAny>>,
        default_region: Option<&Bound<'_, PyAny>>,
        algorithm: Option<&Bound<'_, PyAny>>,
        double_encode_path: Option<&Bound<'_, PyAny>>,
        normalize_path: Option<&Bound<'_, PyAny>>,
        content_sha256_header: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = sign_session_token)] sign_session_token: bool,
        also_sign: Option<&Bound<'_, PyAny>>,
        sign_only: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let credentials = match credentials {
            Some(credentials) => credentials,
            None => callbacks::RESOLVE_CREDENTIALS.current(py)?.call0()?,
        };
        let provider = Provider::new(credentials)?;
        let options = Options::parse(region, service, algorithm, also_sign, sign_only)?;
        let options = options.within(provider.scoped_key(py))?;
        let flag =
            |argument, value: Option<_>| value.map(|value| flag(argument, value)).transpose();
        let default_region = options.default_region(py, default_region)?;
        Ok(Self {
            provider,
            options: Options {
                default_region,
                double_encode_path: flag("double_encode_path", double_encode_path)?,
                normalize_path: flag("normalize_path", normalize_path)?,
                content_sha256_header: flag("content_sha256_header", content_sha256_header)?,
                sign_session_token,
                ..options
            },
            keys: Arc::new(SigningKeyCache::new(KEYS)),
            clock_offset: Arc::default(),
        })
    }

    /// Return the headers that sign this request.
    ///
    /// The request itself is not changed. Replace headers of the same names.
    ///
    /// Args:
    ///     method: Such as `"GET"`. It is signed in uppercase, so send it in uppercase.
    ///     url: The whole URL, as sent: percent-encoded, except spaces and non-ASCII characters. Write
    ///         `%23` for a `#`: a raw one is refused. To S3, send `%2B` for a plus in the path: S3 reads
    ///         a raw one as a space.
    ///     headers: A mapping or an iterable of pairs; a `Host` here is signed instead of the URL's.
    ///     body: None, str (sent as UTF-8), bytes, a buffer, a seekable binary file (hashed from its
    ///         current offset, to which it then returns), a `PayloadHash` or `UNSIGNED_PAYLOAD`.
    ///     time: An aware datetime or seconds since the epoch; None reads the clock.
    ///
    /// Returns:
    ///     A dict with `Authorization`, `X-Amz-Date`, and if needed `X-Amz-Content-Sha256` and
    ///     `X-Amz-Security-Token`.
    ///
    /// Raises:
    ///     InvalidRequestError: An argument can't be signed; the message names it.
    ///     CredentialsError: The credentials are missing or have expired.
    #[pyo3(signature = (method, url, headers=None, body=None, *, time=None))]
    fn sign<'py>(
        &self,
        method: &Bound<'py, PyAny>,
        url: &Bound<'py, PyAny>,
        headers: Option<&Bound<'py, PyAny>>,
        body: Option<&Bound<'py, PyAny>>,
        time: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let py = method.py();
        let arguments = Arguments::of_sign(method, url, headers, body, time)?;
        self.call(py, &arguments, &[], |call| headers_to_add(py, &self.sign_call(&call)?))
    }

    /// Return the canonical request that `sign` hashes, to compare it with the server's.
    ///
    /// Takes the arguments of `sign`. The result contains the session token if it is signed.
    #[pyo3(signature = (method, url, headers=None, body=None, *, time=None))]
    fn canonical_request(
        &self,
        py: Python<'_>,
        method: &Bound<'_, PyAny>,
        url: &Bound<'_, PyAny>,
        headers: Option<&Bound<'_, PyAny>>,
        body: Option<&Bound<'_, PyAny>>,
        time: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        let arguments = Arguments::of_sign(method, url, headers, body, time)?;
        self.call(py, &arguments, &[], |call| {
            Ok(String::from_utf8_lossy(&call.canonical_request()?.to_bytes()).into_owned())
        })
    }

    /// Return the string to sign that `sign` signs, to compare it with the server's.
    ///
    /// Takes the arguments of `sign`.
    #[pyo3(signature = (method, url, headers=None, body=None, *, time=None))]
    fn string_to_sign(
        &self,
        py: Python<'_>,
        method: &Bound<'_, PyAny>,
        url: &Bound<'_, PyAny>,
        headers: Option<&Bound<'_, PyAny>>,
        body: Option<&Bound<'_, PyAny>>,
        time: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        let arguments = Arguments::of_sign(method, url, headers, body, time)?;
        self.call(py, &arguments, &[], |call| {
            Ok(StringToSign::new(call.scope, &call.canonical_request()?).to_text())
        })
    }

    /// Return a presigned URL, which has the signature in its query. Anyone can use it until it expires.
    ///
    /// The URL's own query is kept. For the S3 family the body is not signed, unless one is passed:
    /// then it must be sent with its hash as `x-amz-content-sha256`.
    ///
    /// Args:
    ///     method: The only method that the URL is valid for.
    ///     url: As for `sign`.
    ///     expires_in: How long the URL is valid, from 1 to 604,800 seconds (seven days); less if the
    ///         credentials are known to expire earlier.
    ///     headers: Headers that the request must be sent with, with the same values. All of them are
    ///         signed, whatever `also_sign` says. `sign_only` has to select all of them.
    ///     body: As for `sign`. Don't pass the body of an upload to S3: its hash would have to be sent as
    ///         `x-amz-content-sha256`, which S3 and servers like it refuse with a presigned URL. Sign
    ///         `Content-MD5` or `x-amz-checksum-sha256` in *headers* instead.
    ///     time: When its validity begins, as for `sign`.
    ///
    /// Raises:
    ///     InvalidRequestError: An argument can't be signed; the message names it. `Authorization` and
    ///         headers that clients and proxies rewrite, such as `User-Agent`, can't be signed.
    ///     CredentialsError: The credentials are missing or have expired.
    #[pyo3(signature = (method, url, *, expires_in=3600, headers=None, body=None, time=None))]
    fn presign(
        &self,
        py: Python<'_>,
        method: &Bound<'_, PyAny>,
        url: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = expires_in)] expires_in: u32,
        headers: Option<&Bound<'_, PyAny>>,
        body: Option<&Bound<'_, PyAny>>,
        time: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        let arguments = Arguments::of_sign(method, url, headers, body, time)?;
        let arguments = Arguments { is_presigned: true, ..arguments };
        self.call(py, &arguments, &[], |call| {
            let Call { request, credentials, scope, settings } = call;
            Ok(sigv4::presign(request, credentials, scope, settings, expires_in, &self.keys)?)
        })
    }

    /// Return presigned URLs for many URLs, in the same order.
    ///
    /// All cores share the work, without the GIL. Apart from the input and the result, memory does not
    /// grow with the number of URLs.
    ///
    /// Args:
    ///     method: As for `presign`, for all of them.
    ///     urls: A list or any iterable of URLs; or a column of them as Arrow data, of type `string`,
    ///         `large_string` or `string_view`, such as a pyarrow array, a polars series, or
    ///         a DuckDB query with one column.
    ///     expires_in: As for `presign`, for all of them.
    ///     headers: As for `presign`: each of the requests must be sent with all of them.
    ///     time: As for `presign`, for all of them.
    ///
    /// Returns:
    ///     A list of str. For Arrow data, Arrow data of type `large_string` with the same nulls: pass it
    ///     to `pyarrow.chunked_array` or `polars.Series`, or, if *urls* was one array, to
    ///     `pyarrow.array`.
    ///
    /// Raises:
    ///     InvalidRequestError: An argument or one of the URLs can't be signed; the message has the
    ///         index of the first such URL, and no URL is returned.
    ///     CredentialsError: The credentials are missing or have expired.
    #[pyo3(signature = (method, urls, *, expires_in=3600, headers=None, time=None))]
    fn presign_many<'py>(
        &self,
        py: Python<'py>,
        method: &Bound<'py, PyAny>,
        urls: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = expires_in)] expires_in: u32,
        headers: Option<&Bound<'py, PyAny>>,
        time: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.presign_all(py, &call::method(method)?, urls, expires_in, headers, time)
    }

    /// Return a form with which a browser uploads a file to S3.
    ///
    /// The policy is signed, the file is not: any file that meets the conditions is accepted.
    ///
    /// Args:
    ///     url: The URL of the bucket, such as `"https://BUCKET.s3.eu-central-1.amazonaws.com/"`. If it
    ///         doesn't contain the bucket, a condition must: `{"bucket": "BUCKET"}`.
    ///     key: The object's key; `"folder/${filename}"` leaves the name to the user who uploads.
    ///     conditions: More conditions of the policy, such as `["content-length-range", 1, 1048576]`
    ///         or `["starts-with", "$Content-Type", "image/"]`.
    ///     fields: More fields of the form, such as `{"acl": "private"}`; each is a condition too.
    ///     expires_in: How long the form is valid, from 1 to 604,800 seconds; less if the credentials
    ///         are known to expire earlier.
    ///     time: When its validity begins, as for `sign`.
    ///
    /// Raises:
    ///     InvalidRequestError: An argument can't be signed; the message names it.
    ///     CredentialsError: The credentials are missing or have expired.
    #[pyo3(signature = (url, *, key, conditions=None, fields=None, expires_in=3600, time=None))]
    #[pyo3(
        text_signature = "($self, url, *, key, conditions=(), fields=None, expires_in=3600, time=None)"
    )]
    fn presign_post(
        &self,
        py: Python<'_>,
        url: &Bound<'_, PyAny>,
        key: &Bound<'_, PyAny>,
        conditions: Option<&Bound<'_, PyAny>>,
        fields: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = expires_in)] expires_in: u32,
        time: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PresignedPost> {
        let method = "POST".into_pyobject(py)?.into_any();
        let arguments = Arguments::of_sign(&method, url, None, None, time)?;
        let arguments = Arguments { is_presigned: true, ..arguments };
        let form = Form { url, key, conditions, fields, expires_in };
        self.call(py, &arguments, &[], |call| form.sign(py, self, &call))
    }

    /// Return a body for S3 that is signed chunk by chunk while it is sent, and the headers to send.
    ///
    /// At most one chunk is in memory at once, and the length on the wire is known beforehand.
    ///
    /// Args:
    ///     method: As for `sign`.
    ///     url: As for `sign`.
    ///     headers: As for `sign`; replace them with those of the result.
    ///     stream: A binary file, an iterable of bytes, or an async iterable of bytes.
    ///     length: The length of the stream in bytes.
    ///     trailer_checksum: A checksum to send after the body: `"crc32"`, `"crc32c"`, `"crc64nvme"`,
    ///         `"md5"`, `"sha1"`, `"sha256"`, `"sha512"`, `"xxhash64"`, `"xxhash3"` or `"xxhash128"`.
    ///     chunk_size: How many bytes are signed at once, at least 8,192.
    ///     signed: False signs only the request; the body then needs a checksum and https. SigV4a needs
    ///         False, because its chunks can't be signed.
    ///     time: As for `sign`.
    ///
    /// Returns:
    ///     A `ChunkedBody`, or for an async iterable an `AsyncChunkedBody`: iterate over it, or pass it
    ///     to a client as the body.
    ///
    /// Raises:
    ///     InvalidRequestError: An argument can't be signed. During iteration: the stream is shorter or
    ///         longer than its length.
    ///     CredentialsError: The credentials are missing or have expired.
    #[pyo3(signature = (
        method, url, headers, stream, *, length, trailer_checksum=None,
        chunk_size=DEFAULT_CHUNK_SIZE, signed=true, time=None,
    ))]
    #[pyo3(text_signature = "($self, method, url, headers, stream, *, length, \
        trailer_checksum=None, chunk_size=65536, signed=True, time=None)")]
    fn chunked<'py>(
        &self,
        method: &Bound<'py, PyAny>,
        url: &Bound<'py, PyAny>,
        headers: Option<&Bound<'py, PyAny>>,
        stream: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = length)] length: u64,
        trailer_checksum: Option<&Bound<'py, PyAny>>,
        #[pyo3(from_py_with = chunk_size)] chunk_size: usize,
        #[pyo3(from_py_with = signed)] signed: bool,
        time: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let stream = Stream { source: stream, length, trailer_checksum, chunk_size, signed };
        stream.sign(self, Arguments::of_sign(method, url, headers, None, time)?)
    }

    /// Return a signer for the messages of an event stream, which follow the request that opens it.
    ///
    /// Args:
    ///     seed_signature: The signature of that request: the end of its `Authorization`, or the
    ///         `X-Amz-Signature` of its presigned URL.
    ///
    /// Raises:
    ///     InvalidRequestError: It is not a SigV4 signature, or this signer was created without region
    ///         or service.
    ///     CredentialsError: The credentials are missing.
    fn event_stream(
        slf: &Bound<'_, Self>,
        seed_signature: &Bound<'_, PyAny>,
    ) -> PyResult<EventSigner> {
        slf.get().scope(SigningTime::from_timestamp(0)?)?;
        EventSigner::new(slf, text("seed_signature", seed_signature)?)
    }

    /// Return a signer with other credentials. Both share their derived keys and `clock_offset`.
    ///
    /// Raises:
    ///     InvalidCredentialsError: *credentials* can't provide credentials.
    ///     InvalidRequestError: They are a `SigningKey` of another region or service.
    fn with_credentials(&self, credentials: Bound<'_, PyAny>) -> PyResult<Self> {
        let py = credentials.py();
        let provider = Provider::new(credentials)?;
        let options = self.options.clone().within(provider.scoped_key(py))?;
        Ok(Self {
            provider,
            options,
            keys: Arc::clone(&self.keys),
            clock_offset: Arc::clone(&self.clock_offset),
        })
    }

    /// The credentials or the provider that this signer uses.
    #[getter]
    fn credentials(&self, py: Python<'_>) -> Py<PyAny> {
        self.provider.object(py).unbind()
    }

    /// Seconds to add to this machine's clock if no `time` is passed; 0 unless you set it.
    ///
    /// Set it if this machine's clock is known to be wrong. Clients learn the offsets of their servers
    /// themselves, and never change it.
    #[getter]
    fn clock_offset(&self) -> i64 {
        self.clock_offset.load(Ordering::Relaxed)
    }

    #[setter]
    fn set_clock_offset(&self, seconds: i64) {
        self.clock_offset.store(seconds, Ordering::Relaxed);
    }

    /// The region that was passed to this signer or is that of its `SigningKey`, or None.
    #[getter]
    fn region(&self) -> Option<&str> {
        self.options.region.as_deref()
    }

    /// The service that was passed to this signer or is that of its `SigningKey`, or None.
    #[getter]
    fn service(&self) -> Option<&str> {
        self.options.service.as_deref()
    }

    fn __repr__(&self) -> String {
        let quoted = |part: &Option<String>| {
            part.as_ref().map_or_else(|| "None".to_owned(), |part| format!("'{part}'"))
        };
        let Options { region, service, .. } = &self.options;
        format!("Signer(region={}, service={})", quoted(region), quoted(service))
    }

    fn __getnewargs_ex__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        let Options { region, service, .. } = &self.options;
        let positional = (self.provider.object(py), region, service);
        Ok((positional.into_pyobject(py)?, self.options.to_keywords(py)?))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.provider.traverse(&visit)
    }

    fn __clear__(&self) {
        self.provider.clear();
    }
}

impl Signer {
    /// The provider of the credentials.
    pub(super) fn provider(&self) -> &Provider {
        &self.provider
    }
}
