"""
A Flask application that requires requests to be signed with an access key.

    AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... gunicorn --chdir examples flask_app:app
"""

from __future__ import annotations

import hashlib

from flask import Flask, request

from rsigv4 import Credentials
from rsigv4.wsgi import SigV4Middleware

# The only key. A real application queries a database.
_credentials = Credentials.from_env()
_PIECE_BYTES = 64 * 1024


def lookup(access_key_id: str) -> Credentials | None:
    """Return the credentials for an access key id, or None if there is no such key."""
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
    """Respond to health checks of a load balancer, which are not signed."""
    return "ok"


@app.get("/whoami")
def whoami() -> dict[str, str]:
    """Return who signed the request."""
    identity = request.environ["sigv4.identity"]
    return {"access_key_id": identity.access_key_id, "service": identity.service}


@app.put("/files/<path:name>")
def put_file(name: str) -> dict[str, str | int]:
    """Receive a file in verified pieces, and return its length and hash."""
    length = 0
    digest = hashlib.sha256()
    while piece := request.stream.read(_PIECE_BYTES):
        length += len(piece)
        digest.update(piece)
    return {"name": name, "length": length, "sha256": digest.hexdigest()}
