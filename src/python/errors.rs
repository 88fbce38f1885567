//! Converts the core's errors to Python's exceptions.

use pyo3::{PyErr, Python};

use super::callbacks::verification_error;
use crate::sigv4::SigningError;
use crate::sigv4::verify::VerificationError;

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

/// The exceptions of a verifier's refusals have the same names.
impl From<VerificationError> for PyErr {
    fn from(error: VerificationError) -> Self {
        Python::attach(|py| {
            let class = match verification_error(py, &error) {
                Ok(class) => class,
                Err(error) => return error,
            };
            let text = error.to_string();
            if let VerificationError::SignatureMismatch { canonical_request, string_to_sign } =
                error
            {
                let canonical_request = String::from_utf8_lossy(&canonical_request).into_owned();
                return Self::from_type(class, (text, canonical_request, string_to_sign));
            }
            Self::from_type(class, text)
        })
    }
}

/// Whether an error says that credentials have expired.
pub(super) fn is_expired(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<exceptions::ExpiredCredentialsError>(py)
}

/// A provider has no credentials.
pub(super) fn missing_credentials(message: &'static str) -> PyErr {
    exceptions::MissingCredentialsError::new_err(message)
}
