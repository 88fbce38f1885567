//! Names of secret values.

/// Parts of secret names, in lowercase and without separators.
#[rustfmt::skip]
const PARTS: [&str; 18] = [
    "accountkey", "apikey", "cookie", "credential", "csrf", "customerkey", "jwt", "passphrase",
    "passwd", "password", "privatekey", "pwd", "secret", "session", "signature", "subscriptionkey",
    "token", "xsrf",
];

/// Names that are secret only as a whole.
const WHOLE: [&str; 5] = ["code", "key", "pass", "sid", "sig"];

/// Ends of names that are not secret.
#[rustfmt::skip]
const PUBLIC_ENDS: [&str; 16] = [
    "algorithm", "allowcredentials", "authenticate", "count", "date", "expiration", "expires",
    "expiry", "length", "md5", "method", "mode", "name", "tokens", "type", "version",
];

/// Names that are not secret: access key ids with their scope, and pagination tokens.
#[rustfmt::skip]
const PUBLIC: [&str; 8] = [
    "continuationtoken", "credential", "credentialscope", "nextcontinuationtoken", "nexttoken",
    "pagetoken", "startingtoken", "xamzcredential",
];

/// Starts and ends of error codes, which may be followed by a colon.
const ERROR_STARTS: [&str; 7] =
    ["expired", "incomplete", "invalid", "malformed", "missing", "unrecognized", "unsupported"];
#[rustfmt::skip]
const ERROR_ENDS: [&str; 13] = [
    "credentials", "denied", "error", "exception", "expired", "failure", "found", "malformed", "match",
    "operation", "required", "supported", "unauthorized",
];

/// Whether a header, parameter or field of this name is secret.
pub(super) fn is_secret(name: &str) -> bool {
    let name = normalized(name);
    WHOLE.contains(&name.as_str()) || is_secret_anywhere(&name)
}

/// Whether a name in running text is that of a secret. `Code: ...` is not.
pub(super) fn is_secret_in_words(name: &str) -> bool {
    is_secret_anywhere(&normalized(name))
}

/// Whether it is an error code instead of a name.
pub(super) fn is_error(name: &str) -> bool {
    let name = normalized(name);
    ERROR_STARTS.iter().any(|start| name.starts_with(start))
        || ERROR_ENDS.iter().any(|end| name.ends_with(end))
}

/// Whether the value is the rest of the line.
pub(super) fn takes_all_of_the_line(name: &str) -> bool {
    let name = normalized(name);
    name.ends_with("authorization") || matches!(name.as_str(), "cookie" | "setcookie")
}

fn is_secret_anywhere(normalized: &str) -> bool {
    let is_public =
        PUBLIC.contains(&normalized) || PUBLIC_ENDS.iter().any(|end| normalized.ends_with(end));
    !is_public && (PARTS.iter().any(|part| normalized.contains(part)) || has_auth(normalized))
}

/// Whether the name contains `auth`, but not `author` or `authority`.
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
