//! Redaction of secrets: tokens, passwords, signatures and cookies.
//!
//! Text of a response or request passes through this module before it is shown. Control characters are
//! escaped, too.

mod known;
mod names;
mod values;

use std::borrow::Cow;
use std::fmt::Write;

use known::KnownSecrets;
use percent_encoding::percent_decode_str;
use values::{after_comma, after_option, after_scheme, element, escaped_pair, pair};

pub(super) const REDACTED: &str = "***";

/// The most characters of a message that are shown. Those of AWS are shorter.
const MAX_WORDS: usize = 1000;

/// Redacts the known secrets of one case, and values with the names of secrets.
#[derive(Default)]
pub(super) struct Redaction {
    known: KnownSecrets,
}

impl Redaction {
    /// Adds a secret value.
    pub(super) fn add(&mut self, value: &str) {
        self.known.add(value);
    }

    /// Adds the values of secret parameters of a query, as they are and percent-decoded.
    pub(super) fn add_secrets_of_query(&mut self, query: &str) {
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            if is_secret_parameter(name) {
                self.add(value);
                self.add(&percent_decode_str(value).decode_utf8_lossy());
            }
        }
    }

    /// Redacts a text.
    pub(super) fn text(&self, text: &str) -> String {
        // Colors may stand inside of a secret.
        redact_text(&self.known.redact(&without_colors(text)))
    }

    /// Redacts a message, which may contain an `Authorization` header, and limits its length.
    pub(super) fn message(&self, message: &str) -> String {
        let unreadable = " not a valid key=value pair";
        let message = if let Some((before, after)) = message.split_once(unreadable) {
            let quote = before.find('\'').map_or(before, |start| &before[..start]);
            let rest = after.split_once("Authorization header: '").map_or(after, |(rest, _)| rest);
            self.text(&format!("{quote}'{REDACTED}'{unreadable}{rest}Authorization header"))
        } else {
            self.text(message)
        };
        message.chars().take(MAX_WORDS).collect()
    }

    /// Redacts a query.
    pub(super) fn query(&self, query: &str) -> String {
        pairs(&self.known.redact(query))
    }
}

/// Redacts user information and secret parameters in a URL or request target.
pub fn redact_url(url: &str) -> String {
    let (rest, fragment) = split_before(url, '#');
    let (before, query) = split_before(rest, '?');
    // A URL without a scheme, with or without slashes.
    let slashes = if before.starts_with("//") { "//" } else { "" };
    let (_, authority) = before.split_at(slashes.len());
    let user = user_length(authority);
    let mark = if user > 0 { REDACTED } else { "" };
    let before = format!("{slashes}{mark}{}", &authority[user..]);
    [redact_text(&before), pairs(query), pairs(fragment)].concat()
}

/// Redacts the value of a header.
pub fn redact_header(name: &str, value: &str) -> String {
    // In an `Authorization` header of AWS, only the signature is secret.
    let is_aws = name.eq_ignore_ascii_case("authorization") && value.starts_with("AWS4-");
    if is_secret(name) && !is_aws {
        return REDACTED.to_owned();
    }
    let is_url = value.starts_with('/') || value.contains("://") || value.contains('?');
    if is_url { redact_url(value) } else { redact_text(value) }
}

/// Redacts a canonical request.
pub fn redact_canonical_request(text: &str) -> String {
    let mut lines = text.split('\n');
    let mut shown: Vec<String> = lines.by_ref().take(2).map(redact_text).collect();
    shown.extend(lines.by_ref().take(1).map(pairs));
    let headers = lines.by_ref().take_while(|line| !line.is_empty());
    shown.extend(headers.map(|line| match line.split_once(':') {
        Some((name, value)) => {
            format!("{}:{}", escaped(name.to_owned()), redact_header(name, value))
        }
        None => redact_text(line),
    }));
    // The empty line that ends the headers, which `take_while` took.
    shown.push(String::new());
    shown.extend(lines.map(redact_text));
    shown.join("\n")
}

