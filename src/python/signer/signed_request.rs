//! Signs what a client has planned.

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;

use super::call::{Arguments, headers_to_add};
use super::chunked::Stream;
use super::{PlannedBody, Signer};
use crate::python::arguments::text;
use crate::python::body::PayloadHash;
use crate::python::headers::HeaderArguments;
use crate::sigv4::{HashedPayload, without_fragment};

/// What a client has to send instead of its own headers and body.
///
/// Its repr hides the headers, which may contain a session token.
#[pyclass(frozen, module = "rsigv4._core")]
pub(in crate::python) struct SignedRequest {
    headers: Py<PyAny>,
    body: Py<PyAny>,
}

#[pymethods]
impl SignedRequest {
    #[new]
    fn new(headers: Py<PyAny>, body: Py<PyAny>) -> Self {
        Self { headers, body }
    }

    /// They replace headers with the same names.
    #[getter]
    fn headers(&self, py: Python<'_>) -> Py<PyAny> {
        self.headers.clone_ref(py)
    }

    /// The body, or if it is signed in chunks, what encodes it.
    #[getter]
    fn body(&self, py: Python<'_>) -> Py<PyAny> {
        self.body.clone_ref(py)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.headers)?;
        visit.call(&self.body)
    }
}

impl SignedRequest {
    /// Signs a request as its plan says. `url` is the planned one.
    pub(super) fn sign<'py>(
        signer: &Signer,
        planned: PlannedBody,
        method: &Bound<'py, PyAny>,
        url: &Bound<'py, PyAny>,
        headers: &Bound<'py, PyAny>,
        body: &Bound<'py, PyAny>,
        time: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Self> {
        let py = url.py();
        let arguments = Arguments {
            method,
            url: without_fragment(text("url", url)?),
            headers: HeaderArguments::extract(Some(headers))?,
            body: Some(body),
            time,
            is_presigned: false,
        };
        if let Some(length) = planned.length() {
            let chunked = Stream::new(body, length).sign(signer, arguments)?;
            let headers = chunked.getattr(intern!(py, "headers"))?;
            return Ok(Self::new(headers.unbind(), chunked.unbind()));
        }
        let unsigned;
        let arguments = if planned == PlannedBody::Unsigned {
            let payload = PayloadHash::from_literal(HashedPayload::UNSIGNED_PAYLOAD);
            unsigned = Bound::new(py, payload)?.into_any();
            Arguments { body: Some(&unsigned), ..arguments }
        } else {
            arguments
        };
        let headers = signer
            .call(py, &arguments, &[], |call| headers_to_add(py, &signer.sign_call(&call)?))?;
        Ok(Self::new(headers.into_any().unbind(), body.clone().unbind()))
    }
}
