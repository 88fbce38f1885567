//! The one map from a verifier's errors to Python's exceptions, which have the same names.

use pyo3::prelude::*;

use crate::python::callbacks::verification_error;
use crate::sigv4::verify::VerificationError as Error;

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        Python::attach(|py| {
            let class = match verification_error(py, &error) {
                Ok(class) => class,
                Err(error) => return error,
            };
            let text = error.to_string();
            if let Error::SignatureMismatch { canonical_request, string_to_sign } = error {
                let canonical_request = String::from_utf8_lossy(&canonical_request).into_owned();
                return Self::from_type(class, (text, canonical_request, string_to_sign));
            }
            Self::from_type(class, text)
        })
    }
}
