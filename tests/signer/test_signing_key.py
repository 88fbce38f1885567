"""`SigningKey`: signs like the access key that it is derived from, within its scope."""

from __future__ import annotations

import copy
import datetime as dt
import pickle

import pytest
import requests
from botocore.credentials import Credentials as BotocoreCredentials
from requests_aws4auth import AWS4Auth
from requests_aws4auth.aws4signingkey import AWS4SigningKey

from rsigv4 import (
    Credentials,
    InvalidCredentialsError,
    InvalidRequestError,
    Signer,
    SigningKey,
    SigV4Error,
    Verifier,
    explain,
)
from support.clients import ADAPTERS, BY_NAME, Auth
from support.servers.verifying import VerifyingServer
from support.signing import (
    ACCESS_KEY,
    AMZ_DATE,
    CREDENTIALS,
    MOMENT,
    SECRET,
    TEMPORARY,
    TOKEN,
    URL,
    check_message,
    shown,
    signer_of,
)

SCOPE = ("20150830", "us-east-1", "execute-api")
KEY = SigningKey.derive(CREDENTIALS, *SCOPE)
WITH_TOKEN = SigningKey.derive(TEMPORARY, *SCOPE)
BYTES = AWS4SigningKey.generate_key(SECRET, "us-east-1", "execute-api", "20150830")


def test_attributes_are_the_arguments():
    key = SigningKey(ACCESS_KEY, BYTES, *SCOPE, TOKEN)
    assert (key.access_key_id, key.key, key.session_token) == (ACCESS_KEY, BYTES, TOKEN)
    assert (key.date, key.region, key.service) == SCOPE
    by_name = SigningKey(
        access_key_id=ACCESS_KEY,
        key=bytearray(BYTES),
        date=dt.date(2015, 8, 30),
        region="us-east-1",
        service="execute-api",
        session_token=TOKEN,
    )
    assert by_name == key


def test_derived_key_is_that_of_requests_aws4auth():
    assert SigningKey(ACCESS_KEY, BYTES, *SCOPE) == KEY
    assert SigningKey(ACCESS_KEY, BYTES, *SCOPE, TOKEN) == WITH_TOKEN
    assert SigningKey.derive(BotocoreCredentials(ACCESS_KEY, SECRET, TOKEN), *SCOPE) == WITH_TOKEN
    by_name = SigningKey.derive(
        credentials=CREDENTIALS,
        date=dt.date(2015, 8, 30),
        region="us-east-1",
        service="execute-api",
    )
    assert by_name == KEY


def test_signature_is_that_of_requests_aws4auth_with_the_same_key():
    theirs = AWS4Auth(ACCESS_KEY, AWS4SigningKey(SECRET, "us-east-1", "execute-api", "20150830"))
    headers = {"X-Amz-Date": AMZ_DATE, "X-Amz-Meta-A": "b"}
    request = requests.Request("POST", URL, headers=headers, data=b"body", auth=theirs).prepare()
    del headers["X-Amz-Date"]
    signed = Signer(KEY).sign("POST", URL, headers, b"body", time=MOMENT)
    signature = request.headers["Authorization"].rpartition("Signature=")[2]
    assert signed["Authorization"].endswith(signature)


@pytest.mark.parametrize(("key", "credentials"), [(KEY, CREDENTIALS), (WITH_TOKEN, TEMPORARY)])
@pytest.mark.parametrize("provide", [lambda key: key, lambda key: lambda: key])
def test_every_signature_equals_that_of_the_access_key(key, credentials, provide):
    ours = signer_of(provide(key))
    theirs = signer_of(credentials)

    def results(signer):
        yield signer.sign("PUT", URL, {"x-amz-a": "b"}, b"body", time=MOMENT)
        yield signer.presign("GET", URL, expires_in=604_800, time=MOMENT)
        yield signer.presign_many("GET", [URL] * 3, time=MOMENT)
        yield signer.canonical_request("GET", URL, time=MOMENT)
        seed = signer.sign("GET", URL, time=MOMENT)["Authorization"].rpartition("=")[2]
        yield signer.event_stream(seed).sign(b"event", time=MOMENT)

    assert list(results(ours)) == list(results(theirs))


