//! The core by itself: AWS's printed examples stage by stage, its rules, its cache and its errors.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that can't build its input fails, and says where"
)]

use std::sync::{Arc, Barrier};
use std::thread;

use _core::sigv4::headers::AddedHeaders;
use _core::sigv4::payload::PayloadHasher;
use _core::sigv4::scope::check_part;
use _core::sigv4::signing_key::derive;
use _core::sigv4::{
    self, CanonicalRequest, CredentialScope, Credentials, HashedPayload, Header, HeaderSelection,
    PathRules, Request, ServiceRules, Settings, SigningError, SigningKey, SigningKeyCache,
    SigningTime, StringToSign, Url,
};

const ACCESS_KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "session//token+of/temporary=credentials==";
const AMZ_DATE: &str = "20150830T123600Z";
const EMPTY_HASH: &str = HashedPayload::EMPTY_SHA256;

fn credentials(session_token: Option<&str>) -> Credentials<'_> {
    Credentials::new(ACCESS_KEY, SECRET, session_token).unwrap()
}

fn scope<'a>(amz_date: &str, region: &'a str, service: &'a str) -> CredentialScope<'a> {
    CredentialScope::new(SigningTime::parse(amz_date).unwrap(), region, service).unwrap()
}

fn settings(also: &[String]) -> Settings<'_> {
    Settings {
        path: PathRules::MOST,
        content_sha256_header: false,
        sign_session_token: true,
        headers: HeaderSelection { stable: true, also },
    }
}

fn headers<'a>(pairs: &[(&'a str, &'a str)]) -> Vec<Header<'a>> {
    pairs.iter().map(|(name, value)| Header::new(name, value.as_bytes()).unwrap()).collect()
}

fn message<T: std::fmt::Debug>(result: Result<T, SigningError>) -> String {
    result.unwrap_err().to_string()
}

