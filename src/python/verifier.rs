//! `Verifier`: verifies requests by their parts, without any input or output of its own.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};

use super::arguments::{max_clock_skew, text, type_name};
use super::body::{GIL_RELEASE_BYTES, update};
use super::clock::{aware_datetime, signing_time};
use super::credentials::FrozenCredentials;
use super::headers::HeaderArguments;
use crate::sigv4::payload::PayloadHasher;
use crate::sigv4::signature::HexDigits;
use crate::sigv4::verify::{self, Identity, VerificationError, VerificationRules};
use crate::sigv4::{Credentials, HashedPayload, SigningError, SigningKeyCache, SigningTime};

/// How many derived keys one verifier keeps: those of this day of the callers that come often.
const KEYS: usize = 64;

/// Verifies what others have signed; `rsigv4.Verifier` adds the two ways to wait for a lookup.
#[pyclass(subclass, frozen, name = "Verifier", module = "rsigv4._core")]
pub(super) struct VerifierBase {
    lookup: Py<PyAny>,
    rules: VerificationRules,
    keys: Arc<SigningKeyCache>,
}

#[pymethods]
impl VerifierBase {
    #[new]
    #[pyo3(signature = (lookup, *, region=None, service=None, max_clock_skew=300))]
    fn new(
        lookup: Bound<'_, PyAny>,
        region: Option<&Bound<'_, PyAny>>,
        service: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = max_clock_skew)] max_clock_skew: u32,
    ) -> PyResult<Self> {
        if !lookup.is_callable() {
            return Err(SigningError::request(
                "lookup",
                "must be a callable that takes an access key id and returns Credentials or None",
            )
            .into());
        }
        let region = region.map(|region| text("region", region)).transpose()?;
        let service = service.map(|service| text("service", service)).transpose()?;
        Ok(Self {
            lookup: lookup.unbind(),
            rules: VerificationRules::new(region, service, max_clock_skew)?,
            keys: Arc::new(SigningKeyCache::new(KEYS)),
        })
    }

    /// What returns the credentials of an access key id.
    #[getter]
    fn lookup(&self, py: Python<'_>) -> Py<PyAny> {
        self.lookup.clone_ref(py)
    }

    /// The one region that is accepted.
    #[getter]
    fn region(&self) -> Option<&str> {
        self.rules.region.as_deref()
    }

    /// The one service that is accepted.
    #[getter]
    fn service(&self) -> Option<&str> {
        self.rules.service.as_deref()
    }

    /// How many seconds a request may be old, or ahead of the clock.
    #[getter]
    fn max_clock_skew(&self) -> u32 {
        self.rules.max_clock_skew
    }

    /// Return a verification, once all checks are made that need no key.
    ///
    /// It needs neither the body nor the lookup, so a server can wait for both as it likes.
    ///
    /// Args:
    ///     method: As it arrived.
    ///     url: All of it, with the path and the query as they arrived.
    ///     headers: Pairs as they arrived, with repeats; text stands for its UTF-8.
    ///     time: The time to hold the signature against: an aware datetime or seconds since the epoch;
    ///         None reads the clock.
    ///
    /// Raises:
    ///     VerificationError: The request is refused; its class says why.
    ///     InvalidRequestError: An argument is of the wrong type.
    #[pyo3(signature = (method, url, headers, *, time=None))]
    fn begin(
        &self,
        method: &Bound<'_, PyAny>,
        url: &Bound<'_, PyAny>,
        headers: &Bound<'_, PyAny>,
        time: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Verification> {
        let now = signing_time(method.py(), time)?;
        let headers = HeaderArguments::extract(Some(headers))?;
        let headers = headers.encode()?;
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
        let inner =
            verify::begin(text("method", method)?, text("url", url)?, &headers, &self.rules, &now)?;
        Ok(Verification { inner, now, keys: Arc::clone(&self.keys) })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.lookup)
    }
}

/// A request that is in order as far as can be told without the key.
#[pyclass(frozen, module = "rsigv4._core")]
pub(super) struct Verification {
    inner: verify::Verification,
    now: SigningTime,
    keys: Arc<SigningKeyCache>,
}

