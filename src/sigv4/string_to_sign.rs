//! Stage 2: the string to sign.
//!
//! ```text
//! AWS4-HMAC-SHA256 \n
//! YYYYMMDD'T'HHMMSS'Z' \n
//! credential scope \n
//! hex(SHA-256(canonical request))
//! ```

use std::fmt;

use sha2::{Digest, Sha256};

use super::canonical_request::CanonicalRequest;
use super::scope::CredentialScope;
use super::signature::to_hex;

/// The name of the algorithm, first in the string to sign and in the `Authorization` header.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Stage 2; [`fmt::Display`] yields the bytes that are signed.
#[derive(Debug)]
pub struct StringToSign<'a> {
    scope: &'a CredentialScope<'a>,
    hashed_canonical_request: String,
}

impl<'a> StringToSign<'a> {
    /// Hashes stage 1 and puts it into its scope.
    pub fn new(scope: &'a CredentialScope<'a>, canonical_request: &CanonicalRequest<'_>) -> Self {
        let hash = Sha256::digest(canonical_request.to_bytes()).into();
        Self { scope, hashed_canonical_request: to_hex(&hash) }
    }
}

impl fmt::Display for StringToSign<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ALGORITHM)?;
        f.write_str("\n")?;
        f.write_str(self.scope.time.as_str())?;
        write!(f, "\n{}\n", self.scope)?;
        f.write_str(&self.hashed_canonical_request)
    }
}
