//! Causes: what can be wrong, what proves it, and the text for each reader.

pub(super) mod checks;
mod hops;
pub(super) mod messages;
mod refuted;
mod rules;
mod sentences;
mod table;
mod time;

pub(super) use hops::{is_rewritten, of as hop_of};
pub use table::{CauseCode, Proof};

/// A name that the table of causes uses, and its value in this case.
pub(super) type Fact = (&'static str, String);

/// The reader of the advice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reader {
    /// A caller of the Python package.
    #[default]
    Python,
    /// A user of the command line.
    Command,
}

/// One thing that is wrong, or possibly wrong.
#[derive(Clone, Debug)]
pub struct Cause {
    /// Names it; stable.
    pub code: CauseCode,
    /// Whether it is proved.
    pub certain: bool,
    pub(super) facts: Vec<Fact>,
}

impl Cause {
    /// A cause without facts.
    pub fn general(code: CauseCode) -> Self {
        Self::on(Proof::Nothing, code, &[])
    }

    /// A cause found by `ground`. It is certain if that is the proof that the table asks for.
    pub(super) fn on(ground: Proof, code: CauseCode, facts: &[Fact]) -> Self {
        let certain = match code.proof() {
            Proof::Nothing => false,
            Proof::Either => ground != Proof::Nothing,
            proof => ground == proof,
        };
        Self { code, certain, facts: facts.to_vec() }
    }

    /// A cause that the message of the server names.
    pub(super) fn said(code: CauseCode, facts: &[Fact]) -> Self {
        Self::on(Proof::Words, code, facts)
    }

    /// A cause without a proof.
    pub(super) fn possible(code: CauseCode, facts: &[Fact]) -> Self {
        Self::on(Proof::Nothing, code, facts)
    }

    /// Makes causes possible ones, for want of a proof.
    pub(super) fn all_possible(mut causes: Vec<Self>) -> Vec<Self> {
        for cause in &mut causes {
            cause.certain = false;
        }
        causes
    }

    /// Whether it only says that the cause is not known.
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
