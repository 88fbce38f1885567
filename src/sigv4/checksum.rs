//! The checksums that S3 takes in a trailer.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::error::SigningError;

/// A checksum of a body that arrives in pieces.
pub struct Checksum {
    algorithm: Algorithm,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

enum State {
    Crc(crc_fast::Digest),
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Checksum {
    /// Begins a checksum by its name: `crc32`, `crc32c`, `crc64nvme`, `sha1` or `sha256`.
    ///
    /// # Errors
    ///
    /// S3 takes none of that name.
    pub fn new(name: &str) -> Result<Self, SigningError> {
        let crc = |algorithm| State::Crc(crc_fast::Digest::new(algorithm));
        let (algorithm, state) = match name {
            "crc32" => (Algorithm::Crc32, crc(CrcAlgorithm::Crc32IsoHdlc)),
            "crc32c" => (Algorithm::Crc32c, crc(CrcAlgorithm::Crc32Iscsi)),
            "crc64nvme" => (Algorithm::Crc64Nvme, crc(CrcAlgorithm::Crc64Nvme)),
            "sha1" => (Algorithm::Sha1, State::Sha1(Sha1::new())),
            "sha256" => (Algorithm::Sha256, State::Sha256(Sha256::new())),
            _ => {
                return Err(SigningError::request(
                    "trailer_checksum",
                    "is unknown: pass crc32, crc32c, crc64nvme, sha1 or sha256",
                ));
            }
        };
        Ok(Self { algorithm, state })
    }

    /// The lowercase name of the header or trailer that carries it.
    pub fn header(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Crc32 => "x-amz-checksum-crc32",
            Algorithm::Crc32c => "x-amz-checksum-crc32c",
            Algorithm::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Algorithm::Sha1 => "x-amz-checksum-sha1",
            Algorithm::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// How many characters its value has.
    pub fn value_length(&self) -> usize {
        let bytes: usize = match self.algorithm {
            Algorithm::Crc32 | Algorithm::Crc32c => 4,
            Algorithm::Crc64Nvme => 8,
            Algorithm::Sha1 => 20,
            Algorithm::Sha256 => 32,
        };
        bytes.div_ceil(3) * 4
    }

    /// Adds the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        match &mut self.state {
            State::Crc(crc) => crc.update(piece),
            State::Sha1(sha1) => sha1.update(piece),
            State::Sha256(sha256) => sha256.update(piece),
        }
    }

    /// The value of the header: the checksum's big-endian bytes in Base64.
    pub fn finish(self) -> String {
        match self.state {
            State::Crc(crc) => {
                let sum = crc.finalize().to_be_bytes();
                match self.algorithm {
                    Algorithm::Crc64Nvme => STANDARD.encode(sum),
                    _ => STANDARD.encode(&sum[4..]),
                }
            }
            State::Sha1(sha1) => STANDARD.encode(sha1.finalize()),
            State::Sha256(sha256) => STANDARD.encode(sha256.finalize()),
        }
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checksum").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}
