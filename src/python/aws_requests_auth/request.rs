//! The request of the requests library, or what a caller passes in its place.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyType};

use super::AwsRequestsAuthBase;
use super::attributes::Attributes;
use super::patches::Module;
use crate::python::body::Body;
use crate::python::redirects::RedirectSigner;
use crate::sigv4::HashedPayload;

/// Hashes the body; one that can be read only once is read, and replaced by its bytes.
pub(super) fn hash_body(
    auth: &Attributes<'_, '_>,
    request: &Attributes<'_, '_>,
    module: &Module,
) -> PyResult<HashedPayload> {
    let py = auth.object().py();
    let body = request.get(intern!(py, "body"))?;
    match Body::hash(&body) {
        Ok(Body::Hashed(hashed_payload)) => Ok(hashed_payload),
        // What is false is no body, whatever its type; the original took it so.
        Ok(Body::SinglePass) | Err(_) if !body.is_truthy()? => Ok(HashedPayload::EMPTY),
        Ok(Body::SinglePass) => {
            let limit = auth.get(intern!(py, "max_buffered_body"))?;
            let buffer_body = module.global(intern!(py, "buffer_body"))?;
            let bytes = buffer_body.call1((request.object(), limit))?;
            Ok(HashedPayload::of(bytes.cast::<PyBytes>()?.as_bytes()))
        }
        Err(error) => Err(error),
    }
}

/// The headers of a signature, as Python holds them.
pub(super) struct SignatureHeaders<'py> {
    pub(super) authorization: Bound<'py, PyString>,
    pub(super) x_amz_date: Bound<'py, PyString>,
    pub(super) x_amz_content_sha256: Bound<'py, PyString>,
    pub(super) x_amz_security_token: Option<Bound<'py, PyAny>>,
}

impl<'py> SignatureHeaders<'py> {
    /// Calls back for each header, in the original's order and letter case.
    fn for_each(
        &self,
        py: Python<'py>,
        mut set: impl FnMut(&Bound<'py, PyString>, &Bound<'py, PyAny>) -> PyResult<()>,
    ) -> PyResult<()> {
        set(intern!(py, "Authorization"), &self.authorization)?;
        set(intern!(py, "x-amz-date"), &self.x_amz_date)?;
        set(intern!(py, "x-amz-content-sha256"), &self.x_amz_content_sha256)?;
        if let Some(token) = &self.x_amz_security_token {
            set(intern!(py, "X-Amz-Security-Token"), token)?;
        }
        Ok(())
    }
}

/// What a request gets: our own headers, or whatever an override returned.
pub(super) enum Added<'py> {
    Ours(SignatureHeaders<'py>),
    Theirs(Bound<'py, PyAny>),
}

impl<'py> Added<'py> {
    /// The dict, or what an override returned.
    pub(super) fn into_object(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Self::Ours(ours) => {
                let headers = PyDict::new(py);
                ours.for_each(py, |name, value| headers.set_item(name, value))?;
                Ok(headers.into_any())
            }
            Self::Theirs(theirs) => Ok(theirs),
        }
    }

    /// Adds the headers in place of those of the same names.
    pub(super) fn add_to(self, headers: &Bound<'py, PyAny>) -> PyResult<()> {
        let py = headers.py();
        if let Self::Ours(ours) = &self
            && headers.get_type().is(case_insensitive_dict(py)?)
        {
            // What its `update` comes to, for half of the price.
            return ours.for_each(py, |name, value| headers.set_item(name, value));
        }
        let added = self.into_object(py)?;
        if let (Ok(headers), Ok(added)) = (headers.cast_exact(), added.cast()) {
            remove_other_cases(headers, added)?;
        }
        headers.call_method1(intern!(py, "update"), (added,))?;
        Ok(())
    }
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

fn case_insensitive_dict(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "requests.structures", "CaseInsensitiveDict")
}

pub(super) fn prepared_request_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "requests.models", "PreparedRequest")
}

/// Has the request call back when it is redirected; requests without hooks are left alone.
pub(super) fn watch_redirects(
    auth: &Bound<'_, AwsRequestsAuthBase>,
    request: &Attributes<'_, '_>,
) -> PyResult<()> {
    let py = auth.py();
    let Some(hooks) = request.get_opt(intern!(py, "hooks"))? else { return Ok(()) };
    let Ok(hooks) = hooks.cast::<PyDict>() else { return Ok(()) };
    let Some(hooks) = hooks.get_item(intern!(py, "response"))? else { return Ok(()) };
    let Ok(hooks) = hooks.cast::<PyList>() else { return Ok(()) };
    // A request that is signed once more is called back once, by whoever signed it last.
    for (index, hook) in hooks.iter().enumerate() {
        let Ok(hook) = hook.cast_exact::<RedirectSigner>() else { continue };
        if hook.get().signs_with(auth) {
            return Ok(());
        }
        return hooks.set_item(index, RedirectSigner::new(Some(auth.clone().into_any().unbind())));
    }
    hooks.append(RedirectSigner::new(Some(auth.clone().into_any().unbind())))
}
