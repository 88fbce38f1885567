//! `Signer`: signs any request by its parts.

#![expect(clippy::too_many_arguments, reason = "they are those of the public methods")]

mod call;
mod chunked;
mod presign_many;
mod presigned_post;
mod streams;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use self::call::headers_to_add;
pub(super) use self::call::{Arguments, Call, method, signed_pairs};
pub(super) use self::presign_many::{PresignedArray, PresignedChunkedArray};
pub(super) use self::presigned_post::PresignedPost;
pub(super) use self::streams::{ChunkedEncoder, EventSigner};
use super::arguments::{expires_in, text};
use super::credentials::Provider;
use super::headers::{HeaderArguments, header_names};
use crate::sigv4::scope::{check_region, check_service};
use crate::sigv4::{self, Algorithm, CanonicalRequest, SigningKeyCache, StringToSign, Url};

/// How many derived keys one signer keeps: today's and yesterday's for a few rotating credentials.
const KEYS: usize = 8;

/// Signs requests for one region and service.
///
/// A signer may be shared between threads, tasks and requests. Pickling one carries its credentials.
///
/// Args:
///     credentials: `Credentials`, an object with `get_frozen_credentials()` such as botocore's,
///         or a callable that returns either; asked once for each signature, and those of botocore
///         that refresh themselves once a second. None: what
///         `resolve_credentials` finds, once.
///     region: Such as `"eu-central-1"`; for SigV4a a set, such as `"us-east-1,eu-*"` or `"*"`. None
///         reads it from the URL's host.
///     service: The service's signing name, such as `"execute-api"`. None reads it from the URL's host.
///     algorithm: `"AWS4-ECDSA-P256-SHA256"` for SigV4a.
///     double_encode_path: Encode the path as sent once more. None: all services but the S3 family.
///     normalize_path: Resolve `.`, `..` and `//` in what is signed. None: all but the S3 family.
///     content_sha256_header: Send and sign `x-amz-content-sha256`. None: as the service wants it.
///     sign_session_token: False adds the session token's header without signing it.
///     also_sign: More header names to sign; `"*"` is every header but the hop-by-hop ones.
///
/// Raises:
///     InvalidCredentialsError: *credentials* can't provide any.
///     InvalidRequestError: *region*, *service* or *also_sign* can't be what it should be.
#[pyclass(frozen, module = "rsigv4._core")]
pub(super) struct Signer {
    provider: Provider,
    algorithm: Algorithm,
    region: Option<String>,
    service: Option<String>,
    double_encode_path: Option<bool>,
    normalize_path: Option<bool>,
    content_sha256_header: Option<bool>,
    sign_session_token: bool,
    also_sign: Vec<String>,
    keys: Arc<SigningKeyCache>,
    /// Seconds by which the server's clock is ahead of ours.
    clock_offset: Arc<AtomicI64>,
}

