# Explanations contain no control characters and no secrets.

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest

from rsigv4 import Credentials, Signer, explain, log_explanation
from support.refusals import EMPTY, ES, HOST, MISMATCH, s3
from support.signing import CREDENTIALS, MOMENT, SECRET

# C0 with line breaks, DEL, C1, and Unicode's line breaks and bidirectional controls.
CONTROLS = "\x1b\r\n\t\x00\x07\x7f\x85\x9b\u2028\u2029\u200e\u200f\u202e\u2066\u2069\u061c"
FORBIDDEN = re.compile(f"[\x00-\x1f{CONTROLS[3:]}\x80-\x9f]")


def signer(credentials=CREDENTIALS, **options):
    return Signer(credentials, "us-east-1", "es", **options)


def request(url=f"{ES}/a", sent=None, ours=None):
    sent = {"host": HOST, **(sent or {})}
    return ("GET", url, {**sent, **(ours or signer()).sign("GET", url, sent, time=MOMENT)}, b"")


def fields(explanation):
    """Return all single-line texts of an explanation."""
    pairs = [*explanation.canonical_request_diff, *explanation.string_to_sign_diff]
    texts = [text for pair in pairs for text in (pair.part, pair.ours, pair.theirs, repr(pair))]
    for cause in explanation.causes:
        texts += [cause.summary, cause.advice, repr(cause)]
    texts += [explanation.error_code, explanation.message, repr(explanation)]
    return [text for text in texts if text is not None]


def assert_harmless(explanation):
    assert not [text for text in fields(explanation) if FORBIDDEN.search(text)]
    # The formatted text contains only our own line breaks.
    assert not FORBIDDEN.search(str(explanation).replace("\n", ""))
    assert not re.search("^FORGED", str(explanation), re.MULTILINE)


def shown(explanation):
    return "\n".join([str(explanation), *fields(explanation)])


@pytest.mark.parametrize("char", CONTROLS, ids=ascii)
@pytest.mark.parametrize("reference", [False, True], ids=["as it is", "by number"])
def test_control_characters_of_an_error_code(char, reference):
    inside = f"&#{ord(char)};" if reference else char
    explanation = explain(f"<Error><Code>Evil{inside}FORGED</Code><Message>m</Message></Error>")

    form = f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{ord(char):04x}"
    assert explanation.error_code == f"Evil{form}FORGED"
    assert_harmless(explanation)


@pytest.mark.parametrize("char", CONTROLS, ids=ascii)
def test_control_characters_of_a_message(char):
    for text in (json.dumps({"message": f"words{char}FORGED"}), f"no shape{char}FORGED"):
        explanation = explain(text)
        assert re.fullmatch(r"(words|no shape)\\[xu][0-9a-f]+FORGED", explanation.message)
        assert_harmless(explanation)


def test_control_characters_of_an_error_type_in_a_header():
    response = "HTTP/1.1 403 Forbidden\nx-amzn-ErrorType: A\x1b[2JB\n\n{}"
    assert explain(response).error_code == r"A\x1b[2JB"


@pytest.mark.parametrize("known", [True, False])
def test_control_characters_of_facts(known):
    evil = "\x1b[2J\nFORGED\u202e"
    http = "YYYYMMDD from ISO-8601 version of date from HTTP"
    responses = [
        f"Credential should be scoped to a valid region, not '{evil}eu-west-1'.",
        f"Credential should be scoped to correct service: '{evil}'.",
        f"User: arn:aws:iam::1:user/u is not authorized to perform: a:{evil} on resource: b",
        f"Date in Credential scope does not match {http}: '{evil}' != '{evil}'.",
    ]
    for text in responses:
        explanation = explain(
            json.dumps({"message": text}), request=request() if known else None, signer=signer()
        )
        assert explanation.cause.certain
        assert "FORGED" not in explanation.cause.summary + explanation.cause.advice
        assert_harmless(explanation)
    explanation = explain(
        f"<Error><Code>PermanentRedirect</Code><Endpoint>{evil}</Endpoint></Error>"
    )
    assert r"\x1b[2J" in explanation.cause.advice
    assert_harmless(explanation)
    response = f"HTTP/1.1 403 Forbidden\nserver: evil\x1b[31m\n\n<html>{evil}</html>"
    assert_harmless(explain(response))


