//! The signing key of stage 4, and its cache.
//!
//! ```text
//! date_key                = HMAC("AWS4" + secret access key, YYYYMMDD)
//! date_region_key         = HMAC(date_key, region)
//! date_region_service_key = HMAC(date_region_key, service)
//! signing_key             = HMAC(date_region_service_key, "aws4_request")
//! ```
//!
//! SigV4a has a key pair instead; see [`super::key_pair`].

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::credentials::{Credentials, KeyMaterial};
use super::error::SigningError;
use super::key_pair::KeyPair;
use super::scope::{Algorithm, CredentialScope, TERMINATOR};
use super::signature::{HexDigits, Sha256Output, Signature, hmac_sha256, keyed_hmac};
use super::string_to_sign::StringToSign;
use super::time::SigningTime;

/// A key that signs strings to sign.
#[derive(Clone)]
pub enum SigningKey {
    /// A SigV4 key, valid for one day, region and service. The HMAC has absorbed the key, which halves
    /// the hashing of a signature.
    Hmac(Hmac<Sha256>),
    /// A SigV4a key, valid as long as the access key.
    Ecdsa(Arc<KeyPair>),
}

impl SigningKey {
    /// Derives the key of `scope` from the secret, or returns the derived key.
    ///
    /// # Errors
    ///
    /// Only a key that was derived for another scope is known.
    pub fn derive(
        credentials: &Credentials<'_>,
        scope: &CredentialScope<'_>,
    ) -> Result<Self, SigningError> {
        match credentials.key() {
            KeyMaterial::Secret(secret) => {
                Ok(Self::of_secret(credentials.access_key_id(), secret, scope))
            }
            KeyMaterial::Derived(key) => key.hmac(scope).map(Self::Hmac),
        }
    }

    /// Derives a key that nobody signs with, so that refusing an unknown access key takes as long as
    /// refusing a known one.
    pub(super) fn of_nobody(scope: &CredentialScope<'_>) -> Self {
        Self::of_secret("AKIDNOBODY", "nobody has this secret, and nobody needs", scope)
    }

    fn of_secret(
        access_key_id: &str,
        secret_access_key: &str,
        scope: &CredentialScope<'_>,
    ) -> Self {
        let CredentialScope { region, service, .. } = scope;
        match scope.algorithm {
            Algorithm::HmacSha256 => {
                Self::from_bytes(&*derive(secret_access_key, scope.date(), region, service))
            }
            Algorithm::EcdsaP256Sha256 => {
                Self::Ecdsa(Arc::new(KeyPair::derive(access_key_id, secret_access_key)))
            }
        }
    }

    /// Creates a SigV4 key from its bytes.
    pub fn from_bytes(signing_key: &[u8]) -> Self {
        Self::Hmac(keyed_hmac(signing_key))
    }

    /// Signs a text.
    ///
    /// # Errors
    ///
    /// The system has no random numbers, which SigV4a needs.
    pub fn sign(&self, text: &str) -> Result<Signature, SigningError> {
        match self {
            Self::Hmac(hmac) => Ok(hmac_signature(hmac, text)),
            Self::Ecdsa(key_pair) => key_pair.sign(text).map(Signature::Ecdsa),
        }
    }

    /// Whether this is the signature of a text, as the bytes of the HMAC or of DER.
    ///
    /// Takes as long for a signature that is partly right as for any other.
    pub fn verify(&self, text: &str, signature: &[u8]) -> bool {
        match self {
            Self::Hmac(hmac) => hmac.clone().chain_update(text).verify_slice(signature).is_ok(),
            Self::Ecdsa(key_pair) => key_pair.verify(text, signature),
        }
    }
}

/// Signs the requests of one scope, whose strings to sign differ only in their last line.
///
/// An HMAC absorbs the other lines only once.
pub enum ScopeSigner {
    /// Has absorbed the key and the other lines.
    Hmac(Hmac<Sha256>),
    /// A key pair, and the other lines.
    Ecdsa(Arc<KeyPair>, String),
}

