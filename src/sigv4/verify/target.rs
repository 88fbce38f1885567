//! Verifies the URL that a server passes on, and refuses it if the application would see another.

use std::borrow::Cow;

use memchr::memchr;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

use super::error::VerificationError;
use super::{Verification, VerificationRules, begin};
use crate::sigv4::arrived::split_once;
use crate::sigv4::byte_set::ByteSet;
use crate::sigv4::time::SigningTime;

/// Servers disagree about all but visible ASCII: for some, a `#` begins a fragment; for some, it is a part
/// of the path.
const IN_TARGET: ByteSet = ByteSet::graphic_except(b"#");
const IN_HOST_NAME: ByteSet = ByteSet::alphanumeric_and(b"._-");

/// Most clients encode these characters of a path.
const ENCODED_IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'~')
    .remove(b'_')
    .remove(b'.')
    .remove(b'-')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// The target of a request as a server passes it on. The application gets `path` and `query`.
#[derive(Clone, Copy, Debug)]
pub struct ReceivedTarget<'a> {
    /// The scheme of the URL.
    pub scheme: &'a str,
    /// The request target as it was sent, or `None` if the server doesn't provide it; the path is then
    /// encoded as most clients encode it.
    pub sent: Option<&'a [u8]>,
    /// The path, decoded.
    pub path: &'a [u8],
    /// The query, still encoded.
    pub query: &'a [u8],
}

/// Makes the checks of [`begin`] for a request that a server passes on.
///
/// # Errors
///
/// Those of [`begin`]; also if the application would get another path or query than was sent and
/// signed, or two servers could parse the request differently.
pub fn begin_received(
    method: &str,
    target: &ReceivedTarget<'_>,
    headers: &[(&str, impl AsRef<[u8]>)],
    rules: &VerificationRules,
    now: &SigningTime,
) -> Result<Verification, VerificationError> {
    // If there are several, `begin` refuses the request.
    let host = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
    let target = parse(target, host.map_or(b"", |(_, host)| host.as_ref()))?;
    let verification = begin(method, &target.url, headers, rules, now)?;
    if verification.normalizes_path && !target.is_normalized {
        return Err(malformed(
            "the path has '.', '..' or '//', which the signature doesn't cover: send it without",
        ));
    }
    Ok(verification)
}

/// The verifier and the application see the same path and query.
struct ParsedTarget {
    /// With the path and the query as they were sent.
    url: String,
    /// Whether the path has no `.`, `..` or `//` that a server could resolve.
    is_normalized: bool,
}

fn parse(received: &ReceivedTarget<'_>, host: &[u8]) -> Result<ParsedTarget, VerificationError> {
    let ReceivedTarget { scheme, sent, path, query } = *received;
    let host = str::from_utf8(host.trim_ascii()).ok().filter(|host| is_host(host));
    let host = host.ok_or_else(|| malformed("Host is missing or not the name of a server"))?;
    let target = sent.map_or_else(|| encoded_target(path, query).into(), Cow::Borrowed);
    let target = str::from_utf8(&target)
        .ok()
        .filter(|target| IN_TARGET.contains_all(target))
        .ok_or_else(|| {
            malformed(
                "the request target has a character that must be percent-encoded, such as '#'",
            )
        })?;
    let target = origin_form(target, host).ok_or_else(|| {
        malformed("the request target is neither a path nor a URL of the host in the Host header")
    })?;
    let (encoded_path, encoded_query) = split_once(&target, b'?').unwrap_or((&target, ""));
    // Servers may change a target. What is verified must be what the application gets.
    let is_same = percent_decode(encoded_path.as_bytes()).eq(path.iter().copied());
    if !is_same || encoded_query.as_bytes() != query {
        return Err(malformed(
            "the application would get another path or query than the request target has",
        ));
    }
    let has_dots = path.split(|&byte| byte == b'/').any(|part| matches!(part, b"." | b".."));
    let is_normalized = !has_dots && !encoded_path.contains("//");
    Ok(ParsedTarget { url: [scheme, "://", host, &*target].concat(), is_normalized })
}

fn malformed(problem: &str) -> VerificationError {
    VerificationError::MalformedRequest(problem.to_owned())
}

/// Encodes a decoded path as most clients encode it.
pub fn encoded_path(path: &[u8]) -> Cow<'_, str> {
    percent_encode(path, ENCODED_IN_PATH).into()
}

fn encoded_target(path: &[u8], query: &[u8]) -> Vec<u8> {
    let mut target = encoded_path(path).into_owned().into_bytes();
    if !query.is_empty() {
        target.push(b'?');
        target.extend_from_slice(query);
    }
    target
}

/// Returns the path and the query of a target, which may be a whole URL, as for a proxy.
///
/// <https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2>
fn origin_form<'a>(target: &'a str, host: &str) -> Option<Cow<'a, str>> {
    if target.starts_with('/') {
        return Some(target.into());
    }
    let (scheme, rest) = target.split_once("://")?;
    let rest = rest.strip_prefix(host)?;
    if !["http", "https"].iter().any(|http| scheme.eq_ignore_ascii_case(http)) {
        return None;
    }
    match rest.bytes().next() {
        Some(b'/') => Some(rest.into()),
        // An empty path means the root.
        None | Some(b'?') => Some(format!("/{rest}").into()),
        Some(_) => None,
    }
}

fn is_host(text: &str) -> bool {
    let is_of_address = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let (name, port, is_valid) = if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']').unwrap_or_default();
        (address, port, address.bytes().all(is_of_address))
    } else {
        let (name, port) = text.split_at(memchr(b':', text.as_bytes()).unwrap_or(text.len()));
        (name, port, IN_HOST_NAME.contains_all(name))
    };
    let is_number =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    !name.is_empty()
        && is_valid
        && (port.is_empty() || port.strip_prefix(':').is_some_and(is_number))
}