def test_control_characters_of_the_expected_request():
    lines = ["GET\x1b", "/\x1b[2J\x85", "a=\u202eb", f"host:{HOST}\x9b", "x-evil\x1b[2J:\x07"]
    lines += ["", "host;x-evil\x1b[2J\x00", EMPTY + "\u2028"]
    string_to_sign = "AWS4-HMAC-SHA256\x1b\n2015\x07\n20150830/\x1b/es/aws4_request\nabc\x7f"
    response = s3(
        "SignatureDoesNotMatch",
        MISMATCH,
        CanonicalRequest="\n".join(lines),
        StringToSign=string_to_sign,
    )

    explanation = explain(response, signer=signer(), request=request())

    assert_harmless(explanation)
    theirs = {pair.part: pair.theirs for pair in explanation.canonical_request_diff}
    assert theirs["canonical_uri"] == r"/\x1b[2J\x85"
    assert theirs[r"canonical_headers x-evil\x1b[2J"] == r"x-evil\x1b[2J:\x07"
    pair = explanation.canonical_request_diff[1]
    # The column refers to the text that is shown.
    assert (pair.ours, pair.theirs[: pair.column]) == ("/a", "/")
    assert explanation.string_to_sign_diff[0].theirs == r"AWS4-HMAC-SHA256\x1b"


def test_control_characters_of_the_request():
    # A header may contain only a tab.
    ours = signer(also_sign=("*",))
    sent = request(sent={"x-one": "a\tb"}, ours=ours)
    response = s3(
        "SignatureDoesNotMatch", MISMATCH, CanonicalRequest=f"GET\n/b\n\nhost:x\n\nhost\n{EMPTY}"
    )

    explanation = explain(response, signer=ours, request=sent)

    assert_harmless(explanation)


def test_control_characters_are_not_logged(caplog):
    log_explanation("<Error><Code>X&#10;WARNING root: FORGED&#27;[2J</Code></Error>")
    (record,) = caplog.records
    assert record.getMessage().startswith(r"X\x0aWARNING root")
    assert "\x1b" not in record.getMessage()


SECRET_PARAMETERS = [
    *("token", "access_token", "X-Custom-Token", "sig", "jwt", "code", "key", "password", "passwd"),
    *("api_key", "apikey", "Api-Key", "client_secret", "session", "sessionid", "signature", "auth"),
    *("cookie", "my_credential", "tok%65n", "user%5Bpassword%5D", "oauth_verifier", "pwd"),
]
SHOWN_PARAMETERS = [
    *("q", "author", "authority", "monkey", "prefix", "encode", "sign", "keyword", "page"),
    *("continuation-token", "max_tokens", "X-Amz-Foo", "token_type", "RoleSessionName"),
    *("X-Amz-Expires", "X-Amz-Date", "X-Amz-SignedHeaders", "SignatureVersion", "AWSAccessKeyId"),
]


@pytest.mark.parametrize("name", SECRET_PARAMETERS)
def test_secret_parameters_are_redacted(name):
    theirs = f"GET\n/b\na=1&{name}=HUNTER3&z=1\nhost:{HOST}\n\nhost\n{EMPTY}"
    response = s3("SignatureDoesNotMatch", MISMATCH, CanonicalRequest=theirs)
    # Short ones, too.
    for value in ("HUNTER2", "HUNTER2HUNTER2%20HUNTER2"):
        sent = request(f"{ES}/a?a=1&{name}={value}&z=2")
        text = shown(explain(response, signer=signer(), request=sent))
        assert "HUNTER" not in text
        assert "=***" in text


