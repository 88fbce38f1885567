//! What `rsigv4.requests.SigV4Auth` does natively: read a prepared request, and set its headers.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use pyo3::PyTraverseError;
use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::prepared_request::{drop_signature, set_headers, watch_responses};
use crate::python::arguments::text;
use crate::python::body::PayloadHash;
use crate::python::errors::is_expired;
use crate::python::headers::{HeaderArguments, HeaderEncoding};
use crate::python::signer::{Arguments, Plan, PlannedBody, Signer, signed_pairs};
use crate::sigv4::HashedPayload;

/// The native half of `rsigv4.requests.SigV4Auth`.
#[pyclass(subclass, frozen, module = "rsigv4._core")]
pub(in crate::python) struct RequestsAuthBase {
    /// Read at the first signature. A `PyOnceLock` couldn't be cleared, and the signer's credentials
    /// may come from this very object.
    state: Mutex<Option<State>>,
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
    fn clone_ref(&self, py: Python<'_>) -> Self {
        Self {
            signer: self.signer.clone_ref(py),
            unsigned: self.unsigned.as_ref().map(|unsigned| unsigned.clone_ref(py)),
            clock_offsets: self.clock_offsets.clone_ref(py),
            clocks: self.clocks.clone_ref(py),
        }
    }

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
        Self { state: Mutex::default() }
    }

    /// Add the headers that sign this request, and return it.
    fn __call__<'py>(slf: &Bound<'py, Self>, r: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let state = Self::state(slf)?;
        if sign(slf, &state, &r, state.signer.bind(slf.py()))? {
            watch_responses(slf, &r)?;
        }
        Ok(r)
    }

    /// Add those headers with this signer, whose credentials are available.
    fn _sign_by<'py>(
        slf: &Bound<'py, Self>,
        r: &Bound<'py, PyAny>,
        signer: &Bound<'py, Signer>,
    ) -> PyResult<bool> {
        sign(slf, &Self::state(slf)?, r, signer)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // The lock is never held where the garbage collector can start.
        let Ok(state) = self.state.try_lock() else { return Ok(()) };
        let Some(state) = &*state else { return Ok(()) };
        visit.call(&state.signer)?;
        visit.call(&state.clock_offsets)?;
        visit.call(&state.clocks)
    }

    fn __clear__(&self) {
        // Dropped after the lock is released, since that runs other objects' code.
        let _state = self.state.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl RequestsAuthBase {
    /// What `rsigv4._clients.signer.ClientAuth` has set up, read once.
    fn state(slf: &Bound<'_, Self>) -> PyResult<State> {
        let py = slf.py();
        let lock = || slf.get().state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = &*lock() {
            return Ok(state.clone_ref(py));
        }
        let signing = slf.getattr(intern!(py, "_signing")).map_err(|_| {
            PyRuntimeError::new_err("a subclass of SigV4Auth has to call super().__init__()")
        })?;
        let is_signed = signing.getattr(intern!(py, "payload"))?.is_none();
        let clocks = signing.getattr(intern!(py, "clocks"))?;
        let unsigned = || PayloadHash::from_literal(HashedPayload::UNSIGNED_PAYLOAD);
        let state = State {
            signer: signing.getattr(intern!(py, "signer"))?.extract()?,
            unsigned: (!is_signed).then(|| Py::new(py, unsigned())).transpose()?,
            clock_offsets: clocks.getattr(intern!(py, "offsets"))?.extract()?,
            clocks: clocks.unbind(),
        };
        // Another thread may have been first, and then its state is as good.
        Ok(lock().get_or_insert(state).clone_ref(py))
    }
}

/// Signs a request, and returns whether it did: one whose URL is presigned is left as it is.
fn sign<'py>(
    auth: &Bound<'py, RequestsAuthBase>,
    state: &State,
    r: &Bound<'py, PyAny>,
    signer: &Bound<'py, Signer>,
) -> PyResult<bool> {
    let py = auth.py();
    let url = r.getattr(intern!(py, "url"))?;
    let mut body = r.getattr(intern!(py, "body"))?;
    let headers = r.getattr(intern!(py, "headers"))?;
    let all_headers = || HeaderArguments::extract_all(&headers, HeaderEncoding::Latin1);
    let unsigned = state.unsigned.is_some();
    let plan = Plan::new(signer.get(), text("url", &url)?, &body, unsigned, all_headers)?;
    match plan.body {
        PlannedBody::Presigned => {
            drop_signature(r)?;
            return Ok(false);
        }
        PlannedBody::Buffered => {
            auth.call_method1(intern!(py, "_buffer"), (r,))?;
            body = r.getattr(intern!(py, "body"))?;
        }
        how if plan.is_one_shot => {
            let arguments = (r, signer, &*plan.url, how.name(py));
            auth.call_method1(intern!(py, "_sign_stream"), arguments)?;
            return Ok(true);
        }
        PlannedBody::Unsigned => {
            if let Some(unsigned) = &state.unsigned {
                body = unsigned.bind(py).clone().into_any();
            }
        }
        PlannedBody::Whole | PlannedBody::Preset | PlannedBody::Chunked => {}
    }
    let wire_url = match &plan.url {
        Cow::Borrowed(_) => None,
        Cow::Owned(wire_url) => Some(PyString::new(py, wire_url).into_any()),
    };
    let method = r.getattr(intern!(py, "method"))?;
    let signed_url = sent_url(wire_url.as_ref().unwrap_or(&url))?;
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
            result => return result.map(|()| true),
        }
    }
    sign_at(None)?;
    Ok(true)
}

/// The URL as it is sent: requests keeps the fragment for redirects, and urllib3 sends no dot at the
/// end of a host.
fn sent_url<'py>(url: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let text = text("url", url)?;
    let sent = text.split_once('#').map_or(text, |(sent, _fragment)| sent);
    if let Some(sent) = without_trailing_dot(sent) {
        return Ok(PyString::new(url.py(), &sent).into_any());
    }
    Ok(if sent.len() == text.len() {
        url.clone()
    } else {
        PyString::new(url.py(), sent).into_any()
    })
}

fn without_trailing_dot(url: &str) -> Option<String> {
    let start = url.find(':')? + "://".len();
    let rest = url.get(start..)?;
    // A character is searched for in whole words, and a set of them isn't.
    let end = rest.find('/').unwrap_or(rest.len());
    let end = rest[..end].find('?').unwrap_or(end);
    let (authority, target) = rest.split_at(end);
    // The colons of an IPv6 address are inside brackets.
    let port = authority.rfind(':').filter(|colon| !authority[*colon..].contains(']'));
    let (host, port) = authority.split_at(port.unwrap_or(authority.len()));
    let host = host.strip_suffix('.')?;
    Some(format!("{}{host}{port}{target}", &url[..start]))
}
