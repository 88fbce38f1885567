"""Presigned URLs: what they keep, what is added, and what is refused."""

from __future__ import annotations

import datetime as dt
import hashlib
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from botocore.config import Config
from botocore.session import Session

from rsigv4 import (
    UNSIGNED_PAYLOAD,
    Credentials,
    ExpiredCredentialsError,
    InvalidRequestError,
    PayloadHash,
    Signer,
)
from support.oracles import Request, presigned_by_awscrt
from support.signing import ACCESS_KEY, AMZ_DATE, CREDENTIALS, MOMENT, SECRET, TEMPORARY, TOKEN

WEEK = 604_800
OBJECT = "https://bucket.s3.us-east-1.amazonaws.com/key"


def presign(url=OBJECT, method="GET", *, credentials=CREDENTIALS, time=MOMENT, **options):
    return Signer(credentials).presign(method, url, time=time, **options)


def parameters(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
def test_example_of_aws():
    credentials = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    url = presign(
        "https://examplebucket.s3.amazonaws.com/test.txt",
        credentials=credentials,
        expires_in=86400,
        time=dt.datetime(2013, 5, 24, tzinfo=dt.timezone.utc),
    )
    assert url == (
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


def test_query_keeps_its_order_repeats_and_empty_values():
    query = "b=2&a=1&b=1&&empty&none=&a%20b=%2F"
    url = presign(f"https://example.execute-api.us-east-1.amazonaws.com/path?{query}")
    kept, added, _ = url.partition("?")[2].partition("&X-Amz-Algorithm=")
    assert (kept, bool(added)) == (query, True)


def test_repeated_parameters_are_signed_like_awscrt():
    request = Request("execute-api", url="https://example.com/path?b=2&a=1&b=1&c")
    signer = Signer(Credentials(*request.key), request.region, request.service)
    url = signer.presign("GET", request.url, time=request.moment)
    assert sorted(parse_qsl(urlsplit(url).query, keep_blank_values=True)) == sorted(
        parse_qsl(urlsplit(presigned_by_awscrt(request)).query, keep_blank_values=True)
    )


@pytest.mark.parametrize(("service", "sent"), [("s3", "a%20b"), ("execute-api", "a+b")])
def test_plus_is_sent_as_it_is_signed_for_s3(service, sent):
    # S3 may read `+` literally; both readings agree on %20.
    url = Signer(CREDENTIALS, "us-east-1", service).presign("GET", "https://example.com/?q=a+b")
    assert url.startswith(f"https://example.com/?q={sent}&X-Amz-Algorithm=")


def test_empty_path_is_a_slash():
    url = presign("https://bucket.s3.us-east-1.amazonaws.com")
    assert url.startswith("https://bucket.s3.us-east-1.amazonaws.com/?X-Amz-Algorithm=")


@pytest.mark.parametrize("expires_in", [1, 60, WEEK])
def test_lifetime_is_in_seconds(expires_in):
    assert parameters(presign(expires_in=expires_in))["X-Amz-Expires"] == str(expires_in)


def test_default_lifetime_is_an_hour():
    assert parameters(presign())["X-Amz-Expires"] == "3600"


@pytest.mark.parametrize("expires_in", [0, -1, WEEK + 1, 2**32 + 60, 2**100, -(2**100)])
def test_lifetime_out_of_range_is_refused(expires_in):
    with pytest.raises(InvalidRequestError, match=r"^expires_in must be from 1 to 604800 seconds"):
        presign(expires_in=expires_in)


@pytest.mark.parametrize("expires_in", ["3600", 3600.0, None, dt.timedelta(hours=1), b"1", True])
def test_lifetime_that_is_not_a_number_is_refused(expires_in):
    kind = type(expires_in).__name__
    with pytest.raises(InvalidRequestError, match=f"^expires_in must be int, not {kind}"):
        presign(expires_in=expires_in)


def ending(**after):
    expires_at = MOMENT + dt.timedelta(**after)
    return Credentials(ACCESS_KEY, SECRET, TOKEN, expires_at=expires_at)


@pytest.mark.parametrize(
    ("end", "lifetime"),
    [({"seconds": 1}, 1), ({"minutes": 15}, 900), ({"hours": 1}, 3600), ({"days": 30}, 3600)],
)
def test_url_expires_with_the_credentials(end, lifetime):
    assert parameters(presign(credentials=ending(**end)))["X-Amz-Expires"] == str(lifetime)
    urls = Signer(ending(**end)).presign_many("GET", [OBJECT], time=MOMENT)
    assert parameters(urls[0])["X-Amz-Expires"] == str(lifetime)


@pytest.mark.parametrize("end", [{"seconds": 0}, {"days": -1}])
def test_expired_credentials_do_not_presign(end):
    with pytest.raises(ExpiredCredentialsError):
        presign(credentials=ending(**end))


def test_token_is_signed():
    url = presign(credentials=TEMPORARY)
    assert parameters(url)["X-Amz-Security-Token"] == TOKEN
    assert url.index("X-Amz-Security-Token=") < url.index("X-Amz-Signature=")


def test_token_may_follow_the_signature():
    signer = Signer(TEMPORARY, sign_session_token=False)
    url = signer.presign("GET", OBJECT, time=MOMENT)
    assert parameters(url)["X-Amz-Security-Token"] == TOKEN
    unsigned = "&X-Amz-Security-Token=session%2F%2Ftoken%2Bof%2Ftemporary%3Dcredentials%3D%3D"
    assert url == presign(credentials=CREDENTIALS) + unsigned


def test_headers_passed_are_signed_including_host():
    headers = {"Host": "cdn.example.com", "Content-Type": "text/plain", "x-amz-acl": "private"}
    url = presign(method="PUT", headers=headers)
    assert url.startswith(f"{OBJECT}?")
    assert parameters(url)["X-Amz-SignedHeaders"] == "content-type;host;x-amz-acl"
    request = Request(
        "s3", "PUT", OBJECT, list(headers.items())[1:], key=(ACCESS_KEY, SECRET, None)
    )
    # The Host header was signed, so the signature differs from that for the URL's host.
    assert url != presigned_by_awscrt(request)
    at_cdn = Request(
        "s3", "PUT", "https://cdn.example.com/key", request.headers, key=(ACCESS_KEY, SECRET, None)
    )
    assert parameters(url) == parameters(presigned_by_awscrt(at_cdn))


def test_headers_of_an_upload_are_signed_like_boto3():
    client = Session().create_client(
        "s3",
        "us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET,
        config=Config(signature_version="s3v4"),
    )
    upload = {"Bucket": "bucket", "Key": "key", "ContentLength": 5, "IfNoneMatch": "*"}
    theirs = client.generate_presigned_url("put_object", upload)
    time = dt.datetime.strptime(parameters(theirs)["X-Amz-Date"] + "+0000", "%Y%m%dT%H%M%SZ%z")

    headers = {"Content-Length": "5", "If-None-Match": "*"}
    ours = presign(theirs.partition("?")[0], "PUT", headers=headers, time=time)

    assert parameters(ours)["X-Amz-SignedHeaders"] == "content-length;host;if-none-match"
    assert parameters(ours) == parameters(theirs)


@pytest.mark.parametrize("also_sign", [(), ("accept",), ("*",)])
def test_all_headers_passed_are_signed_with_any_also_sign(also_sign):
    headers = {"Accept": "*/*", "Content-Length": "5", "If-None-Match": "*", "x-own": "1"}
    signer = Signer(CREDENTIALS, also_sign=also_sign)
    alone = signer.presign("PUT", OBJECT, headers=headers, time=MOMENT)
    many = signer.presign_many("PUT", [OBJECT], headers=headers, time=MOMENT)
    assert many == [alone]
    signed = "accept;content-length;host;if-none-match;x-own"
    assert parameters(alone)["X-Amz-SignedHeaders"] == signed


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "Connection",
        "Expect",
        "Keep-Alive",
        "Proxy-Authorization",
        "proxy-anything",
        "Sec-WebSocket-Key",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "user-agent",
        "X-Amzn-Trace-Id",
    ],
)
def test_header_that_is_never_signed_is_an_error(name):
    signer = Signer(CREDENTIALS, also_sign=(name,))
    for call, argument in ((signer.presign, OBJECT), (signer.presign_many, [OBJECT])):
        with pytest.raises(
            InvalidRequestError, match=f"(?i)^headers have {name}, .*: leave it out$"
        ):
            call("PUT", argument, headers={name: "x"})


