//! Why a request was refused.
//!
//! ```text
//! the response -> what the server expected \
//!                                            -> where they differ -> causes
//! the request  -> what was signed          /
//! ```
//!
//! The stages of the signer rebuild what was signed, from the sent request and from what its signature
//! claims. If the server shows what it expected, the two are compared line by line. If it doesn't, the
//! causes follow from its message and from the request.
//!
//! A cause is certain only if the server says so, or if signing again with the secret gives exactly the
//! signature that was sent. Without the secret nobody knows what was signed.

mod bodies;
mod causes;
mod claim;
mod differences;
mod evidence;
mod lines;
mod mistakes;
mod report;
mod response;
mod stages;

pub use bodies::MAX_BODY_BYTES;
pub use causes::{Cause, CauseCode, Proof, Reader};
pub use claim::SentRequest;
pub use evidence::Evidence;
pub use lines::LinePair;
pub use response::Response;

use crate::redaction::{self, Redaction};
use crate::sigv4::names::header;
use crate::sigv4::service::ServiceRules;
use causes::{checks, messages};
use evidence::Case;
use mistakes::{invited, is_like_a_secret};
use stages::{SignedAs, Stages};

/// HTTP methods of AWS services.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// The most causes in the text for people.
const SHOWN: usize = 4;

/// Why a request was refused, and what to change.
///
/// Values with the names of secrets are redacted, and control characters are escaped.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// What is wrong: certain causes, then possible ones, the most likely first. Never empty.
    pub causes: Vec<Cause>,
    /// The status of the response, if it is known.
    pub status: Option<u16>,
    /// AWS's error code, such as `SignatureDoesNotMatch`.
    pub error_code: Option<String>,
    /// The message of the response.
    pub message: Option<String>,
    /// The lines of both canonical requests. Empty unless both are known.
    pub canonical_request_diff: Vec<LinePair>,
    /// The lines of both strings to sign. Empty unless both are known.
    pub string_to_sign_diff: Vec<LinePair>,
    /// Who reads the advice.
    pub reader: Reader,
}

/// Explains a refusal.
pub fn explain(evidence: &Evidence<'_>) -> Explanation {
    let case = Case::of(evidence);
    let stages = Stages::of(&case);
    let mut causes = causes_of(&case, &stages);
    let mut seen = Vec::new();
    // Of a cause that is named twice, the certain one is kept.
    causes.sort_by_key(|cause| !cause.certain);
    causes.retain(|cause| {
        let is_new = !seen.contains(&cause.code);
        seen.push(cause.code);
        is_new
    });
    if causes.is_empty() {
        causes.push(Cause::possible(CauseCode::Unknown, &[]));
    }
    let redaction = redaction(&case);
    for (_, fact) in causes.iter_mut().flat_map(|cause| &mut cause.facts) {
        *fact = redaction.text(fact);
    }
    let redact =
        |pairs: Vec<LinePair>| pairs.iter().map(|pair| pair.redacted(&redaction)).collect();
    let (canonical_requests, strings_to_sign) = stages.pairs();
    Explanation {
        causes,
        status: case.response.status,
        error_code: case.response.code.as_deref().map(|code| redaction.message(code)),
        message: case.response.words().map(|words| redaction.message(words)),
        canonical_request_diff: redact(canonical_requests),
        string_to_sign_diff: redact(strings_to_sign),
        reader: evidence.reader,
    }
}

fn causes_of(case: &Case<'_>, stages: &Stages) -> Vec<Cause> {
    if case.response.is_success() {
        let status = case.response.status.map(|status| ("status", status.to_string()));
        // Others than AWS respond with 200, too, such as a proxy that blocks the request.
        let is_of_aws = case.response.has_request_id() && case.response.is_alone();
        let ground = if is_of_aws { Proof::Words } else { Proof::Nothing };
        return vec![Cause::on(ground, CauseCode::NotRefused, status.as_slice())];
    }
    let said = messages::causes(case);
    if !messages::is_signature_mismatch(case, &said) {
        return refusal(case, stages, said);
    }
    let causes = match stages.signed_as {
        SignedAs::Ours | SignedAs::Theirs => proved(case, stages),
        SignedAs::Unknown | SignedAs::Neither => unproved(case, stages),
    };
    // A mistake that was found is one for every server of AWS.
    let is_shown = stages.is_string_to_sign_proved && case.response.shows_stages();
    let is_told = case.response.proves_mismatch()
        || is_shown
        || (stages.is_mistake_found && case.response.says_mismatch());
    let is_told = is_told && !case.is_of_another_request && case.response.is_alone();
    if is_told { causes } else { Cause::all_possible(causes) }
}

