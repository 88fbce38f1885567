"""Bodies of requests, in memory or in files, and the files that the command line names."""

from __future__ import annotations

import json
import mimetypes
import os
import re
import secrets
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO
from urllib.parse import urlencode

import click

from rsigv4.cli.failures import Failure, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from rsigv4.cli.items import Items

__all__ = [
    "Body",
    "TrackedFile",
    "is_replaceable",
    "is_stdout",
    "open_binary",
    "read_body",
    "writing",
]

_CHUNK_BYTES = 64 * 1024

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"

_FORM_DATA = re.compile(rb"[\w.%+~*-]+=[^\s&]*(&[\w.%+~*-]+=[^\s&]*)*\n?")


class TrackedFile:
    """
    A file that tells how far it was read.

    It is read twice: to be signed, and to be sent.

    Attributes:
        on_read: Called with the position after each read.

    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.on_read: Callable[[int], object] = lambda _position: None
        self.size: int = file.seek(0, 2)
        file.seek(0)

    def read(self, size: int = -1) -> bytes:
        """Read as files do."""
        data = self._file.read(size)
        self.on_read(self._file.tell())
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Seek as files do."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Tell as files do."""
        return self._file.tell()

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(_CHUNK_BYTES), b"")


@dataclass(frozen=True)
class Body:
    """
    What is sent.

    Attributes:
        content: Its bytes, or a file of them.
        content_type: What it is, unless the user says; None if unknown.
        path: The file that has it, if it has a name.

    """

    content: bytes | TrackedFile
    content_type: str | None = None
    path: str | None = None


def read_body(items: Items, data: Sequence[str], *, form: bool) -> Body | None:
    """
    Return the body that the command line asks for, or None.

    Args:
        items: The shorthand.
        data: What goes with each ``-d``: the body itself, ``@file``, or ``@-`` for standard input.
        form: The fields are a form, not JSON.

    Raises:
        UsageError: There are two, or a file can't be read.

    """
    has_fields = bool(items.fields or items.files)
    if bool(data) + (items.body is not None) + has_fields > 1:
        raise click.UsageError("the body is given twice: pass fields, @file or -d, but one of them")
    if has_fields:
        return _fields(items, form=form)
    if items.body is not None:
        return _file(items.body)
    if not data:
        return None
    if len(data) > 1 and any(text.startswith("@") for text in data):
        raise click.UsageError("-d @FILE is all of the body: pass no other -d")
    body = _file(data[0][1:]) if data[0].startswith("@") else _text("&".join(data).encode())
    return replace(body, content_type=_FORM) if form else body


def _fields(items: Items, *, form: bool) -> Body:
    if not form:
        if items.files:
            raise click.UsageError(
                f"{items.files[0][0]}@{items.files[0][1]} uploads a file with a form: pass --form; "
                "to send a file as the body, pass @file"
            )
        return Body(json.dumps(dict(items.fields), ensure_ascii=False).encode(), _JSON)
    fields = [
        (name, value if isinstance(value, str) else json.dumps(value))
        for name, value in items.fields
    ]
    if items.files:
        return _multipart(fields, items.files)
    return Body(urlencode(fields).encode(), _FORM)


def _multipart(fields: list[tuple[str, str]], files: list[tuple[str, str]]) -> Body:
    from httpx import Request  # noqa: PLC0415 - costs more than all the rest at the start

    parts: list[tuple[str, tuple[str | None, str | BinaryIO]]] = [
        (name, (None, value)) for name, value in fields
    ]
    opened = [(name, path, open_binary(path)) for name, path in files]
    parts += [(name, (Path(path).name, file)) for name, path, file in opened]
    request = Request("POST", "http://localhost", files=parts)
    spooled = _spool(iter(request.stream))  # type: ignore[arg-type] # It is one of both kinds.
    for _name, _path, file in opened:
        file.close()
    return Body(TrackedFile(spooled), request.headers["Content-Type"])


def _file(path: str) -> Body:
    if path == "-":
        with open_binary(path) as stdin:
            file = _spool(iter(lambda: stdin.read(_CHUNK_BYTES), b""))
        guessed = _guess_type(file.read(_CHUNK_BYTES))
        return Body(TrackedFile(file), guessed)
    file = open_binary(path)
    if not file.seekable():
        # A pipe, such as the shell's <(command).
        with file:
            spooled = _spool(iter(lambda: file.read(_CHUNK_BYTES), b""))
        return Body(TrackedFile(spooled))
    return Body(TrackedFile(file), mimetypes.guess_type(path)[0], path)


def _spool(chunks: Iterator[bytes]) -> BinaryIO:
    """Keep on disk what can be read only once, since it's read to be signed and to be sent."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
    for chunk in chunks:
        file.write(chunk)
    file.seek(0)
    return file


def _text(data: bytes) -> Body:
    return Body(data, _guess_type(data))


def _guess_type(data: bytes) -> str | None:
    """Return what AWS's APIs need for JSON, and for a form as those with ``Action=`` take it."""
    if data.lstrip()[:1] in {b"{", b"["}:
        return _JSON
    return _FORM if _FORM_DATA.fullmatch(data) else None


def open_binary(path: str) -> BinaryIO:
    """
    Open a file to read; ``-`` is standard input.

    Raises:
        UsageError: It can't be opened.

    """
    try:
        if path == "-":
            return os.fdopen(os.dup(0), "rb")
        return Path(path).open("rb")
    except OSError as error:
        raise click.UsageError(f"{path}: {error.strerror}") from None


@contextmanager
def writing(path: str) -> Generator[IO[bytes]]:
    """
    Open a file that appears when it is complete, or is left as it was; ``-`` is standard output.

    What can't be replaced, such as a device or a pipe, is written as it comes.

    Raises:
        Failure: It can't be written.

    """
    if is_stdout(path):
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with _beside(path) if is_replaceable(path) else Path(path).open("wb") as opened:
            yield opened
    except OSError as error:
        raise Failure(Status.WRITE, f"{path} can't be written: {error.strerror}") from error


def is_replaceable(path: str) -> bool:
    """Tell whether a file appears when it is complete: not a device, a pipe or standard output."""
    file = Path(path)
    return not is_stdout(path) and (file.is_file() or not file.exists())


def is_stdout(path: str) -> bool:
    """Tell whether a path is standard output."""
    if path == "-":
        return True
    try:
        # By a name such as /dev/stdout, or as the file that the shell has opened.
        return os.path.samestat(os.stat(path), os.fstat(1))  # noqa: PTH116 - pairs with fstat
    except OSError:
        return False


@contextmanager
def _beside(path: str) -> Generator[IO[bytes]]:
    """Open a new file that takes the place of another when all is written."""
    file = Path(os.path.realpath(path))
    part = file.with_name(f".{file.name}.{secrets.token_hex(8)}.part")
    # It is taken away whenever Ctrl-C comes, so its name is known before it is there.
    try:
        with part.open("xb") as opened:
            yield opened
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
