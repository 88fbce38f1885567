//! Bodies that signers hash instead of the one that is sent.

mod json;

use percent_encoding::percent_decode_str;

use super::causes::CauseCode;
use crate::sigv4::payload::HashedPayload;

/// The largest body, in bytes, that is serialized in other ways.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Hashes of other forms of a body, and the cause that each one shows.
pub(super) struct OtherBodies(Vec<(HashedPayload, CauseCode)>);

impl OtherBodies {
    /// Returns no hashes if the body is not available or too long.
    pub(super) fn of(body: Option<&[u8]>) -> Self {
        let body = body.unwrap_or_default();
        if body.is_empty() || body.len() > MAX_BODY_BYTES {
            return Self(Vec::new());
        }
        let with_line_end = |end: &[u8]| HashedPayload::of(&[body, end].concat());
        let spaced = [
            with_line_end(b"\n"),
            with_line_end(b"\r\n"),
            HashedPayload::of(body.trim_ascii_end()),
            HashedPayload::of(body.trim_ascii()),
        ];
        let spaced = spaced.into_iter().map(|hash| (hash, CauseCode::BodyWhiteSpace));
        let written = str::from_utf8(body).map(written_otherwise).unwrap_or_default();
        let written = written
            .into_iter()
            .map(|document| (HashedPayload::of(&document), CauseCode::BodyWrittenOtherwise));
        let own = HashedPayload::of(body);
        Self(spaced.chain(written).filter(|(hash, _)| *hash != own).collect())
    }

    pub(super) fn hashes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(hash, _)| hash.as_str())
    }

    /// Whether the body has other serializations, as JSON and forms have.
    pub(super) fn is_often_written_otherwise(&self) -> bool {
        self.0.iter().any(|(_, code)| *code == CauseCode::BodyWrittenOtherwise)
    }

    /// The cause that the signed and the expected payload hash show.
    pub(super) fn cause(&self, ours: &str, theirs: &str) -> CauseCode {
        match (ours, theirs) {
            (HashedPayload::UNSIGNED_PAYLOAD, _) => CauseCode::UnsignedPayloadRefused,
            (_, HashedPayload::UNSIGNED_PAYLOAD) => CauseCode::UnsignedPayloadExpected,
            (HashedPayload::EMPTY_SHA256, _) => CauseCode::BodyNotSigned,
            (_, HashedPayload::EMPTY_SHA256) => CauseCode::BodyMissing,
            _ => {
                let is_one = |hash: &str| hash == ours || hash == theirs;
                let other = self.0.iter().find(|(hash, _)| is_one(hash.as_str()));
                other.map_or(CauseCode::BodyChanged, |(_, code)| *code)
            }
        }
    }
}

/// Returns JSON of other serializers, an unencoded form, and text in Latin-1.
fn written_otherwise(text: &str) -> Vec<Vec<u8>> {
    let mut documents = json::rewritten(text);
    if text.contains(['%', '+']) {
        documents.push(percent_decode_str(text).collect());
        documents.push(percent_decode_str(&text.replace('+', " ")).collect());
    }
    let latin_1: Option<Vec<_>> = text.chars().map(|char| u8::try_from(char).ok()).collect();
    documents.extend(latin_1);
    documents
}
