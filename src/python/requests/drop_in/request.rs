//! The body and the headers of the drop-in's requests.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use super::patches::Module;
use crate::python::body::Body;
use crate::python::requests::attributes::Attributes;
use crate::python::requests::prepared_request::{set_headers, update_headers};
use crate::sigv4::HashedPayload;
use crate::sigv4::names::{header, parameter};

/// Hashes the body. A one-shot body is read, and replaced by its bytes.
pub(super) fn hash_body(
    auth: &Attributes<'_, '_>,
    r: &Bound<'_, PyAny>,
    module: &Module,
) -> PyResult<HashedPayload> {
    let py = auth.object().py();
    let body = r.getattr(intern!(py, "body"))?;
    match Body::hash(&body) {
        Ok(Body::Hashed(hashed_payload)) => Ok(hashed_payload),
        // Like the original, treat any falsy body as empty.
        Ok(Body::SinglePass) | Err(_) if !body.is_truthy()? => Ok(HashedPayload::EMPTY),
        Ok(Body::SinglePass) => {
            let limit = auth.get(intern!(py, "max_buffered_body"))?;
            let buffer_body = module.global(intern!(py, "buffer_body"))?;
            let bytes = buffer_body.call1((r, limit))?;
            Ok(HashedPayload::of(bytes.cast::<PyBytes>()?.as_bytes()))
        }
        Err(error) => Err(error),
    }
}

/// The headers of a signature as Python objects.
pub(super) struct SignatureHeaders<'py> {
    pub(super) authorization: Bound<'py, PyString>,
    pub(super) x_amz_date: Bound<'py, PyString>,
    pub(super) x_amz_content_sha256: Bound<'py, PyString>,
    /// The lowercase name of its header, and the token.
    pub(super) session_token: Option<(&'static str, Bound<'py, PyAny>)>,
}

impl<'py> SignatureHeaders<'py> {
    /// The headers in the original's order and letter case.
    fn pairs(
        self,
        py: Python<'py>,
    ) -> impl Iterator<Item = (Bound<'py, PyString>, Bound<'py, PyAny>)> {
        let name = |name: &Bound<'py, PyString>| name.clone();
        [
            Some((name(intern!(py, "Authorization")), self.authorization.into_any())),
            Some((name(intern!(py, header::DATE)), self.x_amz_date.into_any())),
            Some((name(intern!(py, header::CONTENT_SHA256)), self.x_amz_content_sha256.into_any())),
            self.session_token.map(|(lowercase, token)| match lowercase {
                header::S3SESSION_TOKEN => (name(intern!(py, parameter::S3SESSION_TOKEN)), token),
                _ => (name(intern!(py, parameter::SECURITY_TOKEN)), token),
            }),
        ]
        .into_iter()
        .flatten()
    }
}

/// The headers to add to a request: ours, or whatever an override returned.
pub(super) enum Added<'py> {
    Ours(SignatureHeaders<'py>),
    Theirs(Bound<'py, PyAny>),
}

impl<'py> Added<'py> {
    /// Returns our headers as a dict, or whatever an override returned.
    pub(super) fn into_object(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Self::Ours(ours) => {
                let headers = PyDict::new(py);
                for (name, value) in ours.pairs(py) {
                    headers.set_item(name, value)?;
                }
                Ok(headers.into_any())
            }
            Self::Theirs(theirs) => Ok(theirs),
        }
    }

    /// Sets the headers, and replaces those of the same names.
    pub(super) fn add_to(self, headers: &Bound<'py, PyAny>) -> PyResult<()> {
        match self {
            Self::Ours(ours) => set_headers(headers, ours.pairs(headers.py())),
            Self::Theirs(theirs) => update_headers(headers, &theirs),
        }
    }
}
