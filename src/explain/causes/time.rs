//! Clocks that differ, and signatures that have become old.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::explain::Evidence;
use crate::explain::causes::{Cause, CauseCode, Fact};
use crate::explain::claim::Claim;
use crate::explain::response::between;

/// What API Gateway and most services allow; S3 allows 15 minutes.
const ALLOWED: TimeDelta = TimeDelta::minutes(5);

/// Which clock is wrong, and by how much.
pub(super) fn clock(code: CauseCode, evidence: &Evidence<'_>, claim: Option<&Claim<'_>>) -> Cause {
    let Some((signed, server)) = moments(evidence, claim) else {
        return Cause::seen(code, &[]);
    };
    let offset = server - signed;
    let facts = [("by", format!(" by {}", duration(offset)))];
    if offset < TimeDelta::zero() {
        return Cause::seen(CauseCode::ClockAhead, &facts);
    }
    // A clock that agrees with the server's made this signature long ago.
    let now = evidence.now.as_ref();
    let is_clock_right = now.is_some_and(|now| (server - now.instant()).abs() < ALLOWED);
    if is_clock_right && offset > ALLOWED {
        return Cause::seen(CauseCode::SignatureTooOld, &facts);
    }
    Cause::seen(CauseCode::ClockBehind, &facts)
}

/// When the request was signed, and what time it was for the server.
pub(super) fn moments(
    evidence: &Evidence<'_>,
    claim: Option<&Claim<'_>>,
) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let answer = evidence.answer;
    let message = answer.message().unwrap_or_default();
    let read = |before, after| between(&message, before, after).and_then(|text| parse(&text));
    // `Signature expired: A is now earlier than B (C - 5 min.)`, where C is the server's time.
    let signed = read("Signature expired: ", " ")
        .or_else(|| read("Signature not yet current: ", " "))
        .or_else(|| answer.field(&["RequestTime"]).and_then(|text| parse(&text)))
        .or_else(|| claim.and_then(Claim::instant));
    let server = read("(", " ")
        .or_else(|| answer.field(&["ServerTime"]).and_then(|text| parse(&text)))
        .or_else(|| answer.header("date").and_then(parse));
    Some((signed?, server?))
}

/// When a presigned URL ended, as S3 says it.
pub(super) fn expiry(evidence: &Evidence<'_>) -> Option<Fact> {
    let read = |name| evidence.answer.field(&[name]).and_then(|text| parse(&text));
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

/// A length of time in words, in its two largest units.
fn duration(delta: TimeDelta) -> String {
    let seconds = delta.num_seconds().unsigned_abs();
    let units = [(86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let mut left = seconds;
    let mut words = Vec::new();
    for (size, unit) in units {
        let count = left / size;
        left %= size;
        if count > 0 && words.len() < 2 {
            let plural = if count == 1 { "" } else { "s" };
            words.push(format!("{count} {unit}{plural}"));
        } else if !words.is_empty() {
            break;
        }
    }
    if words.is_empty() { "less than a second".to_owned() } else { words.join(" ") }
}
