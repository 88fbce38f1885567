"""How `Signer` hashes each kind of body, and the X-Amz-Content-Sha256 header."""

from __future__ import annotations

import array
import ctypes
import io
import mmap
import pickle

import pytest

from rsigv4 import UNSIGNED_PAYLOAD, PayloadHash, Signer
from support.signing import (
    CREDENTIALS,
    MOMENT,
    URL,
    hashed_payload,
    sha256,
    signed_headers,
    signer_of,
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(None, b"", id="None"),
        pytest.param(b"", b"", id="empty bytes"),
        pytest.param("", b"", id="empty str"),
        pytest.param(b"\x00\xff", b"\x00\xff", id="bytes"),
        pytest.param("h\u00e9", "h\u00e9".encode(), id="str"),
        pytest.param(type("Text", (str,), {})("a"), b"a", id="subclass of str"),
        pytest.param(type("Data", (bytes,), {})(b"a"), b"a", id="subclass of bytes"),
        pytest.param(bytearray(b"abc"), b"abc", id="bytearray"),
        pytest.param(bytearray(), b"", id="empty bytearray"),
        pytest.param(memoryview(b"abc"), b"abc", id="memoryview"),
        pytest.param(memoryview(b"abcd")[1:3], b"bc", id="slice of a memoryview"),
        pytest.param(memoryview(b"abcd").cast("B", (2, 2)), b"abcd", id="two dimensions"),
        pytest.param(array.array("B", [1, 2, 3]), b"\x01\x02\x03", id="array of bytes"),
        pytest.param(array.array("d", [1.5]), array.array("d", [1.5]).tobytes(), id="doubles"),
        pytest.param(ctypes.create_string_buffer(b"abc"), b"abc\x00", id="ctypes buffer"),
        pytest.param((ctypes.c_int * 2)(1, 2), bytes((ctypes.c_int * 2)(1, 2)), id="ctypes array"),
        pytest.param(pickle.PickleBuffer(b"abc"), b"abc", id="pickle buffer"),
        pytest.param(io.BytesIO(b"abc"), b"abc", id="file"),
        pytest.param(io.BytesIO(), b"", id="empty file"),
    ],
)
def test_hash_is_of_the_bytes_that_are_sent(body, expected):
    assert hashed_payload(body) == sha256(expected)


# Around the sizes above which the GIL is released and files are read in pieces.
@pytest.mark.parametrize("length", [1, 2047, 2048, 2049, 2**18 - 1, 2**18, 2**18 + 1, 2**20 + 7])
@pytest.mark.parametrize("make", [bytes, bytearray, memoryview, io.BytesIO])
def test_hash_is_right_at_every_length(make, length):
    data = bytes(number % 251 for number in range(length))
    assert hashed_payload(make(data)) == sha256(data)


class Reader:
    """A minimal file: it can read, seek and tell."""

    def __init__(self, data, *, error=None):
        self._file = io.BytesIO(data)
        self._error = error

    def read(self, size=-1):
        if self._error is not None and self._file.tell() > 4:
            raise self._error
        return self._file.read(min(size, 3))

    def tell(self):
        return self._file.tell()

    def seek(self, offset, whence=io.SEEK_SET):
        return self._file.seek(offset, whence)


def anonymous_map(data):
    mapped = mmap.mmap(-1, len(data))
    mapped[:] = data
    return mapped


def buffered(data):
    return io.BufferedReader(io.BytesIO(data))


@pytest.mark.parametrize("make", [io.BytesIO, Reader, anonymous_map, buffered])
@pytest.mark.parametrize("offset", [0, 4, 10])
def test_file_is_hashed_from_its_offset_and_restored(make, offset):
    file = make(b"0123456789")
    file.seek(offset)
    assert hashed_payload(file) == sha256(b"0123456789"[offset:])
    assert file.tell() == offset


def test_file_on_disk_is_hashed_from_its_offset_and_restored(tmp_path):
    path = tmp_path / "body"
    path.write_bytes(b"0123456789" * 50_000)
    for buffering in (-1, 0):
        with path.open("rb", buffering=buffering) as file:
            file.seek(7)
            assert hashed_payload(file) == sha256(path.read_bytes()[7:])
            assert file.tell() == 7


def test_offset_is_restored_if_reading_fails():
    error = OSError("the disk is gone")
    file = Reader(b"0123456789", error=error)
    file.seek(2)
    with pytest.raises(OSError, match="the disk is gone") as caught:
        signer_of().sign("PUT", URL, None, file)
    assert caught.value is error
    assert file.tell() == 2


@pytest.mark.parametrize("headers", [None, {"content-type": "text/plain"}])
def test_hash_may_be_passed_instead_of_the_body(headers):
    body = b"a large body"
    by_hash = signer_of().sign("PUT", URL, headers, PayloadHash(sha256(body)), time=MOMENT)
    assert by_hash == signer_of().sign("PUT", URL, headers, body, time=MOMENT)


def test_unsigned_payload_is_signed_and_sent():
    assert hashed_payload(UNSIGNED_PAYLOAD) == "UNSIGNED-PAYLOAD"
    headers = signer_of().sign("PUT", URL, None, UNSIGNED_PAYLOAD, time=MOMENT)
    assert headers["X-Amz-Content-Sha256"] == "UNSIGNED-PAYLOAD"


@pytest.mark.parametrize("value", ["UNSIGNED-PAYLOAD", sha256(b"other"), f" {sha256(b'other')} "])
@pytest.mark.parametrize("name", ["x-amz-content-sha256", "X-Amz-Content-SHA256"])
@pytest.mark.parametrize("content_sha256_header", [True, False])
def test_payload_header_of_the_request_is_signed(name, value, content_sha256_header):
    request = ("PUT", URL, {name: value}, b"body")
    signer = signer_of(content_sha256_header=content_sha256_header)
    lines = signer.canonical_request(*request, time=MOMENT).split("\n")
    assert lines[-1] == value.strip()
    assert lines.count(f"x-amz-content-sha256:{value.strip()}") == 1
    sent = signer.sign(*request, time=MOMENT).get("X-Amz-Content-Sha256")
    assert sent == (value.strip() if content_sha256_header else None)


@pytest.mark.parametrize("service", ["s3", "execute-api", "es", "aoss"])
@pytest.mark.parametrize(("option", "is_sent"), [(None, True), (True, True), (False, False)])
def test_payload_header_is_signed_if_it_is_sent(service, option, is_sent):
    signer = Signer(CREDENTIALS, "us-east-1", service, content_sha256_header=option)
    headers = signer.sign("PUT", URL, None, b"body", time=MOMENT)
    assert headers.get("X-Amz-Content-Sha256") == (sha256(b"body") if is_sent else None)
    expected = "host;x-amz-content-sha256;x-amz-date" if is_sent else "host;x-amz-date"
    assert signed_headers(headers) == expected
