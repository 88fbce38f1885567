//! Stage 4: the signature.
//!
//! ```text
//! hex(HMAC-SHA256(signing key, string to sign))
//! ```

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The output of SHA-256 and of HMAC with it.
pub type Sha256Output = [u8; 32];

/// A finished signature; it is public once the request is sent.
#[derive(Clone, Copy, Debug)]
pub struct Signature(pub(super) Sha256Output);

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

/// HMAC-SHA256 of one message under a key that is used once.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Sha256Output {
    keyed_hmac(key).chain_update(message).finalize().into_bytes().into()
}

/// HMAC-SHA256 with its key set, ready for messages.
#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
pub(super) fn keyed_hmac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// Lowercase hexadecimal digits.
#[expect(clippy::expect_used, reason = "both invariants are in sight")]
pub(super) fn to_hex(bytes: &Sha256Output) -> String {
    let mut digits = vec![0; 2 * bytes.len()];
    hex::encode_to_slice(bytes, &mut digits).expect("there is room for two digits a byte");
    String::from_utf8(digits).expect("hexadecimal digits are ASCII")
}
