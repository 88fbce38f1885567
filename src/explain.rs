//! Why a request was refused.
//!
//! ```text
//! the answer -> what the server expected \
//!                                          -> where they differ -> causes
//! the request -> what was signed         /
//! ```
//!
//! The same stages that sign rebuild what was signed, from the request as it was sent and from what its
//! signature claims. Where the server tells what it expected, the two are laid side by side; where it
//! doesn't, its words and the request itself have to do.

mod bodies;
mod causes;
mod claim;
mod differences;
mod lines;
mod mistakes;
mod report;
mod response;
mod stages;

pub use causes::{Cause, CauseCode};
pub use claim::SentRequest;
pub use lines::LinePair;
pub use response::Answer;

use crate::redaction::{self, Redaction};
use crate::sigv4::credentials::Credentials;
use crate::sigv4::time::SigningTime;
use causes::{checks, messages};
use claim::Claim;
use mistakes::secrets;
use stages::{Proof, Stages};

/// All that is known of a refusal.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// What the server said.
    pub answer: &'a Answer,
    /// What it said it to.
    pub sent: Option<SentRequest<'a>>,
    /// Those that made the signature, or should have.
    pub credentials: Option<Credentials<'a>>,
    /// What time it is here.
    pub now: Option<SigningTime>,
}

/// Why a request was refused, and what to change. Nothing in it has the name of a secret, and no control
/// character of an answer or a request is left in it.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// What is wrong, the most likely first; never empty.
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
}

/// Explains a refusal.
pub fn explain(evidence: &Evidence<'_>) -> Explanation {
    let answer = evidence.answer;
    let claim = evidence.sent.and_then(|sent| sent.claim());
    let stages = Stages::of(evidence, claim.as_ref());
    let said = messages::cause(evidence, claim.as_ref());
    let mut causes = if messages::is_signature_mismatch(evidence, &said) {
        mismatch(evidence, claim.as_ref(), &stages)
    } else {
        refusal(evidence, claim.as_ref(), said)
    };
    let mut seen = Vec::new();
    causes.retain(|cause| {
        let is_new = !seen.contains(&cause.code);
        if is_new {
            seen.push(cause.code);
        }
        is_new
    });
    if causes.is_empty() {
        causes.push(Cause::possible(CauseCode::Unknown, &[]));
    }
    // What was seen comes before what may be.
    causes.sort_by_key(|cause| !cause.certain);

    let redaction = redaction(evidence, claim.as_ref());
    for cause in &mut causes {
        cause.summary = redaction.without_known(&cause.summary);
        cause.advice = redaction.without_known(&cause.advice);
    }
    let redact = |pairs: Vec<LinePair>| pairs.iter().map(|pair| redaction.pair(pair)).collect();
    let (canonical_requests, strings_to_sign) = stages.pairs();
    Explanation {
        causes,
        status: answer.status,
        error_code: answer.error_code().map(|code| redaction.text(&code)),
        message: answer.words().map(|words| redaction.message(&words)),
        canonical_request_diff: redact(canonical_requests),
        string_to_sign_diff: redact(strings_to_sign),
    }
}

/// The signature is not that of the request, or of the secret that the server knows.
fn mismatch(evidence: &Evidence<'_>, claim: Option<&Claim<'_>>, stages: &Stages) -> Vec<Cause> {
    let key = claim.map(|claim| claim.access_key_id.clone());
    let key = key.or_else(|| evidence.answer.field(&["AWSAccessKeyId"]));
    let facts: Vec<_> = key.map(|key| ("key", key)).into_iter().collect();
    let mut causes = secret(evidence, claim);
    causes.extend(stages.differences());
    let are_alike = causes.is_empty() && stages.are_alike();
    causes.extend(checks::of_mismatch(evidence, claim));
    let certain = causes.iter().any(|cause| cause.certain);
    // A redirect takes the old signature along, which then fits neither URL.
    let redirected = evidence.sent.is_some_and(|sent| sent.redirected);
    match stages.proof {
        _ if certain => {}
        Proof::Refuted | Proof::None if redirected && stages.ours_is_known() => {
            causes.push(Cause::seen(CauseCode::Redirected, &[]));
        }
        Proof::OfTheirs => causes.push(Cause::seen(CauseCode::WrongSecret, &facts)),
        Proof::OfOurs if are_alike => causes.push(Cause::seen(CauseCode::WrongSecret, &facts)),
        Proof::OfOurs => causes.push(Cause::seen(CauseCode::SecretOrRewritten, &facts)),
        Proof::Refuted => causes.push(Cause::seen(CauseCode::ChangedAfterSigning, &facts)),
        Proof::None if are_alike => {
            causes.push(Cause::seen(CauseCode::WrongSecret, &facts));
            causes.extend(stages.invited_mistakes());
        }
        Proof::None => {
            causes.push(Cause::possible(CauseCode::SignatureMismatch, &facts));
            causes.extend(stages.invited_mistakes());
        }
    }
    causes
}

