//! The last line of the canonical request, which represents the body.

use std::borrow::Cow;
use std::fmt;

use ring::digest;
use sha2::{Digest, Sha256};

use super::error::SigningError;
use super::signature::{HexDigits, Sha256Output};

/// A hash of the body, or a literal that AWS defines, such as `UNSIGNED-PAYLOAD`.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashedPayload(Cow<'static, str>);

impl HashedPayload {
    /// The hash of an empty body, as text.
    pub const EMPTY_SHA256: &'static str =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    /// The hash of an empty body.
    pub const EMPTY: Self = Self(Cow::Borrowed(Self::EMPTY_SHA256));
    /// The literal for a body that isn't signed, as text.
    pub const UNSIGNED_PAYLOAD: &'static str = "UNSIGNED-PAYLOAD";
    /// The literal for a body that isn't signed.
    pub const UNSIGNED: Self = Self(Cow::Borrowed(Self::UNSIGNED_PAYLOAD));

    /// The literal for signed chunks.
    pub const STREAMING: &'static str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    /// The literal for signed chunks with a signed trailer.
    pub const STREAMING_TRAILER: &'static str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
    /// The literal for unsigned chunks with an unsigned trailer.
    pub const STREAMING_UNSIGNED_TRAILER: &'static str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    /// The literal for a stream of signed events.
    pub const STREAMING_EVENTS: &'static str = "STREAMING-AWS4-HMAC-SHA256-EVENTS";
    const LITERALS: [&'static str; 5] = [
        Self::UNSIGNED_PAYLOAD,
        Self::STREAMING,
        Self::STREAMING_TRAILER,
        Self::STREAMING_UNSIGNED_TRAILER,
        Self::STREAMING_EVENTS,
    ];

    /// Hashes a body that is in memory.
    pub fn of(body: &[u8]) -> Self {
        if body.is_empty() {
            return Self::EMPTY;
        }
        Self::from_hash(Sha256::digest(body).into())
    }

    /// Reads a lowercase hexadecimal hash, or a literal that AWS defines.
    ///
    /// # Errors
    ///
    /// `text` is neither of them.
    pub fn parse(text: &str) -> Result<Self, SigningError> {
        if let Some(literal) = Self::LITERALS.iter().find(|literal| **literal == text) {
            return Ok(Self(Cow::Borrowed(literal)));
        }
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 64 && text.bytes().fold(true, |hex, byte| hex & is_digit(byte)) {
            return Ok(Self(Cow::Owned(text.to_owned())));
        }
        Err(SigningError::request(
            "payload hash",
            "is not the 64 lowercase hexadecimal digits of a SHA-256, nor UNSIGNED-PAYLOAD or \
             another literal that AWS defines",
        ))
    }

    fn from_hash(hash: Sha256Output) -> Self {
        Self(Cow::Owned(HexDigits::of(&hash).as_str().to_owned()))
    }

    /// Whether the body isn't signed: `UNSIGNED-PAYLOAD`, or unsigned chunks.
    pub fn is_unsigned(&self) -> bool {
        matches!(self.as_str(), Self::UNSIGNED_PAYLOAD | Self::STREAMING_UNSIGNED_TRAILER)
    }

    /// Whether it is a hash rather than a literal.
    pub fn is_hash(&self) -> bool {
        !Self::LITERALS.contains(&self.as_str())
    }

    /// Whether the body is encoded as chunks or events.
    pub fn is_streamed(&self) -> bool {
        self.as_str().starts_with("STREAMING-")
    }

    /// The text that is signed, and sent as `x-amz-content-sha256`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Hashes a body that arrives in pieces.
#[derive(Clone, Debug, Default)]
pub struct PayloadHasher(Option<Sha256>);

impl PayloadHasher {
    /// Adds the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        if !piece.is_empty() {
            self.0.get_or_insert_default().update(piece);
        }
    }

    /// Returns the hash of all pieces.
    pub fn finish(self) -> HashedPayload {
        self.0.map_or(HashedPayload::EMPTY, |hasher| {
            HashedPayload::from_hash(hasher.finalize().into())
        })
    }
}

/// Hashes the content of a chunk.
///
/// With ring, because verifying chunks took longer with sha2: see CONTRIBUTING.md.
pub(super) struct ContentHasher(digest::Context);

impl ContentHasher {
    pub(super) fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    /// Adds the next piece.
    pub(super) fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// Returns the hash of all pieces.
    pub(super) fn finish(self) -> Sha256Output {
        let mut hash = Sha256Output::default();
        hash.copy_from_slice(self.0.finish().as_ref());
        hash
    }
}

impl fmt::Debug for ContentHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentHasher { .. }")
    }
}
