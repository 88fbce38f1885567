//! Signatures in the messages of an event stream; each covers the previous one.
//!
//! ```text
//! message = total length, headers length, CRC-32 of both, headers, payload, CRC-32 of all
//! header  = length of name, name, type, value
//! signed  = message(":chunk-signature", ":date"; the payload is a message, or empty at the end)
//! ```
//!
//! Numbers are big-endian.
//! <https://docs.aws.amazon.com/transcribe/latest/dg/streaming-http2.html>

use super::error::SigningError;
use super::scope::{Algorithm, CredentialScope};
use super::signature::{HexDigits, Signature};
use super::signing_key::SigningKey;

/// The largest payload of a message, in bytes.
const LARGEST_PAYLOAD: usize = 24 * 1024 * 1024;
/// The largest headers of a message, in bytes.
const LARGEST_HEADERS: usize = 128 * 1024;

/// The value of a header, in one of the types that AWS services use.
#[derive(Clone, Debug)]
pub enum HeaderValue<'a> {
    /// Bytes.
    Bytes(&'a [u8]),
    /// Text.
    Text(&'a str),
    /// Milliseconds since the epoch.
    Timestamp(i64),
}

/// Encodes a message.
///
/// # Errors
///
/// A name, a value, the headers or the payload are too long.
pub fn encode_message(
    headers: &[(&str, HeaderValue<'_>)],
    payload: &[u8],
) -> Result<Vec<u8>, SigningError> {
    let headers = encode_headers(headers)?;
    if payload.len() > LARGEST_PAYLOAD {
        return Err(SigningError::request(
            "payload",
            "is over 24 MiB, the limit of a message: split it",
        ));
    }
    if headers.len() > LARGEST_HEADERS {
        return Err(SigningError::request(
            "headers",
            "are over 128 KiB, the limit of a message: remove some",
        ));
    }
    let total = 16 + headers.len() + payload.len();
    let mut message = Vec::with_capacity(total);
    message.extend_from_slice(&to_length(total));
    message.extend_from_slice(&to_length(headers.len()));
    message.extend_from_slice(&crc32fast::hash(&message).to_be_bytes());
    message.extend_from_slice(&headers);
    message.extend_from_slice(payload);
    message.extend_from_slice(&crc32fast::hash(&message).to_be_bytes());
    Ok(message)
}

/// Signs the messages of one stream.
#[derive(Debug)]
pub struct EventSigner {
    previous_signature: String,
}

impl EventSigner {
    /// Continues from the signature of the request that opened the stream.
    ///
    /// # Errors
    ///
    /// The seed is not a SigV4 signature, or the algorithm is SigV4a.
    pub fn new(seed_signature: &str, algorithm: Algorithm) -> Result<Self, SigningError> {
        if algorithm != Algorithm::HmacSha256 {
            return Err(cannot_sign_events());
        }
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if seed_signature.len() != 64 || !seed_signature.bytes().all(is_digit) {
            return Err(SigningError::request(
                "seed_signature",
                "is not the 64 lowercase hexadecimal digits that end the Authorization header",
            ));
        }
        Ok(Self { previous_signature: seed_signature.to_owned() })
    }

    /// Wraps an encoded message in a signed one. An empty message ends the stream.
    ///
    /// # Errors
    ///
    /// The message is too long, or the key is a SigV4a key.
    pub fn sign(
        &mut self,
        message: &[u8],
        scope: &CredentialScope<'_>,
        signing_key: &SigningKey,
    ) -> Result<Vec<u8>, SigningError> {
        let date = (":date", HeaderValue::Timestamp(scope.time.instant().timestamp_millis()));
        let mut string_to_sign = format!("AWS4-HMAC-SHA256-PAYLOAD\n{}\n", scope.time.as_str());
        scope.write(&mut string_to_sign);
        for line in [
            &self.previous_signature,
            HexDigits::of_sha256(&encode_headers(std::slice::from_ref(&date))?).as_str(),
            HexDigits::of_sha256(message).as_str(),
        ] {
            string_to_sign.push('\n');
            string_to_sign.push_str(line);
        }
        let signature = signing_key.sign(&string_to_sign)?;
        let Signature::Hmac(bytes) = &signature else {
            return Err(cannot_sign_events());
        };
        let chunk_signature = (":chunk-signature", HeaderValue::Bytes(bytes));
        let signed = encode_message(&[chunk_signature, date], message)?;
        self.previous_signature = signature.to_text();
        Ok(signed)
    }
}

fn cannot_sign_events() -> SigningError {
    SigningError::request(
        "algorithm",
        "is SigV4a, with which events can't be signed: pass \"AWS4-HMAC-SHA256\" to the signer",
    )
}

fn encode_headers(headers: &[(&str, HeaderValue<'_>)]) -> Result<Vec<u8>, SigningError> {
    let mut encoded = Vec::new();
    for (name, value) in headers {
        let name_length = u8::try_from(name.len()).ok().filter(|length| *length > 0);
        encoded.push(name_length.ok_or_else(|| {
            SigningError::request("headers", "have a name that is empty or over 255 bytes long")
        })?);
        encoded.extend_from_slice(name.as_bytes());
        let (value_type, bytes) = match value {
            HeaderValue::Bytes(bytes) => (6, *bytes),
            HeaderValue::Text(text) => (7, text.as_bytes()),
            HeaderValue::Timestamp(milliseconds) => {
                encoded.push(8);
                encoded.extend_from_slice(&milliseconds.to_be_bytes());
                continue;
            }
        };
        let value_length = i16::try_from(bytes.len()).map_err(|_| {
            SigningError::request("headers", format!("have a value of {name} over 32,767 bytes"))
        })?;
        encoded.push(value_type);
        encoded.extend_from_slice(&value_length.to_be_bytes());
        encoded.extend_from_slice(bytes);
    }
    Ok(encoded)
}

/// Encodes a length, which the limits of a message keep far below 32 bits.
fn to_length(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}
