# Messages and exit codes of network and server failures, like curl's.

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import sys

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from support.command import KEY, RSIGV4, assert_mistake, run
from support.servers.raw import raw_server

SCOPE = ("--region", "us-east-1", "--service", "execute-api")


def request(url, *arguments, **options):
    return run("request", url, *arguments, *SCOPE, **options)


def test_unknown_host_is_an_error():
    completed = request("https://unknown.invalid/")
    assert_mistake(completed, "can't resolve the host unknown.invalid", status=6)


@pytest.mark.parametrize("host", [".s3.amazonaws.com", "a..b", f"{'a' * 64}.com"])
def test_host_that_no_dns_can_have_is_an_error(host):
    assert_mistake(request(f"https://{host}/"), "can't resolve the host", status=6)
    redirect = f"HTTP/1.1 302 Found\r\nLocation: http://{host}/\r\n\r\n"
    with raw_server(redirect.encode()) as server:
        assert_mistake(request(f"http://{server}/", "-L"), "can't resolve the host", status=6)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_closed_port_is_an_error(scheme):
    with socket.socket() as unserved:
        # Bound to reserve the port, but not listening.
        unserved.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unserved.getsockname()[1]}"
        completed = request(f"{scheme}://user:password@{host}/")
        assert_mistake(completed, f"can't connect to {host}: ", status=7)


def test_port_that_is_too_large_is_an_error():
    port = "9" * 30
    completed = request(f"http://localhost:{port}/", "--unsigned")
    assert_mistake(completed, "port", "65536", status=7)
    redirect = f"HTTP/1.1 302 Found\r\nLocation: http://localhost:{port}/\r\n\r\n"
    with raw_server(redirect.encode()) as host:
        assert_mistake(request(f"http://{host}/", "-L"), "port", "65536", status=7)


def test_timeout_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert_mistake(request(url, "--timeout", "0.2"), "--timeout", status=28)


def test_server_that_disconnects_is_an_error():
    with raw_server() as host:
        assert_mistake(request(f"http://{host}/"), "there is no response", status=56)


def test_non_http_response_is_an_error():
    with raw_server(b"SSH-2.0-server\r\n") as host:
        assert_mistake(request(f"http://{host}/"), "there is no response", status=56)


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
    ],
)
def test_truncated_body_is_an_error_and_leaves_no_file(response, tmp_path):
    with raw_server(response) as host:
        completed = request(f"http://{host}/", "-o", tmp_path / "file")
    assert_mistake(completed, "not complete", status=18)
    assert list(tmp_path.iterdir()) == []


def test_stalled_body_is_an_error(tmp_path):
    response = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"
    with raw_server(response, hold=True) as host:
        completed = request(f"http://{host}/", "-o", tmp_path / "file", "--timeout", "0.2")
    assert_mistake(completed, "--timeout", status=28)


def test_server_without_tls_is_an_error():
    with raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as host:
        assert_mistake(request(f"https://{host}/"), host, "TLS", status=35)


def test_untrusted_certificate_is_an_error(tmp_path):
    with raw_server(tls=self_signed(tmp_path)) as host:
        completed = request(f"https://{host}/")
    assert_mistake(completed, host, "not to be trusted", "self-signed", "--cacert", status=60)


def test_custom_certificate_can_be_trusted(tmp_path):
    response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
    with raw_server(response, tls=self_signed(tmp_path)) as host:
        trusting = {**KEY, "SSL_CERT_FILE": str(tmp_path / "certificate.pem")}
        completed = request(f"https://{host}/", env=trusting)
    assert (completed.returncode, completed.stdout) == (0, b"OK"), completed.stderr


def self_signed(folder):
    """Return a TLS context whose certificate is trusted only with a file in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


def test_proxy_that_refuses_is_an_error():
    with raw_server(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as proxy:
        completed = request("https://example.com/", env={**KEY, "HTTPS_PROXY": f"http://{proxy}"})
    assert_mistake(completed, f"proxy {proxy}", "403", status=97)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("variable", ["{}_proxy", "ALL_PROXY"])
def test_proxy_that_is_down_is_named(scheme, variable):
    variable = variable.format(scheme)
    with socket.socket() as unserved:
        unserved.bind(("127.0.0.1", 0))
        proxy = f"127.0.0.1:{unserved.getsockname()[1]}"
        for proxy_scheme in ("http", "https"):
            env = {**KEY, variable: f"{proxy_scheme}://user:password@{proxy}"}
            completed = request(f"{scheme}://example.com/", env=env)
            words = (f"can't connect to the proxy {proxy} for example.com: ", "NO_PROXY", variable)
            assert_mistake(completed, *words, status=7)
            assert b"password" not in completed.stderr


def test_proxy_that_is_unknown_is_named():
    env = {**KEY, "HTTPS_PROXY": "http://unknown.invalid:8080"}
    completed = request("https://example.com/", env=env)
    assert_mistake(completed, "the proxy unknown.invalid:8080", "HTTPS_PROXY", status=5)


def test_proxy_that_speaks_no_tls_is_named():
    with raw_server(b"HTTP/1.1 200 OK\r\n\r\n") as proxy:
        completed = request("https://example.com/", env={**KEY, "HTTPS_PROXY": f"https://{proxy}"})
    assert_mistake(completed, f"the proxy {proxy}", "HTTPS_PROXY", status=7)


def test_host_behind_a_proxy_is_blamed_for_its_own_tls():
    # The proxy says that it has connected, and then sends what is not TLS.
    with raw_server(b"HTTP/1.1 200 OK\r\n\r\n", b"not TLS" * 9) as proxy:
        completed = request("https://example.com/", env={**KEY, "HTTPS_PROXY": f"http://{proxy}"})
    assert_mistake(completed, "TLS handshake with example.com failed", status=35)


@pytest.mark.skipif(sys.platform != "linux", reason="others refuse when the queue is full")
def test_proxy_that_is_silent_is_named():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as silent:
        address = silent.getsockname()
        # Linux doesn't answer when the queue of connections is full.
        with contextlib.ExitStack() as stack:
            for _ in range(3):
                client = stack.enter_context(socket.socket())
                client.settimeout(0)
                client.connect_ex(address)
            env = {**KEY, "HTTPS_PROXY": f"http://127.0.0.1:{address[1]}"}
            completed = request("https://example.com/", "--timeout", "0.2", env=env)
    assert_mistake(completed, f"connecting to the proxy 127.0.0.1:{address[1]}", status=28)


def test_standard_output_that_is_closed_gets_nothing():
    with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc") as host:
        program = ("bash", "-c", '"$0" "$@" >&-', RSIGV4)
        completed = run("request", f"http://{host}/", *SCOPE, program=program)
    assert (completed.returncode, completed.stderr) == (0, b"")


def test_closed_output_pipe_ends_the_command_quietly():
    body = b"x" * 8 * 1024 * 1024
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with raw_server(head, body) as host:
        script = '"$0" request "$@" 2>&3 3>&- | head -c 3; echo ":${PIPESTATUS[0]}"'
        completed = run(
            f"http://{host}/", *SCOPE, program=("bash", "-c", f"exec 3>&2; {script}", RSIGV4)
        )
    assert completed.stdout == b"xxx:141\n"
    assert completed.stderr == b""


def test_full_disk_is_an_error():
    with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK") as host:
        completed = run(
            *("request", f"http://{host}/", *SCOPE),
            program=("bash", "-c", '"$0" "$@" > /dev/full', RSIGV4),
        )
    assert_mistake(completed, "output can't be written", "No space left", status=23)
