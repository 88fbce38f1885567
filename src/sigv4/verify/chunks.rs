//! Decodes and verifies a body in chunks while it is read.
//!
//! [`crate::sigv4::chunked`] describes the format. A signed chunk is kept until its signature has
//! been verified; unsigned chunks are not kept.

use std::borrow::Cow;
use std::mem;
use std::sync::Arc;

use super::arrived::one_header;
use super::error::VerificationError;
use crate::sigv4::checksum::{Checksum, shown_name};
use crate::sigv4::chunked::{CHUNK_SIGNATURE, ChunkSigner, absorb};
use crate::sigv4::headers::Header;
use crate::sigv4::names::header;
use crate::sigv4::payload::{ContentHasher, HashedPayload};
use crate::sigv4::scope::{Algorithm, CredentialScope};
use crate::sigv4::service::ServiceRules;
use crate::sigv4::signing_key::SigningKey;

/// The limit of a signed chunk in bytes, because it is kept until it is verified.
const LARGEST_CHUNK: u64 = 16 * 1024 * 1024;
/// The limit of a line before a chunk or in the trailer, in bytes.
const LONGEST_LINE: usize = 1024;
const MOST_SIZE_DIGITS: usize = 16;

/// What the headers of the request state about its chunks.
#[derive(Clone, Debug)]
pub(super) struct Chunks {
    is_signed: bool,
    /// The length of the decoded body in bytes.
    length: u64,
    /// The name of the checksum in the trailer.
    checksum: Option<String>,
}

impl Chunks {
    pub(super) fn read(
        payload: &HashedPayload,
        algorithm: Algorithm,
        service: &ServiceRules,
        headers: &[Header<'_>],
    ) -> Result<Self, VerificationError> {
        let (is_signed, has_trailer) = match payload.as_str() {
            HashedPayload::STREAMING => (true, false),
            HashedPayload::STREAMING_TRAILER => (true, true),
            HashedPayload::STREAMING_UNSIGNED_TRAILER => (false, true),
            _ => return Err(VerificationError::UnsupportedPayload),
        };
        // AWS doesn't document SigV4a chunks.
        if (is_signed && algorithm != Algorithm::HmacSha256) || !service.is_s3 {
            return Err(VerificationError::UnsupportedPayload);
        }
        let length = one_header(header::DECODED_CONTENT_LENGTH, headers)?
            .and_then(|value| str::from_utf8(value).ok())
            .filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|value| value.parse().ok())
            .ok_or(VerificationError::MissingContentLength)?;
        let trailer = one_header(header::TRAILER, headers)?;
        let checksum = match (trailer, has_trailer) {
            (None, false) => None,
            (Some(name), true) => Some(checksum_name(name)?),
            _ => return Err(VerificationError::MalformedTrailer),
        };
        Ok(Self { is_signed, length, checksum })
    }

    pub(super) fn decoder(
        &self,
        signing_key: Arc<SigningKey>,
        scope: &CredentialScope<'_>,
        seed_signature: String,
    ) -> ChunkedDecoder {
        ChunkedDecoder {
            signer: self.is_signed.then(|| ChunkSigner::new(signing_key, scope, seed_signature)),
            trailer: self.checksum.as_deref().and_then(Trailer::new),
            remaining: self.length,
            state: State::Size,
            line: Vec::new(),
            chunk: Vec::new(),
            hasher: ContentHasher::new(),
            chunk_signature: String::new(),
        }
    }
}

/// Returns the `crc32` of `x-amz-checksum-crc32`. The trailer of S3 is one checksum.
fn checksum_name(header: &[u8]) -> Result<String, VerificationError> {
    let name = str::from_utf8(header.trim_ascii())
        .ok()
        .map(str::to_ascii_lowercase)
        .and_then(|header| header.strip_prefix(header::CHECKSUM_PREFIX).map(str::to_owned))
        .ok_or(VerificationError::MalformedTrailer)?;
    if Checksum::new(&name).is_ok() {
        return Ok(name);
    }
    match shown_name(&name) {
        Some(name) => Err(VerificationError::UnsupportedChecksum(name.to_owned())),
        None => Err(VerificationError::MalformedTrailer),
    }
}

/// Decodes chunks.
#[derive(Debug)]
pub(super) struct ChunkedDecoder {
    signer: Option<ChunkSigner>,
    trailer: Option<Trailer>,
    /// The length of the chunks to come, in bytes.
    remaining: u64,
    state: State,
    /// The part of a line that has been read.
    line: Vec<u8>,
    /// The part of a signed chunk that has been read.
    chunk: Vec<u8>,
    /// Has absorbed that part.
    hasher: ContentHasher,
    chunk_signature: String,
}

