//! Mistakes in reading a secret.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use crate::explain::causes::{Cause, CauseCode, Proof};
use crate::sigv4::uri::encode_query_part;

const QUOTES: [char; 2] = ['"', '\''];

/// The cause for white space or quotes around a secret.
pub(in crate::explain) fn padding(secret: &str) -> Option<Cause> {
    if secret.trim_matches(QUOTES).trim() == secret {
        return None;
    }
    let how = if secret.starts_with(QUOTES) || secret.ends_with(QUOTES) {
        "quotes around it"
    } else if secret.ends_with(['\n', '\r']) {
        "a line end after it"
    } else if secret.ends_with(' ') {
        "a space after it"
    } else if secret.starts_with(' ') {
        "a space before it"
    } else {
        "white space around it"
    };
    let cause = signed(CauseCode::SecretHasWhiteSpace, how);
    // Secrets of other servers may contain quotes and spaces.
    let is_of_aws = is_like_a_secret(secret.trim().trim_matches(QUOTES).trim());
    Some(if is_of_aws { cause } else { Cause::possible(cause.code, &cause.facts) })
}

/// Whether the text has the form of AWS's secret access keys: 40 characters of Base64.
pub(in crate::explain) fn is_like_a_secret(text: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    text.len() == 40 && text.bytes().all(is_base64)
}

/// The secret with each known mistake, and the cause of that mistake.
pub(super) fn mistaken(secret: &str) -> Vec<(Zeroizing<String>, Cause)> {
    let templates = [("", "\n"), ("", "\r\n"), ("", " "), (" ", ""), ("\"", "\""), ("'", "'")];
    let spaced = templates.map(|(before, after)| {
        let mut text = Zeroizing::new(String::with_capacity(secret.len() + 2));
        for part in [before, secret, after] {
            text.push_str(part);
        }
        text
    });
    let spaced = spaced.into_iter().filter_map(|text| Some((padding(&text)?, text)));
    let encoded = Zeroizing::new(encode_query_part(secret).into_owned());
    let plus_as_space = Zeroizing::new(secret.replace('+', " "));
    let decode = |text: &str| {
        let decoded = percent_decode_str(text).decode_utf8().map(Cow::into_owned);
        Zeroizing::new(decoded.unwrap_or_default())
    };
    let cause = |how: &str| signed(CauseCode::SecretEncoded, how);
    let others = [
        (cause("percent-encoded"), encoded),
        (cause("decoded"), decode(&plus_as_space)),
        (cause("decoded"), decode(secret)),
    ];
    let all = spaced.chain(others).filter(|(_, text)| !text.is_empty() && **text != secret);
    all.map(|(cause, text)| (text, cause)).collect()
}

fn signed(code: CauseCode, how: &str) -> Cause {
    Cause::on(Proof::Signature, code, &[("how", how.to_owned())])
}
