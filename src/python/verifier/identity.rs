//! Who signed a request.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::python::clock::aware_datetime;
use crate::sigv4::signature::HexDigits;
use crate::sigv4::verify::{self, Identity};

/// Who signed a request, and which parts of it.
#[pyclass(frozen, module = "rsigv4._core")]
#[derive(Clone)]
pub(in crate::python) struct VerifiedIdentity {
    identity: Arc<Identity>,
    string_to_sign: Arc<str>,
    payload: &'static str,
}

#[pymethods]
impl VerifiedIdentity {
    /// The id of the access key that signed it.
    #[getter]
    fn access_key_id(&self) -> &str {
        &self.identity.access_key_id
    }

    /// The algorithm: `"AWS4-HMAC-SHA256"`, or `"AWS4-ECDSA-P256-SHA256"` for SigV4a.
    #[getter]
    fn algorithm(&self) -> &str {
        self.identity.algorithm.name()
    }

    /// The region that it is signed for, or the region set of SigV4a.
    #[getter]
    fn region(&self) -> &str {
        &self.identity.region
    }

    /// The service that it is signed for.
    #[getter]
    fn service(&self) -> &str {
        &self.identity.service
    }

    /// The time of the signature, as an aware datetime.
    #[getter]
    fn signed_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        aware_datetime(py, self.identity.signed_at.instant().timestamp())
    }

    /// The time at which a presigned URL expires, as an aware datetime; None for other requests.
    #[getter]
    fn expires_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let signed_at = self.identity.signed_at.instant().timestamp();
        let end = self.identity.expires_in.map(|seconds| signed_at + i64::from(seconds));
        end.map(|end| aware_datetime(py, end)).transpose()
    }

    /// The lowercase names of the signed headers, sorted.
    #[getter]
    fn signed_headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.identity.signed_headers.split(';').collect::<Vec<_>>())
    }

    /// How the body is signed: `"signed"`, `"streaming"` (chunk by chunk) or `"unsigned"`.
    #[getter]
    fn payload(&self) -> &str {
        self.payload
    }

    /// The SHA-256 of the string to sign, in lowercase hexadecimal digits.
    ///
    /// To refuse replays, store it with `access_key_id`. Don't store the signature instead: anyone who
    /// sees a SigV4a signature can make another one for the same request.
    #[getter]
    fn string_to_sign_sha256<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::new(py, HexDigits::of_sha256(self.string_to_sign.as_bytes()).as_str())
    }

    fn __repr__(&self) -> String {
        let Identity { access_key_id, region, service, .. } = &*self.identity;
        format!(
            "VerifiedIdentity(access_key_id='{access_key_id}', region='{region}', \
             service='{service}', payload='{}')",
            self.payload
        )
    }
}

impl VerifiedIdentity {
    pub(super) fn of(body: &verify::BodyVerifier) -> Self {
        let payload = match (body.is_signed(), body.is_streamed()) {
            (true, true) => "streaming",
            (true, false) => "signed",
            (false, _) => "unsigned",
        };
        Self {
            identity: Arc::clone(body.identity()),
            string_to_sign: Arc::clone(body.string_to_sign()),
            payload,
        }
    }
}