#[pymethods]
impl Verification {
    /// Whose key to look up.
    #[getter]
    fn access_key_id(&self) -> &str {
        self.inner.access_key_id()
    }

    /// Whether the request leaves out the hash of its body, so that `check` needs it.
    #[getter]
    fn needs_body_hash(&self) -> bool {
        self.inner.needs_body_hash()
    }

    /// Whether the signature covers the path only after `.`, `..` and `//` are resolved in it.
    #[getter]
    fn normalizes_path(&self) -> bool {
        self.inner.normalizes_path()
    }

    /// Refuse what is wrong whatever the body is: an unknown or expired key, another session token, an
    /// unsigned `x-amz-*` header.
    ///
    /// Call it before a body is read for `check`, so that nothing is read or stored for a stranger. An
    /// unknown key takes as long to refuse as in `check`.
    ///
    /// Args:
    ///     credentials: As `check` takes them.
    ///
    /// Raises:
    ///     VerificationError: The request is refused; its class says why.
    ///     InvalidCredentialsError: *credentials* are of the wrong type, or those of another key.
    fn check_credentials(&self, credentials: &Bound<'_, PyAny>) -> PyResult<()> {
        self.with_key(credentials, |credentials| {
            self.inner.check_credentials(credentials, &self.now, &self.keys)
        })
    }

    /// Return what verifies the body, once token, key and signature are found to be right.
    ///
    /// Args:
    ///     credentials: `Credentials`, or botocore's; None for a key that nobody has, which takes as long
    ///         to refuse as a wrong signature.
    ///     body_sha256: The lowercase hexadecimal digits of the body's SHA-256, where `needs_body_hash`.
    ///
    /// Raises:
    ///     VerificationError: The request is refused; its class says why.
    ///     InvalidCredentialsError: *credentials* are not credentials, or belong to another key.
    ///     InvalidRequestError: *body_sha256* is missing, or is not a hash.
    #[pyo3(signature = (credentials, body_sha256=None))]
    fn check(
        &self,
        credentials: &Bound<'_, PyAny>,
        body_sha256: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<BodyVerifier> {
        let hashed_body = body_sha256.map(hashed_body).transpose()?;
        if hashed_body.is_none() && self.needs_body_hash() {
            return Err(SigningError::request(
                "body_sha256",
                "is missing: the request does not state the hash of its body, so pass it",
            )
            .into());
        }
        let body = self.check_key(credentials, hashed_body)?;
        Ok(BodyVerifier {
            identity: VerifiedIdentity::of(&body),
            is_streamed: body.is_streamed(),
            body: Mutex::new(Some(body)),
        })
    }

    /// Return who signed the request, once its body is verified too, of which nothing is passed on.
    ///
    /// Args:
    ///     credentials: As `check` takes them.
    ///     body: All of it as bytes or str (UTF-8), or an iterable of bytes, which is read once: for its
    ///         hash where `needs_body_hash`, and otherwise only after `check` has found nothing to refuse.
    ///
    /// Raises:
    ///     VerificationError: The request is refused; its class says why.
    ///     InvalidCredentialsError: *credentials* are not credentials, or belong to another key.
    ///     InvalidRequestError: *body* is of the wrong type.
    fn identify(
        &self,
        credentials: &Bound<'_, PyAny>,
        body: &Bound<'_, PyAny>,
    ) -> PyResult<VerifiedIdentity> {
        let py = body.py();
        if self.needs_body_hash() {
            self.check_credentials(credentials)?;
            let mut hasher = PayloadHasher::default();
            for_each_piece(body, |piece| {
                update(py, &mut hasher, piece);
                Ok(())
            })?;
            let body = self.check_key(credentials, Some(hasher.finish()))?;
            return Ok(VerifiedIdentity::of(&body));
        }
        let mut verifier = self.check_key(credentials, None)?;
        for_each_piece(body, |piece| {
            feed(py, &mut verifier, piece)?;
            Ok(())
        })?;
        let identity = VerifiedIdentity::of(&verifier);
        verifier.finish()?;
        Ok(identity)
    }
}

impl Verification {
    fn check_key(
        &self,
        credentials: &Bound<'_, PyAny>,
        hashed_body: Option<HashedPayload>,
    ) -> PyResult<verify::BodyVerifier> {
        self.with_key(credentials, |credentials| {
            self.inner.check(credentials, hashed_body, &self.now, &self.keys)
        })
    }

