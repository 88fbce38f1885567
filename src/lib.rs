//! AWS Signature Version 4.
//!
//! [`sigv4`] is the algorithm: pure Rust, without Python, HTTP clients or a clock. [`explain`] tells why
//! a request was refused, and [`redaction`] what may be shown of it. The `python` feature adds the
//! extension module `rsigv4._core`, which only converts arguments and errors.
//!
//! ```
//! use _core::sigv4::{
//!     Algorithm, CredentialScope, Credentials, Header, HeaderSelection, Request, ServiceRules, Settings,
//!     SigningError, SigningKeyCache, SigningTime, Url, sign,
//! };
//!
//! # fn main() -> Result<(), SigningError> {
//! let key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
//! let credentials = Credentials::new("AKIDEXAMPLE", key, None)?;
//! let time = SigningTime::parse("20150830T123600Z")?;
//! let scope = CredentialScope::new(Algorithm::HmacSha256, time, "us-east-1", "iam")?;
//! let rules = ServiceRules::of(scope.service);
//! let settings = Settings {
//!     path: rules.path,
//!     content_sha256_header: rules.requires_content_sha256,
//!     session_token_header: rules.session_token_header,
//!     sign_session_token: rules.sign_session_token,
//!     headers: HeaderSelection { stable: true, also: &[], covers_amz: false },
//! };
//!
//! let url = Url::parse("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08")?;
//! let form = b"application/x-www-form-urlencoded; charset=utf-8";
//! let headers = [Header::new("Content-Type", form)?];
//! let request = Request::new("GET", url, &headers)?;
//! let to_add = sign(&request, &credentials, &scope, &settings, &SigningKeyCache::new(8))?;
//!
//! assert_eq!(to_add.added.x_amz_date, Some("20150830T123600Z"));
//! assert_eq!(
//!     to_add.authorization,
//!     "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
//!      SignedHeaders=content-type;host;x-amz-date, \
//!      Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
//! );
//! # Ok(())
//! # }
//! ```

pub mod explain;
#[cfg(feature = "python")]
mod python;
pub mod redaction;
pub mod sigv4;
