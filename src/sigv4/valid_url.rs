//! Makes URLs valid by RFC 3986, in the form in which clients send them.
//!
//! Clients encode invalid characters, write escapes in uppercase, decode escapes of unreserved
//! characters, and remove dot segments. They must find nothing to change in a presigned URL.

use std::borrow::Cow;

use memchr::memchr;

use super::byte_set::ByteSet;
use super::error::SigningError;
use super::service::PathRules;

const HEX_DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// Characters that aren't encoded in a path: RFC 3986, section 3.3.
const IN_PATH: ByteSet = ByteSet::alphanumeric_and(b"-._~!$&'()*+,;=:@/");
/// Characters that aren't encoded in a query, section 3.4. Browsers encode the apostrophe.
const IN_QUERY: ByteSet = ByteSet::alphanumeric_and(b"-._~!$&()*+,;=:@/?");
/// Characters that are allowed before a path, section 3.2.
const BEFORE_PATH: ByteSet = ByteSet::alphanumeric_and(b"-._~!$&'()*+,;=:@/[]%");
/// Characters that are never encoded, section 2.3.
pub(super) const UNRESERVED: ByteSet = ByteSet::alphanumeric_and(b"-._~");

/// Refuses a control character, which could end a line early.
pub(super) fn check_printable(url: &str) -> Result<(), SigningError> {
    // Folded rather than searched: without an early exit the loop takes 16 bytes at a time.
    if url.bytes().fold(false, |found, byte| found | byte.is_ascii_control()) {
        return Err(SigningError::request(
            "url",
            "has a control character such as a line break: remove or percent-encode it",
        ));
    }
    Ok(())
}

/// Refuses a raw `#`.
pub(super) fn check_no_fragment(url: &str) -> Result<(), SigningError> {
    if memchr(b'#', url.as_bytes()).is_some() {
        return Err(SigningError::request(
            "url",
            "has a raw #, and clients don't send what follows it: write %23 for a # of the path or \
             query, and leave out a fragment",
        ));
    }
    Ok(())
}

/// Refuses a scheme, user name or host with characters that a URL can't have there.
pub(super) fn check_before_path(before_path: &str) -> Result<(), SigningError> {
    let (before_host, _) = before_path.rsplit_once('@').unwrap_or_default();
    let has_escapes = |text: &str| {
        let digit = |byte: &u8| byte.is_ascii_hexdigit();
        text.split('%')
            .skip(1)
            .all(|rest| rest.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(digit)))
    };
    if BEFORE_PATH.contains_all(before_path)
        && !before_host.contains(['@', '[', ']'])
        && has_escapes(before_path)
    {
        return Ok(());
    }
    Err(SigningError::request(
        "url",
        "has characters before its path that a URL can't have: percent-encode those of a user name \
         or password",
    ))
}

/// Encodes a path as it will be sent.
///
/// If `rules` normalize it, removes dot segments, as clients do. If they neither normalize nor
/// double-encode it, encodes the dots of `.` and `..`, so that fewer clients remove them.
pub(super) fn valid_path(path: &str, rules: PathRules) -> Cow<'_, str> {
    if IN_PATH.contains_all(path) && !path.contains("/.") {
        return Cow::Borrowed(path);
    }
    let keeps_dots = !rules.normalize && !rules.double_encode;
    let mut valid = String::with_capacity(path.len() + path.len() / 2);
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let start = valid.len();
        valid.push('/');
        push_valid(segment, &IN_PATH, &mut valid);
        let dots = valid.len() - start - 1;
        if !matches!(&valid[start..], "/." | "/..") {
            continue;
        }
        if rules.normalize {
            // RFC 3986, section 5.2.4: the result is a directory.
            let is_last = segments.peek().is_none();
            let parent = if dots == 2 { valid[..start].rfind('/').unwrap_or(0) } else { start };
            valid.truncate(if is_last { parent + 1 } else { parent });
        } else if keeps_dots || segment.contains('%') {
            // Decoded dots would be a dot segment.
            valid.truncate(start + 1);
            valid.push_str(&"%2E".repeat(dots));
        }
    }
    Cow::Owned(valid)
}

/// Encodes a query as it will be sent, and appends it.
pub(super) fn push_valid_query(query: &str, out: &mut String) {
    if IN_QUERY.contains_all(query) {
        out.push_str(query);
    } else {
        push_valid(query, &IN_QUERY, out);
    }
}

fn push_valid(text: &str, allowed: &ByteSet, out: &mut String) {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            push_byte(byte, allowed, out);
            continue;
        }
        let mut digits = bytes.clone();
        let escaped = digits.next().and_then(hex_digit).zip(digits.next().and_then(hex_digit));
        if let Some((high, low)) = escaped {
            push_byte(high << 4 | low, &UNRESERVED, out);
            bytes = digits;
        } else {
            out.push_str("%25");
        }
    }
}

fn push_byte(byte: u8, allowed: &ByteSet, out: &mut String) {
    if allowed.contains(byte) {
        out.push(char::from(byte));
    } else {
        out.push('%');
        for digit in [byte >> 4, byte & 0xf] {
            out.push(char::from(HEX_DIGITS[usize::from(digit)]));
        }
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
