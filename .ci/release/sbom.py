#!/usr/bin/env python3
"""Remove the folder of the builder, which maturin writes, from the SBOMs of wheels."""

from __future__ import annotations

import re
import sys
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

# As a reference to the package, and as where to download it.
REFERENCE = re.compile(rb"path\+file://[^#\"]*#(?:[^@\"]*@)?")
DOWNLOAD = re.compile(rb"\?download_url=file://[^\"#]*")


def main() -> None:
    for argument in sys.argv[1:]:
        clean(Path(argument))


def clean(wheel: Path) -> None:
    """Rewrite a wheel: its SBOMs, and their lines of RECORD. Compress it as far as possible."""
    with ZipFile(wheel) as archive:
        entries = {info: archive.read(info) for info in archive.infolist()}
    record = next(info for info in entries if info.filename.endswith(".dist-info/RECORD"))
    for info, data in entries.items():
        if ".dist-info/sboms/" in info.filename:
            cleaned = DOWNLOAD.sub(b"", REFERENCE.sub(b"pkg:cargo/rsigv4@", data))
            entries[info] = cleaned
            line = re.compile(rb"^%s,.*$" % re.escape(info.filename.encode()), re.MULTILINE)
            entries[record] = line.sub(entry(info.filename, cleaned), entries[record])
    with ZipFile(wheel, "w", ZIP_DEFLATED) as archive:
        for info, data in entries.items():
            archive.writestr(info, data, compresslevel=9)


def entry(name: str, data: bytes) -> bytes:
    """Return a file's line of RECORD."""
    digest = urlsafe_b64encode(sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}".encode()


if __name__ == "__main__":
    main()
