//! Signs bodies piece by piece. No I/O.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyMemoryView, PyString};

use super::Signer;
use crate::python::arguments::{text, type_name};
use crate::python::credentials::FrozenCredentials;
use crate::sigv4::event_stream::{self, HeaderValue, encode_message};
use crate::sigv4::{SigningError, chunked};

/// Encodes a body as `aws-chunked`, for `rsigv4.ChunkedBody`.
#[pyclass(frozen, module = "rsigv4._core")]
pub(in crate::python) struct ChunkedEncoder {
    encoder: Mutex<Option<chunked::ChunkedEncoder>>,
}

#[pymethods]
impl ChunkedEncoder {
    /// Return the next chunk as bytes to send: the bytes of *data* from *start* to *end*.
    fn encode<'py>(
        &self,
        py: Python<'py>,
        data: &[u8],
        start: usize,
        end: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let chunk = data.get(start..end).ok_or_else(|| {
            SigningError::request("data", "has no bytes from start to end: pass other offsets")
        })?;
        // Taken out, because a thread must not wait for a lock while it holds the GIL.
        let mut encoder = self.take()?;
        let length = encoder.encoded_length(chunk);
        let sent = PyBytes::new_with(py, length, |sent| {
            Ok(py.detach(|| encoder.encode_into(chunk, sent))?)
        })?;
        *self.lock() = Some(encoder);
        Ok(sent)
    }

    /// Return the end of the body as bytes to send.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.take()?.finish()?))
    }
}

impl ChunkedEncoder {
    pub(super) fn new(encoder: chunked::ChunkedEncoder) -> Self {
        Self { encoder: Mutex::new(Some(encoder)) }
    }

    fn take(&self) -> Result<chunked::ChunkedEncoder, SigningError> {
        self.lock().take().ok_or_else(|| {
            SigningError::request("stream", "was sent already: sign it again to send it again")
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<chunked::ChunkedEncoder>> {
        self.encoder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Signs the messages of one event stream in order.
#[pyclass(frozen, module = "rsigv4._core")]
pub(in crate::python) struct EventSigner {
    signer: Py<Signer>,
    credentials: Arc<FrozenCredentials>,
    events: Mutex<event_stream::EventSigner>,
}

#[pymethods]
impl EventSigner {
    /// Return a signed message as bytes, with an encoded message as its payload.
    ///
    /// Args:
    ///     message: The result of `encode` or any buffer. An empty one ends the stream.
    ///     time: An aware datetime or seconds since the epoch; None reads the clock.
    ///
    /// Raises:
    ///     InvalidRequestError: The message is too long, or is not bytes or a buffer.
    #[pyo3(signature = (message, *, time=None))]
    fn sign<'py>(
        &self,
        py: Python<'py>,
        message: &Bound<'py, PyAny>,
        time: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let message = bytes_of("message", message)?;
        let signer = self.signer.get();
        let scope = signer.scope(signer.signing_time(py, time)?)?;
        let credentials = self.credentials.borrow();
        let signing_key = signer.signing_key(&credentials, &scope)?;
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(PyBytes::new(py, &events.sign(message.as_bytes(), &scope, &signing_key)?))
    }

    /// Return an event stream message as bytes, not yet signed.
    ///
    /// Args:
    ///     headers: A dict of names such as `":event-type"`, and values as text or bytes.
    ///     payload: Bytes or any buffer, at most 24 MiB.
    ///
    /// Raises:
    ///     InvalidRequestError: A header or the payload is too long, or of the wrong type.
    #[staticmethod]
    fn encode<'py>(
        py: Python<'py>,
        headers: &Bound<'py, PyAny>,
        payload: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let headers = headers.cast::<PyDict>().map_err(|_| {
            SigningError::request(
                "headers",
                format!("must be dict, not {}: pass names and values", type_name(headers)),
            )
        })?;
        let payload = bytes_of("payload", payload)?;
        let pairs: Vec<_> = headers.iter().collect();
        let headers = pairs
            .iter()
            .map(|(name, value)| Ok((text("headers", name)?, header_value(value)?)))
            .collect::<Result<Vec<_>, SigningError>>()?;
        Ok(PyBytes::new(py, &encode_message(&headers, payload.as_bytes())?))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.signer)?;
        FrozenCredentials::traverse(&self.credentials, &visit)
    }
}

impl EventSigner {
    pub(super) fn new(signer: &Bound<'_, Signer>, seed_signature: &str) -> PyResult<Self> {
        Ok(Self {
            signer: signer.clone().unbind(),
            credentials: signer.get().provider.freeze(signer.py(), None)?,
            events: Mutex::new(event_stream::EventSigner::new(
                seed_signature,
                signer.get().options.algorithm,
            )?),
        })
    }
}

/// Returns the bytes of any buffer. Copies them unless they are `bytes`.
fn bytes_of<'py>(
    argument: &'static str,
    value: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyBytes>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(bytes.clone());
    }
    let view = PyMemoryView::from(value).map_err(|_| {
        SigningError::request(
            argument,
            format!("must be bytes or a buffer, not {}: encode it first", type_name(value)),
        )
    })?;
    Ok(view.call_method0(intern!(value.py(), "tobytes"))?.cast_into()?)
}

fn header_value<'a>(value: &'a Bound<'_, PyAny>) -> Result<HeaderValue<'a>, SigningError> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(HeaderValue::Bytes(bytes.as_bytes()));
    }
    if value.is_instance_of::<PyString>() {
        return text("headers", value).map(HeaderValue::Text);
    }
    Err(SigningError::request(
        "headers",
        format!("have a value that is {}: pass text or bytes", type_name(value)),
    ))
}
