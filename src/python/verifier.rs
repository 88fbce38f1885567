//! `Verifier`: verifies requests by their parts, without any input or output of its own.

mod body;
mod identity;

use std::sync::Arc;

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

pub(super) use self::body::BodyVerifier;
use self::body::feed;
pub(super) use self::identity::VerifiedIdentity;
use super::arguments::{max_clock_skew, text, type_name};
use super::body::update;
use super::clock::signing_time;
use super::credentials::FrozenCredentials;
use super::headers::HeaderArguments;
use crate::sigv4::payload::PayloadHasher;
use crate::sigv4::verify::{self, VerificationError, VerificationRules};
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
        Ok(BodyVerifier::new(body))
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
        let credentials = found.as_ref().map(|found| found.get().borrow());
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
