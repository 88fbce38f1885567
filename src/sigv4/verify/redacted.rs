//! Redacts canonical requests.

use crate::sigv4::names::TOKEN_HEADERS;

/// Replaces the session token of a canonical request with `***`.
pub(super) fn without_token(canonical_request: &[u8]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> =
        canonical_request.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    for (number, line) in lines.iter_mut().enumerate() {
        if number == 2 {
            *line = line
                .split(|byte| *byte == b'&')
                .map(|pair| redact(pair, b'='))
                .collect::<Vec<_>>()
                .join(&b'&');
        } else {
            *line = redact(line, b':');
        }
    }
    lines.join(&b'\n')
}

/// Redacts the value if the name is that of a session token.
fn redact(pair: &[u8], separator: u8) -> Vec<u8> {
    let end = pair.iter().position(|byte| *byte == separator).unwrap_or(pair.len());
    let (name, value) = pair.split_at(end);
    let is_token = TOKEN_HEADERS.iter().any(|token| name.eq_ignore_ascii_case(token.as_bytes()));
    if is_token && !value.is_empty() {
        [name, &[separator], b"***"].concat()
    } else {
        pair.to_vec()
    }
}
