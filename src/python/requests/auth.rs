//! Signs the prepared requests of `rsigv4.requests.SigV4Auth`.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use memchr::{memchr, memchr2, memrchr};
use pyo3::PyTraverseError;
use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::prepared_request::{drop_signature, set_headers, update_headers, watch_responses};
use crate::python::arguments::text;
use crate::python::body::PayloadHash;
use crate::python::errors::is_expired;
use crate::python::headers::{HeaderArguments, HeaderEncoding};
use crate::python::signer::{Arguments, Plan, PlannedBody, Signer, Stream, signed_pairs};
use crate::sigv4::without_fragment;

/// The native base class of `rsigv4.requests.SigV4Auth`.
#[pyclass(subclass, frozen, module = "rsigv4._core")]
pub(in crate::python) struct RequestsAuthBase {
    /// Set by the first signature. Not a `PyOnceLock`, because the garbage collector must be able to
    /// clear it: the signer's credentials may refer to this object.
    state: Mutex<Option<State>>,
}

struct State {
    signer: Py<Signer>,
    /// Signed instead of bodies, if they are to be unsigned.
    unsigned: Option<Py<PayloadHash>>,
    /// The known clocks of servers: a `rsigv4._clients.clock.ServerClocks`.
    clocks: Py<PyAny>,
    /// An attribute of `clocks`. While it is empty, `clocks` isn't called.
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

    /// Returns the current time of the server at a URL, or `None` if it isn't known.
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

    /// Sign the request: add headers to it, and return it.
    fn __call__<'py>(slf: &Bound<'py, Self>, r: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let state = Self::state(slf)?;
        if sign(slf, &state, &r, state.signer.bind(slf.py()))? {
            watch_responses(slf, &r)?;
        }
        Ok(r)
    }

    /// Sign the request with this signer, whose credentials are available.
    fn _sign_by<'py>(
        slf: &Bound<'py, Self>,
        r: &Bound<'py, PyAny>,
        signer: &Bound<'py, Signer>,
    ) -> PyResult<bool> {
        sign(slf, &Self::state(slf)?, r, signer)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // The garbage collector can't start while the lock is held.
        let Ok(state) = self.state.try_lock() else { return Ok(()) };
        let Some(state) = &*state else { return Ok(()) };
        visit.call(&state.signer)?;
        visit.call(&state.clock_offsets)?;
        visit.call(&state.clocks)
    }

    fn __clear__(&self) {
        // Dropped after the lock is released, because dropping may run Python code.
        let _state = self.state.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl RequestsAuthBase {
    /// Returns the state that `rsigv4._clients.signer.ClientAuth` has set up. Reads it once.
    fn state(slf: &Bound<'_, Self>) -> PyResult<State> {
        let py = slf.py();
        let lock = || slf.get().state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = &*lock() {
            return Ok(state.clone_ref(py));
        }
        let signing = slf.getattr(intern!(py, "_signing")).map_err(|_| {
            PyRuntimeError::new_err("a subclass of SigV4Auth has to call super().__init__()")
        })?;
        let clocks = signing.getattr(intern!(py, "clocks"))?;
        let state = State {
            signer: signing.getattr(intern!(py, "signer"))?.extract()?,
            unsigned: signing.getattr(intern!(py, "payload"))?.extract()?,
            clock_offsets: clocks.getattr(intern!(py, "offsets"))?.extract()?,
            clocks: clocks.unbind(),
        };
        // If another thread was first, its state is used.
        Ok(lock().get_or_insert(state).clone_ref(py))
    }
}

/// Signs a request, unless its URL is presigned. Returns whether it was signed.
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
        PlannedBody::Unsigned => {
            if let Some(unsigned) = &state.unsigned {
                body = unsigned.bind(py).clone().into_any();
            }
        }
        PlannedBody::AsIs | PlannedBody::Chunked(_) => {}
    }
    let method = r.getattr(intern!(py, "method"))?;
    let signed_url = sent_url(&plan.url);
    let signer = signer.get();
    // The URL is set first: a copy of a signed request then loses its old signature.
    let set_url = || match &plan.url {
        Cow::Borrowed(_) => Ok(()),
        Cow::Owned(wire_url) => r.setattr(intern!(py, "url"), wire_url),
    };
    let sign_at = |time: Option<&Bound<'py, PyAny>>| {
        let arguments = |headers| Arguments {
            method: &method,
            url: &signed_url,
            headers,
            body: Some(&body),
            time,
            is_presigned: false,
        };
        if let Some(length) = plan.body.length() {
            let chunked = Stream::new(&body, length).sign(signer, arguments(all_headers()?))?;
            let content = auth.call_method1(intern!(py, "_iterate"), (&chunked,))?;
            set_url()?;
            r.setattr(intern!(py, "body"), content)?;
            return update_headers(&headers, &chunked.getattr(intern!(py, "headers"))?);
        }
        signer.call(py, &arguments(signer.prepared_headers(&headers)?), &[], |call| {
            let added = signer.sign_call(&call)?;
            set_url()?;
            set_headers(&headers, signed_pairs(py, &added))
        })
    };
    let result = match state.time_at(&url)? {
        Some(time) => match sign_at(Some(&time)) {
            // Credentials that are valid by our clock mean that the server's clock is wrong.
            Err(error) if is_expired(py, &error) => sign_at(None),
            result => result,
        },
        None => sign_at(None),
    };
    result?;
    if plan.is_one_shot && headers.contains("Content-Length")? {
        // requests sets this header for every stream, even if the caller has set the length.
        headers.call_method1(intern!(py, "pop"), ("Transfer-Encoding", py.None()))?;
    }
    Ok(true)
}

/// Returns the URL as sent: requests keeps the fragment for redirects, and urllib3 removes a dot at the
/// end of the host.
fn sent_url(url: &str) -> Cow<'_, str> {
    let sent = without_fragment(url);
    without_trailing_dot(sent).map_or(Cow::Borrowed(sent), Cow::Owned)
}

fn without_trailing_dot(url: &str) -> Option<String> {
    let start = memchr(b':', url.as_bytes())? + "://".len();
    let rest = url.get(start..)?;
    let end = memchr2(b'/', b'?', rest.as_bytes()).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    // An IPv6 address has colons inside its brackets.
    let port = memrchr(b':', authority.as_bytes());
    let port = port.filter(|colon| !authority[*colon..].contains(']'));
    let (host, port) = authority.split_at(port.unwrap_or(authority.len()));
    let host = host.strip_suffix('.')?;
    Some(format!("{}{host}{port}{target}", &url[..start]))
}
