//! Warns about requests that the original signs, and AWS refuses.

use pyo3::intern;
use pyo3::prelude::*;

use super::patches::Module;
use crate::sigv4::SigningError;

/// Warns once for each auth object that AWS will refuse the request.
pub(super) fn warn_once(
    auth: &Bound<'_, PyAny>,
    module: &Module,
    refused: impl Iterator<Item = SigningError>,
) -> PyResult<()> {
    let reasons: Vec<_> = refused
        .map(|error| format!("{error} (signed anyway; AWS will respond with {})", status(&error)))
        .collect();
    module.global(intern!(auth.py(), "warn_once"))?.call1((auth, reasons.join("; ")))?;
    Ok(())
}

/// Returns the status and the error codes with which AWS responds.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html>
fn status(error: &SigningError) -> &'static str {
    match error {
        SigningError::InvalidCredentials { argument: "aws_access_key", .. } => {
            "403, such as IncompleteSignatureException or UnrecognizedClientException"
        }
        SigningError::InvalidRequest { argument: "aws_region" | "aws_service", .. } => {
            "403, such as IncompleteSignatureException or InvalidSignatureException"
        }
        _ => "403, such as InvalidSignatureException or SignatureDoesNotMatch",
    }
}