impl ScopeSigner {
    /// Prepares a key of `scope`.
    pub fn new(key: &SigningKey, scope: &CredentialScope<'_>) -> Self {
        let prefix = StringToSign::prefix(scope);
        match key {
            SigningKey::Hmac(hmac) => Self::Hmac(hmac.clone().chain_update(prefix)),
            SigningKey::Ecdsa(key_pair) => Self::Ecdsa(Arc::clone(key_pair), prefix),
        }
    }

    /// Signs the string to sign that ends with this hash of a canonical request.
    ///
    /// # Errors
    ///
    /// The system has no random numbers, which SigV4a needs.
    pub fn sign(&self, hashed_canonical_request: &HexDigits) -> Result<Signature, SigningError> {
        let last_line = hashed_canonical_request.as_str();
        match self {
            Self::Hmac(hmac) => Ok(hmac_signature(hmac, last_line)),
            Self::Ecdsa(key_pair, prefix) => {
                key_pair.sign(&[prefix, last_line].concat()).map(Signature::Ecdsa)
            }
        }
    }
}

impl fmt::Debug for ScopeSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScopeSigner { .. }")
    }
}

fn hmac_signature(hmac: &Hmac<Sha256>, text: &str) -> Signature {
    Signature::Hmac(hmac.clone().chain_update(text).finalize().into_bytes().into())
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey { .. }")
    }
}

/// Derives the bytes of a SigV4 key. They are wiped when dropped.
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

/// A cache of the latest keys, and of the last signer of each.
///
/// Deriving a key takes four HMACs, and most requests of a day need the same key.
#[derive(Debug)]
pub struct SigningKeyCache {
    capacity: usize,
    entries: Mutex<Vec<Entry>>,
}

impl SigningKeyCache {
    /// Creates a cache that drops its oldest key when it is full.
    pub const fn new(capacity: usize) -> Self {
        Self { capacity, entries: Mutex::new(Vec::new()) }
    }

    /// Returns the key of `scope`, and derives it if it isn't cached.
    ///
    /// # Errors
    ///
    /// Only a key that was derived for another scope is known.
    pub fn signing_key(
        &self,
        credentials: &Credentials<'_>,
        scope: &CredentialScope<'_>,
    ) -> Result<Arc<SigningKey>, SigningError> {
        match credentials.key() {
            KeyMaterial::Secret(secret) => {
                self.with_entry(credentials, secret, scope, |entry| Arc::clone(&entry.signing_key))
            }
            KeyMaterial::Derived(_) => SigningKey::derive(credentials, scope).map(Arc::new),
        }
    }

    /// Returns the signer of `scope`. SigV4's requests of one second share it.
    ///
    /// # Errors
    ///
    /// As for [`Self::signing_key`].
    pub fn signer(
        &self,
        credentials: &Credentials<'_>,
        scope: &CredentialScope<'_>,
    ) -> Result<Arc<ScopeSigner>, SigningError> {
        if let KeyMaterial::Secret(secret) = credentials.key()
            && scope.algorithm == Algorithm::HmacSha256
        {
            return self.with_entry(credentials, secret, scope, |entry| entry.signer(scope));
        }
        // Keys that were derived elsewhere aren't cached. A key of SigV4a is for every scope, so its
        // entry keeps no signer.
        let signing_key = self.signing_key(credentials, scope)?;
        Ok(Arc::new(ScopeSigner::new(&signing_key, scope)))
    }

    /// Uses the entry of `scope`, and adds it if it isn't cached.
    fn with_entry<T>(
        &self,
        credentials: &Credentials<'_>,
        secret_access_key: &str,
        scope: &CredentialScope<'_>,
        use_entry: impl FnOnce(&mut Entry) -> T,
    ) -> Result<T, SigningError> {
        let access_key_id = credentials.access_key_id();
        let mut entries = self.lock();
        if let Some(entry) = find(&mut entries, access_key_id, secret_access_key, scope) {
            return Ok(use_entry(entry));
        }
        let signing_key = Arc::new(SigningKey::derive(credentials, scope)?);
        let mut entry = Entry::new(access_key_id, secret_access_key, scope, signing_key);
        let result = use_entry(&mut entry);
        self.push(&mut entries, entry);
        Ok(result)
    }

