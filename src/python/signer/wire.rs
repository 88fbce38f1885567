//! What clients have to know of a request before they send it.

use std::borrow::Cow;

use pyo3::prelude::*;
use pyo3::types::PyString;

use super::Signer;
use crate::python::arguments::text;
use crate::sigv4::Url;

/// Return the URL as it should be sent.
///
/// For the S3 family a `+` in its query becomes `%20`, as some of what reads it takes a plus for a
/// space and some for itself. For other services it stays as it is.
///
/// Raises:
///     InvalidRequestError: *url* can't be signed.
#[pyfunction]
pub(in crate::python) fn wire_url<'py>(
    signer: &Signer,
    url: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let sent = text("url", url)?;
    Ok(match signer.rules(&Url::parse(sent)?)?.wire_url(sent) {
        Cow::Borrowed(_) => url.clone(),
        Cow::Owned(sent) => PyString::new(url.py(), &sent).into_any(),
    })
}

/// Return whether the service at this URL takes bodies in chunks, as `Signer.chunked` makes them.
///
/// Raises:
///     InvalidRequestError: *url* can't be signed.
#[pyfunction]
pub(in crate::python) fn takes_chunks(signer: &Signer, url: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(signer.rules(&Url::parse(text("url", url)?)?)?.is_s3)
}
