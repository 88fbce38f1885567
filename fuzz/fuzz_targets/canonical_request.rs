//! URLs and canonical requests: canonical forms stay as they are, and no input adds a line.

#![no_main]

use _core::sigv4::{
    Algorithm, CanonicalRequest, CredentialScope, Header, HeaderSelection, PathRules, Request,
    ServiceRules, Settings, Url,
};
use libfuzzer_sys::fuzz_target;
use rsigv4_fuzz::{TextRequest, credentials, now};

fuzz_target!(|data: &[u8]| {
    let Some(text) = TextRequest::parse(data) else { return };
    let _ = Url::parse_reference(text.url);
    let Ok(url) = Url::parse(text.url) else { return };
    check_canonical_forms(&url);
    check_wire_url(text.url, &url);
    check_lines(&text, url);
});

/// Signing what is canonical already changes nothing.
fn check_canonical_forms(url: &Url<'_>) {
    let path = url.canonical_uri(PathRules::S3);
    let query = url.canonical_query_string();
    let canonical = format!("https://example.com{path}?{query}");
    let again = Url::parse(&canonical).expect("a canonical URL is valid");
    assert_eq!(path, again.canonical_uri(PathRules::S3));
    assert_eq!(query, again.canonical_query_string());
    for path in [path, url.canonical_uri(PathRules::MOST)] {
        assert!(path.starts_with('/'));
        assert!(path.bytes().all(|byte| is_unreserved(byte) || b"/%".contains(&byte)));
    }
    assert!(query.bytes().all(|byte| is_unreserved(byte) || b"=&%".contains(&byte)));
}

/// The URL that is sent to S3 in place of another has the same canonical form.
fn check_wire_url(text: &str, url: &Url<'_>) {
    let wire_url = ServiceRules::of("s3").wire_url(text);
    let wire_url = Url::parse(&wire_url).expect("stays valid");
    assert_eq!(url.host(), wire_url.host());
    assert_eq!(url.canonical_uri(PathRules::S3), wire_url.canonical_uri(PathRules::S3));
    assert_eq!(url.canonical_query_string(), wire_url.canonical_query_string());
}

/// A canonical request has six lines and one for each signed header, whatever the input is.
fn check_lines(text: &TextRequest<'_>, url: Url<'_>) {
    let headers = text.headers.iter().map(|(name, value)| Header::new(name, value));
    let Ok(headers) = headers.collect::<Result<Vec<_>, _>>() else { return };
    let Ok(request) = Request::new(text.method, url, &headers) else { return };
    let scope = CredentialScope::new(Algorithm::HmacSha256, now(), "us-east-1", "execute-api");
    let scope = scope.expect("the scope is valid");
    let settings = Settings {
        path: PathRules::MOST,
        content_sha256_header: true,
        session_token_header: "x-amz-security-token",
        sign_session_token: true,
        headers: HeaderSelection { stable: true, also: &["*".to_owned()], covers_amz: false },
    };
    let credentials = credentials();
    let canonical = CanonicalRequest::with_headers(&request, &credentials, &scope, &settings);
    let Ok(canonical) = canonical else { return };
    let names = canonical.signed_headers().split(';').count();
    assert_eq!(canonical.to_bytes().split(|byte| *byte == b'\n').count(), names + 6);
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}