/// Removes the colors of terminals: `ESC [`, numbers between `;` or `:`, and `m`.
pub(super) fn without_colors(text: &str) -> Cow<'_, str> {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default();
    if first.len() == text.len() {
        return Cow::Borrowed(text);
    }
    let mut out = first.to_owned();
    for part in parts {
        let rest = part
            .trim_start_matches(|char: char| char.is_ascii_digit() || [';', ':'].contains(&char));
        match rest.strip_prefix('m') {
            Some(rest) => out.push_str(rest),
            None => out.extend(["\x1b[", part]),
        }
    }
    Cow::Owned(out)
}

/// The five entities that XML itself has, and characters by number. No others, so none can grow.
pub(super) fn reference_char(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

/// Splits a text before the first of this character.
fn split_before(text: &str, char: char) -> (&str, &str) {
    text.split_at(text.find(char).unwrap_or(text.len()))
}

/// Redacts a query, with or without its question mark.
fn pairs(query: &str) -> String {
    let (mark, query) = query.split_at(query.len() - query.trim_start_matches(['?', '#']).len());
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if !value.is_empty() && is_secret_parameter(name) => {
            escaped(format!("{name}={REDACTED}"))
        }
        _ => redact_text(pair),
    });
    format!("{mark}{}", pairs.collect::<Vec<_>>().join("&"))
}

/// Whether the value of the header is secret.
pub(super) fn is_secret(header: &str) -> bool {
    names::is_secret(header)
}

fn is_secret_parameter(name: &str) -> bool {
    names::is_secret(&percent_decode_str(name).decode_utf8_lossy())
}

/// Redacts a text.
///
/// This replaces user information in URLs, the word after a scheme of `Authorization`, and values with the
/// names of secrets in the forms that `values` reads. Quotes may be escaped, for HTML too.
pub fn redact_text(text: &str) -> String {
    let text = &*without_colors(text);
    let mut out = String::with_capacity(text.len());
    let (mut copied, mut position) = (0, 0);
    while let Some(found) = text[position..].find([' ', '\t', '=', ':', '%', '>', ',']) {
        let at = position + found;
        position = at + 1;
        let value = match &text.as_bytes()[at..] {
            [b' ' | b'\t', ..] => after_scheme(text, at).or_else(|| after_option(text, at)),
            [b':', b'/', b'/', ..] => Some((at + 3, user_length(&text[at + 3..]))),
            [b'>', ..] => element(text, at),
            [b',', ..] => after_comma(text, at),
            [b'%', b'3', b'D' | b'd', ..] => escaped_pair(text, at),
            [b'=' | b':', ..] => pair(text, at),
            _ => None,
        };
        if let Some((start, length)) = value.filter(|(_, length)| *length > 0) {
            out.push_str(&text[copied..start]);
            out.push_str(REDACTED);
            copied = start + length;
            position = copied;
        }
    }
    out.push_str(&text[copied..]);
    escaped(out)
}

/// The length of the user information at the start of an authority.
fn user_length(text: &str) -> usize {
    let is_end = |char: char| char.is_whitespace() || "/?#\"'<>\\".contains(char);
    let end = text.find(is_end).unwrap_or(text.len());
    text[..end].rfind('@').unwrap_or(0)
}

/// Replaces each control character by a visible escape, such as `\x1b` or `\u2028`.
///
/// Terminals and log viewers interpret these characters.
fn escaped(text: String) -> String {
    if !text.contains(is_control) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        let code = u32::from(char);
        let written = match char {
            _ if !is_control(char) => out.write_char(char),
            ..='\u{ff}' => write!(out, "\\x{code:02x}"),
            _ => write!(out, "\\u{code:04x}"),
        };
        debug_assert!(written.is_ok(), "a String takes all that is written to it");
    }
    out
}

/// C0, DEL and C1, and those of Unicode that break a line or turn the direction of text.
fn is_control(char: char) -> bool {
    let turns = '\u{2028}'..='\u{202e}';
    char.is_control()
        || turns.contains(&char)
        || matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2066}'..='\u{2069}')
}
