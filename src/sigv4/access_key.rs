//! The parts of an access key, and what they may contain.

use super::byte_set::ByteSet;
use super::error::SigningError;
use super::headers::breaks_header;

/// Ids from AWS have at most 128 characters; those of other servers can be longer.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html>
const LONGEST_ACCESS_KEY_ID: usize = 1024;

const IN_ACCESS_KEY_ID: ByteSet = ByteSet::graphic_except(b",");

/// Checks an access key id on its own.
///
/// # Errors
///
/// It is empty or too long, or has a character that ends it early in its header.
pub(super) fn check_access_key_id(access_key_id: &str) -> Result<(), SigningError> {
    let problem = if access_key_id.is_empty() {
        "is empty: pass the key's id".to_owned()
    } else if access_key_id.len() > LONGEST_ACCESS_KEY_ID {
        format!("has more than {LONGEST_ACCESS_KEY_ID} characters: pass only the id")
    } else if !IN_ACCESS_KEY_ID.contains_all(access_key_id) {
        "has white space, a comma, or characters that are not ASCII: pass only the id".to_owned()
    } else {
        return Ok(());
    };
    Err(SigningError::credentials("access_key_id", problem))
}

/// Checks a secret.
///
/// # Errors
///
/// It is empty, or there is white space around it.
pub(super) fn check_secret_access_key(secret_access_key: &str) -> Result<(), SigningError> {
    if secret_access_key.is_empty() {
        return Err(SigningError::credentials("secret_access_key", "is empty: pass the secret"));
    }
    if secret_access_key.trim() != secret_access_key {
        return Err(SigningError::credentials(
            "secret_access_key",
            "begins or ends with white space, which no AWS secret has: pass it without",
        ));
    }
    Ok(())
}

/// Checks a session token. An empty one counts as no token.
///
/// # Errors
///
/// It could end its header early.
pub(super) fn parse_session_token(
    session_token: Option<&str>,
) -> Result<Option<&str>, SigningError> {
    let session_token = session_token.filter(|token| !token.is_empty());
    if session_token.is_some_and(|token| breaks_header(token.as_bytes())) {
        return Err(SigningError::credentials(
            "session_token",
            "has a line break or NUL, which a header can't carry: strip it",
        ));
    }
    Ok(session_token)
}
