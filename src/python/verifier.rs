//! `Verifier`: verifies requests by their parts. No I/O.

mod body;
mod environ;
mod identity;

use std::sync::Arc;

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

pub(super) use self::body::BodyVerifier;
use self::body::feed;
pub(super) use self::environ::environ_headers;
pub(super) use self::identity::VerifiedIdentity;
use super::arguments::{max_clock_skew, text, type_name};
use super::body::update;
use super::clock::{now, signing_time};
use super::credentials::FrozenCredentials;
use super::headers::HeaderArguments;
use crate::sigv4::payload::PayloadHasher;
use crate::sigv4::verify::{self, ReceivedTarget, VerificationError, VerificationRules};
use crate::sigv4::{Credentials, HashedPayload, SigningError, SigningKeyCache, SigningTime};

/// How many derived keys a verifier caches: today's keys of its most frequent callers.
const KEYS: usize = 64;

/// The native base class of `rsigv4.Verifier`, which adds sync and async lookups.
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
                "must be a callable that accepts an access key id and returns Credentials or None",
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

    /// The callable that returns the credentials of an access key id.
    #[getter]
    fn lookup(&self, py: Python<'_>) -> Py<PyAny> {
        self.lookup.clone_ref(py)
    }

    /// The region that is accepted, or None for all.
    #[getter]
    fn region(&self) -> Option<&str> {
        self.rules.region.as_deref()
    }

    /// The service that is accepted, or None for all.
    #[getter]
    fn service(&self) -> Option<&str> {
        self.rules.service.as_deref()
    }

    /// The greatest accepted difference between a request's time and the clock, in seconds.
    #[getter]
    fn max_clock_skew(&self) -> u32 {
        self.rules.max_clock_skew
    }

    /// Make the checks that don't need a key, and return a `Verification` for the others.
    ///
    /// This doesn't read the body or call the lookup, so a server can wait for both as it likes.
    ///
    /// Args:
    ///     method: The method as received.
    ///     url: The absolute URL, with the path and the query as received.
    ///     headers: The pairs as received, with repeats. Text is encoded as UTF-8.
    ///     time: The time for which to verify the signature: an aware datetime or seconds since the
    ///         epoch; None reads the clock.
    ///
    /// Raises:
    ///     VerificationError: The request is refused; the class of the error says why.
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
        let (method, url) = (text("method", method)?, text("url", url)?);
        let inner = verify::begin(method, url, &headers.encode()?, &self.rules, &now)?;
        Ok(Verification { inner, now, keys: Arc::clone(&self.keys) })
    }

    /// Make the checks of `begin` for a request that a server passes on.
    ///
    /// Args:
    ///     method: The method as received.
    ///     scheme: The scheme of the URL.
    ///     target: The request target as it was sent. None if the server doesn't provide it; the path is
    ///         then encoded as most clients encode it.
    ///     path: The path that the application gets, decoded.
    ///     query: The query that the application gets, still encoded.
    ///     headers: The pairs as received, with repeats.
    ///
    /// Raises:
    ///     VerificationError: The request is refused; the class of the error says why. That includes a
    ///         request whose path or query the application would get differently.
    ///     InvalidRequestError: *headers* are of the wrong type.
    #[expect(clippy::too_many_arguments, reason = "what servers pass on")]
    fn begin_received(
        &self,
        py: Python<'_>,
        method: &str,
        scheme: &str,
        target: Option<&[u8]>,
        path: &[u8],
        query: &[u8],
        headers: &Bound<'_, PyAny>,
    ) -> PyResult<Verification> {
        let now = now(py)?;
        let target = ReceivedTarget { scheme, sent: target, path, query };
        let headers = HeaderArguments::extract(Some(headers))?;
        let inner = verify::begin_received(method, &target, &headers.encode()?, &self.rules, &now)?;
        Ok(Verification { inner, now, keys: Arc::clone(&self.keys) })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.lookup)
    }
}