/// What the decoder reads next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The line before a chunk.
    Size,
    /// The rest of a chunk, of this many bytes.
    Content(u64),
    /// The empty line after it.
    LineEnd,
    /// The trailer, or the empty line that ends the body.
    Trailer,
    /// The rest of a line break `\n\r\n` after the checksum.
    TrailerLineEnd,
    /// Nothing.
    End,
}

impl ChunkedDecoder {
    /// Returns the decoded bytes: a part of `data` if they are next to each other in it, or else a copy.
    pub(super) fn feed<'a>(
        &mut self,
        mut data: &'a [u8],
    ) -> Result<Cow<'a, [u8]>, VerificationError> {
        let mut decoded = Cow::Borrowed(&[][..]);
        while !data.is_empty() {
            data = match self.state {
                State::Content(left) => {
                    let end = usize::try_from(left).unwrap_or(usize::MAX).min(data.len());
                    let (piece, rest) = data.split_at(end);
                    self.read_content(piece, left, &mut decoded)?;
                    rest
                }
                State::End => {
                    return Err(VerificationError::MalformedChunk("bytes follow its end"));
                }
                State::Size | State::LineEnd | State::Trailer | State::TrailerLineEnd => {
                    let line_end = data.iter().position(|byte| *byte == b'\n');
                    let (piece, rest) = data.split_at(line_end.map_or(data.len(), |end| end + 1));
                    if self.line.len() + piece.len() > LONGEST_LINE {
                        return Err(VerificationError::MalformedChunk("a line is too long"));
                    }
                    self.line.extend_from_slice(piece);
                    if line_end.is_some() {
                        let line = mem::take(&mut self.line);
                        self.read_line(&line)?;
                    }
                    rest
                }
            };
        }
        Ok(decoded)
    }

    pub(super) fn finish(self) -> Result<(), VerificationError> {
        if self.state == State::End { Ok(()) } else { Err(VerificationError::IncompleteBody) }
    }

    fn read_content<'a>(
        &mut self,
        piece: &'a [u8],
        left: u64,
        decoded: &mut Cow<'a, [u8]>,
    ) -> Result<(), VerificationError> {
        let left = left - piece.len() as u64;
        self.state = if left == 0 { State::LineEnd } else { State::Content(left) };
        let hasher = self.signer.is_some().then_some(&mut self.hasher);
        let checksum = self.trailer.as_mut().map(|trailer| &mut trailer.checksum);
        absorb(piece, hasher, checksum, |_| ());
        let Some(signer) = &mut self.signer else {
            append(decoded, Cow::Borrowed(piece));
            return Ok(());
        };
        if left > 0 {
            self.chunk.extend_from_slice(piece);
            return Ok(());
        }
        let hash = mem::replace(&mut self.hasher, ContentHasher::new()).finish();
        if !signer.verify_chunk(&hash, &self.chunk_signature) {
            return Err(VerificationError::ChunkMismatch);
        }
        if self.chunk.is_empty() {
            append(decoded, Cow::Borrowed(piece));
        } else {
            self.chunk.extend_from_slice(piece);
            append(decoded, Cow::Owned(mem::take(&mut self.chunk)));
        }
        Ok(())
    }

    fn read_line(&mut self, line: &[u8]) -> Result<(), VerificationError> {
        let text = |line| str::from_utf8(line).ok();
        let Some(line) = line.strip_suffix(b"\r\n").and_then(text) else {
            // minio-go also sends the line feed that is signed. S3 and MinIO accept it.
            if self.state == State::Trailer
                && let Some(trailer) = &mut self.trailer
                && let Some(line) = line.strip_suffix(b"\n").and_then(text)
            {
                self.state = State::TrailerLineEnd;
                return trailer.read(line);
            }
            return Err(VerificationError::MalformedChunk("a line doesn't end with CR and LF"));
        };
        match self.state {
            State::TrailerLineEnd if line.is_empty() => {
                self.state = State::Trailer;
                Ok(())
            }
            State::Size => self.read_size(line),
            State::LineEnd if line.is_empty() => {
                self.state = State::Size;
                Ok(())
            }
            State::Trailer => self.read_trailer(line),
            _ => Err(VerificationError::MalformedChunk("a chunk is longer than its size")),
        }
    }

    fn read_size(&mut self, line: &str) -> Result<(), VerificationError> {
        let size = match (&self.signer, line.split_once(CHUNK_SIGNATURE)) {
            (None, None) => line,
            (Some(_), Some((size, signature))) => {
                signature.clone_into(&mut self.chunk_signature);
                size
            }
            _ => {
                return Err(VerificationError::MalformedChunk(
                    "a chunk signature is missing or unexpected",
                ));
            }
        };
        let is_number = (1..=MOST_SIZE_DIGITS).contains(&size.len())
            && size.bytes().all(|byte| byte.is_ascii_hexdigit());
        let size = is_number
            .then(|| u64::from_str_radix(size, 16).ok())
            .flatten()
            .ok_or(VerificationError::MalformedChunk("a size is not a hexadecimal number"))?;
        self.remaining =
            self.remaining.checked_sub(size).ok_or(VerificationError::IncompleteBody)?;
        let Some(signer) = &mut self.signer else {
            return self.begin_chunk(size);
        };
        if size > LARGEST_CHUNK {
            return Err(VerificationError::OversizedChunk);
        }
        if size == 0 {
            let hash = ContentHasher::new().finish();
            if !signer.verify_chunk(&hash, &self.chunk_signature) {
                return Err(VerificationError::ChunkMismatch);
            }
        }
        self.begin_chunk(size)
    }

    fn begin_chunk(&mut self, size: u64) -> Result<(), VerificationError> {
        if size > 0 {
            self.state = State::Content(size);
        } else if self.remaining > 0 {
            return Err(VerificationError::IncompleteBody);
        } else {
            self.state = State::Trailer;
        }
        Ok(())
    }

    fn read_trailer(&mut self, line: &str) -> Result<(), VerificationError> {
        if line.is_empty() {
            self.state = State::End;
            return self
                .trailer
                .take()
                .map_or(Ok(()), |trailer| trailer.finish(self.signer.is_some()));
        }
        let trailer = self.trailer.as_mut().ok_or(VerificationError::MalformedTrailer)?;
        let signature = line.strip_prefix(header::TRAILER_SIGNATURE);
        match (signature.and_then(|rest| rest.strip_prefix(':')), &mut self.signer) {
            (Some(signature), Some(signer)) => trailer.verify(signer, signature),
            _ => trailer.read(line),
        }
    }
}

