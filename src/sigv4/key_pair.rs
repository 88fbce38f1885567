//! The key pair of SigV4a, derived from an access key.
//!
//! ```text
//! candidate = HMAC("AWS4A" + secret access key,
//!                  00000001 "AWS4-ECDSA-P256-SHA256" 00 access key id, counter 00000100)
//! d         = candidate + 1, for the first counter from 1 whose candidate is at most n - 2
//! ```
//!
//! Key derivation in counter mode of NIST SP 800-108, with testing of candidates of FIPS 186-5,
//! A.2.2; n is the order of P-256.

use std::fmt;

use p256::SecretKey;
use p256::elliptic_curve::sec1::ToSec1Point;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, UnparsedPublicKey,
};
use zeroize::Zeroizing;

use super::error::SigningError;
use super::scope::Algorithm;
use super::signature::{Sha256Output, hmac_sha256};

/// n - 2, big-endian.
const ORDER_MINUS_TWO: Sha256Output = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x4f,
];

/// A private key and its public key. The verifier derives both from the access key.
pub struct KeyPair {
    pair: EcdsaKeyPair,
    public_key: Vec<u8>,
    random: SystemRandom,
}

impl KeyPair {
    /// Derives the pair of an access key.
    ///
    /// # Panics
    ///
    /// Never: a derived key is in range, and the public key is computed from it.
    #[expect(clippy::expect_used, reason = "a derived key is in range, and its public key fits")]
    pub fn derive(access_key_id: &str, secret_access_key: &str) -> Self {
        let private_key = private_key(access_key_id, secret_access_key);
        let point = SecretKey::from_slice(&*private_key)
            .expect("a derived key is in range")
            .public_key()
            .to_sec1_point(false);
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            &*private_key,
            point.as_bytes(),
            &random,
        )
        .expect("a public key fits the private key that it was computed from");
        Self { pair, public_key: point.as_bytes().to_vec(), random }
    }

    /// The public key as an uncompressed SEC 1 point of 65 bytes.
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    pub(super) fn sign(&self, text: &str) -> Result<Vec<u8>, SigningError> {
        let signature = self.pair.sign(&self.random, text.as_bytes());
        signature
            .map(|signature| signature.as_ref().to_vec())
            .map_err(|_| SigningError::NoRandomNumbers)
    }

    pub(super) fn verify(&self, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.public_key)
            .verify(text.as_bytes(), signature)
            .is_ok()
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPair { .. }")
    }
}

fn private_key(access_key_id: &str, secret_access_key: &str) -> Zeroizing<Sha256Output> {
    let mut key = Zeroizing::new(Vec::with_capacity(5 + secret_access_key.len()));
    key.extend_from_slice(b"AWS4A");
    key.extend_from_slice(secret_access_key.as_bytes());
    let mut counter = 1_u8;
    loop {
        let mut input = 1_u32.to_be_bytes().to_vec();
        input.extend_from_slice(Algorithm::EcdsaP256Sha256.name().as_bytes());
        input.push(0);
        input.extend_from_slice(access_key_id.as_bytes());
        input.push(counter);
        input.extend_from_slice(&256_u32.to_be_bytes());
        let candidate = Zeroizing::new(hmac_sha256(&key, &input));
        // Big-endian numbers of equal length sort like their bytes.
        if *candidate <= ORDER_MINUS_TWO {
            return plus_one(candidate);
        }
        // One candidate in 2^32 is too large, so the counter never gets near 255.
        counter = counter.wrapping_add(1);
    }
}

fn plus_one(mut number: Zeroizing<Sha256Output>) -> Zeroizing<Sha256Output> {
    for byte in number.iter_mut().rev() {
        let (sum, carry) = byte.overflowing_add(1);
        *byte = sum;
        if !carry {
            break;
        }
    }
    number
}
