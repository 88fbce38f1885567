//! Where and when a signature is valid.
//!
//! ```text
//! YYYYMMDD/region/service/aws4_request
//! ```

use chrono::{DateTime, Datelike, NaiveDateTime, Timelike, Utc};

use super::error::SigningError;

/// The last part of every scope.
pub const TERMINATOR: &str = "aws4_request";

/// The day, region and service that a signature is good for.
#[derive(Clone, Debug)]
pub struct CredentialScope<'a> {
    /// When the request is signed, to the second.
    pub time: SigningTime,
    /// Such as `eu-central-1`.
    pub region: &'a str,
    /// The service's signing name, such as `execute-api`.
    pub service: &'a str,
}

impl<'a> CredentialScope<'a> {
    /// Accepts a region and a service.
    ///
    /// # Errors
    ///
    /// One of them is empty, or has a character that ends it early in the credential scope.
    pub fn new(time: SigningTime, region: &'a str, service: &'a str) -> Result<Self, SigningError> {
        check_part("region", region, "us-east-1")?;
        check_part("service", service, "execute-api")?;
        Ok(Self { time, region, service })
    }

    /// The day, `YYYYMMDD`.
    pub fn date(&self) -> &str {
        self.time.date()
    }

    /// Appends the scope as it stands in the string to sign and in the `Authorization` header.
    pub(super) fn write(&self, out: &mut String) {
        for part in [self.date(), "/", self.region, "/", self.service, "/", TERMINATOR] {
            out.push_str(part);
        }
    }
}

/// Checks one part of the scope on its own.
///
/// # Errors
///
/// It is empty, or has a character that ends it early.
pub fn check_part(
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
    if part.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'/' | b',')) {
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

/// The time of a signature, to the second, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningTime {
    instant: DateTime<Utc>,
    text: String,
}

impl SigningTime {
    /// Seconds since the epoch.
    ///
    /// # Errors
    ///
    /// The year doesn't have four digits.
    pub fn from_timestamp(seconds: i64) -> Result<Self, SigningError> {
        DateTime::from_timestamp(seconds, 0)
            .filter(|instant| (0..=9999).contains(&instant.year()))
            .map(Self::from_instant)
            .ok_or_else(|| {
                SigningError::request("time", "is out of range: pass a time of the years 0 to 9999")
            })
    }

    /// Reads `YYYYMMDD'T'HHMMSS'Z'`.
    ///
    /// # Errors
    ///
    /// The text isn't of that form, or there is no such time.
    pub fn parse(text: &str) -> Result<Self, SigningError> {
        let time = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ")
            .map(|time| Self::from_instant(time.and_utc()));
        match time {
            // Written back, as chrono also reads signs and missing zeros.
            Ok(time) if time.as_str() == text => Ok(time),
            _ => Err(SigningError::request("time", "is not of the form 20130524T000000Z")),
        }
    }

    /// What is sent as `x-amz-date`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The day, `YYYYMMDD`.
    pub fn date(&self) -> &str {
        &self.text[..8]
    }

    /// The same as chrono has it.
    pub fn instant(&self) -> DateTime<Utc> {
        self.instant
    }

    fn from_instant(instant: DateTime<Utc>) -> Self {
        // Written digit by digit, as the format strings of chrono cost more than a hash.
        let utc = instant.naive_utc();
        let year = utc.year().unsigned_abs();
        let mut text = String::with_capacity("YYYYMMDDThhmmssZ".len());
        for number in [year / 100, year % 100, utc.month(), utc.day()] {
            push_two_digits(&mut text, number);
        }
        text.push('T');
        for number in [utc.hour(), utc.minute(), utc.second()] {
            push_two_digits(&mut text, number);
        }
        text.push('Z');
        Self { instant, text }
    }
}

fn push_two_digits(text: &mut String, number: u32) {
    text.push(char::from(b'0' + (number / 10 % 10) as u8));
    text.push(char::from(b'0' + (number % 10) as u8));
}
