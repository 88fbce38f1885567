//! AWS Signature Version 4.
//!
//! [`sigv4`] is the algorithm: pure Rust that knows neither Python nor HTTP clients, nor the clock.
//! The `python` feature adds the extension module `rsigv4._core`, which only converts arguments and errors.

pub mod explain;
#[cfg(feature = "python")]
mod python;
pub mod redaction;
pub mod sigv4;
