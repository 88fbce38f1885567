//! Credentials: the access key that signs.

use std::fmt;

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

use super::error::SigningError;
use super::headers::{breaks_header, tolerate};
use super::time::SigningTime;

/// Ids from AWS have at most 128 characters; those of other servers can be longer.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html>
const LONGEST_ACCESS_KEY_ID: usize = 1024;

/// A borrowed access key.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: Option<&'a str>,
    expires_at: Option<DateTime<Utc>>,
}

impl Credentials<'static> {
    /// Replaces an unknown key, so that refusing it takes as long as refusing a known one.
    pub(super) const NOBODY: Self = Self {
        access_key_id: "AKIDNOBODY",
        secret_access_key: "nobody has this secret, and nobody needs",
        session_token: None,
        expires_at: None,
    };
}

impl<'a> Credentials<'a> {
    /// Checks an access key. An empty session token counts as no token.
    ///
    /// # Errors
    ///
    /// The key id or the secret is empty, there is white space around the secret, or the key id or the
    /// token could end its header early.
    pub fn new(
        access_key_id: &'a str,
        secret_access_key: &'a str,
        session_token: Option<&'a str>,
    ) -> Result<Self, SigningError> {
        check_access_key_id(access_key_id)?;
        check_secret_access_key(secret_access_key)?;
        let session_token = parse_session_token(session_token)?;
        Ok(Self { access_key_id, secret_access_key, session_token, expires_at: None })
    }

    /// Accepts any access key that a header can carry. Drop-ins need this.
    ///
    /// What [`Self::new`] would refuse is added to `refused`.
    ///
    /// # Errors
    ///
    /// The key id or the session token has a line break or NUL.
    pub fn lenient(
        access_key_id: &'a str,
        secret_access_key: &'a str,
        session_token: Option<&'a str>,
        refused: &mut Vec<SigningError>,
    ) -> Result<Self, SigningError> {
        tolerate(check_access_key_id(access_key_id), access_key_id, refused)?;
        // The secret is never sent, so it can't break a header.
        refused.extend(check_secret_access_key(secret_access_key).err());
        let session_token = parse_session_token(session_token)?;
        Ok(Self { access_key_id, secret_access_key, session_token, expires_at: None })
    }

    /// Sets when the key expires.
    #[must_use]
    pub fn with_expiry(self, expires_at: Option<DateTime<Utc>>) -> Self {
        Self { expires_at, ..self }
    }

    /// The public half.
    pub fn access_key_id(&self) -> &'a str {
        self.access_key_id
    }

    /// The secret half.
    pub fn secret_access_key(&self) -> &'a str {
        self.secret_access_key
    }

    /// The token that goes with temporary credentials.
    pub fn session_token(&self) -> Option<&'a str> {
        self.session_token
    }

    /// When temporary credentials expire.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.expires_at
    }

    /// Checks that the credentials have not expired.
    ///
    /// # Errors
    ///
    /// They have expired by this time.
    pub fn check_expiry(&self, time: &SigningTime) -> Result<(), SigningError> {
        self.seconds_left(time).map(|_| ())
    }

    /// How many seconds the credentials are still valid, if that is known.
    pub(super) fn seconds_left(&self, time: &SigningTime) -> Result<Option<u32>, SigningError> {
        let Some(expires_at) = self.expires_at else { return Ok(None) };
        let left = expires_at.timestamp() - time.instant().timestamp();
        if left <= 0 {
            return Err(SigningError::ExpiredCredentials);
        }
        Ok(Some(u32::try_from(left).unwrap_or(u32::MAX)))
    }
}

/// An access key that is kept. It was checked when it was made, so no signature checks it again.
///
/// The secret and the token are wiped from memory on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnedCredentials {
    access_key_id: String,
    secret_access_key: Zeroizing<String>,
    session_token: Option<Zeroizing<String>>,
    expires_at: Option<DateTime<Utc>>,
}

impl OwnedCredentials {
    /// The credentials as signing takes them.
    pub fn borrow(&self) -> Credentials<'_> {
        Credentials {
            access_key_id: &self.access_key_id,
            secret_access_key: &self.secret_access_key,
            session_token: self.session_token.as_deref().map(String::as_str),
            expires_at: self.expires_at,
        }
    }
}

impl From<Credentials<'_>> for OwnedCredentials {
    fn from(credentials: Credentials<'_>) -> Self {
        Self {
            access_key_id: credentials.access_key_id.to_owned(),
            secret_access_key: Zeroizing::new(credentials.secret_access_key.to_owned()),
            session_token: credentials.session_token.map(str::to_owned).map(Zeroizing::new),
            expires_at: credentials.expires_at,
        }
    }
}

impl fmt::Debug for OwnedCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.borrow().fmt(f)
    }
}

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
    } else if !access_key_id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',') {
        "has white space, a comma, or characters that are not ASCII: pass only the id".to_owned()
    } else {
        return Ok(());
    };
    Err(SigningError::credentials("access_key_id", problem))
}

fn check_secret_access_key(secret_access_key: &str) -> Result<(), SigningError> {
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

/// Treats an empty token as no token.
fn parse_session_token(session_token: Option<&str>) -> Result<Option<&str>, SigningError> {
    let session_token = session_token.filter(|token| !token.is_empty());
    if session_token.is_some_and(|token| breaks_header(token.as_bytes())) {
        return Err(SigningError::credentials(
            "session_token",
            "has a line break or NUL, which a header can't carry: strip it",
        ));
    }
    Ok(session_token)
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
