//! The body of a request that arrived, verified as it is read.

use std::borrow::Cow;
use std::sync::Arc;

use super::Identity;
use super::arrived::{ArrivedSignature, one_header, one_parameter};
use super::error::VerificationError;
use crate::sigv4::headers::Header;
use crate::sigv4::payload::{HashedPayload, PayloadHasher};
use crate::sigv4::service::ServiceRules;
use crate::sigv4::signing_key::SigningKey;
use crate::sigv4::uri::Url;

/// What the request's signature says of its body.
#[derive(Clone, Debug)]
pub(super) struct Payload {
    /// The last line of the canonical request, where the request itself has it.
    stated: Option<HashedPayload>,
}

impl Payload {
    pub(super) fn of(
        arrived: &ArrivedSignature,
        service: &ServiceRules,
        url: &Url<'_>,
        headers: &[Header<'_>],
    ) -> Result<Self, VerificationError> {
        let is_presigned = arrived.expires_in.is_some();
        let mut stated = one_header("x-amz-content-sha256", headers)?
            .map(|value| String::from_utf8_lossy(value.trim_ascii()));
        if is_presigned
            && let Some(parameter) = one_parameter("X-Amz-Content-Sha256", url)?
            && stated.replace(parameter.clone()).is_some_and(|header| header != parameter)
        {
            return Err(VerificationError::RepeatedField("X-Amz-Content-Sha256"));
        }
        let stated = match stated {
            Some(stated) => Some(
                HashedPayload::parse(&stated).map_err(|_| VerificationError::UnsupportedPayload)?,
            ),
            None if is_presigned && service.presigns_unsigned_payload => {
                Some(HashedPayload::UNSIGNED)
            }
            None => None,
        };
        if stated.as_ref().is_some_and(HashedPayload::is_streamed) {
            return Err(VerificationError::UnsupportedPayload);
        }
        Ok(Self { stated })
    }

    /// What the request itself says stands for its body.
    pub(super) fn stated(&self) -> Option<&HashedPayload> {
        self.stated.as_ref()
    }
}

/// Verifies a body as it is read.
#[derive(Debug)]
pub struct BodyVerifier {
    identity: Identity,
    hashed_payload: HashedPayload,
    hasher: PayloadHasher,
}

impl BodyVerifier {
    pub(super) fn new(
        identity: &Identity,
        _payload: &Payload,
        hashed_payload: HashedPayload,
        _signing_key: Arc<SigningKey>,
        _signature: &[u8],
    ) -> Self {
        Self { identity: identity.clone(), hashed_payload, hasher: PayloadHasher::default() }
    }

    /// Who signed the request.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Whether it comes in chunks, and what [`BodyVerifier::feed`] returns is not what it is fed.
    pub fn is_streamed(&self) -> bool {
        false
    }

    /// Whether the signature covers the body.
    pub fn is_signed(&self) -> bool {
        !self.hashed_payload.is_unsigned()
    }

    /// Takes the next piece, and returns what of the body may be passed on.
    ///
    /// # Errors
    ///
    /// A chunk is not the one that was signed, or is none.
    pub fn feed<'a>(&mut self, data: &'a [u8]) -> Result<Cow<'a, [u8]>, VerificationError> {
        if self.is_signed() {
            self.hasher.update(data);
        }
        Ok(Cow::Borrowed(data))
    }

    /// Ends the body.
    ///
    /// # Errors
    ///
    /// It is not the body that was signed, or not all of it.
    pub fn finish(self) -> Result<(), VerificationError> {
        if self.is_signed() && self.hasher.finish() != self.hashed_payload {
            return Err(VerificationError::BodyMismatch);
        }
        Ok(())
    }
}
