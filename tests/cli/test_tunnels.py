# Servers that are reached elsewhere than at their name, and certificates. The names don't resolve.

from __future__ import annotations

import json
import os

import pytest

from rsigv4.cli.client import new_client
from rsigv4.cli.connection import Connection
from support.command import KEY, assert_mistake, run
from support.servers.recording import RecordingServer
from support.servers.verifying import VerifyingServer
from support.signing import ACCESS_KEY, SECRET

NAME = "vpc-logs.eu-west-1.es.amazonaws.com"
SCOPE = ("--region", "eu-west-1", "--service", "es")
WARNING = b"rsigv4: warning: -k: the server's certificate is not checked\n"


@pytest.fixture
def tunnel(authority):
    """Return a server at the end of a tunnel, whose certificate is for another name."""
    with VerifyingServer(tls=authority.server_named(NAME)) as server:
        server.accept(ACCESS_KEY, SECRET)
        yield server


def request(*arguments, **options):
    return run("request", *arguments, *SCOPE, **options)


def assert_succeeded(completed, server, host):
    assert (completed.returncode, completed.stderr) == (0, b"")
    assert json.loads(completed.stdout)["access_key_id"] == ACCESS_KEY
    assert server.arrived[-1].head.value("host") == host


@pytest.mark.parametrize("host", [NAME, f"{NAME}:443", NAME.upper()])
def test_certificate_is_that_of_the_signed_host(tunnel, authority, host):
    url = tunnel.url("/_search", name="localhost")
    completed = request(url, f"Host:{host}", "--cacert", authority.path)
    assert_succeeded(completed, tunnel, host)


def test_dot_at_the_end_of_a_name_is_only_signed(tunnel, authority):
    url, dotted, trusting = tunnel.url("/", name="localhost"), f"{NAME}.", authority.path
    completed = run("request", url, f"Host:{dotted}", "--cacert", trusting)
    assert_succeeded(completed, tunnel, dotted)
    assert "/eu-west-1/es/" in tunnel.arrived[-1].head.value("authorization")
    route = ("--connect-to", f"::localhost:{tunnel.port}")
    completed = run("request", f"https://{dotted}/", *route, "--cacert", trusting)
    assert_succeeded(completed, tunnel, dotted)


@pytest.mark.parametrize("host", ["localhost", "evil.example.com", "[::1", ".a", ""])
def test_certificate_of_another_host_is_an_error(tunnel, authority, host):
    url = tunnel.url("/", name="localhost")
    headers = [f"Host:{host}"] if host else []
    completed = request(url, *headers, "--cacert", authority.path)
    assert_mistake(completed, "localhost", "not to be trusted", "pass Host:NAME", status=60)
    assert tunnel.arrived == []


def test_insecure_request_is_sent_with_a_warning(tunnel):
    url = tunnel.url("/", name="localhost")
    completed = request(url, f"Host:{NAME}", "-k")
    assert (completed.returncode, completed.stderr) == (0, WARNING)
    silent = request(url, f"Host:{NAME}", "-k", "-s")
    assert (silent.returncode, silent.stderr) == (0, b"")
    assert [arrived.error for arrived in tunnel.arrived] == ["", ""]


@pytest.mark.parametrize(
    "route",
    [
        "{name}:443:localhost:{port}",
        "{NAME}:443:127.0.0.1:{port}",
        "::localhost:{port}",
        ":443:localhost:{port}",
        "{name}::127.0.0.1:{port}",
    ],
)
def test_connect_to_leads_elsewhere(tunnel, authority, route):
    route = route.format(name=NAME, NAME=NAME.upper(), port=tunnel.port)
    proxy = {**KEY, "HTTPS_PROXY": "http://localhost:1"}
    arguments = (f"https://{NAME}/a%20b?c=d%2Fe", "--connect-to", route)
    completed = request(*arguments, "--cacert", authority.path, env=proxy)
    assert_succeeded(completed, tunnel, NAME)
    assert tunnel.arrived[-1].target == "/a%20b?c=d%2Fe"


def test_connect_to_sends_bodies(tunnel, authority, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"x" * 200_000)
    route = f"::localhost:{tunnel.port}"
    url = f"https://{NAME}/"
    completed = request(url, f"@{file}", "--connect-to", route, "--cacert", authority.path)
    assert_succeeded(completed, tunnel, NAME)
    assert json.loads(completed.stdout)["length"] == 200_000


def test_connect_to_keeps_a_host_or_a_port_that_is_left_out(tunnel, authority):
    trusting = ("--cacert", authority.path)
    route = f"{NAME}:{tunnel.port}:localhost:"
    completed = request(f"https://{NAME}:{tunnel.port}/", "--connect-to", route, *trusting)
    assert_succeeded(completed, tunnel, f"{NAME}:{tunnel.port}")
    route = f"localhost:443::{tunnel.port}"
    completed = request("https://localhost/", "--connect-to", route, f"Host:{NAME}", *trusting)
    assert_succeeded(completed, tunnel, NAME)


