//! Regions, services, times and hashes, as they are read.

use crate::common::{AMZ_DATE, message};
use _core::sigv4::scope::{check_region, check_service};
use _core::sigv4::{Algorithm, CredentialScope, HashedPayload, SigningTime};

#[test]
fn only_sigv4a_takes_sets_of_regions() {
    for set in ["*", "us-*", "us-east-1,eu-*"] {
        assert!(check_region(Algorithm::EcdsaP256Sha256, set).is_ok(), "{set}");
        let message = message(check_region(Algorithm::HmacSha256, set));
        assert!(message.contains("AWS4-ECDSA-P256-SHA256"), "{set}: {message}");
    }
    for set in [",", "us-east-1,", ",us-east-1", "us-east-1,,eu-*", "us-east-1, eu-*"] {
        let message = message(check_region(Algorithm::EcdsaP256Sha256, set));
        assert!(message.starts_with("region "), "{set:?}: {message}");
    }
    assert!(check_region(Algorithm::EcdsaP256Sha256, "us-east-1").is_ok());
}

#[test]
fn algorithms_are_read_by_the_names_that_they_sign() {
    for algorithm in [Algorithm::HmacSha256, Algorithm::EcdsaP256Sha256] {
        assert_eq!(Algorithm::parse(algorithm.name()), Ok(algorithm));
    }
    for name in ["", "AWS4-HMAC-SHA1", "aws4-hmac-sha256", "AWS4-HMAC-SHA256 "] {
        assert!(message(Algorithm::parse(name)).starts_with("algorithm is unknown"), "{name:?}");
    }
}

#[test]
fn scopes_and_hashes_that_make_no_sense_are_named() {
    for part in ["", "a b", "a/b", "a,b", "a\nb", "ä"] {
        for algorithm in [Algorithm::HmacSha256, Algorithm::EcdsaP256Sha256] {
            let time = || SigningTime::parse(AMZ_DATE).unwrap();
            // A comma separates the regions of a set.
            if !(algorithm == Algorithm::EcdsaP256Sha256 && part == "a,b") {
                let region = CredentialScope::new(algorithm, time(), part, "es");
                assert!(message(region).starts_with("region "), "{part:?}");
                let region = message(check_region(algorithm, part));
                assert!(region.starts_with("region "), "{part:?}");
                assert_eq!(region.contains("\"us-east-1"), part != "a,b", "{part:?}: {region}");
            }
            let service = CredentialScope::new(algorithm, time(), "eu-west-1", part);
            assert!(message(service).starts_with("service "), "{part:?}");
        }
        assert!(message(check_service(part)).contains("\"execute-api\""));
    }
    for text in ["", "private", "unsigned-payload", &"A".repeat(64), &"a".repeat(65)] {
        let message = message(HashedPayload::parse(text));
        assert!(message.starts_with("payload hash is not "), "{message}");
        assert!(!message.contains("private"), "{message}");
    }
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
        "+0150830T123600Z",
        "2015+830T123600Z",
        "20150830T1236+0Z",
        "20150830T123660Z",
        "20150830 123600Z",
        "201508301T23600Z",
        "2015083\u{e9}123600Z",
    ];
    for text in bad {
        let message = message(SigningTime::parse(text));
        assert_eq!(message, "time is not of the form 20130524T000000Z", "{text:?}");
    }
}
