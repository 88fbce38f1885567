# The command on a terminal, driven by pexpect.

from __future__ import annotations

import contextlib
import re

import pexpect
import pytest

from support.command import KEY, RSIGV4, environment, run
from support.servers.raw import raw_server

SCOPE = ["--region", "us-east-1", "--service", "s3"]
ESCAPE = "\x1b"
MIB = 1024 * 1024


@contextlib.contextmanager
def responding(body, content_type="application/json", status="200 OK"):
    """Run a server, and yield arguments that fetch the body from it."""
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with raw_server(head.encode(), body) as host:
        yield ["request", f"http://{host}/", *SCOPE]


def on_terminal(*arguments, columns=120, **env):
    """Run the command on a terminal, and return its exit status and output."""
    child = spawn(*arguments, columns=columns, **env)
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, child.before.replace("\r\n", "\n")


def spawn(*arguments, cwd=None, columns=120, **env):
    return pexpect.spawn(
        RSIGV4,
        [str(argument) for argument in arguments],
        cwd=cwd,
        env=environment(**{**KEY, **env}),
        dimensions=(40, columns),
        encoding="utf-8",
        timeout=60,
    )


def without_style(text):
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


def test_json_is_formatted_and_coloured():
    with responding(b'{"a":[1,"\xc3\xa4"]}') as request:
        status, shown = on_terminal(*request)
    assert status == 0
    assert ESCAPE in shown
    assert without_style(shown) == 'HTTP/1.1 200 OK\n{\n  "a": [\n    1,\n    "ä"\n  ]\n}\n'


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_can_be_turned_off(env):
    with responding(b'{"a":1}') as request:
        status, shown = on_terminal(*request, **env)
        assert (status, shown) == (0, 'HTTP/1.1 200 OK\n{\n  "a": 1\n}\n')
        status, shown = on_terminal(*request, "-v", **env)
        assert status == 0
        assert ESCAPE not in shown
    for arguments in (["--help"], ["request", "--help"], ["nothing"], [*request[:1], "--dry-run"]):
        assert ESCAPE not in on_terminal(*arguments, **env)[1]


def test_help_has_highlighted_headings():
    status, shown = on_terminal("request", "--help")
    assert status == 0
    assert f"{ESCAPE}[1mExamples" in shown
    piped = run("request", "--help", env={"COLUMNS": "120"}).stdout.decode()
    assert ESCAPE not in piped
    assert without_style(shown) == piped


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_body_is_not_formatted_if_the_terminal_is_named(name):
    # As in curl, which so prints a body that is not text.
    with responding(b'{"a":1}\0') as request:
        assert on_terminal(*request, "-o", name) == (0, 'HTTP/1.1 200 OK\n{"a":1}\0')
    with responding(b"x" * 2 * MIB) as request:
        assert "receiving" not in on_terminal(*request, "-o", name)[1]


def test_terminal_control_sequences_are_not_printed():
    with responding(b"\x1b]0;title\x07\x1b[31mred\x9b\r\nline\tend", "text/plain") as request:
        assert on_terminal(*request) == (0, "HTTP/1.1 200 OK\n]0;title[31mred\ufffd\nline\tend\n")
        assert run(*request).stdout == b"\x1b]0;title\x07\x1b[31mred\x9b\r\nline\tend"


def test_terminal_control_sequences_in_json_are_not_printed():
    with responding('{"a\\u001b[31m":"\x9b31m\u3000\xa0"}'.encode()) as request:
        status, shown = on_terminal(*request, NO_COLOR="1")
    assert status == 0
    assert shown == 'HTTP/1.1 200 OK\n{\n  "a\\u001b[31m": "31m\u3000\xa0"\n}\n'


def test_unsupported_characters_are_replaced():
    with responding('{"a":"ä"}'.encode()) as request:
        status, shown = on_terminal(*request, NO_COLOR="1", PYTHONIOENCODING="ascii")
    assert (status, shown) == (0, 'HTTP/1.1 200 OK\n{\n  "a": "?"\n}\n')


def test_invalid_json_is_printed_unchanged():
    body = "[" * 200_000
    with responding(body.encode()) as request:
        assert on_terminal(*request) == (0, f"HTTP/1.1 200 OK\n{body}\n")


def test_binary_data_is_not_printed():
    with responding(b"PNG\0\1\2", "image/png") as request:
        status, shown = on_terminal(*request)
        assert status == 23
        assert "save it with -o FILE" in shown
        assert run(*request).stdout == b"PNG\0\1\2"


def test_long_text_is_streamed():
    body = ("ä" * 100 + "\n") * 10_000
    with responding(body.encode(), "text/plain") as request:
        status, shown = on_terminal(*request)
    assert status == 0
    assert shown == f"HTTP/1.1 200 OK\n{body}"


