//! The one map from a verifier's errors to Python's exceptions.

use pyo3::prelude::*;

use crate::sigv4::verify::VerificationError as Error;

mod exceptions {
    pyo3::import_exception!(rsigv4.exceptions, BodyMismatchError);
    pyo3::import_exception!(rsigv4.exceptions, ChecksumMismatchError);
    pyo3::import_exception!(rsigv4.exceptions, ChunkMismatchError);
    pyo3::import_exception!(rsigv4.exceptions, ExpiredTokenError);
    pyo3::import_exception!(rsigv4.exceptions, HostNotSignedError);
    pyo3::import_exception!(rsigv4.exceptions, IncompleteBodyError);
    pyo3::import_exception!(rsigv4.exceptions, InvalidTokenError);
    pyo3::import_exception!(rsigv4.exceptions, MalformedAuthorizationError);
    pyo3::import_exception!(rsigv4.exceptions, MalformedChunkError);
    pyo3::import_exception!(rsigv4.exceptions, MalformedCredentialError);
    pyo3::import_exception!(rsigv4.exceptions, MalformedDateError);
    pyo3::import_exception!(rsigv4.exceptions, MalformedLifetimeError);
    pyo3::import_exception!(rsigv4.exceptions, MalformedRequestError);
    pyo3::import_exception!(rsigv4.exceptions, MalformedSignedHeadersError);
    pyo3::import_exception!(rsigv4.exceptions, MalformedTrailerError);
    pyo3::import_exception!(rsigv4.exceptions, MissingAuthenticationTokenError);
    pyo3::import_exception!(rsigv4.exceptions, MissingContentLengthError);
    pyo3::import_exception!(rsigv4.exceptions, MissingSignaturePartError);
    pyo3::import_exception!(rsigv4.exceptions, MissingSignedHeaderError);
    pyo3::import_exception!(rsigv4.exceptions, MultipleSignaturesError);
    pyo3::import_exception!(rsigv4.exceptions, OversizedChunkError);
    pyo3::import_exception!(rsigv4.exceptions, OversizedFieldsError);
    pyo3::import_exception!(rsigv4.exceptions, RepeatedFieldError);
    pyo3::import_exception!(rsigv4.exceptions, SignatureExpiredError);
    pyo3::import_exception!(rsigv4.exceptions, SignatureMismatchError);
    pyo3::import_exception!(rsigv4.exceptions, SignatureNotYetCurrentError);
    pyo3::import_exception!(rsigv4.exceptions, SignatureVersion2Error);
    pyo3::import_exception!(rsigv4.exceptions, UnknownAccessKeyError);
    pyo3::import_exception!(rsigv4.exceptions, UnsignedHeaderError);
    pyo3::import_exception!(rsigv4.exceptions, UnsupportedAlgorithmError);
    pyo3::import_exception!(rsigv4.exceptions, UnsupportedChecksumError);
    pyo3::import_exception!(rsigv4.exceptions, UnsupportedPayloadError);
    pyo3::import_exception!(rsigv4.exceptions, WrongRegionError);
    pyo3::import_exception!(rsigv4.exceptions, WrongScopeDateError);
    pyo3::import_exception!(rsigv4.exceptions, WrongServiceError);
    pyo3::import_exception!(rsigv4.exceptions, WrongTerminatorError);
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::MissingAuthenticationToken => {
                exceptions::MissingAuthenticationTokenError::new_err(text)
            }
            Error::MultipleSignatures => exceptions::MultipleSignaturesError::new_err(text),
            Error::RepeatedField(_) => exceptions::RepeatedFieldError::new_err(text),
            Error::OversizedFields => exceptions::OversizedFieldsError::new_err(text),
            Error::MalformedRequest(_) => exceptions::MalformedRequestError::new_err(text),
            Error::MalformedAuthorization => exceptions::MalformedAuthorizationError::new_err(text),
            Error::UnsupportedAlgorithm => exceptions::UnsupportedAlgorithmError::new_err(text),
            Error::SignatureVersion2 => exceptions::SignatureVersion2Error::new_err(text),
            Error::MissingParts { .. } => exceptions::MissingSignaturePartError::new_err(text),
            Error::MalformedSignedHeaders => exceptions::MalformedSignedHeadersError::new_err(text),
            Error::HostNotSigned => exceptions::HostNotSignedError::new_err(text),
            Error::MissingSignedHeader => exceptions::MissingSignedHeaderError::new_err(text),
            Error::MalformedDate => exceptions::MalformedDateError::new_err(text),
            Error::MalformedLifetime => exceptions::MalformedLifetimeError::new_err(text),
            Error::SignatureExpired { .. } => exceptions::SignatureExpiredError::new_err(text),
            Error::SignatureNotYetCurrent { .. } => {
                exceptions::SignatureNotYetCurrentError::new_err(text)
            }
            Error::MalformedCredential { .. } => {
                exceptions::MalformedCredentialError::new_err(text)
            }
            Error::WrongRegion => exceptions::WrongRegionError::new_err(text),
            Error::WrongService(_) => exceptions::WrongServiceError::new_err(text),
            Error::WrongTerminator => exceptions::WrongTerminatorError::new_err(text),
            Error::WrongScopeDate { .. } => exceptions::WrongScopeDateError::new_err(text),
            Error::UnknownAccessKey => exceptions::UnknownAccessKeyError::new_err(text),
            Error::InvalidToken => exceptions::InvalidTokenError::new_err(text),
            Error::ExpiredToken => exceptions::ExpiredTokenError::new_err(text),
            Error::SignatureMismatch { canonical_request, string_to_sign } => {
                let canonical_request = String::from_utf8_lossy(&canonical_request).into_owned();
                exceptions::SignatureMismatchError::new_err((
                    text,
                    canonical_request,
                    string_to_sign,
                ))
            }
            Error::UnsignedHeader => exceptions::UnsignedHeaderError::new_err(text),
            Error::BodyMismatch => exceptions::BodyMismatchError::new_err(text),
            Error::UnsupportedPayload => exceptions::UnsupportedPayloadError::new_err(text),
            Error::ChunkMismatch => exceptions::ChunkMismatchError::new_err(text),
            Error::MalformedChunk(_) => exceptions::MalformedChunkError::new_err(text),
            Error::OversizedChunk => exceptions::OversizedChunkError::new_err(text),
            Error::MissingDecodedLength => exceptions::MissingContentLengthError::new_err(text),
            Error::IncompleteBody => exceptions::IncompleteBodyError::new_err(text),
            Error::MalformedTrailer => exceptions::MalformedTrailerError::new_err(text),
            Error::UnsupportedChecksum(_) => exceptions::UnsupportedChecksumError::new_err(text),
            Error::ChecksumMismatch(_) => exceptions::ChecksumMismatchError::new_err(text),
        }
    }
}
