"""Content and a request for tests of aws-chunked bodies."""

from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING

from rsigv4 import Signer
from support.signing import MOMENT
from support.verifying import TEMPORARY_KEY, arrived

if TYPE_CHECKING:
    from typing import Any

    from rsigv4 import Credentials
    from support.verifying import Arrived

__all__ = ["CHUNK", "CONTENT", "URL", "chunked", "pieces"]

URL = "https://bucket.s3.amazonaws.com/a%20key"
CHUNK = 8192
CONTENT = random.Random(0).randbytes(3 * CHUNK + 5)  # noqa: S311 - it is content


def chunked(content: bytes = CONTENT, key: Credentials = TEMPORARY_KEY, **options: Any) -> Arrived:
    """Return a request as it arrives, with the aws-chunked body."""
    signer = Signer(key, "us-east-1", options.pop("service", "s3"), **options.pop("signer", {}))
    options = {"chunk_size": CHUNK, "time": MOMENT, **options}
    body = signer.chunked("PUT", URL, None, io.BytesIO(content), length=len(content), **options)
    return arrived("PUT", URL, added=body.headers, body=b"".join(body))


def pieces(wire: bytes, size: int) -> list[bytes]:
    """Split bytes into pieces of one size."""
    return [wire[start : start + size] for start in range(0, len(wire), size)]
