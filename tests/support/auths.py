"""The auth of each client, as users create it: a class, or a function that takes its arguments."""

from __future__ import annotations

from functools import partial

import rsigv4.aiohttp
import rsigv4.httpx
import rsigv4.httpx2
import rsigv4.opensearch
import rsigv4.requests
import rsigv4.urllib
import rsigv4.urllib3

__all__ = ["AUTHS"]

AUTHS = [
    rsigv4.aiohttp.SigV4Middleware,
    rsigv4.httpx.SigV4Auth,
    rsigv4.httpx2.SigV4Auth,
    rsigv4.opensearch.SigV4Auth,
    rsigv4.requests.SigV4Auth,
    rsigv4.requests.AsyncSigV4Auth,
    rsigv4.urllib.SigV4Handler,
    rsigv4.urllib3.SigV4PoolManager,
    partial(rsigv4.urllib3.SigV4ProxyManager, "http://localhost:3128"),
]
