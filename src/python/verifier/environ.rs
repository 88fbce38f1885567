//! The headers of a WSGI environment.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use crate::python::arguments::read_text;
use crate::python::headers::latin1;
use crate::sigv4::SigningError;

/// The two headers whose names in CGI and WSGI have no prefix.
const UNPREFIXED: [&str; 2] = ["CONTENT_LENGTH", "CONTENT_TYPE"];

type HeaderBytes<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>);

/// Return the headers of a WSGI environment, with lowercase names.
///
/// Args:
///     environ: The environment. Servers decode the values of headers as Latin-1.
///
/// Raises:
///     InvalidRequestError: The value of a header is not Latin-1.
#[pyfunction]
pub(in crate::python) fn environ_headers<'py>(
    environ: &Bound<'py, PyDict>,
) -> PyResult<Vec<HeaderBytes<'py>>> {
    let py = environ.py();
    let mut headers = Vec::new();
    for (key, value) in environ {
        let Ok(key) = key.cast::<PyString>() else { continue };
        // A name that UTF-8 can't encode is refused like others that are not ASCII.
        let key = key.to_str().map_or_else(|_| key.to_string_lossy(), Into::into);
        let Some(name) = header_name(&key) else { continue };
        let value = read_text(&value).ok().and_then(latin1).ok_or_else(|| {
            let problem =
                "has a header that is not text in Latin-1: PEP 3333 requires it of servers";
            SigningError::request("environ", problem)
        })?;
        headers.push((PyBytes::new(py, &name), PyBytes::new(py, &value)));
    }
    Ok(headers)
}

/// Returns the name of the header that a variable has, if it has one.
fn header_name(key: &str) -> Option<Vec<u8>> {
    let name = match key.strip_prefix("HTTP_") {
        Some(name) => name,
        None => UNPREFIXED.contains(&key).then_some(key)?,
    };
    let to_header = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    Some(name.bytes().map(to_header).collect())
}
