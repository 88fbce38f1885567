//! The checksums that S3 takes in a trailer.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::error::SigningError;

/// A checksum of a body that arrives in pieces.
pub enum Checksum {
    /// CRC-32, of ISO-HDLC.
    Crc32(crc32fast::Hasher),
    /// CRC-32C, of iSCSI: the sum of what has arrived.
    Crc32c(u32),
    /// CRC-64, of `NVMe`.
    Crc64Nvme(Box<crc64fast_nvme::Digest>),
    /// SHA-1.
    Sha1(Sha1),
    /// SHA-256.
    Sha256(Sha256),
}

impl Checksum {
    /// Begins a checksum by its name: `crc32`, `crc32c`, `crc64nvme`, `sha1` or `sha256`.
    ///
    /// # Errors
    ///
    /// S3 takes none of that name.
    pub fn new(name: &str) -> Result<Self, SigningError> {
        match name {
            "crc32" => Ok(Self::Crc32(crc32fast::Hasher::new())),
            "crc32c" => Ok(Self::Crc32c(0)),
            "crc64nvme" => Ok(Self::Crc64Nvme(Box::default())),
            "sha1" => Ok(Self::Sha1(Sha1::new())),
            "sha256" => Ok(Self::Sha256(Sha256::new())),
            _ => Err(SigningError::request(
                "trailer_checksum",
                "is unknown: pass crc32, crc32c, crc64nvme, sha1 or sha256",
            )),
        }
    }

    /// The lowercase name of the header or trailer that carries it.
    pub fn header(&self) -> &'static str {
        match self {
            Self::Crc32(_) => "x-amz-checksum-crc32",
            Self::Crc32c(_) => "x-amz-checksum-crc32c",
            Self::Crc64Nvme(_) => "x-amz-checksum-crc64nvme",
            Self::Sha1(_) => "x-amz-checksum-sha1",
            Self::Sha256(_) => "x-amz-checksum-sha256",
        }
    }

    /// How many characters its value has.
    pub fn value_length(&self) -> usize {
        let bytes: usize = match self {
            Self::Crc32(_) | Self::Crc32c(_) => 4,
            Self::Crc64Nvme(_) => 8,
            Self::Sha1(_) => 20,
            Self::Sha256(_) => 32,
        };
        bytes.div_ceil(3) * 4
    }

    /// Adds the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        match self {
            Self::Crc32(crc) => crc.update(piece),
            Self::Crc32c(sum) => *sum = crc32c::crc32c_append(*sum, piece),
            Self::Crc64Nvme(crc) => crc.write(piece),
            Self::Sha1(sha1) => sha1.update(piece),
            Self::Sha256(sha256) => sha256.update(piece),
        }
    }

    /// The value of the header: the checksum's big-endian bytes in Base64.
    pub fn finish(self) -> String {
        match self {
            Self::Crc32(crc) => STANDARD.encode(crc.finalize().to_be_bytes()),
            Self::Crc32c(sum) => STANDARD.encode(sum.to_be_bytes()),
            Self::Crc64Nvme(crc) => STANDARD.encode(crc.sum64().to_be_bytes()),
            Self::Sha1(sha1) => STANDARD.encode(sha1.finalize()),
            Self::Sha256(sha256) => STANDARD.encode(sha256.finalize()),
        }
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checksum").field("header", &self.header()).finish_non_exhaustive()
    }
}
