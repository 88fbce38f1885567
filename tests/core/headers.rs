//! Headers and bodies: which are signed, and how they are written.

use crate::common::{AMZ_DATE, TOKEN, canonical_headers, credentials, headers, scope, settings};
use _core::sigv4::payload::PayloadHasher;
use _core::sigv4::{CanonicalRequest, HashedPayload, HeaderSelection, Request, Settings, Url};

const EMPTY_HASH: &str = HashedPayload::EMPTY_SHA256;

#[test]
fn headers_are_selected_sorted_joined_and_folded() {
    let pairs = [
        ("X-Amz-B", "  1  2  "),
        ("Accept", "*/*"),
        ("x-amz-a", "z"),
        ("CONTENT-TYPE", "text/plain"),
        ("X-AMZ-A", ""),
        ("X-Amzn-Trace-Id", "Root=1"),
        ("X-Request-Id", "1"),
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
    with_accept.push("x-request-id:1");
    assert_eq!(canonical_headers(&pairs, None, &settings(&also)), with_accept);

    let nothing = Settings {
        headers: HeaderSelection { stable: false, also: &[], covers_amz: false },
        ..settings(&[])
    };
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
        CanonicalRequest::with_headers(&request, &credentials(None), &scope, &settings).unwrap();
    assert_eq!(canonical_request.hashed_payload(), "UNSIGNED-PAYLOAD");
    assert_eq!(canonical_request.signed_headers(), "host;x-amz-content-sha256;x-amz-date");
}
