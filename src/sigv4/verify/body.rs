//! Verifies the body of a request while it is read.

use std::borrow::Cow;
use std::sync::Arc;

use super::Identity;
use super::arrived::{ArrivedSignature, one_header, one_parameter, text_of};
use super::chunks::{ChunkedDecoder, Chunks};
use super::error::VerificationError;
use crate::sigv4::headers::{Header, length};
use crate::sigv4::names::{header, parameter};
use crate::sigv4::payload::{HashedPayload, PayloadHasher};
use crate::sigv4::service::ServiceRules;
use crate::sigv4::signing_key::SigningKey;
use crate::sigv4::uri::Url;

/// The payload that the request states.
#[derive(Clone, Debug)]
pub(super) struct Payload {
    /// The last line of the canonical request, if the request contains it.
    stated: Option<HashedPayload>,
    chunks: Option<Chunks>,
}

impl Payload {
    pub(super) fn read(
        arrived: &ArrivedSignature<'_>,
        service: &ServiceRules,
        url: &Url<'_>,
        headers: &[Header<'_>],
    ) -> Result<Self, VerificationError> {
        let is_presigned = arrived.expires_in.is_some();
        let mut stated =
            one_header(header::CONTENT_SHA256, headers)?.map(|value| text_of(value.trim_ascii()));
        if is_presigned
            && let Some(parameter) = one_parameter(parameter::CONTENT_SHA256, url)?
            && stated.replace(parameter.clone()).is_some_and(|header| header != parameter)
        {
            return Err(VerificationError::RepeatedField(parameter::CONTENT_SHA256));
        }
        let stated = match stated {
            Some(stated) => Some(
                HashedPayload::parse(&stated).map_err(|_| VerificationError::UnsupportedPayload)?,
            ),
            None if is_presigned && service.presigns_unsigned_payload => {
                Some(HashedPayload::UNSIGNED)
            }
            None => None,
        };
        let chunks = match &stated {
            Some(stated) if stated.is_streamed() => {
                Some(Chunks::read(stated, arrived.algorithm, service, headers)?)
            }
            _ => None,
        };
        Ok(Self { stated, chunks })
    }

    /// The payload hash or literal of the request, if it has one.
    pub(super) fn stated(&self) -> Option<&HashedPayload> {
        self.stated.as_ref()
    }
}

/// The length of the decoded body that the headers declare, in bytes.
pub(super) fn declared_length(headers: &[Header<'_>]) -> Option<u64> {
    let is_length = |header: &&Header<'_>| {
        header.is("content-length") || header.is(header::DECODED_CONTENT_LENGTH)
    };
    // The encoding of chunks makes a body longer.
    headers.iter().filter(is_length).filter_map(|header| length(header.value())).min()
}

/// Verifies a body while it is read. Keeps at most one chunk of it.
#[derive(Debug)]
pub struct BodyVerifier {
    identity: Arc<Identity>,
    string_to_sign: Arc<str>,
    hashed_payload: HashedPayload,
    reader: Reader,
}

#[derive(Debug)]
enum Reader {
    Whole(PayloadHasher),
    Unsigned,
    Chunked(Box<ChunkedDecoder>),
}

impl BodyVerifier {
    pub(super) fn new(
        identity: Arc<Identity>,
        string_to_sign: Arc<str>,
        payload: &Payload,
        hashed_payload: HashedPayload,
        signing_key: Arc<SigningKey>,
        signature: &[u8],
    ) -> Self {
        let reader = match &payload.chunks {
            Some(chunks) => {
                let seed_signature = hex::encode(signature);
                let scope = identity.scope();
                Reader::Chunked(chunks.decoder(signing_key, &scope, seed_signature).into())
            }
            None if hashed_payload.is_unsigned() => Reader::Unsigned,
            None => Reader::Whole(PayloadHasher::default()),
        };
        Self { identity, string_to_sign, hashed_payload, reader }
    }

    /// Who signed the request.
    pub fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// The text that was signed. It identifies a replay; a SigV4a signature doesn't, because a text
    /// has several valid ones.
    pub fn string_to_sign(&self) -> &Arc<str> {
        &self.string_to_sign
    }

    /// Whether the body is in chunks, so that [`BodyVerifier::feed`] returns other bytes than it gets.
    pub fn is_streamed(&self) -> bool {
        matches!(self.reader, Reader::Chunked(_))
    }

    /// Whether the signature covers the body.
    pub fn is_signed(&self) -> bool {
        !self.hashed_payload.is_unsigned()
    }

    /// Reads the next piece, and returns the decoded bytes.
    ///
    /// The bytes of signed chunks are verified. Those of other bodies are verified by
    /// [`BodyVerifier::finish`].
    ///
    /// # Errors
    ///
    /// A chunk is malformed or has a wrong signature. Don't call this or `finish` after an error.
    pub fn feed<'a>(&mut self, data: &'a [u8]) -> Result<Cow<'a, [u8]>, VerificationError> {
        match &mut self.reader {
            Reader::Whole(hasher) => hasher.update(data),
            Reader::Unsigned => {}
            Reader::Chunked(decoder) => return decoder.feed(data),
        }
        Ok(Cow::Borrowed(data))
    }

    /// Verifies the body after its last piece.
    ///
    /// # Errors
    ///
    /// The body is not the signed one, or is incomplete.
    pub fn finish(self) -> Result<(), VerificationError> {
        match self.reader {
            Reader::Whole(hasher) => {
                let is_same = hasher.finish() == self.hashed_payload;
                if is_same { Ok(()) } else { Err(VerificationError::BodyMismatch) }
            }
            Reader::Unsigned => Ok(()),
            Reader::Chunked(decoder) => decoder.finish(),
        }
    }
}