    /// Returns the key of `scope` if it is cached, or was derived elsewhere.
    pub(super) fn get(
        &self,
        credentials: &Credentials<'_>,
        scope: &CredentialScope<'_>,
    ) -> Option<Arc<SigningKey>> {
        match credentials.key() {
            KeyMaterial::Secret(secret) => {
                let entries = &mut *self.lock();
                let entry = find(entries, credentials.access_key_id(), secret, scope)?;
                Some(Arc::clone(&entry.signing_key))
            }
            KeyMaterial::Derived(_) => SigningKey::derive(credentials, scope).map(Arc::new).ok(),
        }
    }

    /// Adds a key of `scope`.
    pub(super) fn insert(
        &self,
        credentials: &Credentials<'_>,
        scope: &CredentialScope<'_>,
        signing_key: &Arc<SigningKey>,
    ) {
        let KeyMaterial::Secret(secret) = credentials.key() else { return };
        let mut entries = self.lock();
        // Another thread may have been first.
        if find(&mut entries, credentials.access_key_id(), secret, scope).is_none() {
            let signing_key = Arc::clone(signing_key);
            let entry = Entry::new(credentials.access_key_id(), secret, scope, signing_key);
            self.push(&mut entries, entry);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        // A panic while the lock is held can't leave a wrong key or signer, so poisoning is ignored.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, entries: &mut Vec<Entry>, entry: Entry) {
        if self.capacity == 0 {
            return;
        }
        if entries.len() >= self.capacity {
            entries.remove(0);
        }
        entries.push(entry);
    }
}

fn find<'a>(
    entries: &'a mut [Entry],
    access_key_id: &str,
    secret_access_key: &str,
    scope: &CredentialScope<'_>,
) -> Option<&'a mut Entry> {
    let mut latest_first = entries.iter_mut().rev();
    latest_first.find(|entry| entry.is_for(access_key_id, secret_access_key, scope))
}

struct Entry {
    access_key_id: String,
    secret_access_key: String,
    date: String,
    region: String,
    service: String,
    signing_key: Arc<SigningKey>,
    /// The signer that was used last, and its second. None for SigV4a.
    last_signer: Option<(SigningTime, Arc<ScopeSigner>)>,
}

impl Entry {
    fn new(
        access_key_id: &str,
        secret_access_key: &str,
        scope: &CredentialScope<'_>,
        signing_key: Arc<SigningKey>,
    ) -> Self {
        Self {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: secret_access_key.to_owned(),
            date: scope.date().to_owned(),
            region: scope.region.to_owned(),
            service: scope.service.to_owned(),
            signing_key,
            last_signer: None,
        }
    }

    fn is_for(
        &self,
        access_key_id: &str,
        secret_access_key: &str,
        scope: &CredentialScope<'_>,
    ) -> bool {
        let is_of_scope = match *self.signing_key {
            SigningKey::Hmac(_) => {
                scope.algorithm == Algorithm::HmacSha256
                    && self.service == scope.service
                    && self.region == scope.region
                    && self.date == scope.date()
            }
            SigningKey::Ecdsa(_) => {
                scope.algorithm == Algorithm::EcdsaP256Sha256 && self.access_key_id == access_key_id
            }
        };
        is_of_scope && self.secret_access_key == secret_access_key
    }

    /// Returns the signer of a scope of SigV4 that this entry is for.
    fn signer(&mut self, scope: &CredentialScope<'_>) -> Arc<ScopeSigner> {
        if let Some((time, signer)) = &self.last_signer
            && *time == scope.time
        {
            return Arc::clone(signer);
        }
        let signer = Arc::new(ScopeSigner::new(&self.signing_key, scope));
        self.last_signer = Some((scope.time.clone(), Arc::clone(&signer)));
        signer
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