/// Returns the causes after signing again has given the signature that was sent.
fn proved(case: &Case<'_>, stages: &Stages) -> Vec<Cause> {
    let key = case.key();
    let mut causes = stages.differences();
    if stages.signed_as == SignedAs::Theirs {
        // What was signed is what the server expected.
        if causes.is_empty() {
            causes.push(Cause::on(Proof::Signature, CauseCode::WrongSecret, key.as_slice()));
        }
        return causes;
    }
    let Some((sent, claim)) = case.signed() else { return causes };
    // S3 has an error of its own for another body.
    let is_s3 = ServiceRules::of(claim.service()).is_s3;
    let ground = if is_s3 { Proof::Nothing } else { Proof::Signature };
    causes.extend(checks::body(sent, claim, ground));
    if !causes.iter().any(|cause| cause.certain) {
        causes.extend(checks::of_mismatch(case));
        causes.extend(invited::readings(sent, claim));
        causes.extend(invited::rewritten_headers(&claim.signed_headers));
        causes.extend(stages.ours.as_ref().and_then(invited::port));
        let is_all = causes.is_empty() && case.response.says_mismatch();
        let ground = if is_all { Proof::Signature } else { Proof::Nothing };
        causes.push(Cause::on(ground, CauseCode::SecretOrRewritten, key.as_slice()));
    }
    causes
}

/// Returns the possible causes, because it is not known what was signed.
fn unproved(case: &Case<'_>, stages: &Stages) -> Vec<Cause> {
    let key = case.key();
    let possible = |code| Cause::possible(code, key.as_slice());
    let is_refuted = stages.signed_as == SignedAs::Neither;
    let mut causes = Vec::new();
    if case.sent.is_some_and(|sent| sent.redirected) {
        // A redirected request carries the signature of the first URL.
        causes.push(possible(CauseCode::Redirected));
    }
    causes.extend(stages.differences());
    causes.extend(checks::of_mismatch(case));
    causes.extend(other_key(case));
    let lines = stages.ours.as_ref().or(stages.theirs.as_ref());
    if let Some((sent, claim)) = case.signed() {
        causes.extend(checks::body(sent, claim, Proof::Nothing));
        if !is_refuted {
            causes.extend(invited::readings(sent, claim));
        }
    }
    if let Some(lines) = lines {
        // With the secret, the other mistakes were tried already.
        causes.extend(if is_refuted {
            invited::headers(lines)
        } else {
            invited::mistakes(lines, stages.path, case.sent, &stages.bodies)
        });
    }
    if causes.is_empty() && case.claim.is_none() {
        causes.push(possible(CauseCode::SignatureMismatch));
    }
    let code = if is_refuted { CauseCode::ChangedAfterSigning } else { CauseCode::WrongSecret };
    // The secret is always among the causes that are shown.
    causes.insert(causes.len().min(SHOWN - 1), possible(code));
    causes
}

/// Another access key than the signer's has signed.
fn other_key(case: &Case<'_>) -> Option<Cause> {
    let (ours, sent) =
        (case.evidence.credentials?.access_key_id(), &case.claim.as_ref()?.access_key_id);
    let facts = [("sent", sent.clone()), ("ours", ours.to_owned())];
    (sent != ours).then(|| Cause::possible(CauseCode::SignedWithOtherKey, &facts))
}

