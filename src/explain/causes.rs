//! What can be wrong, named, and filled with what is known of this case.

pub(super) mod checks;
pub(super) mod hops;
pub(super) mod messages;
mod table;
mod time;

use crate::redaction::redact_text;

pub use table::CauseCode;

/// What is known of a case, by the names that the table of causes uses.
pub(super) type Fact = (&'static str, String);

/// One thing that is wrong, or may be.
#[derive(Clone, Debug)]
pub struct Cause {
    /// Names it; stable.
    pub code: CauseCode,
    /// What is wrong.
    pub summary: String,
    /// What to change.
    pub advice: String,
    /// It was seen, not only thought possible.
    pub certain: bool,
}

impl Cause {
    /// A cause in words that fit any case.
    pub fn general(code: CauseCode) -> Self {
        Self::seen(code, &[])
    }

    /// A cause that the evidence shows.
    pub(super) fn seen(code: CauseCode, facts: &[Fact]) -> Self {
        Self {
            code,
            summary: fill(code.summary_template(), facts),
            advice: fill(code.advice_template(), facts),
            certain: true,
        }
    }

    /// A cause that would explain the answer, and that nothing rules out.
    pub(super) fn possible(code: CauseCode, facts: &[Fact]) -> Self {
        Self { certain: false, ..Self::seen(code, facts) }
    }
}

/// Replaces each `{name|words}` by the fact of that name as it may be shown, or by the words where it isn't known.
fn fill(template: &str, facts: &[Fact]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((slot, after)) = after.split_once('}') else { break };
        let (name, words) = slot.split_once('|').unwrap_or((slot, slot));
        text.push_str(before);
        match facts.iter().find(|(fact, _)| *fact == name) {
            Some((_, value)) => text.push_str(&redact_text(value)),
            None => text.push_str(words),
        }
        rest = after;
    }
    text.push_str(rest);
    text
}
