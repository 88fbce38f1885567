//! The body of a request, verified as it is read.

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::identity::VerifiedIdentity;
use crate::python::arguments::type_name;
use crate::python::body::GIL_RELEASE_BYTES;
use crate::sigv4::SigningError;
use crate::sigv4::verify::{self, VerificationError};

/// Verifies the body of a request as it is read, and keeps at most one chunk of it.
#[pyclass(frozen, module = "rsigv4._core")]
pub(in crate::python) struct BodyVerifier {
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

    /// Whether the body is aws-chunked. If so, `feed` returns the decoded chunks.
    #[getter]
    fn is_streamed(&self) -> bool {
        self.is_streamed
    }

    /// Read the next piece of the body, and return the decoded bytes.
    ///
    /// The bytes of signed chunks are verified. Those of other bodies are returned at once, and are
    /// verified only when `finish` returns.
    ///
    /// Raises:
    ///     VerificationError: A chunk is malformed or has a wrong signature. Don't feed more.
    ///     InvalidRequestError: *data* is not bytes, or the body has already ended.
    fn feed<'py>(&self, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let py = data.py();
        let data = data.cast::<PyBytes>().map_err(|_| {
            SigningError::request("data", format!("must be bytes, not {}", type_name(data)))
        })?;
        let bytes = data.as_bytes();
        // Taken out, because a thread must not wait for a lock while it holds the GIL.
        let mut body = self.take()?;
        let decoded = feed(py, &mut body, bytes)?;
        *self.lock() = Some(body);
        Ok(if self.is_streamed { PyBytes::new(py, &decoded) } else { data.clone() })
    }

    /// Verify the body after its last piece, and return the rest of it as bytes.
    ///
    /// Raises:
    ///     VerificationError: The body is not the signed one, or is incomplete.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.take()?.finish()?;
        // A chunk is passed on as soon as it is complete, so nothing is left.
        Ok(PyBytes::new(py, b""))
    }
}

impl BodyVerifier {
    pub(super) fn new(body: verify::BodyVerifier) -> Self {
        Self {
            identity: VerifiedIdentity::of(&body),
            is_streamed: body.is_streamed(),
            body: Mutex::new(Some(body)),
        }
    }

    fn take(&self) -> Result<verify::BodyVerifier, SigningError> {
        self.lock().take().ok_or_else(|| {
            SigningError::request("data", "comes after the end of the body or after an error in it")
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<verify::BodyVerifier>> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Verifies the next piece, and releases the GIL if it is large.
pub(super) fn feed<'a>(
    py: Python<'_>,
    body: &mut verify::BodyVerifier,
    piece: &'a [u8],
) -> Result<Cow<'a, [u8]>, VerificationError> {
    if piece.len() < GIL_RELEASE_BYTES {
        return body.feed(piece);
    }
    py.detach(|| body.feed(piece))
}
