//! The checks of a request that don't need a key.

use memchr::memchr;

use super::VerificationRules;
use super::arrived::{ArrivedSignature, one_header};
use super::error::VerificationError;
use crate::sigv4::access_key::check_access_key_id;
use crate::sigv4::arrived::split;
use crate::sigv4::byte_set::ByteSet;
use crate::sigv4::headers::Header;
use crate::sigv4::names::header;
use crate::sigv4::scope::{Algorithm, TERMINATOR, check_region, check_service, has_region};
use crate::sigv4::time::SigningTime;
use crate::sigv4::uri::Url;

/// The limit of method, URL and headers together, in bytes.
const LARGEST_FIELDS: usize = 64 * 1024;
/// The limit of headers in a request.
const MOST_HEADERS: usize = 256;
const IN_HOST: ByteSet = ByteSet::alphanumeric_and(b"-._:[]%");

/// Refuses a request that would take long to read.
pub(super) fn size(
    method: &str,
    url: &str,
    headers: &[(&str, impl AsRef<[u8]>)],
) -> Result<(), VerificationError> {
    let bytes = headers.iter().fold(method.len() + url.len(), |bytes, (name, value)| {
        bytes.saturating_add(name.len()).saturating_add(value.as_ref().len())
    });
    if bytes > LARGEST_FIELDS || headers.len() > MOST_HEADERS {
        return Err(VerificationError::OversizedFields);
    }
    Ok(())
}

/// Reads the URL, and refuses parts that aren't signed.
pub(super) fn url(url: &str) -> Result<Url<'_>, VerificationError> {
    // Clients never send a fragment, and its content would not be verified.
    if memchr(b'#', url.as_bytes()).is_some() {
        return Err(VerificationError::MalformedRequest("url has a fragment".to_owned()));
    }
    Url::parse(url).map_err(|error| VerificationError::malformed(&error))
}

/// Reads the headers, and refuses those that are not valid in HTTP.
pub(super) fn headers<'a>(
    arrived: &'a [(&str, impl AsRef<[u8]>)],
) -> Result<Vec<Header<'a>>, VerificationError> {
    let mut headers = Vec::with_capacity(arrived.len());
    for (name, value) in arrived {
        let header = Header::new(name, value.as_ref());
        headers.push(header.map_err(|error| VerificationError::malformed(&error))?);
    }
    Ok(headers)
}

/// Refuses a `Host` with characters that would change the path of a URL that is built from it.
pub(super) fn host(headers: &[Header<'_>]) -> Result<(), VerificationError> {
    let Some(host) = one_header("Host", headers)? else { return Ok(()) };
    let host = host.trim_ascii();
    if host.is_empty() || !host.iter().all(|&byte| IN_HOST.contains(byte)) {
        return Err(VerificationError::MalformedRequest("Host is not a host name".to_owned()));
    }
    Ok(())
}

/// Refuses a request that is too old or from the future, and a presigned URL that has expired.
pub(super) fn time(
    arrived: &ArrivedSignature<'_>,
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

/// The access key id, region and service of a credential.
pub(super) struct Credential<'a> {
    pub(super) access_key_id: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
}

/// Splits the credential, and refuses another region, service or day.
pub(super) fn credential<'a>(
    arrived: &'a ArrivedSignature<'a>,
    rules: &VerificationRules,
) -> Result<Credential<'a>, VerificationError> {
    let malformed = VerificationError::MalformedCredential {
        parts: match arrived.algorithm {
            Algorithm::HmacSha256 => 5,
            Algorithm::EcdsaP256Sha256 => 4,
        },
    };
    let mut parts = split(arrived.credential, b'/');
    let mut part = || parts.next();
    let (Some(access_key_id), Some(date)) = (part(), part()) else { return Err(malformed) };
    let region = match arrived.algorithm {
        Algorithm::HmacSha256 => part(),
        Algorithm::EcdsaP256Sha256 => arrived.region_set.as_deref(),
    };
    let (Some(region), Some(service), Some(terminator), None) = (region, part(), part(), part())
    else {
        return Err(malformed);
    };
    if access_key_id.is_empty() || check_service(service).is_err() {
        return Err(malformed);
    }
    let is_for = |own: &String| match arrived.algorithm {
        Algorithm::HmacSha256 => region == own,
        Algorithm::EcdsaP256Sha256 => has_region(region, own),
    };
    if check_region(arrived.algorithm, region).is_err() || !rules.region.as_ref().is_none_or(is_for)
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
    // No access key has such an id, so don't look it up.
    if check_access_key_id(access_key_id).is_err() {
        return Err(VerificationError::UnknownAccessKey);
    }
    Ok(Credential { access_key_id, region, service })
}

/// Refuses a signature of headers that the request doesn't have.
pub(super) fn signed_headers(
    arrived: &ArrivedSignature<'_>,
    headers: &[Header<'_>],
) -> Result<(), VerificationError> {
    let is_present = |name| name == "host" || headers.iter().any(|header| header.is(name));
    if arrived.signed_headers.iter().all(is_present) {
        return Ok(());
    }
    Err(VerificationError::MissingSignedHeader)
}

/// Whether an `x-amz-*` header is unsigned, and may have been added on the way.
pub(super) fn has_unsigned_headers(
    arrived: &ArrivedSignature<'_>,
    headers: &[Header<'_>],
    session_token_header: Option<&str>,
) -> bool {
    let covered = [
        // Part of the string to sign. With a presigned URL, it has already been refused.
        Some(header::DATE),
        // The last line of the canonical request.
        Some(header::CONTENT_SHA256),
        // Compared with the token of the key. A presigned URL has the token in its query.
        session_token_header.filter(|_| arrived.expires_in.is_none()),
        // CloudFront adds it on the way to the origin.
        // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
        Some(header::CLOUDFRONT_ID),
    ];
    // Applications that read headers as in CGI don't distinguish underscores from hyphens.
    let is_of_aws = |name: &str| match name.as_bytes() {
        [b'x' | b'X', b'-' | b'_', amz @ ..] if amz.len() > 3 => {
            amz[..3].eq_ignore_ascii_case(b"amz") && matches!(amz[3], b'-' | b'_')
        }
        _ => false,
    };
    headers.iter().any(|header| {
        is_of_aws(header.name())
            && !covered.iter().flatten().any(|name| header.is(name))
            && !arrived.signed_headers.contains(header.name())
    })
}

fn text_of(seconds: i64) -> String {
    SigningTime::from_timestamp(seconds).map(|time| time.as_str().to_owned()).unwrap_or_default()
}

/// Formats a duration like AWS's messages.
fn duration(seconds: i64) -> String {
    if seconds % 60 == 0 { format!("{} min.", seconds / 60) } else { format!("{seconds} sec.") }
}