@pytest.mark.parametrize("name", SHOWN_PARAMETERS)
def test_other_parameters_are_shown(name):
    theirs = f"GET\n/b\na=1&{name}=theirs\nhost:{HOST}\n\nhost\n{EMPTY}"
    response = s3("SignatureDoesNotMatch", MISMATCH, CanonicalRequest=theirs)
    explanation = explain(response, signer=signer(), request=request(f"{ES}/a?a=1&{name}=mine"))
    pair = explanation.canonical_request_diff[2]
    assert f"{name}=mine" in pair.ours
    assert f"{name}=theirs" in pair.theirs


def test_difference_in_a_secret_is_reported():
    theirs = f"GET\n/a\na=1&token=abd&z=1\nhost:{HOST}\n\nhost\n{EMPTY}"
    response = s3("SignatureDoesNotMatch", MISMATCH, CanonicalRequest=theirs)
    sent = request(f"{ES}/a?a=1&token=abc&z=1")
    explanation = explain(response, signer=signer(), request=sent)
    assert explanation.cause.code == "query_changed"
    assert "token" in explanation.cause.summary
    pair = explanation.canonical_request_diff[2]
    assert pair.ours == pair.theirs == "a=1&token=***&z=1"
    assert pair.ours[pair.column :] == "***&z=1"


@pytest.mark.parametrize(
    "name",
    ["authentication", "sessionid", "x-auth", "x-jwt-assertion", "x-csrf", "x-goog-api-key"],
)
def test_secret_headers_are_redacted(name):
    ours = signer(also_sign=("*",))
    sent = request(sent={name: "HUNTER2"}, ours=ours)
    theirs = f"GET\n/a\n\nhost:{HOST}\n{name}:HUNTER3!\n\nhost;{name}\n{EMPTY}"
    response = s3("SignatureDoesNotMatch", MISMATCH, CanonicalRequest=theirs)
    text = shown(explain(response, signer=ours, request=sent))
    assert "HUNTER" not in text
    assert f"{name}:*** (7 bytes)" in text
    assert f"{name}:*** (8 bytes)" in text


