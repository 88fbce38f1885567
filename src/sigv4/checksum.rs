//! The checksums that S3 accepts in a trailer.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

use std::fmt;
use std::hash::Hasher;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use twox_hash::{XxHash3_64, XxHash3_128, XxHash64};

use super::error::SigningError;
use super::headers::is_token;

/// The longest unknown name that a message shows, in characters.
const LONGEST_SHOWN_NAME: usize = 32;

/// A checksum of a body that arrives in pieces.
pub struct Checksum {
    header: &'static str,
    /// In bytes.
    size: usize,
    state: State,
}

/// The checksum of the pieces so far.
enum State {
    /// ISO-HDLC.
    Crc32(crc32fast::Hasher),
    /// iSCSI: the sum so far.
    Crc32c(u32),
    /// `NVMe`.
    Crc64Nvme(Box<crc64fast_nvme::Digest>),
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Box<Sha512>),
    XxHash64(Box<XxHash64>),
    XxHash3(Box<XxHash3_64>),
    XxHash128(Box<XxHash3_128>),
}

impl Checksum {
    /// Creates a checksum from its lowercase name.
    ///
    /// # Errors
    ///
    /// S3 has no checksum of that name.
    pub fn new(name: &str) -> Result<Self, SigningError> {
        let (header, size, state) = match name {
            "crc32" => ("x-amz-checksum-crc32", 4, State::Crc32(crc32fast::Hasher::new())),
            "crc32c" => ("x-amz-checksum-crc32c", 4, State::Crc32c(0)),
            "crc64nvme" => ("x-amz-checksum-crc64nvme", 8, State::Crc64Nvme(Box::default())),
            "md5" => ("x-amz-checksum-md5", 16, State::Md5(Md5::new())),
            "sha1" => ("x-amz-checksum-sha1", 20, State::Sha1(Sha1::new())),
            "sha256" => ("x-amz-checksum-sha256", 32, State::Sha256(Sha256::new())),
            "sha512" => ("x-amz-checksum-sha512", 64, State::Sha512(Box::default())),
            "xxhash64" => ("x-amz-checksum-xxhash64", 8, State::XxHash64(Box::default())),
            "xxhash3" => ("x-amz-checksum-xxhash3", 8, State::XxHash3(Box::default())),
            "xxhash128" => ("x-amz-checksum-xxhash128", 16, State::XxHash128(Box::default())),
            _ => {
                let name = shown_name(name).map(|name| format!(", not {name}"));
                return Err(SigningError::request(
                    "trailer_checksum",
                    format!(
                        "is unknown: pass crc32, crc32c, crc64nvme, md5, sha1, sha256, sha512, \
                         xxhash64, xxhash3 or xxhash128{}",
                        name.unwrap_or_default(),
                    ),
                ));
            }
        };
        Ok(Self { header, size, state })
    }

    /// The lowercase name of its header or trailer.
    pub fn header(&self) -> &'static str {
        self.header
    }

    /// The length of the header's value, in characters.
    pub fn value_length(&self) -> usize {
        self.size.div_ceil(3) * 4
    }

    /// Adds the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        match &mut self.state {
            State::Crc32(crc) => crc.update(piece),
            State::Crc32c(sum) => *sum = crc32c::crc32c_append(*sum, piece),
            State::Crc64Nvme(crc) => crc.write(piece),
            State::Md5(md5) => md5.update(piece),
            State::Sha1(sha1) => sha1.update(piece),
            State::Sha256(sha256) => sha256.update(piece),
            State::Sha512(sha512) => sha512.update(piece),
            State::XxHash64(hash) => hash.write(piece),
            State::XxHash3(hash) => hash.write(piece),
            State::XxHash128(hash) => hash.write(piece),
        }
    }

    /// Returns the header's value: the big-endian bytes of the checksum in Base64.
    pub fn finish(self) -> String {
        match self.state {
            State::Crc32(crc) => STANDARD.encode(crc.finalize().to_be_bytes()),
            State::Crc32c(sum) => STANDARD.encode(sum.to_be_bytes()),
            State::Crc64Nvme(crc) => STANDARD.encode(crc.sum64().to_be_bytes()),
            State::Md5(md5) => STANDARD.encode(md5.finalize()),
            State::Sha1(sha1) => STANDARD.encode(sha1.finalize()),
            State::Sha256(sha256) => STANDARD.encode(sha256.finalize()),
            State::Sha512(sha512) => STANDARD.encode(sha512.finalize()),
            State::XxHash64(hash) => STANDARD.encode(hash.finish().to_be_bytes()),
            State::XxHash3(hash) => STANDARD.encode(hash.finish().to_be_bytes()),
            State::XxHash128(hash) => STANDARD.encode(hash.finish_128().to_be_bytes()),
        }
    }
}

/// Returns an unknown name if a message may show it: if it is short, and a token of RFC 9110.
pub(super) fn shown_name(name: &str) -> Option<&str> {
    let is_plain = (1..=LONGEST_SHOWN_NAME).contains(&name.len()) && name.bytes().all(is_token);
    is_plain.then_some(name)
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checksum").field("header", &self.header).finish_non_exhaustive()
    }
}
