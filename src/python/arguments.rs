//! Converts Python arguments to the types of the core.

use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyString};

use crate::sigv4::SigningError;

/// Returns the text of a `str`. The error for other values names the argument.
pub(super) fn text<'a>(
    argument: &'static str,
    value: &'a Bound<'_, PyAny>,
) -> Result<&'a str, SigningError> {
    read_text(value).map_err(|problem| SigningError::request(argument, problem))
}

/// Returns the text of an argument that is part of the credentials.
pub(super) fn secret_text<'a>(
    argument: &'static str,
    value: &'a Bound<'_, PyAny>,
) -> Result<&'a str, SigningError> {
    read_text(value).map_err(|problem| SigningError::credentials(argument, problem))
}

pub(super) fn read_text<'a>(value: &'a Bound<'_, PyAny>) -> Result<&'a str, String> {
    let Ok(text) = value.cast::<PyString>() else {
        let way_out = if value.is_none() {
            "pass its text"
        } else if value.is_instance_of::<PyBytes>() {
            "decode it first"
        } else {
            "pass text"
        };
        return Err(format!("must be str, not {}: {way_out}", type_name(value)));
    };
    text.to_str().map_err(|_| "has a lone surrogate: pass text that UTF-8 can encode".to_owned())
}

/// Returns the name of a value's type, for messages that must not show the value.
pub(super) fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "an unknown type".to_owned(), |name| name.to_string())
}

/// Converts `expires_in`, in seconds. The core refuses a number that is out of range.
pub(super) fn expires_in(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    let seconds = whole_number("expires_in", value)?;
    Ok(seconds.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(0))
}

/// Converts `length`, in bytes.
pub(super) fn length(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    let out_of_range =
        || SigningError::request("length", "is negative or too large: pass the length in bytes");
    Ok(whole_number("length", value)?.ok_or_else(out_of_range)?)
}

/// Converts `chunk_size`, in bytes.
pub(super) fn chunk_size(value: &Bound<'_, PyAny>) -> PyResult<usize> {
    let out_of_range = || {
        SigningError::request("chunk_size", "is negative or too large: pass a size such as 65536")
    };
    let size = whole_number("chunk_size", value)?.and_then(|size| usize::try_from(size).ok());
    Ok(size.ok_or_else(out_of_range)?)
}

/// Converts `max_clock_skew`, in seconds.
pub(super) fn max_clock_skew(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    let out_of_range = || {
        SigningError::request(
            "max_clock_skew",
            "is negative or too large: pass a number of seconds, such as 300",
        )
    };
    let seconds = whole_number("max_clock_skew", value)?;
    Ok(seconds.and_then(|seconds| u32::try_from(seconds).ok()).ok_or_else(out_of_range)?)
}

/// Converts `sign_session_token`.
pub(super) fn sign_session_token(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    flag("sign_session_token", value)
}

/// Converts `signed`.
pub(super) fn signed(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    flag("signed", value)
}

/// Converts a bool. `PyO3` names the argument only in a note, which Python 3.9 and 3.10 don't have.
pub(super) fn flag(argument: &'static str, value: &Bound<'_, PyAny>) -> PyResult<bool> {
    value.extract().map_err(|_| {
        let type_name = type_name(value);
        PyTypeError::new_err(format!(
            "{argument} must be bool, not {type_name}: pass True or False"
        ))
    })
}

/// Converts an int. Returns `None` if it is negative or doesn't fit.
fn whole_number(
    argument: &'static str,
    value: &Bound<'_, PyAny>,
) -> Result<Option<u64>, SigningError> {
    let is_whole = value.hasattr(intern!(value.py(), "__index__")).unwrap_or(false);
    if !is_whole || value.is_instance_of::<PyBool>() {
        return Err(SigningError::request(
            argument,
            format!("must be int, not {}: pass a whole number", type_name(value)),
        ));
    }
    Ok(value.extract().ok())
}
