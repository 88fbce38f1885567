//! Signs a small GET in Rust, without Python, and with AWS's own signer.
//!
//! Prints a line for each: its name, a tab, and the seconds of a request. `core.py` runs it.

#![allow(missing_docs, reason = "the functions are private")]
#![allow(clippy::print_stdout, reason = "a program")]
#![allow(clippy::unwrap_used, reason = "the input is valid")]

#[path = "../core/common.rs"]
mod common;

use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

use _core::sigv4::{
    self, Algorithm, CredentialScope, Credentials, Request, Settings, SigningKeyCache, SigningTime,
    Url,
};
use aws_credential_types::Credentials as AwsCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;

use crate::common::{ACCESS_KEY, SECRET, credentials, settings_of};

const REGION: &str = "us-east-1";
const SERVICE: &str = "execute-api";
const SECONDS_SINCE_1970: i64 = 1_440_938_160;
const REQUESTS: u32 = 100;
const ROUNDS: usize = 2_000;

/// A name, and what signs a URL.
type Candidate<'a> = (&'a str, &'a dyn Fn(&str) -> String);

fn main() {
    let urls: Vec<_> = (0..REQUESTS)
        .map(|number| {
            format!("https://abcdefghij.execute-api.{REGION}.amazonaws.com/test/pets/{number}")
        })
        .collect();
    let (keys, no_keys) = (SigningKeyCache::new(8), SigningKeyCache::new(0));
    let key = credentials(None);
    let identity = AwsCredentials::new(ACCESS_KEY, SECRET, None, None, "bench").into();
    let time = SigningTime::from_timestamp(SECONDS_SINCE_1970).unwrap();
    assert_eq!(
        sign_with_ours(&urls[0], &key, &time, true, &keys),
        sign_with_theirs(&urls[0], &identity)
    );
    let candidates: [Candidate<'_>; 4] = [
        ("the drop-in's request", &|url| {
            sign_with_ours(url, &credentials(None), &time, false, &keys)
        }),
        ("the request of rsigv4.requests", &|url| sign_with_ours(url, &key, &time, true, &keys)),
        ("the same, without a cache of keys", &|url| {
            sign_with_ours(url, &key, &time, true, &no_keys)
        }),
        ("the same, aws-sigv4", &|url| sign_with_theirs(url, &identity)),
    ];
    let mut least = [Duration::MAX; 4];
    for _ in 0..ROUNDS {
        for ((_, sign), least) in candidates.iter().zip(&mut least) {
            let start = Instant::now();
            for url in &urls {
                black_box(sign(black_box(url)));
            }
            *least = start.elapsed().min(*least);
        }
    }
    for ((name, _), least) in candidates.iter().zip(least) {
        println!("{name}\t{}", least.as_secs_f64() / f64::from(REQUESTS));
    }
}

/// Returns the `Authorization` header.
///
/// The core gets no headers: the binding leaves out those that aren't signed. The requests of a
/// second share a time there, too.
fn sign_with_ours(
    url: &str,
    credentials: &Credentials<'_>,
    time: &SigningTime,
    content_sha256_header: bool,
    keys: &SigningKeyCache,
) -> String {
    let scope = CredentialScope::new(Algorithm::HmacSha256, time.clone(), REGION, SERVICE).unwrap();
    let settings = Settings { content_sha256_header, ..settings_of(SERVICE, &[]) };
    let request = Request::new("GET", Url::parse(url).unwrap(), &[]).unwrap();
    sigv4::sign(&request, credentials, &scope, &settings, keys).unwrap().authorization
}

/// Returns the `Authorization` header of a request whose body's hash is signed.
fn sign_with_theirs(url: &str, identity: &Identity) -> String {
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(SECONDS_SINCE_1970.cast_unsigned());
    let params = v4::SigningParams::builder()
        .identity(identity)
        .region(REGION)
        .name(SERVICE)
        .time(time)
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let request =
        SignableRequest::new("GET", url, std::iter::empty(), SignableBody::Bytes(b"")).unwrap();
    let (instructions, _) = sign(request, &params).unwrap().into_parts();
    let (headers, _) = instructions.into_parts();
    let authorization = headers.into_iter().find(|header| header.name() == "authorization");
    authorization.unwrap().value().to_owned()
}
