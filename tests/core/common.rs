//! What the tests of the core share: AWS's example key, and short ways to build their input.

#![allow(dead_code, reason = "both test binaries compile it, and one uses only some of it")]

use _core::sigv4::{
    Algorithm, CanonicalRequest, CredentialScope, Credentials, Header, HeaderSelection, Request,
    ServiceRules, Settings, SigningError, SigningTime, Url,
};

pub(crate) const ACCESS_KEY: &str = "AKIDEXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub(crate) const TOKEN: &str = "session//token+of/temporary=credentials==";
pub(crate) const AMZ_DATE: &str = "20150830T123600Z";

/// The access key of the examples for S3, whose secret differs from [`SECRET`] by a slash.
pub(crate) const S3_ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const S3_SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

pub(crate) fn credentials(session_token: Option<&str>) -> Credentials<'_> {
    Credentials::new(ACCESS_KEY, SECRET, session_token).unwrap()
}

pub(crate) fn scope<'a>(amz_date: &str, region: &'a str, service: &'a str) -> CredentialScope<'a> {
    let time = SigningTime::parse(amz_date).unwrap();
    CredentialScope::new(Algorithm::HmacSha256, time, region, service).unwrap()
}

/// SigV4a's scope, for a set of regions.
pub(crate) fn scope_of_set<'a>(
    amz_date: &str,
    region_set: &'a str,
    service: &'a str,
) -> CredentialScope<'a> {
    let time = SigningTime::parse(amz_date).unwrap();
    CredentialScope::new(Algorithm::EcdsaP256Sha256, time, region_set, service).unwrap()
}

/// What most services expect; the headers in `also` are signed beside the stable ones.
pub(crate) fn settings(also: &[String]) -> Settings<'_> {
    settings_of("es", also)
}

/// What this service expects of a request without a query.
pub(crate) fn settings_of<'a>(service: &str, also: &'a [String]) -> Settings<'a> {
    let rules = ServiceRules::of(service);
    Settings {
        path: rules.path,
        content_sha256_header: false,
        session_token_header: rules.session_token_header,
        sign_session_token: rules.sign_session_token,
        headers: HeaderSelection { stable: true, also, covers_amz: false },
    }
}

pub(crate) fn headers<'a>(pairs: &[(&'a str, &'a str)]) -> Vec<Header<'a>> {
    pairs.iter().map(|(name, value)| Header::new(name, value.as_bytes()).unwrap()).collect()
}

pub(crate) fn message<T: std::fmt::Debug>(result: Result<T, SigningError>) -> String {
    result.unwrap_err().to_string()
}

/// The lines of the canonical request between the query and the empty one.
pub(crate) fn canonical_headers(
    pairs: &[(&str, &str)],
    session_token: Option<&str>,
    settings: &Settings<'_>,
) -> Vec<String> {
    let headers = headers(pairs);
    let request =
        Request::new("GET", Url::parse("https://example.com/").unwrap(), &headers).unwrap();
    let scope = scope(AMZ_DATE, "us-east-1", "es");
    let credentials = credentials(session_token);
    let canonical_request =
        CanonicalRequest::with_headers(&request, &credentials, &scope, settings).unwrap();
    let text = String::from_utf8(canonical_request.to_bytes()).unwrap();
    text.split('\n').skip(3).take_while(|line| !line.is_empty()).map(str::to_owned).collect()
}
