//! Both sides' stages: what was signed, as far as it can be known, and what the server expected.

use super::Evidence;
use super::bodies::OtherBodies;
use super::causes::Cause;
use super::claim::{Claim, SentRequest};
use super::differences;
use super::lines::{CanonicalLines, LinePair, pair_canonical_requests, pair_strings_to_sign};
use super::mistakes::Mistakes;
use crate::sigv4::credentials::Credentials;
use crate::sigv4::scope::CredentialScope;
use crate::sigv4::service::PathRules;
use crate::sigv4::signature::Signature;
use crate::sigv4::signing_key::SigningKey;

/// What the secret at hand proves of the signature that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// There is no secret at hand, or what it signed can't be rebuilt.
    None,
    /// It signed the request as it was sent, or with a mistake that was found.
    OfOurs,
    /// It signed what the server says that it expected.
    OfTheirs,
    /// It signed neither.
    Refuted,
}

/// The stages of both sides.
pub(super) struct Stages {
    ours: Option<CanonicalLines>,
    our_string_to_sign: Option<String>,
    theirs: Option<CanonicalLines>,
    their_string_to_sign: Option<String>,
    /// What signers that break AWS's rules would have signed.
    invited: Vec<CanonicalLines>,
    /// What is wrong with the secret that signed.
    secret: Option<Cause>,
    path: PathRules,
    bodies: OtherBodies,
    pub(super) proof: Proof,
}

impl Stages {
    pub(super) fn of(evidence: &Evidence<'_>, claim: Option<&Claim<'_>>) -> Self {
        let answer = evidence.answer;
        let theirs = answer.canonical_request();
        let mut stages = Self {
            ours: None,
            our_string_to_sign: None,
            theirs: theirs.and_then(|text| CanonicalLines::parse(&text)),
            their_string_to_sign: answer.string_to_sign(),
            invited: Vec::new(),
            secret: None,
            path: PathRules::MOST,
            bodies: OtherBodies::of(evidence.sent.and_then(|sent| sent.content)),
            proof: Proof::None,
        };
        if let (Some(sent), Some(claim)) = (evidence.sent, claim) {
            stages.rebuild(evidence, sent, claim);
        }
        stages
    }

    fn rebuild(&mut self, evidence: &Evidence<'_>, sent: SentRequest<'_>, claim: &Claim<'_>) {
        self.path = sent.path_rules(claim);
        // A body that can't be read any more is taken to be what the server has read.
        let of_theirs = self.theirs.as_ref().map(|lines| lines.hashed_payload.clone());
        let known = sent.hashed_payload(claim).map(str::to_owned);
        let hashed_payload = known.clone().or(of_theirs);
        if let Some(hashed_payload) = &hashed_payload
            && let Some(canonical) = sent.canonical_request(claim, self.path, hashed_payload)
        {
            let text = String::from_utf8_lossy(&canonical.to_bytes()).into_owned();
            self.ours = CanonicalLines::parse(&text);
            if let Some(ours) = &self.ours {
                self.theirs = self.theirs.take().map(|theirs| theirs.with_tokens_of(ours));
            }
            self.our_string_to_sign = claim.string_to_sign(&canonical);
        }
        // The key that should have signed, if its access key is the one that did.
        let credentials = evidence.credentials;
        let credentials = credentials.filter(|known| known.access_key_id() == claim.access_key_id);
        if let (Some(credentials), Some(scope)) = (credentials, claim.credential_scope()) {
            self.prove(sent, claim, &credentials, &scope);
        } else if let Some(right) = &self.ours {
            let mistakes = Mistakes { sent, claim, path: self.path, bodies: &self.bodies };
            self.invited = mistakes.invited(right).into();
        }
    }

    fn prove(
        &mut self,
        sent: SentRequest<'_>,
        claim: &Claim<'_>,
        credentials: &Credentials<'_>,
        scope: &CredentialScope<'_>,
    ) {
        let key = SigningKey::derive(credentials, scope);
        let signature = Signature::bytes_of(&claim.signature);
        let signs =
            |text: &Option<String>| text.as_ref().is_some_and(|text| key.verify(text, &signature));
        let mistakes = Mistakes { sent, claim, path: self.path, bodies: &self.bodies };
        if signs(&self.our_string_to_sign) {
            self.proof = Proof::OfOurs;
        } else if signs(&self.their_string_to_sign) {
            self.proof = Proof::OfTheirs;
        } else if let Some(signed) = mistakes.find(credentials, scope) {
            // What the request should have been signed as stands in for what the server doesn't tell.
            let should = self.ours.take();
            let should_string = self.our_string_to_sign.take();
            self.theirs = self.theirs.take().or(should);
            self.their_string_to_sign = self.their_string_to_sign.take().or(should_string);
            self.ours = Some(signed.lines);
            self.our_string_to_sign = Some(signed.string_to_sign);
            self.secret = signed.secret;
            self.proof = Proof::OfOurs;
        } else if self.ours.is_some() {
            self.proof = Proof::Refuted;
        }
    }

    /// What is wrong with the secret, and what the differences mean, those of the canonical requests
    /// first.
    pub(super) fn differences(&self) -> Vec<Cause> {
        let mut causes: Vec<_> = self.secret.iter().cloned().collect();
        if self.proof == Proof::OfTheirs {
            return causes;
        }
        if let (Some(ours), Some(theirs)) = (&self.ours, &self.theirs) {
            causes.extend(self.differences_of(ours, theirs));
        }
        if let (Some(ours), Some(theirs)) = (&self.our_string_to_sign, &self.their_string_to_sign) {
            causes.extend(differences::of_strings_to_sign(ours, theirs));
        }
        causes
    }

    /// Whether what was signed could be rebuilt.
    pub(super) fn ours_is_known(&self) -> bool {
        self.ours.is_some()
    }

    /// Whether both sides are known and say the same.
    pub(super) fn are_alike(&self) -> bool {
        self.ours.is_some() && self.ours == self.theirs
    }

    /// What a signer may have done wrong with a request like this, where nothing proves or refutes it.
    pub(super) fn invited_mistakes(&self) -> Vec<Cause> {
        let Some(right) = &self.ours else { return Vec::new() };
        let causes = self.invited.iter().flat_map(|mistaken| {
            let causes = self.differences_of(mistaken, right);
            causes.into_iter().map(|cause| Cause { certain: false, ..cause })
        });
        causes.collect()
    }

    fn differences_of(&self, ours: &CanonicalLines, theirs: &CanonicalLines) -> Vec<Cause> {
        differences::of_canonical_requests(ours, theirs, self.path, &self.bodies)
    }

    /// The lines of both sides, side by side.
    pub(super) fn pairs(&self) -> (Vec<LinePair>, Vec<LinePair>) {
        let canonical_requests = match (&self.ours, &self.theirs) {
            (Some(ours), Some(theirs)) => pair_canonical_requests(ours, theirs),
            _ => Vec::new(),
        };
        let strings_to_sign = match (&self.our_string_to_sign, &self.their_string_to_sign) {
            (Some(ours), Some(theirs)) => pair_strings_to_sign(ours, theirs),
            _ => Vec::new(),
        };
        (canonical_requests, strings_to_sign)
    }
}
