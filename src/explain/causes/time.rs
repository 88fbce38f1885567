//! Clock skew and expired signatures.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::{Cause, CauseCode, Fact, Proof};
use crate::explain::claim::Claim;
use crate::explain::evidence::Case;
use crate::explain::response::between;

/// The skew that most services allow. S3 allows 15 minutes.
const ALLOWED: TimeDelta = TimeDelta::minutes(5);

/// Which clock is wrong, and by how much.
pub(super) fn clock(case: &Case<'_>, ground: Proof, code: CauseCode) -> Cause {
    let Some((signed, server)) = moments(case) else { return Cause::on(ground, code, &[]) };
    let offset = server - signed;
    let facts = [("by", format!(" by {}", duration(offset)))];
    // If the clocks agree now, the signature was made some time ago.
    let now = case.evidence.now.as_ref();
    let is_clock_right = now.is_some_and(|now| (server - now.instant()).abs() < ALLOWED);
    let code = if offset < TimeDelta::zero() {
        CauseCode::ClockAhead
    } else if is_clock_right && offset > ALLOWED {
        CauseCode::SignatureTooOld
    } else {
        CauseCode::ClockBehind
    };
    Cause::on(ground, code, &facts)
}

/// The time of the signature, and the time of the server.
pub(super) fn moments(case: &Case<'_>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let response = case.response;
    let message = response.message.as_deref().unwrap_or_default();
    let read = |before, after| between(message, before, after).and_then(|text| parse(&text));
    let field = |name| response.field(&[name]).and_then(|text| parse(&text));
    // `Signature expired: A is now earlier than B (C - 5 min.)`, where C is the server's time.
    let signed = read("Signature expired: ", " ")
        .or_else(|| read("Signature not yet current: ", " "))
        .or_else(|| field("RequestTime"))
        .or_else(|| case.claim.as_ref().and_then(Claim::instant));
    let server = read("(", " ")
        .or_else(|| field("ServerTime"))
        .or_else(|| response.header("date").and_then(parse));
    Some((signed?, server?))
}

/// When a presigned URL expired, according to S3.
pub(super) fn expiry(case: &Case<'_>) -> Option<Fact> {
    let read = |name| case.response.field(&[name]).and_then(|text| parse(&text));
    let (expires, server) = (read("Expires")?, read("ServerTime")?);
    Some(("when", format!(", {} before it was used", duration(server - expires))))
}

fn parse(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let utc = |format| NaiveDateTime::parse_from_str(text, format).ok().map(|time| time.and_utc());
    utc("%Y%m%dT%H%M%SZ")
        .or_else(|| utc("%a, %d %b %Y %H:%M:%S GMT"))
        .or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()))
}

/// Formats a duration in its two largest units.
fn duration(delta: TimeDelta) -> String {
    let mut left = delta.num_seconds().unsigned_abs();
    let mut words = Vec::new();
    for (size, unit) in [(86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")] {
        let count = left / size;
        left %= size;
        if count > 0 && words.len() < 2 {
            words.push(format!("{count} {unit}{}", if count == 1 { "" } else { "s" }));
        } else if !words.is_empty() {
            break;
        }
    }
    if words.is_empty() { "less than a second".to_owned() } else { words.join(" ") }
}