/// Appends bytes, and copies them only if others are before them.
fn append<'a>(decoded: &mut Cow<'a, [u8]>, more: Cow<'a, [u8]>) {
    if decoded.is_empty() {
        *decoded = more;
    } else {
        decoded.to_mut().extend_from_slice(&more);
    }
}

/// The checksum of the body, and the value that the trailer has.
#[derive(Debug)]
struct Trailer {
    checksum: Checksum,
    value: Option<String>,
    is_verified: bool,
}

impl Trailer {
    fn new(name: &str) -> Option<Self> {
        let checksum = Checksum::new(name).ok()?;
        Some(Self { checksum, value: None, is_verified: false })
    }

    fn read(&mut self, line: &str) -> Result<(), VerificationError> {
        let (name, value) = line.split_once(':').ok_or(VerificationError::MalformedTrailer)?;
        let is_expected = name.eq_ignore_ascii_case(self.checksum.header());
        if !is_expected || self.value.replace(value.trim_matches(' ').to_owned()).is_some() {
            return Err(VerificationError::MalformedTrailer);
        }
        Ok(())
    }

    fn verify(
        &mut self,
        signer: &mut ChunkSigner,
        signature: &str,
    ) -> Result<(), VerificationError> {
        let value = self.value.as_ref().ok_or(VerificationError::MalformedTrailer)?;
        if mem::replace(&mut self.is_verified, true) {
            return Err(VerificationError::MalformedTrailer);
        }
        let trailer = format!("{}:{value}\n", self.checksum.header());
        if signer.verify_trailer(&trailer, signature) {
            return Ok(());
        }
        Err(VerificationError::ChunkMismatch)
    }

    fn finish(self, is_signed: bool) -> Result<(), VerificationError> {
        let header = self.checksum.header();
        match self.value {
            Some(value) if self.is_verified == is_signed => {
                if value == self.checksum.finish() {
                    return Ok(());
                }
                Err(VerificationError::ChecksumMismatch(header))
            }
            _ => Err(VerificationError::MalformedTrailer),
        }
    }
}