def test_chunks_and_forms_for_s3_equal_those_of_the_access_key():
    key = SigningKey.derive(TEMPORARY, "20150830", "us-east-1", "s3")
    url = "https://bucket.s3.us-east-1.amazonaws.com/"

    def results(signer):
        chunked = signer.chunked("PUT", url, {}, [b"a" * 9000], length=9000, time=MOMENT)
        yield chunked.headers
        yield b"".join(chunked)
        yield signer.presign_post(url, key="key", time=MOMENT).fields

    assert list(results(Signer(key))) == list(results(Signer(TEMPORARY, "us-east-1", "s3")))


def test_signer_takes_region_and_service_from_the_key(monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    elsewhere = "https://search-a.eu-west-1.es.amazonaws.com/"
    for signer in (Signer(KEY), Signer(CREDENTIALS).with_credentials(KEY), signer_of(KEY)):
        assert (signer.region, signer.service) == ("us-east-1", "execute-api")
        authorization = signer.sign("GET", elsewhere, time=MOMENT)["Authorization"]
        assert "/20150830/us-east-1/execute-api/aws4_request" in authorization


@pytest.mark.parametrize("argument", ["region", "service"])
def test_signer_with_another_scope_is_an_error(argument):
    for make in (Signer, lambda key, **scope: Signer(CREDENTIALS, **scope).with_credentials(key)):
        with pytest.raises(InvalidRequestError) as caught:
            make(KEY, **{argument: "other"})
        check_message(caught.value, argument)


@pytest.mark.parametrize("scope", [("eu-west-1", "execute-api"), ("us-east-1", "es")])
def test_key_of_a_callable_with_another_scope_is_an_error(scope):
    with pytest.raises(InvalidCredentialsError, match="another region or service") as caught:
        Signer(lambda: KEY, *scope).sign("GET", URL, time=MOMENT)
    check_message(caught.value, "credentials")


@pytest.mark.parametrize("moment", [MOMENT - dt.timedelta(days=1), MOMENT + dt.timedelta(days=1)])
@pytest.mark.parametrize(
    "method",
    [
        Signer.sign,
        Signer.presign,
        lambda signer, _, url, **time: signer.presign_many("GET", [url], **time),
    ],
)
def test_another_utc_day_is_an_error(method, moment):
    with pytest.raises(InvalidCredentialsError, match="another UTC day") as caught:
        method(Signer(KEY), "GET", URL, time=moment)
    check_message(caught.value, "credentials")


def test_day_ends_at_midnight_in_utc():
    zone = dt.timezone(dt.timedelta(hours=-5))
    Signer(KEY).sign("GET", URL, time=dt.datetime(2015, 8, 30, 18, 59, 59, tzinfo=zone))
    with pytest.raises(InvalidCredentialsError, match="another UTC day"):
        Signer(KEY).sign("GET", URL, time=dt.datetime(2015, 8, 30, 19, tzinfo=zone))


def test_sigv4a_is_an_error():
    sigv4a = {"algorithm": "AWS4-ECDSA-P256-SHA256"}
    signer = Signer(lambda: KEY, "*", "execute-api", **sigv4a)
    for sign in (
        lambda: Signer(KEY, **sigv4a),
        lambda: signer.sign("GET", URL, time=MOMENT),
        lambda: signer.with_credentials(KEY),
    ):
        with pytest.raises(InvalidCredentialsError, match="SigV4a") as caught:
            sign()
        check_message(caught.value, "credentials")


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("access_key_id", ""),
        ("access_key_id", "a\nb"),
        ("key", b"short"),
        ("key", SECRET),
        ("key", None),
        ("date", "2015-08-30"),
        ("date", "20150231"),
        ("date", "+2015083"),
        ("date", 20150830),
        ("date", MOMENT),
        ("region", "us-east-1,eu-*"),
        ("region", ""),
        ("service", "a/b"),
        ("session_token", "hunter2\n"),
    ],
)
def test_error_names_the_argument(argument, value):
    names = ("access_key_id", "key", "date", "region", "service", "session_token")
    arguments = dict(zip(names, (ACCESS_KEY, BYTES, *SCOPE, TOKEN)))
    with pytest.raises(SigV4Error) as caught:
        SigningKey(**{**arguments, argument: value})
    check_message(caught.value, argument)


