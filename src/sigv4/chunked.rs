//! Signatures in the body: `aws-chunked`, whose chunks are each signed.
//!
//! ```text
//! chunk   = hex(size) ";chunk-signature=" signature \r\n bytes \r\n
//! body    = chunk ... "0;chunk-signature=" signature \r\n [trailer] \r\n
//! trailer = name ":" value \r\n "x-amz-trailer-signature:" signature \r\n
//! ```
//!
//! Unsigned chunks have no `;chunk-signature`, and their trailer has no signature. Each signature
//! covers the previous one; the first covers the signature of the request.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>

use std::mem;
use std::sync::Arc;

use super::checksum::Checksum;
use super::error::SigningError;
use super::names::header;
use super::payload::{ContentHasher, HashedPayload};
use super::request::Request;
use super::scope::CredentialScope;
use super::signature::{HexDigits, Sha256Output, Signature};
use super::signing_key::SigningKey;

/// The smallest chunk that S3 accepts, except for the last one, in bytes.
pub const LEAST_CHUNK_SIZE: usize = 8 * 1024;
/// The size of chunks unless a caller changes it, in bytes.
pub const DEFAULT_CHUNK_SIZE: usize = 64 * 1024;

pub(super) const CHUNK_SIGNATURE: &str = ";chunk-signature=";
const SIGNATURE_LENGTH: usize = 64;
const LINE_END: &[u8] = b"\r\n";

/// Bytes that are hashed before they are added to the checksum and copied.
///
/// The instructions of SHA-256 wait for each other. In steps this short, a processor does the rest
/// while they wait.
const STEP: usize = 256;
/// Bytes that are hashed before they are copied if there is no checksum.
const LONG_STEP: usize = 4096;
/// Most checksums of a step are fastest if it begins at an address that is a multiple of this.
const ALIGNMENT: usize = 16;

/// How a body is split into chunks, and the checksum of its trailer.
#[derive(Debug)]
pub struct ChunkedPayload {
    /// The length of the body before it is encoded, in bytes.
    pub length: u64,
    /// The size of each chunk except the last one, in bytes.
    pub chunk_size: usize,
    /// Whether each chunk and the trailer are signed.
    pub signed: bool,
    /// The checksum in the trailer.
    pub checksum: Option<Checksum>,
}

impl ChunkedPayload {
    /// Checks that S3 accepts it.
    ///
    /// # Errors
    ///
    /// The chunks are too small, the body is too long, or there is neither a signature nor a checksum.
    pub fn check(&self) -> Result<(), SigningError> {
        if self.chunk_size < LEAST_CHUNK_SIZE {
            return Err(SigningError::request(
                "chunk_size",
                format!("is less than {LEAST_CHUNK_SIZE} bytes, the least that S3 accepts"),
            ));
        }
        if self.encoded_length() > i64::MAX as u128 {
            return Err(SigningError::request("length", "is more than a request can have"));
        }
        if !self.signed && self.checksum.is_none() {
            return Err(SigningError::request(
                "trailer_checksum",
                "is missing: chunks that aren't signed need one, such as \"crc64nvme\"",
            ));
        }
        Ok(())
    }