/// The signer's own key isn't the one that signed, or isn't as AWS gave it.
fn secret(evidence: &Evidence<'_>, claim: Option<&Claim<'_>>) -> Vec<Cause> {
    let Some(credentials) = evidence.credentials else { return Vec::new() };
    let ours = credentials.access_key_id();
    let sent = claim.map(|claim| claim.access_key_id.as_str()).filter(|sent| *sent != ours);
    let facts = |sent: &str| [("sent", sent.to_owned()), ("ours", ours.to_owned())];
    let other_key = sent.map(|sent| Cause::seen(CauseCode::SignedWithOtherKey, &facts(sent)));
    other_key.into_iter().chain(secrets::padding(credentials.secret_access_key())).collect()
}

/// The server refuses for another reason, and may have said which.
fn refusal(evidence: &Evidence<'_>, claim: Option<&Claim<'_>>, said: Vec<Cause>) -> Vec<Cause> {
    let answer = evidence.answer;
    let mut causes = said;
    let says_little = causes.iter().all(|cause| {
        matches!(cause.code, CauseCode::AccessDenied | CauseCode::Forbidden | CauseCode::Unsigned)
    });
    // An error that isn't known, nor by its status a refusal, is about something else.
    let is_refusal = matches!(answer.status, Some(401 | 403)) || !causes.is_empty();
    if says_little && (is_refusal || answer.error_code().is_none()) {
        let own = checks::of_refusal(evidence, claim);
        causes.splice(..0, own);
    }
    if answer.is_web_page() {
        let server = answer.header("server").or_else(|| answer.header("via"));
        let facts: Vec<_> = server.map(|server| ("hop", server.to_owned())).into_iter().collect();
        causes.insert(0, Cause::seen(CauseCode::NotFromAws, &facts));
    }
    if causes.is_empty() && answer.is_empty() && matches!(answer.status, Some(401 | 403)) {
        causes.push(Cause::possible(CauseCode::AccessDenied, &[]));
    }
    causes
}

fn redaction(evidence: &Evidence<'_>, claim: Option<&Claim<'_>>) -> Redaction {
    let mut redaction = Redaction::default();
    if let Some(credentials) = evidence.credentials {
        redaction.add(credentials.secret_access_key());
        redaction.add(credentials.session_token().unwrap_or_default());
    }
    if let Some(claim) = claim {
        redaction.add(&claim.signature);
        redaction.add(claim.session_token.as_deref().unwrap_or_default());
    }
    if let Some(sent) = evidence.sent {
        // A signature that can be read is added alone, since the rest of its header is no secret.
        let is_readable = claim.is_some_and(|claim| !claim.in_query);
        let headers = sent.request.headers.iter().filter(|header| {
            redaction::is_secret(header.name()) && !(is_readable && header.is("authorization"))
        });
        for header in headers {
            let value = String::from_utf8_lossy(header.value());
            redaction.add(&value);
            let is_algorithm = |word: &&str| word.starts_with("AWS4-");
            value
                .split(' ')
                .filter(|word| !is_algorithm(word))
                .for_each(|word| redaction.add(word));
        }
    }
    redaction
}
