//! Stage 3: the string to sign.
//!
//! ```text
//! algorithm \n
//! YYYYMMDD'T'HHMMSS'Z' \n
//! credential scope \n
//! hex(SHA-256(canonical request))
//! ```

use super::canonical_request::CanonicalRequest;
use super::scope::CredentialScope;
use super::signature::HexDigits;

/// Stage 3; [`StringToSign::to_text`] returns the text to sign.
#[derive(Debug)]
pub struct StringToSign<'a> {
    scope: &'a CredentialScope<'a>,
    hashed_canonical_request: HexDigits,
}

impl<'a> StringToSign<'a> {
    /// Hashes a canonical request.
    pub fn new(scope: &'a CredentialScope<'a>, canonical_request: &CanonicalRequest<'_>) -> Self {
        Self::of_bytes(scope, &canonical_request.to_bytes())
    }

    /// Hashes the bytes of a canonical request.
    pub(crate) fn of_bytes(scope: &'a CredentialScope<'a>, canonical_request: &[u8]) -> Self {
        Self { scope, hashed_canonical_request: HexDigits::of_sha256(canonical_request) }
    }

    /// Returns the text to sign.
    pub fn to_text(&self) -> String {
        let mut text = Self::prefix(self.scope);
        text.push_str(self.hashed_canonical_request.as_str());
        text
    }

    /// The last line, the hash of the canonical request.
    pub(super) fn last_line(&self) -> &HexDigits {
        &self.hashed_canonical_request
    }

    /// Returns all lines but the last, which all requests of a scope have in common.
    pub(super) fn prefix(scope: &CredentialScope<'_>) -> String {
        let mut text = String::with_capacity(192);
        text.push_str(scope.algorithm.name());
        text.push('\n');
        text.push_str(scope.time.as_str());
        text.push('\n');
        scope.write(&mut text);
        text.push('\n');
        text
    }
}
