//! Clock skew and expired signatures.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::{Cause, CauseCode, Fact, Proof, sentences};
use crate::explain::evidence::Case;
use crate::explain::response::Response;

/// The skew that most services allow. S3 allows 15 minutes.
const ALLOWED: TimeDelta = TimeDelta::minutes(5);

/// Sentences about the time, with that of the signature and the server's.
const SKEWS: [&str; 2] = [
    "Signature expired: {signed:time} is now earlier than {:time} ({server:time} - ",
    "Signature not yet current: {signed:time} is still later than {:time} ({server:time} + ",
];

/// Which clock is wrong, and by how much.
///
/// `told` is what the server says of it in words: behind, ahead, or off either way.
pub(super) fn clock(case: &Case<'_>, told: Option<CauseCode>) -> Cause {
    let ground = if told.is_some() { Proof::Words } else { Proof::Nothing };
    let unknown = Cause::on(ground, told.unwrap_or(CauseCode::ClockBehind), &[]);
    let Some((signed, server)) = moments(case) else { return unknown };
    let offset = server - signed;
    let is_ahead = offset < TimeDelta::zero();
    // The times are those of another attempt if they say the opposite.
    if told.is_some_and(|told| is_ahead != (told == CauseCode::ClockAhead)) {
        return unknown;
    }
    // If the clocks agree now, the signature was made some time ago.
    let now = case.evidence.now.as_ref();
    let is_clock_right = now.is_some_and(|now| (server - now.instant()).abs() < ALLOWED);
    let code = if is_ahead {
        CauseCode::ClockAhead
    } else if is_clock_right && offset > ALLOWED {
        CauseCode::SignatureTooOld
    } else {
        CauseCode::ClockBehind
    };
    Cause::on(ground, code, &[("by", format!(" by {}", duration(offset)))])
}

/// Which clock is ahead by the times that the server names.
pub(super) fn told(response: &Response) -> Option<CauseCode> {
    let offset = field(response, "ServerTime")? - field(response, "RequestTime")?;
    let is_ahead = offset < TimeDelta::zero();
    (offset.abs() > ALLOWED).then_some(())?;
    Some(if is_ahead { CauseCode::ClockAhead } else { CauseCode::ClockBehind })
}

/// The time of the signature, and the time of the server.
pub(super) fn moments(case: &Case<'_>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let response = case.response;
    let [signed, server] = shown(response);
    let signed = signed.or_else(|| case.arrived().and_then(|(_, claim)| claim.instant()));
    let server = server.or_else(|| response.header("date").and_then(parse));
    Some((signed?, server?))
}

/// The time of the signature, and the time of the server, in the response.
fn shown(response: &Response) -> [Option<DateTime<Utc>>; 2] {
    let message = response.said.as_deref().unwrap_or_default();
    let read = SKEWS.iter().find_map(|skew| sentences::read(skew, message));
    let (facts, _) = read.unwrap_or_default();
    let said =
        |name| facts.iter().find(|(fact, _)| *fact == name).and_then(|(_, time)| parse(time));
    [("signed", "RequestTime"), ("server", "ServerTime")]
        .map(|(fact, name)| said(fact).or_else(|| field(response, name)))
}

/// Whether the response repeats another time than was signed.
pub(super) fn is_of_another_time(case: &Case<'_>) -> bool {
    let sent = case.arrived().and_then(|(_, claim)| claim.instant());
    let [shown, _] = shown(case.response);
    shown.zip(sent).is_some_and(|(shown, sent)| shown != sent)
}

/// When a presigned URL expired, according to S3.
pub(super) fn expiry(case: &Case<'_>) -> Option<Fact> {
    let (expires, server) = (field(case.response, "Expires")?, field(case.response, "ServerTime")?);
    Some(("when", format!(", {} before it was used", duration(server - expires))))
}

/// The time in a field of the response.
fn field(response: &Response, name: &str) -> Option<DateTime<Utc>> {
    parse(&response.field(&[name])?)
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
