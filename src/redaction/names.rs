//! Which names are those of values that may not be shown.

/// What the name of a secret contains, in lowercase and without what joins its words.
#[rustfmt::skip]
const PARTS: [&str; 18] = [
    "accountkey", "apikey", "cookie", "credential", "csrf", "customerkey", "jwt", "passphrase",
    "passwd", "password", "privatekey", "pwd", "secret", "session", "signature", "subscriptionkey",
    "token", "xsrf",
];

/// What a secret is called without more; in words they mean other things, too.
const WHOLE: [&str; 5] = ["code", "key", "pass", "sid", "sig"];

/// What is public: these say of what kind a secret is, or aren't one.
#[rustfmt::skip]
const PUBLIC_ENDS: [&str; 16] = [
    "algorithm", "allowcredentials", "authenticate", "count", "date", "expiration", "expires",
    "expiry", "length", "md5", "method", "mode", "name", "tokens", "type", "version",
];

/// The key's id and its scope, and the places in lists that are read in pages.
#[rustfmt::skip]
const PUBLIC: [&str; 8] = [
    "continuationtoken", "credential", "credentialscope", "nextcontinuationtoken", "nexttoken",
    "pagetoken", "startingtoken", "xamzcredential",
];

/// How error codes begin and end, after which a colon and a sentence may follow.
const ERROR_STARTS: [&str; 7] =
    ["expired", "incomplete", "invalid", "malformed", "missing", "unrecognized", "unsupported"];
#[rustfmt::skip]
const ERROR_ENDS: [&str; 12] = [
    "denied", "error", "exception", "expired", "failure", "found", "malformed", "match",
    "operation", "required", "supported", "unauthorized",
];

/// Whether the value of the header, parameter or field of this name may not be shown.
pub(super) fn is_secret(name: &str) -> bool {
    let name = normalized(name);
    WHOLE.contains(&name.as_str()) || is_secret_anywhere(&name)
}

/// The same where any word may stand before a colon, such as `Code`, or an error code itself.
pub(super) fn is_secret_in_words(name: &str) -> bool {
    is_secret_anywhere(&normalized(name))
}

/// Whether it is an error code, rather than the name of what follows.
pub(super) fn is_error(name: &str) -> bool {
    let name = normalized(name);
    ERROR_STARTS.iter().any(|start| name.starts_with(start))
        || ERROR_ENDS.iter().any(|end| name.ends_with(end))
}

/// Whether all of the line after the colon belongs to the value.
pub(super) fn takes_all_of_the_line(name: &str) -> bool {
    let name = normalized(name);
    name.ends_with("authorization") || matches!(name.as_str(), "cookie" | "setcookie")
}

fn is_secret_anywhere(normalized: &str) -> bool {
    let is_public =
        PUBLIC.contains(&normalized) || PUBLIC_ENDS.iter().any(|end| normalized.ends_with(end));
    !is_public && (PARTS.iter().any(|part| normalized.contains(part)) || has_auth(normalized))
}

/// `auth`, but not of an author, nor of the authority that a host is.
fn has_auth(normalized: &str) -> bool {
    normalized.match_indices("auth").any(|(start, auth)| {
        let rest = &normalized[start + auth.len()..];
        !rest.starts_with("or") || rest.starts_with("oriz") || rest.starts_with("oris")
    })
}

fn normalized(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|char| char.to_ascii_lowercase()).collect()
}
