//! Both sides' stages: what was signed, as far as it can be known, and what the server expected.

use super::bodies::OtherBodies;
use super::causes::{Cause, CauseCode, Proof};
use super::claim::{Claim, SentRequest, scope_length};
use super::differences;
use super::evidence::Case;
use super::lines::{
    CanonicalLines, LinePair, is_masked_host, pair_canonical_requests, pair_strings_to_sign,
};
use super::mistakes::{Mistakes, padding};
use crate::sigv4::names::{header, parameter};
use crate::sigv4::payload::HashedPayload;
use crate::sigv4::scope::Algorithm;
use crate::sigv4::service::{PathRules, ServiceRules};
use crate::sigv4::signature::Signature;
use crate::sigv4::signing_key::SigningKey;
use crate::sigv4::string_to_sign::StringToSign;

const REQUEST: &str = "request";
const RESPONSE: &str = "response";

/// What the known secret proves of the signature that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignedAs {
    /// No secret is known, or what it signed can't be rebuilt.
    Unknown,
    /// It signed the request as it was sent, or with a mistake that was found.
    Ours,
    /// It signed what the server says that it expected.
    Theirs,
    /// It signed neither.
    Neither,
}

/// The stages of both sides.
pub(super) struct Stages {
    pub(super) ours: Option<CanonicalLines>,
    our_string_to_sign: Option<String>,
    pub(super) theirs: Option<CanonicalLines>,
    their_string_to_sign: Option<String>,
    /// Whether the server's stages are whole, unedited and of this request.
    is_canonical_request_proved: bool,
    pub(super) is_string_to_sign_proved: bool,
    /// Whether the signature is that of a known mistake.
    pub(super) is_mistake_found: bool,
    /// What is wrong with the secret that signed.
    secret: Option<Cause>,
    /// Where the host is masked and not known otherwise.
    masked_host: Option<&'static str>,
    pub(super) path: PathRules,
    pub(super) bodies: OtherBodies,
    pub(super) signed_as: SignedAs,
}

impl Stages {
    pub(super) fn of(case: &Case<'_>) -> Self {
        let response = case.response;
        let theirs = response.canonical_request.as_deref();
        let scope = response.string_to_sign.as_deref().and_then(|text| text.lines().nth(2));
        let service = scope.and_then(|scope| scope.rsplit('/').nth(1)).unwrap_or_default();
        let mut stages = Self {
            ours: None,
            our_string_to_sign: None,
            theirs: theirs.and_then(CanonicalLines::parse),
            their_string_to_sign: response.string_to_sign.clone(),
            is_canonical_request_proved: false,
            is_string_to_sign_proved: false,
            is_mistake_found: false,
            secret: None,
            masked_host: None,
            path: ServiceRules::of(service).path,
            bodies: OtherBodies::of(case.sent.and_then(|sent| sent.content)),
            signed_as: SignedAs::Unknown,
        };
        stages.rebuild(case);
        stages.masked_host = stages.masked_host.filter(|place| match *place {
            REQUEST => stages.signed_as != SignedAs::Ours,
            _ => !stages.is_canonical_request_proved,
        });
        stages
    }

