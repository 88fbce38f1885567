"""
A FastAPI application that requires requests to be signed with an access key.

    AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... uvicorn --app-dir examples fastapi_app:app
"""

from __future__ import annotations

import hashlib

from fastapi import FastAPI, Request, WebSocket

from rsigv4 import Credentials
from rsigv4.asgi import SigV4Middleware

# The only key. A real application queries a database, in an async function.
_credentials = Credentials.from_env()


async def lookup(access_key_id: str) -> Credentials | None:
    """Return the credentials for an access key id, or None if there is no such key."""
    return _credentials if access_key_id == _credentials.access_key_id else None


app = FastAPI()
app.add_middleware(
    SigV4Middleware,
    lookup=lookup,
    region="us-east-1",
    max_body=1024 * 1024,
    exempt=["/health"],
)


@app.get("/health")
async def health() -> str:
    """Respond to health checks of a load balancer, which are not signed."""
    return "ok"


@app.get("/whoami")
async def whoami(request: Request) -> dict[str, str]:
    """Return who signed the request."""
    identity = request.state.sigv4_identity
    return {"access_key_id": identity.access_key_id, "service": identity.service}


@app.put("/files/{name:path}")
async def put_file(name: str, request: Request) -> dict[str, str | int]:
    """Receive a file in verified pieces, and return its length and hash."""
    length = 0
    digest = hashlib.sha256()
    async for piece in request.stream():
        length += len(piece)
        digest.update(piece)
    return {"name": name, "length": length, "sha256": digest.hexdigest()}


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    """Echo messages on a connection whose first request was signed."""
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)
