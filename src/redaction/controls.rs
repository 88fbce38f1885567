//! What a terminal or the reader of a log would obey rather than show.

use std::fmt::Write;

/// Replaces each control character by a visible escape, such as `\x1b` or `\u2028`.
pub(super) fn escaped(text: String) -> String {
    if !text.contains(is_control) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        let code = u32::from(char);
        let written = match char {
            _ if !is_control(char) => {
                out.push(char);
                Ok(())
            }
            ..='\u{ff}' => write!(out, "\\x{code:02x}"),
            _ => write!(out, "\\u{code:04x}"),
        };
        debug_assert!(written.is_ok(), "a String takes all that is written to it");
    }
    out
}

/// C0, DEL and C1, and those of Unicode that break a line or turn the direction of text.
fn is_control(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}
