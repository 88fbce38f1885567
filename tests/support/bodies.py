"""The kinds of bodies that users give to clients."""

from __future__ import annotations

import contextlib
import io
import mmap
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.clients import Form, Json, Multipart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.clients import Client

__all__ = [
    "BODIES",
    "CONTENT",
    "Kind",
    "Pipe",
    "generator",
    "goes_in_chunks",
    "is_not_sent_by_the_client",
    "is_refused",
    "is_sent",
    "is_sent_unbuffered",
]

#: Longer than one S3 chunk, and not a multiple of it.
CONTENT = b"0123456789abcdefghijklmnopqrstuvwxyz" * 3000
_OFFSET = 7


class Pipe(io.RawIOBase):
    """A file that can't seek."""

    def __init__(self, data):
        self._file = io.BytesIO(data)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._file.readinto(buffer)


@dataclass(frozen=True)
class Kind:
    """
    One kind of body.

    Attributes:
        name: As in the documentation's tables.
        made: Takes a path and returns a context manager that yields a body.
        content: The bytes that arrive; None if the client decides.
        single_pass: Whether it can be read only once.
        only_async: Whether only async clients can read it.

    """

    name: str
    made: Callable[[Path], contextlib.AbstractContextManager[Any]]
    content: bytes | None = CONTENT
    single_pass: bool = False
    only_async: bool = False

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def generator(content: bytes = CONTENT) -> Iterator[bytes]:
    """Yield a body in pieces."""
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]


def _of(body: Callable[[], Any]) -> Callable[[Path], Any]:
    return lambda _path: contextlib.nullcontext(body())


@contextlib.contextmanager
def _file(path):
    path.write_bytes(b"before:" + CONTENT)
    with path.open("rb") as file:
        file.seek(_OFFSET)
        yield file


@contextlib.contextmanager
def _pipe(_path):
    reader, writer = os.pipe()

    def write():
        with contextlib.suppress(BrokenPipeError), os.fdopen(writer, "wb") as file:
            file.write(CONTENT)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        with os.fdopen(reader, "rb") as file:
            yield file
    finally:
        thread.join()


async def _async_iterator():
    for piece in generator():
        yield piece


@contextlib.contextmanager
def _mmap(path):
    path.write_bytes(CONTENT)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        yield mapped


BODIES = [
    Kind("None", _of(lambda: None), b""),
    Kind("str", _of(lambda: "caf\u00e9 \u4e2d"), "caf\u00e9 \u4e2d".encode()),
    Kind("bytes", _of(lambda: CONTENT)),
    Kind("bytearray", _of(lambda: bytearray(CONTENT))),
    Kind("memoryview", _of(lambda: memoryview(CONTENT))),
    Kind("form", _of(lambda: Form({"a b": "c+d\u00e9"})), b"a+b=c%2Bd%C3%A9"),
    Kind("JSON", _of(lambda: Json({"a": ["\u00e9", 1]})), None),
    Kind("multipart", _of(lambda: Multipart({"file": ("a.bin", CONTENT)})), None),
    Kind("file", _file),
    Kind("BytesIO", _of(lambda: io.BytesIO(CONTENT))),
    Kind("mmap", _mmap),
    Kind("generator", _of(generator), single_pass=True),
    Kind("pipe", _pipe, single_pass=True),
    Kind("async iterator", _of(_async_iterator), single_pass=True, only_async=True),
]

#: What clients can't send, signed or not.
_NOT_SENT_BY_CLIENTS = {
    "httpx": {"bytearray", "memoryview", "mmap"},
    "httpx async": {"bytearray", "memoryview", "mmap"},
    "httpx2": {"bytearray", "memoryview", "mmap"},
    "httpx2 async": {"bytearray", "memoryview", "mmap"},
    "aiohttp": {"mmap", "generator"},
}
#: httpx passes all of these on as streams.
_STREAMS_OF_HTTPX = {"file", "BytesIO", "multipart"}


def is_sent(client: Client, kind: Kind) -> bool:
    """Return whether a client can send such a body at all."""
    return (
        kind.name not in _NOT_SENT_BY_CLIENTS.get(client.name, ())
        and (client.is_async or not kind.only_async)
        # http.client gets its headers from `Signer.sign`; streams need `Signer.chunked`.
        and not (client.name == "http.client" and kind.single_pass)
    )


def is_sent_unbuffered(client: Client, kind: Kind) -> bool:
    """Return whether a client itself can send a one-shot body."""
    if "httpx" in client.name:
        # Each client sends its own kind of iterable, sync or async, and takes a pipe to be empty.
        return kind.name != "pipe" and kind.only_async == client.is_async
    return is_sent(client, kind)


def goes_in_chunks(client: Client, kind: Kind, service: str) -> bool:
    """Return whether the body is signed in chunks while it is sent."""
    is_stream = kind.single_pass or ("httpx" in client.name and kind.name in _STREAMS_OF_HTTPX)
    # The drop-in reads one-shot bodies into memory for every service.
    return is_stream and service == "s3" and client.name != "aws_auth"


def is_not_sent_by_the_client(client: Client, kind: Kind) -> bool:
    """Return whether the client can't send the body, signed or not."""
    return kind.name in _NOT_SENT_BY_CLIENTS.get(client.name, ())


def is_refused(client: Client, kind: Kind) -> bool:
    """Return whether the body is refused before anything is sent."""
    return not is_sent(client, kind) and not is_not_sent_by_the_client(client, kind)
