//! What may not be shown: tokens, secrets, signatures, and what else opens doors.
//!
//! All that comes from an answer or a request goes through here on its way into an explanation, and
//! leaves its control characters, too.

mod controls;
mod names;

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use controls::escaped;

pub(super) const REDACTED: &str = "***";

/// How many characters of a message are shown; AWS's own are shorter.
const MAX_WORDS: usize = 1000;

/// Names that are longer are none.
const MAX_NAME_BYTES: usize = 128;

/// Schemes of `Authorization`, before what may not be shown.
const SCHEMES: [&str; 2] = ["basic ", "bearer "];

/// What ends a value that isn't quoted.
const VALUE_ENDS: &str = "&,'\"<>;\\";

/// Replaces what is known to be secret in this case, and what looks it.
#[derive(Default)]
pub(super) struct Redaction {
    known: Vec<String>,
}

impl Redaction {
    /// Adds a value that is replaced wherever it stands, as it is, as a query has it and as it is shown.
    pub(super) fn add(&mut self, value: &str) {
        // A few characters would be found in innocent words.
        if value.len() >= 8 {
            let encoded = crate::sigv4::uri::encode_query_part(value).into_owned();
            let others = [encoded, escaped(value.to_owned())];
            self.known.push(value.to_owned());
            self.known.extend(others.into_iter().filter(|form| form != value));
        }
    }

    /// Text from outside.
    pub(super) fn text(&self, text: &str) -> String {
        redact_text(&self.without_known(text))
    }

    fn without_known(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for known in &self.known {
            if text.contains(known) {
                text = text.replace(known, REDACTED);
            }
        }
        text
    }

    /// The server's words, which may repeat an `Authorization` that it couldn't read, and not without
    /// end.
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

    /// A query, in which each name has its value.
    pub(super) fn query(&self, query: &str) -> String {
        pairs(&self.without_known(query))
    }
}

/// Returns a URL, or the target of a request, without user information and without the values of secret
/// parameters.
pub fn redact_url(url: &str) -> String {
    let (rest, fragment) = split_before(url, '#');
    let (before, query) = split_before(rest, '?');
    // A scheme-relative URL, or one whose scheme was forgotten.
    let slashes = if before.starts_with("//") { "//" } else { "" };
    let before = format!("{slashes}{}", without_user(&before[slashes.len()..]));
    [redact_text(&before), pairs(query), pairs(fragment)].concat()
}

/// Returns the value of a header as it may be shown.
pub fn redact_header(name: &str, value: &str) -> String {
    // Of AWS's own scheme, only the signature is secret.
    let is_aws = name.eq_ignore_ascii_case("authorization") && value.starts_with("AWS4-");
    if is_secret(name) && !is_aws {
        return REDACTED.to_owned();
    }
    let is_url = value.starts_with('/') || value.contains("://") || value.contains('?');
    if is_url { redact_url(value) } else { redact_text(value) }
}

/// Returns a canonical request as it may be shown.
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

/// Redacts a query, in which each name has its value, with or without its question mark.
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

/// Whether the value of the header may not be shown.
pub(super) fn is_secret(header: &str) -> bool {
    names::is_secret(header)
}

fn is_secret_parameter(name: &str) -> bool {
    names::is_secret(&percent_decode_str(name).decode_utf8_lossy())
}

/// Returns text from outside as it may be shown, whatever is known of the case.
pub fn redact_text(text: &str) -> String {
    let mut urls = text.split("://");
    let mut out = urls.next().unwrap_or_default().to_owned();
    for url in urls {
        out.push_str("://");
        out.push_str(&without_user(url));
    }
    let text = SCHEMES.iter().fold(out, |text, scheme| after(text, scheme));
    escaped(without_named(&text))
}

/// Redacts the user information of an authority, with which the text begins.
fn without_user(text: &str) -> Cow<'_, str> {
    let is_end = |char: char| char.is_whitespace() || "/?#\"'<>\\".contains(char);
    let end = text.find(is_end).unwrap_or(text.len());
    match text[..end].rfind('@') {
        Some(at) => format!("{REDACTED}{}", &text[at..]).into(),
        None => text.into(),
    }
}

/// Replaces each value that follows the scheme.
fn after(text: String, scheme: &str) -> String {
    let lowercase = text.to_ascii_lowercase();
    if !lowercase.contains(scheme) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut position = 0;
    while let Some(found) = lowercase[position..].find(scheme) {
        let start = position + found + scheme.len();
        let value = start + blanks(&text[start..]);
        let length = unquoted_length(&text[value..]);
        out.push_str(&text[position..value]);
        let word = &text[value..value + length];
        // Neither is a secret: the 'basic format' of ISO 8601, and the realm of a challenge.
        let is_public = word == "format" || word.starts_with("realm=");
        if length > 0 {
            out.push_str(if is_public { word } else { REDACTED });
        }
        position = value + length;
    }
    out.push_str(&text[position..]);
    out
}