    /// Refuses an unsigned body over http, where anyone on the way could replace it.
    ///
    /// # Errors
    ///
    /// The chunks are unsigned, the URL is not https, and the request has no header that asks for it.
    pub fn check_unsigned_over_http(&self, request: &Request<'_>) -> Result<(), SigningError> {
        if self.signed || !request.url().is_insecure() || request.is_payload_preset() {
            return Ok(());
        }
        Err(SigningError::request(
            "signed",
            "is False, and the body would be unsigned on an insecure connection: use https, leave signed \
             out so that each chunk is signed, or ask for it twice, also by the header \
             x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        ))
    }

    /// The literal that replaces the body's hash in the signature of the request.
    pub fn hashed_payload(&self) -> &'static str {
        match (self.signed, &self.checksum) {
            (true, None) => HashedPayload::STREAMING,
            (true, Some(_)) => HashedPayload::STREAMING_TRAILER,
            (false, _) => HashedPayload::STREAMING_UNSIGNED_TRAILER,
        }
    }

    /// The length of the encoded body, in bytes: the request's `Content-Length`.
    pub fn encoded_length(&self) -> u128 {
        let (length, chunk_size) = (u128::from(self.length), self.chunk_size as u128);
        let line = |size: u128| line_length(size, self.signed) as u128;
        let chunk = |size: u128| line(size) + size + LINE_END.len() as u128;
        let last = match length % chunk_size {
            0 => 0,
            size => chunk(size),
        };
        let trailer = self.checksum.as_ref().map_or(0, |checksum| {
            let name = header::TRAILER_SIGNATURE.len() + 1;
            let signature = if self.signed { name + SIGNATURE_LENGTH + 2 } else { 0 };
            checksum.header().len() + 1 + checksum.value_length() + 2 + signature
        });
        length / chunk_size * chunk(chunk_size) + last + line(0) + trailer as u128 + 2
    }
}

/// The length of the line before a chunk, in bytes.
fn line_length(chunk_size: u128, signed: bool) -> usize {
    let digits = (u128::BITS - chunk_size.leading_zeros()).div_ceil(4).max(1) as usize;
    let signature = if signed { CHUNK_SIGNATURE.len() + SIGNATURE_LENGTH } else { 0 };
    digits + signature + LINE_END.len()
}

/// Encodes a body chunk by chunk. Keeps only the last signature.
#[derive(Debug)]
pub struct ChunkedEncoder {
    signer: Option<ChunkSigner>,
    checksum: Option<Checksum>,
    remaining: u64,
}

impl ChunkedEncoder {
    /// Continues from the signature of the request that carries the body.
    ///
    /// # Errors
    ///
    /// The signature is a SigV4a signature, whose chunks this crate doesn't sign.
    pub fn new(
        payload: ChunkedPayload,
        signing_key: Arc<SigningKey>,
        scope: &CredentialScope<'_>,
        seed_signature: &Signature,
    ) -> Result<Self, SigningError> {
        if payload.signed && scope.region_set().is_some() {
            return Err(SigningError::request(
                "algorithm",
                "is SigV4a, with which chunks can't be signed here: pass signed=False to chunked(), \
                 or algorithm=\"AWS4-HMAC-SHA256\" to the signer",
            ));
        }
        let signer =
            payload.signed.then(|| ChunkSigner::new(signing_key, scope, seed_signature.to_text()));
        Ok(Self { signer, checksum: payload.checksum, remaining: payload.length })
    }

    /// The length of an encoded chunk, in bytes.
    pub fn encoded_length(&self, chunk: &[u8]) -> usize {
        line_length(chunk.len() as u128, self.signer.is_some()) + chunk.len() + LINE_END.len()
    }

    /// Encodes the next chunk, which must not be empty.
    ///
    /// # Errors
    ///
    /// The body is longer than the given length.
    pub fn encode(&mut self, chunk: &[u8]) -> Result<Vec<u8>, SigningError> {
        let mut encoded = vec![0; self.encoded_length(chunk)];
        self.encode_into(chunk, &mut encoded)?;
        Ok(encoded)
    }

    /// Encodes the next chunk, which must not be empty, into exactly [`Self::encoded_length`] bytes.
    ///
    /// # Errors
    ///
    /// The body is longer than the given length.
    pub(crate) fn encode_into(
        &mut self,
        chunk: &[u8],
        encoded: &mut [u8],
    ) -> Result<(), SigningError> {
        self.remaining = self.remaining.checked_sub(chunk.len() as u64).ok_or_else(|| {
            SigningError::request("stream", "is longer than length: pass its length in bytes")
        })?;
        let (before, end) = encoded.split_at_mut(encoded.len() - LINE_END.len());
        let (line, mut content) = before.split_at_mut(before.len() - chunk.len());
        let mut hasher = self.signer.is_some().then(ContentHasher::new);
        absorb(chunk, hasher.as_mut(), self.checksum.as_mut(), |step| {
            let (copy, rest) = mem::take(&mut content).split_at_mut(step.len());
            copy.copy_from_slice(step);
            content = rest;
        });
        let hash = hasher.map(ContentHasher::finish);
        line.copy_from_slice(self.line(chunk.len(), hash)?.as_bytes());
        end.copy_from_slice(LINE_END);
        Ok(())
    }

    /// Encodes the end of the body.
    ///
    /// # Errors
    ///
    /// The body is shorter than the given length.
    pub fn finish(mut self) -> Result<Vec<u8>, SigningError> {
        if self.remaining > 0 {
            return Err(SigningError::request(
                "stream",
                format!("ends {} bytes before length: pass its length in bytes", self.remaining),
            ));
        }
        let hash = self.signer.is_some().then(|| ContentHasher::new().finish());
        let mut encoded = self.line(0, hash)?.into_bytes();
        if let Some(checksum) = self.checksum.take() {
            let header = checksum.header();
            let value = checksum.finish();
            encoded.extend_from_slice(format!("{header}:{value}\r\n").as_bytes());
            if let Some(signer) = &mut self.signer {
                let signature = signer.sign_trailer(&format!("{header}:{value}\n"))?;
                let line = format!("{}:{signature}\r\n", header::TRAILER_SIGNATURE);
                encoded.extend_from_slice(line.as_bytes());
            }
        }
        encoded.extend_from_slice(b"\r\n");
        Ok(encoded)
    }

