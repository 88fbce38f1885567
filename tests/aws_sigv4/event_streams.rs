//! Messages of event streams, encoded and signed.

use _core::sigv4::Algorithm;
use _core::sigv4::SigningKey;
use _core::sigv4::event_stream::{EventSigner, HeaderValue, encode_message};
use aws_sigv4::event_stream::{sign_empty_message, sign_message};
use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
use aws_smithy_types::event_stream::{Header, HeaderValue as TheirValue, Message};

use crate::common::{AMZ_DATE, credentials, scope};
use crate::generator::{Generator, for_each_seed};
use crate::{REGION, identity, signing_params};

/// A header's value, for both.
enum Value {
    Bytes(Vec<u8>),
    Text(String),
    Timestamp(i64),
}

struct Event {
    headers: Vec<(String, Value)>,
    payload: Vec<u8>,
}

impl Event {
    fn generate(generator: &mut Generator) -> Self {
        let headers = generator.many(5, |generator| {
            let value = match generator.below(3) {
                0 => Value::Bytes(generator.bytes(40)),
                1 => Value::Text(generator.text(40)),
                _ => Value::Timestamp(i64::try_from(generator.below(4_102_444_800_000)).unwrap()),
            };
            (format!(":{}", generator.text(20)), value)
        });
        Self { headers, payload: generator.bytes(500) }
    }

    fn by_ours(&self) -> Vec<u8> {
        let headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| {
                let value = match value {
                    Value::Bytes(bytes) => HeaderValue::Bytes(bytes),
                    Value::Text(text) => HeaderValue::Text(text),
                    Value::Timestamp(milliseconds) => HeaderValue::Timestamp(*milliseconds),
                };
                (name.as_str(), value)
            })
            .collect();
        encode_message(&headers, &self.payload).unwrap()
    }

    fn by_theirs(&self) -> Message {
        self.headers.iter().fold(Message::new(self.payload.clone()), |message, (name, value)| {
            let value = match value {
                Value::Bytes(bytes) => TheirValue::ByteArray(bytes.clone().into()),
                Value::Text(text) => TheirValue::String(text.clone().into()),
                Value::Timestamp(milliseconds) => {
                    TheirValue::Timestamp(aws_smithy_types::DateTime::from_millis(*milliseconds))
                }
            };
            message.add_header(Header::new(name.clone(), value))
        })
    }
}

fn written(message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_message_to(message, &mut bytes).unwrap();
    bytes
}

#[test]
fn messages_are_encoded_as_by_the_crate() {
    for_each_seed(1000, |generator| {
        let event = Event::generate(generator);
        let (ours, theirs) = (event.by_ours(), event.by_theirs());
        assert_eq!(ours, written(&theirs));
        assert_eq!(read_message_from(&mut ours.as_slice()).unwrap(), theirs);
    });
}

#[test]
fn messages_are_signed_as_by_the_crate_one_after_the_other() {
    let (scope, identity) = (scope(AMZ_DATE, REGION, "transcribe"), identity(None));
    let params = signing_params(&identity, "transcribe", ());
    let signing_key = SigningKey::derive(&credentials(None), &scope).unwrap();
    for_each_seed(500, |generator| {
        let mut previous = "0123456789abcdef".repeat(4);
        let mut signer = EventSigner::new(&previous, Algorithm::HmacSha256).unwrap();
        for event in generator.many(4, Event::generate) {
            let theirs = event.by_theirs();
            let (message, signature) =
                sign_message(&theirs, &previous, &params).unwrap().into_parts();
            let ours = signer.sign(&event.by_ours(), &scope, &signing_key).unwrap();
            assert_eq!(ours, written(&message));
            previous = signature;
        }
        let (message, _) = sign_empty_message(&previous, &params).unwrap().into_parts();
        assert_eq!(signer.sign(b"", &scope, &signing_key).unwrap(), written(&message));
    });
}
