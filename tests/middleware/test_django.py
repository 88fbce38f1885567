# Django behind the ASGI and WSGI middleware.

from __future__ import annotations

import gc
import json

import django
import pytest
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

from rsigv4.asgi import SigV4Middleware
from support import asgi_calls, wsgi_calls

CONTENT = b"line\n" * 40_000


def view(request):
    if hasattr(request, "scope"):
        identity = request.scope["sigv4.identity"]
    else:
        identity = request.META["sigv4.identity"]
        assert request.META["REMOTE_USER"] == identity.access_key_id
    return JsonResponse({"key": identity.access_key_id, "length": len(request.body)})


urlpatterns = [path("", view)]


@pytest.fixture(scope="module", autouse=True)
def project():
    settings.configure(ALLOWED_HOSTS=["*"], MIDDLEWARE=[], ROOT_URLCONF=__name__)
    django.setup(set_prefix=False)


def response_of(kind, *, changed=bytes, chunks=True):
    """Return the status and the content of the response."""
    if kind == "wsgi":
        environ = (
            wsgi_calls.chunked_environ(CONTENT, changed)
            if chunks
            else wsgi_calls.signed_environ(CONTENT)
        )
        status, _, body = wsgi_calls.serve(get_wsgi_application(), environ)
        return status, json.loads(body)
    scope, wire = (
        asgi_calls.chunked_scope(CONTENT, changed)
        if chunks
        else (asgi_calls.signed_scope(CONTENT), CONTENT)
    )
    middleware = SigV4Middleware(get_asgi_application(), asgi_calls.KEYS.get)
    start, *bodies = asgi_calls.serve(middleware, scope, asgi_calls.events_of(wire))
    return start["status"], json.loads(b"".join(body["body"] for body in bodies))


@pytest.mark.parametrize("kind", ["asgi", "wsgi"])
@pytest.mark.parametrize("chunks", [False, True])
def test_view_sees_identity_and_body(kind, chunks):
    expected = {"key": "AKIDEXAMPLE", "length": len(CONTENT)}
    assert response_of(kind, chunks=chunks) == (200, expected)


# Django doesn't close its temporary file if it can't read a body.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", ["asgi", "wsgi"])
def test_refusal_of_a_wrong_chunk_replaces_the_response_of_django(kind):
    status, response = response_of(
        kind, changed=lambda wire: wire.replace(b"line\n\r\n", b"lime\n\r\n")
    )
    gc.collect()
    assert status == 403
    assert "chunk signature" in response["message"]
