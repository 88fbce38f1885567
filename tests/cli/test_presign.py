# rsigv4 presign and presign-many, with files and pipes.

from __future__ import annotations

import datetime as dt

import pytest

from support.command import RSIGV4, TEMPORARY_KEY, assert_mistake, peak_memory, run
from support.oracles import QuerySigned, Request, parameters, presigned_by_botocore
from support.signing import ACCESS_KEY, SECRET, TOKEN

URL = "https://bucket.s3.eu-central-1.amazonaws.com/key"
MIB = 1024 * 1024


def presigned(*arguments, **options):
    """Return the printed URL."""
    completed = run("presign", *arguments, **options)
    assert (completed.returncode, completed.stderr) == (0, b"")
    (url,) = completed.stdout.decode().splitlines()
    return url


def by_botocore(url, presigned_url, token=None, **changed):
    """Return the URL that botocore presigns at the same time."""
    date = dict(parameters(presigned_url))["X-Amz-Date"]
    moment = dt.datetime.strptime(date, "%Y%m%dT%H%M%S%z")
    key = (ACCESS_KEY, SECRET, token)
    scope = {"service": "s3", "region": "eu-central-1"}
    return presigned_by_botocore(Request(url=url, key=key, moment=moment, **{**scope, **changed}))


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        ([], {}),
        (["-X", "PUT"], {"method": "PUT"}),
        (["--expires-in", "90"], {"expires_in": 90}),
        (["--expires-in", "15m"], {"expires_in": 900}),
        (["--expires-in", "12h"], {"expires_in": 43_200}),
        (["--expires-in", "7d"], {"expires_in": 604_800}),
        (["-H", "X-Amz-Acl: private"], {"headers": [("X-Amz-Acl", "private")]}),
        (
            ["-H", "Content-Length: 5", "-H", "If-None-Match: *"],
            {"headers": [("Content-Length", "5"), ("If-None-Match", "*")]},
        ),
        (["--region", "us-west-2"], {"region": "us-west-2"}),
    ],
)
def test_url_equals_that_of_botocore(arguments, changed):
    url = presigned(URL, *arguments)
    assert QuerySigned.of(url) == QuerySigned.of(by_botocore(URL, url, **changed))


def test_session_token_is_in_the_url():
    url = presigned(URL, env=TEMPORARY_KEY)
    assert QuerySigned.of(url) == QuerySigned.of(by_botocore(URL, url, TOKEN))


def test_many_urls_equal_those_of_botocore_in_order():
    urls = [f"{URL}/{number}?a={number}" for number in range(300)]
    completed = run("presign-many", stdin="\r\n".join(urls).encode())
    assert (completed.returncode, completed.stderr) == (0, b"")
    lines = completed.stdout.decode().splitlines()
    assert len(lines) == len(urls)
    for url, line in zip(urls, lines):
        assert QuerySigned.of(line) == QuerySigned.of(by_botocore(url, line))


def test_headers_of_many_urls_are_signed():
    completed = run("presign-many", "-H", "X-Amz-Acl: private", stdin=URL.encode())
    url = completed.stdout.decode().strip()
    expected = by_botocore(URL, url, headers=[("X-Amz-Acl", "private")])
    assert QuerySigned.of(url) == QuerySigned.of(expected)


def test_many_urls_are_presigned_in_bounded_memory(tmp_path):
    count = 200_000
    source, target = tmp_path / "urls", tmp_path / "presigned"
    source.write_text(f"{URL}?{'x' * 200}\n" * count)
    completed, peak = peak_memory("presign-many", source, "-o", target)
    assert completed.returncode == 0
    with target.open() as file:
        assert sum("X-Amz-Signature=" in line for line in file) == count
    assert peak < 80 * MIB < target.stat().st_size


def test_input_and_output_may_be_the_same_file(tmp_path):
    file = tmp_path / "urls"
    file.write_text(f"{URL}\n")
    assert run("presign-many", file, "-o", file).returncode == 0
    assert "X-Amz-Signature=" in file.read_text()


def test_empty_input_has_empty_output():
    completed = run("presign-many")
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, b"", b"")


@pytest.mark.parametrize("bad", ["no url", "/key", "https://example.com/"])
def test_line_that_is_not_a_url_is_named_and_nothing_is_written(tmp_path, bad):
    source, target = tmp_path / "urls", tmp_path / "presigned"
    source.write_text(f"{URL}\n\n{URL}\n{bad}\n{URL}\n")
    assert_mistake(run("presign-many", source, "-o", target), "line 4: ")
    assert list(tmp_path.iterdir()) == [source]


def test_pipe_that_was_closed_before_the_output_ends_the_command_quietly():
    script = 'exec 3>&1; { sleep 0.3; "$0" presign "$@"; echo "$?" >&3; } | true'
    completed = run(URL, program=("bash", "-c", script, RSIGV4))
    assert (completed.stdout, completed.stderr) == (b"141\n", b"")


def test_byte_order_mark_is_not_part_of_the_first_url():
    # As Windows begins text files.
    completed = run("presign-many", stdin=b"\xef\xbb\xbf" + URL.encode())
    assert completed.returncode == 0, completed.stderr
    assert completed.stdout.startswith(URL.encode())


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xff\n", "line 1 is not UTF-8 text"), (b"x" * 100_000, "line 1 is longer than")],
)
def test_line_that_can_not_be_a_url_is_named(content, words):
    assert_mistake(run("presign-many", stdin=content), words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["presign"], ["URL"]),
        (["presign", "bucket/key"], ["url has no scheme"]),
        (["presign", "s3://bucket/key"], ["for s3://bucket/key", "https://bucket.s3."]),
        (["presign", f"{URL}/report #2.pdf"], ["url has a raw #", "%23"]),
        (["presign", URL, "-H", "X-A:"], ["-H 'X-A:' sends no header", "'X-A;'"]),
        (["presign", URL, "--expires-in", "8d"], ["'8d' is not a duration between 1s and 7d"]),
        (["presign", URL, "--expires-in", "0"], ["'0' is not a duration"]),
        (["presign", URL, "--expires-in", "soon"], ["'soon' is not a duration"]),
        (["presign", URL, "-X", "GE T"], ["method"]),
        (["presign", "https://example.com/"], ["pass --region"]),
        (["presign", "https://example.com/", "--region", "us-east-1"], ["pass --service"]),
        (["presign-many", "/missing"], ["/missing", "No such file"]),
        (["presign-many", "/dev/null", "-o", "/missing/file"], ["/missing/file"]),
    ],
)
def test_usage_error_is_one_line(arguments, words):
    status = 23 if "-o" in arguments else 2
    assert_mistake(run(*arguments), *words, status=status)
