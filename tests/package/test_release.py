"""What is published: `make release-check` finds each mistake in a wheel, an sdist or a readme."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import time
from datetime import datetime, timezone
from importlib import import_module
from importlib.metadata import version as installed_version
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from packaging.version import Version

import rsigv4

ROOT = Path(__file__).parents[2]
RELEASE = ROOT / ".ci" / "release"
if not RELEASE.exists():
    pytest.skip("the sdist has no .ci", allow_module_level=True)


@pytest.fixture(scope="module")
def release():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(RELEASE))
        names = ["check", "contents", "install", "licenses", "project", "sbom", "sign"]
        yield SimpleNamespace(**{name: import_module(name) for name in names})


@pytest.fixture(scope="module")
def wheel(release):
    """Return what a wheel should have."""
    info = f"rsigv4-{release.project.version()}.dist-info"
    names = [name for name in release.project.files() if name.startswith("python/")]
    files = {name.removeprefix("python/"): b"" for name in names}
    files["rsigv4/_core.abi3.so"] = b"/cargo/registry/src/pyo3/src/err.rs"
    files[f"{info}/METADATA"] = metadata(release)
    files[f"{info}/sboms/rsigv4.cyclonedx.json"] = b"{}"
    for name in release.contents.LICENSES:
        files[f"{info}/licenses/{name}"] = (ROOT / name).read_bytes()
    return files


def metadata(release):
    return (
        f"Metadata-Version: 2.4\nName: rsigv4\nVersion: {release.project.version()}\n"
        "License-File: LICENSE\nLicense-File: THIRD-PARTY-LICENSES.txt\n\n[a](https://example.com)"
    ).encode()


@pytest.fixture
def problems(release, wheel, tmp_path):
    def problems(changes=None, tags="cp311-abi3-manylinux_2_28_x86_64", level=8):
        path = tmp_path / f"rsigv4-{release.project.version()}-{tags}.whl"
        with ZipFile(path, "w", level) as archive:
            for name, data in {**wheel, **(changes or {})}.items():
                if data is not None:
                    archive.writestr(name, data)
        return "\n".join(release.contents.problems_of_wheel(path))

    return problems


def test_right_wheel_has_no_problem(problems):
    assert problems() == ""


INFO = f"rsigv4-{installed_version('rsigv4')}.dist-info"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rsigv4/py.typed": None}, "lacks rsigv4/py.typed"),
        ({"rsigv4/_core.pyi": None}, "lacks rsigv4/_core.pyi"),
        ({"tests/conftest.py": b""}, "has more than git: tests/conftest.py"),
        ({"rsigv4/_core.abi3.so": None}, "one extension module"),
        ({"rsigv4/_core.cpython-311-x86_64-linux-gnu.so": b""}, "one extension module"),
        ({"rsigv4/_core.abi3.so": b"..Europe/Berlin.."}, "time zones: Europe/Berlin"),
        (
            {"rsigv4/_core.abi3.so": b"\0/home/ada/.cargo/registry"},
            "path of the builder: b'/home/a",
        ),
        ({"rsigv4/_core.abi3.so": b"\0/root/.cargo/registry"}, "a path of the builder"),
        ({"rsigv4/_core.abi3.so": rb"C:\Users\ada\.cargo"}, "a path of the builder"),
        ({f"{INFO}/sboms/rsigv4.cyclonedx.json": b'"path+file:///io#"'}, "a path of the builder"),
        ({f"{INFO}/sboms/rsigv4.cyclonedx.json": None}, "has no SBOM"),
        ({f"{INFO}/licenses/THIRD-PARTY-LICENSES.txt": b"old"}, "no current THIRD-PARTY"),
        ({f"{INFO}/licenses/LICENSE": None}, "has no current LICENSE"),
        ({f"{INFO}/METADATA": None}, "is its version another than Cargo.toml's?"),
        ({f"{INFO}/METADATA": b"Version: 9\n\n"}, "has the version 9"),
        ({f"{INFO}/METADATA": b"License-File: LICENSE\n\n"}, "license files ['LICENSE']"),
        ({f"{INFO}/METADATA": b"\n[a](docs/cli.md)"}, "relative link"),
    ],
)
def test_mistake_in_a_wheel_is_found(problems, changes, words):
    assert words in problems(changes)


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ("cp39-cp39-manylinux_2_28_x86_64", "another ABI than its tag"),
        ("cp311-abi3-linux_x86_64", "isn't for a glibc or musl version"),
    ],
)
def test_wrong_tag_of_a_wheel_is_found(problems, tags, words):
    assert words in problems(tags=tags)


def test_large_wheel_is_found(problems, release):
    module = bytes(release.contents.MOST_BYTES)
    assert "is larger than" in problems({"rsigv4/_core.abi3.so": module}, level=0)


def test_sbom_is_cleaned_of_the_builders_folder(release, wheel, tmp_path):
    path = tmp_path / f"rsigv4-{release.project.version()}-cp311-abi3-manylinux_2_28_x86_64.whl"
    name = f"{INFO}/sboms/rsigv4.cyclonedx.json"
    sbom = (
        b'{"ref": "path+file:///tmp/a/rsigv4-0.1.0#rsigv4@0.1.0",'
        b' "bom-ref": "path+file:///C:/a/rsigv4#0.1.0 bin-target-0",'
        b' "purl": "pkg:cargo/rsigv4@0.1.0?download_url=file://.#src/lib.rs"}'
    )
    record = f"rsigv4/__init__.py,sha256=a,1\n{name},sha256=b,2\n{INFO}/RECORD,,\n"
    with ZipFile(path, "w") as archive:
        for other, data in {**wheel, name: sbom, f"{INFO}/RECORD": record}.items():
            archive.writestr(other, data)

    release.sbom.clean(path)

    with ZipFile(path) as archive:
        cleaned, lines = archive.read(name), archive.read(f"{INFO}/RECORD").decode().splitlines()
    assert cleaned == (
        b'{"ref": "pkg:cargo/rsigv4@0.1.0", "bom-ref": "pkg:cargo/rsigv4@0.1.0 bin-target-0",'
        b' "purl": "pkg:cargo/rsigv4@0.1.0#src/lib.rs"}'
    )
    assert lines[1] == release.sbom.entry(name, cleaned).decode()
    assert (lines[0], lines[2]) == ("rsigv4/__init__.py,sha256=a,1", f"{INFO}/RECORD,,")
    assert list(release.contents.problems_of_wheel(path)) == []


def test_missing_and_unknown_files_of_an_sdist_are_found(release, tmp_path):
    path = tmp_path / "rsigv4.tar.gz"
    names = {*release.project.source_files(), "PKG-INFO", "target/a"} - {"src/lib.rs"}
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(f"rsigv4/{name}")
            data = metadata(release) if name == "PKG-INFO" else b""
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    assert list(release.contents.problems_of_sdist(path)) == [
        "lacks src/lib.rs",
        "has more than git: target/a",
    ]


def test_sources_are_newer_than_artifacts_of_another_build(release, monkeypatch, tmp_path):
    started = time.time() - 2
    source = tmp_path / "rsigv4.tar.gz"
    with tarfile.open(source, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("rsigv4/src/lib.rs"))
    monkeypatch.setattr(release.check, "run", lambda *_, **__: None)
    monkeypatch.setattr(release.check, "rust_flags", str)

    release.check.build(source, tmp_path, [], tmp_path / "dist", tmp_path / "target")

    assert (tmp_path / "rsigv4/src/lib.rs").stat().st_mtime > started


def test_sdist_has_what_builds_and_describes_it(release):
    files = release.project.source_files()
    assert {"Cargo.lock", "LICENSE", "README.md", "SECURITY.md", "pyproject.toml"} <= {*files}
    assert not [name for name in files if name.startswith((".", "fuzz/"))]


LINKS = "[a](docs/a.md) [b](https://example.com/) [c](#c) [d](../../security/advisories/new)\n"


def test_links_are_text_while_the_address_is_unset(release):
    text = release.project.absolute_links(LINKS, "SECURITY.md", None)
    assert text == "a [b](https://example.com/) [c](#c) d\n"


def test_links_are_absolute_once_the_address_is_set(release):
    address = "https://github.com/ada/rsigv4"
    text = release.project.absolute_links(LINKS, "SECURITY.md", address)
    tag = f"v{release.project.version()}"
    assert f"[a]({address}/blob/{tag}/docs/a.md)" in text
    assert f"[d]({address}/blob/security/advisories/new)" not in text
    assert f"[d]({address}/security/advisories/new)" in text


def test_links_in_code_are_not_changed(release):
    code = "```python\na[b](c)\n```\n"
    assert release.project.absolute_links(code, "README.md", None) == code


@pytest.mark.parametrize("name", ["README.md", "SECURITY.md"])
def test_published_texts_have_no_relative_links(release, name):
    text = release.project.absolute_links((ROOT / name).read_text(encoding="utf-8"), name, None)
    assert not release.contents.RELATIVE_LINK.search(text)


def test_publishing_is_refused_while_the_address_is_unset(release, monkeypatch):
    monkeypatch.setattr(release.project, "address", lambda: None)
    monkeypatch.setattr(sys, "argv", ["check.py", "--publish"])
    with pytest.raises(SystemExit, match=r"set Repository in \[project.urls\]"):
        release.check.main()


def test_another_tag_is_refused(release, monkeypatch):
    monkeypatch.setattr(release.project, "address", lambda: "https://example.com")
    monkeypatch.setattr(sys, "argv", ["project.py", "v0.0.1"])
    with pytest.raises(SystemExit, match="the tag should be v"):
        release.project.main()


@pytest.mark.parametrize(
    ("cargo", "python"),
    [
        ("0.2.0", "0.2.0"),
        ("0.2.0-alpha.3", "0.2.0a3"),
        ("0.2.0-beta.10", "0.2.0b10"),
        ("0.2.0-rc.1", "0.2.0rc1"),
    ],
)
def test_pre_releases_are_named_as_in_the_wheel(release, monkeypatch, tmp_path, cargo, python):
    (tmp_path / "Cargo.toml").write_text(f'[package]\nversion = "{cargo}"\n')
    monkeypatch.setattr(release.project, "ROOT", tmp_path)
    assert release.project.version() == python == str(Version(cargo))


def test_each_python_gets_the_wheel_of_its_abi(release):
    tags = {
        ((3, 9), False): "cp39-cp39",
        ((3, 10), False): "cp310-cp310",
        ((3, 11), False): "cp311-abi3",
        ((3, 14), False): "cp311-abi3",
        ((3, 14), True): "cp314-cp314t",
    }
    assert {key: release.check.Python(*key, "").tag() for key in tags} == tags


def test_expected_signature_is_botocores(release, monkeypatch):
    sign = release.sign
    moment = datetime.fromtimestamp(sign.SECONDS, timezone.utc)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: moment)
    request = AWSRequest("GET", sign.URL)
    credentials = Credentials(sign.ACCESS_KEY, sign.SECRET)
    SigV4Auth(credentials, "execute-api", "eu-central-1").add_auth(request)
    assert request.headers["Authorization"] == sign.AUTHORIZATION


def test_installed_package_signs_the_tutorials_request(release):
    command = [sys.executable, "-W", "error", RELEASE / "sign.py", release.project.version()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, "")


def test_another_version_is_refused():
    command = [sys.executable, RELEASE / "sign.py", "0.0.1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert "should be '0.0.1'" in done.stderr


def test_wheels_are_installed_elsewhere_without_our_constraints(release, monkeypatch, tmp_path):
    monkeypatch.setenv("PIP_CONSTRAINT", "requirements/build.txt")
    script = (
        "import os; print(os.getcwd(), os.environ.get('PIP_CONSTRAINT'), file=open('seen', 'w'))"
    )
    release.install.run(str(tmp_path), sys.executable, "-c", script)
    assert (tmp_path / "seen").read_text() == f"{tmp_path} None\n"
    with pytest.raises(SystemExit, match=r"^failed: "):
        release.install.run(str(tmp_path), sys.executable, "-c", "exit(3)")


def test_version_is_the_installed_one():
    assert rsigv4.__version__ == installed_version("rsigv4")


def test_cargo_and_maturin_leave_out_the_same_time_zones(release):
    project = release.project.tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    config = release.project.tomllib.loads(
        (ROOT / ".cargo/config.toml").read_text(encoding="utf-8")
    )
    (setting,) = project["tool"]["maturin"]["config"]
    assert release.project.tomllib.loads(setting) == config


def test_licenses_name_each_crate_of_the_lock_file(release):
    names = {line.split()[0] for line in release.licenses.FILE.read_text().splitlines() if line}
    assert {"pyo3", "ring", "sha2", "subtle", "windows-link", "zeroize"} <= names


def test_failure_of_cargo_is_named(release, monkeypatch):
    failed = SimpleNamespace(returncode=101)
    monkeypatch.setattr(release.licenses.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(SystemExit, match=r"^failed: cargo metadata"):
        release.licenses.cargo("metadata")
