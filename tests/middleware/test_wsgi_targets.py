# The WSGI middleware verifies the path and query that the application receives.

from __future__ import annotations

import json
import threading
from urllib.parse import quote
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from rsigv4.wsgi import SigV4Middleware
from support.servers.s3 import S3Server
from support.wsgi_calls import (
    HOST,
    KEYS,
    URL,
    Application,
    environ_of,
    refusal,
    serve,
    signed_environ,
    signer,
)


@pytest.mark.parametrize("target", ["/", "/a%20b?q=c%20d&a", "/%C3%A9", "/a:b@c", "/~x/-._"])
def test_server_without_a_raw_path(target):
    class Quiet(WSGIRequestHandler):
        def log_message(self, *_args):
            pass

    app = SigV4Middleware(Application(lambda _stream: b""), KEYS.get)
    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    try:
        client = S3Server(f"http://127.0.0.1:{server.server_port}", "", "", "us-east-1")
        response = client.call("GET", target, signer=signer())
    finally:
        thread.join()
        server.server_close()
    assert response.status == 200, response.text


@pytest.mark.parametrize(
    "raw_uri", ["/#x", "/?x", "*", "/%23", "//", "/./x/..", "https://example.com/x"]
)
def test_routed_path_equals_the_signed_path(raw_uri):
    app = Application()
    headers = signer("s3").sign("GET", URL)
    environ = {**environ_of(headers), "RAW_URI": raw_uri}
    assert refusal(serve(app, environ)) == (400, "InvalidRequest")
    assert app.environ is None


@pytest.mark.parametrize("raw_uri", ["/a b", "/a#b", "/a\x7f", "/a\x01", "/\xe9"])
def test_target_that_servers_read_differently_is_refused(raw_uri):
    headers = signer("s3").sign("GET", URL + quote(raw_uri[1:], encoding="latin-1"))
    response = serve(Application(), environ_of(headers, raw_uri=raw_uri))
    assert refusal(response) == (400, "InvalidRequest")
    assert "percent-encoded" in json.loads(response[2])["message"]


@pytest.mark.parametrize("target", [URL, "https://example.com", "HTTPS://example.com/"])
def test_target_in_absolute_form(target):
    assert serve(Application(), {**signed_environ(), "RAW_URI": target})[0] == 200


@pytest.mark.parametrize("prefix", ["/app", "/a b"])
@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "taken away by a proxy"])
def test_path_includes_the_script_name(prefix, is_kept):
    public = quote(prefix) + "/%7Ex"
    headers = signer().sign("GET", f"https://{HOST}{public}")
    environ = environ_of(headers, raw_uri=public if is_kept else "/%7Ex")
    environ = {**environ, "SCRIPT_NAME": prefix, "PATH_INFO": "/~x"}
    assert serve(Application(), environ)[0] == 200
    # A signature for the path without the prefix is not valid for this one.
    environ.update(environ_of(signer().sign("GET", f"https://{HOST}/%7Ex"), raw_uri="/%7Ex"))
    environ.update({"SCRIPT_NAME": prefix, "PATH_INFO": "/~x"})
    assert refusal(serve(Application(), environ))[0] == 403


@pytest.mark.parametrize("path", ["/a//b", "/a/./b", "/a/../b", "/.", "/..", "//a"])
@pytest.mark.parametrize("service", ["s3", "execute-api"])
def test_path_that_the_service_normalizes(path, service):
    environ = environ_of(signer(service).sign("GET", f"https://{HOST}{path}"), raw_uri=path)
    response = serve(Application(), environ)
    if service == "s3":
        assert response[0] == 200
    else:
        assert refusal(response) == (400, "InvalidRequest")


def test_target_in_absolute_form_with_a_query_and_no_path():
    environ = environ_of(signer().sign("GET", f"{URL}?a=b"), raw_uri="/?a=b")
    environ["RAW_URI"] = f"https://{HOST}?a=b"
    assert serve(Application(), environ)[0] == 200


@pytest.mark.parametrize("host", ["my_service:8000", "a-b.example", "[::1]:80"])
def test_host_of_any_server(host):
    environ = environ_of(signer().sign("GET", f"https://{host}/"), HTTP_HOST=host)
    assert serve(Application(), environ)[0] == 200


def test_request_without_a_host():
    environ = signed_environ()
    del environ["HTTP_HOST"]
    assert refusal(serve(Application(), environ)) == (400, "InvalidRequest")
