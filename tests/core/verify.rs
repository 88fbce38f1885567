//! Verifying: AWS's printed examples, and where a set of regions reaches.

use _core::sigv4::scope::has_region;
use _core::sigv4::verify::{self, VerificationError, VerificationRules};
use _core::sigv4::{Credentials, SigningKeyCache, SigningTime};

use crate::common::{S3_ACCESS_KEY, S3_SECRET};

const TIME: &str = "20130524T000000Z";

const NO_HEADERS: &[(&str, &[u8])] = &[];

type Verified = Result<(), VerificationError>;

#[expect(clippy::unwrap_used, reason = "a helper that fails fails the test that calls it")]
fn verified(url: &str, headers: &[(&str, &[u8])], secret: &str, body: &[u8]) -> Verified {
    let rules = VerificationRules::new(Some("us-east-1"), Some("s3"), 300).unwrap();
    let now = SigningTime::parse(TIME).unwrap();
    let verification = verify::begin("GET", url, headers, &rules, &now)?;
    assert_eq!(verification.access_key_id(), S3_ACCESS_KEY);
    assert!(!verification.needs_body_hash());
    let credentials = Credentials::new(S3_ACCESS_KEY, secret, None).unwrap();
    let keys = SigningKeyCache::new(4);
    let mut reader = verification.check(Some(&credentials), None, &now, &keys)?;
    assert_eq!(&*reader.feed(body)?, body);
    reader.finish()
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
#[test]
fn header_that_aws_prints() {
    let headers: &[(&str, &[u8])] = &[
        ("Host", b"examplebucket.s3.amazonaws.com"),
        (
            "Authorization",
            b"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
              SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,\
              Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        ("Range", b"bytes=0-9"),
        (
            "x-amz-content-sha256",
            b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        ("x-amz-date", TIME.as_bytes()),
    ];
    let url = "https://examplebucket.s3.amazonaws.com/test.txt";
    assert_eq!(verified(url, headers, S3_SECRET, b""), Ok(()));
    assert_eq!(verified(url, headers, S3_SECRET, b"x"), Err(VerificationError::BodyMismatch));
    assert!(matches!(
        verified(url, headers, "guessed", b""),
        Err(VerificationError::SignatureMismatch { .. })
    ));
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>
#[test]
fn presigned_url_that_aws_prints() {
    let url = "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
               &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
               &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
               &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    assert_eq!(verified(url, &[], S3_SECRET, b"any body"), Ok(()));
    let other = url.replace("test.txt", "text.txt");
    assert!(matches!(
        verified(&other, &[], S3_SECRET, b""),
        Err(VerificationError::SignatureMismatch { .. })
    ));
}

#[test]
fn set_of_regions() {
    for (set, region, expected) in [
        ("us-east-1", "us-east-1", true),
        ("us-east-1", "us-east-10", false),
        ("eu-west-1,us-east-1", "us-east-1", true),
        ("*", "us-east-1", true),
        ("us-*", "us-east-1", true),
        ("us-*-1", "us-east-1", true),
        ("us-*-2", "us-east-1", false),
        ("eu-*", "us-east-1", false),
        ("us-east-1*", "us-east-1", true),
        // The two ends may not share characters.
        ("us-east-*-1", "us-east-1", false),
        ("*us*", "us-east-1", false),
        ("", "us-east-1", false),
    ] {
        assert_eq!(has_region(set, region), expected, "{set} {region}");
    }
}

#[test]
fn debug_shows_no_token() {
    let rules = VerificationRules::new(None, None, 300).unwrap();
    let now = SigningTime::parse(TIME).unwrap();
    let url = "https://example.com/?X-Amz-Algorithm=AWS4-HMAC-SHA256\
               &X-Amz-Credential=AKID%2F20130524%2Fus-east-1%2Fes%2Faws4_request\
               &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
               &X-Amz-Security-Token=hunter2&X-Amz-Signature=00";
    let verification = verify::begin("GET", url, NO_HEADERS, &rules, &now).unwrap();
    let keys = SigningKeyCache::new(4);
    let body = _core::sigv4::HashedPayload::EMPTY;
    let refused = verification.check(None, Some(body), &now, &keys);
    assert_eq!(refused.as_ref().err(), Some(&VerificationError::UnknownAccessKey));
    let shown = format!("{verification:?} {refused:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
}
