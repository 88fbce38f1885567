//! The binding: arguments in, errors out, the GIL. No signing logic.

#![allow(clippy::doc_markdown, reason = "what is documented here is read as Python's docstrings")]

mod arguments;
mod body;
mod callbacks;
mod clock;
mod compat;
mod credentials;
mod errors;
mod explain;
mod headers;
mod requests;
mod signer;
mod verifier;

/// The extension module behind the package `rsigv4`.
// Without the GIL, nobody has tested it: CI collects the evidence.
#[pyo3::pymodule(gil_used = true)]
mod _core {
    use pyo3::prelude::*;
    use pyo3::types::{PyFrozenSet, PyTuple};

    use crate::sigv4::{HashedPayload, names};

    /// Whether the extension is not optimized; no benchmark measures such a build.
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);
    /// Largest one-shot body, in bytes, that is buffered in order to sign it.
    #[pymodule_export]
    const MAX_BUFFERED_BODY: usize = super::body::MAX_BUFFERED_BODY;
    /// The header with the hash of the body.
    #[pymodule_export]
    const X_AMZ_CONTENT_SHA256: &str = names::header::CONTENT_SHA256;
    /// The header with the time of the signature.
    #[pymodule_export]
    const X_AMZ_DATE: &str = names::header::DATE;
    /// The header with the session token.
    #[pymodule_export]
    const X_AMZ_SECURITY_TOKEN: &str = names::header::SECURITY_TOKEN;

    #[pymodule_export]
    use super::body::{PayloadHash, is_single_pass};
    #[pymodule_export]
    use super::compat::{
        authorize, canonical_query_string, canonical_uri, hash_body, is_rewritten, refusals,
        wire_url,
    };
    #[pymodule_export]
    use super::credentials::{CredentialsBase, DerivedSigningKey};
    #[pymodule_export]
    use super::explain::{
        Cause, Explanation, LinePair, explain_response, known_causes, redact_canonical_request,
        redact_header, redact_text, redact_url,
    };
    #[pymodule_export]
    use super::headers::content_length;
    #[pymodule_export]
    use super::requests::{
        AwsRequestsAuthBase, RequestsAuthBase, ResponseHook, get_signature_key, record_originals,
        sign, watch_responses,
    };
    #[pymodule_export]
    use super::signer::{
        ChunkedEncoder, EventSigner, PresignedArray, PresignedChunkedArray, PresignedPost,
        SignedRequest, Signer, is_presigned, plan_body, region_and_suffix, sign_request,
    };
    #[pymodule_export]
    use super::verifier::{
        BodyVerifier, Verification, VerifiedIdentity, VerifierBase, encoded_path, environ_headers,
    };

    /// Adds the names of what is imported, AWS's names, and those of the keyword arguments of `Signer`.
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        // As maturin converts it for the wheel: `0.2.0rc1`.
        let version = env!("CARGO_PKG_VERSION");
        let version = version.replace("-alpha.", "a").replace("-beta.", "b").replace("-rc.", "rc");
        module.add("__version__", version)?;
        module
            .add("CALLBACKS", PyTuple::new(py, super::callbacks::names().collect::<Vec<_>>())?)?;
        module.add("CLOCK_ERRORS", PyFrozenSet::new(py, names::CLOCK_ERRORS)?)?;
        module.add("SIGNATURE_HEADERS", PyFrozenSet::new(py, names::SIGNATURE_HEADERS)?)?;
        module.add("SIGNER_OPTIONS", super::signer::option_names(py)?)?;
        module.add("UNSIGNED_PAYLOAD", PayloadHash::from_literal(HashedPayload::UNSIGNED_PAYLOAD))
    }
}