/// The lines of the canonical request between the query and the empty one.
fn canonical_headers(
    pairs: &[(&str, &str)],
    session_token: Option<&str>,
    settings: &Settings<'_>,
) -> Vec<String> {
    let headers = headers(pairs);
    let request =
        Request::new("GET", Url::parse("https://example.com/").unwrap(), &headers).unwrap();
    let scope = scope(AMZ_DATE, "us-east-1", "es");
    let canonical_request =
        CanonicalRequest::new(&request, &credentials(session_token), &scope, settings).unwrap();
    let text = String::from_utf8(canonical_request.to_bytes()).unwrap();
    text.split('\n').skip(3).take_while(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
#[test]
fn list_users_example_comes_out_at_every_stage() {
    let headers = headers(&[("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]);
    let url = Url::parse("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08").unwrap();
    let request = Request::new("GET", url, &headers).unwrap();
    let (credentials, settings) = (credentials(None), settings(&[]));
    let scope = scope(AMZ_DATE, "us-east-1", "iam");

    let canonical_request =
        CanonicalRequest::new(&request, &credentials, &scope, &settings).unwrap();
    assert_eq!(
        String::from_utf8(canonical_request.to_bytes()).unwrap(),
        "GET\n\
         /\n\
         Action=ListUsers&Version=2010-05-08\n\
         content-type:application/x-www-form-urlencoded; charset=utf-8\n\
         host:iam.amazonaws.com\n\
         x-amz-date:20150830T123600Z\n\
         \n\
         content-type;host;x-amz-date\n\
         e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );

    let string_to_sign = StringToSign::new(&scope, &canonical_request);
    assert_eq!(
        string_to_sign.to_text(),
        "AWS4-HMAC-SHA256\n\
         20150830T123600Z\n\
         20150830/us-east-1/iam/aws4_request\n\
         f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59"
    );

    let signing_key = derive(SECRET, "20150830", "us-east-1", "iam");
    assert_eq!(
        hex::encode(*signing_key),
        "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
    );

    let signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
    for key in [SigningKey::derive(SECRET, &scope), SigningKey::from_bytes(&*signing_key)] {
        assert_eq!(key.sign(&string_to_sign).hex_digits().as_str(), signature);
    }

    let keys = SigningKeyCache::new(1);
    let signed = sigv4::sign(&request, &credentials, &scope, &settings, &keys).unwrap();
    assert_eq!(
        signed.authorization,
        format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, Signature={signature}"
        )
    );
    assert_eq!(signed.added.x_amz_date, AMZ_DATE);
    assert_eq!(signed.added.x_amz_content_sha256, None);
    assert_eq!(signed.added.x_amz_security_token, None);
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
#[test]
fn put_object_example_comes_out_at_every_stage() {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", secret, None).unwrap();
    let headers = headers(&[
        ("Date", "Fri, 24 May 2013 00:00:00 GMT"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
    ]);
    let url = Url::parse("https://examplebucket.s3.amazonaws.com/test$file.text").unwrap();
    let request = Request::new("PUT", url, &headers)
        .unwrap()
        .with_payload(HashedPayload::of(b"Welcome to Amazon S3."));
    let scope = scope("20130524T000000Z", "us-east-1", "s3");
    let also = ["date".to_owned()];
    let settings = Settings {
        path: ServiceRules::of("s3").path,
        content_sha256_header: true,
        ..settings(&also)
    };

    let canonical_request =
        CanonicalRequest::new(&request, &credentials, &scope, &settings).unwrap();
    assert_eq!(
        String::from_utf8(canonical_request.to_bytes()).unwrap(),
        "PUT\n\
         /test%24file.text\n\
         \n\
         date:Fri, 24 May 2013 00:00:00 GMT\n\
         host:examplebucket.s3.amazonaws.com\n\
         x-amz-content-sha256:\
         44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\n\
         x-amz-date:20130524T000000Z\n\
         x-amz-storage-class:REDUCED_REDUNDANCY\n\
         \n\
         date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class\n\
         44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
    );
    assert_eq!(
        StringToSign::new(&scope, &canonical_request).to_text(),
        "AWS4-HMAC-SHA256\n\
         20130524T000000Z\n\
         20130524/us-east-1/s3/aws4_request\n\
         9e0e90d9c76de8fa5b200d8c849cd5b8dc7a3be3951ddb7f6a76b4158342019d"
    );
    let keys = SigningKeyCache::new(1);
    let signed = sigv4::sign(&request, &credentials, &scope, &settings, &keys).unwrap();
    assert!(
        signed.authorization.ends_with(
            ", Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        )
    );
}

#[test]
fn paths_follow_the_rules_of_their_service() {
    // The target, as most services sign it, and as the S3 family does.
    let table = [
        ("", "/", "/"),
        ("/", "/", "/"),
        ("/a%20b", "/a%2520b", "/a%20b"),
        ("/a%2Fb", "/a%252Fb", "/a/b"),
        ("/%41%7e", "/%2541%257e", "/A~"),
        ("/a;b=1", "/a%3Bb%3D1", "/a%3Bb%3D1"),
        ("/a b/é", "/a%2520b/%25C3%25A9", "/a%20b/%C3%A9"),
        ("/100%", "/100%25", "/100%25"),
        ("/%FF", "/%25FF", "/%FF"),
        ("//a//b//", "/a/b/", "//a//b//"),
        ("/./a/../b/.", "/b", "/./a/../b/."),
        ("/../..", "/", "/../.."),
        ("/..a/.b/c..", "/..a/.b/c..", "/..a/.b/c.."),
    ];
    for (target, most, s3) in table {
        let url = format!("https://example.com{target}");
        let url = Url::parse(&url).unwrap();
        assert_eq!(url.canonical_uri(PathRules::MOST), most, "{target}");
        assert_eq!(url.canonical_uri(PathRules::S3), s3, "{target}");
    }
}

#[test]
fn only_the_s3_family_has_rules_of_its_own() {
    for service in ["s3", "s3express", "s3-object-lambda", "s3-outposts"] {
        assert_eq!(ServiceRules::of(service).path, PathRules::S3, "{service}");
    }
    for service in ["es", "execute-api", "S3", "s3vectors", "s3tables", "s3-other", ""] {
        assert_eq!(ServiceRules::of(service).path, PathRules::MOST, "{service}");
    }
}

#[test]
fn queries_are_decoded_encoded_and_sorted() {
    let table = [
        ("", ""),
        ("?", ""),
        ("?a", "a="),
        ("?=x", "=x"),
        ("?a=b=c", "a=b%3Dc"),
        ("?a=2&a=1&a=2", "a=1&a=2&a=2"),
        ("?&a=1&&b=2&", "a=1&b=2"),
        ("?a=b+c%20d%2Be", "a=b%20c%20d%2Be"),
        ("?a=%c3%a9&é=%41", "%C3%A9=A&a=%C3%A9"),
        ("?a=100%&b=%4&c=%zz", "a=100%25&b=%254&c=%25zz"),
        ("?q2=b&q=a&q-x=c", "q=a&q-x=c&q2=b"),
        ("?b2=1&b:=1", "b%3A=1&b2=1"),
        ("?a=1#b=2", "a=1"),
    ];
    for (query, expected) in table {
        let url = format!("https://example.com/{query}");
        assert_eq!(Url::parse(&url).unwrap().canonical_query_string(), expected, "{query}");
    }
}

#[test]
fn host_is_what_a_client_sends() {
    let table = [
        ("https://Example.com:443/", "example.com"),
        ("http://example.com:80", "example.com"),
        ("https://example.com:80?q", "example.com:80"),
        ("https://user:pass@example.com:9200/", "example.com:9200"),
        ("https://[2001:DB8::1]/", "[2001:db8::1]"),
        ("https://[::1]:9200/", "[::1]:9200"),
        ("wss://[::1]:443/", "[::1]"),
    ];
    for (url, host) in table {
        assert_eq!(Url::parse(url).unwrap().host(), host, "{url}");
    }
}

#[test]
fn headers_are_selected_sorted_joined_and_folded() {
    let pairs = [
        ("X-Amz-B", "  1  2  "),
        ("Accept", "*/*"),
        ("x-amz-a", "z"),
        ("CONTENT-TYPE", "text/plain"),
        ("X-AMZ-A", ""),
        ("X-Amzn-Trace-Id", "Root=1"),
        ("x-amz-a", "\ta \t b"),
        ("Authorization", "stale"),
        ("X-Amz-Date", "stale"),
        ("Connection", "close"),
    ];
    let stable = [
        "content-type:text/plain",
        "host:example.com",
        "x-amz-a:z,,a b",
        "x-amz-b:1 2",
        "x-amz-date:20150830T123600Z",
    ];
    assert_eq!(canonical_headers(&pairs, None, &settings(&[])), stable);

    let also = ["accept".to_owned()];
    let mut with_accept = stable.to_vec();
    with_accept.insert(0, "accept:*/*");
    assert_eq!(canonical_headers(&pairs, None, &settings(&also)), with_accept);

    let also = ["*".to_owned()];
    with_accept.push("x-amzn-trace-id:Root=1");
    assert_eq!(canonical_headers(&pairs, None, &settings(&also)), with_accept);

    let nothing =
        Settings { headers: HeaderSelection { stable: false, also: &[] }, ..settings(&[]) };
    let least = ["host:example.com", "x-amz-date:20150830T123600Z"];
    assert_eq!(canonical_headers(&pairs, None, &nothing), least);
}

#[test]
fn session_token_is_signed_or_only_added() {
    let stale = [("X-Amz-Security-Token", "stale")];
    let signed = canonical_headers(&stale, Some(TOKEN), &settings(&[]));
    assert_eq!(signed.last().unwrap(), &format!("x-amz-security-token:{TOKEN}"));
    assert_eq!(signed.len(), 3);
    let unsigned = Settings { sign_session_token: false, ..settings(&[]) };
    assert_eq!(canonical_headers(&stale, Some(TOKEN), &unsigned), signed[..2]);
}

#[test]
fn host_header_is_signed_instead_of_the_url() {
    let lines = canonical_headers(&[("Host", " Tunnelled.example:443 ")], None, &settings(&[]));
    assert_eq!(lines[0], "host:Tunnelled.example:443");
}

#[test]
fn pieces_of_a_body_hash_like_the_whole() {
    let mut hasher = PayloadHasher::default();
    assert_eq!(hasher.clone().finish(), HashedPayload::EMPTY);
    for piece in [b"Welcome ".as_slice(), b"", b"to Amazon S3."] {
        hasher.update(piece);
    }
    assert_eq!(hasher.finish(), HashedPayload::of(b"Welcome to Amazon S3."));
    assert_eq!(HashedPayload::of(b"").as_str(), EMPTY_HASH);
    assert_eq!(HashedPayload::parse(EMPTY_HASH).unwrap(), HashedPayload::EMPTY);
    assert_eq!(HashedPayload::parse("UNSIGNED-PAYLOAD").unwrap(), HashedPayload::UNSIGNED);
}

#[test]
fn payload_header_of_the_request_goes_before_its_body() {
    let headers = headers(&[("X-Amz-Content-Sha256", " UNSIGNED-PAYLOAD ")]);
    let url = Url::parse("https://example.com/").unwrap();
    let request = Request::new("PUT", url, &headers).unwrap();
    assert!(request.is_payload_preset());
    let (scope, settings) = (scope(AMZ_DATE, "us-east-1", "s3"), settings(&[]));
    let canonical_request =
        CanonicalRequest::new(&request, &credentials(None), &scope, &settings).unwrap();
    assert_eq!(canonical_request.hashed_payload(), "UNSIGNED-PAYLOAD");
    assert_eq!(canonical_request.signed_headers(), "host;x-amz-content-sha256;x-amz-date");
}

#[test]
fn cache_returns_the_same_key_for_the_same_scope_and_secret() {
    let keys = SigningKeyCache::new(8);
    let base = scope(AMZ_DATE, "us-east-1", "es");
    let first = keys.signing_key(SECRET, &base);
    // The time of day is no part of a key.
    let later = scope("20150830T235959Z", "us-east-1", "es");
    assert!(Arc::ptr_eq(&first, &keys.signing_key(SECRET, &later)));
    let others = [
        keys.signing_key("other", &base),
        keys.signing_key(SECRET, &scope("20150831T000000Z", "us-east-1", "es")),
        keys.signing_key(SECRET, &scope(AMZ_DATE, "us-east-2", "es")),
        keys.signing_key(SECRET, &scope(AMZ_DATE, "us-east-1", "s3")),
    ];
    assert!(others.iter().all(|other| !Arc::ptr_eq(&first, other)));
    assert!(Arc::ptr_eq(&first, &keys.signing_key(SECRET, &base)));
}

#[test]
fn cache_forgets_the_oldest_key_when_it_is_full() {
    let keys = SigningKeyCache::new(2);
    let scope = scope(AMZ_DATE, "us-east-1", "es");
    let [first, second] = ["one", "two"].map(|secret| keys.signing_key(secret, &scope));
    let third = keys.signing_key("three", &scope);
    assert!(Arc::ptr_eq(&second, &keys.signing_key("two", &scope)));
    assert!(Arc::ptr_eq(&third, &keys.signing_key("three", &scope)));
    assert!(!Arc::ptr_eq(&first, &keys.signing_key("one", &scope)));
}

#[test]
fn cache_without_room_derives_each_time() {
    let keys = SigningKeyCache::new(0);
    let scope = scope(AMZ_DATE, "us-east-1", "es");
    let first = keys.signing_key(SECRET, &scope);
    assert!(!Arc::ptr_eq(&first, &keys.signing_key(SECRET, &scope)));
}

#[test]
fn cache_is_shared_by_threads() {
    let keys = SigningKeyCache::new(2);
    let barrier = Barrier::new(8);
    let request = Request::new("GET", Url::parse("https://example.com/").unwrap(), &[]).unwrap();
    let settings = settings(&[]);
    let sign = |secret: &str, keys: &SigningKeyCache| {
        let credentials = Credentials::new(ACCESS_KEY, secret, None).unwrap();
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
fn debug_output_shows_no_secret_token_or_header_value() {
    let keys = SigningKeyCache::new(1);
    let scope = scope(AMZ_DATE, "us-east-1", "es");
    let headers = headers(&[("x-amz-meta-a", "private-value")]);
    let url = Url::parse("https://user:private-value@example.com/").unwrap();
    let request = Request::new("GET", url, &headers).unwrap();
    let (credentials, settings) = (credentials(Some(TOKEN)), settings(&[]));
    let signing_key = keys.signing_key(SECRET, &scope);
    let canonical_request =
        CanonicalRequest::new(&request, &credentials, &scope, &settings).unwrap();
    let signed = sigv4::sign(&request, &credentials, &scope, &settings, &keys).unwrap();
    let added: AddedHeaders<'_> = signed.added;
    let shown = format!(
        "{credentials:?} {credentials:#?} {signing_key:?} {keys:?} {request:?} {headers:?} \
         {canonical_request:?} {added:?} {signed:?}"
    );
    let key_digits = hex::encode(*derive(SECRET, "20150830", "us-east-1", "es"));
    for private in [SECRET, TOKEN, "private-value", &key_digits] {
        assert!(!shown.contains(private));
    }
    assert!(shown.contains(ACCESS_KEY) && shown.contains("SigningKey { .. }"));
}

#[test]
fn urls_that_can_not_be_signed_are_named_and_not_shown() {
    let bad = [
        "",
        "example.com",
        "/path",
        "//example.com/",
        "://example.com/",
        "https:/example.com",
        "https:///path",
        "https://user:private@/",
        "https://:443/",
        "https://exämple.com/",
        "https://private example.com/",
        "https://example.com:port/",
        "https://example.com/private\r",
        "https://example.com/private\n",
        "https://example.com/private\0",
        "https://example.com/private\x7f",
    ];
    for url in bad {
        let message = message(Url::parse(url));
        assert!(message.starts_with("url has "), "{url:?}: {message}");
        assert!(!message.contains("private"), "{url:?}: {message}");
    }
}

#[test]
fn headers_that_can_not_be_sent_are_named_and_not_shown() {
    for name in ["", "a b", "a:b", "a\r\nb", "a\0", "ä", "(a)"] {
        let message = message(Header::new(name, b"private"));
        assert!(message.starts_with("headers have a name"), "{name:?}: {message}");
    }
    for value in ["private\r", "private\n", "private\r\nX-Evil: 1", "private\0"] {
        let message = message(Header::new("x-a", value.as_bytes()));
        assert!(message.starts_with("headers have a line break or NUL in the value of x-a"));
        assert!(!message.contains("private"), "{message}");
    }
    assert_eq!(Header::new("x-a", b"\xff\x80").unwrap().value(), b"\xff\x80");
}

#[test]
fn requests_that_make_no_sense_are_named() {
    let url = || Url::parse("https://example.com/").unwrap();
    for method in ["GE T", "GET\n", "GÉT", "\0"] {
        let message = message(Request::new(method, url(), &[]));
        assert!(message.starts_with("method has "), "{message}");
    }
    let two_hosts = headers(&[("Host", "a.example"), ("host", "b.example")]);
    let text = message(Request::new("GET", url(), &two_hosts));
    assert_eq!(text, "headers have more than one host: pass one");
    for value in ["", "private", &"AB".repeat(32), &"a".repeat(63)] {
        let headers = headers(&[("x-amz-content-sha256", value)]);
        let text = message(Request::new("GET", url(), &headers));
        assert!(text.starts_with("headers have an x-amz-content-sha256 that is neither"));
    }
    let host = [Header::new("Host", b"\xff").unwrap()];
    let request = Request::new("GET", url(), &host);
    let scope = scope(AMZ_DATE, "us-east-1", "es");
    let result = request.and_then(|request| {
        CanonicalRequest::new(&request, &credentials(None), &scope, &settings(&[])).map(|_| ())
    });
    assert_eq!(message(result), "headers have a Host that is empty or not text");
}

#[test]
fn scopes_and_hashes_that_make_no_sense_are_named() {
    for part in ["", "a b", "a/b", "a,b", "a\nb", "ä"] {
        let region = CredentialScope::new(SigningTime::parse(AMZ_DATE).unwrap(), part, "es");
        assert!(message(region).starts_with("region "), "{part:?}");
        let service =
            CredentialScope::new(SigningTime::parse(AMZ_DATE).unwrap(), "eu-west-1", part);
        assert!(message(service).starts_with("service "), "{part:?}");
        assert!(message(check_part("region", part, "us-east-1")).contains("\"us-east-1\""));
    }
    for text in ["", "private", "unsigned-payload", &"A".repeat(64), &"a".repeat(65)] {
        let message = message(HashedPayload::parse(text));
        assert!(message.starts_with("payload hash is not "), "{message}");
        assert!(!message.contains("private"), "{message}");
    }
}

#[test]
fn credentials_that_can_not_be_sent_are_named_and_not_shown() {
    let table = [
        ("access_key_id", Credentials::new("", SECRET, None)),
        ("access_key_id", Credentials::new("AKID EXAMPLE", SECRET, None)),
        ("access_key_id", Credentials::new("AKID,EXAMPLE", SECRET, None)),
        ("access_key_id", Credentials::new("AKID\r\nX-Evil: 1", SECRET, None)),
        ("secret_access_key", Credentials::new(ACCESS_KEY, "", None)),
        ("session_token", Credentials::new(ACCESS_KEY, SECRET, Some("session//token\r"))),
        ("session_token", Credentials::new(ACCESS_KEY, SECRET, Some("session//token\n"))),
        ("session_token", Credentials::new(ACCESS_KEY, SECRET, Some("session//token\0"))),
    ];
    for (argument, result) in table {
        let error = result.unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with(&format!("{argument} ")), "{message}");
        assert!(!message.contains(SECRET) && !message.contains("session//token"), "{message}");
        assert!(!format!("{error:?}").contains(SECRET));
        let renamed = error.rename_argument(|_| "other").to_string();
        assert_eq!(renamed, message.replacen(argument, "other", 1));
    }
    assert_eq!(credentials(Some("")).session_token(), None);
}

#[test]
fn credentials_sign_until_the_second_they_expire() {
    let request = Request::new("GET", Url::parse("https://example.com/").unwrap(), &[]).unwrap();
    let expires_at = SigningTime::parse(AMZ_DATE).unwrap().instant();
    let credentials = credentials(Some(TOKEN)).with_expiry(Some(expires_at));
    let sign = |amz_date: &str| {
        let scope = scope(amz_date, "us-east-1", "es");
        let keys = SigningKeyCache::new(1);
        sigv4::sign(&request, &credentials, &scope, &settings(&[]), &keys).map(|_| ())
    };
    assert_eq!(sign("20150830T123559Z"), Ok(()));
    assert_eq!(sign(AMZ_DATE), Err(SigningError::ExpiredCredentials));
    assert_eq!(sign("20150830T123601Z"), Err(SigningError::ExpiredCredentials));
    assert!(SigningError::ExpiredCredentials.to_string().starts_with("the credentials have"));
}

#[test]
fn times_are_read_as_they_are_written() {
    let table = [
        (0, "19700101T000000Z"),
        (-1, "19691231T235959Z"),
        (951_782_400, "20000229T000000Z"),
        (1_440_938_160, AMZ_DATE),
        (253_402_300_799, "99991231T235959Z"),
        (-62_167_219_200, "00000101T000000Z"),
    ];
    for (seconds, text) in table {
        let time = SigningTime::from_timestamp(seconds).unwrap();
        assert_eq!(time.as_str(), text);
        assert_eq!(time.date(), &text[..8]);
        assert_eq!(SigningTime::parse(text).unwrap(), time);
        assert_eq!(time.instant().timestamp(), seconds);
    }
    for seconds in [253_402_300_800, -62_167_219_201, i64::MAX, i64::MIN] {
        assert!(message(SigningTime::from_timestamp(seconds)).starts_with("time is out of range"));
    }
    let bad = [
        "",
        "20150830",
        "20150830T123600",
        "20150830T123600z",
        " 20150830T123600Z",
        "20150830T123600Z\n",
        "2015-08-30T12:36:00Z",
        "20150230T123600Z",
        "20150830T243600Z",
        "20150830T126000Z",
        "2015830T123600Z",
        "+20150830T123600Z",
        "120150830T123600Z",
    ];
    for text in bad {
        let message = message(SigningTime::parse(text));
        assert_eq!(message, "time is not of the form 20130524T000000Z", "{text:?}");
    }
}