#[pymethods]
impl Signer {
    #[new]
    #[pyo3(signature = (
        credentials=None, region=None, service=None, *, algorithm=None, double_encode_path=None,
        normalize_path=None, content_sha256_header=None, sign_session_token=true, also_sign=None,
    ))]
    #[pyo3(text_signature = "(credentials=None, region=None, service=None, *, \
        algorithm='AWS4-HMAC-SHA256', double_encode_path=None, normalize_path=None, \
        content_sha256_header=None, sign_session_token=True, also_sign=())")]
    fn new(
        py: Python<'_>,
        credentials: Option<Bound<'_, PyAny>>,
        region: Option<&Bound<'_, PyAny>>,
        service: Option<&Bound<'_, PyAny>>,
        algorithm: Option<&Bound<'_, PyAny>>,
        double_encode_path: Option<bool>,
        normalize_path: Option<bool>,
        content_sha256_header: Option<bool>,
        sign_session_token: bool,
        also_sign: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let credentials = match credentials {
            Some(credentials) => credentials,
            None => py.import("rsigv4.credentials")?.call_method0("resolve_credentials")?,
        };
        let algorithm = match algorithm {
            Some(name) => Algorithm::parse(text("algorithm", name)?)?,
            None => Algorithm::HmacSha256,
        };
        let region = region.map(|region| text("region", region)).transpose()?;
        let service = service.map(|service| text("service", service)).transpose()?;
        region.map(|region| check_region(algorithm, region)).transpose()?;
        service.map(check_service).transpose()?;
        Ok(Self {
            provider: Provider::new(credentials)?,
            algorithm,
            region: region.map(str::to_owned),
            service: service.map(str::to_owned),
            double_encode_path,
            normalize_path,
            content_sha256_header,
            sign_session_token,
            also_sign: also_sign
                .map(|names| header_names("also_sign", names))
                .transpose()?
                .unwrap_or_default(),
            keys: Arc::new(SigningKeyCache::new(KEYS)),
            clock_offset: Arc::default(),
        })
    }

    /// Return the headers that sign this request.
    ///
    /// The request itself is not changed. Headers of the same names are to be replaced.
    ///
    /// Args:
    ///     method: Such as `"GET"`; signed in uppercase.
    ///     url: All of it, as sent: percent-encoded, but for spaces and characters beyond ASCII.
    ///     headers: A mapping or an iterable of pairs; a `Host` here is signed instead of the URL's.
    ///     body: None, str (sent as UTF-8), bytes, a buffer, a seekable binary file (hashed from its
    ///         present offset and put back), a `PayloadHash` or `UNSIGNED_PAYLOAD`.
    ///     time: An aware datetime or seconds since the epoch; None reads the clock.
    ///
    /// Returns:
    ///     `Authorization`, `X-Amz-Date`, and where they apply `X-Amz-Content-Sha256` and
    ///     `X-Amz-Security-Token`.
    ///
    /// Raises:
    ///     InvalidRequestError: An argument can't be signed; the message names it.
    ///     CredentialsError: There are no credentials, or they have expired.
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
        let headers = HeaderArguments::extract(headers)?;
        let arguments = Arguments { method, url, headers, body, time };
        self.call(py, &arguments, &[], |call| headers_to_add(py, &self.sign_call(&call)?))
    }

    /// Return the canonical request that `sign` hashes, to hold against what a server expected.
    ///
    /// Takes the arguments of `sign`. It shows the session token if that is signed.
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
        let headers = HeaderArguments::extract(headers)?;
        let arguments = Arguments { method, url, headers, body, time };
        self.call(py, &arguments, &[], |call| {
            let Call { request, credentials, scope, settings } = call;
            let canonical_request =
                CanonicalRequest::with_headers(request, credentials, scope, settings)?;
            Ok(String::from_utf8_lossy(&canonical_request.to_bytes()).into_owned())
        })
    }

    /// Return the string to sign that `sign` signs, to hold against what a server expected.
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
        let headers = HeaderArguments::extract(headers)?;
        let arguments = Arguments { method, url, headers, body, time };
        self.call(py, &arguments, &[], |call| {
            let Call { request, credentials, scope, settings } = call;
            let canonical_request =
                CanonicalRequest::with_headers(request, credentials, scope, settings)?;
            Ok(StringToSign::new(scope, &canonical_request).to_text())
        })
    }

    /// Return a URL that carries the signature in its query, for anyone to use for a while.
    ///
    /// The URL's own query is kept. For the S3 family the body is not signed, unless one is passed:
    /// then it must be sent with its hash as `x-amz-content-sha256`.
    ///
    /// Args:
    ///     method: The one method that the URL will be good for.
    ///     url: As for `sign`.
    ///     expires_in: How long it will be good, from 1 to 604,800 seconds (seven days); less where the
    ///         credentials are known to end sooner.
    ///     headers: Those that are signed must be sent with the request, as they are here.
    ///     body: As for `sign`.
    ///     time: When that time begins, as for `sign`.
    ///
    /// Raises:
    ///     InvalidRequestError: An argument can't be signed; the message names it.
    ///     CredentialsError: There are no credentials, or they have expired.
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
        let headers = HeaderArguments::extract(headers)?;
        let arguments = Arguments { method, url, headers, body, time };
        self.call(py, &arguments, &[], |call| {
            let Call { request, credentials, scope, settings } = call;
            Ok(sigv4::presign(request, credentials, scope, settings, expires_in, &self.keys)?)
        })
    }

    /// Return a signer that differs only in its credentials; both share the keys they derive and
    /// what they know of the clock.
    ///
    /// Raises:
    ///     InvalidCredentialsError: *credentials* can't provide any.
    fn with_credentials(&self, credentials: Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self {
            provider: Provider::new(credentials)?,
            algorithm: self.algorithm,
            region: self.region.clone(),
            service: self.service.clone(),
            double_encode_path: self.double_encode_path,
            normalize_path: self.normalize_path,
            content_sha256_header: self.content_sha256_header,
            sign_session_token: self.sign_session_token,
            also_sign: self.also_sign.clone(),
            keys: Arc::clone(&self.keys),
            clock_offset: Arc::clone(&self.clock_offset),
        })
    }

    /// Return the URL as it should be sent.
    ///
    /// For the S3 family a `+` in its query becomes `%20`, as some of what reads it takes a plus for a
    /// space and some for itself. For other services it stays as it is.
    ///
    /// Raises:
    ///     InvalidRequestError: *url* can't be signed.
    pub(super) fn wire_url<'py>(&self, url: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let sent = self.rules(&Url::parse(text("url", url)?)?)?.wire_url(text("url", url)?);
        Ok(match sent {
            Cow::Borrowed(_) => url.clone(),
            Cow::Owned(sent) => PyString::new(url.py(), &sent).into_any(),
        })
    }

    /// Return whether the service at this URL takes bodies in chunks, as `chunked` makes them.
    ///
    /// Raises:
    ///     InvalidRequestError: *url* can't be signed.
    fn takes_chunks(&self, url: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.rules(&Url::parse(text("url", url)?)?)?.is_s3)
    }

    /// The provider that this signer asks for its credentials.
    #[getter]
    fn credentials(&self, py: Python<'_>) -> Py<PyAny> {
        self.provider.object(py).unbind()
    }

    /// Seconds by which the servers' clock is ahead of this machine's, as far as it is known: 0 at first.
    ///
    /// Signatures that are given no time of their own are made at the servers' time.
    #[getter]
    fn clock_offset(&self) -> i64 {
        self.clock_offset.load(Ordering::Relaxed)
    }

    #[setter]
    fn set_clock_offset(&self, seconds: i64) {
        self.clock_offset.store(seconds, Ordering::Relaxed);
    }

    /// The region that this signer was given.
    #[getter]
    fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The service that this signer was given.
    #[getter]
    fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    fn __repr__(&self) -> String {
        let quoted = |part: &Option<String>| {
            part.as_ref().map_or_else(|| "None".to_owned(), |part| format!("'{part}'"))
        };
        format!("Signer(region={}, service={})", quoted(&self.region), quoted(&self.service))
    }

    fn __getnewargs_ex__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        let keywords = PyDict::new(py);
        keywords.set_item("algorithm", self.algorithm.name())?;
        keywords.set_item("double_encode_path", self.double_encode_path)?;
        keywords.set_item("normalize_path", self.normalize_path)?;
        keywords.set_item("content_sha256_header", self.content_sha256_header)?;
        keywords.set_item("sign_session_token", self.sign_session_token)?;
        keywords.set_item("also_sign", PyTuple::new(py, &self.also_sign)?)?;
        let positional = (self.provider.object(py), &self.region, &self.service);
        Ok((positional.into_pyobject(py)?, keywords))
    }
}

impl Signer {
    /// What gives the credentials.
    pub(super) fn provider(&self) -> &Provider {
        &self.provider
    }
}
