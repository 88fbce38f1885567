//! What `rsigv4.requests.SigV4Auth` does natively: read a prepared request, and set its headers.

use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::arguments::text;
use super::body::{PayloadHash, is_single_pass};
use super::errors::is_expired;
use super::prepared_request::{set_headers, watch_responses};
use super::signer::{Arguments, Signer, signed_pairs, wire_url};
use crate::sigv4::HashedPayload;

/// The native half of `rsigv4.requests.SigV4Auth`.
#[pyclass(subclass, frozen, module = "rsigv4._core")]
pub(super) struct RequestsAuthBase {
    state: PyOnceLock<State>,
}

struct State {
    signer: Py<Signer>,
    /// Stands for bodies that are not to be signed.
    unsigned: Option<Py<PayloadHash>>,
    /// What is known of the clocks of servers: a `rsigv4._clients.clock.ServerClocks`.
    clocks: Py<PyAny>,
    /// Its attribute: empty as long as nothing is known, which costs no call.
    clock_offsets: Py<PyDict>,
}

impl State {
    /// The present time where a URL leads, or `None` if only this machine's clock is known.
    fn time_at<'py>(&self, url: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = url.py();
        if self.clock_offsets.bind(py).is_empty() {
            return Ok(None);
        }
        let time = self.clocks.bind(py).call_method1(intern!(py, "time"), (url,))?;
        Ok(Some(time).filter(|time| !time.is_none()))
    }
}

#[pymethods]
impl RequestsAuthBase {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self { state: PyOnceLock::new() }
    }

    /// Add the headers that sign this request, and return it.
    fn __call__<'py>(slf: &Bound<'py, Self>, r: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let state = Self::state(slf)?;
        sign(slf, state, &r, state.signer.bind(slf.py()))?;
        watch_responses(slf, &r)?;
        Ok(r)
    }

    /// Add those headers by a signer whose credentials are at hand.
    fn _sign_by<'py>(
        slf: &Bound<'py, Self>,
        r: &Bound<'py, PyAny>,
        signer: &Bound<'py, Signer>,
    ) -> PyResult<()> {
        sign(slf, Self::state(slf)?, r, signer)
    }
}

impl RequestsAuthBase {
    /// What `rsigv4._client.ClientAuth` has set up, read once.
    fn state<'a>(slf: &'a Bound<'_, Self>) -> PyResult<&'a State> {
        let py = slf.py();
        slf.get().state.get_or_try_init(py, || {
            let signing = slf.getattr(intern!(py, "_signing")).map_err(|_| {
                PyRuntimeError::new_err("a subclass of SigV4Auth has to call super().__init__()")
            })?;
            let is_signed = signing.getattr(intern!(py, "payload"))?.is_none();
            let clocks = signing.getattr(intern!(py, "clocks"))?;
            let unsigned = || PayloadHash::from_literal(HashedPayload::UNSIGNED_PAYLOAD);
            Ok(State {
                signer: signing.getattr(intern!(py, "signer"))?.extract()?,
                unsigned: (!is_signed).then(|| Py::new(py, unsigned())).transpose()?,
                clock_offsets: clocks.getattr(intern!(py, "offsets"))?.extract()?,
                clocks: clocks.unbind(),
            })
        })
    }
}

fn sign<'py>(
    auth: &Bound<'py, RequestsAuthBase>,
    state: &State,
    r: &Bound<'py, PyAny>,
    signer: &Bound<'py, Signer>,
) -> PyResult<()> {
    let py = auth.py();
    let mut body = r.getattr(intern!(py, "body"))?;
    if is_single_pass(&body)? && state.unsigned.is_none() {
        // It is sent in chunks that are signed, or read into memory here.
        let is_signed = auth.call_method1(intern!(py, "_sign_stream"), (r, signer))?;
        if is_signed.is_truthy()? {
            return Ok(());
        }
        body = r.getattr(intern!(py, "body"))?;
    }
    if let Some(unsigned) = &state.unsigned
        && body.is_truthy()?
    {
        body = unsigned.bind(py).clone().into_any();
    }
    let url = r.getattr(intern!(py, "url"))?;
    let wire_url =
        if text("url", &url)?.contains('+') { Some(wire_url(signer.get(), &url)?) } else { None };
    let headers = r.getattr(intern!(py, "headers"))?;
    let method = r.getattr(intern!(py, "method"))?;
    let signed_url = without_fragment(wire_url.as_ref().unwrap_or(&url))?;
    let signer = signer.get();
    let sign_at = |time: Option<&Bound<'py, PyAny>>| {
        let arguments = Arguments {
            method: &method,
            url: &signed_url,
            headers: signer.prepared_headers(&headers)?,
            body: Some(&body),
            time,
            is_presigned: false,
        };
        signer.call(py, &arguments, &[], |call| {
            let added = signer.sign_call(&call)?;
            // In this order, as a copy of a signed request loses its signature with its URL.
            if let Some(wire_url) = &wire_url {
                r.setattr(intern!(py, "url"), wire_url)?;
            }
            set_headers(&headers, signed_pairs(py, &added))
        })
    };
    if let Some(time) = state.time_at(&url)? {
        match sign_at(Some(&time)) {
            // The credentials may be valid by our clock: then it was the server's that was wrong.
            Err(error) if is_expired(py, &error) => {}
            result => return result,
        }
    }
    sign_at(None)
}

/// The part of a URL that is sent: requests keeps the fragment for redirects.
fn without_fragment<'py>(url: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    Ok(match text("url", url)?.split_once('#') {
        Some((sent, _fragment)) => PyString::new(url.py(), sent).into_any(),
        None => url.clone(),
    })
}
