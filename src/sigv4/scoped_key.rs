//! A signing key that was derived elsewhere, for those who must not hold the secret.

use std::fmt;

use hmac::Hmac;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::access_key::{check_access_key_id, parse_session_token};
use super::error::SigningError;
use super::scope::{Algorithm, CredentialScope, check_order, check_region, check_service};
use super::signature::{Sha256Output, keyed_hmac};
use super::time::SigningTime;

/// A SigV4 key with the day, region and service that it was derived for.
///
/// It takes the place of credentials. The key and the session token are wiped from memory on drop.
#[derive(Clone)]
pub struct ScopedKey {
    access_key_id: String,
    key: Zeroizing<Sha256Output>,
    date: String,
    region: String,
    service: String,
    session_token: Option<Zeroizing<String>>,
    /// Has absorbed the key.
    hmac: Hmac<Sha256>,
}

impl ScopedKey {
    /// Checks a key and its scope, and keeps a copy. `date` has the form `YYYYMMDD`.
    ///
    /// # Errors
    ///
    /// The key does not have 32 bytes, a part of the scope is not valid, or the key id or the token
    /// could end its header early.
    pub fn new(
        access_key_id: &str,
        key: &[u8],
        date: &str,
        region: &str,
        service: &str,
        session_token: Option<&str>,
    ) -> Result<Self, SigningError> {
        check_access_key_id(access_key_id)?;
        let session_token = parse_session_token(session_token)?;
        let key = Sha256Output::try_from(key).map(Zeroizing::new).map_err(|_| {
            SigningError::credentials(
                "key",
                "must have 32 bytes: pass the derived key, not the secret",
            )
        })?;
        check_order(region, service)?;
        check_region(Algorithm::HmacSha256, region)?;
        check_service(service)?;
        check_date(date)?;
        Ok(Self {
            access_key_id: access_key_id.to_owned(),
            hmac: keyed_hmac(&*key),
            key,
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            session_token: session_token.map(str::to_owned).map(Zeroizing::new),
        })
    }

    /// The public half of the access key.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The token of temporary credentials.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref().map(String::as_str)
    }

    /// The bytes of the key.
    pub fn as_bytes(&self) -> &Sha256Output {
        &self.key
    }

    /// The day, `YYYYMMDD`.
    pub fn date(&self) -> &str {
        &self.date
    }

    /// The only region that the key is valid for.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The only service that the key is valid for.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Returns the HMAC that signs for `scope`.
    ///
    /// # Errors
    ///
    /// The key is of another day, region or service, or the signature is to be SigV4a.
    pub(super) fn hmac(&self, scope: &CredentialScope<'_>) -> Result<Hmac<Sha256>, SigningError> {
        let problem = if scope.algorithm != Algorithm::HmacSha256 {
            NO_SIGV4A
        } else if self.region != scope.region || self.service != scope.service {
            "are a SigningKey of another region or service than the request: derive a key for those"
        } else if self.date != scope.date() {
            "are a SigningKey of another UTC day than the signature: derive a key for each day"
        } else {
            return Ok(self.hmac.clone());
        };
        Err(SigningError::credentials("credentials", problem))
    }

    /// Checks the options of a signer that this key is for.
    ///
    /// # Errors
    ///
    /// They are of another region or service, or of SigV4a.
    pub fn check_options(
        &self,
        algorithm: Algorithm,
        region: Option<&str>,
        service: Option<&str>,
    ) -> Result<(), SigningError> {
        if algorithm != Algorithm::HmacSha256 {
            return Err(SigningError::credentials("credentials", NO_SIGV4A));
        }
        for (argument, passed, own) in
            [("region", region, &self.region), ("service", service, &self.service)]
        {
            if passed.is_some_and(|passed| passed != own) {
                return Err(SigningError::request(
                    argument,
                    "is not that of the SigningKey: leave it out, or derive a key for it",
                ));
            }
        }
        Ok(())
    }
}

const NO_SIGV4A: &str = "are a SigningKey, which can't sign with SigV4a: pass the access key, or \
                         algorithm=\"AWS4-HMAC-SHA256\"";

fn check_date(date: &str) -> Result<(), SigningError> {
    let is_date = date.len() == 8 && SigningTime::parse(&format!("{date}T000000Z")).is_ok();
    if is_date {
        return Ok(());
    }
    Err(SigningError::credentials(
        "date",
        "is not a day of the form YYYYMMDD: pass a datetime.date",
    ))
}

impl PartialEq for ScopedKey {
    fn eq(&self, other: &Self) -> bool {
        self.access_key_id == other.access_key_id
            && self.key == other.key
            && self.date == other.date
            && self.region == other.region
            && self.service == other.service
            && self.session_token == other.session_token
    }
}

impl Eq for ScopedKey {}

impl fmt::Debug for ScopedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedKey")
            .field("access_key_id", &self.access_key_id)
            .field("date", &self.date)
            .field("region", &self.region)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}
