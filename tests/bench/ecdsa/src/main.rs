//! Signs a string to sign of SigV4a with each ECDSA library that is compiled in, and prints the time.
//!
//! The size of the program with one of them tells what the library adds to a wheel.

use std::hint::black_box;
use std::time::Instant;

/// As long as a string to sign is.
const MESSAGE: &[u8] = b"AWS4-ECDSA-P256-SHA256 20150830T123600Z 20150830/service/aws4_request\
    f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59..................";
/// Any number in range.
#[cfg(any(feature = "p256", feature = "aws-lc-rs"))]
const PRIVATE_KEY: [u8; 32] = [7; 32];

fn main() {
    #[cfg(feature = "p256")]
    {
        use p256::ecdsa::signature::Signer;
        use p256::ecdsa::{DerSignature, SigningKey};

        let derive = || SigningKey::from_slice(&PRIVATE_KEY).expect("the number is in range");
        report("p256, key", || drop(black_box(derive())));
        let key = derive();
        report("p256, signature", || {
            let signature: DerSignature = key.sign(black_box(MESSAGE));
            black_box(signature);
        });
    }
    #[cfg(feature = "ring")]
    {
        use p256::elliptic_curve::sec1::ToSec1Point;
        use ring::rand::SystemRandom;
        use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};

        let random = SystemRandom::new();
        let derive = || {
            let secret = p256::SecretKey::from_slice(&PRIVATE_KEY).expect("the number is in range");
            let point = secret.public_key().to_sec1_point(false);
            EcdsaKeyPair::from_private_key_and_public_key(
                &ECDSA_P256_SHA256_ASN1_SIGNING,
                &PRIVATE_KEY,
                point.as_bytes(),
                &random,
            )
            .expect("the keys are a pair")
        };
        report("ring, key (its public half by p256)", || drop(black_box(derive())));
        let key = derive();
        report("ring, signature", || {
            black_box(key.sign(&random, black_box(MESSAGE)).expect("there are random numbers"));
        });
    }
    #[cfg(feature = "aws-lc-rs")]
    {
        use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
        use aws_lc_rs::rand::SystemRandom;
        use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};

        let random = SystemRandom::new();
        let derive = || {
            let secret = PrivateKey::from_private_key(&ECDH_P256, &PRIVATE_KEY)
                .expect("the number is in range");
            let point = secret.compute_public_key().expect("it has a public half");
            EcdsaKeyPair::from_private_key_and_public_key(
                &ECDSA_P256_SHA256_ASN1_SIGNING,
                &PRIVATE_KEY,
                point.as_ref(),
            )
            .expect("the keys are a pair")
        };
        report("aws-lc-rs, key", || drop(black_box(derive())));
        let key = derive();
        report("aws-lc-rs, signature", || {
            black_box(key.sign(&random, black_box(MESSAGE)).expect("there are random numbers"));
        });
    }
    black_box(MESSAGE);
}

/// The median of several rounds, which other work on the machine disturbs least.
#[cfg(any(feature = "p256", feature = "aws-lc-rs"))]
fn report(name: &str, run: impl Fn()) {
    const RUNS: u32 = 2_000;
    let mut rounds: Vec<_> = (0..9)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..RUNS {
                run();
            }
            start.elapsed() / RUNS
        })
        .collect();
    rounds.sort();
    println!("{name}: {:.1} microseconds", rounds[4].as_secs_f64() * 1e6);
}

#[cfg(not(any(feature = "p256", feature = "aws-lc-rs")))]
const _: fn() -> Instant = Instant::now;