/// Replaces each value whose name says that it opens doors, in any of the forms in which servers repeat
/// what they got: `name=value`, `name%3Dvalue`, `name: value`, `"name": "value"`, `<name>value</name>`.
fn without_named(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut position = 0;
    while let Some(found) = text[position..].find(['=', ':', '%', '>']) {
        let at = position + found;
        position = at + 1;
        let rest = &text[at..];
        let value = match rest.as_bytes() {
            [b'>', ..] => element(text, at),
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
    out
}

/// Where the value starts whose element opens here, and how long it is.
fn element(text: &str, at: usize) -> Option<(usize, usize)> {
    let bytes = &text.as_bytes()[at.saturating_sub(MAX_NAME_BYTES)..at];
    let open = at - bytes.iter().rev().position(|byte| *byte == b'<')?;
    let tag = &text[open..at];
    let name = tag.split_ascii_whitespace().next()?;
    if name.starts_with(['/', '!', '?']) || !names::is_secret_in_words(name) {
        return None;
    }
    let value = &text[at + 1..];
    let length = value.find('<').unwrap_or(value.len());
    Some((at + 1, if value[..length].trim().is_empty() { 0 } else { length }))
}

/// The same of the value after `%3D`, which ends at `%26`, too.
fn escaped_pair(text: &str, at: usize) -> Option<(usize, usize)> {
    if !name_before(text, at).is_secret(true) {
        return None;
    }
    let start = at + "%3D".len();
    let value = &text[start..];
    let value = &value[..unquoted_length(value)];
    Some((start, value.find("%26").unwrap_or(value.len())))
}

/// The same of the value after `=` or `:`.
fn pair(text: &str, at: usize) -> Option<(usize, usize)> {
    let is_colon = text.as_bytes()[at] == b':';
    let trimmed = text[..at].trim_end_matches(' ');
    let unquoted = trimmed.strip_suffix(['"', '\'']);
    let unquoted = unquoted.map(|text| text.strip_suffix('\\').unwrap_or(text));
    let is_quoted = unquoted.is_some();
    // Before a colon, only a name in quotes may have blanks behind it.
    let end = unquoted.map_or(if is_colon { at } else { trimmed.len() }, str::len);
    let name = name_before(text, end);
    if !name.is_secret(!is_colon) {
        return None;
    }
    let name = name.text;
    let takes_line = names::takes_all_of_the_line(name);
    let rest = &text[at + 1..];
    if is_colon && !is_quoted {
        // `secretsmanager:GetSecretValue` and ARNs are no names with values.
        let is_header = takes_line || name.starts_with("x-") || name.starts_with("X-");
        if names::is_error(name) || !(rest.starts_with(' ') || is_header) {
            return None;
        }
    }
    let start = at + 1 + blanks(rest);
    let value = &text[start..];
    if value.starts_with(['{', '[']) && is_quoted {
        return None;
    }
    let escaped_quote = ["\\\"", "\\'"].into_iter().find(|quote| value.starts_with(quote));
    if let Some(quote) = escaped_quote {
        let value = &value[quote.len()..];
        return Some((start + quote.len(), value.find(quote).unwrap_or(value.len())));
    }
    if let Some(quote) = value.chars().next().filter(|char| ['"', '\''].contains(char)) {
        return Some((start + 1, quoted_length(&value[1..], quote)));
    }
    if takes_line && (is_colon || name.eq_ignore_ascii_case("authorization")) {
        // The rest of AWS's own is no secret, and its parts have names.
        let ends = |char: char| "\r\n\"<\\".contains(char);
        return (!value.starts_with("AWS4-"))
            .then(|| (start, value.find(ends).unwrap_or(value.len())));
    }
    Some((start, unquoted_length(value)))
}

/// The name of a value in a text.
struct Name<'a> {
    text: &'a str,
    /// It stands where a query has its names.
    begins_parameter: bool,
}

impl Name<'_> {
    fn is_secret(&self, may_be_parameter: bool) -> bool {
        if self.begins_parameter && may_be_parameter {
            return is_secret_parameter(self.text);
        }
        names::is_secret_in_words(&percent_decode_str(self.text).decode_utf8_lossy())
    }
}

/// The name that ends here.
fn name_before(text: &str, end: usize) -> Name<'_> {
    let bytes = &text.as_bytes()[end.saturating_sub(MAX_NAME_BYTES)..end];
    let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"%-_.[]".contains(byte);
    let start = end - bytes.iter().rev().take_while(is_name).count();
    let name = &text[start..end];
    // Of a query that is encoded once more, `?`, `&` and `=` come before it.
    let escapes = ["%3F", "%3f", "%26", "%3D", "%3d"];
    let cut = escapes.iter().filter_map(|escape| name.rfind(escape)).max();
    cut.map_or_else(
        || Name { text: name, begins_parameter: text[..start].ends_with(['?', '&']) },
        |cut| Name {
            text: &name[cut + 3..],
            begins_parameter: !name[cut..].to_ascii_uppercase().starts_with("%3D"),
        },
    )
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

fn unquoted_length(text: &str) -> usize {
    let is_end = |char: char| char.is_whitespace() || VALUE_ENDS.contains(char);
    text.find(is_end).unwrap_or(text.len())
}

/// Up to the quote that no backslash precedes.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    let end = text.find(|char| {
        let is_end = char == quote && !is_escaped;
        is_escaped = char == '\\' && !is_escaped;
        is_end
    });
    end.unwrap_or(text.len())
}
