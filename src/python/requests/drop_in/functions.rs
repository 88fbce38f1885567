//! The module functions of the original.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::python::arguments::{secret_text, text};
use crate::sigv4::signature::hmac_sha256;
use crate::sigv4::signing_key::derive;

/// Return the HMAC-SHA256 of a message: 32 bytes.
#[pyfunction]
pub(in crate::python) fn sign<'py>(
    py: Python<'py>,
    key: &[u8],
    msg: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyBytes>> {
    Ok(PyBytes::new(py, &hmac_sha256(key, text("msg", msg)?.as_bytes())))
}

/// Return the signing key of a day (`YYYYMMDD`), region and service: 32 bytes.
#[pyfunction]
#[pyo3(name = "getSignatureKey")]
#[expect(non_snake_case, reason = "they are the keyword arguments of the original")]
pub(in crate::python) fn get_signature_key<'py>(
    py: Python<'py>,
    key: &Bound<'py, PyAny>,
    dateStamp: &Bound<'py, PyAny>,
    regionName: &Bound<'py, PyAny>,
    serviceName: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyBytes>> {
    let key = derive(
        secret_text("key", key)?,
        text("dateStamp", dateStamp)?,
        text("regionName", regionName)?,
        text("serviceName", serviceName)?,
    );
    Ok(PyBytes::new(py, &*key))
}
