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
    /// Whether the response repeats another key, signature or hash than was sent.
    pub(super) is_of_another_request: bool,
}

impl<'a> Case<'a> {
    pub(super) fn of(evidence: &'a Evidence<'a>) -> Self {
        let claim = evidence.sent.and_then(|sent| sent.claim());
        let (response, sent) = (evidence.response, evidence.sent);
        let mut case = Self { evidence, response, sent, claim, is_of_another_request: false };
        case.is_of_another_request = case.arrived().is_some_and(|(sent, claim)| {
            let payload = sent.request.hashed_payload();
            let repeats = |name, part: &str| response.field(&[name]).map(|shown| shown == part);
            repeats("AWSAccessKeyId", &claim.access_key_id) == Some(false)
                || repeats("SignatureProvided", &claim.signature) == Some(false)
                || payload.is_some_and(|payload| {
                    // It is an error only if the two differ.
                    repeats("ClientComputedContentSHA256", payload) == Some(false)
                        || repeats("S3ComputedContentSHA256", payload) == Some(true)
                })
        });
        case
    }

    /// The request and its signature, if both are known.
    pub(super) fn signed(&self) -> Option<(SentRequest<'a>, &Claim<'a>)> {
        Some((self.sent?, self.claim.as_ref()?))
    }

    /// The request and its signature, if the response is that of the two. What was signed only to be
    /// explained, the server has not seen.
    pub(super) fn arrived(&self) -> Option<(SentRequest<'a>, &Claim<'a>)> {
        self.signed().filter(|(sent, _)| !sent.signed_here && !self.is_of_another_request)
    }

    /// The id of the access key that signed.
    pub(super) fn key(&self) -> Option<Fact> {
        let key = self.response.field(&["AWSAccessKeyId"]);
        let key = key.or_else(|| Some(self.arrived()?.1.access_key_id.clone()));
        key.map(|key| ("key", key))
    }
}
