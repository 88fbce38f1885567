# HTTPie-style items of the command line, as they arrive on the wire.

from __future__ import annotations

import email
import json
import os
from email.policy import HTTP
from urllib.parse import parse_qsl

import pytest

from support.command import assert_mistake, run
from support.servers.recording import RecordingServer


@pytest.fixture(scope="module")
def server():
    with RecordingServer() as server:
        yield server


@pytest.fixture
def arrived(server):
    """Return one request as it arrives."""

    def send(*arguments, **options):
        command = ("request", *arguments, "--region", "us-east-1", "--service", "execute-api")
        completed = run(*command, "--env", **options)
        assert (completed.returncode, completed.stderr) == (0, b"")
        return server.arrived[-1]

    return send


def test_default_is_a_get_without_a_body(arrived, server):
    request = arrived(server.url("/a"))
    assert (request.method, request.target, request.body) == ("GET", "/a", b"")


def test_default_with_a_body_is_a_post(arrived, server):
    assert arrived(server.url("/"), "a=b").method == "POST"
    assert arrived(server.url("/"), "-d", "text").method == "POST"


@pytest.mark.parametrize("method", ["PUT", "delete", "Patch"])
def test_method_is_sent_in_uppercase(arrived, server, method):
    assert arrived(method, server.url("/")).method == method.upper()


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (["name=Ada"], {"name": "Ada"}),
        (["name=Ada", "age:=36", "tags:=[1, null]"], {"name": "Ada", "age": 36, "tags": [1, None]}),
        (["empty="], {"empty": ""}),
        (["equal=a=b", "colon=a:b", "at=a@b"], {"equal": "a=b", "colon": "a:b", "at": "a@b"}),
        ([r"a\:b=c"], {"a:b": "c"}),
        ([r"a\=b=c", r"back\\=\slash"], {"a=b": "c", "back\\": r"\slash"}),
        (["é=ü"], {"é": "ü"}),
        (["semi;colon=;"], {"semi;colon": ";"}),
    ],
)
def test_fields_are_json(arrived, server, items, expected):
    request = arrived(server.url("/"), *items)
    assert json.loads(request.body) == expected
    assert request.headers["Content-Type"] == "application/json"


def test_field_may_come_from_a_file(arrived, server, tmp_path):
    text, document = tmp_path / "text", tmp_path / "document"
    text.write_text("line\nline")
    document.write_text('{"a": [1]}')
    request = arrived(server.url("/"), f"text=@{text}", f"document:=@{document}")
    assert json.loads(request.body) == {"text": "line\nline", "document": {"a": [1]}}


@pytest.mark.parametrize(
    ("url", "items", "target"),
    [
        ("/a", ["q==x y", "e==", "p==a+b&c=é"], "/a?q=x%20y&e=&p=a%2Bb%26c%3D%C3%A9"),
        ("/a?b=c", ["d==e"], "/a?b=c&d=e"),
        ("/a", ["a==1", "a==2"], "/a?a=1&a=2"),
        ("/a%23b?c=%23", ["d==#"], "/a%23b?c=%23&d=%23"),
    ],
)
def test_parameters_are_added_to_the_query(arrived, server, url, items, target):
    request = arrived(server.url(url), *items)
    assert (request.method, request.target) == ("GET", target)


def test_headers_are_sent(arrived, server):
    request = arrived(
        server.url("/"), "X-One:1", "X-Two: a:b ", "-H", "X-Three: 3", "-H", "X-Four;", "X-Five;"
    )
    names = ("X-One", "X-Two", "X-Three", "X-Four", "X-Five")
    assert [request.headers[name] for name in names] == ["1", "a:b", "3", "", ""]


def test_header_without_a_value_is_not_sent(arrived, server):
    assert "User-Agent" in arrived(server.url("/")).headers
    assert "User-Agent" not in arrived(server.url("/"), "User-Agent:").headers
    assert "User-Agent" not in arrived(server.url("/"), "-H", "User-Agent:").headers


def test_header_replaces_ours_and_may_be_repeated(arrived, server):
    request = arrived(server.url("/"), "a=b", "Content-Type:text/csv", "X-A:1", "X-A:2")
    assert request.headers.get_all("Content-Type") == ["text/csv"]
    assert request.headers.get_all("X-A") == ["1", "2"]


