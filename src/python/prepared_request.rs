//! The prepared request of the requests library and of niquests, and what it does once it is signed.

use pyo3::exceptions::PyImportError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};

/// Whether headers are of the class that requests gives to its own requests.
pub(super) fn is_case_insensitive_dict(headers: &Bound<'_, PyAny>) -> PyResult<bool> {
    static CLASS: PyOnceLock<Option<Py<PyType>>> = PyOnceLock::new();
    is_of_requests(headers, &CLASS, "requests.structures", "CaseInsensitiveDict")
}

/// Whether an object is of exactly this class; it isn't where only niquests is installed.
fn is_of_requests(
    object: &Bound<'_, PyAny>,
    class: &PyOnceLock<Option<Py<PyType>>>,
    module: &str,
    name: &str,
) -> PyResult<bool> {
    let py = object.py();
    let class = class.get_or_try_init(py, || match py.import(module) {
        Ok(module) => {
            let class = module.getattr(name)?.cast_into::<PyType>()?;
            PyResult::Ok(Some(class.unbind()))
        }
        Err(error) if error.is_instance_of::<PyImportError>(py) => Ok(None),
        Err(error) => Err(error),
    })?;
    Ok(class.as_ref().is_some_and(|class| object.get_type().is(class)))
}

/// Sets headers in place of those of the same names.
pub(super) fn set_headers<'py>(
    headers: &Bound<'py, PyAny>,
    pairs: impl Iterator<Item = (Bound<'py, PyString>, Bound<'py, PyAny>)>,
) -> PyResult<()> {
    let py = headers.py();
    if is_case_insensitive_dict(headers)? {
        // What its `update` comes to, for half of the price.
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

/// The same with whatever `update` takes.
pub(super) fn update_headers(headers: &Bound<'_, PyAny>, added: &Bound<'_, PyAny>) -> PyResult<()> {
    if let (Ok(headers), Ok(added)) = (headers.cast_exact(), added.cast()) {
        remove_other_cases(headers, added)?;
    }
    headers.call_method1(intern!(headers.py(), "update"), (added,))?;
    Ok(())
}

/// A plain dict would keep `X-Amz-Date` beside `x-amz-date`, and send both.
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

/// Has the request keep its signature to itself, and call back when it is answered.
///
/// Requests without hooks are left alone.
pub(super) fn watch_responses(auth: &Bound<'_, PyAny>, r: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = auth.py();
    let Some(hooks) = r.getattr_opt(intern!(py, "hooks"))? else { return Ok(()) };
    let Ok(hooks) = hooks.cast::<PyDict>() else { return Ok(()) };
    let Some(hooks) = hooks.get_item(intern!(py, "response"))? else { return Ok(()) };
    let Ok(hooks) = hooks.cast::<PyList>() else { return Ok(()) };
    keep_signature(r)?;
    // A request that is signed once more is called back once, by whoever signed it last.
    for (index, hook) in hooks.iter().enumerate() {
        let Ok(hook) = hook.cast_exact::<ResponseHook>() else { continue };
        if hook.get().auth.as_ref().is_some_and(|own| own.is(auth)) {
            return Ok(());
        }
        return hooks.set_item(index, ResponseHook::new(Some(auth.clone().unbind())));
    }
    hooks.append(ResponseHook::new(Some(auth.clone().unbind())))
}

/// Has copies of the request lose its signature as they are given another URL.
///
/// requests copies a request only after it has called back, which is early enough. niquests may copy
/// it before.
fn keep_signature(r: &Bound<'_, PyAny>) -> PyResult<()> {
    static CLASS: PyOnceLock<Option<Py<PyType>>> = PyOnceLock::new();
    static KEEP_SIGNATURE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = r.py();
    if is_of_requests(r, &CLASS, "requests.models", "PreparedRequest")? {
        return Ok(());
    }
    let keep_signature = KEEP_SIGNATURE.get_or_try_init(py, || {
        py.import("rsigv4._prepared")?.getattr("keep_signature").map(Bound::unbind)
    })?;
    keep_signature.bind(py).call1((r,)).map(|_| ())
}

/// A response hook that has a signed request go on as its auth wants.
///
/// It is a class so that pickling a response, which pickles its request's hooks, carries no secret:
/// what is unpickled still keeps the signature from other origins, but no longer signs.
#[pyclass(frozen, module = "rsigv4._core")]
pub(super) struct ResponseHook {
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
        static AFTER_RESPONSE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let py = response.py();
        let after_response = AFTER_RESPONSE.get_or_try_init(py, || {
            let module = py.import("rsigv4._responses")?;
            module.getattr(intern!(py, "after_response")).map(Bound::unbind)
        })?;
        after_response.bind(py).call1((response, &self.auth, kwargs))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyType>, Bound<'py, PyTuple>) {
        (slf.get_type(), PyTuple::empty(slf.py()))
    }
}
