# Uploads to and downloads from an S3 server with the command.

from __future__ import annotations

import hashlib
import json
import os
import stat
import urllib.request

import pytest

from support.command import RSIGV4, assert_mistake, peak_memory, run

MIB = 1024 * 1024
LARGE = 200 * MIB
#: Python, httpx and the command themselves need half of it.
BOUND = 100 * MIB


@pytest.fixture(scope="module")
def bucket(juicefs):
    return juicefs.endpoint + juicefs.new_bucket()


@pytest.fixture
def s3(juicefs):
    """Run the command with the server's key."""
    key = {
        "AWS_ACCESS_KEY_ID": juicefs.access_key_id,
        "AWS_SECRET_ACCESS_KEY": juicefs.secret_access_key,
    }

    def call(*arguments, by=run, **options):
        scope = ("--region", juicefs.region, "--service", "s3")
        return by(*arguments, *scope, **{"env": key, **options})

    return call


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Return an incompressible file of 200 MiB, and its hash."""
    path, digest = tmp_path_factory.mktemp("large") / "large.bin", hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(LARGE // MIB):
            block = os.urandom(MIB)
            digest.update(block)
            file.write(block)
    return path, digest.hexdigest()


def test_large_file_is_sent_and_fetched_in_bounded_memory(s3, bucket, large, tmp_path):
    path, expected = large
    sent, peak = s3("request", "PUT", f"{bucket}/large", f"@{path}", by=peak_memory)
    assert sent.returncode == 0, sent.stderr
    assert peak < BOUND

    copy = tmp_path / "copy.bin"
    fetched, peak = s3("request", f"{bucket}/large", "-o", copy, by=peak_memory)
    assert (fetched.returncode, fetched.stdout) == (0, b"")
    assert peak < BOUND
    with copy.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == expected
    assert [file.name for file in tmp_path.iterdir()] == ["copy.bin"]


def test_large_body_is_piped_in_bounded_memory(s3, bucket, large):
    path, expected = large
    with path.open("rb") as file:
        sent, peak = s3("request", "PUT", f"{bucket}/piped", "@-", by=peak_memory, stdin=file)
    assert sent.returncode == 0, sent.stderr
    assert peak < BOUND
    fetched, peak = s3("request", f"{bucket}/piped", by=peak_memory)
    assert hashlib.sha256(fetched.stdout).hexdigest() == expected
    assert peak < BOUND


@pytest.mark.parametrize("key", ["a b", "a%20b", "ä", "a:b@c", "a//b", "a+b", "a%2Fb", "(a)'!*"])
def test_key_may_contain_any_character(s3, bucket, key, tmp_path):
    sent = s3("request", "PUT", f"{bucket}/{key}", "-d", "content")
    assert sent.returncode == 0, sent.stdout
    fetched = s3("request", f"{bucket}/{key}", "-o", tmp_path / "copy")
    assert fetched.returncode == 0
    assert (tmp_path / "copy").read_text() == "content"


def test_empty_file_is_sent(s3, bucket):
    assert s3("request", "PUT", f"{bucket}/empty", "@/dev/null").returncode == 0
    head = s3("request", "HEAD", f"{bucket}/empty", "-v")
    assert head.returncode == 0
    assert b"< Content-Length: 0\n" in head.stderr


def test_fetched_file_follows_umask_and_symbolic_links(s3, bucket, tmp_path):
    s3("request", "PUT", f"{bucket}/object", "-d", "content")
    target, link = tmp_path / "file", tmp_path / "link"
    target.write_text("before")
    link.symlink_to(target)
    script = 'umask 027; "$0" "$@"'
    completed = s3(
        *("request", f"{bucket}/object", "-o", link), program=("bash", "-c", script, RSIGV4)
    )
    assert completed.returncode == 0
    assert link.is_symlink()
    assert target.read_text() == "content"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_failed_download_leaves_the_file_unchanged(s3, bucket, tmp_path):
    file = tmp_path / "file"
    file.write_text("before")
    completed = s3("request", f"{bucket}/missing", "-o", file)
    assert (completed.returncode, completed.stdout) == (22, b"")
    assert b"404 Not Found" in completed.stderr
    assert b"<Code>NoSuchKey</Code>" in completed.stderr
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_file_that_can_not_be_written_is_named(s3, bucket):
    s3("request", "PUT", f"{bucket}/object", "-d", "content")
    completed = s3("request", f"{bucket}/object", "-o", "/missing/file")
    assert_mistake(completed, "/missing/file", "No such file or directory", status=23)


def test_output_may_be_a_device(s3, bucket):
    s3("request", "PUT", f"{bucket}/object", "-d", "content")
    assert s3("request", f"{bucket}/object", "-o", "/dev/null").returncode == 0
    completed = s3("request", f"{bucket}/object", "-o", "/dev/full")
    assert_mistake(completed, "/dev/full", "No space left", status=23)
    assert s3("request", f"{bucket}/object", "-o", "-").stdout == b"content"


def test_presigned_url_works_without_a_key(s3, bucket):
    upload = s3("presign", f"{bucket}/presigned", "-X", "PUT", "--expires-in", "5m")
    url = upload.stdout.decode().strip()
    assert "X-Amz-Expires=300&" in url
    request = urllib.request.Request(url, data=b"content", method="PUT")  # noqa: S310 - loopback
    assert urllib.request.urlopen(request, timeout=30).status == 200  # noqa: S310
    assert s3("request", f"{bucket}/presigned").stdout == b"content"


def test_many_presigned_urls_work_without_a_key(s3, bucket, tmp_path):
    urls = [f"{bucket}/many?prefix={number}" for number in range(20)]
    source, target = tmp_path / "urls", tmp_path / "presigned"
    source.write_text("\n".join([*urls[:10], "", *urls[10:]]))
    completed = s3("presign-many", source, "-o", target)
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, b"", b"")
    s3("request", "PUT", f"{bucket}/many", "-d", "content")
    presigned = target.read_text().splitlines()
    assert [url.partition("&X-Amz-")[0] for url in presigned] == urls
    for url in (presigned[0], presigned[-1]):
        assert urllib.request.urlopen(url, timeout=30).read() == b"content"  # noqa: S310 - loopback


def test_status_404_is_an_http_error(s3, bucket):
    completed = s3("request", f"{bucket}/missing")
    assert completed.returncode == 22
    assert completed.stderr == b"rsigv4: error: the server responded with 404 Not Found\n"


def test_piped_json_is_stored_unchanged(s3, bucket):
    body = json.dumps({"a": [1, 2]}, indent=4).encode()
    assert s3("request", "PUT", f"{bucket}/json", "@-", stdin=body).returncode == 0
    fetched = s3("request", f"{bucket}/json", "-v")
    assert fetched.stdout == body
    assert b"< Content-Type: application/json\n" in fetched.stderr
