//! The cache of signing keys and signers.

use std::sync::{Arc, Barrier};
use std::thread;

use crate::common::{
    ACCESS_KEY, AMZ_DATE, SECRET, TOKEN, credentials, scope, scope_of_set, settings,
};
use _core::sigv4::signing_key::derive;
use _core::sigv4::{
    self, CanonicalRequest, Credentials, Request, ScopeSigner, ScopedKey, SigningKeyCache,
    StringToSign, Url,
};

fn of_secret(secret: &str) -> Credentials<'_> {
    Credentials::new(ACCESS_KEY, secret, None).unwrap()
}

#[test]
fn cache_returns_the_same_key_for_the_same_scope_and_secret() {
    let keys = SigningKeyCache::new(8);
    let credentials = credentials(None);
    let base = scope(AMZ_DATE, "us-east-1", "es");
    let first = keys.signing_key(&credentials, &base).unwrap();
    // The time of day is not part of a key.
    let later = scope("20150830T235959Z", "us-east-1", "es");
    assert!(Arc::ptr_eq(&first, &keys.signing_key(&credentials, &later).unwrap()));
    let others = [
        keys.signing_key(&of_secret("other"), &base).unwrap(),
        keys.signing_key(&credentials, &scope("20150831T000000Z", "us-east-1", "es")).unwrap(),
        keys.signing_key(&credentials, &scope(AMZ_DATE, "us-east-2", "es")).unwrap(),
        keys.signing_key(&credentials, &scope(AMZ_DATE, "us-east-1", "s3")).unwrap(),
    ];
    assert!(others.iter().all(|other| !Arc::ptr_eq(&first, other)));
    assert!(Arc::ptr_eq(&first, &keys.signing_key(&credentials, &base).unwrap()));
}

#[test]
fn cache_forgets_the_oldest_key_when_it_is_full() {
    let keys = SigningKeyCache::new(2);
    let scope = scope(AMZ_DATE, "us-east-1", "es");
    let [first, second] =
        ["one", "two"].map(|secret| keys.signing_key(&of_secret(secret), &scope).unwrap());
    let third = keys.signing_key(&of_secret("three"), &scope).unwrap();
    assert!(Arc::ptr_eq(&second, &keys.signing_key(&of_secret("two"), &scope).unwrap()));
    assert!(Arc::ptr_eq(&third, &keys.signing_key(&of_secret("three"), &scope).unwrap()));
    assert!(!Arc::ptr_eq(&first, &keys.signing_key(&of_secret("one"), &scope).unwrap()));
}

#[test]
fn cache_keeps_the_key_pair_of_an_access_key_for_every_day_region_and_service() {
    let keys = SigningKeyCache::new(8);
    let credentials = credentials(None);
    let base = scope_of_set(AMZ_DATE, "us-east-1,eu-*", "es");
    let first = keys.signing_key(&credentials, &base).unwrap();
    let elsewhere = scope_of_set("20160101T000000Z", "*", "s3");
    assert!(Arc::ptr_eq(&first, &keys.signing_key(&credentials, &elsewhere).unwrap()));
    let with_token = Credentials::new(ACCESS_KEY, SECRET, Some(TOKEN)).unwrap();
    assert!(Arc::ptr_eq(&first, &keys.signing_key(&with_token, &base).unwrap()));
    // The pair is derived from the public half of the access key too, unlike the keys of SigV4.
    let others = [
        keys.signing_key(&of_secret("other"), &base).unwrap(),
        keys.signing_key(&Credentials::new("AKIDOTHER", SECRET, None).unwrap(), &base).unwrap(),
        keys.signing_key(&credentials, &scope(AMZ_DATE, "us-east-1", "es")).unwrap(),
    ];
    assert!(others.iter().all(|other| !Arc::ptr_eq(&first, other)));
}

#[test]
fn keys_of_sigv4_are_shared_by_access_keys_of_one_secret() {
    let keys = SigningKeyCache::new(2);
    let scope = scope(AMZ_DATE, "us-east-1", "es");
    let first = keys.signing_key(&credentials(None), &scope).unwrap();
    let other = Credentials::new("AKIDOTHER", SECRET, None).unwrap();
    assert!(Arc::ptr_eq(&first, &keys.signing_key(&other, &scope).unwrap()));
}

#[test]
fn cache_without_room_derives_each_time() {
    let keys = SigningKeyCache::new(0);
    let credentials = credentials(None);
    let scope = scope(AMZ_DATE, "us-east-1", "es");
    let first = keys.signing_key(&credentials, &scope).unwrap();
    assert!(!Arc::ptr_eq(&first, &keys.signing_key(&credentials, &scope).unwrap()));
    let first = keys.signer(&credentials, &scope).unwrap();
    assert!(!Arc::ptr_eq(&first, &keys.signer(&credentials, &scope).unwrap()));
}

