"""
A Flask application that only holders of an access key may call.

    AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... gunicorn --chdir examples flask_app:app
"""

from __future__ import annotations

import hashlib

from flask import Flask, request

from rsigv4 import Credentials
from rsigv4.wsgi import SigV4Middleware

# The one key that there is. An application of any size asks its database.
_credentials = Credentials.from_env()
_PIECE_BYTES = 64 * 1024


def lookup(access_key_id: str) -> Credentials | None:
    """Return the credentials of an access key, if there is such a key."""
    return _credentials if access_key_id == _credentials.access_key_id else None


app = Flask(__name__)
app.wsgi_app = SigV4Middleware(  # type: ignore[method-assign]
    app.wsgi_app,
    lookup,
    region="us-east-1",
    max_body=1024 * 1024,
    exempt=["/health"],
)


@app.get("/health")
def health() -> str:
    """Tell a load balancer, which signs nothing, that the application runs."""
    return "ok"


@app.get("/whoami")
def whoami() -> dict[str, str]:
    """Return who has signed the request."""
    identity = request.environ["sigv4.identity"]
    return {"access_key_id": identity.access_key_id, "service": identity.service}


@app.put("/files/<path:name>")
def put_file(name: str) -> dict[str, str | int]:
    """Take a file in pieces, each of them verified, and return its length and hash."""
    length = 0
    digest = hashlib.sha256()
    while piece := request.stream.read(_PIECE_BYTES):
        length += len(piece)
        digest.update(piece)
    return {"name": name, "length": length, "sha256": digest.hexdigest()}
