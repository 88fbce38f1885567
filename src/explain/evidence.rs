//! All that is known of a refusal.

use super::causes::{Fact, Reader};
use super::claim::{Claim, SentRequest};
use super::response::Response;
use crate::sigv4::credentials::Credentials;
use crate::sigv4::time::SigningTime;

/// All that is known of a refusal.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// What the server said.
    pub response: &'a Response,
    /// The refused request.
    pub sent: Option<SentRequest<'a>>,
    /// The credentials that signed, or should have.
    pub credentials: Option<Credentials<'a>>,
    /// The time on this machine.
    pub now: Option<SigningTime>,
    /// Who reads the advice.
    pub reader: Reader,
}

/// The evidence with the parsed signature of the request.
pub(super) struct Case<'a> {
    pub(super) evidence: &'a Evidence<'a>,
    pub(super) response: &'a Response,
    pub(super) sent: Option<SentRequest<'a>>,
    pub(super) claim: Option<Claim<'a>>,
}

impl<'a> Case<'a> {
    pub(super) fn of(evidence: &'a Evidence<'a>) -> Self {
        let claim = evidence.sent.and_then(|sent| sent.claim());
        Self { evidence, response: evidence.response, sent: evidence.sent, claim }
    }

    /// The request and its signature, if both are known.
    pub(super) fn signed(&self) -> Option<(SentRequest<'a>, &Claim<'a>)> {
        Some((self.sent?, self.claim.as_ref()?))
    }

    /// The request and its signature, if they were sent. What was signed only to be explained, the server
    /// has not seen.
    pub(super) fn arrived(&self) -> Option<(SentRequest<'a>, &Claim<'a>)> {
        self.signed().filter(|(sent, _)| !sent.signed_here)
    }

    /// Whether the response repeats another key or signature than was sent.
    pub(super) fn is_of_another_request(&self) -> bool {
        let differs = |name, sent: &str| self.response.field(&[name]).is_some_and(|it| it != sent);
        self.arrived().is_some_and(|(_, claim)| {
            differs("AWSAccessKeyId", &claim.access_key_id)
                || differs("SignatureProvided", &claim.signature)
        })
    }

    /// The id of the access key that signed.
    pub(super) fn key(&self) -> Option<Fact> {
        let key = self.response.field(&["AWSAccessKeyId"]);
        let key = key.or_else(|| Some(self.arrived()?.1.access_key_id.clone()));
        key.map(|key| ("key", key))
    }
}
