//! The hook that a signed request of the requests library carries, to be called when it is redirected.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

/// A response hook that signs a redirect to the same origin again, and keeps the signature from others.
///
/// It is a class so that pickling a response, which pickles its request's hooks, carries no secret:
/// what is unpickled still strips the signature, but no longer signs.
#[pyclass(frozen, module = "rsigv4._core")]
pub(super) struct RedirectSigner {
    auth: Option<Py<PyAny>>,
}

#[pymethods]
impl RedirectSigner {
    #[new]
    #[pyo3(signature = (auth=None))]
    pub(super) fn new(auth: Option<Py<PyAny>>) -> Self {
        Self { auth }
    }

    #[pyo3(signature = (response, **_kwargs))]
    fn __call__(
        &self,
        response: &Bound<'_, PyAny>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        static SIGN_REDIRECT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let py = response.py();
        let sign_redirect = SIGN_REDIRECT.get_or_try_init(py, || {
            let module = py.import("rsigv4._redirects")?;
            module.getattr(intern!(py, "sign_redirect")).map(Bound::unbind)
        })?;
        sign_redirect.bind(py).call1((response, &self.auth))?;
        Ok(())
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyType>, Bound<'py, PyTuple>) {
        (slf.get_type(), PyTuple::empty(slf.py()))
    }
}

impl RedirectSigner {
    /// Whether it signs redirects with this object.
    pub(super) fn signs_with(&self, auth: &Bound<'_, PyAny>) -> bool {
        self.auth.as_ref().is_some_and(|own| own.is(auth))
    }
}
