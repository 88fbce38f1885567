//! Chunks and trailers of `aws-chunked`.

use std::sync::Arc;

use _core::sigv4::checksum::Checksum;
use _core::sigv4::chunked::{ChunkedEncoder, ChunkedPayload, LEAST_CHUNK_SIZE};
use _core::sigv4::{Signature, SigningKey};
use aws_sigv4::sign::v4::{sign_chunk, sign_trailer};
use aws_smithy_runtime_api::http::Headers;
use bytes::Bytes;

use crate::common::{AMZ_DATE, credentials, scope};
use crate::generator::for_each_seed;
use crate::{REGION, identity, signing_params};

const CHECKSUMS: [&str; 5] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];

#[test]
fn chunks_and_trailers_are_signed_as_by_the_crate() {
    let (scope, identity) = (scope(AMZ_DATE, REGION, "s3"), identity(None));
    let params = signing_params(&identity, "s3", ());
    let signing_key = Arc::new(SigningKey::derive(&credentials(None), &scope).unwrap());
    for_each_seed(500, |generator| {
        let byte = u8::try_from(generator.below(256)).unwrap();
        let seed_signature = Signature::Hmac([byte; 32]);
        let chunks: Vec<_> = generator.many(4, |generator| {
            let mut chunk = generator.bytes(300);
            chunk.push(0);
            chunk
        });
        let name = generator.choose(&CHECKSUMS);
        let with_trailer = generator.below(2) == 1;

        let mut running = seed_signature.to_text();
        let mut expected = Vec::new();
        let mut sign = |chunk: &[u8], expected: &mut Vec<u8>| {
            let bytes = Bytes::copy_from_slice(chunk);
            running = sign_chunk(&bytes, &running, &params).unwrap().signature().to_owned();
            let line = format!("{:x};chunk-signature={running}\r\n", chunk.len());
            expected.extend_from_slice(line.as_bytes());
            expected.extend_from_slice(chunk);
            running.clone()
        };
        for chunk in &chunks {
            sign(chunk, &mut expected);
            expected.extend_from_slice(b"\r\n");
        }
        let last = sign(b"", &mut expected);
        if with_trailer {
            let mut checksum = Checksum::new(name).unwrap();
            for chunk in &chunks {
                checksum.update(chunk);
            }
            let header = checksum.header();
            let value = checksum.finish();
            let mut headers = Headers::new();
            headers.insert(header, value.clone());
            let signed = sign_trailer(&headers, &last, &params).unwrap();
            let signature = signed.signature();
            let lines = format!("{header}:{value}\r\nx-amz-trailer-signature:{signature}\r\n");
            expected.extend_from_slice(lines.as_bytes());
        }
        expected.extend_from_slice(b"\r\n");

        let payload = ChunkedPayload {
            length: chunks.iter().map(|chunk| chunk.len() as u64).sum(),
            chunk_size: LEAST_CHUNK_SIZE,
            signed: true,
            checksum: with_trailer.then(|| Checksum::new(name).unwrap()),
        };
        let key = Arc::clone(&signing_key);
        let mut encoder = ChunkedEncoder::new(payload, key, &scope, &seed_signature).unwrap();
        let mut sent: Vec<u8> =
            chunks.iter().flat_map(|chunk| encoder.encode(chunk).unwrap()).collect();
        sent.extend(encoder.finish().unwrap());
        assert_eq!(String::from_utf8_lossy(&sent), String::from_utf8_lossy(&expected));
    });
}