/// A request that passed all checks that don't need the key.
#[pyclass(frozen, module = "rsigv4._core")]
pub(super) struct Verification {
    inner: verify::Verification,
    now: SigningTime,
    keys: Arc<SigningKeyCache>,
}

#[pymethods]
impl Verification {
    /// The id of the access key to look up.
    #[getter]
    fn access_key_id(&self) -> &str {
        self.inner.access_key_id()
    }

    /// Whether the request doesn't state the hash of its body, so that `check` needs it.
    #[getter]
    fn needs_body_hash(&self) -> bool {
        self.inner.needs_body_hash()
    }

    /// The length of the decoded body that the headers declare, or None. It is not verified yet.
    #[getter]
    fn declared_length(&self) -> Option<u64> {
        self.inner.declared_length()
    }

    /// Make the checks that don't need the body: an unknown or expired key, a wrong session token or an
    /// unsigned `x-amz-*` header is refused.
    ///
    /// Call this before you read the body for `check`, so that strangers can't make you read or store
    /// one. Refusing an unknown key takes as long as in `check`.
    ///
    /// Args:
    ///     credentials: As for `check`.
    ///
    /// Raises:
    ///     VerificationError: The request is refused; the class of the error says why.
    ///     InvalidCredentialsError: *credentials* are not credentials, or belong to another key.
    fn check_credentials(&self, credentials: &Bound<'_, PyAny>) -> PyResult<()> {
        self.with_credentials(credentials, |credentials| {
            self.inner.check_credentials(credentials, &self.now, &self.keys)
        })
    }

    /// Verify token, key and signature, and return a `BodyVerifier` for the body.
    ///
    /// Args:
    ///     credentials: `Credentials`, or botocore's; None for an unknown key, which takes as long to
    ///         refuse as a wrong signature.
    ///     body_sha256: The body's SHA-256 in lowercase hexadecimal digits, if `needs_body_hash`.
    ///
    /// Raises:
    ///     VerificationError: The request is refused; the class of the error says why.
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
        Ok(BodyVerifier::new(body))
    }

    /// Verify the request and its body, and return the `VerifiedIdentity` of who signed it.
    ///
    /// Args:
    ///     credentials: As for `check`.
    ///     body: The whole body as bytes or str (UTF-8), or an iterable of bytes, which is read once. It
    ///         is not read if the request is refused without it.
    ///
    /// Raises:
    ///     VerificationError: The request is refused; the class of the error says why.
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
        self.with_credentials(credentials, |credentials| {
            self.inner.check(credentials, hashed_body, &self.now, &self.keys)
        })
    }

    /// Calls `check` with the credentials that the lookup has returned.
    fn with_credentials<T>(
        &self,
        credentials: &Bound<'_, PyAny>,
        check: impl FnOnce(Option<&Credentials<'_>>) -> Result<T, VerificationError>,
    ) -> PyResult<T> {
        let found = if credentials.is_none() {
            None
        } else {
            Some(FrozenCredentials::from_provider(credentials)?)
        };
        let credentials = found.as_ref().map(|found| found.borrow());
        if credentials.is_some_and(|found| found.access_key_id() != self.access_key_id()) {
            return Err(SigningError::credentials(
                "credentials",
                "belong to another access key: look up access_key_id, and return None if it is \
                 unknown",
            )
            .into());
        }
        Ok(check(credentials.as_ref())?)
    }
}

/// Return a decoded path as most clients encode it.
#[pyfunction]
pub(super) fn encoded_path(path: &[u8]) -> String {
    verify::encoded_path(path).into_owned()
}

fn hashed_body(digits: &Bound<'_, PyAny>) -> PyResult<HashedPayload> {
    let hash = HashedPayload::parse(text("body_sha256", digits)?)
        .map_err(|error| error.rename_argument(|_| "body_sha256"))?;
    if hash.is_hash() {
        return Ok(hash);
    }
    Err(SigningError::request("body_sha256", "is not a hash: pass the SHA-256 of the body").into())
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
