"""
A FastAPI application that only holders of an access key may call.

    AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... uvicorn --app-dir examples fastapi_app:app
"""

from __future__ import annotations

import hashlib

from fastapi import FastAPI, Request, WebSocket

from rsigv4 import Credentials
from rsigv4.asgi import SigV4Middleware

# The one key that there is. An application of any size asks its database, in an async function.
_credentials = Credentials.from_env()


async def lookup(access_key_id: str) -> Credentials | None:
    """Return the credentials of an access key, if there is such a key."""
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
    """Tell a load balancer, which signs nothing, that the application runs."""
    return "ok"


@app.get("/whoami")
async def whoami(request: Request) -> dict[str, str]:
    """Return who has signed the request."""
    identity = request.state.sigv4_identity
    return {"access_key_id": identity.access_key_id, "service": identity.service}


@app.put("/files/{name:path}")
async def put_file(name: str, request: Request) -> dict[str, str | int]:
    """Take a file in pieces, each of them verified, and return its length and hash."""
    length = 0
    digest = hashlib.sha256()
    async for piece in request.stream():
        length += len(piece)
        digest.update(piece)
    return {"name": name, "length": length, "sha256": digest.hexdigest()}


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    """Send back what comes in on a connection whose beginning was signed."""
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)