@pytest.mark.parametrize("body", [None, UNSIGNED_PAYLOAD])
def test_body_is_not_signed_for_s3_unless_it_is_passed(body):
    assert presign(method="PUT", body=body) == presign(method="PUT")
    assert parameters(presign(method="PUT", body=body))["X-Amz-SignedHeaders"] == "host"


@pytest.mark.parametrize(
    "body", [b"content", "content", PayloadHash(hashlib.sha256(b"content").hexdigest())]
)
def test_hash_of_a_body_has_to_be_sent_as_a_header(body):
    url = presign(method="PUT", body=body)
    assert parameters(url)["X-Amz-SignedHeaders"] == "host;x-amz-content-sha256"
    assert url == presign(method="PUT", body=b"content") != presign(method="PUT", body=b"other")
    headers = {"x-amz-content-sha256": hashlib.sha256(b"content").hexdigest()}
    assert url == presign(method="PUT", headers=headers)


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Signature=0",
        "a=1&x-amz-signature=0",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "X-Amz-Date=20150830T123600Z",
        "X-Amz-Expires=60",
        "X-Amz-Credential",
        "X-Amz-SignedHeaders=host",
        "X-Amz-Security-Token=t",
        "X-Amz-S3session-Token=t",
        "X-Amz-Region-Set=*",
    ],
)
def test_url_that_is_already_presigned_is_refused(query):
    with pytest.raises(InvalidRequestError, match=r"^url is presigned already: pass it without"):
        presign(f"{OBJECT}?{query}")


