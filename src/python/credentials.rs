//! Credentials, and the objects that can provide them.

mod frozen;
mod provider;
mod signing_key;

use chrono::DateTime;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

pub(super) use self::frozen::FrozenCredentials;
pub(super) use self::provider::Provider;
pub(super) use self::signing_key::DerivedSigningKey;
use super::arguments::secret_text;
use super::clock::{aware_datetime, timestamp};
use crate::sigv4::{Credentials, OwnedCredentials, SigningError, SigningTime};

/// An access key: id and secret, and for temporary credentials the session token and the expiry.
///
/// The secret is wiped from memory when the object is deleted. No repr or error shows the secret or the
/// token. Pickles contain both.
#[pyclass(subclass, frozen, name = "Credentials", module = "rsigv4._core")]
pub(super) struct CredentialsBase(OwnedCredentials);

#[pymethods]
impl CredentialsBase {
    #[new]
    #[pyo3(signature = (access_key_id, secret_access_key, session_token=None, *, expires_at=None))]
    fn new(
        access_key_id: &Bound<'_, PyAny>,
        secret_access_key: &Bound<'_, PyAny>,
        session_token: Option<&Bound<'_, PyAny>>,
        expires_at: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let credentials = OwnedCredentials::new(
            secret_text("access_key_id", access_key_id)?,
            secret_text("secret_access_key", secret_access_key)?,
            session_token.map(|token| secret_text("session_token", token)).transpose()?,
        )?;
        let expires_at = expires_at
            .map(|expires_at| {
                let problem = |problem| SigningError::credentials("expires_at", problem);
                let seconds = timestamp(expires_at, problem)?;
                DateTime::from_timestamp(seconds, 0)
                    .ok_or_else(|| PyErr::from(problem("is out of range".to_owned())))
            })
            .transpose()?;
        Ok(Self(credentials.with_expiry(expires_at)))
    }

    /// The public half of the key.
    #[getter]
    fn access_key_id(&self) -> &str {
        self.borrow().access_key_id()
    }

    /// The secret half of the key.
    #[getter]
    fn secret_access_key(&self) -> &str {
        self.0.secret_access_key()
    }

    /// The token of temporary credentials.
    #[getter]
    fn session_token(&self) -> Option<&str> {
        self.borrow().session_token()
    }

    /// When temporary credentials expire, to the second.
    #[getter]
    fn expires_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.borrow().expires_at().map(|end| aware_datetime(py, end.timestamp())).transpose()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let credentials = slf.get().borrow();
        let name = slf.get_type().name()?;
        let key = credentials.access_key_id();
        let mut repr = format!("{name}(access_key_id='{key}', secret_access_key=***");
        if credentials.session_token().is_some() {
            repr += ", session_token=***";
        }
        if let Some(expires_at) = credentials.expires_at() {
            let expires_at = SigningTime::from_timestamp(expires_at.timestamp())?;
            repr.push_str(", expires_at=");
            repr.push_str(expires_at.as_str());
        }
        Ok(repr + ")")
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| self.0 == other.get().0)
    }

    fn __hash__(slf: &Bound<'_, Self>) -> PyResult<isize> {
        pyo3::types::PyString::new(slf.py(), slf.get().borrow().access_key_id()).hash()
    }

    fn __getnewargs_ex__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        let keywords = PyDict::new(py);
        let expires_at = self.borrow().expires_at();
        keywords.set_item("expires_at", expires_at.map(|expires_at| expires_at.timestamp()))?;
        let key = (self.access_key_id(), self.secret_access_key(), self.session_token());
        Ok((key.into_pyobject(py)?, keywords))
    }
}

impl CredentialsBase {
    /// The credentials for the core.
    pub(super) fn borrow(&self) -> Credentials<'_> {
        self.0.borrow()
    }
}
