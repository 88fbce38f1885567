//! Finds the URL to verify, and refuses it if the application would see another.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

use super::error::VerificationError;

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

/// The target of a request; the verifier and the application see the same path and query.
#[derive(Debug)]
pub struct RequestTarget {
    /// The URL with the path and the query as they were sent.
    pub url: String,
    /// Whether the path has no `.`, `..` or `//` that a server could resolve.
    pub is_normalized: bool,
}

/// Returns the target to verify.
///
/// `host` is the value of the header `Host`, empty if there is none. `target` is the request target as
/// it was sent, or `None` if the server doesn't provide it; the path is then encoded as most clients
/// encode it. The application gets `path`, decoded, and `query`, still encoded.
///
/// # Errors
///
/// The application would get another path or query than the target has, or two servers could parse the
/// request differently.
pub fn request_target(
    scheme: &str,
    host: &[u8],
    target: Option<&[u8]>,
    path: &[u8],
    query: &[u8],
) -> Result<RequestTarget, VerificationError> {
    let malformed = |problem: &str| VerificationError::MalformedRequest(problem.to_owned());
    let host = str::from_utf8(host.trim_ascii()).ok().filter(|host| is_host(host));
    let host = host.ok_or_else(|| malformed("Host is missing or not the name of a server"))?;
    let target = target.map_or_else(|| encoded_target(path, query).into(), Cow::Borrowed);
    // Servers disagree about all but visible ASCII: for some, a `#` begins a fragment; for some, it is a
    // part of the path.
    let is_visible = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
    let target = str::from_utf8(&target)
        .ok()
        .filter(|target| target.bytes().fold(true, |visible, byte| visible & is_visible(byte)))
        .ok_or_else(|| {
            malformed(
                "the request target has a character that must be percent-encoded, such as '#'",
            )
        })?;
    let target = origin_form(target, host).ok_or_else(|| {
        malformed("the request target is neither a path nor a URL of the host in the Host header")
    })?;
    let (encoded_path, encoded_query) = target.split_once('?').unwrap_or((&*target, ""));
    // Servers may change a target. What is verified must be what the application gets.
    let is_same = percent_decode(encoded_path.as_bytes()).eq(path.iter().copied());
    if !is_same || encoded_query.as_bytes() != query {
        return Err(malformed(
            "the application would get another path or query than the request target has",
        ));
    }
    let has_dots = path.split(|&byte| byte == b'/').any(|part| matches!(part, b"." | b".."));
    let is_normalized = !has_dots && !encoded_path.contains("//");
    Ok(RequestTarget { url: [scheme, "://", host, &*target].concat(), is_normalized })
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
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let is_of_address = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let (name, port, is_valid) = if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']').unwrap_or_default();
        (address, port, address.bytes().all(is_of_address))
    } else {
        let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
        (name, port, name.bytes().all(is_of_name))
    };
    let is_number =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    !name.is_empty()
        && is_valid
        && (port.is_empty() || port.strip_prefix(':').is_some_and(is_number))
}
