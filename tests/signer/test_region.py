"""Where the region and service come from if they aren't passed."""

from __future__ import annotations

import pickle
import sys

import pytest

from rsigv4 import InvalidRequestError, Signer, Verifier
from support.signing import CREDENTIALS, MOMENT

OPENSEARCH = "vpc-x.eu-west-1.es.amazonaws.com"
BALANCER = "https://nlb-1.elb.us-east-1.amazonaws.com:9243/"
OWN_DOMAIN = "https://api.example.com/"
SIGV4A = "AWS4-ECDSA-P256-SHA256"

CONFIG = """\
[default]
region = eu-north-1
s3 =
    max_concurrent_requests = 20

[profile work]
region = eu-south-1

[profile 'two words']
region = eu-south-2

[profile\ttabbed]
region = eu-south-3
"""


@pytest.fixture
def config(monkeypatch, tmp_path):
    """Set the configuration file, and return its path."""
    path = tmp_path / "config"
    path.write_text(CONFIG, encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    return path


def scope_of(signer, url=OWN_DOMAIN, headers=None):
    """Return the region and service that a request is signed for."""
    authorization = signer.sign("GET", url, headers, time=MOMENT)["Authorization"]
    return authorization.partition("Credential=")[2].split("/")[2:4]


def signer(service="execute-api", **options):
    return Signer(CREDENTIALS, service=service, **options)


@pytest.mark.parametrize("name", ["Host", "host", b"HOST"])
@pytest.mark.parametrize(
    "host",
    [OPENSEARCH, OPENSEARCH.upper(), f" {OPENSEARCH}:443", f"{OPENSEARCH}.", f"{OPENSEARCH}.:443"],
)
@pytest.mark.parametrize("url", [BALANCER, "https://localhost:9243/", "https://192.0.2.1/"])
def test_host_header_precedes_the_host_of_the_url(name, host, url):
    assert scope_of(signer(None), url, {name: host}) == ["eu-west-1", "es"]


@pytest.mark.parametrize("host", ["localhost:9243", "search.example.com"])
def test_host_header_that_tells_nothing_leaves_the_url(host):
    assert scope_of(signer(None), BALANCER, {"Host": host}) == ["us-east-1", "elb"]


def test_host_header_is_not_mixed_with_the_host_of_the_url(monkeypatch):
    # Accelerated hosts tell no region.
    headers = {"Host": "bucket.s3-accelerate.amazonaws.com"}
    with pytest.raises(InvalidRequestError, match="region is missing"):
        scope_of(signer(None), BALANCER, headers)
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    assert scope_of(signer(None), BALANCER, headers) == ["eu-west-2", "s3"]


def test_host_header_tells_all_methods():
    through = signer(None)
    host = {"Host": "bucket.s3.eu-west-1.amazonaws.com"}
    expected = "%2Feu-west-1%2Fs3%2F"
    assert expected in through.presign("GET", BALANCER, headers=host)
    assert expected in through.presign_many("GET", [BALANCER], headers=host)[0]
    body = through.chunked("PUT", BALANCER, host, iter([b"a"]), length=1)
    assert "/eu-west-1/s3/" in body.headers["Authorization"]
    # S3's path is encoded once.
    assert "/a%20b\n" in through.canonical_request("GET", f"{BALANCER}a%20b", host)


def test_request_for_a_tunnel_is_verified():
    headers = {"Host": OPENSEARCH}
    headers |= signer(None).sign("GET", BALANCER, headers)
    verifier = Verifier(
        {CREDENTIALS.access_key_id: CREDENTIALS}.get, region="eu-west-1", service="es"
    )
    assert verifier.verify("GET", f"https://{OPENSEARCH}/", headers).region == "eu-west-1"


@pytest.mark.parametrize(
    ("environment", "region"),
    [
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-2", "AWS_PROFILE": "work"}, "eu-west-2"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, "eu-north-1"),
        ({"AWS_PROFILE": "work"}, "eu-south-1"),
        ({"AWS_PROFILE": "two words"}, "eu-south-2"),
        ({"AWS_PROFILE": "tabbed"}, "eu-south-3"),
        # botocore's order.
        ({"AWS_PROFILE": "missing", "AWS_DEFAULT_PROFILE": "work"}, "eu-south-1"),
    ],
    ids=str,
)
@pytest.mark.usefixtures("config")
def test_region_comes_from_the_environment_then_the_profile(monkeypatch, environment, region):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert scope_of(signer()) == [region, "execute-api"]


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize(
    ("options", "url", "region"),
    [
        ({"region": "us-west-1"}, OWN_DOMAIN, "us-west-1"),
        ({}, "https://a1b2c3.execute-api.us-west-2.amazonaws.com/", "us-west-2"),
        ({"default_region": "us-east-2"}, OWN_DOMAIN, "us-east-2"),
    ],
    ids=["argument", "host", "default"],
)
def test_what_precedes_the_environment(monkeypatch, options, url, region):
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert scope_of(signer(**options), url) == [region, "execute-api"]


def test_environment_is_read_once(monkeypatch, config):
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    of_environment = signer()
    monkeypatch.delenv("AWS_REGION")
    of_profile = signer()
    config.unlink()
    for made, region in ((of_environment, "eu-west-1"), (of_profile, "eu-north-1")):
        for same in (made, made.with_credentials(CREDENTIALS), pickle.loads(pickle.dumps(made))):  # noqa: S301 - ours
            assert scope_of(same) == [region, "execute-api"]
    without = signer()
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    for same in (without, pickle.loads(pickle.dumps(without))):  # noqa: S301 - ours
        with pytest.raises(InvalidRequestError, match="set AWS_REGION"):
            scope_of(same)


@pytest.mark.usefixtures("config")
def test_region_set_is_never_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    with pytest.raises(InvalidRequestError, match=r'region is missing.*region="\*"'):
        scope_of(signer(algorithm=SIGV4A))
    with pytest.raises(InvalidRequestError, match=r"default_region .* region="):
        signer(algorithm=SIGV4A, default_region="eu-west-1")


def test_event_streams_have_a_default_region():
    signer("transcribe", default_region="eu-west-1").event_stream("0" * 64)
    with pytest.raises(InvalidRequestError, match="region is missing, and this call has no URL"):
        signer("transcribe").event_stream("0" * 64)


def test_invalid_region_of_the_environment_matters_only_where_it_is_used(monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu west 1")
    made = signer()
    assert scope_of(made, BALANCER)[0] == "us-east-1"
    with pytest.raises(InvalidRequestError, match=r"region is missing.*default_region.*AWS_REGION"):
        scope_of(made)


@pytest.mark.parametrize("text", ["[default", "region = eu-west-1", "[default]\nregion = \xff"])
def test_unreadable_configuration_has_no_region(config, text):
    config.write_text(text, encoding="latin-1")
    made = signer()
    assert scope_of(made, BALANCER)[0] == "us-east-1"
    with pytest.raises(InvalidRequestError, match="region is missing"):
        scope_of(made)


def test_region_is_read_without_botocore(monkeypatch, config):
    monkeypatch.setitem(sys.modules, "botocore", None)
    config.write_text("\ufeff[default]\nregion=eu-west-3\n", encoding="utf-8")
    assert scope_of(signer()) == ["eu-west-3", "execute-api"]


def test_region_of_the_credentials_file_precedes(monkeypatch, tmp_path, config):
    credentials = tmp_path / "credentials"
    credentials.write_text("[default]\nregion = ap-south-1\n", encoding="utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    assert config.exists()
    session = pytest.importorskip("botocore.session").Session()
    assert scope_of(signer())[0] == "ap-south-1" == session.get_config_variable("region")
