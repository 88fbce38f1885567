//! Plans and signs a client's request in one call.

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;

use super::call::{Arguments, headers_to_add};
use super::chunked::Stream;
use super::{Plan, PlannedBody, Signer};
use crate::python::body::PayloadHash;
use crate::python::headers::HeaderArguments;
use crate::sigv4::{HashedPayload, without_fragment};

/// What a client has to send instead of its own URL, headers and body.
///
/// Its repr hides the headers, which may contain a session token.
#[pyclass(frozen, module = "rsigv4._core")]
pub(in crate::python) struct SignedRequest {
    /// The URL to send. For the S3 family, each `+` is replaced: with `%2B` in the path, and with `%20`
    /// in the query.
    #[pyo3(get)]
    url: Py<PyAny>,
    /// They replace headers with the same names.
    #[pyo3(get)]
    headers: Py<PyAny>,
    /// The body, or if it is signed in chunks, what encodes it.
    #[pyo3(get)]
    body: Py<PyAny>,
}

#[pymethods]
impl SignedRequest {
    #[new]
    fn new(url: Py<PyAny>, headers: Py<PyAny>, body: Py<PyAny>) -> Self {
        Self { url, headers, body }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.url)?;
        visit.call(&self.headers)?;
        visit.call(&self.body)
    }
}

/// Sign a client's request, and return what to send; None if its URL is presigned.
///
/// Its body is signed as `plan_body` says. A body that has to be buffered is an error here.
///
/// Args:
///     signer: One that has the credentials to use.
///     method: As for `Signer.sign`.
///     url: The URL as the client would send it.
///     headers: The pairs that will be sent.
///     body: The body, or its bytes if it was read into memory.
///     unsigned: Whether to leave the body unsigned.
///     time: As for `Signer.sign`.
///
/// Raises:
///     CredentialsError: The credentials are missing or have expired.
///     InvalidRequestError: The request can't be signed; the message names the argument.
#[pyfunction]
pub(in crate::python) fn sign_request(
    signer: &Signer,
    method: &Bound<'_, PyAny>,
    url: &Bound<'_, PyAny>,
    headers: &Bound<'_, PyAny>,
    body: &Bound<'_, PyAny>,
    unsigned: bool,
    time: Option<&Bound<'_, PyAny>>,
) -> PyResult<Option<SignedRequest>> {
    let py = url.py();
    let plan = Plan::of_client(signer, url, headers, body, unsigned)?;
    if plan.body == PlannedBody::Presigned {
        return Ok(None);
    }
    let arguments = Arguments {
        method,
        url: without_fragment(&plan.url),
        headers: HeaderArguments::extract(Some(headers))?,
        body: Some(body),
        time,
        is_presigned: false,
    };
    if let Some(length) = plan.body.length() {
        let chunked = Stream::new(body, length).sign(signer, arguments)?;
        let headers = chunked.getattr(intern!(py, "headers"))?;
        return Ok(Some(SignedRequest {
            url: plan.wire_url(url).unbind(),
            headers: headers.unbind(),
            body: chunked.unbind(),
        }));
    }
    let unsigned;
    let arguments = if plan.body == PlannedBody::Unsigned {
        let payload = PayloadHash::from_literal(HashedPayload::UNSIGNED_PAYLOAD);
        unsigned = Bound::new(py, payload)?.into_any();
        Arguments { body: Some(&unsigned), ..arguments }
    } else {
        arguments
    };
    let headers =
        signer.call(py, &arguments, &[], |call| headers_to_add(py, &signer.sign_call(&call)?))?;
    Ok(Some(SignedRequest {
        url: plan.wire_url(url).unbind(),
        headers: headers.into_any().unbind(),
        body: body.clone().unbind(),
    }))
}
