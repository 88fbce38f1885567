//! The one map from the core's errors to Python's exceptions.

mod verification;

use pyo3::{PyErr, Python};

use crate::sigv4::SigningError;

mod exceptions {
    pyo3::import_exception!(rsigv4.exceptions, ExpiredCredentialsError);
    pyo3::import_exception!(rsigv4.exceptions, InvalidCredentialsError);
    pyo3::import_exception!(rsigv4.exceptions, InvalidRequestError);
    pyo3::import_exception!(rsigv4.exceptions, MissingCredentialsError);
    pyo3::import_exception!(rsigv4.exceptions, SigV4Error);
}

impl From<SigningError> for PyErr {
    fn from(error: SigningError) -> Self {
        let message = error.to_string();
        match error {
            SigningError::ExpiredCredentials => {
                exceptions::ExpiredCredentialsError::new_err(message)
            }
            SigningError::InvalidCredentials { .. } => {
                exceptions::InvalidCredentialsError::new_err(message)
            }
            SigningError::NoRandomNumbers => exceptions::SigV4Error::new_err(message),
            SigningError::InvalidRequest { .. } | SigningError::InvalidUrl { .. } => {
                exceptions::InvalidRequestError::new_err(message)
            }
        }
    }
}

/// Whether an error says that credentials have expired.
pub(super) fn is_expired(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<exceptions::ExpiredCredentialsError>(py)
}

/// A provider had no credentials to give.
pub(super) fn missing_credentials(message: &'static str) -> PyErr {
    exceptions::MissingCredentialsError::new_err(message)
}
