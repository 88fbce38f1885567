//! Signs a small GET in Rust, without Python, and with AWS's own signer.
//!
//! Prints a line for each: its name, a tab, and the seconds of a request. `core.py` runs it.

#![allow(missing_docs, reason = "the functions are private")]
#![allow(clippy::print_stdout, reason = "a program")]
#![allow(clippy::unwrap_used, reason = "the input is valid")]

use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

use _core::sigv4::{
    self, Algorithm, CredentialScope, Credentials, Header, HeaderSelection, Request, ServiceRules,
    Settings, SigningKeyCache, SigningTime, Url,
};
use aws_credential_types::Credentials as AwsCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;

const ACCESS_KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const REGION: &str = "us-east-1";
const SERVICE: &str = "execute-api";
const SECONDS_SINCE_1970: i64 = 1_440_938_160;
/// Those that a session of the requests library adds.
const HEADERS: [(&str, &str); 4] = [
    ("User-Agent", "python-requests/2.34.2"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Accept", "*/*"),
    ("Connection", "keep-alive"),
];
const REQUESTS: u32 = 100;
const ROUNDS: usize = 2_000;

/// A name, and what signs a URL.
type Candidate<'a> = (&'a str, &'a dyn Fn(&str));

fn main() {
    let urls: Vec<_> = (0..REQUESTS)
        .map(|number| {
            format!("https://abcdefghij.execute-api.{REGION}.amazonaws.com/test/pets/{number}")
        })
        .collect();
    let keys = SigningKeyCache::new(8);
    let identity = AwsCredentials::new(ACCESS_KEY, SECRET, None, None, "bench").into();
    let candidates: [Candidate<'_>; 3] = [
        ("without headers", &|url| sign_with_ours(url, &[], &keys)),
        ("with headers", &|url| sign_with_ours(url, &HEADERS, &keys)),
        ("aws-sigv4", &|url| sign_with_theirs(url, &identity)),
    ];
    let mut least = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        for ((_, sign), least) in candidates.iter().zip(&mut least) {
            let start = Instant::now();
            for url in &urls {
                sign(black_box(url));
            }
            *least = start.elapsed().min(*least);
        }
    }
    for ((name, _), least) in candidates.iter().zip(least) {
        println!("{name}\t{}", least.as_secs_f64() / f64::from(REQUESTS));
    }
}

/// Without headers it signs what the drop-in signs, and with headers what `rsigv4.requests` signs.
fn sign_with_ours(url: &str, headers: &[(&str, &str)], keys: &SigningKeyCache) {
    let credentials = Credentials::new(ACCESS_KEY, SECRET, None).unwrap();
    let time = SigningTime::from_timestamp(SECONDS_SINCE_1970).unwrap();
    let scope = CredentialScope::new(Algorithm::HmacSha256, time, REGION, SERVICE).unwrap();
    let rules = ServiceRules::of(SERVICE);
    let settings = Settings {
        path: rules.path,
        content_sha256_header: !headers.is_empty(),
        session_token_header: rules.session_token_header,
        sign_session_token: rules.sign_session_token,
        headers: HeaderSelection { stable: true, also: &[], covers_amz: false },
    };
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| Header::new(name, value.as_bytes()).unwrap()).collect();
    let request = Request::new("GET", Url::parse(url).unwrap(), &headers).unwrap();
    black_box(sigv4::sign(&request, &credentials, &scope, &settings, keys).unwrap());
}

/// Without headers, and with the hash of the body: less than ours signs with headers.
fn sign_with_theirs(url: &str, identity: &Identity) {
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
    black_box(sign(request, &params).unwrap());
}