def test_other_x_amz_parameters_are_kept():
    assert "?X-Amz-Target=a&X-Amz-Algorithm=" in presign(f"{OBJECT}?X-Amz-Target=a")


WEBSOCKETS = {
    # https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html
    "wss://a1b2c3-ats.iot.us-east-1.amazonaws.com/mqtt": "iotdevicegateway",
    # https://docs.aws.amazon.com/transcribe/latest/dg/streaming-websocket.html
    "wss://transcribestreaming.us-east-1.amazonaws.com:8443/stream-transcription-websocket"
    "?language-code=en-US&media-encoding=pcm&sample-rate=16000": "transcribe",
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html
    "wss://a1b2c3.execute-api.us-east-1.amazonaws.com/prod": "execute-api",
    "wss://a1b2c3.appsync-realtime-api.us-east-1.amazonaws.com/graphql": "appsync",
}


@pytest.mark.parametrize(("url", "service"), WEBSOCKETS.items())
def test_websocket_url_is_signed_as_its_handshake(url, service):
    signed = presign(url, credentials=CREDENTIALS, expires_in=300)
    assert signed.startswith(url)
    assert f"%2Fus-east-1%2F{service}%2Faws4_request" in signed
    # The handshake is a GET over https, to the same host and port.
    request = Request(
        service,
        url=url.replace("wss:", "https:"),
        key=(ACCESS_KEY, SECRET, None),
        moment=MOMENT,
        expires_in=300,
    )
    assert parameters(signed) == parameters(presigned_by_awscrt(request))
    assert parameters(signed)["X-Amz-Date"] == AMZ_DATE


@pytest.mark.parametrize("url", ["ws://example.com:80/", "wss://example.com:443/"])
def test_default_port_of_a_websocket_is_not_signed(url):
    text = Signer(CREDENTIALS, "us-east-1", "execute-api").canonical_request("GET", url)
    assert "\nhost:example.com\n" in text


def test_presign_many_equals_presign():
    urls = [f"{OBJECT}-{number}?a=1&a=2" for number in range(1000)]
    urls.append("https://a1b2c3.execute-api.eu-west-1.amazonaws.com/prod")
    signer = Signer(TEMPORARY)
    many = signer.presign_many("PUT", iter(urls), expires_in=60, time=MOMENT)
    assert many == [signer.presign("PUT", url, expires_in=60, time=MOMENT) for url in urls]


@pytest.mark.parametrize(
    ("urls", "message"),
    [
        (OBJECT, "urls is one text"),
        (None, "urls must be an iterable"),
        ([OBJECT, "example.com"], "urls\\[1\\] has no scheme and host"),
        ([OBJECT, 4], "urls\\[1\\] must be str, not int"),
        ([OBJECT, f"{OBJECT}?X-Amz-Signature=0"], "urls\\[1\\] is presigned already"),
    ],
)
def test_presign_many_names_the_url_that_can_not_be_signed(urls, message):
    with pytest.raises(InvalidRequestError, match=f"^{message}"):
        Signer(CREDENTIALS).presign_many("GET", urls)


def test_apostrophe_of_a_query_is_encoded_as_browsers_do():
    assert "?a=%27&X-Amz-" in presign(f"{OBJECT}?a='")
