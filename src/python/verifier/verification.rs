//! A request whose key and body are still to be checked.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use super::body::{BodyVerifier, feed};
use super::identity::VerifiedIdentity;
use crate::python::arguments::{text, type_name};
use crate::python::body::update;
use crate::python::credentials::FrozenCredentials;
use crate::sigv4::payload::PayloadHasher;
use crate::sigv4::verify::{self, VerificationError};
use crate::sigv4::{Credentials, HashedPayload, SigningError, SigningKeyCache, SigningTime};

/// A request that passed all checks that don't need the key.
#[pyclass(frozen, module = "rsigv4._core")]
pub(in crate::python) struct Verification {
    pub(super) inner: verify::Verification,
    pub(super) now: SigningTime,
    pub(super) keys: Arc<SigningKeyCache>,
}

#[pymethods]
impl Verification {
    /// The id of the access key to look up.
    #[getter]
    fn access_key_id(&self) -> &str {
        self.inner.access_key_id()
    }

    /// Whether the request doesn't state the hash of its body, so that `check` needs it.
    #[getter]
    fn needs_body_hash(&self) -> bool {
        self.inner.needs_body_hash()
    }

    /// The length of the decoded body that the headers declare, or None. It is not verified yet.
    #[getter]
    fn declared_length(&self) -> Option<u64> {
        self.inner.declared_length()
    }

    /// Make the checks that don't need the body: an unknown or expired key, a wrong session token or an
    /// unsigned `x-amz-*` header is refused.
    ///
    /// Call this before you read the body for `check`, so that strangers can't make you read or store
    /// one. Refusing an unknown key takes as long as in `check`.
    ///
    /// Args:
    ///     credentials: As for `check`.
    ///
    /// Raises:
    ///     VerificationError: The request is refused; the class of the error says why.
    ///     InvalidCredentialsError: *credentials* are not credentials, or belong to another key.
    fn check_credentials(&self, credentials: &Bound<'_, PyAny>) -> PyResult<()> {
        self.with_credentials(credentials, |credentials| {
            self.inner.check_credentials(credentials, &self.now, &self.keys)
        })
    }

    /// Verify token, key and signature, and return a `BodyVerifier` for the body.
    ///
    /// Args:
    ///     credentials: `Credentials`, or botocore's; None for an unknown key, which takes as long to
    ///         refuse as a wrong signature.
    ///     body_sha256: The body's SHA-256 in lowercase hexadecimal digits, if `needs_body_hash`.
    ///
    /// Raises:
    ///     VerificationError: The request is refused; the class of the error says why.
    ///     InvalidCredentialsError: *credentials* are not credentials, or belong to another key.
    ///     InvalidRequestError: *body_sha256* is missing, or is not a hash.
    #[pyo3(signature = (credentials, body_sha256=None))]
    fn check(
        &self,
        credentials: &Bound<'_, PyAny>,
        body_sha256: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<BodyVerifier> {
        let hashed_body = body_sha256.map(hashed_body).transpose()?;
        if hashed_body.is_none() && self.needs_body_hash() {
            return Err(SigningError::request(
                "body_sha256",
                "is missing: the request does not state the hash of its body, so pass it",
            )
            .into());
        }
        let body = self.check_key(credentials, hashed_body)?;
        Ok(BodyVerifier::new(body))
    }

    /// Verify the request and its body, and return the `VerifiedIdentity` of who signed it.
    ///
    /// Args:
    ///     credentials: As for `check`.
    ///     body: The whole body as bytes or str (UTF-8), or an iterable of bytes, which is read once. It
    ///         is not read if the request is refused without it.
    ///
    /// Raises:
    ///     VerificationError: The request is refused; the class of the error says why.
    ///     InvalidCredentialsError: *credentials* are not credentials, or belong to another key.
    ///     InvalidRequestError: *body* is of the wrong type.
    pub(super) fn identify(
        &self,
        credentials: &Bound<'_, PyAny>,
        body: &Bound<'_, PyAny>,
    ) -> PyResult<VerifiedIdentity> {
        let py = body.py();
        if self.needs_body_hash() {
            self.check_credentials(credentials)?;
            let mut hasher = PayloadHasher::default();
            for_each_piece(body, |piece| {
                update(py, &mut hasher, piece);
                Ok(())
            })?;
            let body = self.check_key(credentials, Some(hasher.finish()))?;
            return Ok(VerifiedIdentity::of(&body));
        }
        let mut verifier = self.check_key(credentials, None)?;
        for_each_piece(body, |piece| {
            feed(py, &mut verifier, piece)?;
            Ok(())
        })?;
        let identity = VerifiedIdentity::of(&verifier);
        verifier.finish()?;
        Ok(identity)
    }
}

impl Verification {
    fn check_key(
        &self,
        credentials: &Bound<'_, PyAny>,
        hashed_body: Option<HashedPayload>,
    ) -> PyResult<verify::BodyVerifier> {
        self.with_credentials(credentials, |credentials| {
            self.inner.check(credentials, hashed_body, &self.now, &self.keys)
        })
    }

    /// Calls `check` with the credentials that the lookup has returned.
    fn with_credentials<T>(
        &self,
        credentials: &Bound<'_, PyAny>,
        check: impl FnOnce(Option<&Credentials<'_>>) -> Result<T, VerificationError>,
    ) -> PyResult<T> {
        let found = if credentials.is_none() {
            None
        } else {
            Some(FrozenCredentials::from_provider(credentials)?)
        };
        let credentials = found.as_ref().map(|found| found.borrow());
        if credentials.is_some_and(|found| found.access_key_id() != self.access_key_id()) {
            return Err(SigningError::credentials(
                "credentials",
                "belong to another access key: look up access_key_id, and return None if it is \
                 unknown",
            )
            .into());
        }
        Ok(check(credentials.as_ref())?)
    }
}

fn hashed_body(digits: &Bound<'_, PyAny>) -> PyResult<HashedPayload> {
    let hash = HashedPayload::parse(text("body_sha256", digits)?)
        .map_err(|error| error.rename_argument(|_| "body_sha256"))?;
    if hash.is_hash() {
        return Ok(hash);
    }
    Err(SigningError::request("body_sha256", "is not a hash: pass the SHA-256 of the body").into())
}

fn for_each_piece(
    body: &Bound<'_, PyAny>,
    mut take: impl FnMut(&[u8]) -> PyResult<()>,
) -> PyResult<()> {
    if let Ok(bytes) = body.cast::<PyBytes>() {
        return take(bytes.as_bytes());
    }
    if body.is_instance_of::<PyString>() {
        return take(text("body", body)?.as_bytes());
    }
    let pieces = body.try_iter().map_err(|_| {
        SigningError::request(
            "body",
            format!("must be str, bytes or an iterable of bytes, not {}", type_name(body)),
        )
    })?;
    for piece in pieces {
        let piece = piece?;
        let Ok(bytes) = piece.cast::<PyBytes>() else {
            return Err(SigningError::request(
                "body",
                format!("yields {}: let it yield bytes", type_name(&piece)),
            )
            .into());
        };
        take(bytes.as_bytes())?;
    }
    Ok(())
}
