//! The time of a signature.

use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

use super::error::SigningError;

/// The time of a signature, to the second, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningTime {
    instant: DateTime<Utc>,
    /// Shared by the signatures of a second.
    text: Arc<str>,
}

impl SigningTime {
    /// Converts seconds since the epoch.
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

    /// Adds a number of seconds, which may be negative.
    ///
    /// # Errors
    ///
    /// Its year doesn't have four digits.
    pub fn plus_seconds(&self, seconds: i64) -> Result<Self, SigningError> {
        Self::from_timestamp(self.instant.timestamp().saturating_add(seconds))
    }

    /// Reads `YYYYMMDD'T'HHMMSS'Z'`.
    ///
    /// # Errors
    ///
    /// The text has another form, or the time doesn't exist.
    pub fn parse(text: &str) -> Result<Self, SigningError> {
        let number = |digits: Range<usize>| text.get(digits)?.parse().ok();
        let time = || {
            let date = NaiveDate::from_ymd_opt(
                text.get(..4)?.parse().ok()?,
                number(4..6)?,
                number(6..8)?,
            )?;
            let time = date.and_hms_opt(number(9..11)?, number(11..13)?, number(13..15)?)?;
            Some(Self::from_instant(time.and_utc()))
        };
        // The comparison refuses plus signs, and other characters between the digits.
        time()
            .filter(|time| time.as_str() == text)
            .ok_or_else(|| SigningError::request("time", "is not of the form 20130524T000000Z"))
    }

    /// The time as sent in `x-amz-date`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The day, `YYYYMMDD`.
    pub fn date(&self) -> &str {
        &self.text[..8]
    }

    /// The time as a chrono type.
    pub fn instant(&self) -> DateTime<Utc> {
        self.instant
    }

    fn from_instant(instant: DateTime<Utc>) -> Self {
        // chrono's format strings take longer than a hash.
        let utc = instant.naive_utc();
        let year = utc.year().unsigned_abs();
        let mut text = *b"YYYYMMDDThhmmssZ";
        let (date, time) = text.split_at_mut("YYYYMMDDT".len());
        let numbers = [year / 100, year % 100, utc.month(), utc.day()];
        let pairs = date.as_chunks_mut().0.iter_mut().zip(numbers);
        let numbers = [utc.hour(), utc.minute(), utc.second()];
        for (pair, number) in pairs.chain(time.as_chunks_mut().0.iter_mut().zip(numbers)) {
            *pair = [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8];
        }
        // It is ASCII.
        Self { instant, text: str::from_utf8(&text).unwrap_or_default().into() }
    }
}