ECHOES = [
    "x-api-key: HUNTER2",
    "x-api-key:HUNTER2",
    "Cookie: session=HUNTER2; other=HUNTER3",
    "Set-Cookie: a=HUNTER2",
    "Authorization: Bearer HUNTER2",
    "Authorization: Custom HUNTER2 HUNTER3",
    "Authorization: AWS AKID:HUNTER2",
    "Authorization=AWS4-HMAC-SHA256 Credential=AKID/x, Signature=HUNTER2",
    "proxy-authorization: HUNTER2",
    '"token": "HUNTER2 and more HUNTER2"',
    "'token': 'HUNTER2'",
    r"\"token\": \"HUNTER2\"",
    '"password":"HUNTER2"',
    "password: HUNTER2",
    "password = HUNTER2",
    "aws_secret_access_key = HUNTER2",
    "X-Amz-Signature%3DHUNTER2%26a%3Db",
    "X-Amz-Security-Token%3dHUNTER2",
    "<SignatureProvided>HUNTER2</SignatureProvided>",
    '<Token type="a">HUNTER2 HUNTER2</Token>',
    "/path?sig=HUNTER2&code=HUNTER2&key=HUNTER2",
    "/path?tok%65n=HUNTER2&user%5Bpassword%5D=HUNTER2",
    "next%3D%2Fa%3Fsig%3DHUNTER2%26code%3DHUNTER2",
    "X-Amz-Credential=AKID&X-Amz-Signature=HUNTER2",
    "{'SessionToken': b'HUNTER2'}",
    "{'SessionToken': ['HUNTER1', b'HUNTER2']}",
    '"token":\t[ "HUNTER1",\n"HUNTER2" ]',
    'Authorization: Digest username="u", uri="/", response="HUNTER2"',
    "<SessionToken><![CDATA[HUNTER2<]]></SessionToken>",
    "Authorization:\tBearer\tHUNTER2",
    "the scheme Bearer\tHUNTER2",
    "token\t=\tHUNTER2",
    "token:\tHUNTER2",
    "sam deploy --session-token HUNTER2",
    "sam deploy --password 'HUNTER2'",
    'the scheme Bearer "HUNTER2"',
    "the scheme Basic <HUNTER2>",
    "Cookie=a=1; other=HUNTER2",
    'Cookie: prefs={"theme":1}; remember_me=HUNTER2',
    "<Password>ab<!-- --><![CDATA[HUNTER2]]></Password>",
    "<Token><Value>HUNTER2</Value></Token>",
    'Policy Condition failed: ["eq", "$x-amz-security-token", "HUNTER2"]',
    "Policy Condition failed: ['eq', '$x-amz-security-token' , 'HUNTER2']",
    '"token": [null, "HUNTER1", ["HUNTER2"]]',
    'sam deploy --password "HUNTER1 HUNTER2"',
    "sam deploy --password $'HUNTER2'",
    # Other signs between name and value, and a value on the next line.
    "token : HUNTER2",
    "token == HUNTER2",
    "token := HUNTER2",
    "{SecretAccessKey:HUNTER1 SessionToken:HUNTER2}",
    "password:\n  HUNTER2",
    "password:\r\n\tHUNTER2",
    "Signature=\nHUNTER2",
    "token =\r\n HUNTER2",
    "[session_token] => HUNTER2",
    "{'password': ('HUNTER1', 'HUNTER2',)}",
    # Ruby and PHP.
    '{"X-Amz-Security-Token" => "HUNTER2"}',
    '{:session_token=>"HUNTER2"}',
    "'Authorization' => ['Bearer HUNTER2']",
    '{"authorization"=>["Bearer HUNTER1", "HUNTER2"]}',
    # Browsers' archives, and pairs.
    '{"name": "authorization", "value": "Bearer HUNTER2"}',
    '{\n"name" : "X-Amz-Security-Token" ,\n"value" : "HUNTER2"\n}',
    "{'Key': 'password', 'Value': 'HUNTER2'}",
    '{"name"=>"token", "value"=>"HUNTER2"}',
    r"{\"name\":\"cookie\",\"value\":\"HUNTER2\"}",
    "[('Authorization', 'Bearer HUNTER2'), ('Accept', '*/*')]",
    "[(b'x-amz-security-token', b'HUNTER2')]",
    '[["token", "HUNTER2"]]',
    # Colors of terminals.
    "map[X-Amz-Security-Token:[HUNTER2]]",
    "Header:map[Host:[a] X-Amz-Security-Token:[HUNTER2] X-Amz-Date:[b]]",
    "session_token\x1b[38:5:1m=HUNTER2",
    "\x1b[36mX-Amz-Security-Token\x1b[0m: \x1b[33mHUNTER2\x1b[0m",
    '\x1b[34;1m"token"\x1b[0m\x1b[1;39m:\x1b[0m \x1b[0;32m"HUNTER2"\x1b[0m',
    "x-amz-security-\x1b[01;31mtoken\x1b[m=HUNTER2",
    # Escaped for HTML, and twice for JSON.
    "&quot;token&quot;: &quot;HUNTER2 HUNTER2&quot;",
    "{&#x27;token&#x27;: b&#x27;HUNTER2&#x27;}",
    "&#34;token&#34; =&gt; &#34;HUNTER2&#34;",
    r"{\\\"token\\\": \\\"HUNTER2 HUNTER2\\\"}",
    r"/path?a=b\u0026sig=HUNTER2\u0026code=HUNTER2",
    # Commands of curl.
    "curl --aws-sigv4 aws:amz:us-east-1:es --user AKID:HUNTER2 https://a.example",
    "curl -u 'AKID:HUNTER1 HUNTER2' https://a.example",
    "curl --proxy-user AKID:HUNTER2",
]


