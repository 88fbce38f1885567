//! Both sides' stages: what was signed, as far as it can be known, and what the server expected.

use super::super::service::PathRules;
use super::super::signing_key::SigningKey;
use super::Evidence;
use super::cause::Cause;
use super::differences;
use super::lines::{CanonicalLines, LinePair, pair_canonical_requests, pair_strings_to_sign};
use super::mistakes::Mistakes;
use super::sent::{Claim, SentRequest};

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
    path: PathRules,
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
            path: PathRules::MOST,
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
            self.our_string_to_sign = claim.string_to_sign(&canonical);
        }
        let mistakes = Mistakes { sent, claim, path: self.path };
        match signing_key(evidence, claim) {
            Some(key) => self.prove(claim, &key, &mistakes),
            None => {
                self.invited = mistakes.invited(&hashed_payload.unwrap_or_default());
            }
        }
    }

    fn prove(&mut self, claim: &Claim<'_>, key: &SigningKey, mistakes: &Mistakes<'_>) {
        // Both signatures are the caller's own, so there is nothing to learn from how long this takes.
        let signs = |text: &Option<String>| {
            let signature = text.as_ref().and_then(|text| key.sign(text).ok());
            signature.is_some_and(|signature| signature.to_text() == claim.signature)
        };
        if signs(&self.our_string_to_sign) {
            self.proof = Proof::OfOurs;
        } else if signs(&self.their_string_to_sign) {
            self.proof = Proof::OfTheirs;
        } else if let Some(signed) = mistakes.find(key) {
            // What the request should have been signed as stands in for what the server doesn't tell.
            let should = self.ours.take();
            let should_string = self.our_string_to_sign.take();
            self.theirs = self.theirs.take().or(should);
            self.their_string_to_sign = self.their_string_to_sign.take().or(should_string);
            self.ours = CanonicalLines::parse(&signed.canonical_request);
            self.our_string_to_sign = Some(signed.string_to_sign);
            self.proof = Proof::OfOurs;
        } else if self.ours.is_some() {
            self.proof = Proof::Refuted;
        }
    }

    /// What the differences mean, those of the canonical requests first.
    pub(super) fn differences(&self) -> Vec<Cause> {
        let mut causes = Vec::new();
        if self.proof == Proof::OfTheirs {
            return causes;
        }
        if let (Some(ours), Some(theirs)) = (&self.ours, &self.theirs) {
            causes.extend(differences::of_canonical_requests(ours, theirs, self.path));
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
            let causes = differences::of_canonical_requests(mistaken, right, self.path);
            causes.into_iter().map(|cause| Cause { certain: false, ..cause })
        });
        causes.collect()
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

/// The key that should have signed, if its access key is the one that did.
fn signing_key(evidence: &Evidence<'_>, claim: &Claim<'_>) -> Option<SigningKey> {
    let credentials = evidence.credentials?;
    let is_same_key = credentials.access_key_id() == claim.access_key_id;
    let scope = claim.credential_scope()?;
    is_same_key.then(|| SigningKey::derive(&credentials, &scope))
}
