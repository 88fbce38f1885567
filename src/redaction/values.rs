//! Where secret values stand in a text, by their names: each returns the start and length of a value.

use percent_encoding::percent_decode_str;

use super::{is_secret_parameter, names};

/// The longest name, in bytes.
const MAX_NAME_BYTES: usize = 128;

/// Schemes of `Authorization` that are followed by a secret.
const SCHEMES: [&str; 2] = ["basic", "bearer"];

/// Quotes that are escaped for HTML.
const HTML_QUOTES: [&str; 6] = ["&quot;", "&#34;", "&#x22;", "&apos;", "&#39;", "&#x27;"];

/// Letters before a quote, as Python writes them.
const STRING_LETTERS: [char; 6] = ['b', 'B', 'r', 'R', 'u', 'U'];

/// What ends a value that isn't quoted.
const VALUE_ENDS: &str = "&,'\"<>;\\";

/// The start and length of the word after a scheme and this space.
pub(super) fn after_scheme(text: &str, at: usize) -> Option<(usize, usize)> {
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
    let open = quote_at(rest).map_or(usize::from(rest.starts_with('<')), str::len);
    let (quote, word) = rest.split_at(open);
    let length =
        if matches!(quote, "" | "<") { unquoted_length(word) } else { quoted_length(word, quote) };
    (start + open, &word[..length])
}

/// The start and length of the word after a secret option of a command and this space, or of the password
/// of `curl --user name:password`.
pub(super) fn after_option(text: &str, at: usize) -> Option<(usize, usize)> {
    if ["-u", "--user", "--proxy-user"].iter().any(|option| text[..at].ends_with(option)) {
        let (start, word) = word_after(text, at);
        let name = word.find(':').filter(|end| !word[*end..].starts_with("://"))? + 1;
        return Some((start + name, word.len() - name));
    }
    secret_name_before(text, at, false).filter(|name| name.starts_with("--"))?;
    let (start, word) = word_after(text, at);
    (!word.starts_with('-')).then_some((start, word.len()))
}