def test_error_shows_status_and_body():
    with responding(b'{"message":"no"}', status="500 Oh No") as request:
        status, shown = on_terminal(*request, NO_COLOR="1")
    assert (status, shown) == (22, 'HTTP/1.1 500 Oh No\n{\n  "message": "no"\n}\n')


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"text", "text\n"),
        (b"text\n", "text\n"),
        (b"text\x1b", "text\n"),
        (b"<a/>\xc3", "<a/>\ufffd\n"),
        (b"", ""),
    ],
)
@pytest.mark.parametrize("status", ["200 OK", "404 Not Found"])
def test_output_ends_with_a_line_break(body, shown, status):
    with responding(body, "text/plain", status) as request:
        _status, output = on_terminal(*request, NO_COLOR="1")
        assert output == f"HTTP/1.1 {status}\n{shown}"
        head = f"HTTP/1.1 {status}\nContent-Type: text/plain\nContent-Length: {len(body)}\n\n"
        assert on_terminal(*request, "-i", NO_COLOR="1")[1] == f"{head}{shown}"
        assert on_terminal(*request, "-s", NO_COLOR="1")[1] == shown


def test_response_to_head_ends_with_a_line_break():
    with raw_server(b"HTTP/1.1 200 OK\r\nX-A: \x1b[31m\r\n\r\n") as host:
        status, shown = on_terminal("request", "-I", f"http://{host}/", *SCOPE, NO_COLOR="1")
    assert (status, shown) == (0, "HTTP/1.1 200 OK\nX-A: [31m\n\n")


def test_silent_transfer_has_no_progress_bar(tmp_path):
    with responding(bytes(8 * MIB)) as request:
        assert on_terminal(*request, "-s", "-o", tmp_path / "file") == (0, "")
    assert (tmp_path / "file").stat().st_size == 8 * MIB


def test_large_body_has_a_progress_bar_both_ways(juicefs, tmp_path):
    large, copy = tmp_path / "large", tmp_path / "copy"
    large.write_bytes(bytes(64 * MIB))
    key = {
        "AWS_ACCESS_KEY_ID": juicefs.access_key_id,
        "AWS_SECRET_ACCESS_KEY": juicefs.secret_access_key,
    }
    url = f"{juicefs.endpoint}{juicefs.new_bucket()}/large"
    status, shown = on_terminal("request", "PUT", url, f"@{large}", *SCOPE, **key)
    assert status == 0
    assert re.search(r"sending .*/67\.1 MB", without_style(shown))
    status, shown = on_terminal("request", url, "-o", copy, *SCOPE, **key)
    assert status == 0
    assert re.search(r"receiving .*/67\.1 MB", without_style(shown))
    assert copy.read_bytes() == large.read_bytes()
    # The progress bar removes itself.
    assert "receiving" not in without_style(shown).splitlines()[-1]


@pytest.mark.parametrize("columns", [80, 120])
def test_many_presigned_urls_show_their_rate(tmp_path, columns):
    urls = tmp_path / "urls"
    urls.write_text("https://b.s3.us-east-1.amazonaws.com/a\n" * 50_000)
    arguments = ("presign-many", urls, "-o", tmp_path / "presigned")
    status, shown = on_terminal(*arguments, columns=columns)
    assert status == 0
    shown = without_style(shown)
    # How many, the rate in URLs and bytes, and how long it will take, in one line.
    line = r"\d+,000 URLs, [\d,]+ a second ━.* [\d.]+/\d\.\d MB [\d.]+ .B/s \d:\d\d:\d\d"
    assert re.search(line, shown)
    assert shown.count("\n") == 2
    assert re.search(r"50,000 URLs in [\d.]+ s, [\d,]+ a second\n$", shown)


def test_bar_is_not_in_the_midst_of_urls(tmp_path):
    urls = tmp_path / "urls"
    # Large enough for a bar, although few URLs are shown.
    urls.write_text(f"https://b.s3.us-east-1.amazonaws.com/a{' ' * 1024}\n" * 2_000)
    status, shown = on_terminal("presign-many", urls, NO_COLOR="1")
    assert (status, "presigning" in shown) == (0, False)
    typing = spawn("presign-many", "-o", tmp_path / "presigned")
    typing.expect("press Enter and Ctrl-D")
    typing.sendline("https://b.s3.us-east-1.amazonaws.com/a")
    typing.sendeof()
    typing.expect(pexpect.EOF)
    assert "presigning" not in typing.before
    assert "1 URLs in " in typing.before


@pytest.mark.parametrize("arguments", [[], ["-o", "file"]])
def test_interrupting_ends_quietly(arguments, tmp_path):
    with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", hold=True) as host:
        child = spawn("request", f"http://{host}/", *SCOPE, *arguments, "-v", cwd=tmp_path)
        child.expect("< Content-Length: 9")
        child.sendintr()
        child.expect(pexpect.EOF)
        child.close()
    assert child.exitstatus == 130
    assert "Traceback" not in child.before
    assert "error" not in child.before
    assert list(tmp_path.iterdir()) == []
