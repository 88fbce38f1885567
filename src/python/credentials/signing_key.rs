//! `SigningKey`: a key that is derived already, in the place of credentials.

use pyo3::buffer::PyBuffer;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};
use zeroize::Zeroizing;

use super::FrozenCredentials;
use crate::python::arguments::{secret_text, text, type_name};
use crate::python::clock::datetime_class;
use crate::sigv4::signing_key::derive;
use crate::sigv4::{ScopedKey, SigningError};

/// A derived key, which signs for one UTC day, region and service without the secret.
///
/// Pass it in the place of credentials, which then need no region and service. It is wiped from memory
/// when the object is deleted. No repr or error shows the key or the token. Pickles contain both.
///
/// Args:
///     access_key_id: The public half of the access key.
///     key: The derived key, 32 bytes.
///     date: The UTC day that the key is valid for: a `datetime.date`, or text such as `"20261130"`.
///     region: The region that the key is valid for.
///     service: The signing name of the service that the key is valid for.
///     session_token: The token of temporary credentials; None or empty for a user's own key.
///
/// Raises:
///     InvalidCredentialsError: *access_key_id*, *key*, *date* or *session_token* is not valid.
///     InvalidRequestError: *region* or *service* is not valid.
#[pyclass(frozen, name = "SigningKey", module = "rsigv4._core")]
pub(in crate::python) struct DerivedSigningKey(ScopedKey);

#[pymethods]
impl DerivedSigningKey {
    #[new]
    #[pyo3(signature = (access_key_id, key, date, region, service, session_token=None))]
    fn new(
        access_key_id: &Bound<'_, PyAny>,
        key: &Bound<'_, PyAny>,
        date: &Bound<'_, PyAny>,
        region: &Bound<'_, PyAny>,
        service: &Bound<'_, PyAny>,
        session_token: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let key = ScopedKey::new(
            secret_text("access_key_id", access_key_id)?,
            &bytes_of(key)?,
            &day(date)?,
            text("region", region)?,
            text("service", service)?,
            session_token.map(|token| secret_text("session_token", token)).transpose()?,
        )?;
        Ok(Self(key))
    }

    /// Derive the key of a UTC day, region and service from an access key.
    ///
    /// Args:
    ///     credentials: `Credentials`, or an object with `get_frozen_credentials()` such as botocore's.
    ///     date: A `datetime.date`, or text such as `"20261130"`.
    ///     region: Such as `"eu-central-1"`.
    ///     service: The service's signing name, such as `"execute-api"`.
    ///
    /// Raises:
    ///     InvalidCredentialsError: *credentials* have no secret, or *date* is not valid.
    ///     InvalidRequestError: *region* or *service* is not valid.
    #[staticmethod]
    #[pyo3(name = "derive")]
    fn derive_key(
        credentials: &Bound<'_, PyAny>,
        date: &Bound<'_, PyAny>,
        region: &Bound<'_, PyAny>,
        service: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let frozen = FrozenCredentials::from_provider(credentials)?;
        let credentials = frozen.borrow();
        let secret = credentials.secret_access_key().ok_or_else(|| {
            SigningError::credentials("credentials", "are a derived key: pass the access key")
        })?;
        let date = day(date)?;
        let (region, service) = (text("region", region)?, text("service", service)?);
        let key = derive(secret, &date, region, service);
        let (access_key_id, token) = (credentials.access_key_id(), credentials.session_token());
        Ok(Self(ScopedKey::new(access_key_id, &*key, &date, region, service, token)?))
    }

    /// The public half of the access key.
    #[getter]
    fn access_key_id(&self) -> &str {
        self.0.access_key_id()
    }

    /// The derived key.
    #[getter]
    fn key<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.as_bytes())
    }

    /// The UTC day that the key is valid for, such as `"20261130"`.
    #[getter]
    fn date(&self) -> &str {
        self.0.date()
    }

    /// The region that the key is valid for.
    #[getter]
    fn region(&self) -> &str {
        self.0.region()
    }

    /// The service that the key is valid for.
    #[getter]
    fn service(&self) -> &str {
        self.0.service()
    }

    /// The token of temporary credentials.
    #[getter]
    fn session_token(&self) -> Option<&str> {
        self.0.session_token()
    }

    fn __repr__(&self) -> String {
        let token = if self.session_token().is_some() { ", session_token=***" } else { "" };
        format!(
            "SigningKey(access_key_id='{}', key=***, date='{}', region='{}', service='{}'{token})",
            self.access_key_id(),
            self.date(),
            self.region(),
            self.service()
        )
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| self.0 == other.get().0)
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        PyString::new(py, self.access_key_id()).hash()
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let key = (self.access_key_id(), self.key(py));
        let scope = (self.date(), self.region(), self.service());
        (key.0, key.1, scope.0, scope.1, scope.2, self.session_token()).into_pyobject(py)
    }
}

impl DerivedSigningKey {
    /// The key for the core.
    pub(super) fn get(&self) -> &ScopedKey {
        &self.0
    }
}

fn bytes_of(key: &Bound<'_, PyAny>) -> PyResult<Zeroizing<Vec<u8>>> {
    let buffer = PyBuffer::<u8>::get(key).map_err(|_| {
        let problem = format!("must be bytes, not {}: pass the 32 bytes", type_name(key));
        SigningError::credentials("key", problem)
    })?;
    Ok(Zeroizing::new(buffer.to_vec(key.py())?))
}

/// Returns a day as `YYYYMMDD`.
fn day(date: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = date.cast::<PyString>() {
        return Ok(text.to_str()?.to_owned());
    }
    let problem = |problem| PyErr::from(SigningError::credentials("date", problem));
    if datetime_class(&date.get_type())?.is_some() {
        return Err(problem("is a datetime: pass the date() of a datetime in UTC".to_owned()));
    }
    let Some(format) = date.getattr_opt(intern!(date.py(), "strftime"))? else {
        return Err(problem(format!(
            "must be a datetime.date or text such as \"20261130\", not {}",
            type_name(date)
        )));
    };
    format.call1(("%Y%m%d",))?.extract()
}
