# Wrong arguments: the error names the class or function that was called, and the argument.

from __future__ import annotations

import inspect
import sys
from functools import partial

import pytest
import urllib3
from urllib3.poolmanager import PoolKey

import rsigv4.asgi
import rsigv4.wsgi
from rsigv4 import Credentials, InvalidRequestError, Signer, Verifier
from rsigv4._clients.options import PoolOptions, ProxyOptions, SignerOptions
from rsigv4._core import SIGNER_OPTIONS
from support.auths import AUTHS
from support.clients.sessions import is_old
from support.locals import check_locals
from support.signing import CREDENTIALS, SECRET, TOKEN

GATEWAYS = [
    Verifier,
    partial(rsigv4.asgi.SigV4Middleware, None),
    partial(rsigv4.wsgi.SigV4Middleware, None),
]
every_auth = pytest.mark.parametrize("auth", AUTHS)


def name_of(called):
    return getattr(called, "func", called).__name__


@every_auth
def test_unknown_argument_is_named(auth):
    arguments = (CREDENTIALS, "us-east-1", "es")
    name = name_of(auth)
    with pytest.raises(TypeError) as caught:
        auth(*arguments, regoin="x")
    assert str(caught.value) == f"{name}.__init__() got an unexpected keyword argument 'regoin'"
    with pytest.raises(TypeError) as caught:
        auth(*arguments, region="x")
    assert str(caught.value) == f"{name}.__init__() got multiple values for argument 'region'"
    with pytest.raises(TypeError, match=rf"^{name}\.__init__\(\) takes at most \d positional"):
        auth(*arguments, "unsigned")


@every_auth
def test_error_of_an_unknown_argument_shows_no_secret(auth):
    error = check_locals(
        lambda: auth(aws_access_key_id="AKID", aws_secret_access_key=SECRET, aws_token=TOKEN),
        TypeError,
    )
    assert "'aws_access_key_id'" in str(error)


@every_auth
def test_error_names_the_subclass(auth):
    class Mine(getattr(auth, "func", auth)):
        pass

    arguments = getattr(auth, "args", ())
    with pytest.raises(TypeError, match=r"^Mine\.__init__\(\) got an unexpected keyword"):
        Mine(*arguments, regoin="x")


@pytest.mark.parametrize(
    ("called", "name"),
    [
        (partial(Signer, CREDENTIALS), "Signer.__new__()"),
        (partial(Verifier, dict), "Verifier.__new__()"),
        (partial(Credentials, "AKID", "secret"), "Credentials.__new__()"),
        (partial(rsigv4.asgi.SigV4Middleware, None, dict), "SigV4Middleware.__init__()"),
        (partial(rsigv4.wsgi.SigV4Middleware, None, dict), "SigV4Middleware.__init__()"),
    ],
)
def test_unknown_argument_of_other_classes_is_named(called, name):
    with pytest.raises(TypeError) as caught:
        called(regoin="x")
    if sys.version_info < (3, 10):
        name = name.removeprefix("SigV4Middleware.")
    # Python 3.13 also suggests another name.
    words = f"{name} got an unexpected keyword argument 'regoin'"
    assert str(caught.value).partition(". Did")[0] == words


@pytest.mark.parametrize("auth", [*AUTHS, Signer])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("algorithm", 5),
        ("algorithm", "AWS4"),
        ("also_sign", 5),
        ("also_sign", "date"),
        ("content_sha256_header", "no"),
        ("double_encode_path", 2),
        ("normalize_path", "yes"),
        ("sign_session_token", "no"),
        ("sign_session_token", None),
        ("region", 5),
        ("service", b"es"),
    ],
)
def test_option_of_the_wrong_type_is_named(auth, name, value):
    with pytest.raises((TypeError, ValueError), match=f"^{name} "):
        auth(**{"credentials": CREDENTIALS, name: value})


def test_signer_is_pickled_with_all_its_options():
    parameters = inspect.signature(Signer).parameters.values()
    keyword_only = {option.name for option in parameters if option.kind is option.KEYWORD_ONLY}

    assert keyword_only == SIGNER_OPTIONS == SignerOptions.__annotations__.keys()


@pytest.mark.skipif(is_old(urllib3), reason="urllib3 2 has other options")
def test_options_of_urllib3_match_its_signature():
    internal = {"scheme", "host", "port", "_proxy", "_proxy_headers", "_proxy_config"}
    internal |= {"_socks_options", "strict"}
    own = {field.removeprefix("key_") for field in PoolKey._fields} - internal
    more = PoolOptions.__annotations__.keys() - SignerOptions.__annotations__.keys()
    assert more == own | {"num_pools"}

    ours = {"payload", "max_buffered_body", "explain"}
    of_proxies = set(inspect.signature(urllib3.ProxyManager).parameters)
    of_proxies -= {"proxy_url", "num_pools", "headers", "connection_pool_kw"}
    more = ProxyOptions.__annotations__.keys() - PoolOptions.__annotations__.keys()
    assert more == of_proxies | ours


@pytest.mark.parametrize("auth", [*AUTHS, Signer])
@pytest.mark.parametrize(
    ("service", "region", "algorithm"),
    [
        ("s3", "us-east-1", "AWS4-HMAC-SHA256"),
        ("execute-api", "us-gov-west-1", "AWS4-HMAC-SHA256"),
        ("", "eu-central-1", "AWS4-HMAC-SHA256"),
        ("s3", "us-iso-east-1", "AWS4-ECDSA-P256-SHA256"),
        ("s3", "us-east-1,eu-*", "AWS4-ECDSA-P256-SHA256"),
        ("s3", "*", "AWS4-ECDSA-P256-SHA256"),
    ],
)
def test_swapped_region_and_service_are_detected(auth, service, region, algorithm):
    with pytest.raises(InvalidRequestError, match=r"^region and service are swapped: "):
        auth(CREDENTIALS, service, region, algorithm=algorithm)
    if service:
        auth(CREDENTIALS, region, service, algorithm=algorithm)


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_swapped_region_and_service_of_a_verifier_are_detected(gateway):
    with pytest.raises(InvalidRequestError, match=r"^region and service are swapped: "):
        gateway(dict, region="execute-api", service="us-east-1")
    gateway(dict, region="us-east-1", service="execute-api")


@pytest.mark.parametrize(
    "region",
    ["auto", "minio", "local", "ru-central1", "fr-par", "nyc3", "garage", "us-iso-east-1", "es"],
)
def test_regions_of_other_vendors_are_accepted(region):
    signer = Signer(CREDENTIALS, region, "s3")
    assert f"/{region}/s3/" in signer.sign("GET", "https://example.com/")["Authorization"]
