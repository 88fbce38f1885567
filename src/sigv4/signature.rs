//! Stage 4: the signature.
//!
//! ```text
//! SigV4   hex(HMAC-SHA256(signing key, string to sign))
//! SigV4a  hex(ECDSA-P256-SHA256(signing key, string to sign)), in DER
//! ```

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The output of SHA-256 and of HMAC with it.
pub type Sha256Output = [u8; 32];

/// A signature. It is not a secret.
#[derive(Clone, Debug)]
pub enum Signature {
    /// A SigV4 signature.
    Hmac(Sha256Output),
    /// A SigV4a signature in DER, which varies in length.
    Ecdsa(Vec<u8>),
}

impl Signature {
    /// Appends the hexadecimal digits.
    pub fn write(&self, out: &mut String) {
        match self {
            Self::Hmac(hash) => out.push_str(HexDigits::of(hash).as_str()),
            Self::Ecdsa(der) => out.push_str(&hex::encode(der)),
        }
    }

    /// Returns the hexadecimal digits.
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(64);
        self.write(&mut text);
        text
    }
}

impl Signature {
    /// Decodes lowercase hexadecimal digits.
    ///
    /// Returns an empty vector, which never verifies, for other text.
    pub(crate) fn bytes_of(digits: &str) -> Vec<u8> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        // `fold` instead of `all`: without an early exit, the loop is vectorized.
        let is_hex = digits.bytes().fold(true, |hex, byte| hex & is_digit(byte));
        if !is_hex || !digits.len().is_multiple_of(2) {
            return Vec::new();
        }
        let number = |digit: u8| digit.wrapping_sub(if digit <= b'9' { b'0' } else { b'a' - 10 });
        digits
            .as_bytes()
            .chunks_exact(2)
            .map(|pair| number(pair[0]) << 4 | number(pair[1]))
            .collect()
    }
}

/// Computes the HMAC-SHA256 of one message.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Sha256Output {
    keyed_hmac(key).chain_update(message).finalize().into_bytes().into()
}

/// Creates an HMAC-SHA256 that has absorbed its key.
#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
pub(super) fn keyed_hmac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// A SHA-256 or HMAC in lowercase hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HexDigits([u8; 64]);

impl HexDigits {
    /// Encodes a hash.
    pub fn of(hash: &Sha256Output) -> Self {
        let digit = |number: u8| number + if number < 10 { b'0' } else { b'a' - 10 };
        let mut digits = [0; 64];
        // Without a table, the loop is vectorized.
        for (pair, byte) in digits.as_chunks_mut().0.iter_mut().zip(hash) {
            *pair = [digit(byte >> 4), digit(byte & 0xf)];
        }
        Self(digits)
    }

    /// Hashes a message, and encodes the hash.
    pub fn of_sha256(message: &[u8]) -> Self {
        Self::of(&Sha256::digest(message).into())
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        // `of` writes only ASCII.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for HexDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
