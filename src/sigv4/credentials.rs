//! Credentials: the access key that signs.

use std::fmt;

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

use super::access_key::{check_access_key_id, check_secret_access_key, parse_session_token};
use super::error::SigningError;
use super::headers::tolerate;
use super::scoped_key::ScopedKey;
use super::time::SigningTime;

/// A borrowed access key.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    access_key_id: &'a str,
    key: KeyMaterial<'a>,
    session_token: Option<&'a str>,
    expires_at: Option<DateTime<Utc>>,
}

/// What signs: the secret, or a key that was derived from it.
#[derive(Clone, Copy)]
pub(super) enum KeyMaterial<'a> {
    Secret(&'a str),
    Derived(&'a ScopedKey),
}

impl<'a> From<&'a ScopedKey> for Credentials<'a> {
    fn from(key: &'a ScopedKey) -> Self {
        Self {
            access_key_id: key.access_key_id(),
            key: KeyMaterial::Derived(key),
            session_token: key.session_token(),
            expires_at: None,
        }
    }
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
        let key = KeyMaterial::Secret(secret_access_key);
        Ok(Self { access_key_id, key, session_token, expires_at: None })
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
        let key = KeyMaterial::Secret(secret_access_key);
        Ok(Self { access_key_id, key, session_token, expires_at: None })
    }

    /// The public half.
    pub fn access_key_id(&self) -> &'a str {
        self.access_key_id
    }

    /// The secret half, unless only a derived key is known.
    pub fn secret_access_key(&self) -> Option<&'a str> {
        match self.key {
            KeyMaterial::Secret(secret_access_key) => Some(secret_access_key),
            KeyMaterial::Derived(_) => None,
        }
    }

    /// The derived key, if it is known instead of the secret.
    pub fn scoped_key(&self) -> Option<&'a ScopedKey> {
        match self.key {
            KeyMaterial::Secret(_) => None,
            KeyMaterial::Derived(key) => Some(key),
        }
    }

    /// What signs.
    pub(super) fn key(&self) -> KeyMaterial<'a> {
        self.key
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
    /// Checks an access key, and keeps a copy of it.
    ///
    /// # Errors
    ///
    /// As for [`Credentials::new`].
    pub fn new(
        access_key_id: &str,
        secret_access_key: &str,
        session_token: Option<&str>,
    ) -> Result<Self, SigningError> {
        let checked = Credentials::new(access_key_id, secret_access_key, session_token)?;
        Ok(Self {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: Zeroizing::new(secret_access_key.to_owned()),
            session_token: checked.session_token.map(str::to_owned).map(Zeroizing::new),
            expires_at: None,
        })
    }

    /// Sets when the key expires.
    #[must_use]
    pub fn with_expiry(self, expires_at: Option<DateTime<Utc>>) -> Self {
        Self { expires_at, ..self }
    }

    /// The secret half.
    pub fn secret_access_key(&self) -> &str {
        &self.secret_access_key
    }

    /// The credentials as signing takes them.
    pub fn borrow(&self) -> Credentials<'_> {
        Credentials {
            access_key_id: &self.access_key_id,
            key: KeyMaterial::Secret(&self.secret_access_key),
            session_token: self.session_token.as_deref().map(String::as_str),
            expires_at: self.expires_at,
        }
    }
}

impl fmt::Debug for OwnedCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.borrow().fmt(f)
    }
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
