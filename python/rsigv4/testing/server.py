"""A local server that responds like API Gateway and records requests."""

from __future__ import annotations

import http.client
import io
import json as json_module
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from rsigv4._clients.extras import Extra
from rsigv4.exceptions import InvalidRequestError, MissingAuthenticationTokenError
from rsigv4.testing.explanation import explain_refusal
from rsigv4.testing.recording import RecordedRequest
from rsigv4.wsgi import SigV4Middleware

with Extra("testing", "werkzeug", "werkzeug"):
    from werkzeug.datastructures import EnvironHeaders, Headers
    from werkzeug.serving import WSGIRequestHandler, make_server
    from werkzeug.wsgi import get_input_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any
    from wsgiref.types import StartResponse, WSGIEnvironment

    from typing_extensions import Self

    from rsigv4.credentials import Credentials

__all__ = ["RecordedRequest", "SigV4Server"]

_POLL_SECONDS = 0.01
_WITHOUT_BODY = frozenset({http.HTTPStatus.NO_CONTENT, http.HTTPStatus.NOT_MODIFIED})
_DECODED_BODY = "rsigv4.testing.body"


class SigV4Server:
    """
    The server that the fixture `sigv4_server` returns.

    It listens on a free port of 127.0.0.1, so that several can run at the same time. Until a route
    is declared, it responds with 200 to all correctly signed requests.

    Attributes:
        requests: All requests so far, including refused ones.

    """

    def __init__(self, credentials: Credentials) -> None:
        self.requests: list[RecordedRequest] = []
        self._credentials = {credentials.access_key_id: credentials}
        self._routes: list[_Route] = []
        self._explanations: list[str] = []
        self._allows_failures = False
        self.expect()
        self._server = make_server(
            "127.0.0.1", 0, self._serve, threaded=True, request_handler=_RequestHandler
        )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The URL of the server, without a trailing slash."""
        return f"http://{self.host}"

    @property
    def host(self) -> str:
        """The value of ``Host`` that a client sends and signs."""
        return f"127.0.0.1:{self._server.port}"

    def expect(self, *, region: str | None = None, service: str | None = None) -> None:
        """
        Accept only signatures for this region and service.

        Args:
            region: Such as ``"eu-central-1"``; None accepts all.
            service: The service's signing name, such as ``"execute-api"``; None accepts all.

        """
        self._region = region
        self._gateway = SigV4Middleware(
            self._respond, self._credentials.get, region=region, service=service, debug=True
        )

    def add_credentials(self, credentials: Credentials) -> None:
        """Accept these credentials, too."""
        self._credentials[credentials.access_key_id] = credentials

    def route(  # noqa: PLR0913 - most have defaults
        self,
        method: str,
        path: str,
        *,
        status: int = 200,
        json: Any = None,
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """
        Declare the response to requests of this method and path.

        Requests that match no route are then refused. If several match, the last one is used.

        Args:
            method: Such as ``"GET"``; ``"ANY"`` matches all methods.
            path: Such as ``"/pets"``, ``"/pets/{id}"`` for any one segment, or ``"/{proxy+}"`` for
                any number of segments; compared with the decoded path.
            status: The status of the response.
            json: The body, which is encoded as JSON; without *json* and *body*, an empty object.
            body: The body, which is sent unchanged.
            headers: The headers; they may replace the content type.

        Raises:
            InvalidRequestError: *path* does not start with a slash.

        """
        if not path.startswith("/"):
            raise InvalidRequestError("path must start with a slash")
        content_type = "text/plain"
        if status in _WITHOUT_BODY:
            body = b""
        elif body is None:
            content_type = "application/json"
            body = json_module.dumps({} if json is None else json)
        self._routes.insert(
            0,
            _Route(
                method.upper(),
                path,
                _pattern(path),
                status,
                body.encode() if isinstance(body, str) else body,
                {"Content-Type": content_type, **(headers or {})},
            ),
        )

    def allow_failures(self) -> None:
        """Don't fail the test if requests are refused."""
        self._allows_failures = True

    def take_explanation(self) -> str | None:
        """Return why requests were refused since the last call, unless refusals are allowed."""
        explanations, self._explanations = self._explanations, []
        if not explanations or self._allows_failures:
            return None
        return "\n\n".join(
            [
                *explanations,
                "If the test expects this, call sigv4_server.allow_failures().",
            ]
        )

    def _serve(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        arrived = get_input_stream(environ).read()
        environ["wsgi.input"] = io.BytesIO(arrived)
        environ["wsgi.input_terminated"] = True
        # The gateway changes the headers in environ.
        headers = Headers(EnvironHeaders(environ))
        is_routed = not self._routes or self._route_of(environ) is not None
        app = self._gateway if is_routed else self._no_route
        started: list[Any] = []

        def start(*status_and_headers: Any) -> Any:
            started[:] = status_and_headers[:2]

        response: Any = app(environ, start)
        body = b"".join(response)
        if hasattr(response, "close"):
            response.close()
        path, _, query = environ["RAW_URI"].partition("?")
        request = RecordedRequest(
            environ["REQUEST_METHOD"],
            path,
            query,
            headers,
            environ.get(_DECODED_BODY, arrived),
            environ.get("sigv4.identity"),
            environ.get("sigv4.error"),
        )
        # Before the client gets the response, so that a test finds the request.
        self.requests.append(request)
        if request.error is not None:
            routes = [] if is_routed else self._route_names()
            self._explanations.append(
                explain_refusal(
                    request,
                    request.error,
                    self._credentials,
                    host=self.host,
                    region=self._region,
                    routes=routes,
                )
            )
        start_response(*started)
        return [body]

    def _respond(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[_DECODED_BODY] = environ["wsgi.input"].read()
        route = self._route_of(environ) or _DEFAULT_ROUTE
        headers = dict(route.headers)
        if route.status not in _WITHOUT_BODY:
            headers["Content-Length"] = str(len(route.body))
        reason = http.client.responses.get(route.status, "Unknown")
        start_response(f"{route.status} {reason}", list(headers.items()))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [route.body]

    def _no_route(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Respond as API Gateway does to an unknown path: as if there were no signature."""
        error = MissingAuthenticationTokenError("Missing Authentication Token")
        return self._gateway.refuse(error, environ, start_response)

    def _route_of(self, environ: WSGIEnvironment) -> _Route | None:
        path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace")
        method = environ["REQUEST_METHOD"]
        return next((route for route in self._routes if route.fits(method, path)), None)

    def _route_names(self) -> list[str]:
        return [f"{route.method} {route.path}" for route in reversed(self._routes)]


@dataclass(frozen=True)
class _Route:
    method: str
    path: str
    pattern: re.Pattern[str]
    status: int
    body: bytes
    headers: dict[str, str]

    def fits(self, method: str, path: str) -> bool:
        return self.method in {method, "ANY"} and self.pattern.fullmatch(path) is not None


def _pattern(path: str) -> re.Pattern[str]:
    """Return a pattern that matches the paths of an API Gateway resource."""
    parts = re.split(r"(\{[^{}]*\})", path)
    return re.compile(
        "".join(
            re.escape(part)
            if not part.startswith("{")
            else ".+"
            if part.endswith("+}")
            else "[^/]+"
            for part in parts
        ),
        re.DOTALL,
    )


_DEFAULT_ROUTE = _Route("ANY", "/", _pattern("/"), 200, b"{}", {"Content-Type": "application/json"})


class _RequestHandler(WSGIRequestHandler):
    def make_environ(self) -> WSGIEnvironment:
        environ = super().make_environ()
        target = self.requestline.split(" ")[1]
        environ["RAW_URI"] = target
        if target.startswith("/"):
            # Werkzeug merges leading slashes and replaces bytes that are not UTF-8, but both are
            # signed.
            path = unquote_to_bytes(target.partition("?")[0])
            environ["PATH_INFO"] = path.decode("latin-1")
        return environ

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Log nothing."""
