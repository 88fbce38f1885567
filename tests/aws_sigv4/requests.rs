//! Requests, signed by header and in their URL, by SigV4 and by SigV4a.

use std::time::Duration;

use _core::sigv4::key_pair::KeyPair;
use _core::sigv4::{
    self, CanonicalRequest, CredentialScope, Credentials, HashedPayload, Header, HeadersToAdd,
    Request, Settings, SigningKeyCache, StringToSign, Url,
};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SessionTokenMode, SignableBody, SignableRequest,
    SignatureLocation, SigningInstructions, SigningParams, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4a;
use aws_smithy_runtime_api::client::identity::Identity;
use p256::SecretKey;
use p256::elliptic_curve::sec1::ToSec1Point;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

use crate::common::{
    ACCESS_KEY, AMZ_DATE, SECRET, TOKEN, credentials, scope, scope_of_set, settings_of,
};
use crate::generator::{Generator, for_each_seed};
use crate::{REGION, identity, signing_params, system_time};

const SERVICES: [&str; 4] = ["es", "execute-api", "dynamodb", "s3"];

/// A request, and what both signers are told of it.
struct Case {
    service: &'static str,
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    token: Option<&'static str>,
    expires_in: u32,
}

impl Case {
    fn generate(generator: &mut Generator) -> Self {
        let service = generator.choose(&SERVICES);
        Self::to_service(service, generator)
    }

    fn to_service(service: &'static str, generator: &mut Generator) -> Self {
        let origin = generator.choose(&[
            "https://example.com",
            "http://example.com:8080",
            "https://example.com:443",
            "https://127.0.0.1:9200",
            "https://[::1]:9200",
        ]);
        let (path, query) = (generator.path(service), generator.query());
        Self {
            service,
            method: generator.choose(&["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]),
            url: format!("{origin}{path}{query}"),
            headers: generator.headers(),
            body: generator.bytes(64),
            token: [None, Some(TOKEN)][generator.below(2)],
            expires_in: u32::try_from(1 + generator.below(604_800)).unwrap(),
        }
    }

    fn headers(&self) -> Vec<Header<'_>> {
        self.headers
            .iter()
            .map(|(name, value)| Header::new(name, value.as_bytes()).unwrap())
            .collect()
    }

    fn settings<'a>(&self, also: &'a [String]) -> Settings<'a> {
        Settings { content_sha256_header: true, ..settings_of(self.service, also) }
    }

    /// Signs with ours, and hands over what each of its stages needs.
    fn with_ours<T>(
        &self,
        scope: &CredentialScope<'_>,
        body: Option<&[u8]>,
        stage: impl FnOnce(&Request<'_>, &Credentials<'_>, &Settings<'_>, &CredentialScope<'_>) -> T,
    ) -> T {
        let headers = self.headers();
        let mut request =
            Request::new(self.method, Url::parse(&self.url).unwrap(), &headers).unwrap();
        if let Some(body) = body {
            request = request.with_payload(HashedPayload::of(body)).unwrap();
        }
        // The crate signs all headers.
        stage(&request, &credentials(self.token), &self.settings(&["*".to_owned()]), scope)
    }

    fn settings_of_theirs_for_a_url(&self) -> SigningSettings {
        let mut settings = self.settings_of_theirs();
        settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(self.expires_in.into()));
        settings
    }

    fn settings_of_theirs(&self) -> SigningSettings {
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        if self.service == "s3" {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        settings
    }

    fn by_theirs(
        &self,
        url: &str,
        params: &SigningParams<'_>,
        body: SignableBody<'_>,
    ) -> SigningInstructions {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let request = SignableRequest::new(self.method, url, headers, body).unwrap();
        sign(request, params).unwrap().into_parts().0
    }
}

fn sorted(pairs: impl Iterator<Item = (impl ToString, impl ToString)>) -> Vec<(String, String)> {
    let mut pairs: Vec<_> =
        pairs.map(|(name, value)| (name.to_string(), value.to_string())).collect();
    pairs.sort_unstable();
    pairs
}