def test_first_route_that_matches_counts(tunnel, authority):
    routes = ["other.invalid:443:localhost:1", f"{NAME}:444:localhost:1"]
    routes += [f"{NAME}:443:localhost:{tunnel.port}", "::localhost:1"]
    options = [word for route in routes for word in ("--connect-to", route)]
    completed = request(f"https://{NAME}/", *options, "--cacert", authority.path)
    assert_succeeded(completed, tunnel, NAME)


def test_redirect_is_checked_against_the_name_of_its_own_host(tunnel, authority):
    # Both names lead to one address, but its certificate is only for the first.
    tunnel.redirects["/from"] = (302, "https://other.example.com/to")
    route = f"::localhost:{tunnel.port}"
    arguments = (f"https://{NAME}/from", "-L", "--connect-to", route)
    completed = request(*arguments, "--cacert", authority.path)
    assert_mistake(completed, "other.example.com", "not to be trusted", status=60)
    assert [arrived.target for arrived in tunnel.arrived] == ["/from"]


def test_redirect_at_the_same_origin_keeps_the_name(tunnel, authority):
    tunnel.redirects["/from"] = (302, "/to")
    url = tunnel.url("/from", name="localhost")
    completed = request(url, f"Host:{NAME}", "-L", "--cacert", authority.path)
    assert_succeeded(completed, tunnel, NAME)
    assert tunnel.arrived[-1].target == "/to"


def test_error_names_the_address_that_is_connected_to():
    url = "https://example.com/"
    completed = request(url, "--connect-to", "::localhost:1")
    assert_mistake(completed, "can't connect to localhost:1: ", status=7)
    completed = request(url, "--connect-to", "::unknown.invalid:1")
    assert_mistake(completed, "can't resolve the host unknown.invalid", status=6)


def test_client_certificate_is_sent(authority, tmp_path):
    certificate, key = authority.client_certificate(tmp_path)
    both = tmp_path / "both.pem"
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    tls = authority.server_named("localhost", wants_client_certificate=True)
    with VerifyingServer(tls=tls) as server:
        server.accept(ACCESS_KEY, SECRET)
        url = server.url("/", name="localhost")
        for options in (["--cert", certificate, "--key", key], ["--cert", both]):
            completed = request(url, "--cacert", authority.path, *options)
            assert_succeeded(completed, server, f"localhost:{server.port}")
        assert request(url, "--cacert", authority.path).returncode in {35, 56}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--connect-to", "localhost:9243"], ["'localhost:9243' is not HOST:PORT:HOST2:PORT2"]),
        (["--connect-to", "a:1:b:70000"], ["HOST:PORT:HOST2:PORT2"]),
        (["--connect-to", "a:b:c:d"], ["HOST:PORT:HOST2:PORT2"]),
        (["--cacert", "/missing"], ["--cacert /missing: No such file", "pass a PEM file"]),
        (["--cacert", __file__], ["--cacert", "has no certificates: pass a PEM file"]),
        (["--cacert", os.devnull], [f"--cacert {os.devnull} has no certificates: pass"]),
        (["--cert", "/missing"], ["--cert /missing: No such file", "pass a PEM file"]),
        (["--cert", ""], ["--cert is empty: pass a PEM file"]),
        (["--cert", __file__], ["--cert", "has no certificate in PEM format: pass"]),
        (["--key", "/missing"], ["--key needs --cert"]),
    ],
)
def test_mistake_is_a_usage_error(options, words):
    assert_mistake(request("https://localhost:1/", *options), *words)


def test_mistake_with_a_client_certificate_names_the_option(authority, tmp_path):
    certificate, key = authority.client_certificate(tmp_path)
    (tmp_path / "other").mkdir()
    _, other_key = authority.client_certificate(tmp_path / "other")
    damaged = tmp_path / "damaged.pem"
    damaged.write_bytes(key.read_bytes()[:60] + b"\n" + certificate.read_bytes())
    for options, words in (
        ([certificate], [f"--cert {certificate} has no private key", "--key FILE"]),
        ([certificate, "--key", "/missing"], ["--key /missing: No such file", "pass a PEM file"]),
        ([certificate, "--key", ""], ["--key is empty: pass a PEM file"]),
        ([certificate, "--key", certificate], [f"--key {certificate} has no private key"]),
        ([certificate, "--key", other_key], [f"--key {other_key} is not the key of --cert"]),
        ([key], [f"--cert {key} has no certificate in PEM format"]),
        ([damaged], [f"--cert {damaged} and its key can't be loaded: correct"]),
    ):
        completed = request("https://localhost:1/", "--cert", *options)
        assert_mistake(completed, *words)


def test_only_the_certificate_of_another_host_is_asked_for_by_name():
    # httpx checks the certificate of an https proxy for this name, too.
    requests = []
    with RecordingServer() as server, new_client(Connection(), requests.append) as client:
        client.get(server.url("/"))
        client.get(server.url("/"), headers={"Host": "search.example"})
    assert [request.extensions.get("sni_hostname") for request in requests] == [
        None,
        "search.example",
    ]


def test_file_of_authorities_is_not_empty():
    completed = run("request", "https://127.0.0.1:1/", *SCOPE, "--cacert", "")
    assert_mistake(completed, "--cacert is empty")
