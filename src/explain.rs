//! Why a request was refused.
//!
//! ```text
//! the response -> what the server expected \
//!                                            -> where they differ -> causes
//! the request  -> what was signed          /
//! ```
//!
//! The same stages that sign rebuild what was signed, from the request as it was sent and from what its
//! signature claims. Where the server tells what it expected, the two are laid side by side; where it
//! doesn't, its words and the request itself have to do.
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

pub use causes::{Cause, CauseCode, Proof, Reader};
pub use claim::SentRequest;
pub use evidence::Evidence;
pub use lines::LinePair;
pub use response::Response;

use crate::redaction::{self, Redaction};
use causes::{checks, messages};
use evidence::Case;
use mistakes::invited;
use stages::{SignedAs, Stages};

/// How many causes the text for people tells.
const SHOWN: usize = 4;

/// Why a request was refused, and what to change. Nothing in it has the name of a secret, and no control
/// character of a response or a request is left in it.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// What is wrong, the certain before the possible, and the likely first; never empty.
    pub causes: Vec<Cause>,
    /// Such as 403, where it is known.
    pub status: Option<u16>,
    /// Such as `SignatureDoesNotMatch`.
    pub error_code: Option<String>,
    /// What the server said in words.
    pub message: Option<String>,
    /// What was signed beside what the server expected; empty where one of them isn't known.
    pub canonical_request_diff: Vec<LinePair>,
    /// The same of the strings to sign.
    pub string_to_sign_diff: Vec<LinePair>,
    /// In whose words advice is given.
    pub reader: Reader,
}

/// Explains a refusal.
pub fn explain(evidence: &Evidence<'_>) -> Explanation {
    let case = Case::of(evidence);
    let stages = Stages::of(&case);
    let mut causes = causes_of(&case, &stages);
    let mut seen = Vec::new();
    // What is certain comes before what may be, and what is named twice counts as it is proved best.
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
        error_code: case.response.code.as_deref().map(|code| redaction.text(code)),
        message: case.response.words().map(|words| redaction.message(words)),
        canonical_request_diff: redact(canonical_requests),
        string_to_sign_diff: redact(strings_to_sign),
        reader: evidence.reader,
    }
}

fn causes_of(case: &Case<'_>, stages: &Stages) -> Vec<Cause> {
    if case.response.is_success() {
        let status = case.response.status.map(|status| ("status", status.to_string()));
        return vec![Cause::said(CauseCode::NotRefused, status.as_slice())];
    }
    let said = messages::causes(case);
    if !messages::is_signature_mismatch(case, &said) {
        return refusal(case, stages, said);
    }
    match stages.signed_as {
        SignedAs::Ours | SignedAs::Theirs => proved(case, stages),
        SignedAs::Unknown | SignedAs::Neither => unproved(case, stages),
    }
}

/// What follows from the signature having been made again, exactly as it was sent.
fn proved(case: &Case<'_>, stages: &Stages) -> Vec<Cause> {
    let key = case.key();
    let signed = |code| Cause::on(Proof::Signature, code, key.as_slice());
    let mut causes = stages.differences();
    if let Some((sent, claim)) = case.signed()
        && stages.signed_as == SignedAs::Ours
    {
        causes.extend(checks::body(sent, claim, Proof::Signature));
        if causes.is_empty() && !stages.are_alike() {
            causes.extend(checks::of_mismatch(case));
            causes.extend(invited::readings(sent, claim));
            causes.extend(invited::rewritten_headers(&claim.signed_headers));
            let is_all = causes.is_empty();
            let ground = if is_all { Proof::Signature } else { Proof::Nothing };
            causes.push(Cause::on(ground, CauseCode::SecretOrRewritten, key.as_slice()));
        }
    }
    // What was signed is what the server expected.
    if causes.is_empty() {
        causes.push(signed(CauseCode::WrongSecret));
    }
    causes
}

/// What may be the reason, where nobody knows what was signed.
fn unproved(case: &Case<'_>, stages: &Stages) -> Vec<Cause> {
    let key = case.key();
    let possible = |code| Cause::possible(code, key.as_slice());
    let is_refuted = stages.signed_as == SignedAs::Neither;
    let mut causes = Vec::new();
    if case.sent.is_some_and(|sent| sent.redirected) {
        // A redirect takes the old signature along, which then fits neither URL.
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
        // Of a secret that is known, the other mistakes have been tried.
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
    // It is one of the causes, so it is among those that are shown.
    causes.insert(causes.len().min(SHOWN - 1), possible(code));
    causes
}

/// The signer's own key isn't the one that signed.
fn other_key(case: &Case<'_>) -> Option<Cause> {
    let (ours, sent) =
        (case.evidence.credentials?.access_key_id(), &case.claim.as_ref()?.access_key_id);
    let facts = [("sent", sent.clone()), ("ours", ours.to_owned())];
    (sent != ours).then(|| Cause::possible(CauseCode::SignedWithOtherKey, &facts))
}

/// The server refuses for another reason, and may have said which.
fn refusal(case: &Case<'_>, stages: &Stages, said: Vec<Cause>) -> Vec<Cause> {
    let response = case.response;
    let mut causes = said;
    let says_little = causes
        .iter()
        .all(|cause| matches!(cause.code, CauseCode::AccessDenied | CauseCode::Forbidden));
    // An error that isn't known, nor by its status a refusal, is about something else.
    let is_refusal = matches!(response.status, Some(401 | 403)) || !causes.is_empty();
    if response.is_web_page() {
        let server = response.header("server").or_else(|| response.header("via"));
        let hop = server.map(|server| ("hop", server.to_owned()));
        causes.insert(0, Cause::said(CauseCode::NotFromAws, hop.as_slice()));
    } else if says_little && (is_refusal || response.code.is_none()) {
        let mut own = checks::of_refusal(case);
        if let (Some((sent, _)), Some(lines), true) =
            (case.signed(), &stages.ours, response.is_empty())
        {
            // A signature that doesn't match is refused in words that a HEAD doesn't get.
            own.extend(match stages.signed_as {
                SignedAs::Ours => stages.differences(),
                _ => invited::mistakes(lines, stages.path, Some(sent), &stages.bodies),
            });
        }
        // What can be seen of the request comes before words that say nothing.
        if !own.is_empty() {
            for cause in &mut causes {
                cause.certain = false;
            }
        }
        own.append(&mut causes);
        causes = own;
    }
    if causes.is_empty() && response.is_empty() && is_refusal {
        causes.push(Cause::possible(CauseCode::AccessDenied, &[]));
    }
    causes
}

fn redaction(case: &Case<'_>) -> Redaction {
    let mut redaction = Redaction::default();
    if let Some(credentials) = case.evidence.credentials {
        redaction.add(credentials.secret_access_key());
        redaction.add(credentials.session_token().unwrap_or_default());
    }
    if let Some(claim) = &case.claim {
        redaction.add(&claim.signature);
        redaction.add(claim.session_token.as_deref().unwrap_or_default());
    }
    // A signature that can be read is added alone, since the rest of its header is no secret.
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