/// Returns the causes of a refusal that is not about the signature's value.
fn refusal(case: &Case<'_>, stages: &Stages, said: Vec<Cause>) -> Vec<Cause> {
    let response = case.response;
    let is_unknown = said.is_empty();
    let mut causes = said;
    let says_little = causes.iter().all(|cause| {
        let is_general = matches!(cause.code, CauseCode::AccessDenied | CauseCode::Forbidden);
        is_general && cause.facts.is_empty()
    });
    // An unknown error with another status is not a refusal.
    let is_of_waf = response.header(header::WAF_ACTION).is_some();
    let is_refusal = matches!(response.status, Some(401 | 403)) || !causes.is_empty();
    let can_be_refused = matches!(response.status, Some(400..=403) | None);
    if response.is_web_page() {
        let server = response.header("server").or_else(|| response.header("via"));
        let hop = server.map(|server| ("hop", format!(" of {server}")));
        // Without headers, it may be a page of a website of S3, and AWS's own servers fail with pages.
        let is_shown = response.has_headers() && response.status.is_none_or(|status| status < 500);
        let ground = if is_shown { Proof::Words } else { Proof::Nothing };
        // The page may quote another response.
        causes = Cause::all_possible(causes);
        causes.insert(0, Cause::on(ground, CauseCode::NotFromAws, hop.as_slice()));
    } else if causes.is_empty() && checks::is_other_scheme_sent(case) {
        return checks::application(response).into_iter().collect();
    } else if says_little && (is_refusal || response.code.is_none()) {
        let mut own = checks::of_refusal(case);
        let is_ours = stages.signed_as == SignedAs::Ours;
        let found = if can_be_refused && is_ours { stages.differences() } else { Vec::new() };
        let mut others = Vec::new();
        if !response.is_empty() {
            // Words would say that the signature doesn't match.
            others = Cause::all_possible(found);
        } else if is_ours {
            let is_of_aws = response.has_request_id();
            own.extend(if is_of_aws { found } else { Cause::all_possible(found) });
        } else if let (Some((sent, _)), Some(lines), true) =
            (case.signed(), &stages.ours, can_be_refused)
        {
            own.extend(invited::mistakes(lines, stages.path, Some(sent), &stages.bodies));
        }
        // Faults of the request come before a message without a reason.
        own.extend(if own.is_empty() { causes } else { Cause::all_possible(causes) });
        own.extend(others);
        causes = own;
    }
    causes.splice(0..0, checks::region_of_bucket(case));
    causes.extend(checks::application(response).filter(|_| is_unknown));
    let is_proved = causes.iter().any(|cause| cause.certain);
    if is_of_waf {
        causes.insert(0, Cause::possible(CauseCode::Forbidden, &[]));
    } else if is_refusal && response.is_empty() && !is_proved {
        causes.push(Cause::possible(CauseCode::AccessDenied, &[]));
    } else if is_refusal && response.said.is_none() && causes.is_empty() {
        causes.push(Cause::possible(CauseCode::Forbidden, &[]));
    }
    causes
}

fn redaction(case: &Case<'_>) -> Redaction {
    let mut redaction = Redaction::default();
    if let Some(credentials) = case.evidence.credentials {
        redaction.add(credentials.secret_access_key().unwrap_or_default());
        redaction.add(credentials.session_token().unwrap_or_default());
    }
    // A secret may have been passed in the place of the id.
    let of_response = case.key().map(|(_, key)| key);
    let of_claim = case.claim.as_ref().map(|claim| claim.access_key_id.clone());
    let of_signer = case.evidence.credentials.map(|own| own.access_key_id().to_owned());
    for key in [of_response, of_claim, of_signer].into_iter().flatten() {
        if is_like_a_secret(&key) && key.bytes().any(|byte| byte.is_ascii_lowercase()) {
            redaction.add(&key);
        }
    }
    if let Some(claim) = &case.claim {
        redaction.add(&claim.signature);
        redaction.add(claim.session_token.as_deref().unwrap_or_default());
    }
    // As a query has them, and without reading a `+` as a space.
    for query in case.sent.iter().filter_map(|sent| sent.request.url.query()) {
        redaction.add_secrets_of_query(query);
    }
    // Of an `Authorization` that can be parsed, only the signature is secret.
    let is_readable = case.claim.as_ref().is_some_and(|claim| !claim.in_query);
    let headers = case.sent.iter().flat_map(|sent| sent.request.headers);
    let secret = headers.filter(|header| {
        redaction::is_secret(header.name()) && !(is_readable && header.is("authorization"))
    });
    for header in secret {
        let value = String::from_utf8_lossy(header.value());
        redaction.add(&value);
        let words = value.split(' ').filter(|word| !word.starts_with("AWS4-"));
        words.for_each(|word| redaction.add(word));
    }
    redaction
}
