//! Prepared requests of requests and niquests: sets headers, and follows responses.

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};

use crate::python::callbacks;
use crate::python::headers::is_case_insensitive_dict;

/// Sets headers, and replaces those of the same names.
pub(super) fn set_headers<'py>(
    headers: &Bound<'py, PyAny>,
    pairs: impl Iterator<Item = (Bound<'py, PyString>, Bound<'py, PyAny>)>,
) -> PyResult<()> {
    let py = headers.py();
    if is_case_insensitive_dict(headers)? {
        // Equivalent to `update`, in half the time.
        for (name, value) in pairs {
            headers.set_item(name, value)?;
        }
        return Ok(());
    }
    let added = PyDict::new(py);
    for (name, value) in pairs {
        added.set_item(name, value)?;
    }
    update_headers(headers, &added)
}

/// Sets headers from any argument of `update`, and replaces those of the same names.
pub(super) fn update_headers(headers: &Bound<'_, PyAny>, added: &Bound<'_, PyAny>) -> PyResult<()> {
    if let (Ok(headers), Ok(added)) = (headers.cast_exact(), added.cast()) {
        remove_other_cases(headers, added)?;
    }
    headers.call_method1(intern!(headers.py(), "update"), (added,))?;
    Ok(())
}

/// Removes headers whose names differ only in case: a dict would keep and send both.
fn remove_other_cases(headers: &Bound<'_, PyDict>, added: &Bound<'_, PyDict>) -> PyResult<()> {
    for name in headers.keys() {
        let is_same = |added: &Bound<'_, PyAny>| {
            let (Ok(name), Ok(added)) = (name.extract::<&str>(), added.extract::<&str>()) else {
                return false;
            };
            name.eq_ignore_ascii_case(added)
        };
        if !added.contains(&name)? && added.keys().iter().any(|added| is_same(&added)) {
            headers.del_item(&name)?;
        }
    }
    Ok(())
}

/// Add the response hook, and let copies of the request lose their signature with their URL.
///
/// Requests without hooks are not changed.
#[pyfunction]
pub(in crate::python) fn watch_responses(
    auth: &Bound<'_, PyAny>,
    r: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let py = auth.py();
    let Some(hooks) = r.getattr_opt(intern!(py, "hooks"))? else { return Ok(()) };
    let Ok(hooks) = hooks.cast::<PyDict>() else { return Ok(()) };
    let Some(hooks) = hooks.get_item(intern!(py, "response"))? else { return Ok(()) };
    let Ok(hooks) = hooks.cast::<PyList>() else { return Ok(()) };
    keep_signature(r)?;
    // If a request is signed again, the new hook replaces the old one.
    for (index, hook) in hooks.iter().enumerate() {
        let Ok(hook) = hook.cast_exact::<ResponseHook>() else { continue };
        if hook.get().auth.as_ref().is_some_and(|own| own.is(auth)) {
            return Ok(());
        }
        return hooks.set_item(index, ResponseHook::new(Some(auth.clone().unbind())));
    }
    hooks.append(ResponseHook::new(Some(auth.clone().unbind())))
}

/// Removes an earlier signature of the request.
pub(super) fn drop_signature(r: &Bound<'_, PyAny>) -> PyResult<()> {
    callbacks::DROP_SIGNATURE.current(r.py())?.call1((r,)).map(|_| ())
}

/// Makes copies of the request lose their signature when they get another URL.
fn keep_signature(r: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = r.py();
    let class = r.get_type();
    let classes = callbacks::SIGNED_CLASSES.first(py)?;
    let signed_class = match classes.cast::<PyDict>()?.get_item(&class)? {
        Some(known) => known,
        // This makes the class, and takes longer than a look-up in a dict even if it is known.
        None => classes.get_item(&class)?,
    };
    if !signed_class.is(&class) {
        r.setattr(intern!(py, "__class__"), signed_class)?;
    }
    Ok(())
}

/// A response hook that calls the auth of a signed request.
///
/// Pickling a response pickles its hooks. This class leaves the auth out, so that no secret is pickled:
/// an unpickled hook doesn't sign, but still removes the signature on redirects to other origins.
#[pyclass(frozen, module = "rsigv4._core")]
pub(in crate::python) struct ResponseHook {
    auth: Option<Py<PyAny>>,
}

#[pymethods]
impl ResponseHook {
    #[new]
    #[pyo3(signature = (auth=None))]
    fn new(auth: Option<Py<PyAny>>) -> Self {
        Self { auth }
    }

    #[pyo3(signature = (response, **kwargs))]
    fn __call__<'py>(
        &self,
        response: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        callbacks::AFTER_RESPONSE.first(response.py())?.call1((response, &self.auth, kwargs))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyType>, Bound<'py, PyTuple>) {
        (slf.get_type(), PyTuple::empty(slf.py()))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.auth)
    }
}
