//! The fields of a body: elements of XML, and members of JSON that are text.
//!
//! They are found in one pass instead of being parsed, because pasted text is often cut, wrapped or escaped.
//! So no entities are expanded, and nesting takes no stack.

use crate::redaction::reference_char;

/// The longest name, in bytes.
const MAX_NAME_BYTES: usize = 64;
/// `#x10ffff;`, the longest reference to a character.
const MAX_REFERENCE_BYTES: usize = 9;

/// Members that have what was sent, or an earlier response; in lowercase, without separators.
#[rustfmt::skip]
const OF_REQUESTS: [&str; 12] = [
    "input", "messages", "payload", "records", "req", "reqbody", "request", "requestbody", "requestdata",
    "requestheaders", "requestpayload", "sent",
];

/// A member or element, and in how many objects and lists it is.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) depth: usize,
}

/// Returns the fields in the order of the body, and the names of those that are not read: of other values
/// than text, of empty ones, and those of requests.
pub(super) fn fields(body: &str) -> (Vec<Field>, Vec<String>) {
    let (mut fields, mut unread) = (Vec::new(), Vec::new());
    let (mut position, mut depth) = (0, 0_usize);
    // The depth at which the object of a request stands.
    let mut request = None;
    while let Some(found) = body[position..].find(['<', '"', '\'', '{', '[', '}', ']']) {
        position += found + 1;
        let rest = &body[position..];
        let field = match &body[position - 1..position] {
            "<" => element(rest),
            "{" | "[" => {
                depth += 1;
                None
            }
            "}" | "]" => {
                depth = depth.saturating_sub(1);
                request = request.filter(|opened| *opened < depth);
                None
            }
            quote => member(rest, quote),
        };
        let Some(Read { name, value, length }) = field else { continue };
        let is_of_request = is_of_request(name);
        let is_read = !is_of_request && request.is_none();
        match value {
            Value::Text(value) if is_read && !value.is_empty() => {
                fields.push(Field { name: name.to_owned(), value, depth });
            }
            Value::Inner if is_of_request => {
                request = request.or(Some(depth));
                unread.push(name.to_owned());
            }
            _ => unread.push(name.to_owned()),
        }
        position += length;
    }
    (fields, unread)
}

/// A field after its first character.
struct Read<'a> {
    name: &'a str,
    value: Value,
    length: usize,
}

enum Value {
    Text(String),
    /// An object or list, whose members follow.
    Inner,
    /// A number, `true`, `null` and the like.
    Literal,
}

/// Whether the member has what was sent, or what an earlier attempt has got.
fn is_of_request(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let name: String = letters.map(|char| char.to_ascii_lowercase()).collect();
    OF_REQUESTS.contains(&name.as_str()) || name.starts_with("prev")
}

/// The name before something else, if there is one.
fn name(text: &str) -> Option<(&str, &str)> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(byte);
    let length = text.bytes().take(MAX_NAME_BYTES).take_while(is_name).count();
    (length > 0).then(|| text.split_at(length))
}

/// Reads an element of text after its `<`, without its end.
fn element(text: &str) -> Option<Read<'_>> {
    let (name, rest) = name(text)?;
    // Attributes may follow the name.
    let open = rest.find(['>', '<'])?;
    let value = rest[open..].strip_prefix('>')?;
    let end = value.find('<')?;
    let is_whole = value[end..].strip_prefix("</")?.strip_prefix(name)?.starts_with('>');
    let length = name.len() + open + 1 + end;
    // The page of a website of S3 is a list of its fields.
    let item = value[..end].split_once(": ").filter(|_| name == "li");
    let (name, value) = item.unwrap_or((name, &value[..end]));
    is_whole.then(|| Read { name, value: Value::Text(unescape_xml(value.trim())), length })
}

/// Reads a member after the quote that opens its name: of JSON, or of a dict as Python shows it.
fn member<'a>(text: &'a str, quote: &str) -> Option<Read<'a>> {
    let (name, rest) = name(text)?;
    let rest = rest.strip_prefix(quote)?.trim_start().strip_prefix(':')?.trim_start();
    let length = text.len() - rest.len();
    if rest.starts_with(['{', '[']) {
        return Some(Read { name, value: Value::Inner, length });
    }
    match rest.chars().next()? {
        end @ ('"' | '\'') => {
            let (value, read) = unescape_json(&rest[1..], end);
            Some(Read { name, value: Value::Text(value), length: length + 1 + read })
        }
        first if first.is_ascii_alphanumeric() || first == '-' => {
            Some(Read { name, value: Value::Literal, length })
        }
        _ => None,
    }
}

/// Reads a text of JSON up to its closing quote, and returns how long it was.
pub(super) fn unescape_json(text: &str, end: char) -> (String, usize) {
    let mut out = String::with_capacity(text.len().min(256));
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            _ if char == end => break,
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some('u') => {
                    let digits: String = chars.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&digits, 16).ok();
                    out.push(code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                Some(other) => out.push(other),
                None => break,
            },
            _ => out.push(char),
        }
    }
    (out, text.len() - chars.as_str().len())
}

fn unescape_xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after.bytes().take(MAX_REFERENCE_BYTES).position(|byte| byte == b';');
        let decoded = end.and_then(|end| Some((reference_char(&after[..end])?, &after[end + 1..])));
        let (char, after) = decoded.unwrap_or(('&', after));
        out.push(char);
        rest = after;
    }
    out.push_str(rest);
    out
}