/// The start and length of the text of a secret XML element.
pub(super) fn element(text: &str, at: usize) -> Option<(usize, usize)> {
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

/// The start and length of the secret value after a name in quotes and this comma.
///
/// That is so in the condition of a policy, `"$name", "value"`, in pairs, `("name", "value")`, and in
/// members, `"name": "name", "value": "value"`.
pub(super) fn after_comma(text: &str, at: usize) -> Option<(usize, usize)> {
    let end = before_quote(text[..at].trim_end())?.len();
    let name = secret_name_before(text, end, false)?;
    let before = &text[..end - name.len()];
    let rest = text[at + 1..].trim_start();
    let member = after_value_name(rest);
    let value = without_letters(member.unwrap_or(rest));
    let quote = quote_at(value)?;
    let value = &value[quote.len()..];
    let length = quoted_length(value, quote);
    let is_pair = || {
        let open = before_quote(before)?.trim_end_matches(STRING_LETTERS);
        let close = value[length..].strip_prefix(quote)?.trim_start();
        Some(open.ends_with(['(', '[']) && close.starts_with([')', ']']))
    };
    let is_value = before.ends_with('$') || member.is_some() || is_pair() == Some(true);
    let has_named_parts = names::takes_all_of_the_line(name) && value.starts_with("AWS4-");
    (is_value && !has_named_parts).then_some((text.len() - value.len(), length))
}

/// What follows `"value":`.
fn after_value_name(text: &str) -> Option<&str> {
    let quote = quote_at(text)?;
    let (name, rest) = text[quote.len()..].split_at_checked("value".len())?;
    let rest = rest.strip_prefix(quote)?.trim_start();
    let rest = rest.strip_prefix(':').or_else(|| rest.strip_prefix("=>"))?;
    name.eq_ignore_ascii_case("value").then(|| rest.trim_start())
}

/// The start and length of a secret value after `%3D`, up to `%26`.
pub(super) fn escaped_pair(text: &str, at: usize) -> Option<(usize, usize)> {
    secret_name_before(text, at, true)?;
    let start = at + "%3D".len();
    let value = &text[start..];
    // Other escapes belong to the value.
    let is_end = |at: usize, char| is_end_of_value(char) || value[at..].starts_with("%26");
    let end = value.char_indices().find(|(at, char)| is_end(*at, *char));
    Some((start, end.map_or(value.len(), |(at, _)| at)))
}

/// The start and length of a secret value after one of `=`, `:`, `=>`, `==` and `:=`, with blanks before it,
/// and blanks and a line break behind it.
pub(super) fn pair(text: &str, at: usize) -> Option<(usize, usize)> {
    let is_colon = text.as_bytes()[at] == b':';
    let trimmed = text[..at].trim_end_matches([' ', '\t']);
    let unquoted = before_quote(trimmed);
    let is_quoted = unquoted.is_some();
    let end = unquoted.unwrap_or(trimmed).len();
    let name = secret_name_before(text, end, !is_colon)?;
    let takes_line = names::takes_all_of_the_line(name);
    let rest = &text[at + 1..];
    if is_colon && !is_quoted {
        // In `secretsmanager:GetSecretValue` and ARNs, no value follows a name. Go writes `{Token:value}`.
        let is_header = takes_line || name.starts_with("x-");
        let is_member = name.starts_with(|char: char| char.is_ascii_uppercase());
        let is_followed = rest.starts_with([' ', '\t', '\r', '\n', '=']);
        if names::is_error(name)
            || rest.starts_with(':')
            || !(is_followed || is_header || is_member)
        {
            return None;
        }
    }
    // Ruby and PHP write `"name" => "value"`, but an arrow of JavaScript is followed by code.
    let arrow = rest.strip_prefix('>').or_else(|| rest.strip_prefix("&gt;"));
    let rest = arrow.or_else(|| rest.strip_prefix('=')).unwrap_or(rest);
    let value = if is_quoted { rest.trim_start() } else { after_break(rest, is_colon) };
    let value = without_letters(value);
    let start = text.len() - value.len();
    if value.starts_with('{') && is_quoted {
        return None;
    }
    if value.starts_with(['[', '(']) && is_quoted {
        return Some((start, list_length(value)));
    }
    if let Some(quote) = quote_at(value) {
        return Some((start + quote.len(), quoted_length(&value[quote.len()..], quote)));
    }
    if arrow.is_some() && !is_quoted && !name.ends_with(']') {
        return None;
    }
    if takes_line {
        // In an `Authorization` header of AWS, the signature has a name of its own.
        if value.starts_with("AWS4-") {
            return None;
        }
        // Most often a value is empty because the next one begins, so the line is not read again for each.
        if value.starts_with("</") || (value.starts_with('&') && !is_colon) {
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
    // Go writes `map[name:[value]]`.
    let open = name.rfind('[').filter(|&open| !name[open..].contains(']'));
    let (start, name) = open.map_or((start, name), |open| (start + open + 1, &name[open + 1..]));
    // In a query that is encoded twice, `?`, `&` and `=` are escaped; in JSON, `&` may be.
    let escapes = ["%3F", "%3f", "%26", "%3D", "%3d", "u0026"];
    let cuts = escapes.iter().filter_map(|escape| Some((name.rfind(escape)?, *escape)));
    let (name, begins_parameter) = match cuts.max() {
        None => {
            let before = text[..start].trim_end_matches("amp;");
            (name, before.ends_with(['?', '&']))
        }
        Some((cut, escape)) => (&name[cut + escape.len()..], !escape.eq_ignore_ascii_case("%3D")),
    };
    let is_secret = if begins_parameter && may_be_parameter {
        is_secret_parameter(name)
    } else {
        names::is_secret_in_words(&percent_decode_str(name).decode_utf8_lossy())
    };
    is_secret.then_some(name)
}

/// The text after blanks, and after one line break. After a colon, the next line has to be indented.
fn after_break(text: &str, is_colon: bool) -> &str {
    let text = text.trim_start_matches([' ', '\t']);
    let line = text.strip_prefix("\r\n").or_else(|| text.strip_prefix('\n'));
    let line = line.filter(|line| !is_colon || line.starts_with([' ', '\t']));
    line.map_or(text, |line| line.trim_start_matches([' ', '\t']))
}

/// The length of a header's value: to the end of the line, or to the quote that stands before its name.
fn line_length(value: &str, before_name: Option<char>) -> usize {
    let quote = before_name.filter(|char| ['"', '\''].contains(char));
    let is_end = |char| ['\r', '\n'].contains(&char) || quote == Some(char);
    let line = value.split(is_end).next().unwrap_or(value);
    line.find("</").unwrap_or(line.len())
}

/// The length of a list up to its bracket, or to an object.
fn list_length(text: &str) -> usize {
    let (mut length, mut depth, mut has_text) = (0, 0_usize, false);
    while let Some(found) = text[length..].find(['[', '(', ']', ')', '{', '"', '\'']) {
        length += found + 1;
        match &text[length - 1..length] {
            "[" | "(" => depth += 1,
            "]" | ")" if depth == 1 => return length,
            "]" | ")" => depth -= 1,
            // It has names of its own.
            "{" => return if has_text { length - 1 } else { 0 },
            quote => {
                has_text = true;
                length += quoted_length(&text[length..], quote) + 1;
            }
        }
        length = length.min(text.len());
    }
    text.len()
}

/// A text in quotes without the letters that Python writes before it, as in `b'...'`.
fn without_letters(text: &str) -> &str {
    let quoted = text.trim_start_matches(STRING_LETTERS);
    if quote_at(quoted).is_some() { quoted } else { text }
}

/// The quote that the text starts with, with the backslashes before it.
fn quote_at(text: &str) -> Option<&str> {
    let backslashes = text.len() - text.trim_start_matches('\\').len();
    let is_plain = text[backslashes..].starts_with(['"', '\'']);
    let plain = is_plain.then(|| &text[..=backslashes]);
    plain.or_else(|| HTML_QUOTES.into_iter().find(|quote| text.starts_with(quote)))
}

/// The text without the quote that it ends with.
fn before_quote(text: &str) -> Option<&str> {
    let plain = text.strip_suffix(['"', '\'']).map(|text| text.trim_end_matches('\\'));
    plain.or_else(|| HTML_QUOTES.into_iter().find_map(|quote| text.strip_suffix(quote)))
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