    /// Returns the line before a chunk, with the signature of its hash.
    fn line(&mut self, size: usize, hash: Option<Sha256Output>) -> Result<String, SigningError> {
        match (&mut self.signer, hash) {
            (Some(signer), Some(hash)) => {
                Ok(format!("{size:x}{CHUNK_SIGNATURE}{}\r\n", signer.sign_chunk(&hash)?))
            }
            _ => Ok(format!("{size:x}\r\n")),
        }
    }
}

/// Adds the content of a chunk to its hash and to the checksum of the body, and passes on each step.
pub(super) fn absorb(
    content: &[u8],
    hasher: Option<&mut ContentHasher>,
    checksum: Option<&mut Checksum>,
    mut pass_on: impl FnMut(&[u8]),
) {
    match (hasher, checksum) {
        (Some(hasher), Some(checksum)) => {
            let unaligned = content.as_ptr().align_offset(ALIGNMENT).min(content.len());
            let (start, rest) = content.split_at(unaligned);
            checksum.update(start);
            // `rest` has as many steps as `content`, or one less.
            let mut rest = rest.chunks(STEP);
            for step in content.chunks(STEP) {
                hasher.update(step);
                checksum.update(rest.next().unwrap_or_default());
                pass_on(step);
            }
        }
        (Some(hasher), None) => {
            for step in content.chunks(LONG_STEP) {
                hasher.update(step);
                pass_on(step);
            }
        }
        (None, Some(checksum)) => {
            for step in content.chunks(LONG_STEP) {
                checksum.update(step);
                pass_on(step);
            }
        }
        (None, None) => pass_on(content),
    }
}

/// Signs or verifies the chunks of a body in order.
#[derive(Debug)]
pub(super) struct ChunkSigner {
    signing_key: Arc<SigningKey>,
    time_and_scope: String,
    previous_signature: String,
}

impl ChunkSigner {
    pub(super) fn new(
        signing_key: Arc<SigningKey>,
        scope: &CredentialScope<'_>,
        seed_signature: String,
    ) -> Self {
        let mut time_and_scope = format!("{}\n", scope.time.as_str());
        scope.write(&mut time_and_scope);
        Self { signing_key, time_and_scope, previous_signature: seed_signature }
    }

    fn sign_chunk(&mut self, hash: &Sha256Output) -> Result<&str, SigningError> {
        self.sign(&self.string_to_sign_of_chunk(hash))
    }

    fn sign_trailer(&mut self, trailer: &str) -> Result<&str, SigningError> {
        self.sign(&self.string_to_sign_of_trailer(trailer))
    }

    /// Whether this is the signature of the next chunk, which has this hash.
    pub(super) fn verify_chunk(&mut self, hash: &Sha256Output, signature: &str) -> bool {
        self.verify(&self.string_to_sign_of_chunk(hash), signature)
    }

    /// Whether this is the signature of the trailer, which follows the last chunk.
    pub(super) fn verify_trailer(&mut self, trailer: &str, signature: &str) -> bool {
        self.verify(&self.string_to_sign_of_trailer(trailer), signature)
    }

    fn sign(&mut self, string_to_sign: &str) -> Result<&str, SigningError> {
        let signature = self.signing_key.sign(string_to_sign)?;
        self.previous_signature.clear();
        signature.write(&mut self.previous_signature);
        Ok(&self.previous_signature)
    }

    fn verify(&mut self, string_to_sign: &str, signature: &str) -> bool {
        signature.clone_into(&mut self.previous_signature);
        self.signing_key.verify(string_to_sign, &Signature::bytes_of(signature))
    }

    fn string_to_sign_of_chunk(&self, hash: &Sha256Output) -> String {
        let hash = HexDigits::of(hash);
        let hashes = [HashedPayload::EMPTY_SHA256, "\n", hash.as_str()];
        self.string_to_sign("AWS4-HMAC-SHA256-PAYLOAD", &hashes)
    }

    fn string_to_sign_of_trailer(&self, trailer: &str) -> String {
        let hash = HexDigits::of_sha256(trailer.as_bytes());
        self.string_to_sign("AWS4-HMAC-SHA256-TRAILER", &[hash.as_str()])
    }

    fn string_to_sign(&self, algorithm: &str, hashes: &[&str]) -> String {
        let Self { time_and_scope, previous_signature, .. } = self;
        let mut text = String::with_capacity(384);
        for line in [algorithm, time_and_scope, previous_signature] {
            text.push_str(line);
            text.push('\n');
        }
        text.extend(hashes.iter().copied());
        text
    }
}
