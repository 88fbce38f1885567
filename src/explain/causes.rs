//! Causes: what can be wrong, on what ground it is named, and in whose words.

pub(super) mod checks;
mod hops;
pub(super) mod messages;
mod table;
mod time;

pub(super) use hops::{is_rewritten, of as hop_of};
pub use table::{CauseCode, Proof};

/// What is known of a case, by the names that the table of causes uses.
pub(super) type Fact = (&'static str, String);

/// Who reads: the same advice takes other words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reader {
    /// Someone who calls Python.
    #[default]
    Python,
    /// Someone who types commands.
    Command,
}

/// One thing that is wrong, or may be.
#[derive(Clone, Debug)]
pub struct Cause {
    /// Names it; stable.
    pub code: CauseCode,
    /// What is in hand proves it.
    pub certain: bool,
    pub(super) facts: Vec<Fact>,
}

impl Cause {
    /// A cause in words that fit any case.
    pub fn general(code: CauseCode) -> Self {
        Self::on(Proof::Nothing, code, &[])
    }

    /// A cause that `ground` speaks for. It is certain only if the table takes that for a proof.
    pub(super) fn on(ground: Proof, code: CauseCode, facts: &[Fact]) -> Self {
        let certain = match code.proof() {
            Proof::Nothing => false,
            Proof::Either => ground != Proof::Nothing,
            proof => ground == proof,
        };
        Self { code, certain, facts: facts.to_vec() }
    }

    /// A cause that the server names.
    pub(super) fn said(code: CauseCode, facts: &[Fact]) -> Self {
        Self::on(Proof::Words, code, facts)
    }

    /// A cause that would explain the refusal, and that nothing proves.
    pub(super) fn possible(code: CauseCode, facts: &[Fact]) -> Self {
        Self::on(Proof::Nothing, code, facts)
    }

    /// Whether it only says that nothing is known.
    pub(super) fn is_last_resort(&self) -> bool {
        matches!(self.code, CauseCode::SignatureMismatch | CauseCode::Unknown)
    }

    /// What is wrong.
    pub fn summary(&self) -> String {
        self.fill(self.code.templates().0, Reader::Python)
    }

    /// What to change.
    pub fn advice(&self, reader: Reader) -> String {
        self.fill(self.code.templates().1, reader)
    }

    /// Replaces each `{name|words}` by the fact of that name, or by the words where it isn't known.
    fn fill(&self, template: &str, reader: Reader) -> String {
        let mut text = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((slot, after)) = after.split_once('}') else { break };
            text.push_str(before);
            let (name, words) = slot.split_once('|').unwrap_or((slot, slot));
            text.push_str(match (name.strip_prefix("python:"), reader) {
                (Some(python), Reader::Python) => python,
                (Some(_), Reader::Command) => words.strip_prefix("command:").unwrap_or(words),
                (None, _) => {
                    let fact = self.facts.iter().find(|(fact, _)| *fact == name);
                    fact.map_or(words, |(_, value)| value)
                }
            });
            rest = after;
        }
        text.push_str(rest);
        text
    }
}
