//! Signs what SigV4a signs with each of three libraries, and prints the time it takes.
//!
//! Built with one of them only, the size of the program tells what that one adds to a wheel.

#![allow(dead_code, reason = "what is used depends on the libraries that are built in")]

use std::hint::black_box;
use std::time::Instant;

/// As long as a string to sign is.
const MESSAGE: &[u8] = &[b'a'; 150];
/// Any number in range.
const PRIVATE_KEY: [u8; 32] = [7; 32];

fn main() {
    #[cfg(feature = "p256")]
    with_p256();
    #[cfg(feature = "ring")]
    with_ring();
    #[cfg(feature = "aws-lc-rs")]
    with_aws_lc_rs();
}

#[cfg(feature = "p256")]
fn with_p256() {
    use p256::ecdsa::signature::Signer;
    use p256::ecdsa::{DerSignature, SigningKey};

    let derive = || SigningKey::from_slice(&PRIVATE_KEY).unwrap();
    report("p256: key", derive);
    let key = derive();
    report("p256: signature", || -> DerSignature { key.sign(MESSAGE) });
}

/// ring can't compute the public half of a key that it is to sign with, so p256 does.
#[cfg(feature = "ring")]
fn with_ring() {
    use p256::SecretKey;
    use p256::elliptic_curve::sec1::ToSec1Point;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING as ALGORITHM, EcdsaKeyPair};

    let random = SystemRandom::new();
    let derive = || {
        let public_key = SecretKey::from_slice(&PRIVATE_KEY).unwrap().public_key();
        let point = public_key.to_sec1_point(false);
        let point = point.as_bytes();
        EcdsaKeyPair::from_private_key_and_public_key(&ALGORITHM, &PRIVATE_KEY, point, &random)
            .unwrap()
    };
    report("ring: key", derive);
    let key = derive();
    report("ring: signature", || key.sign(&random, MESSAGE).unwrap());
}

#[cfg(feature = "aws-lc-rs")]
fn with_aws_lc_rs() {
    use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING as ALGORITHM, EcdsaKeyPair};

    let random = SystemRandom::new();
    let derive = || {
        let private_key = PrivateKey::from_private_key(&ECDH_P256, &PRIVATE_KEY).unwrap();
        let public_key = private_key.compute_public_key().unwrap();
        let point = public_key.as_ref();
        EcdsaKeyPair::from_private_key_and_public_key(&ALGORITHM, &PRIVATE_KEY, point).unwrap()
    };
    report("aws-lc-rs: key", derive);
    let key = derive();
    report("aws-lc-rs: signature", || key.sign(&random, MESSAGE).unwrap());
}

/// Prints the median of several rounds, which other work on the machine disturbs least.
fn report<T>(name: &str, run: impl Fn() -> T) {
    const RUNS: u32 = 2_000;
    let mut rounds: Vec<_> = (0..9)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..RUNS {
                black_box(run());
            }
            start.elapsed() / RUNS
        })
        .collect();
    rounds.sort();
    println!("{name}: {:.1} microseconds", rounds[4].as_secs_f64() * 1e6);
}
