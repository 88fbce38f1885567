//! Bodies for S3 in chunks.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::Signer;
use super::call::{Arguments, Call, headers_to_add};
use super::streams::ChunkedEncoder;
use crate::python::arguments::{chunk_size, length, text};
use crate::python::body::PayloadHash;
use crate::python::headers::{EncodedHeader, HeaderArguments};
use crate::sigv4::checksum::Checksum;
use crate::sigv4::chunked::{self, ChunkedPayload};
use crate::sigv4::{ServiceRules, SigningError};

#[pymethods]
impl Signer {
    /// Return a body for S3 that is signed chunk by chunk as it is sent, and the headers to send.
    ///
    /// No more of it than a chunk is in memory at once, and its length on the wire is known beforehand.
    ///
    /// Args:
    ///     method: As for `sign`.
    ///     url: As for `sign`.
    ///     headers: As for `sign`; those of the result are to replace them.
    ///     stream: A binary file, an iterable of bytes, or an async iterable of bytes.
    ///     length: How many bytes it has.
    ///     trailer_checksum: A checksum to send after the body: `"crc32"`, `"crc32c"`, `"crc64nvme"`,
    ///         `"sha1"` or `"sha256"`.
    ///     chunk_size: How many bytes are signed at once, 8,192 at the least.
    ///     signed: False signs only the request; the body then needs a checksum, and https. SigV4a
    ///         signs no chunks here, so it needs this.
    ///     time: As for `sign`.
    ///
    /// Returns:
    ///     A `ChunkedBody`, or for an async iterable an `AsyncChunkedBody`: iterate over it, or hand it
    ///     to a client as the body.
    ///
    /// Raises:
    ///     InvalidRequestError: An argument can't be signed; while it is iterated over, that the stream
    ///         is shorter or longer than its length.
    ///     CredentialsError: There are no credentials, or they have expired.
    #[pyo3(signature = (
        method, url, headers, stream, *, length, trailer_checksum=None, chunk_size=65536,
        signed=true, time=None,
    ))]
    fn chunked<'py>(
        &self,
        method: &Bound<'py, PyAny>,
        url: &Bound<'py, PyAny>,
        headers: Option<&Bound<'py, PyAny>>,
        stream: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = length)] length: u64,
        trailer_checksum: Option<&Bound<'py, PyAny>>,
        #[pyo3(from_py_with = chunk_size)] chunk_size: usize,
        signed: bool,
        time: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let stream = Stream { source: stream, length, trailer_checksum, chunk_size, signed };
        stream.sign(
            self,
            Arguments {
                method,
                url,
                headers: HeaderArguments::extract(headers)?,
                body: None,
                time,
            },
        )
    }
}

/// A body, and how it is to be sent.
pub(super) struct Stream<'a, 'py> {
    pub(super) source: &'a Bound<'py, PyAny>,
    pub(super) length: u64,
    pub(super) trailer_checksum: Option<&'a Bound<'py, PyAny>>,
    pub(super) chunk_size: usize,
    pub(super) signed: bool,
}

impl<'py> Stream<'_, 'py> {
    /// Signs the request that carries it; the chunks are signed as they are sent.
    pub(super) fn sign(
        &self,
        signer: &Signer,
        arguments: Arguments<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = self.source.py();
        let module = py.import("rsigv4.chunked")?;
        module.call_method1("check_stream", (self.source, self.length))?;
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
            let Call { credentials, scope, .. } = call;
            ServiceRules::of(scope.service).check_s3("bodies in chunks: sign the whole body")?;
            let to_add = signer.sign_call(&call)?;
            let headers = PyDict::new(py);
            for (name, value) in &added {
                headers.set_item(name, value)?;
            }
            headers.update(headers_to_add(py, &to_add)?.as_mapping())?;
            let signing_key = signer.signing_key(credentials, scope);
            let encoder =
                chunked::ChunkedEncoder::new(payload, signing_key, scope, &to_add.signature)?;
            let encoder = ChunkedEncoder::new(encoder);
            module.call_method1("chunked_body", (headers, encoder, self.source, self.chunk_size))
        })
    }
}

/// The headers that a body in chunks needs, but for those of its signature.
fn added_headers(
    payload: &ChunkedPayload,
    headers: &[EncodedHeader<'_>],
) -> Result<Vec<(&'static str, String)>, SigningError> {
    let find = |name: &str| headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
    if find("x-amz-trailer").is_some() {
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
        ("X-Amz-Decoded-Content-Length", payload.length.to_string()),
    ];
    if let Some(checksum) = &payload.checksum {
        added.push(("X-Amz-Trailer", checksum.header().to_owned()));
    }
    Ok(added)
}