def test_form_is_encoded(arrived, server):
    request = arrived(server.url("/"), "--form", "a=b c", "a=é&=", "n:=1")
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(request.body.decode()) == [("a", "b c"), ("a", "é&="), ("n", "1")]


def test_form_with_files_is_multipart(arrived, server, tmp_path):
    file = tmp_path / "data.bin"
    file.write_bytes(bytes(range(256)))
    request = arrived(server.url("/"), "-f", "a=b", f"upload@{file}")
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    parts = list(email.message_from_bytes(head + request.body, policy=HTTP).iter_parts())
    names = [part.get_param("name", header="Content-Disposition") for part in parts]
    assert names == ["a", "upload"]
    assert parts[0].get_payload(decode=True) == b"b"
    assert parts[1].get_filename() == "data.bin"
    assert parts[1].get_payload(decode=True) == bytes(range(256))


@pytest.mark.parametrize("item", ["@{}", "-d@{}"])
def test_body_may_come_from_a_file(arrived, server, tmp_path, item):
    file = tmp_path / "body.csv"
    file.write_bytes(b"a,b\n\0\xff")
    request = arrived("PUT", server.url("/"), item.format(file))
    assert request.body == b"a,b\n\0\xff"
    assert request.headers["Content-Type"] == "text/csv"
    assert request.headers["Content-Length"] == "6"


@pytest.mark.parametrize("item", ["@-", "-d@-"])
def test_body_may_come_from_a_pipe(arrived, server, item):
    request = arrived(server.url("/"), item, stdin=b'{"a": 1}\n')
    assert request.body == b'{"a": 1}\n'
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Content-Length"] == "9"


def test_body_may_come_from_a_process_substitution(arrived, server):
    # As with `@<(command)`.
    reader, writer = os.pipe()
    os.write(writer, b"from a pipe")
    os.close(writer)
    request = arrived(server.url("/"), f"@/dev/fd/{reader}", pass_fds=[reader])
    os.close(reader)
    assert request.body == b"from a pipe"


def test_standard_input_is_read_only_on_request(arrived, server):
    assert arrived(server.url("/"), stdin=b"not for us").method == "GET"


@pytest.mark.parametrize(
    ("arguments", "content_type"),
    [
        (["-d", '{"a": 1}'], "application/json"),
        (["-d", "text"], None),
        (["-d", "a=b", "--form"], "application/x-www-form-urlencoded"),
        (["-d", "a,b", "Content-Type:text/csv"], "text/csv"),
        (["-d", ""], None),
    ],
)
def test_content_type_of_a_body_is_detected(arrived, server, arguments, content_type):
    request = arrived(server.url("/"), *arguments)
    assert request.body == arguments[1].encode()
    assert request.headers["Content-Type"] == content_type


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing"], ["can't parse item 'nothing'"]),
        (["a:=b"], ["a:=b", "no JSON"]),
        (["a=@/missing"], ["a=@/missing", "No such file"]),
        (["a=@/"], ["a=@/", "directory"]),
        (["a@/etc/passwd"], ["--form"]),
        (["--form", "a@/missing"], ["/missing", "No such file"]),
        (["@/missing"], ["/missing", "No such file"]),
        (["@/"], ["/", "directory"]),
        (["-d@/missing"], ["/missing", "No such file"]),
        (["a=b", "-d", "c"], ["body is given twice"]),
        (["@/dev/null", "-d", "c"], ["body is given twice"]),
        (["@/dev/null", "@/dev/null"], ["@file is given twice"]),
        (["Na me:value"], ["'Na me'", "header"]),
        ([":value"], ["header"]),
        (["X-A:a\nb"], ["X-A", "line break"]),
        (["X-A:a\x0bb"], ["X-A", "control character"]),
        (["-H", "none"], ["-H", "colon"]),
        (["-H", "X A: b"], ["'X A'", "header"]),
    ],
)
def test_usage_error_is_one_line(server, arguments, words):
    before = len(server.arrived)
    assert_mistake(run("request", server.url("/"), *arguments), *words)
    assert len(server.arrived) == before
