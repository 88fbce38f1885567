//! Prefixes of lines that come from a terminal or a log.

use std::borrow::Cow;
use std::iter;

/// The longest prefix, in characters.
const MAX_PREFIX_CHARS: usize = 200;
/// The fewest lines, and visible characters, that make a prefix.
const MIN_LINES: usize = 3;

/// A line as the server sent it, or `None` if it is the client's part of `curl -v`.
pub(super) fn without_curl_marks(line: &str) -> Option<&str> {
    match line.strip_prefix("< ") {
        Some(sent) => Some(sent),
        None if line == "<" => Some(""),
        None if ["* ", "> ", "{ [", "} ["].iter().any(|mark| line.starts_with(mark)) => None,
        None => Some(line),
    }
}

/// Removes the common prefix of all lines after the first, such as a time, a level and a name.
///
/// All digits are considered equal, and spaces at the end of a prefix may be missing.
pub(super) fn without_log_prefix(text: &str) -> Cow<'_, str> {
    let lines: Vec<_> = text.lines().collect();
    let later = lines.get(1..).unwrap_or_default();
    if later.len() < MIN_LINES {
        return Cow::Borrowed(text);
    }
    let shape = |char: char| if char.is_ascii_digit() { '0' } else { char };
    let mut prefix: Vec<_> = later[0].chars().take(MAX_PREFIX_CHARS).map(shape).collect();
    let alike = |prefix: &[char], line: &str| {
        let shown = line.chars().map(shape).chain(iter::repeat(' '));
        prefix.iter().zip(shown).take_while(|(one, other)| *one == other).count()
    };
    for line in later {
        prefix.truncate(alike(&prefix, line));
    }
    if prefix.iter().filter(|char| !char.is_whitespace()).count() < MIN_LINES {
        return Cow::Borrowed(text);
    }
    let without = lines.iter().map(|line| {
        let is_prefixed = alike(&prefix, line) == prefix.len();
        let length = if is_prefixed { prefix.len() } else { 0 };
        line.char_indices().nth(length).map_or("", |(start, _)| &line[start..])
    });
    Cow::Owned(without.collect::<Vec<_>>().join("\n"))
}
