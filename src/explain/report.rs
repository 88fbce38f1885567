//! The text of an explanation for people.

use std::fmt;

use super::{Explanation, LinePair, SHOWN};

/// The most characters of a line that are shown, in all and before the difference.
const WIDTH: usize = 88;
const BEFORE: usize = 32;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(status) = self.status {
            write!(f, "{status} ")?;
        }
        if let Some(code) = &self.error_code {
            write!(f, "{code} ")?;
        }
        let [first, others @ ..] = self.causes.as_slice() else { return Ok(()) };
        if self.status.is_some() || self.error_code.is_some() {
            f.write_str("- ")?;
        }
        if !first.certain && !first.is_last_resort() {
            f.write_str("perhaps: ")?;
        }
        writeln!(f, "{}.", first.summary())?;
        let pairs = self.canonical_request_diff.iter();
        // The hash differs whenever the canonical requests do.
        let of_scope = self.string_to_sign_diff.iter();
        let of_scope = of_scope.filter(|pair| pair.part != "hashed_canonical_request");
        for pair in pairs.chain(of_scope).filter(|pair| pair.column.is_some()) {
            write_pair(f, pair)?;
        }
        write!(f, "\nChange: {}.", first.advice(self.reader))?;
        let others = others.iter().filter(|cause| !cause.is_last_resort());
        for cause in others.take(SHOWN - 1) {
            let also = if cause.certain { "Also" } else { "Or perhaps" };
            write!(f, "\n{also}: {}. Change: {}.", cause.summary(), cause.advice(self.reader))?;
        }
        Ok(())
    }
}

fn write_pair(f: &mut fmt::Formatter<'_>, pair: &LinePair) -> fmt::Result {
    let column = pair.column.unwrap_or(0);
    // A long line is cut around the difference, at the same place on both sides.
    let start = if column > WIDTH - BEFORE { column - BEFORE } else { 0 };
    let cut = |line: &Option<String>| match line {
        None => "(none)".to_owned(),
        Some(line) if line.is_empty() => "(empty)".to_owned(),
        Some(line) => {
            let shown: String = line.chars().skip(start).take(WIDTH).collect();
            let before = if start > 0 { "..." } else { "" };
            let after = if line.chars().count() > start + WIDTH { "..." } else { "" };
            format!("{before}{shown}{after}")
        }
    };
    let indent = column - start + if start > 0 { 3 } else { 0 };
    writeln!(f, "\n  {}", pair.part)?;
    writeln!(f, "    signed:   {}", cut(&pair.ours))?;
    writeln!(f, "    expected: {}", cut(&pair.theirs))?;
    writeln!(f, "              {}^", " ".repeat(indent))
}