    /// Calls `check` with the credentials that the lookup has returned.
    fn with_key<T>(
        &self,
        credentials: &Bound<'_, PyAny>,
        check: impl FnOnce(Option<&Credentials<'_>>) -> Result<T, VerificationError>,
    ) -> PyResult<T> {
        let found = if credentials.is_none() {
            None
        } else {
            Some(FrozenCredentials::from_provider(credentials)?)
        };
        let credentials = found.as_ref().map(|found| found.get().borrow()).transpose()?;
        if credentials.is_some_and(|found| found.access_key_id() != self.access_key_id()) {
            return Err(SigningError::credentials(
                "credentials",
                "are those of another access key: look up access_key_id, and return None where \
                 nobody has it",
            )
            .into());
        }
        Ok(check(credentials.as_ref())?)
    }
}

fn hashed_body(digits: &Bound<'_, PyAny>) -> PyResult<HashedPayload> {
    let hash = HashedPayload::parse(text("body_sha256", digits)?)
        .map_err(|error| error.rename_argument(|_| "body_sha256"))?;
    if hash.is_hash() {
        return Ok(hash);
    }
    Err(SigningError::request("body_sha256", "is not a hash: pass that of the body").into())
}

fn for_each_piece(
    body: &Bound<'_, PyAny>,
    mut take: impl FnMut(&[u8]) -> PyResult<()>,
) -> PyResult<()> {
    if let Ok(bytes) = body.cast::<PyBytes>() {
        return take(bytes.as_bytes());
    }
    if body.is_instance_of::<PyString>() {
        return take(text("body", body)?.as_bytes());
    }
    let pieces = body.try_iter().map_err(|_| {
        SigningError::request(
            "body",
            format!("must be str, bytes or an iterable of bytes, not {}", type_name(body)),
        )
    })?;
    for piece in pieces {
        let piece = piece?;
        let Ok(bytes) = piece.cast::<PyBytes>() else {
            return Err(SigningError::request(
                "body",
                format!("yields {}: let it yield bytes", type_name(&piece)),
            )
            .into());
        };
        take(bytes.as_bytes())?;
    }
    Ok(())
}

fn feed<'a>(
    py: Python<'_>,
    body: &mut verify::BodyVerifier,
    piece: &'a [u8],
) -> Result<Cow<'a, [u8]>, VerificationError> {
    // The end of a chunk, short as it may be, has all of the chunk hashed.
    if piece.len() < GIL_RELEASE_BYTES && !body.is_streamed() {
        return body.feed(piece);
    }
    py.detach(|| body.feed(piece))
}

/// Verifies the body of a request as it is read; no more of it than a chunk is kept.
#[pyclass(frozen, module = "rsigv4._core")]
pub(super) struct BodyVerifier {
    identity: VerifiedIdentity,
    is_streamed: bool,
    body: Mutex<Option<verify::BodyVerifier>>,
}

#[pymethods]
impl BodyVerifier {
    /// Who signed the request.
    #[getter]
    fn identity(&self) -> VerifiedIdentity {
        self.identity.clone()
    }

    /// Whether the body is aws-chunked: `feed` then returns what is in the chunks.
    #[getter]
    fn is_streamed(&self) -> bool {
        self.is_streamed
    }

