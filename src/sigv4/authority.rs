//! The authority of a URL: the host and the port.

use std::borrow::Cow;

use super::error::SigningError;

/// What a client sends as `Host` for this authority.
pub(super) fn host_header<'a>(
    scheme: &str,
    authority: &'a str,
) -> Result<Cow<'a, str>, SigningError> {
    let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
    let plain = authority.bytes().fold(true, |plain, byte| plain & is_plain(byte));
    if plain && !authority.is_empty() {
        return Ok(Cow::Borrowed(authority));
    }
    if authority.contains('\\') {
        return Err(SigningError::request("url", "has a backslash before its path: use slashes"));
    }
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_userinfo, rest)| rest);
    // The colons of an IPv6 address are inside brackets.
    let (host, port) = match host_and_port.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (host_and_port, ""),
    };
    if host.is_empty() {
        return Err(SigningError::request("url", "has no host: put one after ://"));
    }
    if !host.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(SigningError::request(
            "url",
            "has a host with white space or characters that are not ASCII: \
             pass its ASCII form (xn--...)",
        ));
    }
    if host.starts_with('[') != host.ends_with(']') {
        return Err(SigningError::request("url", "has an IPv6 address that lacks a bracket"));
    }
    let port = if port.is_empty() { None } else { Some(parse_port(port)?) };
    let host = if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(host.to_ascii_lowercase())
    } else {
        Cow::Borrowed(host)
    };
    Ok(match port {
        Some(port) if Some(port) != default_port(scheme) => Cow::Owned(format!("{host}:{port}")),
        _ => host,
    })
}

fn parse_port(port: &str) -> Result<u16, SigningError> {
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| port.parse().ok()).flatten().ok_or_else(|| {
        SigningError::request("url", "has a port that is not a number from 0 to 65535")
    })
}

/// The port that the scheme implies.
pub(super) fn default_port(scheme: &str) -> Option<u16> {
    let is = |schemes: [&str; 2]| schemes.iter().any(|name| scheme.eq_ignore_ascii_case(name));
    if is(["http", "ws"]) {
        return Some(80);
    }
    is(["https", "wss"]).then_some(443)
}
