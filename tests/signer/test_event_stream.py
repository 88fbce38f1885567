"""Signed event stream messages, as botocore reads them."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import time

import pytest
from botocore.auth import SigV4Auth
from botocore.credentials import Credentials as BotocoreCredentials
from botocore.eventstream import EventStreamBuffer
from hypothesis import strategies as st

from rsigv4 import (
    STREAMING_EVENTS,
    Credentials,
    EventSigner,
    InvalidRequestError,
    MissingCredentialsError,
    Signer,
)
from support.signing import ACCESS_KEY, CREDENTIALS, MOMENT, SECRET
from support.strategies import differential

SEED_SIGNATURE = hashlib.sha256(b"the request's own").hexdigest()


def signer_of(**changed):
    return Signer(CREDENTIALS, **{"region": "us-east-1", "service": "transcribe", **changed})


def read(message):
    """Return the message that botocore decodes from these bytes."""
    buffer = EventStreamBuffer()
    buffer.add_data(message)
    [event] = list(buffer)
    return event


def signature_by_hand(previous, message, moment=MOMENT):
    """Return the signature by AWS's documentation, with botocore's derived key."""
    # https://docs.aws.amazon.com/transcribe/latest/dg/streaming-http2.html
    milliseconds = int(moment.timestamp()) * 1000
    date_header = b"\x05:date\x08" + milliseconds.to_bytes(8, "big", signed=True)
    stamp = f"{moment:%Y%m%dT%H%M%SZ}"
    string_to_sign = "\n".join(
        [
            "AWS4-HMAC-SHA256-PAYLOAD",
            stamp,
            f"{stamp[:8]}/us-east-1/transcribe/aws4_request",
            previous,
            hashlib.sha256(date_header).hexdigest(),
            hashlib.sha256(message).hexdigest(),
        ]
    )
    auth = SigV4Auth(BotocoreCredentials(ACCESS_KEY, SECRET), "transcribe", "us-east-1")
    request = type("Request", (), {"context": {"timestamp": stamp}})()
    return auth.signature(string_to_sign, request)


HEADERS = st.dictionaries(
    st.text(min_size=1, max_size=30).filter(lambda name: len(name.encode()) < 256),
    st.one_of(st.text(max_size=100), st.binary(max_size=100)),
    max_size=5,
)


@differential(500, HEADERS, st.binary(max_size=2000))
def test_encoded_message_is_read_by_botocore(headers, payload):
    event = read(EventSigner.encode(headers, payload))
    assert event.headers == headers
    assert event.payload == payload


@differential(200, st.lists(st.tuples(HEADERS, st.binary(max_size=200)), max_size=4))
def test_each_signature_includes_the_previous_one(messages):
    events = signer_of().event_stream(SEED_SIGNATURE)
    previous = SEED_SIGNATURE
    encoded = [EventSigner.encode(headers, payload) for headers, payload in messages]
    # An empty payload ends the stream.
    for number, message in enumerate([*encoded, b""]):
        moment = MOMENT + dt.timedelta(hours=8 * number)
        event = read(events.sign(message, time=moment))
        assert event.payload == message
        signature = event.headers.pop(":chunk-signature")
        # In milliseconds.
        assert event.headers == {":date": int(moment.timestamp()) * 1000}
        previous = signature_by_hand(previous, message, moment)
        assert hmac.compare_digest(signature.hex(), previous)


def test_signed_message_contains_the_encoded_message():
    message = EventSigner.encode(
        {":event-type": "AudioEvent", ":message-type": "event"}, b"\x00\x01"
    )
    signed = signer_of().event_stream(SEED_SIGNATURE).sign(message, time=MOMENT)
    inner = read(read(signed).payload)
    assert inner.headers == {":event-type": "AudioEvent", ":message-type": "event"}
    assert inner.payload == b"\x00\x01"


def test_stream_continues_from_the_opening_request():
    signer = signer_of()
    url = "https://transcribestreaming.us-east-1.amazonaws.com/stream-transcription"
    added = signer.sign("POST", url, None, STREAMING_EVENTS, time=MOMENT)
    assert added["X-Amz-Content-Sha256"] == "STREAMING-AWS4-HMAC-SHA256-EVENTS"
    seed = added["Authorization"].rpartition("Signature=")[2]
    signed = signer.event_stream(seed).sign(b"", time=MOMENT)
    assert read(signed).headers[":chunk-signature"].hex() == signature_by_hand(seed, b"")


def test_stream_continues_from_a_presigned_url():
    signer = signer_of()
    url = "wss://transcribestreaming.us-east-1.amazonaws.com:8443/stream-transcription-websocket"
    seed = signer.presign("GET", url, time=MOMENT).rpartition("X-Amz-Signature=")[2]
    signed = signer.event_stream(seed).sign(b"", time=MOMENT)
    assert read(signed).headers[":chunk-signature"].hex() == signature_by_hand(seed, b"")


def test_default_time_is_the_clock():
    before = int(time.time())
    signed = read(signer_of().event_stream(SEED_SIGNATURE).sign(b""))
    assert before <= signed.headers[":date"] // 1000 <= time.time()


def test_stream_keeps_its_credentials():
    provided = [CREDENTIALS, Credentials("AKIDOTHER", "another secret")]
    signer = Signer(lambda: provided.pop(0), "us-east-1", "transcribe")
    events = signer.event_stream(SEED_SIGNATURE)
    signature = SEED_SIGNATURE
    for _ in range(2):
        signature = signature_by_hand(signature, b"")
        assert read(events.sign(b"", time=MOMENT)).headers[":chunk-signature"].hex() == signature
    assert len(provided) == 1


@pytest.mark.parametrize(
    "seed",
    ["", "0" * 63, "0" * 65, "A" * 64, "g" * 64, f"Signature={SEED_SIGNATURE}", "\u0660" * 32],
)
def test_seed_that_is_not_a_signature_is_refused(seed):
    with pytest.raises(InvalidRequestError, match=r"^seed_signature is not the 64 lowercase"):
        signer_of().event_stream(seed)


@pytest.mark.parametrize("seed", [None, 4, SEED_SIGNATURE.encode()])
def test_seed_that_is_not_text_is_refused(seed):
    with pytest.raises(InvalidRequestError, match=r"^seed_signature must be str, not"):
        signer_of().event_stream(seed)


@pytest.mark.parametrize("missing", ["region", "service"])
def test_region_and_service_are_required(missing):
    message = f"^{missing} is missing, and this call has no URL: pass {missing}="
    with pytest.raises(InvalidRequestError, match=message):
        signer_of(**{missing: None}).event_stream(SEED_SIGNATURE)


def test_provider_without_credentials_is_an_error():
    signer = Signer(lambda: None, "us-east-1", "transcribe")
    with pytest.raises(MissingCredentialsError):
        signer.event_stream(SEED_SIGNATURE)


MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("headers", "payload", "message"),
    [
        ({"": "value"}, b"", "headers have a name that is empty or over 255 bytes long"),
        ({"n" * 256: "value"}, b"", "headers have a name that is empty or over 255 bytes long"),
        ({"name": "v" * 32_768}, b"", "headers have a value of name over 32,767 bytes"),
        ({f"n{number}": "v" * 32_767 for number in range(5)}, b"", "headers are over 128 KiB"),
        ({"name": 4}, b"", "headers have a value that is int: pass text or bytes"),
        ({4: "value"}, b"", "headers must be str, not int"),
        ({}, bytes(24 * MIB + 1), "payload is over 24 MiB"),
        ([1], b"", "headers must be dict, not list"),
        ({}, "text", "payload must be bytes or a buffer, not str"),
        ({}, 4, "payload must be bytes or a buffer, not int"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_message_that_can_not_be_encoded_is_refused(headers, payload, message):
    with pytest.raises(InvalidRequestError, match=f"^{re.escape(message)}"):
        EventSigner.encode(headers, payload)


@pytest.mark.parametrize(
    "kind", [bytes, bytearray, memoryview, lambda data: memoryview(data[::-1])[::-1]]
)
def test_messages_and_payloads_may_be_any_buffer(kind):
    message = EventSigner.encode({":event-type": "AudioEvent"}, b"payload")
    assert EventSigner.encode({":event-type": "AudioEvent"}, kind(b"payload")) == message

    signed = signer_of().event_stream(SEED_SIGNATURE).sign(message, time=MOMENT)
    again = signer_of().event_stream(SEED_SIGNATURE).sign(kind(message), time=MOMENT)
    assert again == signed


@pytest.mark.parametrize("message", ["text", 4, None, [1]])
def test_message_that_is_not_bytes_is_refused(message):
    with pytest.raises(InvalidRequestError, match=r"^message must be bytes or a buffer, not "):
        signer_of().event_stream(SEED_SIGNATURE).sign(message)


def test_longest_message_is_read_by_botocore():
    headers = {"n" * 255: "v" * 32_767}
    payload = bytes(24 * MIB)
    event = read(EventSigner.encode(headers, payload))
    assert (event.headers, event.payload) == (headers, payload)
