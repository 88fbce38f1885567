//! Where a signature goes: the form of a browser's upload to S3.
//!
//! ```text
//! x-amz-signature = hex(HMAC-SHA256(signing key, Base64(policy)))
//! ```
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html>

use chrono::{DateTime, Datelike, Timelike};

use super::credentials::Credentials;
use super::error::SigningError;
use super::presigned_url::lifetime;
use super::scope::CredentialScope;
use super::service::ServiceRules;
use super::uri::Url;

/// The fields that a signed form has beside the caller's own, all of them conditions of its policy.
///
/// # Errors
///
/// The algorithm is SigV4a, which no form can have.
pub fn fields(
    credentials: &Credentials<'_>,
    scope: &CredentialScope<'_>,
) -> Result<Vec<(&'static str, String)>, SigningError> {
    if scope.region_set().is_some() {
        return Err(SigningError::request(
            "algorithm",
            "is SigV4a, which can't sign forms: pass \"AWS4-HMAC-SHA256\"",
        ));
    }
    let mut credential = format!("{}/", credentials.access_key_id());
    scope.write(&mut credential);
    let mut fields = vec![
        ("x-amz-algorithm", scope.algorithm.name().to_owned()),
        ("x-amz-credential", credential),
        ("x-amz-date", scope.time.as_str().to_owned()),
    ];
    if let Some(token) = credentials.session_token() {
        fields.push((ServiceRules::of(scope.service).session_token_header, token.to_owned()));
    }
    Ok(fields)
}

/// When the policy ends, as it says so: with the credentials, where that is sooner.
///
/// # Errors
///
/// The lifetime is none or longer than seven days, or the credentials have expired.
pub fn expiration(
    credentials: &Credentials<'_>,
    scope: &CredentialScope<'_>,
    expires_in: u32,
) -> Result<String, SigningError> {
    let lifetime = lifetime(credentials, scope, expires_in)?;
    let end = scope.time.instant().timestamp() + i64::from(lifetime);
    let end = DateTime::from_timestamp(end, 0).unwrap_or_default();
    Ok(format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.000Z",
        end.year(),
        end.month(),
        end.day(),
        end.hour(),
        end.minute(),
        end.second()
    ))
}

/// The bucket that a URL names, in its path or before `.s3` in its host.
pub fn bucket<'a>(url: &'a Url<'_>) -> Option<&'a str> {
    let in_path = url.path().trim_matches('/').split('/').next().filter(|name| !name.is_empty());
    let in_host = || {
        let (name, rest) = url.host().split_once(".s3")?;
        matches!(rest.as_bytes().first(), Some(b'.' | b'-' | b'e')).then_some(name)
    };
    in_path.or_else(in_host)
}
