//! What is refused, and that neither errors nor debug output show what is private.

use crate::common::{
    ACCESS_KEY, AMZ_DATE, SECRET, TOKEN, credentials, headers, message, scope, scope_of_set,
    settings,
};
use _core::sigv4::headers::AddedHeaders;
use _core::sigv4::signing_key::derive;
use _core::sigv4::{
    self, Algorithm, CanonicalRequest, CredentialScope, Credentials, HashedPayload, Header,
    OwnedCredentials, Request, SigningError, SigningKeyCache, SigningTime, Url,
};

#[test]
fn debug_output_shows_no_secret_token_or_header_value() {
    let keys = SigningKeyCache::new(1);
    let scope = scope(AMZ_DATE, "us-east-1", "es");
    let headers = headers(&[("x-amz-meta-a", "private-value")]);
    let url = Url::parse("https://user:private-value@example.com/").unwrap();
    let request = Request::new("GET", url, &headers).unwrap();
    let (credentials, settings) = (credentials(Some(TOKEN)), settings(&[]));
    let signing_key = keys.signing_key(&credentials, &scope).unwrap();
    let canonical_request =
        CanonicalRequest::with_headers(&request, &credentials, &scope, &settings).unwrap();
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
    assert!(shown.contains(ACCESS_KEY));
}

#[test]
fn debug_output_of_keys_and_signers_is_their_name_only() {
    let (credentials, keys) = (credentials(None), SigningKeyCache::new(2));
    for scope in [scope(AMZ_DATE, "us-east-1", "es"), scope_of_set(AMZ_DATE, "*", "es")] {
        let signing_key = keys.signing_key(&credentials, &scope).unwrap();
        let scope_signer = keys.signer(&credentials, &scope).unwrap();
        assert_eq!(
            format!("{signing_key:?} {signing_key:#?}"),
            "SigningKey { .. } SigningKey { .. }"
        );
        assert_eq!(
            format!("{scope_signer:?} {scope_signer:#?}"),
            "ScopeSigner { .. } ScopeSigner { .. }"
        );
    }
}

#[test]
fn headers_that_can_not_be_sent_are_named_and_not_shown() {
    for name in ["", "a b", "a:b", "a\r\nb", "a\0", "ä", "(a)"] {
        let message = message(Header::new(name, b"private"));
        assert!(message.starts_with("headers have a name"), "{name:?}: {message}");
    }
    for char in '\0'..='\u{ff}' {
        let is_token = char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(char);
        assert_eq!(Header::new(&char.to_string(), b"").is_ok(), is_token, "{char:?}");
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
    let hash = HashedPayload::EMPTY_SHA256;
    let two_hashes = headers(&[("x-amz-content-sha256", hash), ("X-Amz-Content-Sha256", hash)]);
    let text = message(Request::new("GET", url(), &two_hashes));
    assert_eq!(text, "headers have more than one x-amz-content-sha256: pass one");
    for value in ["", "private", &"AB".repeat(32), &"a".repeat(63)] {
        let headers = headers(&[("x-amz-content-sha256", value)]);
        let text = message(Request::new("GET", url(), &headers));
        assert!(text.starts_with("headers have an x-amz-content-sha256 that is neither"));
    }
    let host = [Header::new("Host", b"\xff").unwrap()];
    let request = Request::new("GET", url(), &host);
    let scope = scope(AMZ_DATE, "us-east-1", "es");
    let result = request.and_then(|request| {
        CanonicalRequest::with_headers(&request, &credentials(None), &scope, &settings(&[]))
            .map(|_| ())
    });
    assert_eq!(
        message(result),
        "headers have a Host that is empty or not text: pass the host of the URL"
    );
}

#[test]
fn credentials_that_can_not_be_sent_are_named_and_not_shown() {
    let table = [
        ("access_key_id", Credentials::new("", SECRET, None)),
        ("access_key_id", Credentials::new("AKID EXAMPLE", SECRET, None)),
        ("access_key_id", Credentials::new("AKID,EXAMPLE", SECRET, None)),
        ("access_key_id", Credentials::new("AKID\r\nX-Evil: 1", SECRET, None)),
        ("secret_access_key", Credentials::new(ACCESS_KEY, "", None)),
        ("secret_access_key", Credentials::new(ACCESS_KEY, "secret\n", None)),
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
fn lenient_constructors_note_what_they_let_pass_and_refuse_what_breaks_a_line() {
    let time = || SigningTime::parse(AMZ_DATE).unwrap();
    let sign = |key_id, secret, region, service, host, method| {
        let mut refused = Vec::new();
        let algorithm = Algorithm::HmacSha256;
        Credentials::lenient(key_id, secret, None, &mut refused)?;
        CredentialScope::lenient(algorithm, time(), region, service, &mut refused)?;
        let url = Url::parse_reference("/a")?;
        Request::lenient(method, url, host, &[], &mut refused)?;
        Ok(refused.iter().map(SigningError::to_string).collect::<Vec<_>>())
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(sign("AKID", "s", "us-east-1", "es", "localhost:9200", "GET"), Ok(none.clone()));
    assert_eq!(sign("AKID", "s", "", "", "localhost:9200", "GET"), Ok(none));
    let refused = sign("A KID", "", "a/b", "c d", "https://h", "PO ST").unwrap();
    let arguments = ["access_key_id", "secret_access_key", "region", "service", "method", "host"];
    assert_eq!(refused.len(), arguments.len());
    for (message, argument) in refused.iter().zip(arguments) {
        assert!(message.starts_with(&format!("{argument} ")), "{message}");
    }
    for (argument, result) in [
        ("access_key_id", sign("A\n", "s", "r", "s", "h", "GET")),
        ("region", sign("A", "s", "r\r", "s", "h", "GET")),
        ("service", sign("A", "s", "r", "s\0", "h", "GET")),
        ("host", sign("A", "s", "r", "s", "\nh", "GET")),
        ("method", sign("A", "s", "r", "s", "h", "GET\n")),
    ] {
        let message = message(result);
        assert!(message.starts_with(&format!("{argument} ")), "{message}");
    }
}

#[test]
fn credentials_sign_until_the_second_they_expire() {
    let request = Request::new("GET", Url::parse("https://example.com/").unwrap(), &[]).unwrap();
    let expires_at = SigningTime::parse(AMZ_DATE).unwrap().instant();
    let credentials = OwnedCredentials::new(ACCESS_KEY, SECRET, Some(TOKEN)).unwrap();
    let credentials = credentials.with_expiry(Some(expires_at));
    let sign = |amz_date: &str| {
        let scope = scope(amz_date, "us-east-1", "es");
        let keys = SigningKeyCache::new(1);
        let credentials = credentials.borrow();
        sigv4::sign(&request, &credentials, &scope, &settings(&[]), &keys).map(|_| ())
    };
    assert_eq!(sign("20150830T123559Z"), Ok(()));
    assert_eq!(sign(AMZ_DATE), Err(SigningError::ExpiredCredentials));
    assert_eq!(sign("20150830T123601Z"), Err(SigningError::ExpiredCredentials));
    assert!(SigningError::ExpiredCredentials.to_string().starts_with("the credentials have"));
}