@pytest.mark.parametrize("echo", ECHOES)
def test_secrets_in_a_message_are_redacted(echo):
    for response in (json.dumps({"message": f"It was: {echo}"}), f"It was: {echo}", echo):
        message = explain(response).message
        assert "HUNTER" not in message
        assert "***" in message
    evil = f"not authorized to perform: a on resource: {echo} "
    assert "HUNTER2" not in shown(explain(json.dumps({"message": f"User: u is {evil}"})))


HARMLESS = [
    "Status Code: 403; Error Code: SignatureDoesNotMatch; Request ID: 1",
    "SignatureDoesNotMatch: The request signature we calculated",
    "InvalidSignatureException: Signature expired: 20150830T123600Z is now earlier",
    "MissingAuthenticationToken: Request is missing",
    "UnrecognizedClientException: The security token included in the request is invalid.",
    (
        "User: arn:aws:iam::1:user/a is not authorized to perform: secretsmanager:GetSecretValue "
        "on resource: arn:aws:secretsmanager:us-east-1:1:secret:name-abc"
    ),
    "not authorized to perform: sts:GetSessionToken",
    (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20150830%2Fus-east-1%2Fes&"
        "X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
    ),
    "Credential=AKID/20150830/us-east-1/es/aws4_request, SignedHeaders=host;x-amz-date",
    "Date must be in ISO-8601 'basic format'",
    "host: example.com, x-amz-date: 20150830T123600Z",
    "the author: somebody",
    "%3Ftoken%3D***%26q=shown%26r%3Dshown",
    "pass --session-token --profile NAME",
    "the environment has no credentials: set both",
    '{"Credentials": [{"AccessKeyId": "AKID"}]}',
    "/a?q=b%20c%3Dd&encode=e",
    "token => token.id",
    "AWS::SecretsManager::Secret",
    "the token of Secret::new",
    '{"name": "token", "label": "shown"}',
    '[["Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/es/aws4_request"]]',
    '["authorization", "content-type", "x-amz-date"]',
    "one of 'Credential', 'Signature', 'SignedHeaders'",
    '("Signature", "Version" and others)',
    '{"name": "host", "value": "example.com"}',
    "&quot;host&quot;: &quot;example.com&quot;",
    "\\'host\\' => 1",
    "python -u http://a.example:80/b",
]


def test_secret_in_the_place_of_the_signers_key_is_redacted():
    swapped = signer(credentials=Credentials(SECRET, "AKIDEXAMPLE"))
    explanation = explain(s3("SignatureDoesNotMatch", MISMATCH), request=request(), signer=swapped)
    assert SECRET not in shown(explanation)


def test_secret_in_the_place_of_the_key_is_redacted():
    response = s3("InvalidAccessKeyId", "It does not exist.", AWSAccessKeyId=SECRET)
    assert SECRET not in shown(explain(response))


PLUS_TOKEN = "AAAA+BBBB/CCCC=="


@pytest.mark.parametrize("sent", [PLUS_TOKEN, quote(PLUS_TOKEN, safe="")])
@pytest.mark.parametrize("name", ["X-Amz-Security-Token", "token"])
@pytest.mark.parametrize("text", [PLUS_TOKEN, quote(PLUS_TOKEN, safe="")])
def test_token_with_a_plus_in_the_url_is_redacted(name, sent, text):
    url = f"{ES}/a?X-Amz-Signature={'0' * 64}&{name}={sent}"
    explanation = explain(s3("AccessDenied", f"the thing {text} is invalid"), request=("GET", url))
    assert "BBBB" not in shown(explanation)


@pytest.mark.parametrize("words", HARMLESS)
def test_ordinary_words_are_shown(words):
    assert explain(json.dumps({"message": words})).message == words


def test_secret_at_the_end_is_redacted_before_truncation():
    words = "x" * 990 + " " + SECRET
    assert SECRET[:8] not in explain(json.dumps({"message": words}), signer=signer()).message