    /// Rebuilds what was signed, by AWS's rules, or by the mistakes that give the signature.
    fn rebuild(&mut self, case: &Case<'_>) {
        let Some((sent, claim)) = case.signed() else { return };
        self.path = sent.path_rules(claim);
        // A body that can't be read any more is taken to be what the server has read.
        let of_theirs = self.theirs.as_ref().map(|lines| lines.hashed_payload.clone());
        let hashed_payload = sent.hashed_payload(claim).map(str::to_owned).or(of_theirs);
        let scope = claim.credential_scope();
        let payload = hashed_payload.as_deref().unwrap_or(HashedPayload::EMPTY_SHA256);
        let Some(mut bytes) = sent.canonical_request(claim, self.path, payload) else { return };
        let their_host = self.theirs.as_ref().and_then(|lines| lines.header("host"));
        let masked = sent.request.host().ok().filter(|host| is_masked_host(host));
        if their_host.is_some_and(is_masked_host) {
            self.masked_host = Some(RESPONSE);
        } else if let (Some(shown), Some(masked)) = (their_host, masked) {
            let text = String::from_utf8_lossy(&bytes);
            let host = |name: &str| format!("\nhost:{name}\n");
            bytes = text.replacen(&host(masked), &host(shown), 1).into_bytes();
        }
        self.masked_host = masked.map(|_| REQUEST).or(self.masked_host);
        if hashed_payload.is_some() {
            self.ours = CanonicalLines::parse(&String::from_utf8_lossy(&bytes));
            self.our_string_to_sign =
                scope.as_ref().map(|scope| StringToSign::of_bytes(scope, &bytes).to_text());
        }
        if let Some(ours) = &self.ours {
            // The hash of what the server expected says more than what was pasted of it.
            let is_same = self.our_string_to_sign.is_some()
                && self.our_string_to_sign == self.their_string_to_sign;
            self.theirs = self
                .theirs
                .take()
                .map(|theirs| if is_same { ours.clone() } else { theirs.with_hidden_of(ours) });
        }
        if let Some(hash) = self.their_string_to_sign.as_deref().and_then(hash_of) {
            let text = self.their_string_to_sign.as_deref().unwrap_or_default();
            // S3 shows the signature, too.
            let provided = case.response.field(&["SignatureProvided"]);
            let is_other = |shown: String| {
                let shown: String = shown.split_ascii_whitespace().collect();
                shown.len() == 64 && shown != claim.signature
            };
            self.is_string_to_sign_proved =
                is_of(sent, claim, text) && !provided.is_some_and(is_other);
            self.is_canonical_request_proved = self.is_string_to_sign_proved
                && self.theirs.as_ref().is_some_and(|theirs| theirs.has_sha256(hash));
        }
        // The key that should have signed, if its access key is the one that did.
        let credentials = case.evidence.credentials;
        let credentials = credentials.filter(|known| known.access_key_id() == claim.access_key_id);
        let (Some(credentials), Some(scope), false) = (credentials, scope, sent.signed_here) else {
            return;
        };
        let Ok(key) = SigningKey::derive(&credentials, &scope) else { return };
        let signature = Signature::bytes_of(&claim.signature);
        let signs =
            |text: &Option<String>| text.as_ref().is_some_and(|text| key.verify(text, &signature));
        let mistakes = Mistakes { sent, claim, bodies: &self.bodies, canonical: &bytes };
        if signs(&self.their_string_to_sign) {
            self.signed_as = SignedAs::Theirs;
        } else if signs(&self.our_string_to_sign) {
            self.signed_as = SignedAs::Ours;
        } else if let Some(signed) = mistakes.find(&credentials, &scope) {
            // What the request should have been signed as stands in for what the server doesn't tell.
            let should = self.ours.replace(signed.lines);
            let should_string = self.our_string_to_sign.replace(signed.string_to_sign);
            if !self.is_canonical_request_proved {
                self.theirs = should;
                self.is_canonical_request_proved = true;
            }
            if !self.is_string_to_sign_proved {
                self.their_string_to_sign = should_string;
                self.is_string_to_sign_proved = true;
            }
            self.secret = signed.secret;
            self.is_mistake_found = true;
            self.signed_as = SignedAs::Ours;
        } else if self.ours.is_some() {
            self.signed_as = SignedAs::Neither;
        }
        if matches!(self.signed_as, SignedAs::Ours | SignedAs::Theirs) && self.secret.is_none() {
            self.secret = credentials.secret_access_key().and_then(padding);
        }
    }

    /// What is wrong with the secret, and what the differences mean, those of the canonical requests
    /// first.
    pub(super) fn differences(&self) -> Vec<Cause> {
        let mut causes: Vec<_> = self.secret.iter().cloned().collect();
        if self.signed_as == SignedAs::Theirs {
            return causes;
        }
        let ground = |is_theirs_proved: bool| {
            let is_proved = is_theirs_proved && self.signed_as == SignedAs::Ours;
            if is_proved { Proof::Signature } else { Proof::Nothing }
        };
        if let (Some(ours), Some(theirs)) = (&self.ours, &self.theirs) {
            let ground = ground(self.is_canonical_request_proved);
            let found = differences::of_canonical_requests(ours, theirs, self.path, &self.bodies);
            causes.extend(found.iter().map(|(code, facts)| Cause::on(ground, *code, facts)));
        }
        let place = self.masked_host.map(|place| [("where", place.to_owned())]);
        causes.extend(place.map(|place| Cause::possible(CauseCode::HostMasked, &place)));
        if let (Some(ours), Some(theirs)) = (&self.our_string_to_sign, &self.their_string_to_sign) {
            let ground = ground(self.is_string_to_sign_proved);
            let found = differences::of_strings_to_sign(ours, theirs);
            causes.extend(found.iter().map(|(code, facts)| Cause::on(ground, *code, facts)));
        }
        causes
    }

    /// The lines of both sides, side by side.
    pub(super) fn pairs(&self) -> (Vec<LinePair>, Vec<LinePair>) {
        let lines = self.ours.as_ref().zip(self.theirs.as_ref());
        let texts = self.our_string_to_sign.as_ref().zip(self.their_string_to_sign.as_ref());
        let canonical_requests = lines.map(|(ours, theirs)| pair_canonical_requests(ours, theirs));
        let strings_to_sign = texts.map(|(ours, theirs)| pair_strings_to_sign(ours, theirs));
        (canonical_requests.unwrap_or_default(), strings_to_sign.unwrap_or_default())
    }
}

/// The hash of the canonical request in a string to sign that is whole.
fn hash_of(string_to_sign: &str) -> Option<&str> {
    let lines: Vec<_> = string_to_sign.lines().collect();
    let [algorithm, _, scope, hash] = lines[..] else { return None };
    let parts = scope.split('/').count();
    (parts == scope_length(Some(Algorithm::parse(algorithm).ok()?))).then_some(hash)
}

/// Whether the string to sign is of this request, with its time and scope.
fn is_of(sent: SentRequest<'_>, claim: &Claim<'_>, string_to_sign: &str) -> bool {
    let mut lines = string_to_sign.lines().skip(1);
    let (time, scope) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let times = [sent.header(header::DATE), sent.header("date")];
    let in_query = sent.parameter(parameter::DATE);
    let is_time =
        times.into_iter().flatten().chain(in_query.as_deref()).any(|sent| sent.trim() == time);
    is_time && scope.split('/').eq(claim.scope.iter().map(String::as_str))
}
