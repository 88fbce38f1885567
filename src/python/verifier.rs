//! `Verifier`: verifies requests by their parts. No I/O.

mod body;
mod environ;
mod identity;
mod verification;

use std::sync::Arc;

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyBytes};

pub(super) use self::body::BodyVerifier;
pub(super) use self::environ::environ_headers;
pub(super) use self::identity::VerifiedIdentity;
pub(super) use self::verification::Verification;
use super::arguments::{max_clock_skew, text};
use super::callbacks;
use super::clock::{now, signing_time};
use super::credentials::FrozenCredentials;
use super::headers::HeaderArguments;
use crate::sigv4::verify::{self, ReceivedTarget, VerificationRules};
use crate::sigv4::{SigningError, SigningKeyCache};

/// How many derived keys a verifier caches: today's keys of its most frequent callers.
const KEYS: usize = 64;

/// The native base class of `rsigv4.Verifier`, which adds async lookups.
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

    /// Return who signed this request.
    ///
    /// Args:
    ///     method: The method as it arrived.
    ///     url: The whole URL, with the path and the query as they arrived.
    ///     headers: The pairs as they arrived, with repeats; str is encoded as UTF-8.
    ///     body: None, str (UTF-8), bytes, a buffer, a binary file or an iterable of bytes. It is
    ///         read once, and its content is dropped; use `begin` to keep it.
    ///     time: The time at which to verify: an aware datetime or seconds since the epoch; None reads
    ///         the clock.
    ///
    /// Raises:
    ///     VerificationError: The request is refused; the class says why.
    ///     InvalidRequestError: An argument has the wrong type.
    ///     InvalidCredentialsError: *lookup* is async, or returned something else.
    #[pyo3(signature = (method, url, headers, body=None, *, time=None))]
    fn verify(
        slf: &Bound<'_, Self>,
        method: &Bound<'_, PyAny>,
        url: &Bound<'_, PyAny>,
        headers: &Bound<'_, PyAny>,
        body: Option<&Bound<'_, PyAny>>,
        time: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<VerifiedIdentity> {
        let py = slf.py();
        let (ours, theirs);
        let (verification, lookup) = if slf.get_type().is(callbacks::VERIFIER.first(py)?) {
            ours = slf.get().begin(method, url, headers, time)?;
            (&ours, slf.get().lookup.bind(py).clone())
        } else {
            // A subclass may override both.
            let time = [("time", time)].into_py_dict(py)?;
            let begun =
                slf.call_method(intern!(py, "begin"), (method, url, headers), Some(&time))?;
            theirs = begun.cast_into::<Verification>()?;
            (theirs.get(), slf.getattr(intern!(py, "lookup"))?)
        };
        let credentials = look_up(&lookup, verification.inner.access_key_id())?;
        let body = match body {
            None => PyBytes::new(py, b"").into_any(),
            Some(body) if body.is_instance_of::<PyBytes>() => body.clone(),
            Some(body) => callbacks::BODY_PIECES.current(py)?.call1((body,))?,
        };
        verification.identify(&credentials, &body)
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

fn look_up<'py>(lookup: &Bound<'py, PyAny>, access_key_id: &str) -> PyResult<Bound<'py, PyAny>> {
    let py = lookup.py();
    let found = lookup.call1((access_key_id,))?;
    // Python raises and drops an AttributeError for an attribute that is missing.
    let is_plain = found.is_none() || FrozenCredentials::is_ours(&found);
    if is_plain || !found.hasattr(intern!(py, "__await__"))? {
        return Ok(found);
    }
    // A coroutine that is not closed warns that it was never awaited.
    if let Some(close) = found.getattr_opt(intern!(py, "close"))? {
        close.call0()?;
    }
    Err(SigningError::credentials("lookup", "is async: call verify_async, or pass another").into())
}

/// Return a decoded path as most clients encode it.
#[pyfunction]
pub(super) fn encoded_path(path: &[u8]) -> String {
    verify::encoded_path(path).into_owned()
}
