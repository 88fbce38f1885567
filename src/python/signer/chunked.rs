//! Signs requests to S3 whose body is sent in chunks.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::Signer;
use super::call::{Arguments, Call, headers_to_add};
use super::streams::ChunkedEncoder;
use crate::python::arguments::text;
use crate::python::body::PayloadHash;
use crate::python::callbacks;
use crate::python::headers::EncodedHeader;
use crate::sigv4::checksum::Checksum;
use crate::sigv4::chunked::{self, ChunkedPayload};
use crate::sigv4::names::{header, parameter};
use crate::sigv4::{ServiceRules, SigningError};

/// A body and how to send it.
pub(in crate::python) struct Stream<'a, 'py> {
    pub(super) source: &'a Bound<'py, PyAny>,
    pub(super) length: u64,
    pub(super) trailer_checksum: Option<&'a Bound<'py, PyAny>>,
    pub(super) chunk_size: usize,
    pub(super) signed: bool,
}

impl<'a, 'py> Stream<'a, 'py> {
    /// Sends a body in signed chunks, with the defaults of `Signer.chunked`.
    pub(in crate::python) fn new(source: &'a Bound<'py, PyAny>, length: u64) -> Self {
        let chunk_size = chunked::DEFAULT_CHUNK_SIZE;
        Self { source, length, trailer_checksum: None, chunk_size, signed: true }
    }

    /// Signs the request, and returns the body to send. Its chunks are signed while they are sent.
    pub(in crate::python) fn sign(
        &self,
        signer: &Signer,
        arguments: Arguments<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = self.source.py();
        callbacks::CHECK_STREAM.current(py)?.call1((self.source, self.length))?;
        let checksum = self
            .trailer_checksum
            .map(|name| Checksum::new(text("trailer_checksum", name)?))
            .transpose()?;
        let payload = ChunkedPayload {
            length: self.length,
            chunk_size: self.chunk_size,
            signed: self.signed,
            checksum,
        };
        payload.check()?;
        let added = added_headers(&payload, &arguments.headers.encode()?)?;
        let body = Bound::new(py, PayloadHash::from_literal(payload.hashed_payload()))?.into_any();
        let arguments = Arguments { body: Some(&body), ..arguments };
        signer.call(py, &arguments, &added, |call| {
            let Call { request, credentials, scope, .. } = call;
            payload.check_unsigned_over_http(request)?;
            ServiceRules::of(scope.service).check_s3("bodies in chunks: sign the whole body")?;
            let to_add = signer.sign_call(&call)?;
            let headers = PyDict::new(py);
            for (name, value) in &added {
                headers.set_item(name, value)?;
            }
            headers.update(headers_to_add(py, &to_add)?.as_mapping())?;
            let signing_key = signer.signing_key(credentials, scope)?;
            let encoder =
                chunked::ChunkedEncoder::new(payload, signing_key, scope, &to_add.signature)?;
            let encoder = ChunkedEncoder::new(encoder);
            let arguments = (headers, encoder, self.source, self.chunk_size);
            callbacks::CHUNKED_BODY.current(py)?.call1(arguments)
        })
    }
}

/// Returns the headers of a body in chunks, except those of the signature.
fn added_headers(
    payload: &ChunkedPayload,
    headers: &[EncodedHeader<'_>],
) -> Result<Vec<(&'static str, String)>, SigningError> {
    let find = |name: &str| headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
    if find(header::TRAILER).is_some() {
        return Err(SigningError::request(
            "headers",
            "have x-amz-trailer: leave it out, and pass trailer_checksum for a trailer",
        ));
    }
    let encoding = find("content-encoding").map(|(_, value)| String::from_utf8_lossy(value));
    let encoding = match encoding {
        None => "aws-chunked".to_owned(),
        Some(own) if own.to_ascii_lowercase().contains("aws-chunked") => own.into_owned(),
        Some(own) => format!("aws-chunked,{own}"),
    };
    let mut added = vec![
        ("Content-Encoding", encoding),
        ("Content-Length", payload.encoded_length().to_string()),
        (parameter::DECODED_CONTENT_LENGTH, payload.length.to_string()),
    ];
    if let Some(checksum) = &payload.checksum {
        added.push((parameter::TRAILER, checksum.header().to_owned()));
    }
    Ok(added)
}
