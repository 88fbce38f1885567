//! Finds what callers patch in the module and the class of the original, at each call.

use std::sync::{Arc, PoisonError, RwLock};

use pyo3::exceptions::{PyAttributeError, PyRuntimeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMappingProxy, PyString, PyType};

use crate::python::arguments::text;
use crate::python::headers::record_case_insensitive_dict;
use crate::python::requests::attributes::Attributes;
use crate::python::{callbacks, clock};
use crate::sigv4::{CanonicalRequest, CredentialScope, Credentials, SigningKey, SigningTime};

/// Recorded at the latest import, because a reload creates another class.
static MODULE: RwLock<Option<Arc<Module>>> = RwLock::new(None);

/// Record the contents of the drop-in's module at import. Later differences are patches.
#[pyfunction]
pub(in crate::python) fn record_originals(
    py: Python<'_>,
    module: &Bound<'_, PyDict>,
) -> PyResult<()> {
    let recorded = Arc::new(Module::record(module)?);
    // The old record is dropped after the lock, because dropping may run Python code.
    let _old = MODULE.write().unwrap_or_else(PoisonError::into_inner).replace(recorded);
    record_case_insensitive_dict(py)
}

/// The module `rsigv4.aws_auth` and its original contents.
pub(super) struct Module {
    globals: Py<PyDict>,
    class: Py<PyType>,
    /// A live view of the class's attributes.
    class_dict: Py<PyMappingProxy>,
    class_len: usize,
    get_signature_key: Py<PyAny>,
    /// `datetime.datetime`, unless it was a mock at the import.
    datetime_class: Option<Py<PyType>>,
}

impl Module {
    pub(super) fn get(py: Python<'_>) -> PyResult<Arc<Self>> {
        if let Some(module) = Self::recorded() {
            return Ok(module);
        }
        callbacks::AWS_REQUESTS_AUTH.current(py)?;
        Self::recorded().ok_or_else(|| {
            PyRuntimeError::new_err("import rsigv4.aws_auth before you sign with it")
        })
    }

    fn recorded() -> Option<Arc<Self>> {
        MODULE.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn record(globals: &Bound<'_, PyDict>) -> PyResult<Self> {
        let class = globals.as_any().get_item("AWSRequestsAuth")?.cast_into::<PyType>()?;
        let class_dict = class.getattr("__dict__")?.cast_into::<PyMappingProxy>()?;
        let datetime = globals.as_any().get_item("datetime")?.getattr("datetime")?;
        let datetime = datetime.cast::<PyType>().ok();
        let datetime_class = datetime.map(|class| clock::datetime_class(class)).transpose()?;
        Ok(Self {
            globals: globals.clone().unbind(),
            class: class.unbind(),
            class_len: class_dict.len()?,
            class_dict: class_dict.unbind(),
            get_signature_key: globals.as_any().get_item("getSignatureKey")?.unbind(),
            datetime_class: datetime_class.flatten().map(Bound::unbind),
        })
    }

    /// Reads the `__dict__` of an auth object directly, if neither a subclass nor a patch of the class
    /// could override it.
    ///
    /// The class inherits everything that may be patched, so a patch adds an attribute to it.
    pub(super) fn attributes<'a, 'py>(
        &self,
        auth: &'a Bound<'py, PyAny>,
    ) -> PyResult<Attributes<'a, 'py>> {
        let py = auth.py();
        let is_patched = self.class_dict.bind(py).len()? != self.class_len
            || !self.global(intern!(py, "AWSRequestsAuth"))?.is(&self.class);
        if is_patched {
            return Ok(Attributes::anywhere(auth));
        }
        Attributes::new(auth, self.class.bind(py))
    }

    /// Returns the current value of a global of the module.
    pub(super) fn global<'py>(&self, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        self.globals.bind(name.py()).get_item(name)?.ok_or_else(|| {
            PyAttributeError::new_err(format!("module 'rsigv4.aws_auth' has lost its {name}"))
        })
    }

    /// Reads the clock through `datetime.datetime`, like the original, because tests patch it there.
    pub(super) fn now(&self, py: Python<'_>) -> PyResult<SigningTime> {
        let class = self.global(intern!(py, "datetime"))?.getattr(intern!(py, "datetime"))?;
        if self.datetime_class.as_ref().is_some_and(|original| class.is(original)) {
            return clock::now(py);
        }
        let time = class.call_method0(intern!(py, "utcnow"))?;
        let time = time.call_method1(intern!(py, "strftime"), (intern!(py, "%Y%m%dT%H%M%SZ"),))?;
        Ok(SigningTime::parse(text("datetime.utcnow()", &time)?)?)
    }

    /// Takes the path and the query from the methods of the class if they are patched.
    ///
    /// The original calls the methods of the base class, so overrides in subclasses are ignored.
    pub(super) fn canonicalize<'a>(
        &self,
        auth: &Attributes<'_, '_>,
        r: &Bound<'_, PyAny>,
        mut canonical_request: CanonicalRequest<'a>,
    ) -> PyResult<CanonicalRequest<'a>> {
        if auth.is_original() {
            return Ok(canonical_request);
        }
        let py = r.py();
        let class = self.global(intern!(py, "AWSRequestsAuth"))?;
        let class_dict = self.class_dict.bind(py);
        let name = intern!(py, "get_canonical_path");
        if !class.is(&self.class) || class_dict.contains(name)? {
            let path = class.call_method1(name, (r,))?.extract()?;
            canonical_request = canonical_request.with_canonical_uri(path);
        }
        let name = intern!(py, "get_canonical_querystring");
        if !class.is(&self.class) || class_dict.contains(name)? {
            let query = class.call_method1(name, (r,))?.extract()?;
            canonical_request = canonical_request.with_canonical_query_string(query);
        }
        Ok(canonical_request)
    }

    /// Derives the key, with the module's `getSignatureKey` if it is patched.
    pub(super) fn signing_key(
        &self,
        py: Python<'_>,
        credentials: &Credentials<'_>,
        scope: &CredentialScope<'_>,
    ) -> PyResult<Option<SigningKey>> {
        let derive = self.global(intern!(py, "getSignatureKey"))?;
        if derive.is(&self.get_signature_key) {
            return Ok(None);
        }
        let arguments = (
            credentials.secret_access_key().unwrap_or_default(),
            scope.date(),
            scope.region,
            scope.service,
        );
        let key = derive.call1(arguments)?;
        Ok(Some(SigningKey::from_bytes(key.extract::<&[u8]>()?)))
    }
}