def test_a_key_is_derived_from_an_access_key_only():
    for other in (KEY, "text", None):
        with pytest.raises(InvalidCredentialsError) as caught:
            SigningKey.derive(other, *SCOPE)
        check_message(caught.value, "credentials")


def test_nothing_shows_the_key_or_the_token():
    expected = (
        "SigningKey(access_key_id='AKIDEXAMPLE', key=***, date='20150830', region='us-east-1', "
        "service='execute-api', session_token=***)"
    )
    assert repr(WITH_TOKEN) == str(WITH_TOKEN) == expected
    assert "session_token" not in repr(KEY)
    with pytest.raises(SigV4Error) as caught:
        Signer(WITH_TOKEN, "other")
    assert TOKEN not in shown(caught.value)


@pytest.mark.parametrize(
    "clone",
    [copy.copy, copy.deepcopy, lambda key: pickle.loads(pickle.dumps(key))],  # noqa: S301 - our own
)
def test_copies_are_equal_and_sign(clone):
    for key in (KEY, WITH_TOKEN):
        cloned = clone(key)
        assert (cloned, hash(cloned)) == (key, hash(key))
        signer = clone(Signer(key))
        assert signer.sign("GET", URL, time=MOMENT) == Signer(key).sign("GET", URL, time=MOMENT)


def test_keys_differ_by_every_part():
    others = [
        SigningKey("AKIDOTHER", BYTES, *SCOPE),
        SigningKey(ACCESS_KEY, bytes(32), *SCOPE),
        SigningKey(ACCESS_KEY, BYTES, "20150831", "us-east-1", "execute-api"),
        SigningKey(ACCESS_KEY, BYTES, "20150830", "us-east-2", "execute-api"),
        SigningKey(ACCESS_KEY, BYTES, "20150830", "us-east-1", "es"),
        WITH_TOKEN,
        CREDENTIALS,
        None,
    ]
    assert all(other != KEY for other in others)


def test_a_key_can_not_be_changed():
    for name in ("key", "date", "other"):
        with pytest.raises(AttributeError):
            setattr(KEY, name, "changed")


@pytest.mark.parametrize("client", [*ADAPTERS, BY_NAME["http.client"]], ids=str)
@pytest.mark.parametrize("provide", [lambda key: key, lambda key: lambda: key])
def test_every_client_takes_a_key(client, provide):
    today = dt.datetime.now(dt.timezone.utc).date()
    key = SigningKey.derive(Credentials("AKID", "secret", TOKEN), today, "eu-central-1", "es")
    with VerifyingServer() as server:
        server.accept("AKID", "secret", TOKEN)
        auths = [Auth(provide(key))]
        if provide(key) is key:
            auths.append(Auth(key, region=None, service=None))
        for auth in auths:
            assert client.send(auth, "POST", server.url("/a"), body=b"body").status == 200
        assert server.errors == []


def test_verifier_takes_a_key():
    signed = signer_of(TEMPORARY).sign("GET", URL, time=MOMENT)
    headers = {"Host": "example.com", **signed}
    verified = Verifier(lambda _: WITH_TOKEN).verify("GET", URL, headers, b"", time=MOMENT)
    assert verified.access_key_id == ACCESS_KEY
    tomorrow = SigningKey.derive(TEMPORARY, "20150831", "us-east-1", "execute-api")
    with pytest.raises(SigV4Error, match="signature"):
        Verifier(lambda _: tomorrow).verify("GET", URL, headers, b"", time=MOMENT)


def test_explain_finds_a_mistake_with_the_key():
    wrong = Signer(KEY, double_encode_path=False)
    request = requests.Request("GET", "https://example.com/a%20b").prepare()
    request.headers.update(wrong.sign("GET", request.url, time=MOMENT))
    text = "<Error><Code>SignatureDoesNotMatch</Code></Error>"
    causes = explain(text, signer=Signer(KEY), request=request).causes
    assert [cause.code for cause in causes if cause.certain] == ["path_encoded_once"]
