//! The checks of a request that need no key.

use super::VerificationRules;
use super::arrived::ArrivedSignature;
use super::error::VerificationError;
use crate::sigv4::headers::Header;
use crate::sigv4::scope::{
    Algorithm, SigningTime, TERMINATOR, check_region, check_service, has_region,
};
use crate::sigv4::uri::Url;

/// The most bytes that the URL and the headers may have together.
const LARGEST_FIELDS: usize = 64 * 1024;
/// The most headers that a request may have.
const MOST_HEADERS: usize = 256;

/// Refuses what would take long to read, before it is read.
pub(super) fn size(
    method: &str,
    url: &str,
    headers: &[(&str, &[u8])],
) -> Result<(), VerificationError> {
    let bytes = headers.iter().fold(method.len() + url.len(), |bytes, (name, value)| {
        bytes.saturating_add(name.len()).saturating_add(value.len())
    });
    if bytes > LARGEST_FIELDS || headers.len() > MOST_HEADERS {
        return Err(VerificationError::OversizedFields);
    }
    Ok(())
}

/// Reads the URL, of which all is signed.
pub(super) fn url(url: &str) -> Result<Url<'_>, VerificationError> {
    // It never reaches a server, and here it would hide what follows it.
    if url.contains('#') {
        return Err(VerificationError::MalformedRequest("url has a fragment".to_owned()));
    }
    Url::parse(url).map_err(|error| VerificationError::malformed(&error))
}

/// Refuses a `Host` that would move the path, once a URL is made of both.
pub(super) fn host(headers: &[Header<'_>]) -> Result<(), VerificationError> {
    let is_of_host = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:[]%".contains(byte);
    let Some(host) = super::arrived::one_header("Host", headers)? else { return Ok(()) };
    if host.trim_ascii().is_empty() || !host.trim_ascii().iter().all(is_of_host) {
        return Err(VerificationError::MalformedRequest("Host is not that of a server".to_owned()));
    }
    Ok(())
}

/// Refuses a request that is too old or of the future, and a presigned URL after its end.
pub(super) fn time(
    arrived: &ArrivedSignature,
    rules: &VerificationRules,
    now: &SigningTime,
) -> Result<(), VerificationError> {
    let skew = i64::from(rules.max_clock_skew);
    let seconds = |time: &SigningTime| time.instant().timestamp();
    let lifetime = arrived.expires_in.map_or(skew, i64::from);
    let earliest = seconds(now) - lifetime;
    let latest = seconds(now) + skew;
    if seconds(&arrived.time) < earliest {
        return Err(VerificationError::SignatureExpired {
            signed_at: arrived.time.as_str().to_owned(),
            earliest: text_of(earliest),
            now: format!("{} - {}", now.as_str(), duration(lifetime)),
        });
    }
    if seconds(&arrived.time) > latest {
        return Err(VerificationError::SignatureNotYetCurrent {
            signed_at: arrived.time.as_str().to_owned(),
            latest: text_of(latest),
            now: format!("{} + {}", now.as_str(), duration(skew)),
        });
    }
    Ok(())
}

/// The access key's id and the credential scope.
pub(super) struct Credential {
    pub(super) access_key_id: String,
    pub(super) region: String,
    pub(super) service: String,
}

/// Takes the credential apart, and refuses one for another place or day.
pub(super) fn credential(
    arrived: &ArrivedSignature,
    rules: &VerificationRules,
) -> Result<Credential, VerificationError> {
    let parts: Vec<_> = arrived.credential.split('/').collect();
    let region_set = arrived.region_set.as_deref().unwrap_or_default();
    let (access_key_id, date, region, service, terminator) = match (arrived.algorithm, &*parts) {
        (Algorithm::HmacSha256, &[access_key_id, date, region, service, terminator]) => {
            (access_key_id, date, region, service, terminator)
        }
        (Algorithm::EcdsaP256Sha256, &[access_key_id, date, service, terminator]) => {
            (access_key_id, date, region_set, service, terminator)
        }
        (algorithm, _) => {
            return Err(VerificationError::MalformedCredential { parts: scope_parts(algorithm) });
        }
    };
    let malformed =
        || VerificationError::MalformedCredential { parts: scope_parts(arrived.algorithm) };
    if access_key_id.is_empty() || check_service(service).is_err() {
        return Err(malformed());
    }
    if check_region(arrived.algorithm, region).is_err()
        || rules.region.as_ref().is_some_and(|own| !has_region(region, own))
    {
        return Err(VerificationError::WrongRegion);
    }
    if let Some(own) = rules.service.as_ref().filter(|own| *own != service) {
        return Err(VerificationError::WrongService(own.clone()));
    }
    if terminator != TERMINATOR {
        return Err(VerificationError::WrongTerminator);
    }
    if date != arrived.time.date() {
        return Err(VerificationError::WrongScopeDate {
            scope: date.to_owned(),
            signed_at: arrived.time.as_str().to_owned(),
        });
    }
    Ok(Credential {
        access_key_id: access_key_id.to_owned(),
        region: region.to_owned(),
        service: service.to_owned(),
    })
}

fn scope_parts(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::HmacSha256 => 5,
        Algorithm::EcdsaP256Sha256 => 4,
    }
}

/// Refuses a signature over headers that are not there.
pub(super) fn signed_headers(
    arrived: &ArrivedSignature,
    headers: &[Header<'_>],
) -> Result<(), VerificationError> {
    let is_there = |name: &String| name == "host" || headers.iter().any(|header| header.is(name));
    if arrived.signed_headers.names().iter().all(is_there) {
        return Ok(());
    }
    Err(VerificationError::MissingSignedHeader)
}

/// Whether a header of AWS's could have been added by anyone.
pub(super) fn has_unsigned_headers(
    arrived: &ArrivedSignature,
    headers: &[Header<'_>],
    session_token_header: &str,
) -> bool {
    headers.iter().map(|header| header.name().to_ascii_lowercase()).any(|name| {
        // The string to sign has the first, the canonical request the second, and the token is
        // held against the one that goes with the key.
        let is_covered = ["x-amz-date", "x-amz-content-sha256", session_token_header];
        name.starts_with("x-amz-")
            && !arrived.signed_headers.contains(&name)
            && !is_covered.contains(&&*name)
    })
}

fn text_of(seconds: i64) -> String {
    SigningTime::from_timestamp(seconds).map(|time| time.as_str().to_owned()).unwrap_or_default()
}

/// As AWS writes it.
fn duration(seconds: i64) -> String {
    if seconds % 60 == 0 { format!("{} min.", seconds / 60) } else { format!("{seconds} sec.") }
}
