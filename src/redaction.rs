//! Redaction of secrets: tokens, passwords, signatures and cookies.
//!
//! Text of a response or request passes through this module before it is shown. Control characters are
//! escaped, too.

mod known;
mod names;

use std::fmt::Write;

use known::KnownSecrets;
use percent_encoding::percent_decode_str;

pub(super) const REDACTED: &str = "***";

/// The most characters of a message that are shown. Those of AWS are shorter.
const MAX_WORDS: usize = 1000;

/// The longest name, in bytes.
const MAX_NAME_BYTES: usize = 128;

/// Schemes of `Authorization` that are followed by a secret.
const SCHEMES: [&str; 2] = ["basic", "bearer"];

/// What ends a value that isn't quoted.
const VALUE_ENDS: &str = "&,'\"<>;\\";

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
        redact_text(&self.known.redact(text))
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
/// names of secrets in these forms: `name=value`, `name%3Dvalue`, `name: value`, `"name": "value"`,
/// `"name": [...]`, `--name value` and `<name>value</name>`.
pub fn redact_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut copied, mut position) = (0, 0);
    while let Some(found) = text[position..].find([' ', '\t', '=', ':', '%', '>', ',']) {
        let at = position + found;
        position = at + 1;
        let value = match &text.as_bytes()[at..] {
            [b' ' | b'\t', ..] => after_scheme(text, at).or_else(|| after_option(text, at)),
            [b':', b'/', b'/', ..] => Some((at + 3, user_length(&text[at + 3..]))),
            [b'>', ..] => element(text, at),
            [b',', ..] => condition(text, at),
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

/// The start and length of the word after a scheme and this space.
fn after_scheme(text: &str, at: usize) -> Option<(usize, usize)> {
    let before = |scheme: &str| text.get(at.checked_sub(scheme.len())?..at);
    let is_before = |scheme: &&str| before(scheme).is_some_and(|w| w.eq_ignore_ascii_case(scheme));
    SCHEMES.into_iter().find(is_before)?;
    let (start, word) = word_after(text, at);
    // Not secret: the 'basic format' of ISO 8601, and the realm of a challenge.
    let is_public = word == "format" || word.starts_with("realm=");
    (!is_public).then_some((start, word.len()))
}

/// The word after this space, without the quote or bracket before it, and its start.
fn word_after(text: &str, at: usize) -> (usize, &str) {
    let rest = text[at..].trim_start_matches([' ', '\t', '$']);
    let start = text.len() - rest.len();
    match rest.get(..1) {
        Some(quote @ ("\"" | "'")) => {
            let word = &rest[1..];
            (start + 1, &word[..quoted_length(word, quote)])
        }
        Some("<") => (start + 1, &rest[1..=unquoted_length(&rest[1..])]),
        _ => (start, &rest[..unquoted_length(rest)]),
    }
}

/// The start and length of the word after a secret option of a command and this space.
fn after_option(text: &str, at: usize) -> Option<(usize, usize)> {
    let name = secret_name_before(text, at, false)?;
    let (start, word) = word_after(text, at);
    (name.starts_with("--") && !word.starts_with('-')).then_some((start, word.len()))
}

/// The start and length of the text of a secret XML element.
fn element(text: &str, at: usize) -> Option<(usize, usize)> {
    let bytes = &text.as_bytes()[at.saturating_sub(MAX_NAME_BYTES)..at];
    let open = at - bytes.iter().rev().position(|byte| *byte == b'<')?;
    let name = text[open..at].split_ascii_whitespace().next()?;
    if name.starts_with(['/', '!', '?'])
        || name.ends_with('/')
        || text[..at].ends_with('/')
        || !names::is_secret_in_words(name)
    {
        return None;
    }
    // The element may hold comments, CDATA sections and other elements.
    let value = &text[at + 1..];
    let length = value.find("</").unwrap_or(value.len());
    (!value[..length].trim().is_empty()).then_some((at + 1, length))
}

/// The start and length of a secret value in the condition of a policy: `"$name", "value"`.
fn condition(text: &str, at: usize) -> Option<(usize, usize)> {
    let unquoted = |text: &'_ str| {
        Some(text.trim_end().strip_suffix(['"', '\''])?.trim_end_matches('\\').len())
    };
    let end = unquoted(&text[..at])?;
    let name = secret_name_before(text, end, false)?;
    text[..end - name.len()].strip_suffix('$')?;
    let value = text[at + 1..].trim_start().trim_start_matches('\\').strip_prefix(['"', '\''])?;
    Some((text.len() - value.len(), value.find(['"', '\'', '\\']).unwrap_or(value.len())))
}

/// The start and length of a secret value after `%3D`, up to `%26`.
fn escaped_pair(text: &str, at: usize) -> Option<(usize, usize)> {
    secret_name_before(text, at, true)?;
    let start = at + "%3D".len();
    let value = &text[start..];
    let end = value.find(|char: char| char == '%' || is_end_of_value(char));
    let mut length = end.unwrap_or(value.len());
    // Other escapes belong to the value.
    while value[length..].starts_with('%') && !value[length..].starts_with("%26") {
        let rest = &value[length + 1..];
        let end = rest.find(|char: char| char == '%' || is_end_of_value(char));
        length += 1 + end.unwrap_or(rest.len());
    }
    Some((start, length))
}

/// The start and length of a secret value after `=` or `:`.
fn pair(text: &str, at: usize) -> Option<(usize, usize)> {
    let is_colon = text.as_bytes()[at] == b':';
    let trimmed = text[..at].trim_end_matches([' ', '\t']);
    let unquoted = trimmed.strip_suffix(['"', '\'']);
    let unquoted = unquoted.map(|text| text.strip_suffix('\\').unwrap_or(text));
    let is_quoted = unquoted.is_some();
    // Before a colon, only a name in quotes may have blanks behind it.
    let end = unquoted.map_or(if is_colon { at } else { trimmed.len() }, str::len);
    let name = secret_name_before(text, end, !is_colon)?;
    let takes_line = names::takes_all_of_the_line(name);
    let rest = &text[at + 1..];
    if is_colon && !is_quoted {
        // In `secretsmanager:GetSecretValue` and ARNs, no value follows a name.
        let is_header = takes_line || name.starts_with("x-") || name.starts_with("X-");
        if names::is_error(name) || !(rest.starts_with([' ', '\t']) || is_header) {
            return None;
        }
    }
    let value = if is_quoted { rest.trim_start() } else { &rest[blanks(rest)..] };
    let value = without_letters(value);
    let start = text.len() - value.len();
    if value.starts_with('{') && is_quoted {
        return None;
    }
    if value.starts_with('[') && is_quoted {
        return Some((start, list_length(value)));
    }
    let quotes = ["\\\"", "\\'", "\"", "'"];
    if let Some(quote) = quotes.into_iter().find(|quote| value.starts_with(quote)) {
        return Some((start + quote.len(), quoted_length(&value[quote.len()..], quote)));
    }
    if takes_line {
        // In an `Authorization` header of AWS, the signature has a name of its own.
        if value.starts_with("AWS4-") {
            return None;
        }
        let quote = text[..end - name.len()].chars().next_back();
        let length = line_length(value, quote);
        let parameter = value[..length].find('&').filter(|_| !is_colon);
        return Some((start, parameter.unwrap_or(length)));
    }
    Some((start, unquoted_length(value)))
}

/// The name that ends here, if it is that of a secret.
///
/// `code` and `key` are names of secrets only in a query.
fn secret_name_before(text: &str, end: usize, may_be_parameter: bool) -> Option<&str> {
    let bytes = &text.as_bytes()[end.saturating_sub(MAX_NAME_BYTES)..end];
    let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"%-_.[]".contains(byte);
    let start = end - bytes.iter().rev().take_while(is_name).count();
    let name = &text[start..end];
    // In a query that is encoded twice, `?`, `&` and `=` are escaped.
    let escapes = ["%3F", "%3f", "%26", "%3D", "%3d"];
    let cut = escapes.iter().filter_map(|escape| name.rfind(escape)).max();
    let (name, begins_parameter) = match cut {
        None => (name, text[..start].ends_with(['?', '&'])),
        Some(cut) => (&name[cut + 3..], !name[cut..].to_ascii_uppercase().starts_with("%3D")),
    };
    let is_secret = if begins_parameter && may_be_parameter {
        is_secret_parameter(name)
    } else {
        names::is_secret_in_words(&percent_decode_str(name).decode_utf8_lossy())
    };
    is_secret.then_some(name)
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

/// The length of a header's value: to the end of the line, or to the quote that stands before its name.
fn line_length(value: &str, before_name: Option<char>) -> usize {
    let quote = before_name.filter(|char| ['"', '\''].contains(char));
    let line = value.find(|char| ['\r', '\n'].contains(&char) || quote == Some(char));
    let line = &value[..line.unwrap_or(value.len())];
    line.find("</").unwrap_or(line.len())
}

/// The length of a list up to its bracket. Objects have names of their own.
fn list_length(text: &str) -> usize {
    let (mut length, mut depth) = (0, 0_usize);
    while let Some(found) = text[length..].find(['[', ']', '{', '"', '\'']) {
        length += found + 1;
        match &text[length - 1..length] {
            "[" => depth += 1,
            "]" if depth == 1 => return length,
            "]" => depth -= 1,
            "{" => return 0,
            quote => length += quoted_length(&text[length..], quote) + 1,
        }
        length = length.min(text.len());
    }
    text.len()
}

/// A text in quotes without the letters that Python writes before it, as in `b'...'`.
fn without_letters(text: &str) -> &str {
    let quoted = text.trim_start_matches(['b', 'B', 'r', 'R', 'u', 'U']);
    if quoted.starts_with(['"', '\'']) { quoted } else { text }
}

fn unquoted_length(text: &str) -> usize {
    text.find(is_end_of_value).unwrap_or(text.len())
}

fn is_end_of_value(char: char) -> bool {
    char.is_whitespace() || VALUE_ENDS.contains(char)
}

/// The length of a quoted value, up to a quote without a backslash.
fn quoted_length(text: &str, quote: &str) -> usize {
    if quote.len() > 1 {
        return text.find(quote).unwrap_or(text.len());
    }
    let mut is_escaped = false;
    let end = text.find(|char| {
        let is_end = quote.starts_with(char) && !is_escaped;
        is_escaped = char == '\\' && !is_escaped;
        is_end
    });
    end.unwrap_or(text.len())
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
