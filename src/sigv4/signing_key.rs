//! Stage 3: the signing key.
//!
//! ```text
//! date_key                = HMAC("AWS4" + secret access key, YYYYMMDD)
//! date_region_key         = HMAC(date_key, region)
//! date_region_service_key = HMAC(date_region_key, service)
//! signing_key             = HMAC(date_region_service_key, "aws4_request")
//! ```

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::scope::{CredentialScope, TERMINATOR};
use super::signature::{Sha256Output, Signature, hmac_sha256, keyed_hmac};
use super::string_to_sign::StringToSign;

/// A key that signs for one day, region and service.
///
/// The HMAC with the key already absorbed is kept, so that a signature costs half as much hashing.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// Derives the key of `scope` from the secret.
    pub fn derive(secret_access_key: &str, scope: &CredentialScope<'_>) -> Self {
        Self::from_bytes(&*derive(secret_access_key, scope.date(), scope.region, scope.service))
    }

    /// Takes a key that was derived elsewhere.
    pub fn from_bytes(signing_key: &[u8]) -> Self {
        Self(keyed_hmac(signing_key))
    }

    /// Signs the output of stage 2.
    pub fn sign(&self, string_to_sign: &StringToSign<'_>) -> Signature {
        Signature(
            self.0.clone().chain_update(string_to_sign.to_text()).finalize().into_bytes().into(),
        )
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey { .. }")
    }
}

/// The bytes of the signing key; they are wiped when dropped.
pub fn derive(
    secret_access_key: &str,
    date: &str,
    region: &str,
    service: &str,
) -> Zeroizing<Sha256Output> {
    let mut secret = Zeroizing::new(Vec::with_capacity(4 + secret_access_key.len()));
    secret.extend_from_slice(b"AWS4");
    secret.extend_from_slice(secret_access_key.as_bytes());
    let date_key = Zeroizing::new(hmac_sha256(&secret, date.as_bytes()));
    let date_region_key = Zeroizing::new(hmac_sha256(&*date_key, region.as_bytes()));
    let date_region_service_key =
        Zeroizing::new(hmac_sha256(&*date_region_key, service.as_bytes()));
    Zeroizing::new(hmac_sha256(&*date_region_service_key, TERMINATOR.as_bytes()))
}

/// The keys that were derived last.
///
/// Deriving a key takes four HMACs, and most requests of a day need the same one.
#[derive(Debug)]
pub struct SigningKeyCache {
    capacity: usize,
    entries: Mutex<Vec<Entry>>,
}

impl SigningKeyCache {
    /// A cache that forgets the oldest key when it holds `capacity` of them.
    pub const fn new(capacity: usize) -> Self {
        Self { capacity, entries: Mutex::new(Vec::new()) }
    }

    /// The key of `scope`, derived only when it isn't at hand.
    pub fn signing_key(
        &self,
        secret_access_key: &str,
        scope: &CredentialScope<'_>,
    ) -> Arc<SigningKey> {
        // A panic while the lock was held can't leave a wrong key behind, so poison is ignored.
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) =
            entries.iter().rev().find(|entry| entry.is_for(secret_access_key, scope))
        {
            return Arc::clone(&entry.signing_key);
        }
        let signing_key = Arc::new(SigningKey::derive(secret_access_key, scope));
        if self.capacity == 0 {
            return signing_key;
        }
        if entries.len() >= self.capacity {
            entries.remove(0);
        }
        entries.push(Entry {
            secret_access_key: secret_access_key.to_owned(),
            date: scope.date().to_owned(),
            region: scope.region.to_owned(),
            service: scope.service.to_owned(),
            signing_key: Arc::clone(&signing_key),
        });
        signing_key
    }
}

struct Entry {
    secret_access_key: String,
    date: String,
    region: String,
    service: String,
    signing_key: Arc<SigningKey>,
}

impl Entry {
    fn is_for(&self, secret_access_key: &str, scope: &CredentialScope<'_>) -> bool {
        self.service == scope.service
            && self.region == scope.region
            && self.date == scope.date()
            && self.secret_access_key == secret_access_key
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.secret_access_key.zeroize();
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entry { .. }")
    }
}
