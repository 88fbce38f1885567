//! The signature in a form that uploads to S3 from a browser.
//!
//! ```text
//! x-amz-signature = hex(HMAC-SHA256(signing key, Base64(policy)))
//! ```
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html>

use chrono::{Datelike, Timelike};

use super::credentials::Credentials;
use super::error::SigningError;
use super::names::{field, header};
use super::presigned_url::lifetime;
use super::scope::CredentialScope;
use super::service::ServiceRules;
use super::time::SigningTime;

/// Returns the fields that signing adds to a form. Each is also a condition of its policy.
///
/// # Errors
///
/// The service doesn't accept forms, or the algorithm is SigV4a, which can't sign them.
pub fn fields(
    credentials: &Credentials<'_>,
    scope: &CredentialScope<'_>,
) -> Result<Vec<(&'static str, String)>, SigningError> {
    let rules = ServiceRules::of(scope.service);
    rules.check_s3("forms of browsers")?;
    if scope.region_set().is_some() {
        return Err(SigningError::request(
            "algorithm",
            "is SigV4a, which can't sign forms: pass \"AWS4-HMAC-SHA256\"",
        ));
    }
    let mut credential = format!("{}/", credentials.access_key_id());
    scope.write(&mut credential);
    let mut fields = vec![
        (field::ALGORITHM, scope.algorithm.name().to_owned()),
        (field::CREDENTIAL, credential),
        (header::DATE, scope.time.as_str().to_owned()),
    ];
    if let Some(token) = credentials.session_token() {
        fields.push((rules.session_token_header, token.to_owned()));
    }
    Ok(fields)
}

/// Whether only signing may add a field of this name.
pub fn is_reserved(name: &str) -> bool {
    const RESERVED: [&str; 9] = [
        "file",
        "key",
        "policy",
        field::ALGORITHM,
        field::CREDENTIAL,
        header::DATE,
        header::S3SESSION_TOKEN,
        header::SECURITY_TOKEN,
        field::SIGNATURE,
    ];
    RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved))
}

/// Returns the time at which the policy expires: after `expires_in` seconds, or earlier with the
/// credentials.
///
/// # Errors
///
/// The lifetime is out of range, or the credentials have expired.
pub fn expiration(
    credentials: &Credentials<'_>,
    scope: &CredentialScope<'_>,
    expires_in: u32,
) -> Result<String, SigningError> {
    let lifetime = lifetime(credentials, scope, expires_in)?;
    let end = scope.time.instant().timestamp() + i64::from(lifetime);
    let end = SigningTime::from_timestamp(end)?.instant();
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
