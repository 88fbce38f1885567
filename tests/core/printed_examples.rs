//! AWS's printed examples of signing by header, stage by stage.

use crate::common::{
    AMZ_DATE, S3_ACCESS_KEY, S3_SECRET, SECRET, credentials, headers, scope, settings, settings_of,
};
use _core::sigv4::signing_key::derive;
use _core::sigv4::{
    self, CanonicalRequest, Credentials, HashedPayload, Request, Settings, SigningKey,
    SigningKeyCache, StringToSign, Url,
};

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
#[test]
fn list_users_example_comes_out_at_every_stage() {
    let headers = headers(&[("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]);
    let url = Url::parse("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08").unwrap();
    let request = Request::new("GET", url, &headers).unwrap();
    let (credentials, settings) = (credentials(None), settings(&[]));
    let scope = scope(AMZ_DATE, "us-east-1", "iam");

    let canonical_request =
        CanonicalRequest::with_headers(&request, &credentials, &scope, &settings).unwrap();
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
    for key in
        [SigningKey::derive(&credentials, &scope).unwrap(), SigningKey::from_bytes(&*signing_key)]
    {
        assert_eq!(key.sign(&string_to_sign.to_text()).unwrap().to_text(), signature);
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
    assert_eq!(signed.signature.to_text(), signature);
    assert_eq!(signed.added.pairs().collect::<Vec<_>>(), [("x-amz-date", AMZ_DATE)]);
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
#[test]
fn put_object_example_comes_out_at_every_stage() {
    let credentials = Credentials::new(S3_ACCESS_KEY, S3_SECRET, None).unwrap();
    let headers = headers(&[
        ("Date", "Fri, 24 May 2013 00:00:00 GMT"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
    ]);
    let url = Url::parse("https://examplebucket.s3.amazonaws.com/test$file.text").unwrap();
    let request = Request::new("PUT", url, &headers)
        .unwrap()
        .with_payload(HashedPayload::of(b"Welcome to Amazon S3."))
        .unwrap();
    let scope = scope("20130524T000000Z", "us-east-1", "s3");
    let also = ["date".to_owned()];
    let settings = Settings { content_sha256_header: true, ..settings_of("s3", &also) };

    let canonical_request =
        CanonicalRequest::with_headers(&request, &credentials, &scope, &settings).unwrap();
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