#[test]
fn cache_signs_each_request_for_its_own_scope() {
    let keys = SigningKeyCache::new(32);
    let credentials = credentials(None);
    let mut scopes = Vec::new();
    for amz_date in [AMZ_DATE, "20150830T123601Z", "20150831T123600Z"] {
        for (region, service) in [("us-east-1", "es"), ("us-east-1", "s3"), ("eu-west-1", "s3")] {
            scopes.push(scope(amz_date, region, service));
            scopes.push(scope_of_set(amz_date, region, service));
        }
    }
    let request = Request::new("GET", Url::parse("https://example.com/").unwrap(), &[]).unwrap();
    let settings = settings(&[]);
    for scope in scopes.iter().flat_map(|scope| [scope, scope, &scopes[0], scope]) {
        let canonical_request =
            CanonicalRequest::with_headers(&request, &credentials, scope, &settings).unwrap();
        let text = StringToSign::new(scope, &canonical_request).to_text();
        let key = SigningKeyCache::new(1).signing_key(&credentials, scope).unwrap();
        let signed = sigv4::sign(&request, &credentials, scope, &settings, &keys).unwrap();
        let signature = hex::decode(signed.signature.to_text()).unwrap();
        assert!(key.verify(&text, &signature), "{scope:?}");
    }
}

#[test]
fn requests_of_a_second_share_a_signer() {
    let keys = SigningKeyCache::new(8);
    let credentials = credentials(None);
    let signer = |amz_date, secret| {
        let scope = scope(amz_date, "us-east-1", "es");
        keys.signer(&secret, &scope).unwrap()
    };
    let first = signer(AMZ_DATE, credentials);
    assert!(Arc::ptr_eq(&first, &signer(AMZ_DATE, credentials)));
    assert!(!Arc::ptr_eq(&first, &signer(AMZ_DATE, of_secret("other"))));
    let later = signer("20150830T123601Z", credentials);
    assert!(!Arc::ptr_eq(&first, &later));
    assert!(Arc::ptr_eq(&later, &signer("20150830T123601Z", credentials)));
}

#[test]
fn signer_uses_a_key_that_is_cached_already() {
    let (keys, credentials) = (SigningKeyCache::new(1), credentials(None));
    let scope = scope(AMZ_DATE, "us-east-1", "es");
    let key = keys.signing_key(&credentials, &scope).unwrap();
    let signer = keys.signer(&credentials, &scope).unwrap();
    assert!(Arc::ptr_eq(&signer, &keys.signer(&credentials, &scope).unwrap()));
    // Without room for two, another entry would have replaced the key.
    assert!(Arc::ptr_eq(&key, &keys.signing_key(&credentials, &scope).unwrap()));
}

#[test]
fn signer_of_sigv4a_caches_its_key_pair() {
    let (keys, credentials) = (SigningKeyCache::new(1), credentials(None));
    let scope = scope_of_set(AMZ_DATE, "*", "es");
    let pair = || match &*keys.signer(&credentials, &scope).unwrap() {
        ScopeSigner::Ecdsa(pair, _) => Arc::clone(pair),
        ScopeSigner::Hmac(_) => unreachable!(),
    };
    assert!(Arc::ptr_eq(&pair(), &pair()));
}

#[test]
fn cache_is_shared_by_threads() {
    let keys = SigningKeyCache::new(2);
    let barrier = Barrier::new(8);
    let request = Request::new("GET", Url::parse("https://example.com/").unwrap(), &[]).unwrap();
    let settings = settings(&[]);
    let sign = |secret: &str, keys: &SigningKeyCache| {
        let credentials = of_secret(secret);
        let scope = scope(AMZ_DATE, "us-east-1", "es");
        sigv4::sign(&request, &credentials, &scope, &settings, keys).unwrap().authorization
    };
    let secrets = ["one", "two", "three", "four"];
    let expected = secrets.map(|secret| sign(secret, &SigningKeyCache::new(1)));
    thread::scope(|threads| {
        for first in 0..8 {
            let (keys, barrier, expected, sign) = (&keys, &barrier, &expected, &sign);
            threads.spawn(move || {
                barrier.wait();
                for number in 0..100 {
                    let index = (first + number) % secrets.len();
                    assert_eq!(sign(secrets[index], keys), expected[index]);
                }
            });
        }
    });
}

#[test]
fn derived_key_signs_like_the_secret_and_within_its_scope_only() {
    let key = derive(SECRET, "20150830", "us-east-1", "es");
    let key =
        ScopedKey::new(ACCESS_KEY, &*key, "20150830", "us-east-1", "es", Some(TOKEN)).unwrap();
    let (derived, keys) = (Credentials::from(&key), SigningKeyCache::new(2));
    let base = scope(AMZ_DATE, "us-east-1", "es");
    let sign = |credentials: &Credentials<'_>| {
        keys.signing_key(credentials, &base).unwrap().sign("text").unwrap().to_text()
    };
    assert_eq!(sign(&derived), sign(&credentials(None)));
    for other in [
        scope("20150831T000000Z", "us-east-1", "es"),
        scope(AMZ_DATE, "us-east-2", "es"),
        scope(AMZ_DATE, "us-east-1", "s3"),
        scope_of_set(AMZ_DATE, "us-east-1", "es"),
    ] {
        let errors = [
            keys.signing_key(&derived, &other).unwrap_err(),
            keys.signer(&derived, &other).unwrap_err(),
        ];
        for error in errors.map(|error| error.to_string()) {
            assert!(error.starts_with("credentials are a SigningKey"), "{error}");
        }
    }
    let shown = format!("{key:?} {derived:?}");
    assert!(!shown.contains(TOKEN) && !shown.contains("key: "), "{shown}");
}