fn added_headers(signed: &HeadersToAdd<'_>) -> Vec<(String, String)> {
    let authorization = [("authorization", signed.authorization.as_str())];
    let pairs: Vec<(&str, &str)> = signed.added.pairs().collect();
    sorted(pairs.into_iter().chain(authorization))
}

/// The parameters that presigning adds to the request's own, decoded.
fn added_parameters(url: &str) -> Vec<(String, String)> {
    let added = &url[url.find("X-Amz-Algorithm=").unwrap()..];
    let decode = |part| percent_encoding::percent_decode_str(part).decode_utf8().unwrap();
    let pairs = added.split('&').map(|pair| pair.split_once('=').unwrap());
    sorted(pairs.map(|(name, value)| (decode(name), decode(value))))
}

fn presigned(case: &Case, scope: &CredentialScope<'_>) -> String {
    case.with_ours(scope, None, |request, credentials, settings, scope| {
        let keys = SigningKeyCache::new(1);
        sigv4::presign(request, credentials, scope, settings, case.expires_in, &keys).unwrap()
    })
}

/// Presigns the same URL, without a body.
fn presigned_by_theirs(
    case: &Case,
    ours: &str,
    params: &SigningParams<'_>,
) -> Vec<(String, String)> {
    let (url, body) = match case.service {
        "s3" => (case.url.clone(), SignableBody::UnsignedPayload),
        // Our presigned URL is without dot segments, and `//..` means another path to the crate.
        _ => (with_path_of(ours, &case.url), SignableBody::empty()),
    };
    let instructions = case.by_theirs(&url, params, body);
    sorted(instructions.params().iter().map(|(name, value)| (name, value)))
}

fn with_path_of(presigned: &str, url: &str) -> String {
    let (before_query, _) = presigned.split_once('?').unwrap();
    let query = url.find('?').map_or("", |start| &url[start..]);
    format!("{before_query}{query}")
}

#[test]
fn headers_equal_those_of_the_crate() {
    for_each_seed(5000, |generator| {
        let case = Case::generate(generator);
        let scope = scope(AMZ_DATE, REGION, case.service);
        let ours =
            case.with_ours(&scope, Some(&case.body), |request, credentials, settings, scope| {
                let keys = SigningKeyCache::new(1);
                let signed = sigv4::sign(request, credentials, scope, settings, &keys).unwrap();
                added_headers(&signed)
            });
        let identity = identity(case.token);
        let params = signing_params(&identity, case.service, case.settings_of_theirs()).into();
        let theirs = case.by_theirs(&case.url, &params, SignableBody::Bytes(&case.body));
        assert_eq!(ours, sorted(theirs.headers()), "{} {}", case.method, case.url);
    });
}

#[test]
fn presigned_urls_equal_those_of_the_crate() {
    for_each_seed(5000, |generator| {
        let case = Case::generate(generator);
        let ours = presigned(&case, &scope(AMZ_DATE, REGION, case.service));
        let identity = identity(case.token);
        let settings = case.settings_of_theirs_for_a_url();
        let params = signing_params(&identity, case.service, settings).into();
        let theirs = presigned_by_theirs(&case, &ours, &params);
        assert_eq!(added_parameters(&ours), theirs, "{} {}", case.method, case.url);
    });
}

#[test]
fn token_that_is_not_signed_is_added_as_the_crate_adds_it() {
    for_each_seed(500, |generator| {
        let case = Case { token: Some(TOKEN), ..Case::to_service("iotdevicegateway", generator) };
        let ours = presigned(&case, &scope(AMZ_DATE, REGION, case.service));
        let identity = identity(case.token);
        let mut settings = case.settings_of_theirs_for_a_url();
        settings.session_token_mode = SessionTokenMode::Exclude;
        let params = signing_params(&identity, case.service, settings).into();
        let theirs = presigned_by_theirs(&case, &ours, &params);
        assert_eq!(added_parameters(&ours), theirs, "{} {}", case.method, case.url);
    });
}

