//! What the binding imports from Python by name, except base classes of exceptions.
//!
//! Imports happen at the first use, so that `import rsigv4` need not load these modules.

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use crate::sigv4::verify::VerificationError;

/// An attribute of a Python module.
pub(super) struct Callback {
    module: &'static str,
    attribute: &'static str,
    first: PyOnceLock<Py<PyAny>>,
}

macro_rules! callbacks {
    ($($name:ident $module:literal $attribute:literal)+) => {
        $(pub(super) static $name: Callback = Callback::new($module, $attribute);)+

        const ALL: &[&Callback] = &[$(&$name,)+];
    };
}

callbacks! {
    DATETIME "datetime" "datetime"
    TIMEZONE "datetime" "timezone"
    JSON_DUMPS "json" "dumps"
    TIME_GLOBALS "time" "__dict__"
    CASE_INSENSITIVE_DICT "requests.structures" "CaseInsensitiveDict"
    AFTER_RESPONSE "rsigv4._clients.prepared_request" "after_response"
    DROP_SIGNATURE "rsigv4._clients.prepared_request" "drop_signature"
    SIGNED_CLASSES "rsigv4._clients.prepared_request" "SIGNED_CLASSES"
    CONFIGURED_REGION "rsigv4._clients.profiles" "configured_region"
    REFRESHING_CREDENTIALS "rsigv4._clients.refreshing" "RefreshingCredentials"
    AWS_REQUESTS_AUTH "rsigv4.aws_auth" "AWSRequestsAuth"
    CHECK_STREAM "rsigv4.chunked" "check_stream"
    CHUNKED_BODY "rsigv4.chunked" "chunked_body"
    RESOLVE_CREDENTIALS "rsigv4.credentials" "resolve_credentials"
    BODY_PIECES "rsigv4.verifier" "body_pieces"
    VERIFIER "rsigv4.verifier" "Verifier"
}

const EXCEPTIONS: &str = "rsigv4.exceptions";

impl Callback {
    const fn new(module: &'static str, attribute: &'static str) -> Self {
        Self { module, attribute, first: PyOnceLock::new() }
    }

    /// Looks the attribute up at each call, so that a replacement is used.
    pub(super) fn current<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import(self.module)?.getattr(self.attribute)
    }

    /// Looks the attribute up at the first call only.
    pub(super) fn first<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyAny>> {
        // An error is not kept: the next call imports again.
        let first = self.first.get_or_try_init(py, || self.current(py).map(Bound::unbind))?;
        Ok(first.bind(py))
    }
}

/// The headers class of requests, looked up at the first call only, or `None` if requests isn't
/// installed.
pub(super) fn case_insensitive_dict(py: Python<'_>) -> PyResult<Option<&Bound<'_, PyAny>>> {
    static FIRST: PyOnceLock<Option<Py<PyAny>>> = PyOnceLock::new();
    let first = FIRST.get_or_try_init(py, || match CASE_INSENSITIVE_DICT.current(py) {
        Ok(class) => PyResult::Ok(Some(class.unbind())),
        Err(error) if error.is_instance_of::<PyImportError>(py) => Ok(None),
        Err(error) => Err(error),
    })?;
    Ok(first.as_ref().map(|class| class.bind(py)))
}

/// The exception of a refusal of the verifier.
pub(super) fn verification_error<'py>(
    py: Python<'py>,
    error: &VerificationError,
) -> PyResult<Bound<'py, PyType>> {
    let class = py.import(EXCEPTIONS)?.getattr(class_name(error.name()))?;
    Ok(class.cast_into()?)
}

fn class_name(refusal: &str) -> String {
    format!("{refusal}Error")
}

/// Module and attribute of all that may be imported, for tests to import.
pub(super) fn names() -> impl Iterator<Item = (&'static str, String)> {
    let refusals = VerificationError::NAMES.iter().map(|name| (EXCEPTIONS, class_name(name)));
    ALL.iter().map(|callback| (callback.module, callback.attribute.to_owned())).chain(refusals)
}
