//! Where and when a signature is valid.
//!
//! ```text
//! SigV4   YYYYMMDD/region/service/aws4_request
//! SigV4a  YYYYMMDD/service/aws4_request, and the regions in a header or parameter of their own
//! ```

use super::byte_set::ByteSet;
use super::endpoint::is_region;
use super::error::SigningError;
use super::headers::tolerate;
use super::time::SigningTime;

const IN_SCOPE: ByteSet = ByteSet::graphic_except(b"/,");

/// The last part of every scope.
pub const TERMINATOR: &str = "aws4_request";

/// How a request is signed: SigV4, or SigV4a for several regions at once.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// SigV4: a key that is derived for one day, region and service.
    HmacSha256,
    /// SigV4a: a key pair that is derived from the access key, for a set of regions.
    EcdsaP256Sha256,
}

impl Algorithm {
    /// Parses AWS's name of an algorithm.
    ///
    /// # Errors
    ///
    /// There is no such algorithm.
    pub fn parse(name: &str) -> Result<Self, SigningError> {
        [Self::HmacSha256, Self::EcdsaP256Sha256]
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
            .ok_or_else(|| {
                SigningError::request(
                    "algorithm",
                    "is unknown: pass \"AWS4-HMAC-SHA256\", or \"AWS4-ECDSA-P256-SHA256\" for SigV4a",
                )
            })
    }

    /// First in the string to sign and in the `Authorization` header.
    pub fn name(self) -> &'static str {
        match self {
            Self::HmacSha256 => "AWS4-HMAC-SHA256",
            Self::EcdsaP256Sha256 => "AWS4-ECDSA-P256-SHA256",
        }
    }
}

/// The day, region and service that a signature is valid for.
#[derive(Clone, Debug)]
pub struct CredentialScope<'a> {
    /// How it is signed.
    pub algorithm: Algorithm,
    /// When the request is signed, to the second.
    pub time: SigningTime,
    /// Such as `eu-central-1`; for SigV4a a set, such as `us-east-1,eu-*` or `*`.
    pub region: &'a str,
    /// The service's signing name, such as `execute-api`.
    pub service: &'a str,
}

impl<'a> CredentialScope<'a> {
    /// Checks a region and a service.
    ///
    /// # Errors
    ///
    /// One of them is empty, or has a character that ends it early in the credential scope.
    pub fn new(
        algorithm: Algorithm,
        time: SigningTime,
        region: &'a str,
        service: &'a str,
    ) -> Result<Self, SigningError> {
        check_region(algorithm, region)?;
        check_service(service)?;
        Ok(Self { algorithm, time, region, service })
    }

    /// Accepts any region and service that a header can carry. Drop-ins need this.
    ///
    /// What [`Self::new`] would refuse is added to `refused`, except an empty region or service:
    /// servers that have neither accept a scope like `20130524//s3/aws4_request`.
    ///
    /// # Errors
    ///
    /// One of them has a line break or NUL.
    pub fn lenient(
        algorithm: Algorithm,
        time: SigningTime,
        region: &'a str,
        service: &'a str,
        refused: &mut Vec<SigningError>,
    ) -> Result<Self, SigningError> {
        if !region.is_empty() {
            tolerate(check_region(algorithm, region), region, refused)?;
        }
        if !service.is_empty() {
            tolerate(check_service(service), service, refused)?;
        }
        Ok(Self { algorithm, time, region, service })
    }

    /// The day, `YYYYMMDD`.
    pub fn date(&self) -> &str {
        self.time.date()
    }

    /// The region set, which SigV4a sends and signs.
    pub fn region_set(&self) -> Option<&'a str> {
        (self.algorithm == Algorithm::EcdsaP256Sha256).then_some(self.region)
    }

    /// Appends the scope in the form of the string to sign and the `Authorization` header.
    pub(super) fn write(&self, out: &mut String) {
        out.push_str(self.date());
        if self.algorithm == Algorithm::HmacSha256 {
            out.push('/');
            out.push_str(self.region);
        }
        for part in ["/", self.service, "/", TERMINATOR] {
            out.push_str(part);
        }
    }
}

/// Checks a region on its own, or for SigV4a a set of regions.
///
/// # Errors
///
/// It is empty, is a set where one region is needed, or has a character that no region has.
pub fn check_region(algorithm: Algorithm, region: &str) -> Result<(), SigningError> {
    match algorithm {
        Algorithm::HmacSha256 if region.bytes().any(|byte| matches!(byte, b',' | b'*')) => {
            Err(SigningError::request(
                "region",
                "is a set of regions: pass one, or algorithm=\"AWS4-ECDSA-P256-SHA256\" for SigV4a",
            ))
        }
        Algorithm::HmacSha256 => check_part("region", region, "us-east-1"),
        Algorithm::EcdsaP256Sha256 => {
            region.split(',').try_for_each(|region| check_part("region", region, "us-east-1,eu-*"))
        }
    }
}

/// Checks that region and service are not swapped.
///
/// botocore expects the service first. No service is named like a region, but some regions of other
/// providers are named like services.
///
/// # Errors
///
/// The service is a region, or a set of regions, and the region is not.
pub fn check_order(region: &str, service: &str) -> Result<(), SigningError> {
    let is_set =
        |name: &str| name.split(',').all(|region| region.contains('*') || is_region(region));
    if is_set(service) && !is_set(region) {
        return Err(SigningError::request(
            "region",
            "and service are swapped: the service is a region's name, so exchange the two",
        ));
    }
    Ok(())
}

/// Whether a region, or one of a set of regions, is this one; `*` in a set stands for any characters.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>
pub fn has_region(regions: &str, region: &str) -> bool {
    regions.split(',').any(|pattern| match pattern.split_once('*') {
        None => pattern == region,
        Some((start, end)) => {
            !end.contains('*') && region.strip_prefix(start).is_some_and(|rest| rest.ends_with(end))
        }
    })
}

/// Checks a service's signing name on its own.
///
/// # Errors
///
/// It is empty, or has a character that ends it early.
pub fn check_service(service: &str) -> Result<(), SigningError> {
    check_part("service", service, "execute-api")
}

fn check_part(
    argument: &'static str,
    part: &str,
    example: &'static str,
) -> Result<(), SigningError> {
    if part.is_empty() {
        return Err(SigningError::request(
            argument,
            format!("is empty: pass one, such as {example:?}"),
        ));
    }
    if IN_SCOPE.contains_all(part) {
        return Ok(());
    }
    Err(SigningError::request(
        argument,
        format!(
            "has white space, a slash, a comma or characters that are not ASCII: \
             pass a name, such as {example:?}"
        ),
    ))
}