/// The public key that the crate's own private key has.
fn public_key_of_theirs(access_key_id: &str, secret_access_key: &str) -> Vec<u8> {
    let private_key = v4a::generate_signing_key(access_key_id, secret_access_key);
    let secret = SecretKey::from_slice(private_key.as_ref()).unwrap();
    secret.public_key().to_sec1_point(false).as_bytes().to_vec()
}

fn params_of_sigv4a<'a>(
    identity: &'a Identity,
    service: &'a str,
    region_set: &'a str,
    settings: SigningSettings,
) -> SigningParams<'a> {
    v4a::SigningParams::builder()
        .identity(identity)
        .region_set(region_set)
        .name(service)
        .time(system_time())
        .settings(settings)
        .build()
        .unwrap()
        .into()
}

#[test]
fn key_pair_is_derived_as_by_the_crate() {
    for_each_seed(300, |generator| {
        let secret = format!("a{}z", generator.text(60));
        let access_key_id = format!("AKID{}", generator.below(usize::MAX));
        let pair = KeyPair::derive(&access_key_id, &secret);
        assert_eq!(pair.public_key(), public_key_of_theirs(&access_key_id, &secret));
    });
}

#[test]
fn headers_of_sigv4a_equal_those_of_the_crate_and_both_signatures_verify() {
    let public_key = public_key_of_theirs(ACCESS_KEY, SECRET);
    let public_key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &public_key);
    for_each_seed(1000, |generator| {
        let case = Case::generate(generator);
        let region_set = generator.choose(&["*", "us-east-1", "us-east-1,eu-*"]);
        let scope = scope_of_set(AMZ_DATE, region_set, case.service);
        let (ours, string_to_sign) =
            case.with_ours(&scope, Some(&case.body), |request, credentials, settings, scope| {
                let keys = SigningKeyCache::new(1);
                let signed = sigv4::sign(request, credentials, scope, settings, &keys).unwrap();
                let canonical_request =
                    CanonicalRequest::with_headers(request, credentials, scope, settings).unwrap();
                (added_headers(&signed), StringToSign::new(scope, &canonical_request).to_text())
            });
        let identity = identity(case.token);
        let settings = case.settings_of_theirs();
        let params = params_of_sigv4a(&identity, case.service, region_set, settings);
        let theirs =
            sorted(case.by_theirs(&case.url, &params, SignableBody::Bytes(&case.body)).headers());

        let (our_rest, our_signature) = ours[0].1.split_once(" Signature=").unwrap();
        let (their_rest, their_signature) = theirs[0].1.split_once(" Signature=").unwrap();
        assert_eq!(our_rest, their_rest, "{} {}", case.method, case.url);
        assert_eq!(ours[1..], theirs[1..], "{} {}", case.method, case.url);
        for signature in [our_signature, their_signature] {
            let signature = hex::decode(signature).unwrap();
            public_key.verify(string_to_sign.as_bytes(), &signature).unwrap();
        }
    });
}

#[test]
fn parameters_of_sigv4a_equal_those_of_the_crate() {
    for_each_seed(500, |generator| {
        let case = Case::to_service("execute-api", generator);
        let region_set = generator.choose(&["*", "us-east-1", "us-east-1,eu-*"]);
        let ours = presigned(&case, &scope_of_set(AMZ_DATE, region_set, case.service));
        let identity = identity(case.token);
        let settings = case.settings_of_theirs_for_a_url();
        let params = params_of_sigv4a(&identity, case.service, region_set, settings);
        let without_signature = |parameters: Vec<(String, String)>| {
            parameters.into_iter().filter(|(name, _)| name != "X-Amz-Signature").collect::<Vec<_>>()
        };
        assert_eq!(
            without_signature(added_parameters(&ours)),
            without_signature(presigned_by_theirs(&case, &ours, &params))
        );
    });
}