    /// Return what of the body may be passed on, bytes, after the next piece of it.
    ///
    /// Of signed chunks it is only what is verified. A body with one hash is returned as it comes, and
    /// is known to be right only once `finish` returns.
    ///
    /// Raises:
    ///     VerificationError: A chunk is wrong; nothing more may be fed.
    ///     InvalidRequestError: *data* is not bytes, or the body has already ended.
    fn feed<'py>(&self, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let py = data.py();
        let data = data.cast::<PyBytes>().map_err(|_| {
            SigningError::request("data", format!("must be bytes, not {}", type_name(data)))
        })?;
        let bytes = data.as_bytes();
        // Taken out, as a thread must not wait for a lock while it holds the GIL.
        let mut body = self.take()?;
        let decoded = feed(py, &mut body, bytes)?;
        *self.lock() = Some(body);
        Ok(if self.is_streamed { PyBytes::new(py, &decoded) } else { data.clone() })
    }

    /// Return the rest of the body, bytes, once all of it has been fed.
    ///
    /// Raises:
    ///     VerificationError: The body is not the one that was signed, or not all of it.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.take()?.finish()?;
        // A chunk is passed on as soon as it is whole, so nothing is left.
        Ok(PyBytes::new(py, b""))
    }
}

impl BodyVerifier {
    fn take(&self) -> Result<verify::BodyVerifier, SigningError> {
        self.lock().take().ok_or_else(|| {
            SigningError::request("data", "comes after the body's end, or after an error in it")
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<verify::BodyVerifier>> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who signed a request, and what of it.
#[pyclass(frozen, module = "rsigv4._core")]
#[derive(Clone)]
pub(super) struct VerifiedIdentity {
    identity: Arc<Identity>,
    string_to_sign: Arc<str>,
    payload: &'static str,
}

#[pymethods]
impl VerifiedIdentity {
    /// The id of the access key that signed.
    #[getter]
    fn access_key_id(&self) -> &str {
        &self.identity.access_key_id
    }

    /// How it is signed: `"AWS4-HMAC-SHA256"`, or `"AWS4-ECDSA-P256-SHA256"` for SigV4a.
    #[getter]
    fn algorithm(&self) -> &str {
        self.identity.algorithm.name()
    }

    /// The region it is signed for; the set of regions of SigV4a.
    #[getter]
    fn region(&self) -> &str {
        &self.identity.region
    }

    /// The service it is signed for.
    #[getter]
    fn service(&self) -> &str {
        &self.identity.service
    }

    /// When it was signed, an aware datetime.
    #[getter]
    fn signed_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        aware_datetime(py, self.identity.signed_at.instant().timestamp())
    }

    /// When a presigned URL ends, an aware datetime; None for other requests.
    #[getter]
    fn expires_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let signed_at = self.identity.signed_at.instant().timestamp();
        let end = self.identity.expires_in.map(|seconds| signed_at + i64::from(seconds));
        end.map(|end| aware_datetime(py, end)).transpose()
    }

    /// The lowercase names of the headers that are signed, sorted.
    #[getter]
    fn signed_headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.identity.signed_headers.split(';').collect::<Vec<_>>())
    }

    /// Whether the signature covers the body: `"signed"`, `"streaming"` (chunk by chunk) or
    /// `"unsigned"`.
    #[getter]
    fn payload(&self) -> &str {
        self.payload
    }

    /// The SHA-256 of the string to sign, in lowercase hexadecimal digits.
    ///
    /// To refuse a replay, remember it with `access_key_id`. Do not remember the signature: whoever
    /// sees a SigV4a signature can make a second one for the same request.
    #[getter]
    fn string_to_sign_sha256<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::new(py, HexDigits::of_sha256(self.string_to_sign.as_bytes()).as_str())
    }

    fn __repr__(&self) -> String {
        let Identity { access_key_id, region, service, .. } = &*self.identity;
        format!(
            "VerifiedIdentity(access_key_id='{access_key_id}', region='{region}', \
             service='{service}', payload='{}')",
            self.payload
        )
    }
}

impl VerifiedIdentity {
    fn of(body: &verify::BodyVerifier) -> Self {
        let payload = match (body.is_signed(), body.is_streamed()) {
            (true, true) => "streaming",
            (true, false) => "signed",
            (false, _) => "unsigned",
        };
        Self {
            identity: Arc::clone(body.identity()),
            string_to_sign: Arc::clone(body.string_to_sign()),
            payload,
        }
    }
}
